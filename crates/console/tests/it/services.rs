//! Drills, institutions, sites and files, changed by calls alone.

use amana_access::Role;
use amana_ledger::digits;
use serde_json::{Value, json};

use crate::home;
use crate::house::House;
use crate::program::Program;
use crate::shelf::{self, SITE, signed};

#[tokio::test(flavor = "multi_thread")]
async fn drills_are_recorded_and_counted_for_donors() {
    let house = House::new().await;
    let keeper = Program::of(&house, Role::Custodian).await;
    let fatima = Program::of(&house, Role::FocalPoint).await;
    let sara = Program::of(&house, Role::Operator).await;
    let today = &amana_store::clock::rfc3339(house.store.now_ms())[..10];
    let drill =
        |outcome: &str| json!({ "held_on": today, "custodians": [3, 1], "outcome": outcome });
    fatima
        .is_refused("POST", "custodians", drill("rebuilt"), "forbidden")
        .await;
    keeper
        .is_refused("POST", "custodians", drill("rebuilt"), "not-enrolled")
        .await;
    home::enrol(&house, "2-of-3").await;
    for outcome in ["rebuilt", "failed", "rebuilt"] {
        keeper.does("POST", "custodians", drill(outcome)).await;
    }
    let nobody = json!({ "held_on": today, "custodians": [], "outcome": "failed" });
    keeper
        .is_refused("POST", "custodians", nobody, "invalid")
        .await;
    for (custodians, outcome, code) in [
        (json!([1, 2, 4]), "failed", "no-such-share"),
        (json!([1]), "rebuilt", "too-few-shares"),
    ] {
        let wrong = json!({ "held_on": today, "custodians": custodians, "outcome": outcome });
        keeper.is_refused("POST", "custodians", wrong, code).await;
    }
    assert_eq!(
        fatima.get("custodians").await["drills"][0]["custodians"],
        json!([1, 3])
    );
    let trained = json!({ "exercise": "training", "people": 12, "what": "Agents" });
    sara.does("POST", "operator/indicators", trained).await;
    let told = sara.get("operator/indicators").await;
    let figures = ["drills", "drills_rebuilt", "trained"].map(|name| told[name].as_u64());
    assert_eq!(figures, [3, 2, 12].map(Some));
    let csv = house.ask("/indicators.csv", &[]).await.text();
    let ends: Vec<_> = csv
        .lines()
        .map(|line| line.rsplitn(3, ',').take(2).collect::<Vec<_>>())
        .collect();
    assert_eq!(ends, [vec!["drills_rebuilt", "drills"], vec!["2", "3"]]);
    let page = house.page("/indicators", "fr").await;
    assert!(
        page.contains("clés par les dépositaires</th><td class=\"number\">3<"),
        "{page}"
    );
    let page = house.page("/indicators", "en").await;
    assert!(
        page.contains("Drills that rebuilt the keys</th><td class=\"number\">2<"),
        "{page}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn the_operator_keeps_institutions_and_staff() {
    let house = House::new().await;
    let sara = Program::of(&house, Role::Operator).await;
    let ali = Program::of(&house, Role::Director).await;
    let name = json!({ "name": "justice" });
    ali.is_refused("POST", "operator/institutions", name.clone(), "forbidden")
        .await;
    let added = sara
        .does("POST", "operator/institutions", name.clone())
        .await;
    assert_eq!(added["receipt"], "justice/vault/0");
    sara.is_refused("POST", "operator/institutions", name, "institution-exists")
        .await;
    let at = "operator/institutions/justice";
    let first = json!({ "name": "Amina", "role": "director" });
    let link = sara.does("POST", &format!("{at}/officials"), first).await;
    assert_eq!(link["account"], "justice/1");
    sara.does("POST", &format!("{at}/officials/1/invite"), Value::Null)
        .await;
    sara.does(
        "POST",
        &format!("{at}/suspend"),
        json!({ "reason": "Loi 12" }),
    )
    .await;
    assert_eq!(sara.get(at).await["suspended"], true);
    sara.does("POST", &format!("{at}/resume"), json!({})).await;
    sara.does("PUT", &format!("{at}/quota"), json!({ "bytes": 1000 }))
        .await;
    let seen = sara.get(at).await;
    assert_eq!(
        (&seen["suspended"], &seen["quota"]["bytes"]),
        (&json!(false), &json!(1000))
    );

    let link = sara
        .does("POST", "operator/staff", json!({ "name": "Omar" }))
        .await;
    assert_eq!(link["account"], "operator/2");
    sara.does("POST", "operator/staff/2/invite", Value::Null)
        .await;
    sara.does("DELETE", "operator/staff/2", Value::Null).await;
    assert_eq!(
        sara.get("operator/staff").await.as_array().unwrap().len(),
        1
    );

    let notice = json!({ "severity": "incident", "fr": "Panne", "en": "Outage", "until_s": null });
    let told = sara.does("POST", "operator/notices", notice).await;
    let past = json!({ "severity": "incident", "fr": "a", "en": "b", "from_s": 20, "until_s": 10 });
    sara.is_refused("POST", "operator/notices", past, "invalid")
        .await;
    assert_eq!(sara.get("notices").await[0]["state"], "current");
    let end = format!("operator/notices/{}/end", told["number"]);
    sara.does("POST", &end, Value::Null).await;
    sara.is_refused("POST", &end, Value::Null, "unknown-notice")
        .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_signed_change_is_handed_in() {
    let house = House::furnished().await;
    let fatima = Program::of(&house, Role::FocalPoint).await;
    let ali = Program::of(&house, Role::Director).await;
    let first = house
        .sites
        .deploys_before(&shelf::host(SITE), u64::MAX, 1)
        .unwrap();
    let change = format!("publishing/{SITE}/changes/{}", digits(&first[0].manifest));
    let statement = fatima.get(&change).await["statement"]
        .as_str()
        .unwrap()
        .to_owned();
    let path = format!("publishing/{SITE}/signed");
    let unsigned = json!({ "note": statement });
    fatima
        .is_refused("POST", &path, unsigned, "unsigned-change")
        .await;
    let foreign = json!({ "note": signed(&statement, &[9]).to_string() });
    fatima
        .is_refused("POST", &path, foreign, "not-a-publisher")
        .await;
    let note = json!({ "note": signed(&statement, &[1]).to_string() });
    ali.is_refused("POST", &path, note.clone(), "forbidden")
        .await;
    let number = fatima.does("POST", &path, note).await["number"].as_u64();
    let live = house.sites.live(&shelf::host(SITE)).unwrap().unwrap();
    assert_eq!(number, Some(live.number));
}

#[tokio::test(flavor = "multi_thread")]
async fn tags_are_replaced_and_an_older_version_returns() {
    let house = House::furnished().await;
    let fatima = Program::of(&house, Role::FocalPoint).await;
    let ali = Program::of(&house, Role::Director).await;
    let key = "key=notes/juillet.txt";
    let (object, tags) = (
        format!("buckets/archive/object?{key}"),
        format!("buckets/archive/object/tags?{key}"),
    );
    let two = json!({ "tags": { "année": "2026", "à=garder": "oui" } });
    ali.is_refused("PUT", &tags, two.clone(), "forbidden").await;
    fatima.does("PUT", &tags, two.clone()).await;
    assert_eq!(ali.get(&object).await["shown"]["tags"], two["tags"]);
    let wrong = json!({ "tags": { "a;b": "" } });
    fatima.is_refused("PUT", &tags, wrong, "invalid-tag").await;
    let many: serde_json::Map<_, _> = (0..11).map(|n| (n.to_string(), json!(""))).collect();
    fatima
        .is_refused("PUT", &tags, json!({ "tags": many }), "too-many-tags")
        .await;
    fatima.does("PUT", &tags, json!({ "tags": {} })).await;
    let shown = ali.get(&object).await;
    assert_eq!(shown["shown"]["tags"], json!({}));
    let older = shown["versions"][1]["version"].as_str().unwrap();
    fatima
        .does("POST", &format!("{object}&version={older}"), Value::Null)
        .await;
    assert_eq!(
        ali.get(&object).await["versions"].as_array().unwrap().len(),
        3
    );
}
