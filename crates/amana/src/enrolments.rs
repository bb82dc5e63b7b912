//! Enrolments under way: what a gateway committed to, what it revealed, and the six words that follow.
//!
//! The gateway commits to its nonce and its keys before it sees ours, and reveals them after; so nobody between the two
//! can choose keys that give the same words. All of this is in memory: after a restart of the data centre a gateway begins
//! again, with the same code. What is decided is an act.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use amana_access::{Enrolment, InstitutionName, KeyringBundle};
use amana_ledger::VerifierKey;
use amana_seal::member::MemberId;
use amana_seal::words::{Commitment, Nonce, SixWords, Transcript};

/// Enrolments under way at most; the oldest goes when there are more.
const MAX_SESSIONS: usize = 256;
/// Codes that nobody gave out, in a minute: more are not looked at.
const MAX_GUESSES_A_MINUTE: u32 = 30;
/// Wrong words, after which an enrolment is refused.
pub(crate) const MAX_WRONG_WORDS: u32 = 5;

/// All that are under way.
#[derive(Default)]
pub(crate) struct Enrolments {
    sessions: Mutex<HashMap<String, Session>>,
    guesses: Mutex<Guesses>,
}

/// One of them.
#[derive(Clone)]
pub(crate) struct Session {
    pub(crate) institution: InstitutionName,
    /// Its number within the institution.
    pub(crate) number: u64,
    commitment: Commitment,
    nonce: Nonce,
    begun_ms: i64,
    wrong_words: u32,
    pub(crate) revealed: Option<Revealed>,
}

/// What a gateway revealed, as it had committed to it.
#[derive(Clone)]
pub(crate) struct Revealed {
    pub(crate) bundle: KeyringBundle,
    pub(crate) member: MemberId,
    pub(crate) witness: Option<VerifierKey>,
    words: SixWords,
}

#[derive(Default)]
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
}

impl Enrolments {
    /// Whether codes are looked at now.
    pub(crate) fn may_guess(&self, now_ms: i64) -> bool {
        let guesses = lock(&self.guesses);
        guesses.minute != now_ms / 60_000 || guesses.wrong < MAX_GUESSES_A_MINUTE
    }

    /// A code was wrong.
    pub(crate) fn guessed(&self, now_ms: i64) {
        let mut guesses = lock(&self.guesses);
        if guesses.minute != now_ms / 60_000 {
            *guesses = Guesses {
                minute: now_ms / 60_000,
                wrong: 0,
            };
        }
        guesses.wrong += 1;
    }

    /// Begins, or says again how it began: a code is bound to the first commitment that comes with it.
    pub(crate) fn begin(
        &self,
        enrolment: &Enrolment,
        institution: InstitutionName,
        commitment: Commitment,
        fresh: (String, Nonce),
        now_ms: i64,
    ) -> Result<(String, Nonce), Stopped> {
        let mut sessions = lock(&self.sessions);
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
            && let Some(oldest) = sessions.iter().min_by_key(|(_, session)| session.begun_ms)
        {
            let oldest = oldest.0.clone();
            sessions.remove(&oldest);
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
        sessions.insert(id.clone(), session);
        Ok((id, nonce))
    }

    /// One that is under way.
    pub(crate) fn find(&self, id: &str) -> Option<Session> {
        lock(&self.sessions).get(id).cloned()
    }

    /// The one of that institution and number.
    pub(crate) fn of(&self, institution: &str, number: u64) -> Option<Session> {
        let sessions = lock(&self.sessions);
        let mut all = sessions.values();
        let found = all.find(|session| {
            session.institution.as_str() == institution && session.number == number
        });
        found.cloned()
    }

    /// The one of that institution that waits for its words, the newest if there are several.
    pub(crate) fn waiting(&self, institution: &InstitutionName) -> Option<(String, Session)> {
        let sessions = lock(&self.sessions);
        let waiting = sessions.iter().filter(|(_, session)| {
            session.institution == *institution && session.revealed.is_some()
        });
        let newest = waiting.max_by_key(|(_, session)| session.number);
        newest.map(|(id, session)| (id.clone(), session.clone()))
    }

    /// Takes what a gateway reveals, if it is what it committed to. `transcript` is what both sides say of it.
    pub(crate) fn reveal(
        &self,
        id: &str,
        nonce: &Nonce,
        transcript: &Transcript,
        bundle: KeyringBundle,
        member: MemberId,
        witness: Option<VerifierKey>,
    ) -> Result<(), Stopped> {
        let mut sessions = lock(&self.sessions);
        let session = sessions.get_mut(id).ok_or(Stopped::Unknown)?;
        if session.commitment.check(nonce, transcript).is_err() {
            return Err(Stopped::NotCommitted);
        }
        session.revealed = Some(Revealed {
            words: SixWords::of(nonce, &session.nonce, transcript),
            bundle,
            member,
            witness,
        });
        Ok(())
    }

    /// Counts wrong words; says how often they were wrong.
    pub(crate) fn wrong_words(&self, id: &str) -> u32 {
        let mut sessions = lock(&self.sessions);
        sessions.get_mut(id).map_or(0, |session| {
            session.wrong_words += 1;
            session.wrong_words
        })
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
    /// Whether these are its words.
    pub(crate) fn is_vouched_by(&self, heard: &SixWords) -> bool {
        self.words == *heard
    }
}

fn lock<T>(state: &Mutex<T>) -> MutexGuard<'_, T> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}
