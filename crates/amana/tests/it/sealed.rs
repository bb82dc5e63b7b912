//! A gateway enrols, and hands in what the data centre can't read.

use amana_seal::statement::{Piece, PieceId, Touch};
use serde_json::json;
use sha2::{Digest as _, Sha256};

use crate::binary::Centre;
use crate::gateway_client::Gateway;

fn enrolled(centre: &Centre) -> Gateway<'_> {
    let gateway = Gateway::new(centre);
    let issued = centre
        .run(&["enrolment", "issue", "finances", "--json"])
        .json();
    let (_, words) = gateway.introduce(issued["code"].as_str().unwrap());
    let confirm = ["enrolment", "confirm", "finances", "--words"];
    let heard = words.to_string().to_uppercase();
    centre.run(&[&confirm[..], &[&heard]].concat()).done();
    gateway
}

#[test]
fn six_words_let_a_gateway_in() {
    let centre = Centre::start();
    centre.institution("finances");
    let gateway = Gateway::new(&centre);
    let unknown = json!({ "code": "ACDE-FGHJ-KMNP-QRTW-XY34" });
    assert_eq!(gateway.post("/api/v1/enrolments", &unknown).0, 404);
    let issued = centre
        .run(&["enrolment", "issue", "finances", "--json"])
        .json();
    // As it is dictated.
    let code = issued["code"]
        .as_str()
        .unwrap()
        .to_lowercase()
        .replace('-', " ");
    let (id, words) = gateway.introduce(&code);
    let again = json!({ "code": code, "commitment": "00".repeat(32) });
    assert_eq!(
        gateway.post("/api/v1/enrolments", &again).1["error"],
        "code-used"
    );

    let state = || centre.get(&format!("/api/v1/enrolments/{id}"), None).1;
    assert!(state().contains("waiting"));
    let confirm = |words: &str| centre.run(&["enrolment", "confirm", "finances", "--words", words]);
    confirm("academic academic academic academic academic academic")
        .refused("these are not the words");
    confirm("these are no words").refused("word");
    assert_eq!(
        gateway
            .ask("GET", "/api/v1/institutions/finances/keyring", b"")
            .0,
        404
    );
    let numbers = words.numbers().map(|number| number.to_string()).join(" ");
    confirm(&numbers).done();
    assert!(state().contains("confirmed"));
    let listed = centre.run(&["enrolment", "list"]).done();
    assert!(listed.contains("confirmed"), "{listed}");
    confirm(&numbers).refused("was confirmed or refused before");

    let (status, _, keyring) = gateway.ask("GET", "/api/v1/institutions/finances/keyring", b"");
    assert_eq!(status, 200);
    assert_eq!(
        String::from_utf8(keyring).unwrap(),
        gateway.bundle.to_json()
    );
    assert_eq!(
        gateway
            .ask("GET", "/ledgers/finances/vault/checkpoint", b"")
            .0,
        200
    );
    let old = gateway.signed(301, "GET", "/ledgers/finances/vault/checkpoint", "", b"");
    assert_eq!(old.0, 404);
}

#[test]
fn wrong_words_end_an_enrolment() {
    let centre = Centre::start();
    centre.institution("finances");
    let gateway = Gateway::new(&centre);
    let issued = centre
        .run(&["enrolment", "issue", "finances", "--json"])
        .json();
    let (id, _) = gateway.introduce(issued["code"].as_str().unwrap());
    let wrong = "academic academic academic academic academic academic";
    let confirm = || centre.run(&["enrolment", "confirm", "finances", "--words", wrong]);
    for _ in 0..4 {
        confirm().refused("more attempts");
    }
    confirm().refused("is refused");
    let state = centre.get(&format!("/api/v1/enrolments/{id}"), None).1;
    assert!(state.contains("refused"), "{state}");
}

#[test]
fn a_batch_is_recorded_and_its_ciphertext_given_back() {
    let centre = Centre::start();
    let basic = centre.institution("finances");
    let gateway = enrolled(&centre);
    let (_, _, checkpoint) = gateway.ask("GET", "/ledgers/finances/vault/checkpoint", b"");
    let checkpoint = String::from_utf8(checkpoint).unwrap();
    let ledger = checkpoint.lines().next().unwrap();
    let create = gateway.statement(ledger, 1, "bucket.create", ("archives", None));
    let stray = gateway.statement(ledger, 2, "object.put", ("absent", Some(1)));
    let answer = gateway.batch(&[(create.clone(), b""), (stray, b"")]);
    let index = answer["results"][0]["index"].as_u64().unwrap();
    assert_eq!(answer["results"][1]["error"], "no-such-bucket");
    let core = answer["results"][0]["core"].as_str().unwrap();
    assert!(
        core.contains("sealed.act") && core.contains("member:"),
        "{core}"
    );
    let digest = hex::encode(create.sign(&gateway.key).unwrap().digest());
    let ack = answer["ack"].as_str().unwrap();
    assert!(
        ack.starts_with(&format!("amana.ack/v1\n{ledger}\n{index} {digest}\n\n")),
        "{ack}"
    );
    let again = gateway.batch(&[(create, b"")]);
    assert_eq!(
        again["results"][0]["index"], index,
        "a lost answer is given again"
    );

    let bytes: Vec<u8> = (0..600_000_u32).map(|n| (n % 251) as u8).collect();
    let piece = "/api/v1/sealed/finances/pieces/05050505050505050505050505050505";
    let put = |offset: usize, until: usize| {
        let path = format!("{piece}?size=600000&offset={offset}");
        gateway.ask("PUT", &path, &bytes[offset..until])
    };
    assert_eq!(put(0, 250_000).0, 202);
    let (status, head, _) = gateway.ask("HEAD", piece, b"");
    assert!(
        status == 200 && head.contains("upload-offset: 250000"),
        "{head}"
    );
    let (status, head, _) = put(0, 10);
    assert!(
        status == 409 && head.contains("upload-offset: 250000"),
        "{head}"
    );
    assert_eq!(put(250_000, 600_000).0, 201);
    let mut deposit = gateway.statement(ledger, 3, "object.put", ("archives", Some(index)));
    deposit.touches.push(Touch {
        slot: [1; 32],
        last: None,
    });
    deposit.piece = Some(Piece {
        id: PieceId([5; 16]),
        size_bytes: 600_000,
        sha256: Sha256::digest(&bytes).into(),
    });
    let answer = gateway.batch(&[(deposit, b"")]);
    assert!(answer["results"][0]["index"].is_u64(), "{answer}");
    assert_eq!(gateway.ask("GET", piece, b"").2, bytes);
    let (status, head, range) =
        gateway.signed(0, "GET", piece, "Range: bytes=262000-399999\r\n", b"");
    assert_eq!(status, 206, "{head}");
    assert_eq!(range, bytes[262_000..400_000]);
    assert_eq!(
        gateway
            .signed(0, "GET", piece, "Range: bytes=600000-\r\n", b"")
            .0,
        416
    );
    assert_eq!(centre.get(piece, None).0, 401);
    assert_eq!(
        centre.get(piece, Some(&basic)).0,
        401,
        "keys read no ciphertext"
    );
    assert_eq!(gateway.signed(400, "GET", piece, "", b"").0, 401);
    centre.run(&["check"]).done();
}
