//! What goes wrong on the way to a page.

use std::borrow::Cow;

use axum::response::{IntoResponse, Response};
use http::StatusCode;

use crate::fault::{Fault, Wrong};
use crate::texts::Texts;

/// Why there is no page.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// There is no such page, or it isn't the asker's to see: the two answer alike.
    #[error("no such page")]
    NotFound,
    /// Nobody is signed in.
    #[error("nobody is signed in")]
    SignIn,
    /// A form that no page of ours gave, or one that waited too long.
    #[error("the form is not one that a page gave, or is over")]
    Form,
    /// A form without the token of the session: the page that gave it was another session's.
    #[error("the form is another session's")]
    Stale,
    /// A form that came before, word by word, from the same page.
    #[error("the form was sent before")]
    Repeated,
    /// What was typed into a field isn't what it takes.
    #[error("the field {field} is not as it must be: {fault:?}")]
    Typed {
        /// The field's name.
        field: Cow<'static, str>,
        /// What is wrong with it.
        fault: Fault,
    },
    /// What a call brought isn't what its description says.
    #[error("the call isn't as the description says")]
    Malformed,
    /// A file of that name is there, and isn't to be replaced.
    #[error("a file of that name is there")]
    Exists,
    /// A body broke off, or stood still for too long.
    #[error("the body broke off")]
    Cut,
    /// The store failed.
    #[error(transparent)]
    Store(#[from] amana_store::Error),
    /// Institutions and officials: refused, or failed.
    #[error(transparent)]
    Access(#[from] amana_access::Error),
    /// Buckets and objects: refused, or failed.
    #[error(transparent)]
    Vault(amana_vault::Error),
    /// A proof that doesn't parse though it was made here.
    #[error(transparent)]
    Ledger(#[from] amana_ledger::Error),
    /// Folders and files: refused, or failed.
    #[error(transparent)]
    Folders(#[from] amana_folders::Error),
    /// Sites: refused, or failed.
    #[error(transparent)]
    Sites(amana_sites::Error),
    /// What came is no folder of files.
    #[error("what came is no folder")]
    NoFolder,
    /// A folder is larger than a page takes.
    #[error("the folder is too large for a page")]
    TooMuch,
    /// Nobody signed the change that was handed in.
    #[error("the change isn't signed")]
    Unsigned,
    /// What was handed in is no signed change.
    #[error("this is no signed change of a site")]
    NoChange,
    /// The data centre has no receipt to give yet, or can't be reached.
    #[error("there is no receipt yet")]
    NoReceipt,
    /// A share that couldn't be written down.
    #[error("a share could not be kept")]
    NotShared,
    /// The provider of the State doesn't answer, or not as it should.
    #[error("the provider of the State can't be used: {why}")]
    Provider {
        /// What it did.
        why: String,
    },
    /// The provider of the State let nobody in, or its page was left.
    #[error("the provider of the State let nobody in")]
    ProviderRefused,
    /// A template that failed to write.
    #[error("a page can't be written")]
    Template(#[from] askama::Error),
}

/// What the console's functions give.
pub type Result<T, E = Error> = std::result::Result<T, E>;

impl Error {
    /// A stable name, which the texts turn into a sentence.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::NotFound => "not-found",
            Self::SignIn => "sign-in",
            Self::Form | Self::Stale => "form",
            Self::Repeated => "repeated",
            Self::Typed { .. } => "invalid",
            Self::Malformed => "malformed-call",
            Self::Exists => "file-exists",
            Self::Cut => "cut",
            Self::Store(error) => error.code(),
            Self::Access(error) => error.code(),
            Self::Vault(error) => error.code(),
            Self::Ledger(error) => error.code(),
            Self::Folders(error) => error.code(),
            Self::Sites(error) => error.code(),
            Self::NoFolder => "no-folder",
            Self::TooMuch => "folder-too-large",
            Self::Unsigned => "unsigned-change",
            Self::NoChange => "no-change",
            Self::NoReceipt => "no-receipt",
            Self::NotShared => "not-shared",
            Self::Provider { .. } => "provider",
            Self::ProviderRefused => "provider-refused",
            Self::Template(_) => "template",
        }
    }

    /// That field, and what is wrong with it.
    pub(crate) fn typed(field: impl Into<Cow<'static, str>>, fault: Fault) -> Self {
        let field = field.into();
        Self::Typed { field, fault }
    }

    /// What happened, and what to do, in a sentence of that language.
    #[must_use]
    pub fn told(&self, texts: &Texts) -> Cow<'static, str> {
        Refused::of(self).said(texts)
    }

    /// The status that HTTP gives it: ours to mend, unless the asker can.
    #[must_use]
    pub fn status(&self) -> StatusCode {
        match self.code() {
            "not-found"
            | "missing"
            | "unknown-institution"
            | "unknown-code"
            | "unknown-account"
            | "unknown-credential"
            | "unknown-session"
            | "unknown-proposal"
            | "unknown-thread"
            | "unknown-notice"
            | "unknown-agreement"
            | "no-such-bucket"
            | "no-such-upload"
            | "delete-marker"
            | "no-such-key"
            | "unknown-site"
            | "unknown-deploy"
            | "no-manifest"
            | "no-such-version" => StatusCode::NOT_FOUND,
            "sign-in" | "sign-in-refused" | "passkey" | "code-used" | "identity"
            | "identity-unbound" | "provider-refused" => StatusCode::UNAUTHORIZED,
            "access-denied" | "object-locked" | "quota-exceeded" | "leaving" | "form"
            | "forbidden" | "needs-two" | "needs-another" | "needs-own" | "own-matter"
            | "no-consent" | "not-a-publisher" | "too-few-publishers" => StatusCode::FORBIDDEN,
            "already-leaving"
            | "not-leaving"
            | "custodians-need-two"
            | "file-exists"
            | "identity-taken"
            | "school-full"
            | "lesson-passed"
            | "lessons-missing"
            | "no-school"
            | "repeated"
            | "wrong-number"
            | "files-missing" => StatusCode::CONFLICT,
            "provider" => StatusCode::BAD_GATEWAY,
            "malformed-call" | "cut" | "no-folder" | "unsigned-change" | "no-change" => {
                StatusCode::BAD_REQUEST
            }
            "folder-too-large" => StatusCode::PAYLOAD_TOO_LARGE,
            "wait" => StatusCode::TOO_MANY_REQUESTS,
            "busy" | "read-only" | "disk-full" | "blobs-away" | "unreachable" | "stopped"
            | "no-receipt" | "not-shared" => StatusCode::SERVICE_UNAVAILABLE,
            _ => match self {
                // What the store failed at is nothing that the asker can mend.
                Self::Access(amana_access::Error::Store(_)) => StatusCode::INTERNAL_SERVER_ERROR,
                Self::Vault(amana_vault::Error::Store(_)) => StatusCode::INTERNAL_SERVER_ERROR,
                Self::Folders(amana_folders::Error::Vault(amana_vault::Error::Store(_))) => {
                    StatusCode::INTERNAL_SERVER_ERROR
                }
                Self::Sites(
                    amana_sites::Error::Store(_)
                    | amana_sites::Error::Read { .. }
                    | amana_sites::Error::Shelf(_),
                ) => StatusCode::INTERNAL_SERVER_ERROR,
                Self::Typed { .. }
                | Self::Access(_)
                | Self::Vault(_)
                | Self::Folders(_)
                | Self::Sites(_) => StatusCode::BAD_REQUEST,
                _ => StatusCode::INTERNAL_SERVER_ERROR,
            },
        }
    }
}

impl From<amana_vault::Error> for Error {
    /// A bucket of somebody else answers as one that isn't there.
    fn from(error: amana_vault::Error) -> Self {
        match error {
            amana_vault::Error::AccessDenied => Self::Vault(amana_vault::Error::NoSuchBucket {
                name: String::new(),
            }),
            amana_vault::Error::PreconditionFailed {
                condition: "If-None-Match",
            } => Self::Exists,
            other => Self::Vault(other),
        }
    }
}

impl From<amana_sites::Error> for Error {
    /// What the place of content refused is told as itself: a quota, a full disk.
    fn from(error: amana_sites::Error) -> Self {
        use amana_sites::Error as E;
        match error {
            E::Store(error) => Self::Store(error),
            E::Shelf(source) => match source.downcast::<amana_vault::Error>() {
                Ok(error) => (*error).into(),
                Err(source) => Self::Sites(E::Shelf(source)),
            },
            other => Self::Sites(other),
        }
    }
}

/// What an error leaves on its answer, for whoever knows the asker's language.
#[derive(Clone)]
pub(crate) struct Refused {
    pub(crate) code: &'static str,
    pub(crate) wrong: Wrong,
}

impl Refused {
    fn of(error: &Error) -> Self {
        Self {
            code: error.code(),
            wrong: Wrong::of(error),
        }
    }

    /// Of which nothing more is known.
    pub(crate) fn coded(code: &'static str) -> Self {
        Self {
            code,
            wrong: Wrong::default(),
        }
    }

    /// What happened, and what to do, for programs: by the code alone.
    pub(crate) fn told(&self, texts: &Texts) -> &'static str {
        (texts.refusal)(self.code).unwrap_or(texts.frame.failed)
    }

    /// The same for people: by what is wrong in the field, where that is known.
    pub(crate) fn said(&self, texts: &Texts) -> Cow<'static, str> {
        match &self.wrong.fault {
            Some(fault) => (texts.forms.fault)(fault),
            None => Cow::Borrowed(self.told(texts)),
        }
    }
}

impl IntoResponse for Error {
    fn into_response(self) -> Response {
        let status = self.status();
        if status.is_server_error() {
            tracing::error!(error = %self, code = self.code(), "a page can't be shown");
        }
        let mut answer = status.into_response();
        answer.extensions_mut().insert(Refused::of(&self));
        answer
    }
}
