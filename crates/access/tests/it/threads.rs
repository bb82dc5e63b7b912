//! Threads between an institution and the operator: who may write, who is awaited, what an erasure leaves.

use amana_access::{Error, MAX_MESSAGE_CHARS, Role, Side};

use crate::accounts::Ministry;

#[tokio::test(flavor = "multi_thread")]
async fn a_thread_goes_to_and_fro_in_the_institutions_ledger() {
    let ministry = Ministry::new().await;
    let (access, name) = (ministry.access(), &ministry.name);
    let fatima = ministry.official("Fatima", Role::FocalPoint).await;
    let sara = ministry.official("Sara", Role::Operator).await;
    let [fatima, sara] = [&fatima, &sara].map(|person| ministry.session(person));
    let text = "Notre quota est atteint.\r\nQue faire ?";
    let (thread, receipt) = access
        .send_message(&fatima, name, None, "Quota", text)
        .await
        .unwrap();
    assert_eq!(receipt, format!("finances/vault/{thread}"));
    assert_eq!(access.awaiting(None, Side::Operator).unwrap(), 1);
    assert_eq!(access.awaiting(Some(name), Side::Institution).unwrap(), 0);
    ministry.wait(1000);
    let answered = access.send_message(&sara, name, Some(thread), "", "Il sera doublé demain.");
    assert_eq!(answered.await.unwrap().0, thread);
    assert_eq!(access.awaiting(Some(name), Side::Institution).unwrap(), 1);
    let (shown, messages) = access.thread(name, thread).unwrap();
    assert_eq!(shown.subject.as_deref(), Some("Quota"));
    assert_eq!(shown.awaits, Some(Side::Institution));
    let sides: Vec<_> = messages
        .iter()
        .map(|one| (one.side, one.official))
        .collect();
    assert_eq!(
        sides,
        [(Side::Institution, Some(1)), (Side::Operator, Some(1))]
    );
    assert_eq!(
        messages[0].text.as_deref(),
        Some("Notre quota est atteint.\nQue faire ?")
    );
    access.close_thread(&fatima, name, thread).await.unwrap();
    let again = access.close_thread(&sara, name, thread).await;
    assert!(matches!(again, Err(Error::ThreadClosed { .. })));
    assert_eq!(access.all_threads(None, 0, 10).unwrap().len(), 1);
    let reopened = access.send_message(&fatima, name, Some(thread), "", "Encore une chose.");
    reopened.await.unwrap();
    let waiting = access.all_threads(Some(Side::Operator), 0, 10).unwrap();
    assert_eq!((waiting.len(), waiting[0].messages), (1, 3));
    assert_eq!(access.threads(name, u64::MAX, 10).unwrap(), waiting);
    assert!(ministry.erasable(thread));
    let recorded = ministry.house.everything_recorded();
    assert!(recorded.contains(r#""by":"operator:staff-1","links":{"thread":"#));
    ministry.house.restarted().check_everything();
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_writes_for_another_or_without_a_word() {
    let ministry = Ministry::new().await;
    let (access, name) = (ministry.access(), &ministry.name);
    let justice = ministry.house.institution("justice").await;
    let auditor = ministry.official("Omar", Role::Auditor).await;
    let fatima = ministry.official("Fatima", Role::FocalPoint).await;
    let [auditor, fatima] = [&auditor, &fatima].map(|person| ministry.session(person));
    for (who, whose) in [(&auditor, name), (&fatima, &justice)] {
        let refused = access.send_message(who, whose, None, "a", "b").await;
        assert!(matches!(refused, Err(Error::Forbidden)));
    }
    let long = "é".repeat(MAX_MESSAGE_CHARS + 1);
    for (subject, text) in [
        ("", "b"),
        ("a", ""),
        ("a\nb", "b"),
        ("a", &long),
        ("a", "\0"),
    ] {
        let refused = access
            .send_message(&fatima, name, None, subject, text)
            .await;
        assert!(matches!(refused, Err(Error::Invalid { .. })), "{subject:?}");
    }
    let absent = access.send_message(&fatima, name, Some(0), "", "b").await;
    assert!(matches!(absent, Err(Error::UnknownThread { number: 0 })));
    assert!(matches!(
        access.thread(&justice, 1),
        Err(Error::UnknownThread { .. })
    ));
}
