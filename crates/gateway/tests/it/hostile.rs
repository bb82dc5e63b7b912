//! Whatever a data centre answers, the gateway ends with an error that has a name.

use amana_gateway::Error;
use bytes::Bytes;
use tokio::time::Duration;

use crate::scripted::{Step, answer, client, serve};

const OK: &str = "200 OK";

#[tokio::test]
async fn a_header_bomb_is_refused() {
    let mut bomb = b"HTTP/1.1 200 OK\r\n".to_vec();
    for number in 0..1000 {
        bomb.extend_from_slice(format!("x-{number}: {}\r\n", "a".repeat(1000)).as_bytes());
    }
    let (url, _) = serve(vec![vec![Step::Hear, Step::Say(bomb), Step::Hold]]).await;
    let error = client(&url).get("/x", 1000).await.expect_err("too much");
    assert!(
        matches!(
            error,
            Error::AnswerTooLarge { .. } | Error::Malformed { .. }
        ),
        "{error}"
    );
}

#[tokio::test]
async fn a_body_without_end_is_refused() {
    let head = Step::Say(b"HTTP/1.1 200 OK\r\n\r\n".to_vec());
    let endless = Step::Drip(vec![b'a'; 4096], Duration::ZERO);
    let (url, _) = serve(vec![vec![Step::Hear, head, endless]]).await;
    let error = client(&url).get("/x", 100_000).await.expect_err("too much");
    assert!(
        matches!(
            error,
            Error::AnswerTooLarge {
                max_bytes: 100_000,
                ..
            }
        ),
        "{error}"
    );
}

#[tokio::test]
async fn an_answer_that_never_comes_is_given_up() {
    let (url, _) = serve(vec![vec![Step::Hear, Step::Hold]]).await;
    let error = client(&url)
        .get("/x", 1000)
        .await
        .expect_err("nothing comes");
    assert!(matches!(error, Error::Slow { .. }), "{error}");
    assert!(!error.is_not_done());
}

#[tokio::test]
async fn a_body_that_drips_is_given_up() {
    let head = Step::Say(b"HTTP/1.1 200 OK\r\ncontent-length: 1000000\r\n\r\n".to_vec());
    let drops = Step::Drip(vec![b'a'], Duration::from_millis(100));
    let (url, _) = serve(vec![vec![Step::Hear, head, drops]]).await;
    let error = client(&url)
        .get("/x", 1_000_000)
        .await
        .expect_err("too slow");
    assert!(matches!(error, Error::Slow { .. }), "{error}");
}

#[tokio::test]
async fn a_cut_answer_is_asked_for_once_more_and_a_cut_post_is_not() {
    let cut = Step::Say(b"HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nabc".to_vec());
    let whole = vec![Step::Hear, answer(OK, "", "abcdefghij"), Step::Hold];
    let (url, _) = serve(vec![
        vec![Step::Hear, cut.clone()],
        whole,
        vec![Step::Hear, cut],
    ])
    .await;
    let client = client(&url);
    let found = client.get("/x", 1000).await.expect("the second try");
    assert_eq!(found, "abcdefghij");

    let (url, heard) = serve(vec![vec![Step::Hear]]).await;
    let client = crate::scripted::client(&url);
    let error = client
        .post("/x", "text/plain", Bytes::from("act"), 1000)
        .await;
    let error = error.expect_err("nobody knows");
    assert!(matches!(error, Error::Cut { .. }), "{error}");
    assert!(!error.is_not_done());
    assert_eq!(heard.lock().expect("nothing panicked").len(), 1);
}

#[tokio::test]
async fn nobody_there_is_known_not_to_have_done_it() {
    let client = client("http://127.0.0.1:1");
    let error = client
        .post("/x", "text/plain", Bytes::from("act"), 1000)
        .await;
    let error = error.expect_err("nobody listens on port 1");
    assert!(matches!(error, Error::Unreachable { .. }), "{error}");
    assert!(error.is_not_done() && error.is_offline());
}

#[tokio::test]
async fn a_request_is_signed_again_by_the_other_clock() {
    let refused = answer(
        "401 Unauthorized",
        "date: Tue, 13 Jan 1970 00:00:00 GMT\r\n",
        "{}",
    );
    let script = vec![
        Step::Hear,
        refused,
        Step::Hear,
        answer(OK, "", "in"),
        Step::Hold,
    ];
    let (url, heard) = serve(vec![script]).await;
    assert_eq!(
        client(&url).get("/x?y=1", 1000).await.expect("it is in"),
        "in"
    );
    let heard = heard.lock().expect("nothing panicked").join("");
    let signature =
        "BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBw==";
    for time_s in [1_000_000, 1_036_800] {
        let line = format!(
            "authorization: Amana-Member finances 0123456789abcdef {time_s} {signature}\r\n"
        );
        assert!(heard.contains(&line), "{heard}");
    }
}

#[tokio::test]
async fn clocks_a_day_apart_are_a_person_s_matter() {
    let refused = answer(
        "401 Unauthorized",
        "date: Sun, 06 Nov 1994 08:49:37 GMT\r\n",
        "{}",
    );
    let (url, _) = serve(vec![vec![Step::Hear, refused, Step::Hold]]).await;
    let error = client(&url).get("/x", 1000).await.expect_err("too far");
    assert!(matches!(error, Error::Clocks { .. }), "{error}");
}

#[tokio::test]
async fn a_refusal_keeps_its_code_and_its_words() {
    let body = r#"{"error":"no-such-piece","message":"the bucket holds no piece"}"#;
    let (url, _) = serve(vec![vec![
        Step::Hear,
        answer("404 Not Found", "", body),
        Step::Hold,
    ]])
    .await;
    let error = client(&url)
        .get("/x", 1000)
        .await
        .expect_err("there is none");
    let Error::Refused {
        status,
        code,
        message,
        ..
    } = error
    else {
        panic!("{error}");
    };
    assert_eq!(
        (status, &*code, &*message),
        (404, "no-such-piece", "the bucket holds no piece")
    );
}

#[tokio::test]
async fn the_whole_is_no_answer_to_a_range() {
    let (url, _) = serve(vec![vec![
        Step::Hear,
        answer(OK, "", "abcdefghij"),
        Step::Hold,
    ]])
    .await;
    let error = client(&url)
        .open("/x", 2, 4)
        .await
        .err()
        .expect("not the range");
    assert!(matches!(error, Error::Malformed { .. }), "{error}");
}

#[tokio::test]
async fn a_connection_serves_again() {
    let script = vec![
        Step::Hear,
        answer(OK, "", "one"),
        Step::Hear,
        answer(OK, "", "two"),
        Step::Hold,
    ];
    let (url, heard) = serve(vec![script]).await;
    let client = client(&url);
    assert_eq!(client.get("/1", 1000).await.expect("one"), "one");
    assert_eq!(client.get("/2", 1000).await.expect("two"), "two");
    assert_eq!(heard.lock().expect("nothing panicked").len(), 2);
}
