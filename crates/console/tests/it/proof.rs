//! The live proof in each of its states.

use amana_store::LedgerInfo;
use serde_json::Value;

use crate::house::House;

async fn proof(house: &House) -> Value {
    let answer = house.ask("/api/v1/proof", &[]).await;
    serde_json::from_slice(&answer.body).unwrap()
}

fn codes(proof: &Value) -> Vec<&str> {
    let anomalies = proof["anomalies"].as_array().unwrap();
    anomalies
        .iter()
        .map(|one| one["code"].as_str().unwrap())
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn without_witnesses_nobody_vouches() {
    let house = House::new().await;
    let proof = proof(&house).await;
    assert_eq!(codes(&proof), ["no-quorum"]);
    assert_eq!(proof["witnessed"], Value::Null);
    assert_eq!(proof["epoch"]["number"], 1);
    assert_eq!(proof["ledgers"], 1);
    let page = house.page("/proof", "fr").await;
    assert!(page.contains("Anomalies signalées") && !page.contains("Contresigné, aucune"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_fresh_quorum_makes_it_sound() {
    let now_s = House::new().await.now_s();
    let house = House::witnessed(&[now_s - 5, now_s - 30, now_s - 20]).await;
    let proof = proof(&house).await;
    assert_eq!(codes(&proof), [""; 0]);
    assert_eq!(proof["quorum"], serde_json::json!({ "needed": 2, "of": 3 }));
    // The second earliest: no single witness moves it.
    assert_eq!(proof["witnessed"]["stood_s"], now_s - 20);
    assert_eq!(proof["witnesses"][1]["cosigned_s"], now_s - 30);
    assert!(
        proof["checkpoint"]
            .as_str()
            .unwrap()
            .contains("— witness-1.example ")
    );
    let page = house.page("/proof", "en").await;
    assert!(page.contains("Cosigned, no anomaly"), "{page}");
    assert!(page.contains("A quorum of 2 witnesses of 3"));
    assert!(house.page("/", "fr").await.contains("class=\"card good\""));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_old_quorum_and_an_absent_witness_are_anomalies() {
    let now_s = House::new().await.now_s();
    let house = House::witnessed(&[now_s - 600, now_s - 660]).await;
    let proof = proof(&house).await;
    let expected = [
        "not-witnessed",
        "witness-silent",
        "witness-silent",
        "witness-never-came",
    ];
    assert_eq!(codes(&proof), expected);
    assert_eq!(proof["anomalies"][0]["minutes"], 10);
    let page = house.page("/proof", "fr").await;
    assert!(page.contains("depuis 10 minutes"), "{page}");
    assert!(page.contains("n’est encore jamais venu"));
}

#[tokio::test(flavor = "multi_thread")]
async fn one_witness_of_three_is_no_quorum() {
    let now_s = House::new().await.now_s();
    let house = House::witnessed(&[now_s]).await;
    let proof = proof(&house).await;
    assert_eq!(codes(&proof)[0], "never-witnessed");
    assert_eq!(proof["witnessed"], Value::Null);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_centre_that_takes_no_writes_says_so() {
    let house = House::new().await;
    house
        .store
        .become_read_only("<b>the disk is being moved</b>");
    assert_eq!(codes(&proof(&house).await), ["read-only", "no-quorum"]);
    let page = house.page("/proof", "en").await;
    // Words that others chose are text, never markup.
    assert!(
        page.contains("&#60;b&#62;the disk") || page.contains("&lt;b&gt;the disk"),
        "{page}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn totals_are_those_of_the_ledgers() {
    let house = House::new().await;
    let (totals, all) = house
        .store
        .read(|rows| {
            Ok::<_, amana_store::Error>((LedgerInfo::totals(rows)?, LedgerInfo::all(rows)?))
        })
        .unwrap();
    let owned = all.iter().skip(1);
    assert_eq!(
        totals,
        (
            owned.clone().count() as u64,
            owned.map(|one| one.size).sum()
        )
    );
}
