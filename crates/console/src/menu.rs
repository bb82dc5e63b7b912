//! The menu of who is signed in: each page beside the operation that it is, shown to whom the role allows it.

use std::borrow::Cow;

use amana_access::{Operation, Session};

use crate::frame::{Frame, MenuItem};
use crate::texts::Texts;

/// A page of the menu: where, what it is, and its name.
struct Entry(&'static str, Operation, fn(&Texts) -> &'static str);

/// The pages, in the order in which the menu has them. A part of the pages adds a line.
const ENTRIES: [Entry; 23] = [
    Entry("/overview", Operation::ReadOverview, |texts| {
        texts.books.overview
    }),
    Entry("/alerts", Operation::ReadAlerts, |texts| texts.alerts.title),
    Entry("/journal", Operation::ReadJournal, |texts| {
        texts.journal.title
    }),
    Entry("/buckets", Operation::ListBuckets, |texts| {
        texts.content.buckets
    }),
    Entry("/publishing", Operation::ReadSites, |texts| {
        texts.publishing.title
    }),
    Entry("/keys", Operation::ReadAccessKeys, |texts| texts.keys.title),
    Entry("/operator", Operation::ReadCentre, |texts| {
        texts.operator.overview
    }),
    Entry(
        "/operator/institutions",
        Operation::ListInstitutions,
        |texts| texts.operator.institutions,
    ),
    Entry("/operator/messages", Operation::AnswerMessages, |texts| {
        texts.messages.title
    }),
    Entry("/operator/notices", Operation::AnswerMessages, |texts| {
        texts.notices.title
    }),
    Entry("/operator/capacity", Operation::ReadCapacity, |texts| {
        texts.capacity.title
    }),
    Entry("/operator/health", Operation::ReadHealth, |texts| {
        texts.health.title
    }),
    Entry("/operator/staff", Operation::ReadStaff, |texts| {
        texts.operator.staff
    }),
    Entry("/operator/indicators", Operation::ReadCentre, |texts| {
        texts.indicators.title
    }),
    Entry("/messages", Operation::ReadMessages, |texts| {
        texts.messages.title
    }),
    Entry("/agreement", Operation::ReadOfficials, |texts| {
        texts.agreements.title
    }),
    Entry("/usage", Operation::ReadUsage, |texts| texts.usage.title),
    Entry("/evidence", Operation::ReadEvidence, |texts| {
        texts.evidence.title
    }),
    Entry("/custodians", Operation::ReadCustodians, |texts| {
        texts.custodians.title
    }),
    Entry("/support", Operation::ListInstitutions, |texts| {
        texts.support.title
    }),
    Entry("/school", Operation::Learn, |texts| texts.school.title),
    Entry("/account/officials", Operation::ReadOfficials, |texts| {
        texts.account.officials
    }),
    Entry("/account", Operation::OwnAccount, |texts| {
        texts.account.account
    }),
];

/// The frame of a page for who is signed in: `at` is the entry of the menu that it belongs to.
pub(crate) fn frame(
    texts: &'static Texts,
    session: &Session,
    at: &'static str,
    title: impl Into<Cow<'static, str>>,
) -> Frame {
    let allowed = ENTRIES.iter().filter(|entry| session.may(entry.1));
    Frame {
        texts,
        title: title.into(),
        owner: session.account.owner.to_string(),
        menu: allowed
            .map(|Entry(href, _, label)| MenuItem {
                href,
                label: label(texts),
                current: *href == at,
            })
            .collect(),
        foot: [
            ("/proof", texts.frame.proof),
            ("/verify", texts.frame.verify),
            ("/help", texts.frame.help),
            ("/notices", texts.notices.title),
            ("/directory", texts.notices.directory),
        ]
        .map(|(href, label)| MenuItem {
            href,
            label,
            current: false,
        })
        .into(),
        note: None,
    }
}
