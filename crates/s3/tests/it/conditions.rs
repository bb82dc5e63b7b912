//! Conditional reads and writes.

use super::centre::Centre;
use super::client::{Answer, Call};

const PAST: &str = "Thu, 01 Dec 1994 16:00:00 GMT";
const FUTURE: &str = "Wed, 01 Dec 2094 16:00:00 GMT";

#[tokio::test]
async fn reads() {
    let centre = Centre::with_bucket().await;
    let put = centre.put("/files/a", b"x").await;
    let etag = put.header("etag").unwrap().to_owned();
    let bare = etag.trim_matches('"').to_owned();
    let weak = format!("W/{etag}");
    let list = format!("\"other\", {etag}");
    let modified = centre
        .get("/files/a")
        .await
        .header("last-modified")
        .unwrap()
        .to_owned();
    let cases: [(&[(&str, &str)], u16); 22] = [
        (&[("if-match", &etag)], 200),
        (&[("if-match", &bare)], 200),
        (&[("if-match", "*")], 200),
        (&[("if-match", "\"other\"")], 412),
        (&[("if-match", &list)], 200),
        (&[("if-none-match", &etag)], 304),
        (&[("if-none-match", &weak)], 304),
        (&[("if-none-match", "*")], 304),
        (&[("if-none-match", &list)], 304),
        (&[("if-none-match", "\"other\"")], 200),
        (&[("if-none-match", "\"some\", \"other\"")], 200),
        (&[("if-modified-since", PAST)], 200),
        (&[("if-modified-since", &modified)], 304),
        (&[("if-modified-since", FUTURE)], 304),
        (&[("if-modified-since", "yesterday")], 200),
        (&[("if-unmodified-since", PAST)], 412),
        (&[("if-unmodified-since", &modified)], 200),
        (&[("if-unmodified-since", FUTURE)], 200),
        // A tag outweighs a date.
        (&[("if-match", &etag), ("if-unmodified-since", PAST)], 200),
        (
            &[
                ("if-none-match", "\"other\""),
                ("if-modified-since", FUTURE),
            ],
            200,
        ),
        (
            &[("if-none-match", &etag), ("if-modified-since", PAST)],
            304,
        ),
        (&[("if-match", "\"other\""), ("if-none-match", &etag)], 412),
    ];
    for (headers, status) in cases {
        for method in ["GET", "HEAD"] {
            let mut call = Call::new(method, "/files/a");
            for (name, value) in headers {
                call = call.header(name, value);
            }
            let answer = centre.send(call).await;
            assert_eq!(answer.status, status, "{method} {headers:?}");
            if status == 304 {
                assert_eq!(answer.header("etag"), Some(&*etag));
                assert_eq!(answer.header("last-modified"), Some(&*modified));
                assert!(answer.body.is_empty());
            }
        }
    }
}

async fn put_if(centre: &Centre, path: &str, name: &str, value: &str) -> Answer {
    centre
        .send(Call::new("PUT", path).header(name, value).body("new"))
        .await
}

#[tokio::test]
async fn writes() {
    let centre = Centre::with_bucket().await;
    put_if(&centre, "/files/a", "if-none-match", "*").await.ok();
    let again = put_if(&centre, "/files/a", "if-none-match", "*").await;
    assert_eq!(again.refusal(), (412, "PreconditionFailed".into()));
    let etag = centre
        .put("/files/a", b"old")
        .await
        .header("etag")
        .unwrap()
        .to_owned();
    let wrong = put_if(
        &centre,
        "/files/a",
        "if-match",
        "\"00000000000000000000000000000000\"",
    )
    .await;
    assert_eq!(wrong.refusal(), (412, "PreconditionFailed".into()));
    put_if(&centre, "/files/a", "if-match", &etag).await.ok();
    let stale = put_if(&centre, "/files/a", "if-match", &etag).await;
    assert_eq!(stale.refusal(), (412, "PreconditionFailed".into()));
    let nothing = put_if(&centre, "/files/nothing", "if-match", &etag).await;
    assert_eq!(nothing.refusal(), (404, "NoSuchKey".into()));
    let tag = put_if(&centre, "/files/a", "if-none-match", &etag).await;
    assert_eq!(tag.refusal(), (501, "NotImplemented".into()));
    assert_eq!(centre.get("/files/a").await.ok().body, b"new");
}

#[tokio::test]
async fn deletes() {
    let centre = Centre::with_bucket().await;
    let etag = centre
        .put("/files/a", b"x")
        .await
        .header("etag")
        .unwrap()
        .to_owned();
    let delete = |value: &str| Call::new("DELETE", "/files/a").header("if-match", value);
    let wrong = centre
        .send(delete("\"00000000000000000000000000000000\""))
        .await;
    assert_eq!(wrong.refusal(), (412, "PreconditionFailed".into()));
    assert_eq!(centre.send(delete(&etag)).await.status, 204);
}

#[tokio::test]
async fn of_two_rivals_one_loses() {
    let centre = Centre::with_bucket().await;
    let rivals = (0..16).map(|n| {
        let call = Call::new("PUT", "/files/a")
            .header("if-none-match", "*")
            .body(n.to_string());
        centre.send(call)
    });
    let answers = futures::future::join_all(rivals).await;
    let won = answers.iter().filter(|answer| answer.status == 200).count();
    let lost = answers
        .iter()
        .filter(|answer| answer.status == 412 || answer.status == 409)
        .count();
    assert_eq!((won, lost), (1, 15));
}
