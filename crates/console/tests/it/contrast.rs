//! Contrast of every pair of colours that pages put together (WCAG 2.2, 1.4.3 and 1.4.11), from the stylesheet's own tokens.

use std::collections::BTreeMap;

use amana_console::Asset;

/// Text, and what it stands on.
const TEXT: [(&str, &str); 13] = [
    ("ink", "paper"),
    ("ink", "panel"),
    ("quiet", "paper"),
    ("quiet", "panel"),
    ("accent", "paper"),
    ("accent", "panel"),
    ("on-accent", "accent"),
    ("good", "paper"),
    ("good", "panel"),
    ("warn", "paper"),
    ("warn", "panel"),
    ("bad", "paper"),
    ("bad", "panel"),
];
/// Edges of fields, and the outline of what has the focus.
const EDGES: [(&str, &str); 4] = [
    ("edge", "paper"),
    ("edge", "panel"),
    ("accent", "paper"),
    ("accent", "panel"),
];
const MIN_TEXT: f64 = 4.5;
const MIN_EDGE: f64 = 3.0;

type Tokens = BTreeMap<String, [u8; 3]>;

/// The colours declared in the first rule for `:root` after `from`.
fn tokens(style: &str, from: &str) -> Tokens {
    let (_, after) = style.split_once(from).expect("the scheme is there");
    let (_, rule) = after.split_once(":root {").expect("it sets tokens");
    let (rule, _) = rule.split_once('}').expect("a rule ends");
    let declared = rule
        .split(';')
        .filter_map(|one| one.trim().strip_prefix("--")?.split_once(": #"));
    declared
        .map(|(name, digits)| (name.to_owned(), colour(digits)))
        .collect()
}

fn colour(digits: &str) -> [u8; 3] {
    let bytes = hex::decode(digits).expect("six digits");
    bytes.try_into().expect("three bytes")
}

/// Relative luminance.
fn luminance(colour: [u8; 3]) -> f64 {
    let [red, green, blue] = colour.map(|part| {
        let part = f64::from(part) / 255.0;
        if part <= 0.04045 {
            part / 12.92
        } else {
            ((part + 0.055) / 1.055).powf(2.4)
        }
    });
    0.2126 * red + 0.7152 * green + 0.0722 * blue
}

fn contrast(one: [u8; 3], other: [u8; 3]) -> f64 {
    let (one, other) = (luminance(one), luminance(other));
    (one.max(other) + 0.05) / (one.min(other) + 0.05)
}

#[test]
fn every_pair_can_be_read_in_light_and_in_dark() {
    let style = Asset::Style.text();
    let light = tokens(style, "");
    let dark = tokens(style, "@media (prefers-color-scheme: dark)");
    assert_eq!(
        light.keys().collect::<Vec<_>>(),
        dark.keys().collect::<Vec<_>>()
    );
    for (scheme, tokens) in [("light", light), ("dark", dark)] {
        for (pairs, min) in [(&TEXT[..], MIN_TEXT), (&EDGES[..], MIN_EDGE)] {
            for (front, back) in pairs {
                let found = contrast(tokens[*front], tokens[*back]);
                assert!(found >= min, "{scheme}: {front} on {back} has {found:.2}");
            }
        }
    }
}

#[test]
fn colours_are_tokens_alone() {
    let style = Asset::Style.text();
    let strays: Vec<_> = style
        .lines()
        .filter(|line| line.contains('#') && !line.trim_start().starts_with("--"))
        .filter(|line| !line.trim_start().starts_with(":root"))
        .collect();
    assert!(strays.is_empty(), "{strays:?}");
}

#[test]
fn contrast_is_computed_as_wcag_does() {
    assert!((contrast([0; 3], [255; 3]) - 21.0).abs() < 0.001);
    assert!((contrast([0x77; 3], [255; 3]) - 4.48).abs() < 0.01);
}
