//! What a data centre must never do, each by its name; and what stops because of it.

use std::fmt;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use amana_store::clock;

use crate::Result;
use crate::evidence::Evidence;

/// Alarms of single objects kept in memory; each has a file as well.
const MAX_ALARMS: usize = 1000;

/// What the data centre did.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Claim {
    /// It signed two histories.
    Fork,
    /// It shows less than it signed before.
    Rollback,
    /// It acknowledged an act and shows another one in its place.
    DeniedAck,
    /// It recorded an unsigned act on a sealed bucket.
    UnsignedAct,
    /// It recorded an act with a signature that doesn't hold.
    BadSignature,
    /// It recorded an act of somebody whom the keyring in force doesn't name.
    UnknownMember,
    /// It calls a sealed bucket open.
    CalledOpen,
    /// A body is gone that the institution didn't have erased.
    UnsignedErasure,
    /// An act doesn't follow the one that its object or bucket had last.
    BrokenChain,
    /// An envelope isn't the one that was signed, or doesn't open.
    BadEnvelope,
    /// A keyring that breaks the rules.
    ForgedKeyring,
    /// The ledger has another key, name or beginning than it had.
    OtherLedger,
    /// An entry's text isn't the one whose hash is in the tree.
    ChangedEntry,
    /// A piece isn't the one that the ledger names.
    DamagedPiece,
}

impl Claim {
    const ALL: [Self; 14] = [
        Self::Fork,
        Self::Rollback,
        Self::DeniedAck,
        Self::UnsignedAct,
        Self::BadSignature,
        Self::UnknownMember,
        Self::CalledOpen,
        Self::UnsignedErasure,
        Self::BrokenChain,
        Self::BadEnvelope,
        Self::ForgedKeyring,
        Self::OtherLedger,
        Self::ChangedEntry,
        Self::DamagedPiece,
    ];

    /// A stable name.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Fork => "fork",
            Self::Rollback => "rollback",
            Self::DeniedAck => "denied-ack",
            Self::UnsignedAct => "unsigned-act",
            Self::BadSignature => "bad-signature",
            Self::UnknownMember => "unknown-member",
            Self::CalledOpen => "called-open",
            Self::UnsignedErasure => "unsigned-erasure",
            Self::BrokenChain => "broken-chain",
            Self::BadEnvelope => "bad-envelope",
            Self::ForgedKeyring => "forged-keyring",
            Self::OtherLedger => "other-ledger",
            Self::ChangedEntry => "changed-entry",
            Self::DamagedPiece => "damaged-piece",
        }
    }

    /// Whether it stops this object alone. Any other claim says that the ledger can't be followed further, and everything
    /// that would be served from it, or added to it, stops.
    #[must_use]
    pub const fn is_of_one_object(self) -> bool {
        matches!(self, Self::DamagedPiece)
    }
}

impl FromStr for Claim {
    type Err = ();

    fn from_str(code: &str) -> Result<Self, ()> {
        let mut all = Self::ALL.into_iter();
        all.find(|claim| claim.code() == code).ok_or(())
    }
}

/// An alarm, told once.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Alarm {
    /// What was done.
    pub claim: Claim,
    /// The ledger.
    pub origin: String,
    /// What exactly, for a person.
    pub why: String,
    /// When it was noticed, milliseconds since 1970.
    pub when_ms: i64,
    /// The file that keeps the evidence, unless there was no room for it.
    pub evidence: Option<PathBuf>,
    /// Whether it was heeded, see [`Alarms::heed`], and not raised here.
    pub heeded: bool,
}

impl Alarm {
    /// The claim's stable name.
    #[must_use]
    pub fn code(&self) -> &'static str {
        self.claim.code()
    }
}

impl fmt::Display for Alarm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ALARM {}: {}: {}", self.code(), self.origin, self.why)?;
        match &self.evidence {
            Some(path) => write!(f, "; the evidence is in {}: keep it", path.display()),
            None => f.write_str("; there is no room for more evidence: see to what is kept"),
        }
    }
}

/// All alarms of this gateway, and the folder of their evidence.
pub struct Alarms {
    folder: PathBuf,
    raised: Mutex<Vec<Arc<Alarm>>>,
}

impl Alarms {
    /// Evidence goes to `folder`. What lies there from before is told again: an alarm outlives a restart until a person
    /// moves its file away.
    ///
    /// # Errors
    /// [`crate::Error::File`].
    pub fn open(folder: &Path) -> Result<Self> {
        let mut raised = Vec::new();
        for (path, evidence) in crate::evidence::kept_in(folder)? {
            if evidence.claim.is_of_one_object() && raised.len() >= MAX_ALARMS {
                continue;
            }
            raised.push(Arc::new(Alarm {
                claim: evidence.claim,
                origin: evidence.origin,
                why: evidence.why,
                when_ms: evidence.when_ms,
                evidence: Some(path),
                heeded: false,
            }));
        }
        Ok(Self {
            folder: folder.to_owned(),
            raised: Mutex::new(raised),
        })
    }

    /// Keeps the evidence and raises the alarm, once for the same claim in the same words.
    pub fn raise(&self, evidence: &Evidence) -> Arc<Alarm> {
        let alarm = Alarm {
            claim: evidence.claim,
            origin: evidence.origin.clone(),
            why: evidence.why.clone(),
            when_ms: evidence.when_ms,
            evidence: None,
            heeded: false,
        };
        self.once(alarm, || {
            evidence.keep(&self.folder).unwrap_or_else(|error| {
                tracing::error!(%error, "evidence can't be kept");
                None
            })
        })
    }

    /// Raises the alarm of somebody else at home, who has the evidence: the witness inside this gateway. It stands until the
    /// gateway starts again, and is then the witness's to raise anew.
    pub fn heed(
        &self,
        claim: Claim,
        origin: &str,
        why: &str,
        evidence: Option<PathBuf>,
    ) -> Arc<Alarm> {
        let alarm = Alarm {
            claim,
            origin: origin.to_owned(),
            why: why.to_owned(),
            when_ms: now_ms(),
            evidence: None,
            heeded: true,
        };
        self.once(alarm, || evidence)
    }

    fn once(&self, mut alarm: Alarm, keep: impl FnOnce() -> Option<PathBuf>) -> Arc<Alarm> {
        let same = |known: &&Arc<Alarm>| {
            known.claim == alarm.claim && known.origin == alarm.origin && known.why == alarm.why
        };
        if let Some(known) = self.lock().iter().find(same) {
            return known.clone();
        }
        alarm.evidence = keep();
        let alarm = Arc::new(alarm);
        tracing::error!(code = alarm.code(), "{alarm}");
        let mut raised = self.lock();
        // However many pieces were damaged before, what stops everything is never one too many: after it little follows.
        if raised.len() < MAX_ALARMS || !alarm.claim.is_of_one_object() {
            raised.push(alarm.clone());
        }
        alarm
    }

    /// Every alarm so far.
    #[must_use]
    pub fn all(&self) -> Vec<Arc<Alarm>> {
        self.lock().clone()
    }

    /// The alarm for which the whole ledger stands still, if any.
    #[must_use]
    pub fn stopping(&self) -> Option<Arc<Alarm>> {
        let raised = self.lock();
        let stopping = raised.iter().find(|alarm| !alarm.claim.is_of_one_object());
        stopping.cloned()
    }

    /// The alarm, if any, for which the whole ledger stands still and that was raised here: its evidence is this gateway's,
    /// and lasts until a person takes it away.
    #[must_use]
    pub fn convicting(&self) -> Option<Arc<Alarm>> {
        let raised = self.lock();
        let mut own = raised.iter().filter(|alarm| !alarm.heeded);
        own.find(|alarm| !alarm.claim.is_of_one_object()).cloned()
    }

    /// Fails while an alarm stands for which nothing may go on.
    ///
    /// # Errors
    /// [`crate::Error::Alarm`].
    pub fn check(&self) -> Result<()> {
        self.stopping().map_or(Ok(()), |alarm| Err(alarm.into()))
    }

    fn lock(&self) -> MutexGuard<'_, Vec<Arc<Alarm>>> {
        self.raised.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Now, as evidence is dated.
pub(crate) fn now_ms() -> i64 {
    clock::system_ms()
}
