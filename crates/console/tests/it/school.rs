//! The school, from the click that opens it to the certificate: each exercise passes when it was done, and not before.

use amana_access::Role;
use amana_console::Language;
use amana_ledger::{Receipt, leaf_hash};
use http::StatusCode;
use serde_json::{Value, json};

use crate::house::House;
use crate::markup::tags;
use crate::pupil::{Pupil, policy};

/// Each page of the school.
const PAGES: [&str; 8] = [
    "/school",
    "/school/deposit",
    "/school/lose",
    "/school/restore",
    "/school/verify",
    "/school/recover",
    "/school/shares",
    "/school/notice",
];

#[tokio::test(flavor = "multi_thread")]
async fn the_whole_school_by_its_pages() {
    let house = House::new().await;
    let pupil = Pupil::of(&house, Role::Custodian).await;
    let early = pupil.get("/school/deposit").await;
    assert_eq!(early.header("location"), "/school");
    pupil.opened().await;
    let again = pupil.post("/school", "act=open").await;
    assert!(again.says("<code>school-full</code>"), "{}", again.text());

    // Deposit, lose by overwriting, restore: the wrong version first.
    for path in [
        "/school/lose",
        "/school/restore",
        "/school/notice",
        "/school/verify",
    ] {
        assert!(pupil.get(path).await.says("card warn"), "{path}");
    }
    let put = pupil
        .deposit(Some(("C:\\été.txt", "Minutes of a meeting")))
        .await;
    assert_eq!(put.header("location"), "/school/deposit", "{}", put.text());
    assert!(pupil.get("/school/deposit").await.says("id=\"passed\""));
    let lost = pupil.post("/school/lose", "how=overwrite").await;
    assert_eq!(lost.header("location"), "/school/lose", "{}", lost.text());
    let versions = pupil.facts("/api/v1/school/restore").await;
    assert_eq!(versions["file"], "depot/été.txt");
    let version = |at: usize| {
        versions["versions"][at]["version"]
            .as_str()
            .unwrap()
            .to_owned()
    };
    let wrong = pupil
        .post("/school/restore", &format!("version={}", version(0)))
        .await;
    assert_eq!(
        wrong.header("location"),
        "/school/restore?miss=other-content"
    );
    let told = pupil.get(wrong.header("location")).await;
    assert!(told.says("id=\"missed\"") && !told.says("id=\"passed\""));
    let right = pupil
        .post("/school/restore", &format!("version={}", version(1)))
        .await;
    assert_eq!(right.header("location"), "/school/restore");

    // Verify: the answer is what a verification tells, and nothing else.
    let genuine = pupil.genuine().await;
    assert!((1..4).contains(&genuine.len()), "{genuine:?}");
    let answer = |truthful: bool| {
        let each = ["a", "b", "c", "d"].map(|file| {
            let word = if genuine.contains(&file) == truthful {
                "genuine"
            } else {
                "false"
            };
            format!("file-{file}={word}")
        });
        each.join("&")
    };
    let wrong = pupil.post("/school/verify", &answer(false)).await;
    assert_eq!(
        wrong.header("location"),
        "/school/verify?miss=wrong-receipts"
    );
    let right = pupil.post("/school/verify", &answer(true)).await;
    assert_eq!(right.header("location"), "/school/verify");

    recover(&pupil).await;

    // A dishonest operator.
    let rewritten = pupil.rewritten().await;
    let other = (rewritten + 1) % 5;
    for (entry, finding, miss) in [
        (other, "fork", "wrong-entry"),
        (rewritten, "growth", "wrong-finding"),
    ] {
        let page = pupil.get(&format!("/school/notice?entry={entry}")).await;
        let verdict = if entry == rewritten {
            "state bad"
        } else {
            "state good"
        };
        assert!(page.says(verdict), "{}", page.text());
        let wrong = format!("entry={entry}&finding={finding}");
        let wrong = pupil.post("/school/notice", &wrong).await;
        assert_eq!(
            wrong.header("location"),
            format!("/school/notice?miss={miss}")
        );
    }
    let found = format!("entry={rewritten}&finding=fork");
    let found = pupil.post("/school/notice", &found).await;
    assert_eq!(found.header("location"), "/school/notice");
    certificate(&pupil).await;
}

async fn recover(pupil: &Pupil<'_>) {
    assert_eq!(
        pupil.get("/school/shares").await.status,
        StatusCode::NOT_FOUND
    );
    pupil.post("/school/recover", "act=make").await;
    let unsure = pupil.post("/school/recover", "act=make").await;
    assert_eq!(unsure.status, StatusCode::BAD_REQUEST, "the shares hold");
    let shares = pupil.facts("/api/v1/school/recover").await;
    let share = |at: usize| shares["shares"][at].as_str().unwrap().replace(' ', "+");
    let sheets = pupil.get("/school/shares").await;
    assert_eq!(sheets.text().matches("class=\"sheet\"").count(), 5);
    let put = async |shares: &[String]| {
        let fields = shares.iter().enumerate();
        let fields: Vec<_> = fields
            .map(|(at, one)| format!("share-{}={one}", at + 1))
            .collect();
        pupil.post("/school/recover", &fields.join("&")).await
    };
    let two = put(&[share(0), share(3)]).await;
    assert!(
        two.says("id=\"missed\"") && two.says("2 / 3"),
        "{}",
        two.text()
    );
    let same = put(&[share(0), share(3), share(0)]).await;
    assert!(same.says("id=\"missed\"") && !same.says("id=\"letter\""));
    let blurred = share(1).replacen('+', "+zero+", 1);
    let (first, rest) = share(1)
        .split_once('+')
        .map(|(a, b)| (a.to_owned(), b.to_owned()))
        .unwrap();
    let (second, rest) = rest.split_once('+').unwrap();
    let swapped = format!("{second}+{first}+{rest}");
    let cut = share(1).rsplit_once('+').map(|(rest, _)| rest.to_owned());
    for (wrong, told) in [
        (blurred, "La part n° 2\u{a0}: 34 mots, il en faut 33."),
        (swapped, "La part n° 2\u{a0}: un mot est faux"),
        (cut.unwrap(), "La part n° 2\u{a0}: 32 mots, il en faut 33."),
    ] {
        let misread = put(&[share(0), wrong, share(3)]).await;
        assert_eq!(misread.status, StatusCode::BAD_REQUEST);
        assert!(misread.says(told), "{told}: {}", misread.text());
    }
    let unknown = share(1)
        .split_once('+')
        .map(|(_, rest)| format!("amana+{rest}"));
    let misread = put(&[share(0), unknown.unwrap(), share(3)]).await;
    assert!(misread.says("La part n° 2\u{a0}: le mot 1 n’est pas dans la liste."));
    // Nobody types ninety-nine words twice.
    let page = misread.text();
    assert!(page.contains(&share(0).replace('+', " ")) && page.contains("amana "));
    assert!(page.contains("aria-describedby=\"share-hint refused-why\""));
    let three = put(&[share(4), share(2), share(0)]).await;
    assert!(
        three.says("id=\"letter\"") && three.says("id=\"passed\""),
        "{}",
        three.text()
    );
    let pairs = three.text().matches("<li>").count();
    assert!(pairs >= 3, "{}", three.text());
}

async fn certificate(pupil: &Pupil<'_>) {
    let acts = pupil.house.acts();
    let page = pupil.get("/school/certificate").await;
    assert!(page.says("id=\"certify\""), "{}", page.text());
    pupil.post("/school/certificate", "act=certify").await;
    assert_eq!(pupil.house.acts(), acts + 1);
    let again = pupil.post("/school/certificate", "act=certify").await;
    assert_eq!(again.status, StatusCode::CONFLICT);
    let standing = pupil.facts("/api/v1/school").await;
    let certificate = &standing["certificate"];
    assert_eq!(certificate["name"], "custodian");
    assert_eq!(certificate["lessons"].as_array().unwrap().len(), 6);
    let public = format!("/certificates/{}", certificate["code"].as_str().unwrap());
    let receipt = format!("{public}/receipt");
    for path in [&public, &receipt] {
        let anybody = pupil.house.ask(path, &[]).await;
        assert_eq!(
            anybody.status,
            StatusCode::NOT_FOUND,
            "{path}: only by its person's wish"
        );
    }
    pupil.post("/school/certificate", "act=show").await;
    let page = pupil.house.ask(&public, &[]).await;
    assert!(
        page.says("<strong id=\"bearer\">custodian</strong>"),
        "{}",
        page.text()
    );
    let file = pupil.house.ask(&receipt, &[]).await;
    let receipt = Receipt::parse(&file.body).unwrap();
    receipt.verify(&policy(pupil.house)).unwrap();
    assert!(
        receipt
            .act
            .body
            .as_ref()
            .unwrap()
            .text
            .contains("custodian")
    );
    let digest = leaf_hash(&receipt.act.entry());
    assert!(
        page.says(&hex::encode(digest.as_bytes())),
        "the page names the entry"
    );
    pupil.post("/school/certificate", "act=hide").await;
    assert_eq!(
        pupil.house.ask(&public, &[]).await.status,
        StatusCode::NOT_FOUND
    );

    let indicators: Value = {
        let answer = pupil.house.ask("/api/v1/indicators", &[]).await;
        serde_json::from_slice(&answer.body).unwrap()
    };
    assert_eq!(indicators["certified"], 1);
    assert_eq!(indicators["institutions"], 1, "a sandbox is no institution");
}

#[tokio::test(flavor = "multi_thread")]
async fn every_role_learns_by_calls_alone() {
    for role in [Role::Director, Role::Auditor, Role::Operator] {
        let house = House::new().await;
        let pupil = Pupil::of(&house, role).await;
        assert_eq!(pupil.facts("/api/v1/school").await["school"], Value::Null);
        let answer = pupil
            .call("POST", "/api/v1/school/lose", &json!({"how": "delete"}))
            .await;
        assert_eq!(
            answer.status,
            StatusCode::CONFLICT,
            "there is no school yet"
        );
        pupil.opened().await;
        let early = pupil
            .tried("notice", &json!({"entry": 0, "finding": "fork"}))
            .await;
        assert_eq!(early.as_deref(), Some("too-early"));
        pupil.call("DELETE", "/api/v1/school", &Value::Null).await;
        pupil.restored().await;
        let genuine = pupil.genuine().await;
        assert_eq!(
            pupil.tried("verify", &json!({ "genuine": genuine })).await,
            None
        );
        let made = pupil
            .call("POST", "/api/v1/school/keys", &Value::Null)
            .await;
        let made: Value = serde_json::from_slice(&made.body).unwrap();
        let shares = &made["shares"].as_array().unwrap()[..3];
        assert_eq!(
            pupil.tried("recover", &json!({ "shares": shares })).await,
            None
        );
        let entry = pupil.rewritten().await;
        let found = json!({"entry": entry, "finding": "fork"});
        assert_eq!(pupil.tried("notice", &found).await, None);
        let again = pupil.call("POST", "/api/v1/school/notice", &found).await;
        assert_eq!(again.status, StatusCode::CONFLICT);
        let given = pupil
            .call(
                "POST",
                "/api/v1/school/certificate",
                &json!({"shown": true}),
            )
            .await;
        let given: Value = serde_json::from_slice(&given.body).unwrap();
        assert_eq!(given["certificate"]["shown"], true, "{role:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sandbox_is_bounded_and_is_nobody_elses() {
    let house = House::new().await;
    let first = Pupil::of(&house, Role::Director).await;
    let second = Pupil::of(&house, Role::Auditor).await;
    for _ in 0..3 {
        first.restored().await;
        let shown = first.facts("/api/v1/school").await["school"].take();
        assert_eq!(shown["passed"].as_array().unwrap().len(), 3);
        assert_eq!(
            second.get("/school/receipts/0").await.status,
            StatusCode::NOT_FOUND
        );
        let closed = first.call("DELETE", "/api/v1/school", &Value::Null).await;
        assert_eq!(closed.status, StatusCode::OK, "{}", closed.text());
        let receipt = first.get("/school/receipts/0").await;
        assert!(
            Receipt::parse(&receipt.body).is_ok(),
            "what was recorded stands"
        );
    }
    let fourth = first.call("POST", "/api/v1/school", &Value::Null).await;
    assert_eq!(fourth.status, StatusCode::CONFLICT, "three a year");
    second.opened().await;
    let name = second.facts("/api/v1/school").await["school"]["name"].take();
    let name = name.as_str().unwrap().parse().unwrap();
    let refused = house
        .access
        .create_access_key(
            &name,
            None,
            amana_access::Grant::everything(),
            None,
            "operator:test",
        )
        .await;
    assert!(refused.is_err(), "a sandbox has no keys");
    let large = "x".repeat(300 * 1024);
    let put = second.deposit(Some(("large.txt", &large))).await;
    assert!(put.says("entity-too-large"), "{}", put.text());
    let sample = second.deposit(None).await;
    assert_eq!(
        sample.header("location"),
        "/school/deposit",
        "{}",
        sample.text()
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn its_pages_keep_the_rules_of_pages() {
    let house = House::new().await;
    let pupil = Pupil::of(&house, Role::FocalPoint).await;
    pupil.restored().await;
    pupil.post("/school/recover", "act=make").await;
    for path in PAGES {
        let mut shapes = Vec::new();
        for language in Language::ALL {
            let tag = language.texts().tag;
            let page = house.page_as(path, tag, &pupil.cookie).await;
            let tags = tags(&page);
            assert_eq!(
                tags.iter().filter(|tag| tag.name == "h1").count(),
                1,
                "{path}"
            );
            for tag in &tags {
                assert!(tag.attribute("style").is_none(), "{path}: {tag:?}");
                let shown = tag.attribute("type") != Some("hidden");
                if shown && ["input", "select", "textarea"].contains(&tag.name.as_str()) {
                    let id = tag.attribute("id").expect("a field has an id");
                    let labels = tags
                        .iter()
                        .filter(|label| label.attribute("for") == Some(id));
                    assert_eq!(labels.count(), 1, "{path}: {id}");
                }
            }
            shapes.push(tags.iter().map(|tag| tag.name.clone()).collect::<Vec<_>>());
        }
        assert_eq!(shapes[0], shapes[1], "{path}");
    }
    for miss in ["too-early", "nonsense"] {
        let page = pupil.get(&format!("/school/lose?miss={miss}")).await;
        assert_eq!(page.says("id=\"missed\""), miss == "too-early");
    }
    let journal = pupil.get("/school").await;
    assert!(
        !journal.says("ne sait pas encore"),
        "each act has its sentence"
    );
}
