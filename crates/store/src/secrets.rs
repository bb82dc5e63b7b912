//! Secrets of the data centre itself, in the rows beside those of access keys: sealed under the operator's seed, and so in
//! every backup and mirror, where nobody opens them without it.

use zeroize::Zeroizing;

use crate::{Result, Store};

impl Store {
    /// The secret of that name, if one is kept.
    ///
    /// # Errors
    /// [`crate::Error::Damaged`] when it doesn't open; a failure of the rows.
    pub fn secret(&self, name: &str) -> Result<Option<Zeroizing<Vec<u8>>>> {
        let sealed = self.read(|rows| {
            let sql = "SELECT sealed FROM secrets WHERE name = $1";
            rows.one(sql, &[name.into()], |row| Ok(row.blob(0)?.to_vec()))
        })?;
        let open = |sealed: Vec<u8>| self.keys().unseal(name, &sealed);
        sealed.map(open).transpose()
    }

    /// Keeps a secret, in place of what was kept under the name. Durable on return. Blocking.
    ///
    /// # Errors
    /// [`crate::Error::ReadOnly`], or a failure of the rows.
    pub fn keep_secret(&self, name: &'static str, secret: &[u8]) -> Result<()> {
        let sealed = self.keys().seal(name, secret)?;
        self.alone_blocking(move |group| {
            group.transact_evidence(|rows| {
                rows.execute(
                    "INSERT INTO secrets (name, sealed) VALUES ($1, $2)
                     ON CONFLICT (name) DO UPDATE SET sealed = excluded.sealed",
                    &[name.into(), sealed.as_slice().into()],
                )
            })
        })?;
        Ok(())
    }
}
