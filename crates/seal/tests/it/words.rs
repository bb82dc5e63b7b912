//! Six words: what both sides see if they hold the same, and what changes them.

use amana_seal::Error;
use amana_seal::words::*;

fn transcript() -> Transcript {
    Transcript::of(&[b"centre.example", b"finances", &[7; 32]])
}

#[test]
fn both_sides_see_the_same_words() {
    let (gateway, centre) = (Nonce::from_bytes([1; 32]), Nonce::from_bytes([2; 32]));
    let commitment = Commitment::of(&gateway, &transcript());
    commitment
        .check(&gateway, &transcript())
        .expect("as committed");
    let words = SixWords::of(&gateway, &centre, &transcript());
    assert_eq!(
        words.to_string(),
        "shelter patrol briefing estimate spider deadline"
    );
    let numbers = words.numbers().map(|number| number.to_string()).join(" ");
    for typed in [words.to_string(), words.to_string().to_uppercase(), numbers] {
        assert_eq!(typed.parse::<SixWords>().expect("well typed"), words);
    }
}

#[test]
fn nothing_else_opens_a_commitment() {
    let nonce = Nonce::from_bytes([1; 32]);
    let commitment = Commitment::of(&nonce, &transcript());
    let other = Nonce::generate().expect("randomness");
    assert_eq!(
        commitment.check(&other, &transcript()),
        Err(Error::WrongReveal)
    );
    for parts in [
        [b"centre.example".as_slice(), b"finances", &[8; 32]],
        [b"centre.examplef", b"inances", &[7; 32]],
    ] {
        let other = Transcript::of(&parts);
        assert_eq!(commitment.check(&nonce, &other), Err(Error::WrongReveal));
        assert_ne!(
            SixWords::of(&nonce, &nonce, &other),
            SixWords::of(&nonce, &nonce, &transcript())
        );
    }
}

#[test]
fn each_nonce_changes_the_words_and_so_does_their_order() {
    let [a, b, c] = [1, 2, 3].map(|byte| Nonce::from_bytes([byte; 32]));
    let words = SixWords::of(&a, &b, &transcript());
    for other in [(&a, &c), (&c, &b), (&b, &a)] {
        assert_ne!(SixWords::of(other.0, other.1, &transcript()), words);
    }
}

#[test]
fn what_is_not_six_words_is_refused() {
    for typed in [
        "",
        "academic",
        "academic acid acne acquire acrobat",
        "1 2 3 4 5 6 7",
        "0 1 2 3 4 5",
        "a b c d e f",
    ] {
        assert!(
            matches!(typed.parse::<SixWords>(), Err(Error::Malformed { .. })),
            "{typed}"
        );
    }
    assert!(matches!(
        "1 ".repeat(200).parse::<SixWords>(),
        Err(Error::TooLarge { .. })
    ));
    let nonce = Nonce::from_bytes([0xAB; 32]);
    assert_eq!(
        nonce.to_string().parse::<Nonce>().expect("its own text"),
        nonce
    );
    assert!(nonce.to_string().to_uppercase().parse::<Nonce>().is_err());
    let commitment = Commitment::of(&nonce, &transcript());
    assert_eq!(
        commitment
            .to_string()
            .parse::<Commitment>()
            .expect("its own text"),
        commitment
    );
}
