//! `amana keys init`.

use std::path::PathBuf;

use amana_seal::shares::GroupPlan;
use anyhow::Result;
use clap::Args;
use serde_json::json;

use super::Home;
use super::ceremony::{Ceremony, Made, host_name};
use super::pages::Pages;
use crate::config::environment;
use crate::gateway::config::Config;
use crate::gateway::folder::Folder;
use crate::gateway::passphrase::Sources;

/// Make the keys.
#[derive(Args)]
pub(crate) struct Init {
    /// The institution's name, as the data centre has it
    #[arg(long, value_name = "NAME", value_parser = institution_name)]
    institution: String,
    #[command(flatten)]
    plan: Plan,
    #[command(flatten)]
    home: Home,
}

/// Who will hold the root, and where their pages go.
#[derive(Args)]
pub(crate) struct Plan {
    /// Who rebuilds the keys together: 3-of-5, or "2 of {cabinet 2-of-3, ICT 2-of-3, court 3-of-5}"
    #[arg(long, value_name = "PLAN", default_value = "1-of-1")]
    pub(crate) custodians: GroupPlan,
    /// Folder for the pages of shares, made anew; - prints them on stdout
    #[arg(long, value_name = "DIR")]
    pub(crate) pages: Option<PathBuf>,
    /// What this machine is called in the keyring; its host name when not given
    #[arg(long, value_name = "NAME")]
    pub(crate) name: Option<String>,
}

impl Init {
    pub(crate) fn run(self) -> Result<()> {
        let folder = self.home.folder();
        folder.make()?;
        let _lock = folder.lock()?;
        let made = self.plan.hold(&folder, &self.institution)?;
        let path = folder.path().display();
        let answer = json!({
            "institution": self.institution,
            "root": made.root.to_string(),
            "member": made.member.to_string(),
            "shares": made.printed.json(),
        });
        self.home.print(&answer, || {
            format!(
                "{}\nThe keys of {} are made; its root is now nowhere but on paper.\n  root public key  {}\n  this gateway     \
                 {}\nNext: amana gateway init --data {path} --centre URL --code CODE",
                made.printed.text(),
                self.institution,
                made.root,
                made.member
            )
        })
    }
}

impl Plan {
    /// Makes the keys in a folder that is locked.
    ///
    /// # Errors
    /// Those of the ceremony, and of the passphrase.
    pub(crate) fn hold(&self, folder: &Folder, institution: &str) -> Result<Made> {
        let config = Config::load(&folder.config(), environment())?;
        let host_name = host_name();
        let ceremony = Ceremony {
            folder,
            institution,
            plan: self.custodians.clone(),
            pages: Pages::of(self.pages.as_deref(), institution, 1),
            name: self.name.as_deref().unwrap_or(&host_name),
        };
        ceremony.check()?;
        let passphrase = Sources::new(config.passphrase_file).new_passphrase()?;
        ceremony.hold(passphrase)
    }
}

/// The data centre's rule, told before keys are made for a name that it can't have.
pub(crate) fn institution_name(text: &str) -> Result<String, String> {
    match text.parse::<amana_access::InstitutionName>() {
        Ok(name) => Ok(name.to_string()),
        Err(error) => Err(error.to_string()),
    }
}
