//! `amana keys recover`: custodians come together on a fresh machine, and it becomes a gateway of their institution. Nothing
//! else is needed: neither the old machine nor its passphrase.

use std::sync::Arc;

use amana_seal::keyring::{Draft, Signer};
use amana_seal::member::{MemberId, MemberKey};
use amana_seal::root::Root;
use anyhow::{Result, bail};
use clap::Args;
use serde_json::{Value, json};

use super::Home;
use super::ceremony::{admin_gateway, host_name};
use super::gather::GivenShares;
use super::init::institution_name;
use super::revoke::leaked;
use crate::client::Client;
use crate::config::environment;
use crate::durable::write_private;
use crate::gateway::config::Config;
use crate::gateway::folder::Folder;
use crate::gateway::held_keyring::HeldKeyring;
use crate::gateway::institution::{Enrolled, Institution};
use crate::gateway::link::Link;
use crate::gateway::member_key;
use crate::gateway::passphrase::Sources;
use crate::gateway::pinned_policy::{GivenPolicy, PinnedPolicy};
use crate::output;
use crate::tls::Authority;

/// Rebuild the root, and make this machine a gateway.
#[derive(Args)]
pub(crate) struct Recover {
    /// The data centre's web listener, such as https://centre.example:7400
    #[arg(long, value_name = "URL")]
    centre: String,
    #[command(flatten)]
    authority: Authority,
    /// The institution's name
    #[arg(long, value_name = "NAME", value_parser = institution_name)]
    institution: String,
    #[command(flatten)]
    policy: GivenPolicy,
    #[command(flatten)]
    given: GivenShares,
    /// A member to revoke at once: the machine that was lost; may be repeated
    #[arg(long, value_name = "MEMBER")]
    revoke: Vec<MemberId>,
    /// What this machine is called in the keyring; its host name when not given
    #[arg(long, value_name = "NAME")]
    name: Option<String>,
    #[command(flatten)]
    home: Home,
}

impl Recover {
    pub(crate) async fn run(self) -> Result<()> {
        let folder = self.home.folder();
        folder.make()?;
        let _lock = folder.lock()?;
        if let Some(there) = Institution::load(&folder)? {
            bail!(
                "{} holds a gateway of {} already; name a new folder with --data",
                folder.path().display(),
                there.name
            );
        }
        if !folder.config().exists() {
            let authority = self.authority.authority.as_ref();
            write_private(&folder.config(), &Config::template(&self.centre, authority))?;
        }
        let config = Config::load(&folder.config(), environment())?;
        let way = config.way_to(&self.centre)?;
        let client = Client::at(way.clone(), None)?;
        let policy = self.policy.settle(&folder, &client).await?;
        let passphrase = Sources::new(config.passphrase_file).new_passphrase()?;

        let root = Arc::new(self.given.root(None)?);
        let link = Link::of_root(way, &self.institution, &root)?;
        let held = link.follow_from_the_first(root.key()).await?;
        let member = MemberKey::generate()?;
        let next = self.next_keyring(&held, &root, &member)?;
        // The key before the keyring that names it, and the pin last: until then the folder counts for nothing.
        member_key::keep(&folder, &member, passphrase)?;
        let published = link.publish(next.bundle()).await?;
        next.keep(&folder)?;
        self.pin(&folder, &policy, &root, &member)?;
        self.tell(&next, &member, &published.receipt, published.index())
    }

    /// The newest keyring with this machine in it as an admin, signed by the root alone.
    fn next_keyring(
        &self,
        held: &HeldKeyring,
        root: &Root,
        member: &MemberKey,
    ) -> Result<HeldKeyring> {
        let secrets = held.opened_by_root(root)?;
        let mut draft = Draft::next(held.bundle(), secrets);
        for lost in &self.revoke {
            draft.remove(*lost)?;
        }
        let host_name = host_name();
        let name = self.name.as_deref().unwrap_or(&host_name);
        draft.add(admin_gateway(name, member))?;
        let (bundle, _) = draft.sign(&[Signer::Root(root)])?;
        held.followed_by(bundle)
    }

    fn pin(
        &self,
        folder: &Folder,
        policy: &PinnedPolicy,
        root: &Root,
        member: &MemberKey,
    ) -> Result<()> {
        let institution = Institution {
            name: self.institution.clone(),
            root: root.key().to_string(),
            member: member.id().to_string(),
            pages: None,
            enrolled: Some(Enrolled {
                ledger: policy.ledger(&self.institution),
                policy_sha256: policy.sha256(),
            }),
        };
        institution.keep(folder)
    }

    fn tell(
        &self,
        held: &HeldKeyring,
        member: &MemberKey,
        receipt: &str,
        index: &str,
    ) -> Result<()> {
        let keyring = held.keyring();
        let others: Vec<Value> = keyring
            .members
            .iter()
            .filter(|(id, _)| **id != member.id())
            .map(|(id, other)| {
                json!({
                    "id": id.to_string(),
                    "role": other.role.as_str(),
                    "kind": other.kind.as_str(),
                    "name": other.name,
                })
            })
            .collect();
        let answer = json!({
            "institution": self.institution,
            "member": member.id().to_string(),
            "keyring": keyring.number,
            "epoch": keyring.epoch().number,
            "receipt": receipt,
            "others": others,
        });
        let path = self.home.data.display();
        self.home.print(&answer, || {
            let mut text = format!(
                "{} is recovered: this machine ({}) is an admin by keyring {}, receipt {receipt}. The root is forgotten again; the \
                 custodians take their pages home.\nStart the gateway: amana gateway run --data {path}",
                self.institution,
                member.id(),
                keyring.number
            );
            if !self.revoke.is_empty() {
                text += &format!("\n{}", leaked(index));
            }
            if !others.is_empty() {
                text += &format!(
                    "\nThese act for it as well. Revoke what was lost: amana keys revoke MEMBER --data {path}\n{}",
                    output::table(&others, &["id", "role", "kind", "name"])
                );
            }
            text
        })
    }
}
