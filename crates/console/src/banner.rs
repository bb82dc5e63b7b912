//! Notices in force above each page of who is signed in. They are read once a request, before any route, and kept beside the
//! task that answers it, so that no page has to carry them and none can forget them.

use std::future::Future;

use amana_access::Notice;

use crate::public::notices::{class, said};
use crate::texts::Texts;

tokio::task_local! {
    static IN_FORCE: Vec<Notice>;
}

/// A notice above a page.
pub struct Banner {
    /// Its number.
    pub number: u64,
    /// Its class in the stylesheet.
    pub class: &'static str,
    /// What it is about, in a word.
    pub severity: &'static str,
    /// What is told.
    pub text: String,
}

/// Answers while these are in force.
pub(crate) async fn above<T>(notices: Vec<Notice>, answer: impl Future<Output = T>) -> T {
    IN_FORCE.scope(notices, answer).await
}

/// Those of the request that is answered; none outside one, and on pages for everybody.
pub(crate) fn in_force(texts: &Texts) -> Vec<Banner> {
    let told = |notice: &Notice| Banner {
        number: notice.number,
        class: class(notice),
        severity: (texts.notices.severity)(notice.severity),
        text: said(texts, notice).to_owned(),
    };
    let found = IN_FORCE.try_with(|notices| notices.iter().map(told).collect());
    found.unwrap_or_default()
}
