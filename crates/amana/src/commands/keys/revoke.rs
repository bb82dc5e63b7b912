//! `amana keys revoke`: a gateway was stolen, an official left. Effective at once for what comes after; what is said about
//! what came before is as plain as it is unwelcome.

use amana_seal::member::MemberId;
use anyhow::{Result, bail};
use clap::Args;
use serde_json::json;

use super::Home;
use super::admin::Desk;

/// Remove a member, and begin a new epoch.
#[derive(Args)]
pub(crate) struct Revoke {
    /// The member's id, as `amana keys show` lists it
    #[arg(value_name = "MEMBER")]
    member: MemberId,
    #[command(flatten)]
    home: Home,
}

impl Revoke {
    pub(crate) async fn run(self) -> Result<()> {
        let mut desk = Desk::open(&self.home).await?;
        if self.member == desk.member.id() {
            bail!(
                "{} is this machine: revoke it from another admin's machine, or recover on a fresh one with amana keys recover \
                 --revoke {}",
                self.member,
                self.member
            );
        }
        let name = desk
            .held
            .keyring()
            .member(self.member)
            .map(|known| known.name.clone());
        let mut draft = desk.draft()?;
        draft.remove(self.member)?;
        let published = desk.publish(draft, None).await?;
        let keyring = desk.held.keyring();
        let answer = json!({
            "revoked": self.member.to_string(),
            "keyring": keyring.number,
            "epoch": keyring.epoch().number,
            "receipt": published.receipt,
        });
        self.home.print(&answer, || {
            format!(
                "{} ({}) is revoked by keyring {}, and epoch {} begins; receipt {}\n{}",
                self.member,
                name.unwrap_or_default(),
                keyring.number,
                keyring.epoch().number,
                published.receipt,
                leaked(published.index()),
            )
        })
    }
}

/// What a revoked key can still do, said to whoever revokes it.
pub(crate) fn leaked(index: &str) -> String {
    format!(
        "From entry {index} on, nothing signed with that key is taken, and nothing sealed opens with it.\nWhoever has the key AND its \
         passphrase (or took it while it was open) can still read everything that was sealed before entry {index}, names \
         included, if they also get the ciphertext: from the data centre, its backups, or copies made before. A new key can't \
         take that back.\nSo: count what was sealed before entry {index} as known to them if the machine was open or its passphrase \
         is weak; change what can be changed (passwords, keys, bank details); deposit again, and delete, what must not be found \
         at the data centre under the old keys; revoke the machine's access keys; and keep the receipt, which proves when."
    )
}
