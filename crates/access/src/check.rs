//! What only this crate sees: that every key and every password in force has its secret. Secrets are in no act, so a replay can't miss one.

use std::ops::ControlFlow;

use amana_store::Reader;
use amana_store::check::Fault;

use crate::{Access, views};

impl Access {
    /// Reports access keys that no signature can be checked with, and passwords that let nobody in.
    ///
    /// # Errors
    /// A failure of the rows.
    pub fn check(rows: &Reader<'_>, report: &mut dyn FnMut(Fault)) -> amana_store::Result<()> {
        let sql = "SELECT id FROM access_keys WHERE revoked_ms IS NULL ORDER BY id";
        rows.each(sql, &[], |row| {
            let id = row.text(0)?;
            if views::sealed_secret(rows, id).is_err() {
                report(Fault {
                    code: "secret",
                    what: format!("the secret of access key {id}"),
                    why: "it is gone, and the key is in force".to_owned(),
                    advice: "Revoke the key and give its institution another, or restore the newest copy of this folder",
                });
            }
            Ok(ControlFlow::Continue(()))
        })?;
        let sql = "SELECT c.number, l.name FROM credentials c JOIN ledgers l ON l.id = c.ledger \
                   WHERE c.removed_ms IS NULL AND c.secret IS NOT NULL \
                   AND c.secret NOT IN (SELECT name FROM secrets) ORDER BY c.ledger, c.number";
        rows.each(sql, &[], |row| {
            report(Fault {
                code: "secret",
                what: format!("the secret of credential {} of {}", row.int(0)?, row.text(1)?),
                why: "it is gone, and the password is in force".to_owned(),
                advice: "Let two officials recover the account, or restore the newest copy of this folder",
            });
            Ok(ControlFlow::Continue(()))
        })
    }
}
