//! Institutions, officials, access keys and members: who may ask, and for what.
//!
//! What this crate promises:
//! - **Each act is an entry in the institution's own ledger** (`<name>/vault`): opening it, suspending it, naming an
//!   official, handing out or revoking a key. The operator can do none of these without leaving a trace that the
//!   institution reads.
//! - **Unknown and forbidden are one answer.** [`Access::caller`] gives nothing for a key that never was, one that is
//!   revoked, and one whose institution is suspended.
//! - **Names are never reused.** A name or a key id, once given, stands in receipts for ever, so it means one
//!   institution or one key for ever.
//! - **Secrets are never in an act.** An access key's secret is sealed under the data centre's own key.
//!
//! - **Who acts for an institution is its own word.** Members stand in its newest keyring, which chains to the root's key
//!   that was pinned at enrolment; one that is left out is refused from the same commit on.
//!
//! What it deliberately does not do: verify requests (the fronts do), know buckets (a grant holds their names only), or
//! let anybody change a grant: a key with other rights is another key.

mod acts;
mod check;
mod enrolments;
mod erase;
mod error;
mod keyrings;
mod members;
mod model;
mod verbs;
mod views;

pub use enrolments::{
    ENROLMENT_MS, Enrolled, Enrolment, EnrolmentCode, EnrolmentState, NewEnrolment,
};
pub use erase::admin_of;
pub use error::{Error, Result};
pub use keyrings::{KeyringBundle, Keyrings};
pub use members::{Member, Standing};
pub use model::{
    AccessKey, AccessKeyId, Caller, GivenKey, Grant, Institution, InstitutionId, InstitutionName,
    NewAccessKey, Official, OfficialName, Right, Role, Secret,
};
pub use verbs::Access;
