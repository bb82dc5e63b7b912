//! One entry of an institution's ledger, as a line of its journal: who did what, read from the core and the body.

use std::collections::BTreeMap;

use amana_store::{Entry, EntryId, LedgerId, Reader, clock, entries};
use serde::Serialize;
use serde_json::Value;

use crate::Result;

/// What an act is about, for filters and for colour.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Group {
    /// Objects that come and go.
    Deposits,
    /// Buckets and how they are kept.
    Buckets,
    /// Keys of software.
    Keys,
    /// Officials, their sign-ins, what takes two.
    People,
    /// Keyrings, gateways, custodians.
    Custody,
    /// Web sites, and what is published under them.
    Sites,
    /// What the data centre and its operator did.
    Centre,
    /// A kind that this page doesn't know yet.
    Other,
}

impl Group {
    /// All of them, in the order of the filter.
    pub const ALL: [Self; 8] = [
        Self::Deposits,
        Self::Buckets,
        Self::Keys,
        Self::People,
        Self::Custody,
        Self::Sites,
        Self::Centre,
        Self::Other,
    ];

    /// Of a kind, `service.verb`.
    #[must_use]
    pub fn of(kind: &str) -> Self {
        match kind.split('.').next().unwrap_or_default() {
            "object" | "upload" | "sealed" => Self::Deposits,
            "bucket" => Self::Buckets,
            "access-key" => Self::Keys,
            "official" | "credential" | "session" | "sign-in" | "proposal" | "staff" | "school" => {
                Self::People
            }
            "keyring" | "enrolment" | "custodians" => Self::Custody,
            "site" => Self::Sites,
            "institution" | "support" | "ledger" | "scrub" | "content" | "body" | "message"
            | "contact" | "agreement" => Self::Centre,
            _ => Self::Other,
        }
    }

    /// Its name in addresses and in the API.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Deposits => "deposits",
            Self::Buckets => "buckets",
            Self::Keys => "keys",
            Self::People => "people",
            Self::Custody => "custody",
            Self::Sites => "sites",
            Self::Centre => "centre",
            Self::Other => "other",
        }
    }

    /// The group of that name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|group| group.name() == name)
    }
}

/// Whether an act's body is there.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Body {
    /// The act has none.
    None,
    /// It is there.
    There,
    /// It was erased; its hash stands.
    Erased,
}

/// What a sentence about an act may need; nothing where the act doesn't say it, or no longer does.
#[derive(Clone, PartialEq, Eq, Default, Debug, Serialize)]
pub struct Facts {
    /// The bucket's name.
    pub bucket: Option<String>,
    /// What it is about: an object's key, a person, a label, an access key's id.
    pub name: Option<String>,
    /// Bytes that it brought.
    pub bytes: Option<u64>,
    /// Whom it is about, by number.
    pub official: Option<u64>,
    /// A role.
    pub role: Option<String>,
    /// Why, in a person's words.
    pub reason: Option<String>,
    /// A number: of a keyring, a proposal, an entry.
    pub number: Option<u64>,
    /// Until when, milliseconds since 1970.
    pub until_ms: Option<i64>,
    /// A word of the act: an operation, a mode, an outcome.
    pub word: Option<String>,
    /// A second number: of repairs, of what stays damaged.
    pub count: Option<u64>,
}

/// A line.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Line {
    /// The entry's number in its ledger.
    pub index: u64,
    /// When, as it was recorded: RFC 3339, by the operator's clock.
    pub at: String,
    /// `service.verb`; of a sealed act, that of its statement.
    pub kind: String,
    /// What it is about.
    pub group: Group,
    /// Who asked, as it stands in the act.
    pub by: String,
    /// Whether the institution's own gateway signed and sealed it.
    pub sealed: bool,
    /// Whether its body is there.
    pub body: Body,
    /// What it says.
    #[serde(flatten)]
    pub facts: Facts,
}

impl Line {
    /// When, in seconds since 1970.
    #[must_use]
    pub fn at_s(&self) -> u64 {
        let time_ms = clock::parse_rfc3339(&self.at).unwrap_or_default();
        u64::try_from(time_ms / 1000).unwrap_or_default()
    }

    /// Reads an entry; `buckets` learns the names of those that it meets.
    ///
    /// # Errors
    /// A core that doesn't parse, or a failure of the rows.
    pub fn of(rows: &Reader<'_>, entry: &Entry, buckets: &mut BucketNames) -> Result<Self> {
        let core = entry.core()?;
        let links: Value = serde_json::from_str(core.links.get()).unwrap_or_default();
        let body: Value = match &entry.body {
            Some((_, body)) => serde_json::from_slice(body).unwrap_or_default(),
            None => Value::Null,
        };
        let statement = Statement::of(&body);
        let kind = match &statement {
            Some(statement) => statement.verb.to_owned(),
            None => core.kind.clone().into_owned(),
        };
        let mut facts = facts(&kind, &links, &body, statement.as_ref());
        if facts.bucket.is_none()
            && let Some(number) = links["bucket"].as_u64()
        {
            facts.bucket = buckets.name(rows, entry.id.ledger(), number)?;
        }
        Ok(Self {
            index: entry.id.index(),
            at: core.at.into_owned(),
            group: Group::of(&core.kind),
            kind,
            by: core.by.into_owned(),
            sealed: core.kind == "sealed.act",
            body: match (&entry.body, entry.body_hash.as_bytes() == &[0; 32]) {
                (Some(_), _) => Body::There,
                (None, true) => Body::None,
                (None, false) => Body::Erased,
            },
            facts,
        })
    }
}

/// The two lines of a gateway's statement that its data centre can read and a journal wants.
struct Statement<'a> {
    verb: &'a str,
    bucket: &'a str,
}

impl<'a> Statement<'a> {
    fn of(body: &'a Value) -> Option<Self> {
        let text = body["statement"].as_str()?;
        let line = |label: &str| text.lines().find_map(|line| line.strip_prefix(label));
        Some(Self {
            verb: line("verb ")?,
            bucket: line("bucket ")?.split(' ').next()?,
        })
    }
}

fn facts(kind: &str, links: &Value, body: &Value, statement: Option<&Statement<'_>>) -> Facts {
    let text = |names: &[&str]| {
        let mut found = names.iter().flat_map(|name| [&body[*name], &links[*name]]);
        found.find_map(|value| value.as_str().map(str::to_owned))
    };
    let number = |names: &[&str]| names.iter().find_map(|name| links[*name].as_u64());
    let is_bucket = kind.starts_with("bucket.");
    let is_site = kind.starts_with("site.");
    let bucket = match statement {
        Some(statement) => Some(statement.bucket.to_owned()),
        None if is_bucket => text(&["bucket", "name"]),
        None => text(&["bucket"]),
    };
    Facts {
        bucket,
        name: text(&["key", "access_key_id", "label", "browser", "host"])
            .or_else(|| text(&["name"]).filter(|_| !is_bucket)),
        bytes: bytes(body).or_else(|| links["bytes"].as_u64()),
        official: number(&["official", "staff"]),
        role: text(&["role"]),
        // A site's note is the whole statement that was signed.
        reason: match is_site {
            true => text(&["reason", "why"]),
            false => text(&["reason", "note"]),
        },
        number: number(&[
            "number",
            "proposal",
            "enrolment",
            "session",
            "credential",
            "entry",
        ]),
        until_ms: links["until_ms"]
            .as_i64()
            .or_else(|| links["expires_ms"].as_i64()),
        word: text(&[
            "operation",
            "outcome",
            "mode",
            "versioning",
            "kind",
            "method",
            "lesson",
            "application",
        ])
        .or_else(|| lock_word(kind, links))
        .or_else(|| {
            links["marker"]
                .as_bool()
                .filter(|marker| *marker)
                .map(|_| "marker".to_owned())
        })
        .or_else(|| {
            links["withdrawn"]
                .as_bool()
                .filter(|over| *over)
                .map(|_| "withdrawn".to_owned())
        }),
        count: links["damaged"].as_u64().or_else(|| {
            links["entries"]
                .as_array()
                .map(|healed| healed.len() as u64)
        }),
    }
}

/// What became of a lock. The links of a sealed act don't say.
fn lock_word(kind: &str, links: &Value) -> Option<String> {
    let word = match kind {
        "object.hold" if links["on"] == true => "held",
        "object.hold" if links["on"] == false => "lifted",
        "object.retain" if links["version"].is_u64() && links["retention"].is_null() => "ended",
        _ => return None,
    };
    Some(word.to_owned())
}

/// The bytes that a body's extents say.
pub(super) fn bytes(body: &Value) -> Option<u64> {
    let size = |extent: &Value| extent["size"].as_u64();
    match body["extents"].as_array() {
        Some(extents) => Some(extents.iter().filter_map(size).sum()),
        None => size(&body["extent"]),
    }
}

/// Names of buckets by the entry that made them, found once a page.
#[derive(Default)]
pub struct BucketNames(BTreeMap<u64, Option<String>>);

impl BucketNames {
    fn name(&mut self, rows: &Reader<'_>, ledger: LedgerId, number: u64) -> Result<Option<String>> {
        if let Some(known) = self.0.get(&number) {
            return Ok(known.clone());
        }
        let made = match EntryId::new(ledger, number) {
            Some(id) => entries::entry(rows, id)?,
            None => None,
        };
        let body = made.and_then(|entry| entry.body);
        let body = body.and_then(|(_, body)| serde_json::from_slice::<Value>(&body).ok());
        let name = body.and_then(|body| match Statement::of(&body) {
            Some(statement) => Some(statement.bucket.to_owned()),
            None => body["name"].as_str().map(str::to_owned),
        });
        self.0.insert(number, name.clone());
        Ok(name)
    }
}
