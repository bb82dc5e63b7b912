//! `amana gateway join`: another machine of an institution that has a gateway. It makes a key of its own, shows its public
//! half, and waits until an admin has admitted it.

use std::sync::Arc;
use std::time::Duration;

use amana_seal::keyring::Kind;
use amana_seal::member::MemberKey;
use amana_seal::root::RootKey;
use anyhow::{Result, bail};
use clap::Args;
use serde_json::json;

use super::config::Config;
use super::folder::Folder;
use super::institution::{Enrolled, Institution};
use super::link::Link;
use super::newcomer::Newcomer;
use super::passphrase::Sources;
use super::pinned_policy::GivenPolicy;
use super::{member_key, six_words};
use crate::client::Client;
use crate::commands::keys::{Home, host_name, institution_name};
use crate::config::environment;
use crate::durable::write_private;
use crate::output;
use crate::tls::Authority;

/// Between two questions whether an admin has admitted it.
const POLL: Duration = Duration::from_secs(2);

/// Make this machine another gateway of an institution.
#[derive(Args)]
pub(crate) struct Join {
    /// The data centre's web listener, such as https://centre.example:7400
    #[arg(long, value_name = "URL")]
    centre: String,
    #[command(flatten)]
    authority: Authority,
    /// The institution's name
    #[arg(long, value_name = "NAME", value_parser = institution_name)]
    institution: String,
    /// The root's public key, as `amana keys show` on the first gateway has it
    #[arg(long, value_name = "KEY")]
    root: RootKey,
    #[command(flatten)]
    policy: GivenPolicy,
    /// What this machine is called in the keyring; its host name when not given
    #[arg(long, value_name = "NAME")]
    name: Option<String>,
    /// Show the line and the six words, and end; run it again once an admin has admitted it
    #[arg(long)]
    no_wait: bool,
    #[command(flatten)]
    home: Home,
}

impl Join {
    /// Joins.
    ///
    /// # Errors
    /// When anything was refused, not confirmed, or not reached; what was done stays done.
    pub(crate) async fn run(self) -> Result<()> {
        let folder = self.home.folder();
        folder.make()?;
        let _lock = folder.lock()?;
        if !folder.config().exists() {
            let authority = self.authority.authority.as_ref();
            write_private(&folder.config(), &Config::template(&self.centre, authority))?;
        }
        let config = Config::load(&folder.config(), environment())?;
        let way = config.way_to(&self.centre)?;
        let client = Client::at(way.clone(), None)?;
        let policy = self.policy.settle(&folder, &client).await?;
        let mut institution = self.begun(&folder)?;
        if institution.enrolled.is_some() {
            return self.tell_joined(&institution);
        }
        let sources = Sources::new(config.passphrase_file);
        let member = Arc::new(if folder.member_key().exists() {
            member_key::open(&folder, &sources)?
        } else {
            let member = MemberKey::generate()?;
            member_key::keep(&folder, &member, sources.new_passphrase()?)?;
            member
        });
        institution.member = member.id().to_string();
        institution.keep(&folder)?;
        let link = Link::of_member(way, &self.institution, &member)?;
        let mut shown = false;
        loop {
            match link.newest().await {
                Ok(_) => break,
                Err(error) if !shown => {
                    tracing::debug!("{error:#}");
                    self.show(&member)?;
                    shown = true;
                }
                Err(error) => tracing::debug!("{error:#}"),
            }
            if self.no_wait {
                return Ok(());
            }
            tokio::time::sleep(POLL).await;
        }
        link.follow_from_the_first(self.root).await?.keep(&folder)?;
        institution.enrolled = Some(Enrolled {
            ledger: policy.ledger(&self.institution),
            policy_sha256: policy.sha256(),
        });
        institution.keep(&folder)?;
        self.tell_joined(&institution)
    }

    /// What is pinned: as it was begun here, or as it is asked for now.
    fn begun(&self, folder: &Folder) -> Result<Institution> {
        let wanted = Institution {
            name: self.institution.clone(),
            root: self.root.to_string(),
            member: String::new(),
            pages: None,
            enrolled: None,
        };
        match Institution::load(folder)? {
            None => Ok(wanted),
            Some(there) if there.name == wanted.name && there.root == wanted.root => Ok(there),
            Some(there) => bail!(
                "{} holds a gateway of {}, whose root is {}; name a new folder with --data",
                folder.path().display(),
                there.name,
                there.root
            ),
        }
    }

    fn show(&self, member: &MemberKey) -> Result<()> {
        let host_name = host_name();
        let newcomer = Newcomer {
            institution: self.institution.clone(),
            kind: Kind::Gateway,
            key: member.verifying_key(),
            recipient: member.identity().recipient(),
            name: self.name.clone().unwrap_or(host_name),
        };
        let words = newcomer.words();
        if self.home.json {
            let shown = json!({
                "state": "waiting",
                "member": newcomer.id().to_string(),
                "line": newcomer.to_string(),
                "words": words.words(),
                "numbers": words.numbers(),
            });
            return output::line(&shown.to_string());
        }
        output::line(&format!(
            "Bring this line to an admin's gateway, by any way; nothing in it is secret:\n\n{newcomer}\n\nThere: amana keys admit \
             FILE\nand read these words out, face to face or over the telephone:\n\n{}\n\nThis machine waits until it is admitted.",
            six_words::shown(&words)
        ))
    }

    fn tell_joined(&self, institution: &Institution) -> Result<()> {
        let answer = json!({
            "state": "admitted",
            "institution": institution.name,
            "member": institution.member,
        });
        let path = self.home.data.display();
        self.home.print(&answer, || {
            format!(
                "this machine ({}) is a gateway of {}\nStart it: amana gateway run --data {path}",
                institution.member, institution.name
            )
        })
    }
}
