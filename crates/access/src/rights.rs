//! What each role may do: one table, which every page and every call of the API looks up by the [`Operation`] that it names.

use serde::{Deserialize, Serialize};

use crate::Role;

/// Everything that is done in the console or through its API by a person who signed in. A page or a call names one.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Operation {
    /// One's own sessions, passkeys and password.
    OwnAccount,
    /// What the institution holds, what is proved, what needs somebody.
    ReadOverview,
    /// The names of buckets, their mode and size.
    ListBuckets,
    /// Make, configure and delete buckets.
    ManageBuckets,
    /// The names, sizes and versions of objects.
    ListObjects,
    /// The content of objects, where it isn't sealed.
    ReadObjects,
    /// Put objects.
    Deposit,
    /// Delete objects.
    DeleteObjects,
    /// Receipts of anything in the institution's ledgers.
    ReadReceipts,
    /// Which access keys there are, never their secrets.
    ReadAccessKeys,
    /// Hand out and revoke access keys.
    ManageAccessKeys,
    /// Who the officials are.
    ReadOfficials,
    /// Name an auditor, give a first enrolment link, and end an auditor's role.
    InviteOfficials,
    /// Open proposals, and what became of the others.
    ReadProposals,
    /// Propose a dangerous act, and withdraw it.
    Propose,
    /// Approve or refuse somebody else's proposal: the second of two.
    Approve,
    /// The ledger as a journal, and its export.
    ReadJournal,
    /// Who the custodians are, and when they last drilled.
    ReadCustodians,
    /// Record a drill of the custodians.
    RecordDrill,
    /// Sites and their deploys.
    ReadSites,
    /// Deploy, import and roll back sites.
    ManageSites,
    /// Usage and quota.
    ReadUsage,
    /// Alerts.
    ReadAlerts,
    /// Threads with the operator.
    ReadMessages,
    /// Write to the operator.
    WriteMessages,
    /// The evidence pack, and statements of usage and availability.
    ReadEvidence,
    /// Let the operator's staff in for a time, and put them out.
    AllowSupport,
    /// The operator's own overview.
    ReadCentre,
    /// Which institutions there are.
    ListInstitutions,
    /// Add, suspend and resume institutions, and name their first officials.
    ManageInstitutions,
    /// Capacity and its forecast.
    ReadCapacity,
    /// Health of disks and engines, scrub results, witnesses, jobs.
    ReadHealth,
    /// Answer institutions, and give notice to all.
    AnswerMessages,
    /// The school: a sandbox of one's own, its exercises, the certificate.
    Learn,
    /// Who of the operator's staff signs in.
    ReadStaff,
    /// Name staff and end their access.
    ManageStaff,
}

/// One row of the table.
#[derive(Clone, Copy, Debug)]
pub struct Rights {
    /// What is done.
    pub operation: Operation,
    /// Who may, in the order of [`Role::ALL`].
    pub roles: [bool; Role::ALL.len()],
    /// Whether the operator's staff may in an institution's space, while it consents. Never its content, and no change.
    pub support: bool,
    /// Whether it changes nothing, and so is left to the officials of an institution that is suspended.
    pub reads: bool,
}

const Y: bool = true;
const N: bool = false;

const fn row(operation: Operation, roles: [bool; 5], support: bool, reads: bool) -> Rights {
    Rights {
        operation,
        roles,
        support,
        reads,
    }
}

/// The table. Nothing is inherited, and no role stands above another: each cell was decided.
#[rustfmt::skip] // It is read as a table.
pub const RIGHTS: [Rights; 36] = {
    use Operation::*;
    [
        //                      director, focal-point, custodian, auditor, operator; support; reads
        row(OwnAccount,         [Y, Y, Y, Y, Y], N, Y),
        row(ReadOverview,       [Y, Y, Y, Y, N], Y, Y),
        row(ListBuckets,        [Y, Y, N, Y, N], Y, Y),
        row(ManageBuckets,      [N, Y, N, N, N], N, N),
        row(ListObjects,        [Y, Y, N, Y, N], Y, Y),
        row(ReadObjects,        [Y, Y, N, N, N], N, Y),
        row(Deposit,            [N, Y, N, N, N], N, N),
        row(DeleteObjects,      [N, Y, N, N, N], N, N),
        row(ReadReceipts,       [Y, Y, Y, Y, N], Y, Y),
        row(ReadAccessKeys,     [Y, Y, N, Y, N], Y, Y),
        row(ManageAccessKeys,   [N, Y, N, N, N], N, N),
        row(ReadOfficials,      [Y, Y, Y, Y, N], Y, Y),
        row(InviteOfficials,    [Y, Y, N, N, N], N, N),
        row(ReadProposals,      [Y, Y, Y, Y, N], N, Y),
        row(Propose,            [Y, Y, Y, N, N], N, N),
        row(Approve,            [Y, Y, Y, N, N], N, N),
        row(ReadJournal,        [Y, Y, N, Y, N], Y, Y),
        row(ReadCustodians,     [Y, Y, Y, Y, N], Y, Y),
        row(RecordDrill,        [Y, N, Y, N, N], N, N),
        row(ReadSites,          [Y, Y, N, Y, N], Y, Y),
        row(ManageSites,        [N, Y, N, N, N], N, N),
        row(ReadUsage,          [Y, Y, N, Y, N], Y, Y),
        row(ReadAlerts,         [Y, Y, Y, Y, N], Y, Y),
        row(ReadMessages,       [Y, Y, N, Y, N], N, Y),
        row(WriteMessages,      [Y, Y, N, N, N], N, N),
        row(ReadEvidence,       [Y, Y, N, Y, N], N, Y),
        row(AllowSupport,       [Y, Y, N, N, N], N, N),
        row(Learn,              [Y, Y, Y, Y, Y], N, N),
        row(ReadCentre,         [N, N, N, N, Y], N, Y),
        row(ListInstitutions,   [N, N, N, N, Y], N, Y),
        row(ManageInstitutions, [N, N, N, N, Y], N, N),
        row(ReadCapacity,       [N, N, N, N, Y], N, Y),
        row(ReadHealth,         [N, N, N, N, Y], N, Y),
        row(AnswerMessages,     [N, N, N, N, Y], N, N),
        row(ReadStaff,          [N, N, N, N, Y], N, Y),
        row(ManageStaff,        [N, N, N, N, Y], N, N),
    ]
};

impl Operation {
    /// Its row.
    ///
    /// # Panics
    /// Never: a test looks up every operation.
    #[must_use]
    pub fn rights(self) -> &'static Rights {
        RIGHTS
            .iter()
            .find(|row| row.operation == self)
            .expect("every operation has its row")
    }

    /// Whether it decides who comes in: officials, staff, software with keys. A session that a provider of the State opened does
    /// none of it, so that the provider can't turn its word into something that lasts, nor be two officials at once.
    #[must_use]
    pub const fn admits(self) -> bool {
        matches!(
            self,
            Self::ManageAccessKeys
                | Self::InviteOfficials
                | Self::Propose
                | Self::Approve
                | Self::AllowSupport
                | Self::ManageInstitutions
                | Self::ManageStaff
        )
    }

    /// Its name in acts and in the API: `read-overview`.
    #[must_use]
    pub fn name(self) -> String {
        let name = format!("{self:?}");
        let mut kebab = String::with_capacity(name.len() + 4);
        for (place, letter) in name.chars().enumerate() {
            if letter.is_ascii_uppercase() && place > 0 {
                kebab.push('-');
            }
            kebab.push(letter.to_ascii_lowercase());
        }
        kebab
    }
}

/// Whether an official of that role may do that, in the space of whom the official serves.
#[must_use]
pub fn may(role: Role, operation: Operation) -> bool {
    let column = Role::ALL.iter().position(|one| *one == role);
    column.is_some_and(|column| operation.rights().roles[column])
}
