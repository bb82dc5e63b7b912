//! Enrolments under way: what a gateway committed to, what it revealed, and the six words that follow.
//!
//! The gateway commits to its nonce and its keys before it sees ours, and reveals them after; so nobody between the two
//! can choose keys that give the same words. All of this is in memos, so that any node goes on with it; after a restart of a
//! data centre of one node a gateway begins again, with the same code. What is decided is an act.

use std::sync::Arc;

use amana_access::{Enrolment, InstitutionName, KeyringBundle};
use amana_ledger::VerifierKey;
use amana_seal::member::MemberId;
use amana_seal::words::{Commitment, Nonce, SixWords, Transcript};
use amana_store::Store;
use serde::{Deserialize, Serialize};

/// Enrolments under way at most; the oldest goes when there are more.
const MAX_SESSIONS: usize = 256;
/// Codes that nobody gave out, in a minute: more are not looked at.
const MAX_GUESSES_A_MINUTE: u32 = 30;
/// Wrong words, after which an enrolment is refused.
pub(crate) const MAX_WRONG_WORDS: u32 = 5;
/// Kind of the memos of enrolments, each under its id.
const SESSIONS: &str = "enrolments";
/// Kind of the one memo that counts wrong codes.
const GUESSES: &str = "wrong codes";

/// All that are under way. Its verbs block.
pub(crate) struct Enrolments(Arc<Store>);

/// One of them.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Session {
    #[serde(with = "as_text")]
    pub(crate) institution: InstitutionName,
    /// Its number within the institution.
    pub(crate) number: u64,
    #[serde(with = "as_text")]
    commitment: Commitment,
    #[serde(with = "as_text")]
    nonce: Nonce,
    begun_ms: i64,
    wrong_words: u32,
    pub(crate) revealed: Option<Revealed>,
}

/// What a gateway revealed, as it had committed to it.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Revealed {
    pub(crate) bundle: KeyringBundle,
    #[serde(with = "as_text")]
    pub(crate) member: MemberId,
    /// A verifier key.
    witness: Option<String>,
    #[serde(with = "as_text")]
    words: SixWords,
}

/// Wrong codes in a minute, which is counted from 1970.
#[derive(Clone, Copy, Default, Serialize, Deserialize)]
struct Guesses {
    minute: i64,
    wrong: u32,
}

/// Why an enrolment goes no further.
pub(crate) enum Stopped {
    /// Somebody began with that code before, and committed to something else.
    CodeUsed,
    /// There is no such enrolment under way.
    Unknown,
    /// What was revealed isn't what was committed to.
    NotCommitted,
    /// What is under way can't be read, or not be kept.
    Store(amana_store::Error),
}

impl From<amana_store::Error> for Stopped {
    fn from(error: amana_store::Error) -> Self {
        Self::Store(error)
    }
}

impl Enrolments {
    /// On that store.
    pub(crate) fn new(store: Arc<Store>) -> Self {
        Self(store)
    }

    /// Whether codes are looked at now.
    ///
    /// # Errors
    /// A failure of the memos.
    pub(crate) fn may_guess(&self, now_ms: i64) -> amana_store::Result<bool> {
        let memo = self.0.memo(GUESSES, "")?;
        let guesses: Guesses = memo.map_or_else(Guesses::default, |memo| parsed(&memo.text));
        Ok(guesses.minute != now_ms / 60_000 || guesses.wrong < MAX_GUESSES_A_MINUTE)
    }

    /// A code was wrong.
    ///
    /// # Errors
    /// A failure of the memos.
    pub(crate) fn guessed(&self, now_ms: i64) -> amana_store::Result<()> {
        self.0.change_memo(GUESSES, "", |known| {
            let minute = now_ms / 60_000;
            let guesses: Guesses = known.map_or_else(Guesses::default, parsed);
            let before = (guesses.minute == minute).then_some(guesses.wrong);
            let wrong = before.unwrap_or(0).saturating_add(1);
            Ok((Some(text(&Guesses { minute, wrong })), ()))
        })
    }

    /// Begins, or says again how it began: a code is bound to the first commitment that comes with it.
    ///
    /// # Errors
    /// [`Stopped::CodeUsed`], a failure of the memos.
    pub(crate) fn begin(
        &self,
        enrolment: &Enrolment,
        institution: InstitutionName,
        commitment: Commitment,
        fresh: (String, Nonce),
        now_ms: i64,
    ) -> Result<(String, Nonce), Stopped> {
        self.0.change_memos(SESSIONS, |memos| {
            let sessions = sessions(memos.all()?);
            let same = sessions.iter().find(|(_, session)| {
                session.institution == institution && session.number == enrolment.number
            });
            if let Some((id, session)) = same {
                return if session.commitment == commitment {
                    Ok((id.clone(), session.nonce))
                } else {
                    Err(Stopped::CodeUsed)
                };
            }
            if sessions.len() >= MAX_SESSIONS
                && let Some((id, _)) = sessions.iter().min_by_key(|(_, one)| one.begun_ms)
            {
                memos.set(id, None);
            }
            let (id, nonce) = fresh;
            let session = Session {
                institution,
                number: enrolment.number,
                commitment,
                nonce,
                begun_ms: now_ms,
                wrong_words: 0,
                revealed: None,
            };
            memos.set(&id, Some(text(&session)));
            Ok((id, nonce))
        })
    }

    /// One that is under way.
    ///
    /// # Errors
    /// [`Stopped::Unknown`], a failure of the memos.
    pub(crate) fn find(&self, id: &str) -> Result<Session, Stopped> {
        let memo = self.0.memo(SESSIONS, id)?.ok_or(Stopped::Unknown)?;
        serde_json::from_str(&memo.text).map_err(|_| Stopped::Unknown)
    }

    /// All of them, by id.
    ///
    /// # Errors
    /// A failure of the memos.
    pub(crate) fn all(&self) -> amana_store::Result<Vec<(String, Session)>> {
        Ok(sessions(self.0.memos(SESSIONS)?))
    }

    /// The one of that institution that waits for its words, the newest if there are several.
    ///
    /// # Errors
    /// A failure of the memos.
    pub(crate) fn waiting(
        &self,
        institution: &InstitutionName,
    ) -> amana_store::Result<Option<(String, Session)>> {
        let waiting = self.all()?.into_iter().filter(|(_, session)| {
            session.institution == *institution && session.revealed.is_some()
        });
        Ok(waiting.max_by_key(|(_, session)| session.number))
    }

    /// Takes what a gateway reveals, if it is what it committed to. `transcript` is what both sides say of it.
    ///
    /// # Errors
    /// [`Stopped::Unknown`], [`Stopped::NotCommitted`], a failure of the memos.
    pub(crate) fn reveal(
        &self,
        id: &str,
        nonce: &Nonce,
        transcript: &Transcript,
        bundle: KeyringBundle,
        member: MemberId,
        witness: Option<&VerifierKey>,
    ) -> Result<(), Stopped> {
        self.0.change_memo(SESSIONS, id, |known| {
            let known = known.and_then(|known| serde_json::from_str(known).ok());
            let mut session: Session = known.ok_or(Stopped::Unknown)?;
            if session.commitment.check(nonce, transcript).is_err() {
                return Err(Stopped::NotCommitted);
            }
            session.revealed = Some(Revealed {
                words: SixWords::of(nonce, &session.nonce, transcript),
                bundle,
                member,
                witness: witness.map(ToString::to_string),
            });
            Ok((Some(text(&session)), ()))
        })
    }

    /// Counts wrong words; says how often they were wrong. None are counted of an enrolment that made room for another.
    ///
    /// # Errors
    /// A failure of the memos.
    pub(crate) fn wrong_words(&self, id: &str) -> amana_store::Result<u32> {
        self.0.change_memo(SESSIONS, id, |known| {
            let known = known.and_then(|known| serde_json::from_str(known).ok());
            let Some(mut session): Option<Session> = known else {
                return Ok((None, 0));
            };
            session.wrong_words += 1;
            Ok((Some(text(&session)), session.wrong_words))
        })
    }
}

fn sessions(memos: Vec<(String, amana_store::Memo)>) -> Vec<(String, Session)> {
    let parsed = |(id, memo): (String, amana_store::Memo)| {
        // A newer node's, that this one doesn't understand, is that one's to go on with.
        serde_json::from_str(&memo.text)
            .ok()
            .map(|session| (id, session))
    };
    memos.into_iter().filter_map(parsed).collect()
}

fn text(said: &impl Serialize) -> String {
    serde_json::to_string(said).expect("names, numbers and texts are JSON")
}

fn parsed<T: Default + for<'de> Deserialize<'de>>(text: &str) -> T {
    serde_json::from_str(text).unwrap_or_default()
}

/// Types that have a text of their own.
mod as_text {
    use std::fmt::Display;
    use std::str::FromStr;

    use serde::{Deserialize as _, Deserializer, Serializer, de::Error as _};

    pub(super) fn serialize<S: Serializer>(
        value: &impl Display,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        serializer.collect_str(value)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>, T: FromStr<Err: Display>>(
        deserializer: D,
    ) -> Result<T, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(D::Error::custom)
    }
}

/// What both sides say of an enrolment: our name, the institution's, SHA-256 of the signed keyring, which of its members
/// enrols, and the verifier key of its own witness, or nothing.
pub(crate) fn transcript(
    centre: &str,
    institution: &str,
    keyring_sha256: &[u8; 32],
    member: MemberId,
    witness: Option<&VerifierKey>,
) -> Transcript {
    let witness = witness.map_or_else(String::new, ToString::to_string);
    Transcript::of(&[
        b"amana.enrolment/v1",
        centre.as_bytes(),
        institution.as_bytes(),
        keyring_sha256,
        member.as_bytes(),
        witness.as_bytes(),
    ])
}

impl Revealed {
    /// The verifier key of its own witness.
    ///
    /// # Errors
    /// What was kept isn't one.
    pub(crate) fn witness(&self) -> amana_ledger::Result<Option<VerifierKey>> {
        self.witness.as_deref().map(str::parse).transpose()
    }

    /// Whether these are its words.
    pub(crate) fn is_vouched_by(&self, heard: &SixWords) -> bool {
        self.words == *heard
    }
}
