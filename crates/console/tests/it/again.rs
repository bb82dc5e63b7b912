//! A form that is refused comes back as it was filled in, and says what is wrong.

use amana_access::Role;
use http::StatusCode;

use crate::account::signed_in;
use crate::home;
use crate::house::{Answer, House};
use crate::markup::{Tag, tags};

const FORM: (&str, &str) = ("content-type", "application/x-www-form-urlencoded");

/// Somebody at a browser that shows pages in that language.
pub(crate) struct Browser<'h> {
    house: &'h House,
    cookie: String,
    language: &'static str,
}

impl<'h> Browser<'h> {
    pub(crate) async fn of(house: &'h House, role: Role, language: &'static str) -> Self {
        let cookie = signed_in(&house.access, house.store.now_ms(), role).await;
        Self {
            house,
            cookie,
            language,
        }
    }

    fn token(&self) -> String {
        let session = self
            .house
            .access
            .session(&self.cookie["amana-session=".len()..]);
        session.unwrap().unwrap().form_token
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        let headers = [
            ("cookie", &*self.cookie),
            ("accept-language", self.language),
        ];
        self.house.ask(path, &headers).await
    }

    pub(crate) async fn send(&self, path: &str, body: &str, more: &[(&str, &str)]) -> Answer {
        let mut headers = vec![
            ("cookie", &*self.cookie),
            ("accept-language", self.language),
            FORM,
        ];
        headers.extend_from_slice(more);
        self.house
            .send("POST", path, &headers, body.to_owned())
            .await
    }

    /// Sends a form as a page of this session would.
    pub(crate) async fn post(&self, path: &str, fields: &str) -> Answer {
        let body = format!("token={}&{fields}", self.token());
        self.send(path, &body, &[]).await
    }
}

/// The field of a page with that name.
pub(crate) fn field(html: &str, name: &str) -> Tag {
    let found = tags(html).into_iter().find(|tag| {
        matches!(&*tag.name, "input" | "textarea" | "select")
            && tag.attribute("name") == Some(name)
            && tag.attribute("type") != Some("hidden")
    });
    found.unwrap_or_else(|| panic!("no field {name} in {html}"))
}

fn is_told(answer: &Answer, sentence: &str) -> bool {
    let html = answer.text();
    let alert = html.split("role=\"alert\"").nth(1).unwrap_or_default();
    alert
        .split("</p>")
        .next()
        .is_some_and(|alert| alert.contains(sentence))
}

/// Who sends what, where the wrong field is, and what is said of it in French and in English.
struct Case(
    Role,
    &'static str,
    &'static str,
    &'static str,
    [&'static str; 2],
);

const CASES: [Case; 14] = [
    Case(
        Role::FocalPoint,
        "/buckets",
        "name=Mes+Dossiers&reason=Des+lettres%3A+%3Cb%3E&locks=1",
        "name",
        [
            "Ce nom de compartiment n’est pas valable",
            "That name is not valid for a bucket",
        ],
    ),
    Case(
        Role::FocalPoint,
        "/buckets",
        "name=lettres&reason=+",
        "reason",
        ["Dites pourquoi", "Say why"],
    ),
    Case(
        Role::FocalPoint,
        "/keys",
        "right=write&for=these",
        "for",
        [
            "Cochez au moins un compartiment, ou «\u{a0}tous\u{a0}».",
            "Tick at least one bucket, or “all”.",
        ],
    ),
    Case(
        Role::Director,
        "/account/officials/custodians",
        "plan=trois+sur+cinq&reason=Retraite",
        "plan",
        ["Écrivez par exemple 3-of-5.", "Write for instance 3-of-5."],
    ),
    Case(
        Role::Director,
        "/account/support",
        "hours=500&reason=Panne",
        "hours",
        ["De 1 à 168 heures", "From 1 to 168 hours"],
    ),
    Case(
        Role::Director,
        "/custodians",
        "held-on=2026-01-01&custodians=abc&outcome=failed&note=Pluie",
        "custodians",
        ["numéros des pages", "numbers on the pages"],
    ),
    Case(
        Role::Director,
        "/messages/open",
        "subject=+&text=Un+texte+long",
        "subject",
        ["Ce champ est vide", "This field is empty"],
    ),
    Case(
        Role::Operator,
        "/operator/notices/publish",
        "severity=maintenance&from=2030-01-02T10:00&until=2030-01-01T10:00&fr=Bonjour&en=Hello",
        "until",
        [
            "La fin doit venir après le début.",
            "The end must come after the beginning.",
        ],
    ),
    Case(
        Role::Operator,
        "/operator/notices/publish",
        "severity=maintenance&from=demain&fr=Bonjour&en=Hello",
        "from",
        ["une date et une heure", "a date and a time"],
    ),
    Case(
        Role::Operator,
        "/operator/institutions/add",
        "name=Minist%C3%A8re+de+l%27Eau",
        "name",
        [
            "2 à 40 minuscules sans accent, chiffres et tirets, par exemple ministere-eau.",
            "2 to 40 lower-case letters without accents, digits and hyphens, such as ministere-eau.",
        ],
    ),
    Case(
        Role::Operator,
        "/operator/institutions/add",
        "name=finances",
        "name",
        ["Une institution porte déjà ce nom.", "An institution"],
    ),
    Case(
        Role::Operator,
        "/operator/institutions/finances/quota",
        "bytes=beaucoup&objects=12",
        "bytes",
        ["Écrivez un nombre entier", "Write a whole number"],
    ),
    Case(
        Role::Operator,
        "/operator/messages/open",
        "institution=nulle-part&subject=Visite&text=Demain",
        "institution",
        [
            "Il n’y a pas d’institution de ce nom.",
            "There is no institution",
        ],
    ),
    Case(
        Role::Operator,
        "/operator/indicators/record",
        "exercise=restore&people=-3&what=Essai",
        "people",
        ["un entier de 0 à 100 000", "from 0 to 100,000"],
    ),
];

#[tokio::test(flavor = "multi_thread")]
async fn what_is_wrong_is_told_at_its_field_and_nothing_is_lost() {
    for (place, language) in ["fr", "en"].into_iter().enumerate() {
        let house = House::furnished().await;
        // A drill is recorded where there are keys.
        home::enrol(&house, "3-of-5").await;
        // Those who approve come last: two of them name the others themselves.
        let mut browsers = Vec::new();
        for role in [Role::Operator, Role::FocalPoint, Role::Director] {
            browsers.push((role, Browser::of(&house, role, language).await));
        }
        for Case(role, path, fields, wrong, told) in CASES {
            let (_, browser) = browsers.iter().find(|(one, _)| *one == role).unwrap();
            let before = house.acts();
            let answer = browser.post(path, fields).await;
            let html = answer.text();
            assert!(answer.status.is_client_error(), "{path}: {}", answer.status);
            assert_eq!(answer.header("cache-control"), "no-store", "{path}");
            assert!(
                is_told(&answer, told[place]),
                "{path}: {}: {html}",
                told[place]
            );
            let tag = field(&html, wrong);
            assert_eq!(
                tag.attribute("aria-invalid"),
                Some("true"),
                "{path}: {wrong}"
            );
            let hints = tag.attribute("aria-describedby").unwrap();
            assert!(hints.ends_with("refused-why"), "{path}: {hints}");
            assert_eq!(html.matches("id=\"refused-why\"").count(), 1, "{path}");
            // The page is a page of the session: its menu, its token, and the words as they were typed.
            assert!(html.contains("href=\"/account\""), "{path}");
            assert!(html.contains(&browser.token()), "{path}");
            for pair in fields.split('&') {
                let (name, value) = pair.split_once('=').unwrap();
                let typed = value
                    .replace('+', " ")
                    .replace("%3A", ":")
                    .replace("%27", "&#39;");
                let typed = typed.replace("%C3%A8", "è");
                let typed = typed.replace("%3C", "&#60;").replace("%3E", "&#62;");
                assert!(html.contains(&typed), "{path}: {name} is {typed} in {html}");
            }
            assert_eq!(house.acts(), before, "{path}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn boxes_and_lists_are_as_they_were_left() {
    let house = House::furnished().await;
    let browser = Browser::of(&house, Role::FocalPoint, "en").await;
    let html = browser
        .post("/buckets", "name=X&reason=why&locks=1")
        .await
        .text();
    assert!(field(&html, "locks").attribute("checked").is_some());
    assert!(field(&html, "versions").attribute("checked").is_none());
    let html = browser.post("/keys", "right=own&for=these").await.text();
    let own = "<option value=\"own\" selected>";
    assert!(
        html.contains(own) && html.matches(" selected").count() == 1,
        "{html}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn no_secret_is_given_back() {
    let house = House::new().await;
    let browser = Browser::of(&house, Role::Director, "en").await;
    let page = browser.get("/account/credentials").await;
    let flow = page
        .header("set-cookie")
        .split(';')
        .next()
        .unwrap()
        .to_owned();
    let cookies = format!("{}; {flow}", browser.cookie);
    let body = format!(
        "token={}&password=une+phrase+de+passe&code=000000",
        browser.token()
    );
    let headers = [("cookie", &*cookies), ("accept-language", "en"), FORM];
    let path = "/account/credentials/password";
    let answer = house.send("POST", path, &headers, body).await;
    assert_eq!(answer.status, StatusCode::BAD_REQUEST);
    assert!(
        is_told(&answer, "This is not the code that the app shows now."),
        "{}",
        answer.text()
    );
    assert!(!answer.says("une phrase de passe") && !answer.says("000000"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_that_is_over_says_how_to_come_back_and_keeps_the_words() {
    let house = House::new().await;
    let headers = [
        ("accept-language", "en"),
        FORM,
        ("sec-fetch-site", "same-origin"),
    ];
    let body = "token=old&subject=Quota&text=A+%3Clong%3E+letter";
    let answer = house.send("POST", "/messages/open", &headers, body).await;
    assert_eq!(answer.status, StatusCode::UNAUTHORIZED);
    assert!(answer.says("Your session has ended. Sign in and you come back here."));
    assert!(answer.says("href=\"/account/sign-in?next=%2Fmessages\""));
    assert!(answer.says("A &#60;long&#62; letter"), "{}", answer.text());
    // What others make a browser send is not shown.
    let answer = house
        .send("POST", "/messages/open", &headers[..2], body)
        .await;
    assert!(!answer.says("letter"));
    // A message has a number in its path; what isn't a page's form leads to the first page.
    let answer = house
        .send("POST", "/messages/7/answer", &headers, "text=x")
        .await;
    assert!(answer.says("href=\"/account/sign-in?next=%2Fmessages%2F7\""));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_of_an_earlier_session_can_be_sent_again() {
    let house = House::new().await;
    let earlier = Browser::of(&house, Role::Director, "en").await.token();
    let browser = Browser::of(&house, Role::FocalPoint, "en").await;
    let body = format!("token={earlier}&subject=Quota&text=A+long+letter");
    let own = [("sec-fetch-site", "same-origin")];
    let answer = browser.send("/messages/open", &body, &own).await;
    assert_eq!(answer.status, StatusCode::FORBIDDEN);
    assert!(is_told(&answer, "earlier session") && answer.says("A long letter"));
    assert!(answer.says(&browser.token()) && !answer.says(&earlier));
    for site in ["same-site", "cross-site", "none", ""] {
        let answer = browser
            .send("/messages/open", &body, &[("sec-fetch-site", site)])
            .await;
        assert_eq!(answer.status, StatusCode::FORBIDDEN, "{site}");
        assert!(
            is_told(&answer, "earlier session") && !answer.says("A long letter"),
            "{site}"
        );
    }
    assert_eq!(
        browser
            .get("/api/v1/messages")
            .await
            .text()
            .matches("Quota")
            .count(),
        0
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refusal_keeps_the_menu_of_who_is_signed_in() {
    let house = House::new().await;
    let browser = Browser::of(&house, Role::Director, "fr").await;
    for (path, status) in [
        ("/buckets/absent", StatusCode::NOT_FOUND),
        ("/operator", StatusCode::FORBIDDEN),
    ] {
        let answer = browser.get(path).await;
        assert_eq!(answer.status, status, "{path}");
        assert!(answer.says("href=\"/journal\"") && answer.says("<a href=\"/overview\">Retour"));
    }
    // What the role forbids leads back to the page.
    let answer = browser.post("/keys", "for=all").await;
    assert_eq!(answer.status, StatusCode::FORBIDDEN);
    assert!(answer.says("<a class=\"button\" href=\"/keys\">Revenir au formulaire</a>"));
    let operator = Browser::of(&house, Role::Operator, "en").await;
    assert!(
        operator
            .get("/overview")
            .await
            .says("<a href=\"/operator\">")
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn one_comes_back_to_the_page_that_was_asked_for() {
    let house = House::new().await;
    let asked = house.ask("/journal?kind=a&from=2026-01-01", &[]).await;
    let way_in = asked.header("location").to_owned();
    assert_eq!(
        way_in,
        "/account/sign-in?next=%2Fjournal%3Fkind%3Da%26from%3D2026-01-01"
    );
    let page = house.ask(&way_in, &[]).await.text();
    let hidden = "name=\"next\" value=\"/journal?kind=a&#38;from=2026-01-01\"";
    // By the provider, and by a password; a passkey too, where browsers make some.
    assert!(page.matches(hidden).count() >= 2, "{page}");
    for elsewhere in [
        "%2F%2Fevil.example",
        "%2F%5Cevil.example",
        "https%3A%2F%2Fevil.example",
    ] {
        let page = house
            .ask(&format!("/account/sign-in?next={elsewhere}"), &[])
            .await;
        assert!(!page.says("name=\"next\""), "{elsewhere}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_way_in_leads_to_the_first_visit() {
    let house = House::new().await;
    let page = house.page("/account/sign-in", "fr").await;
    assert!(page.contains(
        "Première fois\u{a0}? Un lien ou un code vous a été remis\u{a0}: <a href=\"/account/enrol\">"
    ));
    let answer = house
        .ask("/account/enrol?code=ABCD", &[("accept-language", "fr")])
        .await;
    assert_eq!(answer.status, StatusCode::BAD_REQUEST);
    assert!(is_told(
        &answer,
        "Ce code n’est pas complet\u{a0}: vingt signes, en groupes de quatre."
    ));
    assert!(answer.says("value=\"ABCD\""));
}
