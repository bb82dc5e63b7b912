//! The members of each institution's newest keyring: one that is left out is no member any more.

use amana_seal::keyring::{Keyring, Role};
use amana_seal::member::{MemberId, VerifyingKey};
use amana_store::{LedgerId, Reader, View, Writer};

use super::damaged;
use crate::members::Standing;

type Result<T> = amana_store::Result<T>;

pub(crate) const VIEW: View = View {
    table: "members",
    columns: "ledger BIGINT NOT NULL, member BLOB NOT NULL, key BLOB NOT NULL, admin BIGINT NOT NULL, \
              kind TEXT NOT NULL, name TEXT NOT NULL, PRIMARY KEY (ledger, member)",
    key: "ledger, member",
    clustered: true,
    indexes: &[],
};

/// A member in the newest keyring, and that keyring's number and epoch.
pub(crate) fn standing(
    rows: &Reader<'_>,
    ledger: LedgerId,
    member: MemberId,
) -> Result<Option<Standing>> {
    rows.one(
        "SELECT k.number, k.epoch, m.key, m.admin, m.kind, m.name FROM members m JOIN keyrings k ON k.ledger = m.ledger \
         WHERE m.ledger = $1 AND m.member = $2",
        &[ledger.0.into(), member.as_bytes().as_slice().into()],
        |row| {
            let wrong = || damaged(format!("the row of member {member}"), "it is not a member's");
            let key = <&[u8; 32]>::try_from(row.blob(2)?).map_err(|_| wrong())?;
            Ok(Standing {
                keyring: row.int(0)?.cast_unsigned(),
                epoch: u32::try_from(row.int(1)?).map_err(|_| wrong())?,
                key: VerifyingKey::from_bytes(key).map_err(|_| wrong())?,
                admin: row.int(3)? != 0,
                kind: row.text(4)?.to_owned(),
                name: row.text(5)?.to_owned(),
            })
        },
    )
}

/// Whether a member still stands there as it did, and its institution isn't suspended.
pub(crate) fn stands(
    rows: &Reader<'_>,
    ledger: LedgerId,
    member: MemberId,
    key: &VerifyingKey,
    admin: bool,
) -> Result<bool> {
    let found = rows.one(
        "SELECT m.key, m.admin FROM members m JOIN institutions i ON i.ledger = m.ledger \
         WHERE m.ledger = $1 AND m.member = $2 AND i.suspended = 0",
        &[ledger.0.into(), member.as_bytes().as_slice().into()],
        |row| Ok(row.blob(0)? == key.as_bytes() && (row.int(1)? != 0) == admin),
    )?;
    Ok(found == Some(true))
}

/// Puts the members of a keyring in the place of those before.
pub(crate) fn replace(rows: &Writer<'_>, ledger: LedgerId, keyring: &Keyring) -> Result<()> {
    rows.execute("DELETE FROM members WHERE ledger = $1", &[ledger.0.into()])?;
    for (id, member) in &keyring.members {
        rows.execute(
            "INSERT INTO members (ledger, member, key, admin, kind, name) VALUES ($1, $2, $3, $4, $5, $6)",
            &[
                ledger.0.into(),
                id.as_bytes().as_slice().into(),
                member.key.as_bytes().as_slice().into(),
                i64::from(member.role == Role::Admin).into(),
                member.kind.as_str().into(),
                member.name.as_str().into(),
            ],
        )?;
    }
    Ok(())
}
