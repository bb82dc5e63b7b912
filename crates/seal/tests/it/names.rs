//! Sealed names: known answers, made by Python's `hmac`, and ids that never meet.

use std::collections::HashSet;

use amana_seal::names::{NameKey, SlotId};
use zeroize::Zeroizing;

fn key(byte: u8) -> NameKey {
    NameKey::from_bytes(Zeroizing::new([byte; 32]))
}

#[test]
fn known_answers() {
    let key = key(1);
    for (slot, expected) in [
        (
            key.object("tax", "2026/moroni.pdf"),
            "8f0f84901ba64021f66ae5521bacba8456a2dff51db723237bb506cb9e280af5",
        ),
        (
            key.upload(&[1, 2, 3, 4, 5, 6, 7, 8]),
            "2f652aec45bdb3694c055d2004d907bf85aa44804e7ce16d741eb1b83655b226",
        ),
    ] {
        assert_eq!(slot.to_string(), expected);
        assert_eq!(expected.parse::<SlotId>().unwrap(), slot);
    }
    assert_eq!(
        hex::encode(key.commitment()),
        "592cf543e6a198fdd2ba9398af791e350302b94d4503123adb39e587f0642fed"
    );
}

#[test]
fn names_that_look_alike_have_slots_of_their_own() {
    let slots: HashSet<SlotId> = [
        key(1).object("tax", "a"),
        key(1).object("ta", "xa"),
        key(1).object("taxa", ""),
        key(1).object("", "taxa"),
        key(1).upload(b"taxa"),
        key(2).object("tax", "a"),
    ]
    .into();
    assert_eq!(slots.len(), 6);
}

#[test]
fn a_slot_has_one_spelling() {
    let text = key(1).upload(b"").to_string();
    assert!(text.to_uppercase().parse::<SlotId>().is_err());
    assert!(text[1..].parse::<SlotId>().is_err());
    assert!(format!("{text}0").parse::<SlotId>().is_err());
}
