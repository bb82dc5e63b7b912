//! `amana keys admit`: takes another gateway, or an official, into the keyring, once two people have compared six words.

use std::path::PathBuf;

use amana_seal::keyring::{Draft, Role};
use anyhow::{Context as _, Result, bail};
use clap::Args;
use serde_json::json;

use super::Home;
use super::admin::Desk;
use super::gather::GivenShares;
use crate::gateway::newcomer::Newcomer;
use crate::gateway::six_words;
use crate::gateway::terminal::Terminal;

/// Take somebody in.
#[derive(Args)]
pub(crate) struct Admit {
    /// File with the line that `amana gateway join` showed; - reads stdin
    #[arg(value_name = "FILE")]
    line: PathBuf,
    /// The six words that were read out at the other machine; without them, they are shown here to be compared
    #[arg(long, value_name = "WORDS")]
    words: Option<String>,
    /// Let it sign keyrings as well; the custodians' shares are needed
    #[arg(long)]
    admin: bool,
    #[command(flatten)]
    given: GivenShares,
    #[command(flatten)]
    home: Home,
}

impl Admit {
    pub(crate) async fn run(self) -> Result<()> {
        let newcomer = self.newcomer()?;
        let mut desk = Desk::open(&self.home).await?;
        if newcomer.institution != desk.institution.name {
            bail!(
                "it wants to act for {}, and this is a gateway of {}",
                newcomer.institution,
                desk.institution.name
            );
        }
        self.compare(&newcomer)?;
        let root = match self.admin {
            true => Some(
                self.given
                    .root(Some(&desk.held.keyring().custodians.plan))?,
            ),
            false => None,
        };
        let (id, name) = (newcomer.id(), newcomer.name.clone());
        let mut draft = match &root {
            Some(root) => Draft::next(desk.held.bundle(), desk.held.opened_by_root(root)?),
            None => desk.draft()?,
        };
        let role = if self.admin {
            Role::Admin
        } else {
            Role::Member
        };
        draft.add(newcomer.admitted(role))?;
        let published = desk.publish(draft, root.as_ref()).await?;
        let number = desk.held.keyring().number;
        let answer = json!({
            "member": id.to_string(),
            "name": name,
            "role": role.as_str(),
            "keyring": number,
            "receipt": published.receipt,
        });
        self.home.print(&answer, || {
            format!(
                "{name} ({id}) is admitted as {} by keyring {number}, receipt {}\nIt can open everything that {} has sealed.",
                role.as_str(),
                published.receipt,
                desk.institution.name
            )
        })
    }

    fn newcomer(&self) -> Result<Newcomer> {
        let text = if self.line.as_os_str() == "-" {
            std::io::read_to_string(std::io::stdin())
        } else {
            std::fs::read_to_string(&self.line)
        };
        let path = self.line.display();
        let text = text.with_context(|| format!("{path} can't be read"))?;
        text.parse().with_context(|| path.to_string())
    }

    /// Words that were heard must be those of the line; without any, a person compares them.
    fn compare(&self, newcomer: &Newcomer) -> Result<()> {
        let words = newcomer.words();
        if let Some(heard) = &self.words {
            if heard.parse::<amana_seal::words::SixWords>()? == words {
                return Ok(());
            }
            bail!(
                "these are not the words of that line: it was changed on its way; nobody was admitted"
            );
        }
        let Some(mut terminal) = Terminal::open() else {
            bail!("give the six words that were read out at the other machine as --words \"…\"");
        };
        terminal.show(&format!(
            "{} {} wants to act for {}:\n\n{}\n",
            newcomer.kind.as_str(),
            newcomer.name,
            newcomer.institution,
            six_words::shown(&words)
        ))?;
        let answer = terminal.ask(
            "Have them read out at the other machine. Are they the same? Type yes, or anything else to stop: ",
        )?;
        if answer != "yes" {
            bail!("the words were not confirmed; nobody was admitted");
        }
        Ok(())
    }
}
