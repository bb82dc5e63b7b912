//! What forms say: why one was refused, that one was sent before, and what must be confirmed.

use std::borrow::Cow;

pub use crate::fault::Fault;

/// The words of forms.
pub struct FormWords {
    /// Before the title of a page whose form was refused.
    pub refused: &'static str,
    /// What is wrong in a field.
    pub fault: fn(&Fault) -> Cow<'static, str>,
    /// The way back to the page of the form.
    pub back: &'static str,
    /// The session ended before the form came.
    pub over: &'static str,
    /// Leads to the way in.
    pub sign_in: &'static str,
    /// Before what was written, which is given back to be copied.
    pub written: &'static str,
    /// Title of the page of a form that was sent twice.
    pub done_title: &'static str,
    /// Leads to the list where it stands.
    pub to_list: &'static str,
    /// The first page of who is signed in.
    pub home: &'static str,
    /// The box that confirms what can't be undone.
    pub sure: &'static str,
    /// The box that confirms what others notice, and what can be done again.
    pub meant: &'static str,
    /// What revoking a key does.
    pub revoke_means: &'static str,
    /// What signing the agreement does.
    pub sign_means: &'static str,
    /// Why, where it must be said.
    pub why: &'static str,
    /// What another training key does.
    pub again_means: &'static str,
    /// On the sign-in page: the way to the first visit.
    pub first_time: &'static str,
    /// The link of it.
    pub open_account: &'static str,
}
