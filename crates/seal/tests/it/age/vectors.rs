//! C2SP's test vectors (CCTV, `age`), without those of the ASCII armor, which we don't read.

use std::path::Path;

use amana_seal::age::{
    CHUNK_BYTES, Identity, Opener, Passphrase, TAG_BYTES, open_all, prologue_size,
};
use amana_seal::{Error, Format};
use aws_lc_rs::digest::{SHA256, digest};
use zeroize::Zeroizing;

/// A vector: how to open a file, and what must come of it.
#[derive(Default)]
struct Vector {
    expect: String,
    payload: String,
    identities: Vec<Identity>,
    passphrases: Vec<Passphrase>,
    file: Vec<u8>,
}

impl Vector {
    fn read(path: &Path) -> Self {
        let bytes = std::fs::read(path).expect("a vector is there");
        let end = bytes.windows(2).position(|pair| pair == b"\n\n");
        let (head, file) = bytes.split_at(end.expect("an empty line ends the head") + 2);
        let mut vector = Self::default();
        let mut packed = false;
        for line in std::str::from_utf8(head).expect("text").trim().lines() {
            let (name, value) = line.split_once(": ").expect("name: value");
            match name {
                "expect" => value.clone_into(&mut vector.expect),
                "payload" => value.clone_into(&mut vector.payload),
                "identity" => vector.identities.push(value.parse().expect("an identity")),
                "passphrase" => vector
                    .passphrases
                    .push(Passphrase::new(Zeroizing::new(value.to_owned()))),
                "compressed" => packed = value == "zlib",
                "file key" | "comment" => {}
                other => panic!("{}: {other}", path.display()),
            }
        }
        vector.file = if packed {
            miniz_oxide::inflate::decompress_to_vec_zlib(file).expect("zlib")
        } else {
            file.to_vec()
        };
        vector
    }

    /// Opens the file with each thing that might.
    fn open(&self) -> Result<Zeroizing<Vec<u8>>, Error> {
        let mut outcome = open_all(&self.identities, &self.file);
        for passphrase in &self.passphrases {
            if matches!(outcome, Err(Error::NotForUs)) {
                outcome = passphrase.open_all(&self.file);
            }
        }
        outcome
    }

    /// What a reader that doesn't know the file's size gives out before the fault, as the vectors suppose: it tries
    /// each chunk as one among others, then as the last. Ours knows the size, and tries once.
    fn opened_before_the_fault(&self) -> Vec<u8> {
        let size = prologue_size(&self.file)
            .expect("a header")
            .expect("an end");
        let (prologue, payload) = self.file.split_at(size);
        let opener = Opener::new(prologue, &self.identities).expect("a key");
        let mut plain = Vec::new();
        for (number, chunk) in (0..).zip(payload.chunks(CHUNK_BYTES + TAG_BYTES)) {
            if opener
                .append_chunk(number, false, chunk, &mut plain)
                .is_err()
            {
                let _ = opener.append_chunk(number, true, chunk, &mut plain);
                break;
            }
        }
        plain
    }
}

#[test]
fn every_vector_comes_to_what_it_expects() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../vectors/age/cctv");
    let mut seen = 0;
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        judge(
            &path.file_name().unwrap().to_string_lossy(),
            &Vector::read(&path),
        );
        seen += 1;
    }
    assert_eq!(seen, 110);
}

fn judge(name: &str, vector: &Vector) {
    let outcome = vector.open();
    let hashed = |plain: &[u8]| hex::encode(digest(&SHA256, plain));
    match (vector.expect.as_str(), &outcome) {
        ("success", Ok(plain)) => assert_eq!(hashed(plain), vector.payload, "{name}"),
        ("no match", Err(Error::NotForUs)) => {}
        ("HMAC failure", Err(Error::Altered { format })) => {
            assert_eq!(*format, Format::AgeHeader, "{name}");
        }
        ("header failure", Err(Error::Malformed { .. } | Error::WorkFactor { .. })) => {}
        ("payload failure", Err(Error::AlteredChunk { .. })) => {
            let before = vector.opened_before_the_fault();
            assert_eq!(hashed(&before), vector.payload, "{name}");
        }
        (expect, outcome) => {
            let outcome = outcome.as_ref().map(|plain| plain.len());
            panic!("{name}: {expect} is expected, and this came of it: {outcome:?}");
        }
    }
}
