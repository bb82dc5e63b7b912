//! Forms that were taken, so that one sent twice acts once.
//!
//! Each page of who is signed in puts a random field into its forms, so that the same words from the same page to the same place
//! are a repeat: a page that is loaded again, a second press of a button. The same words from a page that was asked for anew are
//! another form. What is remembered is bounded, and stays within this process: of two nodes, each knows the forms that came to it,
//! so that a repeat which reaches the other one is taken as another form. Where balancers keep a browser at its node, as they
//! should, that is a browser whose node went away between the two.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};

use amana_access::Session;
use amana_store::LedgerId;
use sha2::{Digest as _, Sha256};

use crate::account::form::Fields;

/// Forms of a session that are remembered.
const MAX_FORMS: usize = 64;
/// Sessions whose forms are remembered: the one that was longest without a form goes first.
const MAX_SESSIONS: usize = 4096;

type Key = (LedgerId, u64);
type Form = [u8; 32];

/// The forms that were taken, by session, the one that sent a form last at the end.
#[derive(Default)]
pub(crate) struct Once(Mutex<VecDeque<(Key, VecDeque<Form>)>>);

/// A form that was taken.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Claim {
    session: Key,
    form: Form,
}

impl Claim {
    /// Of a form that came to that path.
    pub(crate) fn of(session: &Session, path: &str, fields: &Fields) -> Self {
        let mut digest = Sha256::new();
        let mut take = |text: &str| {
            digest.update((text.len() as u64).to_be_bytes());
            digest.update(text);
        };
        take(path);
        for (name, text) in fields.sorted() {
            take(name);
            take(text);
        }
        Self {
            session: (session.ledger(), session.number),
            form: digest.finalize().into(),
        }
    }
}

impl Once {
    /// Takes a form, unless it was taken before.
    pub(crate) fn take(&self, claim: &Claim) -> bool {
        let mut sessions = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let known = sessions.iter().position(|(key, _)| *key == claim.session);
        let known = known.and_then(|place| sessions.remove(place));
        let (key, mut forms) = known.unwrap_or((claim.session, VecDeque::new()));
        let is_new = !forms.contains(&claim.form);
        if is_new {
            forms.push_back(claim.form);
            forms.drain(..forms.len().saturating_sub(MAX_FORMS));
        }
        sessions.push_back((key, forms));
        let over = sessions.len().saturating_sub(MAX_SESSIONS);
        sessions.drain(..over);
        is_new
    }

    /// Forgets a form that was refused: it may come again.
    pub(crate) fn forget(&self, claim: &Claim) {
        let mut sessions = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, forms)) = sessions.iter_mut().find(|(key, _)| *key == claim.session) {
            forms.retain(|form| *form != claim.form);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn claim(session: u64, form: u8) -> Claim {
        Claim {
            session: (LedgerId(1), session),
            form: [form; 32],
        }
    }

    #[test]
    fn a_form_is_taken_once_until_it_is_forgotten() {
        let once = Once::default();
        assert!(once.take(&claim(1, 1)) && once.take(&claim(2, 1)) && once.take(&claim(1, 2)));
        assert!(!once.take(&claim(1, 1)));
        once.forget(&claim(1, 1));
        assert!(once.take(&claim(1, 1)) && !once.take(&claim(1, 2)));
    }

    #[test]
    fn what_is_remembered_has_bounds() {
        let once = Once::default();
        for form in 0..=64 {
            assert!(once.take(&claim(1, form)));
        }
        assert!(once.take(&claim(1, 0)) && !once.take(&claim(1, 64)));
        for session in 2..=4097 {
            assert!(once.take(&claim(session, 0)));
        }
        assert!(once.take(&claim(1, 64)), "the session was forgotten");
        assert!(!once.take(&claim(4097, 0)));
    }
}
