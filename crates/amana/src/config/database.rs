//! Which engine keeps the rows.

use amana_store::{Database, Options};
use amana_tls::Trust;
use anyhow::{Context as _, Result};
use zeroize::Zeroizing;

use super::Config;
use crate::durable::read_private;

impl Config {
    /// How the store of the data centre of that name is opened.
    ///
    /// # Errors
    /// For a database that can't be meant, and for a file with a password or a key that others may read.
    pub(crate) fn store_options(&self, centre: &str) -> Result<Options> {
        Ok(Options {
            database: self.database()?,
            object_place: self.object_place()?,
            ..Options::new(centre)
        })
    }

    /// The database that keeps the rows; none is the embedded engine.
    ///
    /// # Errors
    /// As [`Config::store_options`].
    pub(crate) fn database(&self) -> Result<Option<Database>> {
        if self.database.is_empty() {
            return Ok(None);
        }
        let trust = match &self.database_authority {
            Some(authority) => authority.parse().context("database_authority")?,
            None => Trust::System,
        };
        let password = self.database_password_file.as_deref().map(read_private);
        let password: Option<Zeroizing<String>> = password.transpose()?;
        let password = password.as_ref().map(|password| password.trim_end());
        let database = Database::parse(&self.database, password, &trust).context("database")?;
        Ok(Some(database))
    }
}
