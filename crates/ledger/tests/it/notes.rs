//! Notes, keys, checkpoints and cosignatures, against the standards' examples and the `signed_note` crate.

use amana_ledger::*;
use proptest::prelude::*;
use signed_note::{StandardVerifier, Verifier, VerifierList};

use crate::country::{Country, NOON_S};

/// The note of Go's `golang.org/x/mod/sumdb/note` documentation, and its key.
const ENOCH_ROOT: &str = "If you think cryptography is the answer to your problem,\n\
    then you don't know what your problem is.\n\n\
    — PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n";
const PETER_NEUMANN: &str = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";

/// The example of C2SP tlog-cosignature; its log's key isn't published.
const BEHIND_THE_SOFA: &str = "example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n\n\
    — example.com/behind-the-sofa Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=\n\
    — witness.example.com/w1 jWbPPwAAAABkGFDLEZMHwSRaJNiIDoe9DYn/zXcrtPHeolMI5OWXEhZCB9dlrDJsX3b2oyin1nPZqhf5nNo0xUe+mbIUBkBIfZ+qnA==\n";

fn key(name: &str) -> SigningKey {
    SigningKey::from_seed(name, [7; 32]).expect("a good name")
}

#[test]
fn a_published_note_verifies() {
    let peter: VerifierKey = PETER_NEUMANN.parse().expect("a published key");
    assert_eq!(peter.to_string(), PETER_NEUMANN);
    let note = Note::parse(ENOCH_ROOT.as_bytes()).expect("a published note");
    assert_eq!(note.to_string(), ENOCH_ROOT);
    assert_eq!(note.verify(&peter), Ok(()));
    let mut changed = note;
    changed.text.insert(0, ' ');
    assert_eq!(
        changed.verify(&peter).expect_err("changed").code(),
        "bad-signature"
    );
}

#[test]
fn a_published_checkpoint_is_read() {
    let note = Note::parse(BEHIND_THE_SOFA.as_bytes()).expect("a published note");
    assert_eq!(note.to_string(), BEHIND_THE_SOFA);
    let checkpoint = Checkpoint::parse(&note.text).expect("a published checkpoint");
    assert_eq!(
        (checkpoint.origin.as_str(), checkpoint.size),
        ("example.com/behind-the-sofa", 20_852_163)
    );
    assert_eq!(checkpoint.body(), note.text);
}

#[test]
fn notes_with_any_rule_broken_are_refused() {
    let good = Note::sign("text\n", &key("a")).expect("good").to_string();
    assert!(Note::parse(good.as_bytes()).is_ok());
    let many = good.clone()
        + &format!("{}\n", good.lines().last().expect("a line")).repeat(MAX_SIGNATURES);
    for (note, code) in [
        (good.replace("text", "te\txt"), "malformed-note"),
        (good.replace("text\n", "text"), "malformed-note"),
        (good.replace('\u{2014}', "-"), "malformed-note"),
        (good.replace("\u{2014} a", "\u{2014} a+b"), "malformed-note"),
        (
            good.replace("\u{2014} a", "\u{2014} a\u{a0}b"),
            "malformed-note",
        ),
        (good.replace("\u{2014} a", "\u{2014} "), "malformed-note"),
        (good.replace("=\n", "\n"), "malformed-note"),
        (good.trim_end().to_owned(), "malformed-note"),
        ("text\n\n".to_owned(), "malformed-note"),
        ("text\n\n\u{2014} a AAAA\n".to_owned(), "malformed-note"),
        (format!("{}\n\n", "x".repeat(MAX_NOTE_BYTES)), "too-large"),
        (many, "too-large"),
    ] {
        assert_eq!(
            Note::parse(note.as_bytes()).expect_err(&note).code(),
            code,
            "{note}"
        );
    }
    assert_eq!(
        Note::parse(b"\xff\n\n").expect_err("not UTF-8").code(),
        "malformed-note"
    );
}

#[test]
fn a_line_of_another_key_is_ignored_and_a_wrong_one_condemns() {
    let (ours, theirs) = (key("ours.example"), key("theirs.example"));
    let mut note = Note::sign("text\n", &ours).expect("good");
    assert_eq!(
        note.verify(&theirs.verifier()).expect_err("absent").code(),
        "unsigned"
    );
    note.signatures.push(theirs.sign("another text\n"));
    assert_eq!(note.verify(&ours.verifier()), Ok(()));
    assert_eq!(
        note.verify(&theirs.verifier()).expect_err("wrong").code(),
        "bad-signature"
    );
    note.signatures.push(ours.sign("another text\n"));
    assert_eq!(
        note.verify(&ours.verifier())
            .expect_err("one of two is wrong")
            .code(),
        "bad-signature"
    );
}

#[test]
fn weak_and_misnamed_keys_are_refused() {
    let mut identity = [0; 32];
    identity[0] = 1;
    for bytes in [[0; 32], identity] {
        let refused = VerifierKey::new("a", KeyType::Ed25519, &bytes).expect_err("weak");
        assert_eq!(refused.code(), "malformed-vkey");
    }
    let vkey = key("a.example").verifier().to_string();
    let (name_and_id, rest) = vkey.rsplit_once('+').expect("three parts");
    for bad in [
        String::new(),
        "a.example".to_owned(),
        name_and_id.to_owned(),
        vkey.replace("a.example", "b.example"),
        vkey.to_uppercase().replace("A.EXAMPLE", "a.example"),
        format!("{name_and_id}+{}", &rest[..40]),
        format!(" {vkey}"),
        format!("{vkey}\n"),
    ] {
        assert_eq!(
            bad.parse::<VerifierKey>().expect_err(&bad).code(),
            "malformed-vkey",
            "{bad}"
        );
    }
    for name in [
        "",
        "a b",
        "a+b",
        "a\nb",
        "a\u{2003}b",
        "a\0b",
        &"a".repeat(256),
    ] {
        assert!(SigningKey::from_seed(name, [1; 32]).is_err(), "{name:?}");
    }
}

#[test]
fn a_checkpoint_belongs_to_its_log() {
    let country = Country::new();
    let log = country.ledger.verifier();
    let checkpoint = Checkpoint {
        origin: log.name().to_owned(),
        size: 7,
        root: leaf_hash(b"x"),
    };
    let note = checkpoint.sign(&country.ledger).expect("its own key");
    let (opened, _) = Checkpoint::open(note.to_string().as_bytes(), &log).expect("signed");
    assert_eq!(opened, checkpoint);

    assert_eq!(
        checkpoint
            .sign(&country.national)
            .expect_err("another log")
            .code(),
        "wrong-origin"
    );
    let opened = Checkpoint::open(note.to_string().as_bytes(), &country.national.verifier());
    assert_eq!(opened.expect_err("another log").code(), "wrong-origin");
    let witness = country.witnesses[0].verifier();
    assert_eq!(
        Checkpoint::of_note(&note, &witness)
            .expect_err("a witness")
            .code(),
        "wrong-key-type"
    );
    for body in [
        "",
        "a\n",
        "a\n1\n",
        "a\n01\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n",
        "a\n-1\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n",
        "a\n9223372036854775807\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n",
        "a\n1\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I\n",
        "a\n1\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2J=\n",
        "a\n1\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=",
        "a\n1\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\nextension\n",
        "\n1\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n",
    ] {
        assert_eq!(
            Checkpoint::parse(body).expect_err(body).code(),
            "malformed-checkpoint",
            "{body}"
        );
    }
}

#[test]
fn a_cosignature_says_when() {
    let country = Country::new();
    let [witness, other, _] = &country.witnesses;
    let checkpoint = Checkpoint {
        origin: "log.example".to_owned(),
        size: 7,
        root: leaf_hash(b"x"),
    };
    let body = checkpoint.body();
    let line = witness.cosign(&checkpoint, NOON_S);
    assert_eq!(
        verify_cosignature(&body, &line, &witness.verifier()),
        Ok(NOON_S)
    );
    assert_eq!(line.to_string().parse::<Signature>(), Ok(line.clone()));

    assert_eq!(
        verify_cosignature(&body, &line, &other.verifier())
            .expect_err("another key")
            .code(),
        "unsigned"
    );
    let log = country.ledger.verifier();
    assert_eq!(
        verify_cosignature(&body, &line, &log)
            .expect_err("a log's key")
            .code(),
        "wrong-key-type"
    );
    let mut later = line.clone();
    later.bytes[7] ^= 1;
    assert_eq!(
        verify_cosignature(&body, &later, &witness.verifier())
            .expect_err("time")
            .code(),
        "bad-signature"
    );
    let mut far = line.clone();
    far.bytes[0] = 0x80;
    assert_eq!(
        verify_cosignature(&body, &far, &witness.verifier())
            .expect_err("2^63")
            .code(),
        "malformed-cosignature"
    );
    let mut short = line.clone();
    short.bytes.pop();
    let short = verify_cosignature(&body, &short, &witness.verifier());
    assert_eq!(short.expect_err("short").code(), "malformed-cosignature");

    let earlier = witness.cosign(&checkpoint, NOON_S - 5);
    let mut note = Note {
        text: body,
        signatures: vec![line, earlier],
    };
    assert_eq!(note.cosigned_by(&witness.verifier()), Ok(Some(NOON_S - 5)));
    assert_eq!(note.cosigned_by(&other.verifier()), Ok(None));
    assert_eq!(note.verify(&witness.verifier()), Ok(()));
    note.signatures[0].bytes[20] ^= 1;
    assert_eq!(
        note.cosigned_by(&witness.verifier())
            .expect_err("wrong")
            .code(),
        "bad-signature"
    );
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn notes_agree_with_signed_note(seed: [u8; 32], name in "[a-z./]{1,20}", text in "([ -~é—]{0,30}\n){1,5}") {
        let key = SigningKey::from_seed(&name, seed).expect("a good name");
        let vkey = key.verifier().to_string();
        let theirs = StandardVerifier::new(&vkey).expect("they read our key");
        prop_assert_eq!(theirs.name(), name.as_str());
        prop_assert_eq!(theirs.key_id().to_be_bytes(), key.verifier().key_id());

        let note = Note::sign(&text, &key).expect("a good text").to_string();
        let read = signed_note::Note::from_bytes(note.as_bytes()).expect("they read our note");
        prop_assert_eq!(read.text(), text.as_bytes());
        prop_assert!(read.verify(&VerifierList::new(vec![Box::new(theirs)])).is_ok());
        prop_assert_eq!(read.to_bytes(), note.as_bytes());
        prop_assert_eq!(Note::parse(note.as_bytes()).expect("we read our note").to_string(), note);
    }

    /// Whatever the bytes: a note for us is a note for them, with the same text.
    #[test]
    fn our_notes_are_theirs(at: prop::sample::Index, byte: u8, cut: bool) {
        let mut bytes = ENOCH_ROOT.as_bytes().to_vec();
        let at = at.index(bytes.len());
        if cut { bytes.truncate(at) } else { bytes[at] = byte }
        if let Ok(note) = Note::parse(&bytes) {
            let theirs = signed_note::Note::from_bytes(&bytes).expect("theirs too");
            prop_assert_eq!(theirs.text(), note.text.as_bytes());
            prop_assert_eq!(note.to_string().into_bytes(), bytes);
        }
    }
}
