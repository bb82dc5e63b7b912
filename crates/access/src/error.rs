//! What can go wrong, one variant for each thing that a caller can act on.

use amana_store::CommitError;

use crate::oidc::TokenFault;
use crate::webauthn::PasskeyFault;

/// Result of this crate's verbs.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Why a verb failed.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A word from outside isn't what it should be.
    #[error("{what} {why}")]
    Invalid {
        /// Which word.
        what: &'static str,
        /// What it must be.
        why: &'static str,
    },
    /// The name belongs to an institution already.
    #[error("an institution named {name} exists already")]
    InstitutionExists {
        /// The name.
        name: String,
    },
    /// No institution has that name.
    #[error("no institution is named {name}")]
    UnknownInstitution {
        /// The name.
        name: String,
    },
    /// It is suspended already.
    #[error("the institution {name} is suspended already")]
    AlreadySuspended {
        /// The name.
        name: String,
    },
    /// It isn't suspended.
    #[error("the institution {name} is not suspended")]
    NotSuspended {
        /// The name.
        name: String,
    },
    /// It leaves already.
    #[error("the institution {name} leaves already")]
    AlreadyLeaving {
        /// The name.
        name: String,
    },
    /// It doesn't leave.
    #[error("the institution {name} is not leaving")]
    NotLeaving {
        /// The name.
        name: String,
    },
    /// It keeps itself, and two of its officials didn't decide on these custodians.
    #[error(
        "{institution} keeps itself, so two of its officials decide who its custodians are, and two have not approved {wanted} \
         (set {set}): in the console, under Colleagues, one proposes the custodians {wanted:?}, another approves, and for 30 \
         days from then on this is taken; nothing was changed"
    )]
    CustodiansNeedTwo {
        /// Name of the institution.
        institution: String,
        /// The plan that was asked for, as a keyring has it.
        wanted: String,
        /// The number of the set of shares.
        set: u32,
    },
    /// The institution has no such official.
    #[error("the institution {institution} has no official number {number}")]
    UnknownOfficial {
        /// Name of the institution.
        institution: String,
        /// Number of the official.
        number: u64,
    },
    /// The id belongs to a key already, perhaps a revoked one.
    #[error("the access key id {id} was given before; ids are never reused")]
    AccessKeyExists {
        /// The id.
        id: String,
    },
    /// No such key is in force, or it is another institution's than the one named.
    #[error("no access key {id} is in force")]
    UnknownAccessKey {
        /// The id.
        id: String,
    },
    /// No enrolment has that number.
    #[error("the institution has no enrolment number {number}")]
    UnknownEnrolment {
        /// The number.
        number: u64,
    },
    /// The code was never given, or is over.
    #[error("no enrolment is open under that code")]
    UnknownCode,
    /// The enrolment can't be confirmed or refused any more.
    #[error("enrolment {number} is over: {why}")]
    EnrolmentOver {
        /// Its number.
        number: u64,
        /// How it ended.
        why: &'static str,
    },
    /// Another root's key was pinned before: it is the institution's for ever.
    #[error(
        "the institution enrolled with another root before; its root is recovered from its custodians' shares, never replaced"
    )]
    OtherRoot,
    /// No root's key is pinned.
    #[error("the institution {institution} has not enrolled")]
    NotEnrolled {
        /// Its name.
        institution: String,
    },
    /// The custodians of the institution's keyring hold no page of that number.
    #[error("no custodian has a page number {number}: the pages are numbered 1 to {shares}")]
    NoSuchShare {
        /// The number.
        number: u8,
        /// The most pages of a group.
        shares: u8,
    },
    /// So few pages rebuild nothing.
    #[error("{given} pages do not rebuild the keys: it takes {needed}")]
    TooFewShares {
        /// How many there were.
        given: usize,
        /// How many it takes.
        needed: usize,
    },
    /// The keyring isn't the next one of the institution's chain.
    #[error("the keyring is not taken: {0}")]
    Keyring(amana_seal::Error),
    /// An answer of an authenticator isn't taken.
    #[error("the passkey is not taken: {0}")]
    Passkey(PasskeyFault),
    /// An authenticator's name for a passkey is somebody's already.
    #[error("this passkey was added before")]
    PasskeyExists,
    /// A provider's word isn't taken.
    #[error("the provider's word is not taken: {0}")]
    Identity(TokenFault),
    /// The identity is bound to an account already.
    #[error("this identity is bound to an account already")]
    IdentityTaken,
    /// The identity is bound to no account.
    #[error("this identity is bound to no account")]
    IdentityUnbound,
    /// Who signed in through the provider may not: it takes a passkey or a password.
    #[error("that takes a session opened with a passkey or a password")]
    NeedsOwn,
    /// Account, password or code is wrong, or the passkey is nobody's: which of them is nobody's business.
    #[error("nobody signs in with that")]
    SignInRefused,
    /// The code was used before; the next one comes within 30 s.
    #[error("the code was used before; wait for the next one")]
    CodeUsed,
    /// Too many wrong passwords.
    #[error("too many passwords were tried; the next one is looked at later")]
    Wait {
        /// From when on, milliseconds since 1970.
        until_ms: i64,
    },
    /// The role doesn't allow it.
    #[error("your role does not allow that")]
    Forbidden,
    /// No official who is in office has that account.
    #[error("no official in office has that account")]
    UnknownAccount,
    /// It takes a proposal, and a second official's approval.
    #[error("that takes two officials: propose it, and let another one approve")]
    NeedsTwo,
    /// Neither who proposed nor who is concerned approves.
    #[error("another official must approve that, who neither proposed it nor is concerned")]
    NeedsAnother,
    /// The operator may not: the institution has officials enough who can.
    #[error("that is the institution's own matter: two of its officials do it in the console")]
    OwnMatter,
    /// The institution lets nobody of the operator's in, or not for that.
    #[error("the institution has not let the operator's staff in for that")]
    NoConsent,
    /// Nobody of the operator's staff was named.
    #[error("the operator has no staff who sign in")]
    NoStaff,
    /// The official holds no such passkey or password.
    #[error("no passkey or password has the number {number}")]
    UnknownCredential {
        /// The number.
        number: u64,
    },
    /// Without it nobody could sign in to the account.
    #[error("the last passkey or password stays; add another one first")]
    LastCredential,
    /// The official has no such session.
    #[error("no session has the number {number}")]
    UnknownSession {
        /// The number.
        number: u64,
    },
    /// The ledger has no such proposal.
    #[error("no proposal has the number {number}")]
    UnknownProposal {
        /// The number.
        number: u64,
    },
    /// The proposal can't be approved, refused or withdrawn any more.
    #[error("proposal {number} is over: {why}")]
    ProposalOver {
        /// Its number.
        number: u64,
        /// How it ended.
        why: &'static str,
    },
    /// The institution has no such thread.
    #[error("no thread has the number {number}")]
    UnknownThread {
        /// The number.
        number: u64,
    },
    /// The thread is closed already.
    #[error("thread {number} is closed already")]
    ThreadClosed {
        /// Its number.
        number: u64,
    },
    /// No notice has that number, or it is over.
    #[error("no notice of the number {number} is in force or to come")]
    UnknownNotice {
        /// The number.
        number: u64,
    },
    /// That isn't the newest agreement, or not its text.
    #[error("agreement {number} is not the newest one, or not that text")]
    UnknownAgreement {
        /// The number.
        number: u64,
    },
    /// Who signed doesn't sign again, and two are enough.
    #[error("agreement {number} was signed by you, or by two, already")]
    AgreementSigned {
        /// Its number.
        number: u64,
    },
    /// One of the two who sign is a director.
    #[error("the second signature must be a director's")]
    NeedsDirector,
    /// Nobody exercises there: there is no open sandbox of the school, or it is somebody else's.
    #[error("no school of yours is open")]
    NoSchool,
    /// No sandbox more, or no training key more: each leaves something for ever.
    #[error("the school takes no more: {why}")]
    SchoolFull {
        /// Which bound was met.
        why: &'static str,
    },
    /// It was done before, and once is enough.
    #[error("that was passed already")]
    LessonPassed,
    /// A certificate takes them all.
    #[error("not every exercise was passed")]
    LessonsMissing,
    /// There are as many already as may be.
    #[error("there are {max} {what} already, which is the most")]
    TooMany {
        /// Of what.
        what: &'static str,
        /// The most.
        max: usize,
    },
    /// Too many requests wait.
    #[error("too many requests wait to be recorded; try again")]
    Busy,
    /// The store failed.
    #[error(transparent)]
    Store(#[from] amana_store::Error),
}

impl Error {
    /// Stable name of the variant, for scripts and for the console's texts.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Invalid { .. } => "invalid",
            Self::InstitutionExists { .. } => "institution-exists",
            Self::UnknownInstitution { .. } => "unknown-institution",
            Self::AlreadySuspended { .. } => "already-suspended",
            Self::NotSuspended { .. } => "not-suspended",
            Self::AlreadyLeaving { .. } => "already-leaving",
            Self::NotLeaving { .. } => "not-leaving",
            Self::CustodiansNeedTwo { .. } => "custodians-need-two",
            Self::UnknownOfficial { .. } => "unknown-official",
            Self::AccessKeyExists { .. } => "access-key-exists",
            Self::UnknownAccessKey { .. } => "unknown-access-key",
            Self::UnknownEnrolment { .. } => "unknown-enrolment",
            Self::UnknownCode => "unknown-code",
            Self::EnrolmentOver { .. } => "enrolment-over",
            Self::OtherRoot => "other-root",
            Self::NotEnrolled { .. } => "not-enrolled",
            Self::NoSuchShare { .. } => "no-such-share",
            Self::TooFewShares { .. } => "too-few-shares",
            Self::Keyring(_) => "keyring",
            Self::Passkey(_) => "passkey",
            Self::PasskeyExists => "passkey-exists",
            Self::Identity(_) => "identity",
            Self::IdentityTaken => "identity-taken",
            Self::IdentityUnbound => "identity-unbound",
            Self::NeedsOwn => "needs-own",
            Self::SignInRefused => "sign-in-refused",
            Self::CodeUsed => "code-used",
            Self::Wait { .. } => "wait",
            Self::Forbidden => "forbidden",
            Self::UnknownAccount => "unknown-account",
            Self::NeedsTwo => "needs-two",
            Self::NeedsAnother => "needs-another",
            Self::OwnMatter => "own-matter",
            Self::NoConsent => "no-consent",
            Self::NoStaff => "no-staff",
            Self::UnknownCredential { .. } => "unknown-credential",
            Self::LastCredential => "last-credential",
            Self::UnknownSession { .. } => "unknown-session",
            Self::UnknownProposal { .. } => "unknown-proposal",
            Self::ProposalOver { .. } => "proposal-over",
            Self::UnknownThread { .. } => "unknown-thread",
            Self::ThreadClosed { .. } => "thread-closed",
            Self::UnknownNotice { .. } => "unknown-notice",
            Self::UnknownAgreement { .. } => "unknown-agreement",
            Self::AgreementSigned { .. } => "agreement-signed",
            Self::NeedsDirector => "needs-director",
            Self::NoSchool => "no-school",
            Self::SchoolFull { .. } => "school-full",
            Self::LessonPassed => "lesson-passed",
            Self::LessonsMissing => "lessons-missing",
            Self::TooMany { .. } => "too-many",
            Self::Busy => "busy",
            Self::Store(error) => error.code(),
        }
    }
}

impl From<CommitError<Self>> for Error {
    fn from(error: CommitError<Self>) -> Self {
        match error {
            CommitError::Refused(refusal) => refusal,
            CommitError::Busy => Self::Busy,
            CommitError::Store(error) => Self::Store(error),
        }
    }
}
