//! Bytes that aren't of their format, each with the code of the refusal.

use super::judged::judged;
use super::well_formed::well_formed;

pub(super) struct Malformed {
    /// Its ending names the format.
    pub(super) file: String,
    pub(super) bytes: Vec<u8>,
    pub(super) code: &'static str,
    pub(super) why: &'static str,
}

/// The file to make, what to replace by what, and why that is malformed.
type Change = (&'static str, &'static str, &'static str, &'static str);

/// A well-formed vector, the code of every change to it, and the changes.
type Changes = (&'static str, &'static str, &'static [Change]);

const CHANGES: [Changes; 10] = [
    (
        "notes/one-signature.note",
        "malformed-note",
        &[
            ("dash.note", "\u{2014}", "-", "a hyphen for the dash"),
            ("tab.note", "A text", "A\ttext", "a control character"),
            ("padding.note", "=\n", "\n", "base64 without its padding"),
        ],
    ),
    (
        "checkpoints/ledger.checkpoint",
        "malformed-checkpoint",
        &[
            (
                "leading-zero.checkpoint",
                "\n109482\n",
                "\n0109482\n",
                "a leading zero",
            ),
            (
                "extension.checkpoint",
                "\n\n",
                "\nextension\n\n",
                "an extension line",
            ),
            (
                "negative.checkpoint",
                "\n109482\n",
                "\n-1\n",
                "a negative size",
            ),
        ],
    ),
    (
        "vkeys/national.vkey",
        "malformed-vkey",
        &[
            (
                "id.vkey",
                "amana.example",
                "other.example",
                "the id of another name",
            ),
            ("type.vkey", "+AYq", "+Aoq", "an unknown type"),
            ("newline.vkey", "amana", "\namana", "a name with a newline"),
        ],
    ),
    (
        "policies/two-of-three.policy",
        "malformed-policy",
        &[
            (
                "twice.policy",
                "group two-of-three 2 finances",
                "group two-of-three 2 court",
                "a member twice",
            ),
            (
                "undefined.policy",
                "quorum two-of-three",
                "quorum three",
                "an undefined quorum",
            ),
            (
                "threshold.policy",
                "two-of-three 2",
                "two-of-three 4",
                "a threshold over the members",
            ),
            ("carriage-return.policy", "\n", "\r\n", "carriage returns"),
            (
                "no-quorum-line.policy",
                "quorum",
                "# quorum",
                "no quorum line",
            ),
        ],
    ),
    (
        "tlog-proofs/act.tlog-proof",
        "malformed-tlog-proof",
        &[
            ("header.tlog-proof", "@v1", "@v2", "an unknown version"),
            (
                "index.tlog-proof",
                "index 70000",
                "index +70000",
                "a signed index",
            ),
        ],
    ),
    (
        "rows/national-quorum.registry-row",
        "malformed-registry-row",
        &[
            ("slot.registry-row", "slot 3", "slot 03", "a leading zero"),
            (
                "name.registry-row",
                "finances/vault\n",
                "finances/../vault\n",
                "a name that climbs",
            ),
            (
                "visibility.registry-row",
                "private",
                "hidden",
                "an unknown visibility",
            ),
        ],
    ),
    (
        "epochs/twelfth.epoch",
        "malformed-epoch",
        &[
            ("time.epoch", ".123Z", "Z", "a time without milliseconds"),
            ("day.epoch", "-11-22", "-11-31", "a day that isn't"),
            ("more.epoch", "slots", "more\nslots", "an unknown line"),
        ],
    ),
    (
        "receipts/witnessed.receipt",
        "malformed-receipt",
        &[
            (
                "header.receipt",
                "receipt/v1",
                "receipt/v2",
                "an unknown version",
            ),
            (
                "order.receipt",
                "--- row",
                "--- slot",
                "a section out of order",
            ),
            (
                "extra.receipt",
                "index 70000",
                "extra AAAA\nindex 70000",
                "unauthenticated data",
            ),
            (
                "salt-alone.receipt",
                "\nbody ",
                "\nbodies ",
                "a salt without its body",
            ),
        ],
    ),
    (
        "witness/first.witness-request",
        "malformed-witness-request",
        &[("old.witness-request", "old 0", "old 00", "a leading zero")],
    ),
    (
        "witness/answer.cosignatures",
        "malformed-note",
        &[(
            "dash.cosignatures",
            "\u{2014}",
            "-",
            "a hyphen for the dash",
        )],
    ),
];

pub(super) fn malformed() -> Vec<Malformed> {
    let mut good = well_formed();
    let witnessed = judged().remove(0);
    good.insert(
        format!("receipts/{}", witnessed.file),
        witnessed.receipt.to_string().into_bytes(),
    );
    let mut all = Vec::new();
    let mut add = |file: &str, bytes: Vec<u8>, code, why| {
        all.push(Malformed {
            file: file.to_owned(),
            bytes,
            code,
            why,
        });
    };
    for (name, code, changes) in CHANGES {
        let text = String::from_utf8(good[name].clone()).expect("a text format");
        for &(file, from, to, why) in changes {
            assert!(text.contains(from), "{name} has no {from}");
            add(file, text.replace(from, to).into_bytes(), code, why);
        }
    }
    let tile_path = "malformed-tile-path";
    add(
        "level.tile-path",
        b"tile/8/000".to_vec(),
        tile_path,
        "a level that no tree has",
    );
    add(
        "width.tile-path",
        b"tile/0/000.p/256".to_vec(),
        tile_path,
        "a full tile called partial",
    );
    add(
        "zeroes.tile-path",
        b"tile/0/x000/001".to_vec(),
        tile_path,
        "a second spelling",
    );
    add(
        "cut.bundle",
        vec![0, 5, 1, 2, 3, 4],
        "malformed-bundle",
        "cut inside an entry",
    );
    let seven = &good["frontiers/seven.frontier"];
    add(
        "roots.frontier",
        seven[..72].to_vec(),
        "malformed-frontier",
        "a root is missing",
    );
    add(
        "size.frontier",
        vec![0xff; 8],
        "too-large",
        "a size over 2^62",
    );
    all
}
