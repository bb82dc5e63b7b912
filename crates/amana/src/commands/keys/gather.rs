//! Gathers custodians' shares until they rebuild the root: typed at the terminal, one page after the other, or from
//! files.

use std::fs;
use std::path::{Path, PathBuf};

use amana_seal::root::Root;
use amana_seal::shares::{Gathering, GroupPlan, MAX_MNEMONIC_BYTES, ROOT_SHARE_WORDS, Share};
use anyhow::{Context as _, Result, bail};
use clap::Args;
use zeroize::Zeroizing;

use super::pages;
use crate::gateway::terminal::Terminal;

/// The longest file that is read as a page, in bytes.
const MAX_FILE_BYTES: u64 = 1024 * 1024;
/// Empties the screen, and what a terminal keeps above it (ECMA-48 ED; xterm's 3 for the lines above).
const CLEAR: &str = "\u{1b}[H\u{1b}[2J\u{1b}[3J";

/// Where shares come from.
#[derive(Args)]
pub(crate) struct GivenShares {
    /// A page's text file, or a file with its words; once for each share. Without it, the words are typed
    #[arg(long = "share-file", value_name = "FILE")]
    files: Vec<PathBuf>,
}

impl GivenShares {
    /// Whether files were named.
    pub(crate) fn is_given(&self) -> bool {
        !self.files.is_empty()
    }

    /// The root, once there are enough shares. `plan` only gives the groups their names.
    ///
    /// # Errors
    /// When a share is none, doesn't fit, or there are not enough.
    pub(crate) fn root(&self, plan: Option<&GroupPlan>) -> Result<Root> {
        if !self.files.is_empty() {
            return from_files(&self.files, plan);
        }
        let Some(terminal) = Terminal::open() else {
            bail!(
                "there is no terminal to type the shares at: give each page as --share-file FILE; words never stand on a \
                 command line"
            );
        };
        typed(terminal, plan)
    }
}

fn from_files(files: &[PathBuf], plan: Option<&GroupPlan>) -> Result<Root> {
    let mut gathering = Gathering::new();
    for file in files {
        let share = read(file)?;
        gathering
            .add(share)
            .with_context(|| file.display().to_string())?;
    }
    let progress = gathering.progress();
    if !progress.is_complete() {
        bail!(
            "these shares are not enough: {}; give more pages with --share-file",
            progress.describe(plan)
        );
    }
    Ok(gathering.root()?)
}

/// The share in a file: one of our pages, or words alone.
///
/// # Errors
/// When there is none in it.
pub(crate) fn read(file: &Path) -> Result<Share> {
    use std::io::Read as _;
    let mut text = Zeroizing::new(String::new());
    fs::File::open(file)
        .and_then(|file| file.take(MAX_FILE_BYTES).read_to_string(&mut text))
        .with_context(|| format!("{} can't be read", file.display()))?;
    pages::share_in(&text).with_context(|| file.display().to_string())
}

/// Asks until the shares suffice. A share that is refused is asked for again: a mistyped word must not send five
/// custodians home.
fn typed(mut terminal: Terminal, plan: Option<&GroupPlan>) -> Result<Root> {
    let mut gathering = Gathering::new();
    let mut given = 0;
    terminal.show(
        "Custodians type their pages, one after the other. Four letters of a word are enough, or its number; any number of \
         words a line; an empty line ends a page. Type stop to give up.",
    )?;
    loop {
        let added =
            next_share(&mut terminal, given + 1)?.and_then(|share| Ok(gathering.add(share)?));
        // What was typed must not stay where the next person reads it.
        terminal.show(CLEAR)?;
        match added {
            Ok(()) => given += 1,
            Err(error) => terminal.show(&format!("Not taken: {error:#}.\n"))?,
        }
        let progress = gathering.progress();
        if !progress.is_complete() {
            terminal.show(&format!("So far: {}.\n", progress.describe(plan)))?;
            continue;
        }
        match gathering.root() {
            Ok(root) => return Ok(root),
            Err(error) => {
                terminal.show(&format!("{error:#}. All shares are to be typed again.\n"))?;
                (gathering, given) = (Gathering::new(), 0);
            }
        }
    }
}

/// One page. The outer error gives up, the inner one is said and the page asked for again.
fn next_share(terminal: &mut Terminal, number: usize) -> Result<Result<Share>> {
    terminal.show(&format!("Share {number}, {ROOT_SHARE_WORDS} words:"))?;
    let mut words = Zeroizing::new(String::with_capacity(MAX_MNEMONIC_BYTES));
    loop {
        let line = Zeroizing::new(terminal.ask("> ")?);
        if *line == "stop" {
            bail!("given up; nothing was changed");
        }
        if !line.is_empty() && words.len() + line.len() < MAX_MNEMONIC_BYTES {
            words.push_str(&line);
            words.push(' ');
        }
        let typed = words.split_whitespace().count();
        if typed >= ROOT_SHARE_WORDS || (line.is_empty() && typed > 0) {
            return Ok(Share::parse(words.trim()).map_err(Into::into));
        }
    }
}
