//! Every sentence of the pages, in every language.
//!
//! A language is one value of [`Texts`]: `fr.rs` and `en.rs`, each with a file for each part of the pages. What a
//! language lacks doesn't compile. French is the source; another language is `texts/<tag>.rs` and a variant of
//! [`Language`](crate::Language). Sentences with numbers or names in them are functions, since languages differ in order
//! and in plurals; nothing in the layout knows left from right.

pub mod account;
pub mod agreements;
pub mod alerts;
pub mod books;
pub mod capacity;
pub mod centre;
pub mod content;
pub mod custodians;
mod en;
pub mod evidence;
pub mod files;
pub mod forms;
mod fr;
pub mod frame;
pub mod gateway;
pub mod health;
pub mod help;
pub mod indicators;
pub mod journal;
pub mod keys;
pub mod locks;
pub mod messages;
pub mod moments;
pub mod notices;
pub mod operator;
pub mod proof;
pub mod provider;
pub mod publishing;
pub mod queries;
pub mod school;
pub mod support;
pub mod upload;
pub mod usage;
pub mod verify;
pub mod who_may;

use account::AccountWords;
use agreements::AgreementWords;
use alerts::AlertWords;
use books::BooksWords;
use capacity::CapacityWords;
use centre::CentreWords;
use content::ContentWords;
use custodians::CustodianWords;
pub use en::EN;
use evidence::EvidenceWords;
use files::FileWords;
use forms::FormWords;
pub use fr::FR;
use frame::FrameWords;
use gateway::GatewayWords;
use health::HealthWords;
use help::HelpWords;
use indicators::IndicatorWords;
use journal::JournalWords;
use keys::KeyWords;
use locks::LockWords;
use messages::MessageWords;
use moments::Moments;
use notices::NoticeWords;
use operator::OperatorWords;
use proof::ProofWords;
use provider::ProviderWords;
use publishing::PublishingWords;
use queries::QueryWords;
use school::SchoolWords;
use support::SupportWords;
use upload::UploadWords;
use usage::UsageWords;
use verify::VerifyWords;
use who_may::WhoMayWords;

/// The words of one language.
pub struct Texts {
    /// Its tag (BCP 47).
    pub tag: &'static str,
    /// Its own name.
    pub name: &'static str,
    /// The direction of its writing: `ltr` or `rtl`.
    pub dir: &'static str,
    /// Times and numbers.
    pub moments: Moments,
    /// What stands around every page.
    pub frame: FrameWords,
    /// Signing in, accounts and colleagues.
    pub account: AccountWords,
    /// Signing in by a provider of the State.
    pub provider: ProviderWords,
    /// An institution's overview.
    pub books: BooksWords,
    /// An institution's journal.
    pub journal: JournalWords,
    /// Buckets and objects.
    pub content: ContentWords,
    /// Depositing files.
    pub upload: UploadWords,
    /// Access keys.
    pub keys: KeyWords,
    /// Usage.
    pub usage: UsageWords,
    /// The evidence for an auditor.
    pub evidence: EvidenceWords,
    /// Custodians and their drills.
    pub custodians: CustodianWords,
    /// Alerts.
    pub alerts: AlertWords,
    /// The operator's staff in an institution's space.
    pub support: SupportWords,
    /// What this data centre is.
    pub centre: CentreWords,
    /// The live proof.
    pub proof: ProofWords,
    /// Verifying a receipt.
    pub verify: VerifyWords,
    /// Help.
    pub help: HelpWords,
    /// A gateway's own page.
    pub gateway: GatewayWords,
    /// A gateway's file page.
    pub files: FileWords,
    /// The operator's own pages.
    pub operator: OperatorWords,
    /// Room on the disk.
    pub capacity: CapacityWords,
    /// How the data centre is.
    pub health: HealthWords,
    /// Retention and legal hold.
    pub locks: LockWords,
    /// Threads between an institution and the operator.
    pub messages: MessageWords,
    /// Notices, and the directory.
    pub notices: NoticeWords,
    /// The hosting agreement.
    pub agreements: AgreementWords,
    /// Indicators.
    pub indicators: IndicatorWords,
    /// The school.
    pub school: SchoolWords,
    /// Sites.
    pub publishing: PublishingWords,
    /// Addresses that ask for what can't be.
    pub queries: QueryWords,
    /// Whose work it is.
    pub who_may: WhoMayWords,
    /// Why forms are refused, and what they ask to be sure of.
    pub forms: FormWords,
    /// What an error's code means to a person: what happened, and what to do.
    pub refusal: fn(&str) -> Option<&'static str>,
}

impl Texts {
    /// A number, grouped as this language groups digits.
    #[must_use]
    pub fn number(&self, number: &u64) -> String {
        let digits = number.to_string();
        let mut grouped = String::with_capacity(digits.len() * 2);
        for (place, digit) in digits.chars().enumerate() {
            if place > 0 && (digits.len() - place).is_multiple_of(3) {
                grouped.push(self.moments.thousands);
            }
            grouped.push(digit);
        }
        grouped
    }

    /// A number of bytes in the largest unit that tells enough: powers of 1000, one decimal. Every page tells sizes by this.
    #[must_use]
    pub fn size(&self, bytes: &u64) -> String {
        let units = self.moments.units;
        let (mut tenths, mut power) = (u128::from(*bytes) * 10, 0);
        while tenths >= 10_000 && power < units.len() {
            tenths = (tenths + 500) / 1000;
            power += 1;
        }
        // A space at which no line breaks.
        let Some(unit) = power.checked_sub(1).map(|place| units[place]) else {
            return format!("{bytes}\u{a0}{}", (self.moments.bytes)(*bytes));
        };
        match (tenths / 10, tenths % 10) {
            (whole, 0) => format!("{whole}\u{a0}{unit}"),
            (whole, tenth) => format!("{whole}{}{tenth}\u{a0}{unit}", self.moments.decimal),
        }
    }

    /// A time, in seconds since 1970, in words and in UTC.
    #[must_use]
    pub fn moment(&self, time_s: &u64) -> String {
        (self.moments.moment)(crate::clock::utc(*time_s))
    }

    /// The day of a time, in words.
    #[must_use]
    pub fn day(&self, time_s: &u64) -> String {
        (self.moments.day)(crate::clock::utc(*time_s))
    }

    /// That time for programs, as in `<time datetime>` (RFC 3339).
    #[must_use]
    pub fn stamp(&self, time_s: &u64) -> String {
        crate::clock::rfc3339(*time_s)
    }

    /// How long ago that was, in the largest unit that tells enough.
    #[must_use]
    pub fn ago(&self, seconds: &u64) -> String {
        let words = &self.moments;
        match *seconds {
            0..5 => words.just_now.to_owned(),
            5..120 => (words.seconds_ago)(*seconds),
            120..7_200 => (words.minutes_ago)(*seconds / 60),
            7_200..172_800 => (words.hours_ago)(*seconds / 3_600),
            _ => (words.days_ago)(*seconds / 86_400),
        }
    }
}
