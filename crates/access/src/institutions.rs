//! Institutions as the operator sees them: how many, which, in what state; never what they hold by name.

use amana_store::{Reader, Row};
use serde::Serialize;

use crate::model::SANDBOX;
use crate::views;
use crate::{Access, InstitutionName, Result};

/// An institution, as it stands in a list.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Listed {
    /// Its name.
    pub name: String,
    /// Whether it is a sandbox of the school.
    pub sandbox: bool,
    /// When it was added, milliseconds since 1970.
    pub since_ms: i64,
    /// Whether its keys are refused for now.
    pub suspended: bool,
    /// Since when it leaves, milliseconds since 1970.
    pub leaving_ms: Option<i64>,
    /// How many officials are in office.
    pub officials: u64,
    /// Acts in its ledger.
    pub acts: u64,
    /// Its threads that wait for the operator.
    pub awaiting: u64,
}

/// How many institutions there are; sandboxes of the school are none.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
pub struct Counted {
    /// All of them.
    pub institutions: u64,
    /// Those that are suspended.
    pub suspended: u64,
}

impl Access {
    /// The institutions whose names have those letters in them, from after that name on, in the order of names. What no name
    /// could have in it is left out of what is looked for. Blocking.
    ///
    /// # Errors
    /// [`crate::Error::Store`].
    pub fn find_institutions(
        &self,
        looked_for: &str,
        after: &str,
        max: u32,
    ) -> Result<Vec<Listed>> {
        let letters: String = looked_for
            .to_lowercase()
            .chars()
            .filter(|c| c.is_ascii_alphanumeric() || *c == '-')
            .collect();
        Ok(self.store().read(|rows| list(rows, &letters, after, max))?)
    }

    /// How many institutions there are. Blocking.
    ///
    /// # Errors
    /// [`crate::Error::Store`].
    pub fn count_institutions(&self) -> Result<Counted> {
        let sql = "SELECT COUNT(*), CAST(COALESCE(SUM(suspended), 0) AS BIGINT) FROM institutions \
                   WHERE ledger NOT IN (SELECT ledger FROM schools)";
        let read = |row: &Row<'_>| {
            Ok(Counted {
                institutions: row.int(0)?.cast_unsigned(),
                suspended: row.int(1)?.cast_unsigned(),
            })
        };
        let counted = self.store().read(|rows| rows.one(sql, &[], read))?;
        Ok(counted.unwrap_or(Counted {
            institutions: 0,
            suspended: 0,
        }))
    }

    /// Whether two officials of an institution's who may approve can sign in, so that the operator can name none any more.
    /// Blocking.
    ///
    /// # Errors
    /// [`crate::Error::UnknownInstitution`], [`crate::Error::Store`].
    pub fn keeps_itself(&self, institution: &InstitutionName) -> Result<bool> {
        self.store().read(|rows| {
            let found = views::institution_named(rows, institution.as_str())?;
            crate::acts::credential::keeps_itself(rows, views::ledger_of(&found)?)
        })
    }
}

/// The page is cut first, so that what is counted is counted for it alone; and states are looked at after the ledger, not
/// by their index, which would go through the threads of all institutions for each row.
fn list(
    rows: &Reader<'_>,
    letters: &str,
    after: &str,
    max: u32,
) -> amana_store::Result<Vec<Listed>> {
    let pattern = format!("%{letters}%");
    rows.all(
        "SELECT i.name, i.since_ms, i.suspended, i.leaving_ms, l.size, \
         (SELECT COUNT(*) FROM officials o WHERE o.ledger = i.ledger AND o.removed_ms IS NULL), \
         (SELECT COUNT(CASE WHEN t.state = 'awaits-operator' THEN 1 END) FROM threads t WHERE t.ledger = i.ledger) \
         FROM (SELECT ledger, name, since_ms, suspended, leaving_ms FROM institutions \
               WHERE name > $1 AND name LIKE $2 ORDER BY name LIMIT $3) i \
         JOIN ledgers l ON l.id = i.ledger ORDER BY i.name",
        &[after.into(), pattern.as_str().into(), max.into()],
        |row| {
            Ok(Listed {
                sandbox: row.text(0)?.starts_with(SANDBOX),
                name: row.text(0)?.to_owned(),
                since_ms: row.int(1)?,
                suspended: row.int(2)? != 0,
                leaving_ms: row.opt_int(3)?,
                acts: row.int(4)?.cast_unsigned(),
                officials: row.int(5)?.cast_unsigned(),
                awaiting: row.int(6)?.cast_unsigned(),
            })
        },
    )
}
