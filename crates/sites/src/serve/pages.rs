//! The few pages that the server has of its own, in French and in English, and the facts about a site.

use bytes::Bytes;
use http::header::{CACHE_CONTROL, CONTENT_LENGTH, CONTENT_TYPE, X_CONTENT_TYPE_OPTIONS};
use http::{HeaderValue, Response, StatusCode};

use super::CodeState;
use super::body::Body;
use super::live::Live;

const HTML_TYPE: &str = "text/html; charset=utf-8";
const HTML: HeaderValue = HeaderValue::from_static(HTML_TYPE);
/// Nothing is fetched, nothing is run, nobody frames it.
const POLICY_TEXT: &str =
    "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; base-uri 'none'";
const POLICY: HeaderValue = HeaderValue::from_static(POLICY_TEXT);
const MISSING: (&str, &str) = ("Cette page n'existe pas.", "There is no such page.");

/// A page that says what went wrong. It names no site, no file and no program.
pub(super) fn refusal(status: StatusCode) -> Response<Body> {
    let (french, english) = match status {
        StatusCode::NOT_FOUND => MISSING,
        StatusCode::MISDIRECTED_REQUEST => (
            "Aucun site ne répond à ce nom ici.",
            "No site answers to this name here.",
        ),
        StatusCode::METHOD_NOT_ALLOWED => {
            ("Ce site se lit seulement.", "This site can only be read.")
        }
        StatusCode::TOO_MANY_REQUESTS => (
            "Trop de demandes : attendez un instant.",
            "Too many requests: wait a moment.",
        ),
        StatusCode::PAYLOAD_TOO_LARGE => (
            "Ce que vous envoyez est trop long.",
            "What you send is too long.",
        ),
        StatusCode::REQUEST_TIMEOUT => (
            "Ce que vous envoyez arrive trop lentement.",
            "What you send comes too slowly.",
        ),
        StatusCode::RANGE_NOT_SATISFIABLE => (
            "Le fichier n'a pas cette partie.",
            "The file has no such part.",
        ),
        StatusCode::PRECONDITION_FAILED => ("Le fichier a changé.", "The file has changed."),
        StatusCode::SERVICE_UNAVAILABLE | StatusCode::INTERNAL_SERVER_ERROR => (
            "Cette page ne peut pas être montrée à présent : son contenu n'est pas celui qui a été signé, ou ne peut pas être lu.",
            "This page can't be shown now: its content isn't what was signed, or can't be read.",
        ),
        _ => (
            "Cette demande n'est pas correcte.",
            "This request is wrong.",
        ),
    };
    told(status, french, english)
}

/// A page that says that an application doesn't answer, where nothing was signed in its stead.
pub(super) fn no_answer() -> Response<Body> {
    not_now(
        "Cette partie du site ne répond pas à présent.",
        "This part of the site doesn't answer now.",
    )
}

/// The same of an application whose programs aren't those that were signed.
pub(super) fn altered() -> Response<Body> {
    not_now(
        "Cette partie du site est arrêtée : ses programmes ne sont pas reconnus comme ceux que l'institution a signés.",
        "This part of the site is stopped: its programs aren't recognised as those that the institution signed.",
    )
}

fn not_now(french: &str, english: &str) -> Response<Body> {
    let mut answer = told(StatusCode::SERVICE_UNAVAILABLE, french, english);
    let headers = answer.headers_mut();
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    answer
}

fn told(status: StatusCode, french: &str, english: &str) -> Response<Body> {
    html(status, &page_of(status, french, english))
}

fn page_of(status: StatusCode, french: &str, english: &str) -> String {
    let title = format!(
        "{} {}",
        status.as_u16(),
        status.canonical_reason().unwrap_or_default()
    );
    page(&title, &paragraphs(french, english))
}

/// What is sent where a site has nothing, and no page of its own that says so: the text, its type, and its security policy. Whoever
/// verifies a site compares it, as `docs/formats/site.md` says.
#[must_use]
pub fn missing_page() -> (String, &'static str, &'static str) {
    let (french, english) = MISSING;
    (
        page_of(StatusCode::NOT_FOUND, french, english),
        HTML_TYPE,
        POLICY_TEXT,
    )
}

/// What a visitor may want to know of the site: `/.well-known/amana/`.
pub(super) fn about(live: &Live, code: &[CodeState]) -> Response<Body> {
    let (host, number) = (live.host(), live.number());
    let digest = amana_ledger::digits(&live.digest());
    let facts = |site: &str, deploy: &str, manifest: &str| {
        format!(
            "<dl><dt>{site}</dt><dd>{host}</dd><dt>{deploy}</dt><dd>{number}</dd>\
             <dt>{manifest}</dt><dd><code>{digest}</code></dd></dl>"
        )
    };
    let body = format!(
        "<section lang=fr><h1>Ce site est signé</h1><p>L'institution a signé chaque fichier de ce site. Chaque publication est \
         inscrite dans un registre public que des témoins surveillent ; ce serveur n'envoie que ce qui a été signé.</p>{}\
         <p>Pour vérifier vous-même : <code>amana site verify https://{host} --policy POLICY --centre URL</code>. \
         <a href=\"site.json\">Les mêmes faits pour les programmes</a>.</p>{}</section>\
         <section lang=en><h1>This site is signed</h1><p>The institution has signed every file of this site. Each publication \
         stands in a public ledger that witnesses watch; this server sends nothing but what was signed.</p>{}\
         <p>To check for yourself: <code>amana site verify https://{host} --policy POLICY --centre URL</code>. \
         <a href=\"site.json\">The same facts for programs</a>.</p>{}</section>",
        facts("Site", "Publication", "Empreinte du manifeste"),
        applications(live, code, &FRENCH),
        facts("Site", "Publication", "Digest of the manifest"),
        applications(live, code, &ENGLISH),
    );
    html(StatusCode::OK, &page(host.as_str(), &body))
}

/// What is said of applications.
struct Words {
    /// As the language sets it.
    colon: &'static str,
    /// Whose these addresses are.
    said: &'static str,
    of_editors: &'static str,
    /// Its programs are signed, and are those.
    asked: &'static str,
    /// Its programs are signed, and are others, or not known.
    not_asked: &'static str,
}

const FRENCH: Words = Words {
    colon: " :",
    said: "Ces adresses sont celles d'une application : ce qu'elle y répond n'est pas signé.",
    of_editors: "pour ses rédacteurs seuls ; le public y voit ce qui est signé",
    asked: "ses programmes sont ceux qui ont été signés",
    not_asked: "arrêtée : ses programmes ne sont pas reconnus comme ceux qui ont été signés ; la publication signée répond à sa place",
};
const ENGLISH: Words = Words {
    colon: ":",
    said: "These addresses are an application's: what it answers there isn't signed.",
    of_editors: "for its editors alone; the public is shown what is signed",
    asked: "its programs are those that were signed",
    not_asked: "stopped: its programs aren't recognised as those that were signed; the signed deploy answers in its stead",
};

/// Which paths are an application's, if any are, and how the applications' programs are.
fn applications(live: &Live, code: &[CodeState], words: &Words) -> String {
    let rules = live.manifest().applications();
    let mut lines: String = rules
        .map(|rule| {
            let (path, name) = (escaped(&rule.path), &rule.name);
            let whom = match rule.editors {
                true => format!(" ({})", words.of_editors),
                false => String::new(),
            };
            format!("<li><code>{path}</code> {name}{whom}</li>")
        })
        .collect();
    for state in code {
        let how = match state.asked {
            true => words.asked,
            false => words.not_asked,
        };
        lines.push_str(&format!(
            "<li>{}{} {how}</li>",
            state.application, words.colon
        ));
    }
    match lines.is_empty() {
        true => lines,
        false => format!("<p>{}</p><ul>{lines}</ul>", words.said),
    }
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;")
}

/// A small JSON document.
pub(super) fn json(document: Bytes) -> Response<Body> {
    let mut answer = whole(StatusCode::OK, document);
    let headers = answer.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    answer
}

/// A small text, as authorities ask for it.
pub(super) fn text(text: String) -> Response<Body> {
    let mut answer = whole(StatusCode::OK, text.into());
    let headers = answer.headers_mut();
    headers.insert(
        CONTENT_TYPE,
        HeaderValue::from_static("application/octet-stream"),
    );
    answer
}

fn html(status: StatusCode, page: &str) -> Response<Body> {
    let mut answer = whole(status, Bytes::copy_from_slice(page.as_bytes()));
    let headers = answer.headers_mut();
    headers.insert(CONTENT_TYPE, HTML);
    headers.insert(http::header::CONTENT_SECURITY_POLICY, POLICY);
    answer
}

fn whole(status: StatusCode, bytes: Bytes) -> Response<Body> {
    let mut answer = Response::new(Body::whole(bytes));
    *answer.status_mut() = status;
    let length = answer.body().left_bytes();
    let headers = answer.headers_mut();
    headers.insert(CONTENT_LENGTH, HeaderValue::from(length));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    answer
}

fn paragraphs(french: &str, english: &str) -> String {
    format!("<p lang=fr>{french}</p><p lang=en>{english}</p>")
}

/// `title` and `body` are markup of ours: names of hosts have no character that means anything in HTML.
fn page(title: &str, body: &str) -> String {
    format!(
        "<!doctype html><html lang=fr><meta charset=utf-8><meta name=viewport content=\"width=device-width\">\
         <title>{title}</title><style>:root{{color-scheme:light dark}}body{{font:1.1rem/1.5 system-ui,sans-serif;max-width:38rem;\
         margin:3rem auto;padding:0 1rem;overflow-wrap:anywhere}}h1{{font-size:1.4rem}}section+section{{margin-top:3rem}}\
         dt{{font-weight:600}}dd{{margin:0 0 .5rem}}</style><main>{body}</main></html>"
    )
}
