//! What becomes of a try at an exercise, for pages and for programs.

use axum::response::{IntoResponse, Redirect, Response};
use serde::{Deserialize, Serialize};

/// Why a try didn't pass: a stable name, which the texts turn into a sentence.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Miss {
    /// There is no file yet: the exercise before comes first.
    TooEarly,
    /// What was put back has another content than what was deposited.
    OtherContent,
    /// A receipt was taken for what it isn't.
    WrongReceipts,
    /// Fewer shares than it takes.
    TooFew,
    /// The words of a share aren't as on its page.
    WrongWords,
    /// Two shares are the same one.
    SameShare,
    /// A share of another key.
    OtherKey,
    /// The entry isn't the one that was rewritten.
    WrongEntry,
    /// What the two checkpoints prove is something else.
    WrongFinding,
    /// Tried too often: the sandbox is full.
    Full,
}

impl Miss {
    /// Each of them.
    pub const ALL: [Self; 10] = [
        Self::TooEarly,
        Self::OtherContent,
        Self::WrongReceipts,
        Self::TooFew,
        Self::WrongWords,
        Self::SameShare,
        Self::OtherKey,
        Self::WrongEntry,
        Self::WrongFinding,
        Self::Full,
    ];

    /// Its name in addresses and in the API.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::TooEarly => "too-early",
            Self::OtherContent => "other-content",
            Self::WrongReceipts => "wrong-receipts",
            Self::TooFew => "too-few",
            Self::WrongWords => "wrong-words",
            Self::SameShare => "same-share",
            Self::OtherKey => "other-key",
            Self::WrongEntry => "wrong-entry",
            Self::WrongFinding => "wrong-finding",
            Self::Full => "full",
        }
    }

    /// Of that name.
    pub(super) fn of_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|miss| miss.code() == code)
    }
}

/// What became of a try.
pub(super) enum Tried {
    /// Passed: `<ledger>/<index>` of the act that says so.
    Passed(String),
    /// Not yet.
    Missed(Miss),
}

/// As programs read it.
#[derive(Serialize)]
pub(super) struct Outcome {
    passed: bool,
    receipt: Option<String>,
    miss: Option<Miss>,
}

impl Tried {
    /// Back to the exercise's page, which tells.
    pub(super) fn to(&self, page: &str) -> Response {
        let to = match self {
            Self::Passed(_) => Redirect::to(page),
            Self::Missed(miss) => Redirect::to(&format!("{page}?miss={}", miss.code())),
        };
        to.into_response()
    }

    pub(super) fn outcome(self) -> Outcome {
        match self {
            Self::Passed(receipt) => Outcome {
                passed: true,
                receipt: Some(receipt),
                miss: None,
            },
            Self::Missed(miss) => Outcome {
                passed: false,
                receipt: None,
                miss: Some(miss),
            },
        }
    }
}

/// What a page was led to with.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Asked {
    miss: Option<String>,
}

impl Asked {
    pub(super) fn miss(&self) -> Option<Miss> {
        Miss::of_code(self.miss.as_deref()?)
    }
}
