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
//! - **Nobody signs in unseen, and nobody does dangerous things alone.** Each credential, session and wrong password is an
//!   entry; what could hand an institution to one person takes two of its officials ([`Dangerous`]); what each role may do
//!   is one table ([`RIGHTS`]). Nothing of it is in one process's memory: any node answers.
//!
//! - **What operator and institution tell each other stands in the institution's ledger**, and what the operator tells everybody
//!   in a public one: messages, notices, the hosting agreement. What was written is in the bodies of acts alone.
//!
//! - **The school is no institution.** A sandbox has a ledger and a bucket, and neither officials nor keys; it is bounded, and
//!   counted nowhere ([`School`]).
//!
//! What it deliberately does not do: verify requests (the fronts do), know buckets (a grant holds their names only), or
//! let anybody change a grant: a key with other rights is another key.

mod acts;
mod agreements;
mod certificates;
mod check;
mod credentials;
mod custodians;
mod directory;
mod drills;
mod enrolments;
mod erase;
mod errands;
mod error;
mod flow;
mod identities;
mod institutions;
mod invitations;
mod keyrings;
mod leaving;
mod members;
mod model;
mod notices;
mod oidc;
mod passwords;
mod people;
mod proposals;
mod quotas;
mod rights;
mod said;
mod schools;
mod sessions;
mod signing_in;
mod threads;
mod verbs;
mod views;
mod webauthn;

pub use acts::proposal::Dangerous;
pub use agreements::{Agreement, MAX_AGREEMENT_CHARS, Signature};
pub use certificates::Certificate;
pub use credentials::{Credential, CredentialKind, Leave, NewCredential};
pub use custodians::APPROVED_MS;
pub use directory::Contact;
pub use drills::{DrillOutcome, MAX_CUSTODIANS, NewDrill};
pub use enrolments::{
    ENROLMENT_MS, Enrolled, Enrolment, EnrolmentCode, EnrolmentState, NewEnrolment,
};
pub use erase::admin_of;
pub use errands::Errand;
pub use error::{Error, Result};
pub use flow::{FLOW_MS, Flow, Purpose};
pub use institutions::{Counted, Listed};
pub use invitations::{INVITATION_MS, Invited, NewInvitation, Person};
pub use keyrings::{KeyringBundle, Keyrings};
pub use members::{Member, Standing};
pub use model::{
    AccessKey, AccessKeyId, Caller, GivenKey, Grant, Institution, InstitutionId, InstitutionName,
    KeyLabel, NewAccessKey, Official, OfficialName, Quota, Right, Role, Secret,
};
pub use notices::{Exercise, Exercised, MAX_NOTICE_CHARS, NewNotice, Notice, Severity};
pub use oidc::{IdToken, Identity, KeySet, Provider, TokenFault};
pub use passwords::{Password, SEED_BYTES, seed_in_base32};
pub use people::{AccountName, Actor, Owner};
pub use proposals::{Approved, MAX_SUPPORT_MS, PROPOSAL_MS, Proposal, Subject, Support};
pub use rights::{Operation, RIGHTS, Rights, may};
pub use schools::{Lesson, MAX_A_YEAR, MAX_OPEN, PassedLesson, SCHOOL_MS, School, TrainingKeys};
pub use sessions::{IDLE_MS, OpenSession, SESSION_MS, Session};
pub use signing_in::{SignedIn, Typed};
pub use threads::{MAX_MESSAGE_CHARS, MAX_SUBJECT_CHARS, Message, Side, Thread};
pub use verbs::Access;
pub use webauthn::{Assertion, NewPasskey, PasskeyFault, PublicKey, Registration, RelyingParty};
