//! What the operator tells everybody, the directory, the hosting agreement, and indicators.

use amana_access::Role;
use http::StatusCode;

use crate::account::signed_in;
use crate::house::House;
use crate::operators::{operator, page, post};

#[tokio::test(flavor = "multi_thread")]
async fn a_notice_stands_above_each_page_while_it_is_in_force() {
    let house = House::new().await;
    let sara = operator(&house).await;
    let fatima = signed_in(&house.access, house.store.now_ms(), Role::FocalPoint).await;
    assert!(
        !page(&house, &fatima, "/account", "fr")
            .await
            .contains("class=\"card notice")
    );
    let publish = "/operator/notices/publish";
    let without_english = post(&house, &sara, publish, "severity=incident&fr=Panne&en=").await;
    assert_eq!(without_english.status, StatusCode::BAD_REQUEST);
    assert!(
        without_english.says("aria-invalid"),
        "{}",
        without_english.text()
    );
    let fields = "severity=incident&fr=Panne+%3Ede+ligne&en=Line+down&from=&until=";
    let done = post(&house, &sara, publish, fields).await;
    assert_eq!(
        done.header("location"),
        "/operator/notices",
        "{}",
        done.text()
    );
    let planned =
        "severity=maintenance&fr=Travaux&en=Works&from=2999-01-01T08:00&until=2999-01-01T09:00";
    post(&house, &sara, publish, planned).await;
    for (tag, text) in [("fr", "Panne &#62;de ligne"), ("en", "Line down")] {
        let above = page(&house, &fatima, "/account", tag).await;
        assert!(above.contains("class=\"card notice bad\""), "{above}");
        assert!(above.contains(text) && !above.contains("Works"), "{above}");
        let public = house.page("/notices", tag).await;
        assert!(public.contains(text) && public.contains("/receipts/operator/notices/0"));
        assert!(
            !house.page("/", tag).await.contains("class=\"card notice"),
            "not for everybody"
        );
    }
    let refused = post(&house, &fatima, "/operator/notices/0/end", "").await;
    assert_eq!(refused.status, StatusCode::FORBIDDEN);
    post(&house, &sara, "/operator/notices/0/end", "").await;
    assert!(
        !page(&house, &fatima, "/account", "fr")
            .await
            .contains("class=\"card notice")
    );
    assert!(
        house
            .page("/notices", "fr")
            .await
            .contains("Incident – terminé")
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn the_directory_has_who_put_itself_there() {
    let house = House::new().await;
    let fatima = signed_in(&house.access, house.store.now_ms(), Role::FocalPoint).await;
    assert!(!house.page("/directory", "fr").await.contains("finances"));
    let fields = "name=Minist%C3%A8re+des+Finances&contact=dsi%40finances.example";
    let done = post(&house, &fatima, "/contact", fields).await;
    assert_eq!(done.header("location"), "/contact", "{}", done.text());
    let listed = house.page("/directory", "en").await;
    assert!(listed.contains("Ministère des Finances") && listed.contains("dsi@finances.example"));
    let form = page(&house, &fatima, "/contact", "fr").await;
    assert!(form.contains("value=\"dsi@finances.example\""), "{form}");
    post(&house, &fatima, "/contact", "out=yes").await;
    assert!(!house.page("/directory", "fr").await.contains("finances"));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_agreement_is_proposed_read_and_signed_by_two() {
    let house = House::new().await;
    let sara = operator(&house).await;
    let now_ms = house.store.now_ms();
    let fatima = signed_in(&house.access, now_ms, Role::FocalPoint).await;
    let ali = signed_in(&house.access, now_ms, Role::Director).await;
    let at = "/operator/agreements/finances";
    let text = format!("text=%23+Convention%0A{}", "Article+1.+".repeat(8000));
    let done = post(&house, &sara, &format!("{at}/propose"), &text).await;
    assert_eq!(done.header("location"), at, "{}", done.text());
    let own = page(&house, &ali, "/agreement", "fr").await;
    assert!(own.contains("# Convention") && own.contains("Proposée"));
    let field = |name: &str| {
        let begin = format!("name=\"{name}\" value=\"");
        let value = own.split(&begin).nth(1).unwrap();
        value.split('"').next().unwrap().to_owned()
    };
    let sign = own
        .split("action=\"")
        .find(|part| part.contains("/sign\""))
        .unwrap();
    let sign = sign.split('"').next().unwrap();
    let other = post(&house, &ali, sign, "sha256=00&sure=1").await;
    assert!(other.says("<code>unknown-agreement</code>"));
    let digest = format!("sha256={}", field("sha256"));
    let unsure = post(&house, &ali, sign, &digest).await;
    assert_eq!(unsure.status, StatusCode::BAD_REQUEST);
    assert!(unsure.says("aria-invalid"), "{}", unsure.text());
    let digest = format!("{digest}&sure=1");
    for who in [&fatima, &ali] {
        let signed = post(&house, who, sign, &digest).await;
        assert_eq!(signed.header("location"), "/agreement", "{}", signed.text());
    }
    let seen = page(&house, &sara, at, "en").await;
    assert!(seen.contains("In force"), "{seen}");
    let receipts: Vec<_> = seen
        .split('"')
        .filter(|part| part.contains("/receipts/"))
        .collect();
    assert_eq!(receipts.len(), 3);
    for receipt in receipts {
        let file = house.ask(receipt, &[("cookie", &sara)]).await;
        assert!(
            file.text().contains("agreement."),
            "{receipt}: {}",
            file.status
        );
    }
    let other = house
        .ask(&format!("{at}/receipts/0"), &[("cookie", &sara)])
        .await;
    assert_eq!(other.status, StatusCode::NOT_FOUND);
}

#[tokio::test(flavor = "multi_thread")]
async fn indicators_are_counted_and_told_as_a_table() {
    let house = House::new().await;
    let sara = operator(&house).await;
    let record = "/operator/indicators/record";
    for fields in [
        "exercise=restore&people=3&what=Depuis+la+copie",
        "exercise=training&people=12&what=Agents+de+trois+minist%C3%A8res",
    ] {
        let done = post(&house, &sara, record, fields).await;
        assert_eq!(
            done.header("location"),
            "/operator/indicators",
            "{}",
            done.text()
        );
    }
    let csv = house.ask("/indicators.csv", &[]).await;
    let text = csv.text();
    let row = text.lines().nth(1).unwrap();
    assert_eq!(csv.header("content-type"), "text/csv; charset=utf-8");
    let cells: Vec<_> = row.split(',').collect();
    assert_eq!((cells[1], cells[4], cells[5]), ("1", "1", "12"), "{row}");
    let shown = house.page("/indicators", "fr").await;
    assert!(shown.contains("Depuis la copie") && shown.contains("/receipts/operator/notices/0"));
    assert!(!shown.contains("<form"), "nobody records there");
}
