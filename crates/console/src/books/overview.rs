//! `/overview`: what the institution holds, what is proved, what needs somebody.

use std::borrow::Cow;
use std::sync::Arc;

use amana_access::{Operation, Owner, Role};
use amana_store::{LedgerInfo, Reader};
use amana_vault::{Custody, Holding, Mode, Vault};
use askama::Template;
use axum::Json;
use axum::extract::State;
use serde::Serialize;

use super::alerts::{self, Code, Told};
use super::custodians;
use super::space::Space;
use super::standing::Standing;
use super::tally::DAY_MS;
use crate::account::me::seconds;
use crate::frame::Frame;
use crate::{Console, Error, Language, Page, Result};

/// Buckets on the page.
const MAX_BUCKETS: usize = 200;
/// Witnesses come at the pace of their lines; after this long one asks why.
pub(super) const WAITED_S: u64 = 15 * 60;
/// A key that changed nothing for a month is perhaps one that nobody needs.
const UNUSED_MS: i64 = 30 * DAY_MS;
/// With fewer who approve, one who loses everything may have no two others.
const ENOUGH_APPROVE: u64 = 3;

/// The overview.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Overview {
    /// The institution.
    pub institution: String,
    /// When this was made, by the operator's clock, in seconds since 1970.
    pub now_s: u64,
    /// How far its ledger is proved.
    pub standing: Standing,
    /// What it holds, bucket by bucket, at most two hundred; nothing for who may not list buckets.
    pub holdings: Vec<Holding>,
    /// In all, by who can read it: sealed first, then open.
    pub custody: [Custody; 2],
    /// What needs somebody, the worst first.
    pub needs: Vec<Need>,
}

/// Something that needs somebody.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
#[serde(tag = "code", rename_all = "kebab-case")]
pub enum Need {
    /// No deposits are taken.
    ReadOnly {
        /// Why, in the program's words.
        why: String,
    },
    /// The institution is suspended.
    Suspended,
    /// Two officials decided that the institution leaves.
    Leaving {
        /// Since when, in seconds since 1970.
        since_s: u64,
    },
    /// The policy asks for no witness.
    NoQuorum,
    /// No quorum ever stood behind the ledger.
    NeverWitnessed,
    /// Entries wait for witnesses for long.
    WitnessesLate {
        /// How many entries.
        entries: u64,
        /// For so many minutes.
        minutes: u64,
    },
    /// Proposals wait for a second official.
    Proposals {
        /// How many.
        count: u64,
    },
    /// Too few officials who may approve can sign in.
    FewApprove {
        /// How many can.
        count: u64,
    },
    /// Officials have one passkey alone, or none.
    OnePasskey {
        /// How many officials.
        count: u64,
    },
    /// The operator's staff is let in.
    SupportOpen {
        /// Until when, in seconds since 1970.
        until_s: u64,
    },
    /// Nothing is sealed: no gateway was enrolled.
    NoKeyring,
    /// Content is damaged.
    Damaged {
        /// The entry that says so.
        entry: u64,
    },
    /// A site, or an application behind it, isn't what was signed.
    Site {
        /// The site.
        host: String,
        /// The application, where it is about one's programs.
        application: Option<String>,
    },
    /// The custodians' drill is late.
    DrillLate {
        /// The day on which it was due.
        due: String,
    },
    /// Keys of software stand for a month and never changed anything.
    UnusedKeys {
        /// How many.
        count: u64,
    },
}

impl Need {
    /// Where one does something about it.
    #[must_use]
    pub fn href(&self) -> Cow<'static, str> {
        let page = match self {
            Self::Site { host, .. } => return format!("/publishing/{host}").into(),
            Self::Proposals { .. }
            | Self::FewApprove { .. }
            | Self::SupportOpen { .. }
            | Self::Leaving { .. } => "/account/officials",
            Self::OnePasskey { .. } => "/account/credentials",
            Self::NoKeyring => "/help#gateway",
            Self::DrillLate { .. } => "/custodians",
            Self::Damaged { .. } | Self::UnusedKeys { .. } => "/alerts",
            _ => "/proof",
        };
        page.into()
    }

    /// Whether it is wrong, and not only unfinished.
    #[must_use]
    pub fn is_bad(&self) -> bool {
        matches!(
            self,
            Self::ReadOnly { .. }
                | Self::Suspended
                | Self::WitnessesLate { .. }
                | Self::Damaged { .. }
                | Self::Site { .. }
        )
    }
}

/// The overview of a space.
pub(super) async fn read(console: &Arc<Console>, space: &Space) -> Result<Overview> {
    let ledger = space.ledger();
    let now_s = console.store.now_ms().cast_unsigned() / 1000;
    let (standing, custody, holdings) = console
        .read(move |console, rows| {
            let info = LedgerInfo::named(rows, &ledger)?.ok_or(Error::NotFound)?;
            held_and_proved(console, rows, &info)
        })
        .await?;
    let mut needs: Vec<_> = console
        .store
        .read_only()
        .map(|why| Need::ReadOnly { why })
        .into_iter()
        .collect();
    needs.extend(of_proof(&standing, now_s));
    needs.extend(of_entries(console, space).await?);
    needs.extend(of_people(console, space).await?);
    let listed = space.may(Operation::ListBuckets);
    Ok(Overview {
        institution: space.institution.to_string(),
        now_s,
        custody,
        standing,
        holdings: if listed { holdings } else { Vec::new() },
        needs,
    })
}

fn held_and_proved(
    console: &Console,
    rows: &Reader<'_>,
    info: &LedgerInfo,
) -> Result<(Standing, [Custody; 2], Vec<Holding>)> {
    let standing = Standing::of(console, rows, info)?;
    let custody = Vault::custody(rows, info.id)?;
    let holdings = Vault::holdings(rows, info.id, MAX_BUCKETS)?;
    Ok((standing, custody, holdings))
}

fn of_proof(standing: &Standing, now_s: u64) -> Option<Need> {
    if !standing.has_quorum {
        return Some(Need::NoQuorum);
    }
    let Some(witnessed) = standing.witnessed else {
        return Some(Need::NeverWitnessed);
    };
    let waited_s = now_s.saturating_sub(standing.waiting_since_s?);
    (waited_s > WAITED_S).then(|| Need::WitnessesLate {
        entries: standing.recorded.saturating_sub(witnessed),
        minutes: waited_s / 60,
    })
}

/// What the entries of the last months say.
async fn of_entries(console: &Arc<Console>, space: &Space) -> Result<Vec<Need>> {
    let alerts = alerts::read(console, space).await?;
    let mut wrong = Vec::new();
    for alert in alerts.now {
        match alert.told {
            Told::Entry { line } if alert.code == Code::Damaged => {
                wrong.push(Need::Damaged { entry: line.index });
            }
            Told::Site {
                host, application, ..
            } => wrong.push(Need::Site { host, application }),
            _ => {}
        }
    }
    let custodians = custodians::read(console, space).await?;
    let late = custodians.due.filter(|_| custodians.overdue);
    let tally = space.tally(console).await?;
    let institution = space.institution.clone();
    let keys = console
        .ask(move |access| Ok(access.access_keys(&institution)?))
        .await?;
    let before_ms = console.store.now_ms() - UNUSED_MS;
    let unused = keys.iter().filter(|key| {
        // Only of a time that was counted whole can one say that nothing happened in it.
        let stands = key.revoked_ms.is_none() && key.since_ms < before_ms;
        let counted = tally.since_ms() <= key.since_ms;
        stands
            && counted
            && !tally
                .actors
                .contains_key(&format!("key:{}", key.access_key_id))
    });
    let count = unused.count() as u64;
    let unused = (count > 0).then_some(Need::UnusedKeys { count });
    let late = late.map(|due| Need::DrillLate { due });
    wrong.extend(late.into_iter().chain(unused));
    Ok(wrong)
}

async fn of_people(console: &Arc<Console>, space: &Space) -> Result<Vec<Need>> {
    let (session, institution) = (space.session.clone(), space.institution.clone());
    let reads = space.may(Operation::ReadProposals);
    let (people, proposals, support, keyring, leaving) = console
        .ask(move |access| {
            let proposals = match reads {
                true => access.proposals(&session)?,
                false => Vec::new(),
            };
            let people = access.people(&Owner::Institution(institution.clone()))?;
            let support = access.support(&institution)?;
            let leaving = access.institution(&institution)?.leaving_ms;
            let keyring = access.keyring(&institution)?;
            Ok((people, proposals, support, keyring, leaving))
        })
        .await?;
    let mut needs = Vec::new();
    if space.session.suspended {
        needs.push(Need::Suspended);
    }
    needs.extend(leaving.map(|since_ms| Need::Leaving {
        since_s: seconds(since_ms),
    }));
    let open = proposals.iter().filter(|proposal| proposal.state == "open");
    let can =
        |role: Role, passkeys: usize, password: bool| role.approves() && (passkeys > 0 || password);
    let approve = people
        .iter()
        .filter(|person| can(person.official.role, person.passkeys, person.password));
    let one = people
        .iter()
        .filter(|person| person.passkeys + usize::from(person.password) == 1);
    let counts = [open.count(), approve.count(), one.count()].map(|count| count as u64);
    let [open, approve, one] = counts;
    if open > 0 {
        needs.push(Need::Proposals { count: open });
    }
    if approve < ENOUGH_APPROVE {
        needs.push(Need::FewApprove { count: approve });
    }
    if one > 0 {
        needs.push(Need::OnePasskey { count: one });
    }
    needs.extend(support.map(|support| Need::SupportOpen {
        until_s: u64::try_from(support.until_ms / 1000).unwrap_or_default(),
    }));
    if keyring.is_none() {
        needs.push(Need::NoKeyring);
    }
    Ok(needs)
}

#[derive(Template)]
#[template(path = "books/overview.html")]
struct OverviewPage {
    frame: Frame,
    space: Space,
    overview: Overview,
}

impl OverviewPage {
    fn told(&self, need: &Need) -> String {
        (self.frame.texts.books.need)(self.frame.texts, need)
    }

    fn is_sealed(&self, mode: &Mode) -> bool {
        *mode == Mode::Sealed
    }

    fn lists_buckets(&self) -> bool {
        self.space.may(Operation::ListBuckets)
    }

    fn reads_journal(&self) -> bool {
        self.space.may(Operation::ReadJournal)
    }

    fn recorded(&self) -> String {
        let texts = self.frame.texts;
        (texts.books.recorded_told)(&texts.number(&self.overview.standing.recorded))
    }

    /// How far witnesses came.
    fn witnessed(&self) -> String {
        let (texts, standing) = (self.frame.texts, &self.overview.standing);
        match (standing.witnessed, standing.witnessed_s) {
            (Some(entries), Some(at_s)) => {
                let ago = texts.ago(&self.overview.now_s.saturating_sub(at_s));
                (texts.books.witnessed_told)(&texts.number(&entries), &ago)
            }
            _ => texts.books.not_witnessed.to_owned(),
        }
    }

    fn is_all_witnessed(&self) -> bool {
        let standing = &self.overview.standing;
        standing.witnessed == Some(standing.recorded)
    }
}

/// The page.
pub(super) async fn page(
    State(console): State<Arc<Console>>,
    language: Language,
    space: Space,
) -> Result<Page> {
    let overview = read(&console, &space).await?;
    let texts = language.texts();
    Page::of(&OverviewPage {
        frame: space.frame(texts, "/overview", texts.books.overview),
        space,
        overview,
    })
}

/// The same for programs.
pub(super) async fn api(
    State(console): State<Arc<Console>>,
    space: Space,
) -> Result<Json<Overview>> {
    read(&console, &space).await.map(Json)
}
