//! What a receipt proves under a trust policy: each step named, so that a refusal says where the chain broke.

use crate::checkpoint::Checkpoint;
use crate::epoch::slot_entry;
use crate::error::Error;
use crate::hash::leaf_hash;
use crate::policy::{Cosigned, Policy};
use crate::proof::verify_inclusion;
use crate::receipt::{Receipt, ReceiptEpoch};
use crate::registry::{LedgerQuorum, RegistryRow};
use crate::vkey::VerifierKey;

/// How far an act's proof reaches.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum State {
    /// The operator signed a checkpoint that includes the act: evidence against it, if it ever says otherwise.
    Recorded,
    /// The quorums of the ledger and of the national log saw that checkpoint: nobody was shown another history.
    Witnessed,
}

impl State {
    /// `recorded` or `witnessed`.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::Recorded => "recorded",
            Self::Witnessed => "witnessed",
        }
    }
}

/// A witness that cosigned, by the name of its key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CosignedBy {
    /// Name of the witness's key.
    pub witness: String,
    /// Its earliest cosignature, in seconds since 1970.
    pub time_s: u64,
}

/// What a receipt that stands has proven.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verdict {
    /// How far the proof reaches.
    pub state: State,
    /// Why it reaches no further; nothing if it is witnessed.
    pub why_not_witnessed: Option<NotWitnessed>,
    /// The registry row of the act's ledger.
    pub row: RegistryRow,
    /// The act's index in its ledger.
    pub index: u64,
    /// Size of the ledger's checkpoint.
    pub size: u64,
    /// The act's core.
    pub core: String,
    /// The act's body, if the receipt has it.
    pub body: Option<String>,
    /// The epoch that commits the ledger's checkpoint, if the receipt has it.
    pub epoch: Option<u64>,
    /// Trusted witnesses on the ledger's checkpoint.
    pub ledger_cosigned: Vec<CosignedBy>,
    /// Trusted witnesses on the national checkpoint.
    pub national_cosigned: Vec<CosignedBy>,
    /// When the ledger's quorum stood, in seconds since 1970: the time that matters for the act. Under a row with a quorum
    /// of its own, when both that one and the trust policy's stood.
    pub ledger_quorum_time_s: Option<u64>,
    /// When the national quorum stood, in seconds since 1970.
    pub national_quorum_time_s: Option<u64>,
}

/// Why a receipt that stands isn't witnessed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotWitnessed {
    /// The trust policy says `quorum none`.
    #[error("the trust policy asks for no quorum")]
    PolicyWithoutQuorum,
    /// The row says `quorum none`.
    #[error("the ledger's row asks for no quorum")]
    RowWithoutQuorum,
    /// The row counts on a witness that the trust policy doesn't list: the operator may have made it up.
    #[error("the ledger's row names {witness}, which the trust policy does not list")]
    RowWitnessUnlisted {
        /// Name of the witness's key.
        witness: String,
    },
    /// The ledger's checkpoint lacks cosignatures, for the trust policy's quorum or for the row's own.
    #[error("too few witnesses cosigned the ledger's checkpoint")]
    LedgerQuorumNotMet,
    /// The receipt was made before an epoch committed the checkpoint.
    #[error("the receipt has no epoch yet")]
    NoEpoch,
    /// The national checkpoint lacks cosignatures.
    #[error("too few witnesses cosigned the national checkpoint")]
    NationalQuorumNotMet,
}

impl NotWitnessed {
    /// A stable name of the variant.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::PolicyWithoutQuorum => "policy-without-quorum",
            Self::RowWithoutQuorum => "row-without-quorum",
            Self::RowWitnessUnlisted { .. } => "row-witness-unlisted",
            Self::LedgerQuorumNotMet => "ledger-quorum-not-met",
            Self::NoEpoch => "no-epoch",
            Self::NationalQuorumNotMet => "national-quorum-not-met",
        }
    }
}

/// The step at which a receipt fails. A receipt whose epoch is wrong fails; it isn't taken for one without.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ReceiptError {
    /// The body isn't the one that was hashed.
    #[error("the body does not match its hash")]
    BodyMismatch,
    /// No log of the trust policy signed the registry row.
    #[error("the registry row is not signed by a log of the trust policy")]
    RowSignature(#[source] Error),
    /// The row's ledger has a key of another name than its own, or a national log that isn't named as one signed it.
    #[error("the ledger's key does not bear the name of the registry row")]
    NameMismatch,
    /// The ledger's checkpoint bears another name than the row's key.
    #[error("the checkpoint is of another ledger than the registry row")]
    OriginMismatch,
    /// The ledger's key didn't sign its checkpoint.
    #[error("the ledger's checkpoint is not signed by its key")]
    LedgerSignature(#[source] Error),
    /// The act isn't in the ledger's checkpoint.
    #[error("the act is not included in the ledger's checkpoint")]
    LeafNotIncluded,
    /// The ledger's first act isn't the one that the row pins.
    #[error("the ledger does not begin as its registry row says")]
    GenesisMismatch,
    /// A trusted witness's line on the ledger's checkpoint doesn't verify.
    #[error("a cosignature of the ledger's checkpoint is wrong")]
    LedgerCosignature(#[source] Error),
    /// The row isn't in the epoch's registry, at its slot.
    #[error("the registry row is not in the epoch's registry")]
    RowNotRegistered,
    /// The ledger's slot of the epoch doesn't hold this checkpoint.
    #[error("the ledger's slot in the epoch does not hold this checkpoint")]
    SlotMismatch,
    /// The national checkpoint bears another name than the log that signed the row.
    #[error("the national checkpoint is of another log")]
    NationalOriginMismatch,
    /// The national log didn't sign its checkpoint.
    #[error("the national checkpoint is not signed by its log")]
    NationalSignature(#[source] Error),
    /// The epoch isn't in the national checkpoint, at its number.
    #[error("the epoch is not included in the national checkpoint")]
    EpochNotIncluded,
    /// The national log's first epoch isn't the one that the trust policy pins.
    #[error("the national log does not begin as the trust policy says")]
    NationalGenesisMismatch,
    /// A trusted witness's line on the national checkpoint doesn't verify.
    #[error("a cosignature of the national checkpoint is wrong")]
    NationalCosignature(#[source] Error),
}

impl ReceiptError {
    /// A stable name of the step, the same in every implementation.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::BodyMismatch => "body-mismatch",
            Self::RowSignature(_) => "row-signature",
            Self::NameMismatch => "name-mismatch",
            Self::OriginMismatch => "origin-mismatch",
            Self::LedgerSignature(_) => "ledger-signature",
            Self::LeafNotIncluded => "leaf-not-included",
            Self::GenesisMismatch => "genesis-mismatch",
            Self::LedgerCosignature(_) => "ledger-cosignature",
            Self::RowNotRegistered => "row-not-registered",
            Self::SlotMismatch => "slot-mismatch",
            Self::NationalOriginMismatch => "national-origin-mismatch",
            Self::NationalSignature(_) => "national-signature",
            Self::EpochNotIncluded => "epoch-not-included",
            Self::NationalGenesisMismatch => "national-genesis-mismatch",
            Self::NationalCosignature(_) => "national-cosignature",
        }
    }
}

impl Receipt {
    /// Judges the receipt under a trust policy, with nothing else than the two.
    ///
    /// # Errors
    /// The first step that fails, in the order of [`ReceiptError`].
    pub fn verify(&self, policy: &Policy) -> Result<Verdict, ReceiptError> {
        if !self.act.body_stands() {
            return Err(ReceiptError::BodyMismatch);
        }
        let (row, national_log) = self.trusted_row(policy)?;
        if !row.is_named_as_its_log(national_log) {
            return Err(ReceiptError::NameMismatch);
        }
        let checkpoint = self.recorded_in(&row)?;

        let own = match &row.quorum {
            LedgerQuorum::National => None,
            LedgerQuorum::Own(own) => Some(own.policy()),
        };
        let ledger_cosigned = self.ledger_cosigned(policy, own)?;
        let unlisted = own.and_then(|own| {
            let mut all = own.witnesses().iter();
            all.find(|witness| !policy.lists_witness(&witness.key))
        });
        let ledger_quorum_time_s = later_quorum_time_s(policy, own, &ledger_cosigned);

        let mut national_cosigned = Cosigned::new();
        if let Some(epoch) = &self.epoch {
            epoch.commits(self, &row, &checkpoint, national_log, policy)?;
            let cosigned = policy.cosigned(&epoch.national.checkpoint);
            national_cosigned = cosigned.map_err(ReceiptError::NationalCosignature)?;
        }
        let national_quorum_time_s = policy.quorum_time_s(&national_cosigned);

        let why_not_witnessed = if !policy.has_quorum() {
            Some(NotWitnessed::PolicyWithoutQuorum)
        } else if own.is_some_and(|own| !own.has_quorum()) {
            Some(NotWitnessed::RowWithoutQuorum)
        } else if let Some(witness) = unlisted {
            Some(NotWitnessed::RowWitnessUnlisted {
                witness: witness.key.name().to_owned(),
            })
        } else if ledger_quorum_time_s.is_none() {
            Some(NotWitnessed::LedgerQuorumNotMet)
        } else if self.epoch.is_none() {
            Some(NotWitnessed::NoEpoch)
        } else if national_quorum_time_s.is_none() {
            Some(NotWitnessed::NationalQuorumNotMet)
        } else {
            None
        };
        Ok(Verdict {
            state: if why_not_witnessed.is_none() {
                State::Witnessed
            } else {
                State::Recorded
            },
            why_not_witnessed,
            index: self.ledger.index,
            size: checkpoint.size,
            core: self.act.core.clone(),
            body: self.act.body.as_ref().map(|body| body.text.clone()),
            epoch: self.epoch.as_ref().map(|epoch| epoch.leaf.epoch),
            ledger_cosigned: named(&ledger_cosigned, policy),
            national_cosigned: named(&national_cosigned, policy),
            ledger_quorum_time_s,
            national_quorum_time_s,
            row,
        })
    }

    /// The registry row, and which of the policy's logs signed it.
    fn trusted_row<'a>(
        &self,
        policy: &'a Policy,
    ) -> Result<(RegistryRow, &'a VerifierKey), ReceiptError> {
        let mut refusal = Error::Unsigned {
            key: "any log of the trust policy".to_owned(),
        };
        for log in policy.logs() {
            match RegistryRow::open(&self.registry, &log.key) {
                Ok(row) => return Ok((row, &log.key)),
                Err(Error::Unsigned { .. }) => {}
                Err(other) => refusal = other,
            }
        }
        Err(ReceiptError::RowSignature(refusal))
    }

    /// Checks that the row's ledger recorded the act, and gives the checkpoint that says so.
    fn recorded_in(&self, row: &RegistryRow) -> Result<Checkpoint, ReceiptError> {
        let leaf = leaf_hash(&self.act.entry());
        let checkpoint = self
            .ledger
            .verify(&leaf, &row.log)
            .map_err(|error| match error {
                Error::WrongOrigin { .. } => ReceiptError::OriginMismatch,
                Error::ProofMismatch | Error::OutOfRange { .. } => ReceiptError::LeafNotIncluded,
                other => ReceiptError::LedgerSignature(other),
            })?;
        // The root of a tree of one leaf is that leaf's hash. Deeper in the ledger, its witnesses began at the genesis.
        if self.ledger.index == 0 && leaf != row.genesis {
            return Err(ReceiptError::GenesisMismatch);
        }
        Ok(checkpoint)
    }

    /// Who of the policy's witnesses cosigned the ledger's checkpoint, by the name that the policy or the row's own lines
    /// give them. Every line of either's witnesses must verify.
    fn ledger_cosigned(
        &self,
        policy: &Policy,
        own: Option<&Policy>,
    ) -> Result<Cosigned, ReceiptError> {
        let mut cosigned = Cosigned::new();
        for witnesses in [Some(policy), own].into_iter().flatten() {
            let found = witnesses.cosigned(&self.ledger.checkpoint);
            for (key, time_s) in found.map_err(ReceiptError::LedgerCosignature)? {
                let earliest = cosigned.entry(key).or_insert(time_s);
                *earliest = time_s.min(*earliest);
            }
        }
        cosigned.retain(|key, _| {
            let mut listed = policy.witnesses().iter();
            listed.any(|witness| witness.key.key_bytes() == key)
        });
        Ok(cosigned)
    }
}

/// When the policy's quorum and the row's own, if it has one, both stood.
///
/// The operator writes the row. A weaker quorum of its own alone would let it show two heads to two witnesses, in two
/// epochs, so such a quorum only adds to the policy's.
fn later_quorum_time_s(policy: &Policy, own: Option<&Policy>, cosigned: &Cosigned) -> Option<u64> {
    let time_s = policy.quorum_time_s(cosigned)?;
    match own {
        None => Some(time_s),
        Some(own) => Some(time_s.max(own.quorum_time_s(cosigned)?)),
    }
}

impl ReceiptEpoch {
    /// Checks that this epoch commits the row and the checkpoint, and that the national log includes the epoch.
    fn commits(
        &self,
        receipt: &Receipt,
        row: &RegistryRow,
        checkpoint: &Checkpoint,
        national_log: &VerifierKey,
        policy: &Policy,
    ) -> Result<(), ReceiptError> {
        let leaf = &self.leaf;
        let row_leaf = leaf_hash(receipt.registry.text.as_bytes());
        verify_inclusion(
            &row_leaf,
            row.slot,
            leaf.ledgers,
            &self.row_proof,
            &leaf.registry_root,
        )
        .map_err(|_| ReceiptError::RowNotRegistered)?;
        let slot_leaf = leaf_hash(&slot_entry(&self.slot_salt, &checkpoint.body()));
        verify_inclusion(
            &slot_leaf,
            row.slot,
            leaf.ledgers,
            &self.slot_proof,
            &leaf.slots_root,
        )
        .map_err(|_| ReceiptError::SlotMismatch)?;
        let epoch_leaf = leaf_hash(&leaf.entry());
        self.national
            .verify(&epoch_leaf, national_log)
            .map_err(|error| match error {
                Error::WrongOrigin { .. } => ReceiptError::NationalOriginMismatch,
                Error::ProofMismatch | Error::OutOfRange { .. } => ReceiptError::EpochNotIncluded,
                other => ReceiptError::NationalSignature(other),
            })?;
        if self.national.index != leaf.epoch {
            return Err(ReceiptError::EpochNotIncluded);
        }
        if leaf.epoch == 0
            && policy
                .genesis()
                .is_some_and(|genesis| genesis != epoch_leaf)
        {
            return Err(ReceiptError::NationalGenesisMismatch);
        }
        Ok(())
    }
}

/// Key names of those who cosigned, in the order of the policy.
fn named(cosigned: &Cosigned, policy: &Policy) -> Vec<CosignedBy> {
    let of = |key: &VerifierKey| {
        cosigned
            .get(key.key_bytes())
            .map(|&time_s| (key.name().to_owned(), time_s))
    };
    let found = policy
        .witnesses()
        .iter()
        .filter_map(|witness| of(&witness.key));
    found
        .map(|(witness, time_s)| CosignedBy { witness, time_s })
        .collect()
}
