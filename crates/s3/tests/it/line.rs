//! What a gateway's front says when its line to the data centre, or the data centre itself, fails.

use super::centre::Centre;
use super::client::Call;
use super::memory::Fate;

#[tokio::test]
async fn each_failure_of_the_line_has_an_answer_that_clients_act_on() {
    let centre = Centre::with_bucket().await;
    let remote = &centre.ground.remote;
    for (fate, times, status, code) in [
        (Fate::Unreachable, 1, 503, "ServiceUnavailable"),
        (Fate::RequestLost, 1, 503, "ServiceUnavailable"),
        (Fate::AnswerLost, 1, 503, "ServiceUnavailable"),
        (Fate::Busy, 1, 503, "SlowDown"),
        (Fate::Conflict, 8, 503, "SlowDown"),
        (Fate::Refused, 1, 403, "AccessDenied"),
    ] {
        for _ in 0..times {
            remote.fates.lock().unwrap().push_back(fate);
        }
        let put = Call::new("PUT", "/files/a").body("x");
        let answer = centre.send(put).await;
        assert_eq!(answer.refusal(), (status, code.into()), "{fate:?}");
    }
    for fate in [Fate::Conflict, Fate::FollowedFirst] {
        remote.fates.lock().unwrap().push_back(fate);
        centre.put("/files/a", b"y").await;
        assert_eq!(centre.get("/files/a").await.ok().body, b"y");
    }
}

#[tokio::test]
async fn damaged_content_is_named_and_not_given_out() {
    let centre = Centre::with_bucket().await;
    centre
        .put("/files/estimates.ods", &vec![b'x'; 100_000])
        .await;
    {
        let mut held = centre.ground.remote.held();
        let mut pieces = held.pieces.values_mut().filter(|piece| piece.is_blob);
        pieces.next().unwrap().sealed[10] ^= 1;
        assert!(pieces.next().is_none());
    }
    let answer = centre.get("/files/estimates.ods").await;
    assert_eq!(answer.refusal(), (500, "InternalError".into()));
    assert!(answer.one("Message").contains("files/estimates.ods"));
}
