//! Why a keyring, or what travels beside it, was refused: one variant for each rule.

use super::text::Holder;
use crate::member::MemberId;

/// The rule that a keyring broke.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum KeyringRefusal {
    /// The number isn't the one after the keyring that is held: it was seen before, or some are missing.
    #[error("keyring {found} does not follow: the next one is {expected}")]
    Number {
        /// The number that comes next.
        expected: u64,
        /// The number found.
        found: u64,
    },
    /// It follows another keyring than the one that is held.
    #[error("keyring {number} follows another keyring than the one that is held")]
    Previous {
        /// Its number.
        number: u64,
    },
    /// It is of another institution.
    #[error("the keyring is of {found}, not of {expected}")]
    OtherInstitution {
        /// The institution expected.
        expected: String,
        /// The institution found.
        found: String,
    },
    /// It names another root than the pinned one.
    #[error("the keyring names another root than the pinned one")]
    OtherRoot,
    /// The name key changed, and with it every name would be lost.
    #[error("the name key changed, and it never may")]
    NameKeyChanged,
    /// An epoch was taken away or put in another's place.
    #[error("epoch {epoch} was taken away or replaced: epochs are only added")]
    EpochLost {
        /// The first such epoch.
        epoch: u32,
    },
    /// Number 1 isn't signed by the root.
    #[error("the first keyring is not signed by the root")]
    FirstNotByRoot,
    /// Somebody signed who isn't an admin of the keyring before.
    #[error("member {member} signed, and is no admin of the keyring before")]
    NotAnAdmin {
        /// Who signed.
        member: MemberId,
    },
    /// A signature doesn't verify.
    #[error("the signature of {signer} does not verify")]
    BadSignature {
        /// Who is said to have signed.
        signer: Holder,
    },
    /// An admin was taken in, or its line changed, without the root.
    #[error("member {member} became an admin, or changed as one, without the root's signature")]
    AdminWithoutRoot {
        /// The admin.
        member: MemberId,
    },
    /// The root's recipient changed without the root.
    #[error("the root's recipient changed without the root's signature")]
    RootRecipientWithoutRoot,
    /// The custodians changed without the root, which nobody shares anew without having it.
    #[error("the custodians changed without the root's signature")]
    CustodiansWithoutRoot,
    /// The recipient beside the keyring is missing, or isn't the one that it names.
    #[error("the recipient of {holder} is missing, or is not the one that the keyring names")]
    WrongRecipient {
        /// Whose.
        holder: Holder,
    },
    /// The file beside the keyring is missing, or isn't the one that it names.
    #[error("the file of {holder} is missing, or is not the one that the keyring names")]
    WrongFile {
        /// Whose.
        holder: Holder,
    },
    /// Something beside the keyring belongs to nobody in it.
    #[error("{holder} is not in the keyring, and something beside it is theirs")]
    Stranger {
        /// Whose.
        holder: Holder,
    },
    /// A file opened, and holds the secrets of another institution or keyring.
    #[error("the secrets in the file are those of another keyring")]
    SecretsOfAnother,
    /// A file opened, and holds another name key than the one committed to.
    #[error("the name key in the file is not the one that the keyring commits to")]
    WrongNameKey,
    /// A file opened, and holds another secret of an epoch than the one committed to, or lacks it.
    #[error("the secret of epoch {epoch} in the file is not the one that the keyring commits to")]
    WrongEpoch {
        /// The epoch.
        epoch: u32,
    },
    /// A change was asked for a member who isn't there.
    #[error("there is no member {member} in the keyring")]
    NoSuchMember {
        /// The member.
        member: MemberId,
    },
    /// A member was to be taken in who is there already.
    #[error("member {member} is in the keyring already")]
    MemberTwice {
        /// The member.
        member: MemberId,
    },
}
