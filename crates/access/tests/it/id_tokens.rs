//! ID tokens: both kinds of key, and each way in which a token or a set of keys is refused.

use amana_access::{Errand, Flow, IdToken, KeySet, TokenFault};
use hmac::{Hmac, KeyInit as _, Mac as _};
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::House;
use crate::issuer::{CLIENT, ISSUER, Issuer, Key, claims, encoded, judged};

const NOW_MS: i64 = 1_800_000_000_000;

fn flow() -> (House, Flow) {
    let house = House::new();
    let flow = house.access.begin_flow().unwrap();
    (house, flow)
}

/// What becomes of a token that was bent before it was signed.
fn bent(issuer: &Issuer, flow: &Flow, bend: impl FnOnce(&mut Value, &mut Value)) -> Fault {
    let (mut header, mut claims) = (issuer.header(), claims(flow, Errand::SignIn, "ali", NOW_MS));
    bend(&mut header, &mut claims);
    let token = issuer.signed(&header, &claims);
    fault(&token, &issuer.keys(), flow)
}

/// Nothing when the token is taken.
type Fault = Option<TokenFault>;

fn fault(token: &str, keys: &KeySet, flow: &Flow) -> Fault {
    judged(token, keys, flow, Errand::SignIn, NOW_MS).err()
}

#[test]
fn each_kind_of_key_says_who_it_is() {
    let (_house, flow) = flow();
    for issuer in [Issuer::new(Key::es256()), Issuer::new(Key::rs256())] {
        let claims = claims(&flow, Errand::SignIn, "ali", NOW_MS);
        let token = issuer.signed(&issuer.header(), &claims);
        let who = judged(&token, &issuer.keys(), &flow, Errand::SignIn, NOW_MS).unwrap();
        assert_eq!(who.label(), "ali.said (id.example)");
        let other = judged(&token, &issuer.keys(), &flow, Errand::Bind, NOW_MS);
        assert_eq!(other.err(), Some(TokenFault::Nonce), "of another errand");
    }
}

type Bend = fn(&mut Value, &mut Value);

/// What is still a token, though it isn't as most are.
const TAKEN: [Bend; 8] = [
    |_, _| {},
    |_, it| it["aud"] = json!([CLIENT]),
    |_, it| it["azp"] = json!(CLIENT),
    |_, it| it["exp"] = json!(NOW_MS / 1000 - 59),
    |_, it| it["iat"] = json!(NOW_MS / 1000 + 59),
    |_, it| it["name"] = json!({"first": 1}),
    |header, _| header["typ"] = json!("jwt"),
    |header, _| header["kid"] = Value::Null,
];

const REFUSED: [(Bend, TokenFault); 23] = [
    (
        |_, it| it["iss"] = json!("https://evil.example"),
        TokenFault::Issuer,
    ),
    (
        |_, it| it["iss"] = json!(format!("{ISSUER}/")),
        TokenFault::Issuer,
    ),
    (|_, it| it["aud"] = json!("another"), TokenFault::Audience),
    (|_, it| it["aud"] = json!([]), TokenFault::Audience),
    (
        |_, it| it["aud"] = json!([CLIENT, "another"]),
        TokenFault::Audience,
    ),
    (|_, it| it["azp"] = json!("another"), TokenFault::Audience),
    (
        |_, it| it["exp"] = json!(NOW_MS / 1000 - 60),
        TokenFault::Expired,
    ),
    (
        |_, it| it["iat"] = json!(NOW_MS / 1000 + 61),
        TokenFault::Early,
    ),
    (
        |_, it| it["nbf"] = json!(NOW_MS / 1000 + 61),
        TokenFault::Early,
    ),
    (
        |_, it| it["nonce"] = json!(encoded(&[7; 32])),
        TokenFault::Nonce,
    ),
    (|_, it| it["nonce"] = Value::Null, TokenFault::Nonce),
    (|_, it| it["sub"] = json!(""), TokenFault::Malformed),
    (
        |_, it| it["sub"] = json!("x".repeat(256)),
        TokenFault::Malformed,
    ),
    (|_, it| it["sub"] = json!(7), TokenFault::Malformed),
    (|_, it| it["exp"] = json!("tomorrow"), TokenFault::Malformed),
    (|_, it| it["iat"] = Value::Null, TokenFault::Malformed),
    (|_, it| *it = json!([]), TokenFault::Malformed),
    (
        |header, _| header["alg"] = json!("none"),
        TokenFault::Algorithm,
    ),
    (
        |header, _| header["alg"] = json!("HS256"),
        TokenFault::Algorithm,
    ),
    (
        |header, _| header["alg"] = json!("ES384"),
        TokenFault::Algorithm,
    ),
    (
        |header, _| header["kid"] = json!("b"),
        TokenFault::UnknownKey,
    ),
    (
        |header, _| header["typ"] = json!("at+jwt"),
        TokenFault::Malformed,
    ),
    (
        |header, _| header["crit"] = json!(["b64"]),
        TokenFault::Malformed,
    ),
];

#[test]
fn what_a_token_must_say() {
    let (_house, flow) = flow();
    let issuer = Issuer::new(Key::es256());
    for (place, bend) in TAKEN.into_iter().enumerate() {
        assert_eq!(bent(&issuer, &flow, bend), None, "taken {place}");
    }
    for (place, (bend, why)) in REFUSED.into_iter().enumerate() {
        assert_eq!(bent(&issuer, &flow, bend), Some(why), "refused {place}");
    }
    let (_house, another) = self::flow();
    assert_eq!(bent(&issuer, &another, |_, _| {}), None);
    let token = issuer.signed(
        &issuer.header(),
        &claims(&flow, Errand::SignIn, "ali", NOW_MS),
    );
    let elsewhere = fault(&token, &issuer.keys(), &another);
    assert_eq!(elsewhere, Some(TokenFault::Nonce), "another browser's");
}

#[test]
fn nobody_else_signs() {
    let (_house, flow) = flow();
    for issuer in [Issuer::new(Key::es256()), Issuer::new(Key::rs256())] {
        let claims = claims(&flow, Errand::SignIn, "ali", NOW_MS);
        let token = issuer.signed(&issuer.header(), &claims);
        let keys = issuer.keys();
        let (signed, _) = token.rsplit_once('.').unwrap();

        // The public key as the secret of a mac, under each name that the header may give it.
        for alg in ["HS256", issuer.key.name()] {
            let header = json!({"alg": alg, "kid": "a"});
            let signed = [&header, &claims].map(|part| encoded(part.to_string().as_bytes()));
            let signed = signed.join(".");
            let secret = issuer.key.jwk("a").to_string();
            let mut mac = Hmac::<sha2::Sha256>::new_from_slice(secret.as_bytes()).unwrap();
            mac.update(signed.as_bytes());
            let forged = format!("{signed}.{}", encoded(&mac.finalize().into_bytes()));
            assert!(fault(&forged, &keys, &flow).is_some(), "{alg}");
        }
        // A key of the same name that isn't the provider's, of the same and of the other kind.
        for thief in [Issuer::new(Key::es256()), Issuer::new(Key::rs256())] {
            let forged = thief.signed(&thief.header(), &claims);
            let why = match thief.key.name() == issuer.key.name() {
                true => TokenFault::Signature,
                false => TokenFault::UnknownKey,
            };
            assert_eq!(fault(&forged, &keys, &flow), Some(why));
        }
        assert_eq!(
            fault(&format!("{signed}."), &keys, &flow),
            Some(TokenFault::Signature)
        );
        assert_eq!(fault(signed, &keys, &flow), Some(TokenFault::Malformed));
        for end in 0..token.len() {
            assert!(fault(&token[..end], &keys, &flow).is_some(), "cut at {end}");
        }
        let long = format!("{token}.{}", "A".repeat(20_000));
        assert_eq!(fault(&long, &keys, &flow), Some(TokenFault::Malformed));
    }
}

#[test]
fn every_byte_of_a_token_counts() {
    let (_house, flow) = flow();
    let issuer = Issuer::new(Key::es256());
    let token = issuer.signed(
        &issuer.header(),
        &claims(&flow, Errand::SignIn, "ali", NOW_MS),
    );
    let keys = issuer.keys();
    for place in 0..token.len() {
        let mut bent = token.clone().into_bytes();
        bent[place] = if bent[place] == b'A' { b'B' } else { b'A' };
        let bent = String::from_utf8(bent).unwrap();
        assert!(fault(&bent, &keys, &flow).is_some(), "byte {place}");
    }
}

#[test]
fn a_set_of_keys_has_bounds() {
    let (_house, flow) = flow();
    let issuer = Issuer::new(Key::rs256());
    let token = issuer.signed(
        &issuer.header(),
        &claims(&flow, Errand::SignIn, "ali", NOW_MS),
    );
    let parsed = |set: Value| KeySet::parse(set.to_string().as_bytes());
    let own = issuer.key.jwk("a");
    let others = |count| vec![Key::es256().jwk("b"); count];
    let set = |mut keys: Vec<Value>| {
        keys.push(own.clone());
        json!({ "keys": keys })
    };
    let enough = parsed(set(others(63))).unwrap();
    assert_eq!(fault(&token, &enough, &flow), None);
    assert_eq!(parsed(set(others(64))), Err(TokenFault::Keys));
    let padded = json!({"keys": [own], "pad": "x".repeat(128 * 1024)});
    assert_eq!(parsed(padded), Err(TokenFault::Keys));
    for malformed in [json!([]), json!({}), json!({"keys": {}}), json!(null)] {
        assert_eq!(parsed(malformed), Err(TokenFault::Keys));
    }
    // Keys that can't be meant are passed over, and never taken for what they aren't.
    let mut useless = Vec::new();
    for (member, value) in [
        ("use", json!("enc")),
        ("alg", json!("RS512")),
        ("alg", json!("HS256")),
        ("kty", json!("oct")),
        ("n", json!("AQAB")),
        ("n", json!("not base64url!")),
        ("e", json!("")),
        ("kid", json!(7)),
    ] {
        let mut key = own.clone();
        key[member] = value;
        useless.push(key);
    }
    let set = parsed(json!({ "keys": useless })).unwrap();
    assert_eq!(fault(&token, &set, &flow), Some(TokenFault::UnknownKey));
    let mut off = Key::es256().jwk("a");
    off["x"] = json!(encoded(&[5; 32]));
    let set = parsed(json!({"keys": [off]})).unwrap();
    let curve = Issuer::new(Key::es256());
    let token = curve.signed(
        &curve.header(),
        &claims(&flow, Errand::SignIn, "ali", NOW_MS),
    );
    assert_eq!(
        fault(&token, &set, &flow),
        Some(TokenFault::UnknownKey),
        "off the curve"
    );
}

proptest! {
    /// The claims of the fuzz target `id_token`, in the gate.
    #[test]
    fn any_text_is_judged(header in ".{0,60}", claims in ".{0,200}", any in ".{0,100}") {
        let made = [header, claims].map(|part| encoded(part.as_bytes())).join(".");
        for text in [any.clone(), format!("{made}.{any}"), format!("{made}.AAAA")] {
            prop_assert!(IdToken::parse(&text).is_err());
        }
        let _ = KeySet::parse(any.as_bytes());
    }
}
