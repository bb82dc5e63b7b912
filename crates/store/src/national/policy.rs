//! The data centre's copy of the trust policy: `policy` in the data folder, a C2SP tlog-policy file.
//!
//! Whoever verifies must check its SHA-256 against a source that isn't the operator: a gazette, a letter.

use std::fs;
use std::io::Write as _;

use amana_ledger::{Policy, VerifierKey};

use crate::rows::Isolation;
use crate::store::{Shared, lock_state};
use crate::{Error, LedgerId, LedgerInfo, Result, Store, folders};

/// A policy and the file's text.
pub struct TrustPolicy {
    /// The file, verbatim.
    pub text: String,
    /// What it says.
    pub policy: Policy,
}

impl Default for TrustPolicy {
    fn default() -> Self {
        let text = "quorum none\n".to_owned();
        let policy = Policy::parse(text.as_bytes()).expect("a policy of one line is well-formed");
        Self { text, policy }
    }
}

/// Reads the file; makes it, without a quorum, on the first start. Several nodes have it from their database.
pub(crate) fn load_or_create(shared: &Shared) -> Result<()> {
    let _alone = lock_state(&shared.policy_file);
    let path = shared.folder.join("policy");
    if let Some(text) = in_database(shared)? {
        let known = fs::read_to_string(&path);
        return match known {
            Ok(known) if known == text => adopt(shared, text),
            _ => write_file(shared, &text).and_then(|()| adopt(shared, text)),
        };
    }
    match fs::read_to_string(&path) {
        Ok(text) => adopt(shared, text),
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => {
            write(shared, None, &compose(shared, &[], None)?)
        }
        Err(e) => Err(Error::file("read", &path)(e)),
    }
}

/// Reads the file as it is, for a check.
pub(crate) fn load(shared: &Shared) -> Result<()> {
    let path = shared.folder.join("policy");
    adopt(
        shared,
        fs::read_to_string(&path).map_err(Error::file("read", &path))?,
    )
}

fn adopt(shared: &Shared, text: String) -> Result<()> {
    let wrong = |why: String| Error::Folder {
        path: shared.folder.join("policy"),
        why,
    };
    let policy = Policy::parse(text.as_bytes()).map_err(|e| wrong(e.to_string()))?;
    let national = shared.keys.national_key().verifier();
    if !policy.logs().iter().any(|log| log.key == national) {
        return Err(wrong(format!(
            "it doesn't list this data centre's national log, {national}; if the name of the data centre or its keys \
             changed, restore them"
        )));
    }
    let genesis = shared.read(|rows| LedgerInfo::by_id(rows, LedgerId::NATIONAL))?;
    if policy.genesis() != genesis.map(|national| national.genesis) {
        return Err(wrong(
            "its genesis is not the one of this national log: this policy belongs to another history under the same \
             keys, or was edited"
                .to_owned(),
        ));
    }
    *shared
        .policy
        .write()
        .unwrap_or_else(std::sync::PoisonError::into_inner) = TrustPolicy { text, policy }.into();
    Ok(())
}

/// The text of a policy: this data centre's national log, its genesis, and a group of witnesses.
fn compose(
    shared: &Shared,
    witnesses: &[(String, VerifierKey)],
    quorum: Option<usize>,
) -> Result<String> {
    let national = shared.read(|rows| LedgerInfo::by_id(rows, LedgerId::NATIONAL))?;
    let genesis = national
        .ok_or_else(|| Error::Missing {
            what: "the national log".into(),
        })?
        .genesis;
    let mut text = format!(
        "# Trust policy of {}\n\
         # Check this file's SHA-256 against a source that is not the data centre's operator.\n\
         log {}\n# genesis {genesis}\n",
        shared.keys.centre(),
        shared.keys.national_key().verifier()
    );
    for (name, key) in witnesses {
        text += &format!("witness {name} {key}\n");
    }
    if witnesses.is_empty() {
        return Ok(text + "quorum none\n");
    }
    let k = quorum.unwrap_or_else(|| default_quorum(witnesses.len()));
    let names: Vec<&str> = witnesses.iter().map(|(name, _)| name.as_str()).collect();
    Ok(text
        + &format!(
            "group witnesses {k} {}\nquorum witnesses\n",
            names.join(" ")
        ))
}

/// The smallest k with k > (n + f) / 2, where f = (n - 1) / 3 witnesses may lie: two quorums then share an honest one.
#[must_use]
pub fn default_quorum(witnesses: usize) -> usize {
    let lying = witnesses.saturating_sub(1) / 3;
    (witnesses + lying) / 2 + 1
}

/// Writes a policy in place of the one that says `before`.
fn write(shared: &Shared, before: Option<&str>, text: &str) -> Result<()> {
    Policy::parse(text.as_bytes())?;
    if shared.database.is_some() {
        let rows = shared.connect_to_write()?;
        rows.begin(Isolation::Newest)?;
        let changed = rows.writer().execute_counted(
            "INSERT INTO meta (key, value) VALUES ('policy', $1)
             ON CONFLICT (key) DO UPDATE SET value = excluded.value WHERE meta.value IN ($1, $2)",
            &[text.into(), before.unwrap_or(text).into()],
        )?;
        if changed == 0 {
            rows.roll_back();
            return Err(changed_meanwhile());
        }
        rows.commit()?;
    }
    write_file(shared, text)?;
    adopt(shared, text.to_owned())
}

fn changed_meanwhile() -> Error {
    Error::Refused {
        what: "another trust policy".into(),
        why: "the one in force was changed meanwhile; look at it, and do it again".into(),
    }
}

/// The policy that all nodes follow.
fn in_database(shared: &Shared) -> Result<Option<String>> {
    if shared.database.is_none() {
        return Ok(None);
    }
    let sql = "SELECT value FROM meta WHERE key = 'policy'";
    shared.read(|rows| rows.one(sql, &[], |row| Ok(row.text(0)?.to_owned())))
}

fn write_file(shared: &Shared, text: &str) -> Result<()> {
    let (path, tmp) = (
        shared.folder.join("policy"),
        shared.folder.join("policy.new"),
    );
    let mut file = fs::File::create(&tmp).map_err(Error::file("create", &tmp))?;
    file.write_all(text.as_bytes())
        .and_then(|()| file.sync_all())
        .map_err(Error::file("write", &tmp))?;
    fs::rename(&tmp, &path).map_err(Error::file("rename", &tmp))?;
    folders::sync(&shared.folder)
}

impl Store {
    /// The trust policy in force.
    #[must_use]
    pub fn policy(&self) -> std::sync::Arc<TrustPolicy> {
        self.shared
            .policy
            .read()
            .unwrap_or_else(std::sync::PoisonError::into_inner)
            .clone()
    }

    /// The trust policy in force at all nodes. Blocking.
    ///
    /// # Errors
    /// A failure of the rows; [`Error::Folder`] when it isn't well-formed.
    pub fn newest_policy(&self) -> Result<std::sync::Arc<TrustPolicy>> {
        if in_database(&self.shared)?.is_some_and(|text| text != self.policy().text) {
            load_or_create(&self.shared)?;
        }
        Ok(self.policy())
    }

    /// Replaces the witnesses of a policy that is still in force; `quorum` of them must cosign, by default the smallest number of which any
    /// two groups share an honest member. Durable on return.
    ///
    /// # Errors
    /// [`Error::Folder`] for a policy that isn't well-formed, [`Error::File`]; [`Error::Refused`] when another one is in force.
    pub fn set_witnesses(
        &self,
        instead_of: &TrustPolicy,
        witnesses: &[(String, VerifierKey)],
        quorum: Option<usize>,
    ) -> Result<()> {
        let text = compose(&self.shared, witnesses, quorum)?;
        let _alone = lock_state(&self.shared.policy_file);
        if self.policy().text != instead_of.text {
            return Err(changed_meanwhile());
        }
        write(&self.shared, Some(&instead_of.text), &text)
    }

    /// Takes over the policy that another node was given.
    pub(crate) async fn follow_policy(&self) {
        if self.shared.database.is_none() {
            return;
        }
        let shared = self.shared.clone();
        let followed = tokio::task::spawn_blocking(move || match in_database(&shared)? {
            Some(text) if text != shared.trusted().text => load_or_create(&shared),
            _ => Ok(()),
        });
        if let Ok(Err(error)) = followed.await {
            tracing::warn!(%error, "the trust policy in the database could not be followed");
        }
    }

    /// Reads the policy's file again, after it was edited.
    ///
    /// # Errors
    /// [`Error::Folder`] when it isn't well-formed; the policy in force stays.
    pub fn reload_policy(&self) -> Result<()> {
        load_or_create(&self.shared)
    }
}
