//! The operator's pages, and threads between an institution and the operator.

use amana_access::Role;
use amana_console::Language;
use http::StatusCode;

use crate::account::signed_in;
use crate::house::{Answer, House};
use crate::markup::tags;

/// Pages of the operator without parameters.
const PAGES: [&str; 9] = [
    "/operator",
    "/operator/institutions",
    "/operator/capacity",
    "/operator/health",
    "/operator/staff",
    "/operator/messages",
    "/operator/notices",
    "/operator/indicators",
    "/operator/agreements/finances",
];

pub(crate) async fn operator(house: &House) -> String {
    signed_in(&house.access, house.store.now_ms(), Role::Operator).await
}

/// Sends a form with the token of the asker's session.
pub(crate) async fn post(house: &House, cookie: &str, path: &str, fields: &str) -> Answer {
    let session = house.access.session(&cookie["amana-session=".len()..]);
    let token = session.unwrap().unwrap().form_token;
    let form = ("content-type", "application/x-www-form-urlencoded");
    let body = format!("token={token}&{fields}");
    let headers = [("cookie", cookie), form];
    house.send("POST", path, &headers, body).await
}

pub(crate) async fn page(house: &House, cookie: &str, path: &str, language: &str) -> String {
    let headers = [("cookie", cookie), ("accept-language", language)];
    let answer = house.ask(path, &headers).await;
    assert_eq!(answer.status, StatusCode::OK, "{path}: {}", answer.text());
    answer.text()
}

#[tokio::test(flavor = "multi_thread")]
async fn each_page_of_the_operator_is_whole_in_both_languages() {
    let house = House::new().await;
    let cookie = operator(&house).await;
    let mut titles = Vec::new();
    for path in PAGES {
        let mut shapes = Vec::new();
        for language in Language::ALL {
            let html = page(&house, &cookie, path, language.texts().tag).await;
            let tags = tags(&html);
            let named = |name: &str| tags.iter().filter(|tag| tag.name == name).count();
            assert_eq!((named("h1"), named("main")), (1, 1), "{path}");
            assert!(html.contains(" aria-current=\"page\""), "{path}");
            assert!(
                tags.iter().all(|tag| tag.attribute("style").is_none()),
                "{path}"
            );
            let ids: Vec<_> = tags.iter().filter_map(|tag| tag.attribute("id")).collect();
            for tag in tags.iter().filter(|tag| tag.name == "label") {
                let of = tag.attribute("for").unwrap();
                assert!(ids.contains(&of), "{path}: {of}");
            }
            shapes.push(tags.iter().map(|tag| tag.name.clone()).collect::<Vec<_>>());
            titles.push(
                tags.iter()
                    .find(|tag| tag.name == "h1")
                    .unwrap()
                    .text
                    .clone(),
            );
            assert!(html.len() < 30 * 1024, "{path}: {} bytes", html.len());
        }
        assert_eq!(
            shapes[0], shapes[1],
            "{path}: languages differ in words alone"
        );
    }
    assert!(titles.contains(&"Capacité".to_owned()), "{titles:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_institution_is_added_named_for_suspended_and_resumed() {
    let house = House::new().await;
    let cookie = operator(&house).await;
    let added = post(
        &house,
        &cookie,
        "/operator/institutions/add",
        "name=justice",
    )
    .await;
    assert_eq!(added.header("location"), "/operator/institutions/justice");
    let twice = post(
        &house,
        &cookie,
        "/operator/institutions/add",
        "name=justice",
    )
    .await;
    assert!(twice.says("<code>institution-exists</code>"));
    let at = "/operator/institutions/justice";
    let link = post(
        &house,
        &cookie,
        &format!("{at}/name"),
        "name=Ali&role=director",
    )
    .await;
    assert!(
        link.text().contains("/account/enrol?code="),
        "{}",
        link.text()
    );
    let shown = page(&house, &cookie, at, "fr").await;
    assert!(
        shown.contains("Ali") && shown.contains("justice/1"),
        "{shown}"
    );
    let again = post(&house, &cookie, &format!("{at}/officials/1/invite"), "").await;
    assert!(again.text().contains("id=\"link\""));
    let done = post(&house, &cookie, &format!("{at}/suspend"), "reason=Loi+12").await;
    assert_eq!(done.header("location"), at);
    assert!(page(&house, &cookie, at, "fr").await.contains("suspendue"));
    post(&house, &cookie, &format!("{at}/resume"), "").await;
    assert!(!page(&house, &cookie, at, "fr").await.contains("suspendue"));
    let found = page(&house, &cookie, "/operator/institutions?q=JUST", "en").await;
    assert!(found.contains(">justice</bdi>") && !found.contains(">finances</bdi>"));
}

#[tokio::test(flavor = "multi_thread")]
async fn many_institutions_are_cut_into_pages() {
    let house = House::new().await;
    let cookie = operator(&house).await;
    for number in 0..51 {
        let name = format!("office-{number:02}").parse().unwrap();
        house
            .access
            .add_institution(&name, "operator:test")
            .await
            .unwrap();
    }
    let first = page(&house, &cookie, "/operator/institutions", "fr").await;
    let next = "/operator/institutions?q=&#38;after=office-48";
    assert!(first.contains(next), "{first}");
    let rows = |html: &str| html.matches("href=\"/operator/institutions/").count();
    assert_eq!(rows(&first), 50);
    let second = page(
        &house,
        &cookie,
        "/operator/institutions?after=office-48",
        "fr",
    )
    .await;
    assert_eq!(rows(&second), 2);
    assert!(!second.contains("rel=\"next\""));
}

#[tokio::test(flavor = "multi_thread")]
async fn staff_are_named_and_their_access_ends() {
    let house = House::new().await;
    let cookie = operator(&house).await;
    let link = post(&house, &cookie, "/operator/staff/name", "name=Omar").await;
    assert!(link.text().contains("operator/2"), "{}", link.text());
    let shown = page(&house, &cookie, "/operator/staff", "fr").await;
    assert!(
        shown.contains("Omar") && !shown.contains("/operator/staff/1/end"),
        "{shown}"
    );
    let ended = post(&house, &cookie, "/operator/staff/2/end", "").await;
    assert_eq!(ended.header("location"), "/operator/staff");
    assert!(
        !page(&house, &cookie, "/operator/staff", "fr")
            .await
            .contains("Omar")
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_thread_is_opened_answered_and_closed() {
    let house = House::new().await;
    let now_ms = house.store.now_ms();
    let fatima = signed_in(&house.access, now_ms, Role::FocalPoint).await;
    let sara = operator(&house).await;
    let sent = post(
        &house,
        &fatima,
        "/messages/open",
        "subject=Quota&text=Il+est+%3Cplein%3E",
    )
    .await;
    let at = sent.header("location").to_owned();
    assert!(at.starts_with("/messages/"), "{}", sent.text());
    let theirs = format!("/operator/messages/finances/{}", &at["/messages/".len()..]);
    let list = page(&house, &sara, "/operator/messages", "fr").await;
    assert!(
        list.contains(&theirs) && list.contains("attend votre réponse"),
        "{list}"
    );
    assert!(
        page(&house, &sara, "/operator", "fr")
            .await
            .contains("Une institution attend")
    );
    let thread = page(&house, &sara, &theirs, "fr").await;
    assert!(thread.contains("Il est &#60;plein&#62;"), "{thread}");
    let receipts = thread
        .split('"')
        .find(|part| part.contains("/receipts/"))
        .unwrap();
    let receipt = house.ask(receipts, &[("cookie", &sara)]).await;
    assert!(
        receipt.text().contains("message.send"),
        "{}",
        receipt.text()
    );
    let other = receipts.replace(
        &format!("receipts/{}", &at["/messages/".len()..]),
        "receipts/0",
    );
    let refused = house.ask(&other, &[("cookie", &sara)]).await;
    assert_eq!(
        refused.status,
        StatusCode::NOT_FOUND,
        "no receipt of what isn't in the thread"
    );
    let long = format!("text={}", "%C3%A9".repeat(10_000));
    let answered = post(&house, &sara, &format!("{theirs}/answer"), &long).await;
    assert_eq!(
        answered.status,
        StatusCode::SEE_OTHER,
        "{}",
        answered.text()
    );
    let own = page(&house, &fatima, &at, "en").await;
    assert!(own.contains("waits for your answer") && own.contains("/receipt/"));
    post(&house, &fatima, &format!("{at}/close"), "").await;
    assert!(page(&house, &fatima, &at, "en").await.contains(">closed<"));
    let refused = post(&house, &fatima, "/messages/open", "subject=a&text=").await;
    assert_eq!(refused.status, StatusCode::BAD_REQUEST);
    assert!(refused.says("aria-invalid"), "{}", refused.text());
}
