//! `amana migrate`: a data centre to another engine, another place of content or another folder, and back, while it is read.

use std::path::{Path, PathBuf};

use amana_store::check::{Depth, Outside, check};
use amana_store::moving::{Move, Moved, Stage, Told, abandon};
use anyhow::{Context as _, Result, bail};
use clap::Args;
use serde_json::json;

use crate::config::{Config, environment, path_in};
use crate::durable::{give_to_owner, is_roots};
use crate::progress::Progress;
use crate::{centre, cli, output};

/// Move a data centre, and what it holds, to another engine or folder.
#[derive(Args)]
pub(crate) struct Migrate {
    /// The folder of the data centre that is moved; a server may run on it
    #[arg(long, value_name = "DIR", default_value = cli::DEFAULT_DATA)]
    data: PathBuf,
    /// The configuration of the new place: the file amana.toml in the new folder, which holds nothing else. It names the
    /// data centre as the old one does; with `database` its rows go there, without it into the folder
    #[arg(long, value_name = "FILE", required_unless_present = "abandon")]
    to: Option<PathBuf>,
    /// Give a move up that was begun and not ended: the old place takes writes again
    #[arg(long, conflicts_with = "to")]
    abandon: bool,
    /// Print JSON, for scripts
    #[arg(long)]
    json: bool,
}

impl Migrate {
    pub(crate) fn run(self) -> Result<()> {
        let old = Config::load(&self.data, None, environment())?;
        let own = path_in(&self.data);
        let name = old.centre.clone();
        let name =
            name.with_context(|| format!("{} doesn't name the data centre", own.display()))?;
        let Some(file) = &self.to else {
            abandon(&self.data, &old.store_options(&name)?)?;
            return output::line(&format!(
                "{}: not moved; it takes writes again",
                self.data.display()
            ));
        };
        let folder = new_folder(file)?;
        // The environment configures the old place alone: it would name one database for both.
        let new = Config::read(file)?;
        if new.centre.as_ref() != Some(&name) {
            bail!(
                "{}: it must say centre = {name:?}: the name stands in every receipt",
                file.display()
            );
        }
        let ends = (
            (self.data.as_path(), old.store_options(&name)?),
            (folder, new.store_options(&name)?),
        );
        let mut moving = Move::begin(ends.0, ends.1, &centre::catalog())?;
        // Where no server runs, the engine's log beside the rows is this process's.
        give_to_owner(&self.data)?;
        let moved = if moving.is_done() {
            None
        } else {
            let mut progress = Shown(None);
            moving.copy(&mut |stage, done, all| progress.at(stage, done, all))?;
            moving.freeze()?;
            let rest = self.rest(&mut moving, folder, &new, &name);
            if rest.is_err() {
                // Nobody should be kept from writing by a move that doesn't end.
                moving.thaw()?;
            }
            Some(rest?)
        };
        moving.switch()?;
        drop(moving);
        give_to_owner(folder)?;
        self.tell(folder, moved)
    }

    /// While nothing is written: the last of it, and the judgement.
    fn rest(&self, moving: &mut Move, folder: &Path, new: &Config, name: &str) -> Result<Moved> {
        let mut progress = Shown(None);
        let told: Told<'_> = &mut |stage, done, all| progress.at(stage, done, all);
        let moved = moving.copy_rest(told)?;
        drop(progress);
        let depth = Depth {
            replay: true,
            // Each blob was read back when it arrived.
            content: false,
        };
        let report = check(
            folder,
            &centre::catalog(),
            new.store_options(name)?,
            &depth,
            &Outside::default(),
            &|rows, visit| centre::each_content(rows, depth.replay, visit),
        )?;
        for fault in &report.faults {
            output::line(&fault.to_string())?;
        }
        if !report.is_clean() {
            bail!(
                "{}: what was copied has faults, named above, and nothing was moved: {} takes writes again. Run amana check \
                 on it, mend it, and move it then",
                folder.display(),
                self.data.display()
            );
        }
        Ok(moved)
    }

    fn tell(&self, folder: &Path, moved: Option<Moved>) -> Result<()> {
        let to = folder.display();
        if self.json {
            return output::line(&json!({ "to": folder, "moved": moved }).to_string());
        }
        if let Some(moved) = moved {
            output::line(&format!(
                "{to}: {} ledgers, {} entries, {} blobs; every head is the same, and the check is clean",
                moved.ledgers, moved.entries, moved.blobs
            ))?;
        }
        output::line(&format!(
            "{} is read-only for good, and won't start again. Stop its servers, and start: amana serve --data {to}",
            self.data.display()
        ))?;
        if is_roots(folder) {
            output::line(&format!(
                "The folder is root's: if the service runs as another user, give it to them first: chown -R amana: {to}"
            ))?;
        }
        Ok(())
    }
}

/// The folder of that configuration, which is to become a data centre's.
fn new_folder(file: &Path) -> Result<&Path> {
    let folder = file.parent().filter(|folder| path_in(folder) == *file);
    let Some(folder) = folder.filter(|folder| !folder.as_os_str().is_empty()) else {
        bail!(
            "{}: name the file amana.toml with its folder, which becomes the data centre's: /srv/amana/amana.toml",
            file.display()
        );
    };
    Ok(folder)
}

/// One bar a stage.
struct Shown(Option<(Stage, Progress)>);

impl Shown {
    fn at(&mut self, stage: Stage, done: u64, all: u64) {
        let (what, unit) = match stage {
            Stage::Entries => ("entries", "entries"),
            Stage::Blobs => ("content", "blobs"),
        };
        let bar = self.0.take().filter(|(shown, _)| *shown == stage);
        let (_, mut bar) = bar.unwrap_or_else(|| (stage, Progress::new(what)));
        bar.at(done, all, unit);
        self.0 = Some((stage, bar));
    }
}
