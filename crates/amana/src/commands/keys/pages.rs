//! The custodians' pages on their way to paper: written to a folder, or to stdout when a script asks for it.

use std::collections::BTreeMap;
use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use amana_seal::keyring::Custodians;
use amana_seal::pages::{Page, PageKey};
use amana_seal::root::{Root, RootKey};
use amana_seal::shares::{Gathering, GroupPlan, MAX_SHARE_WORDS, Share, split, word};
use amana_store::{clock, folders};
use anyhow::{Context as _, Result, bail};
use serde_json::{Value, json};
use zeroize::Zeroizing;

use super::gather;
use crate::durable::write_private;

/// Words of the list.
const WORD_COUNT: u16 = 1024;

/// Where pages go.
#[derive(Clone, PartialEq, Eq)]
pub(crate) enum Pages {
    /// Two files a share, for their owner alone: plain text, and HTML to print.
    Folder(PathBuf),
    /// All of them as plain text.
    Stdout,
}

/// Pages that were written and rehearsed.
pub(crate) struct Printed {
    /// The folder, unless they went to stdout.
    pub(crate) folder: Option<PathBuf>,
    /// The files to print.
    files: Vec<String>,
    custodians: Custodians,
    key: PageKey,
    rehearsals: usize,
}

impl Pages {
    /// `-` is stdout; without a word, a folder beside where one stands, and never inside the gateway's own: what backs
    /// that up must not back up the root.
    pub(crate) fn of(given: Option<&Path>, institution: &str, set: u32) -> Self {
        match given {
            Some(path) if path.as_os_str() == "-" => Self::Stdout,
            Some(path) => Self::Folder(path.to_owned()),
            None => Self::Folder(PathBuf::from(format!("{institution}-shares-{set}"))),
        }
    }

    /// Sees that there is room: pages of two sets must never lie in one folder.
    ///
    /// # Errors
    /// When the folder can't be made, or isn't empty.
    pub(crate) fn prepare(&self) -> Result<()> {
        let Self::Folder(folder) = self else {
            return Ok(());
        };
        // They are whose who asked for them, wherever they lie.
        folders::make(folder, 0o700)
            .with_context(|| format!("{} can't be made", folder.display()))?;
        let mut held = fs::read_dir(folder).with_context(|| folder.display().to_string())?;
        if held.next().is_some() {
            bail!(
                "{} isn't empty: name a new folder with --pages, so that no two sets of pages are mixed",
                folder.display()
            );
        }
        Ok(())
    }

    /// Splits the root, writes every share's page, and reads the pages back until each has helped to rebuild the root.
    ///
    /// # Errors
    /// When a page can't be written, or what is read back isn't the root: then the pages are worth nothing.
    pub(crate) fn print(
        &self,
        key: PageKey,
        institution: &str,
        root: &Root,
        custodians: &Custodians,
    ) -> Result<Printed> {
        let shares = split(root, &custodians.plan)?;
        let today = clock::rfc3339(clock::system_ms());
        let mut files = Vec::new();
        let mut read_back = Vec::new();
        for share in &shares {
            let page = Page {
                key,
                institution,
                plan: &custodians.plan,
                set: custodians.set,
                date: today.split('T').next().unwrap_or_default(),
                share,
            };
            let name = name_of(share, &custodians.plan);
            match self {
                Self::Folder(folder) => {
                    read_back.push(write_page(folder, &name, &page)?);
                    files.push(format!("{name}.html"));
                }
                Self::Stdout => read_back.push(print_page(&page)?),
            }
        }
        let rehearsals = rehearse(&read_back, &custodians.plan, &root.key())?;
        Ok(Printed {
            folder: match self {
                Self::Folder(folder) => {
                    Some(fs::canonicalize(folder).unwrap_or_else(|_| folder.clone()))
                }
                Self::Stdout => None,
            },
            files,
            custodians: custodians.clone(),
            key,
            rehearsals,
        })
    }
}

/// Writes a page twice, and gives the share that both files hold, read back from the disk.
fn write_page(folder: &Path, name: &str, page: &Page<'_>) -> Result<Share> {
    let (text, html) = (
        folder.join(format!("{name}.txt")),
        folder.join(format!("{name}.html")),
    );
    write_private(&text, &page.text())?;
    write_private(&html, &page.html())?;
    let (share, printed) = (gather::read(&text)?, gather::read(&html)?);
    if *share.mnemonic() != *printed.mnemonic() {
        bail!(
            "{} and {} hold different words: the rehearsal failed",
            text.display(),
            html.display()
        );
    }
    Ok(share)
}

/// Prints a page, and gives the share that is on it. A form feed ends it.
fn print_page(page: &Page<'_>) -> Result<Share> {
    let text = page.text();
    let mut stdout = io::stdout().lock();
    stdout
        .write_all(text.as_bytes())
        .and_then(|()| stdout.write_all(b"\x0c\n"))
        .and_then(|()| stdout.flush())
        .context("the pages could not be printed; nothing was made")?;
    share_in(&text)
}

/// Rebuilds the root from the fewest shares that suffice, again and again, until each share was among them. Gives how many
/// times.
fn rehearse(shares: &[Share], plan: &GroupPlan, root: &RootKey) -> Result<usize> {
    let groups = plan.groups();
    let largest = groups
        .iter()
        .map(|group| usize::from(group.members()))
        .max();
    let rounds = largest.unwrap_or(1).max(groups.len());
    for round in 0..rounds {
        let mut gathering = Gathering::new();
        for share in shares {
            let group_at = usize::from(share.group_number() - 1);
            let Some(group) = plan.group(share.group_number()) else {
                bail!("the rehearsal failed: a share is of no group of the plan");
            };
            // A window that moves by one each round, over the groups and over each group's shares.
            let within = |at: usize, wanted: u8, of: usize| {
                (at + of - round % of) % of < usize::from(wanted)
            };
            let member_at = usize::from(share.member_number() - 1);
            if within(group_at, plan.threshold(), groups.len())
                && within(member_at, group.threshold(), usize::from(group.members()))
            {
                gathering.add(share.clone())?;
            }
        }
        let rebuilt = gathering.root().context("the rehearsal failed")?;
        if rebuilt.key() != *root {
            bail!("the rehearsal failed: the pages rebuild something else than the root");
        }
    }
    Ok(rounds)
}

impl Printed {
    /// Erases the pages again, since they share a root among people who are no custodians after all.
    ///
    /// # Errors
    /// When a page can't be removed.
    pub(crate) fn discard(&self) -> Result<()> {
        let Some(folder) = &self.folder else {
            return Ok(());
        };
        for file in &self.files {
            for ending in ["html", "txt"] {
                let page = folder.join(file).with_extension(ending);
                fs::remove_file(&page).with_context(|| page.display().to_string())?;
            }
        }
        folders::sync(folder).with_context(|| folder.display().to_string())
    }

    /// What became of the pages that were discarded.
    pub(crate) fn discarded(&self) -> &'static str {
        match self.folder {
            Some(_) => "the new pages were erased",
            None => "burn the new pages: enough of them rebuild the root",
        }
    }

    /// For scripts.
    pub(crate) fn json(&self) -> Value {
        json!({
            "custodians": self.custodians.plan.to_string(),
            "set": self.custodians.set,
            "pages": self.folder,
            "files": self.files,
            "rehearsals": self.rehearsals,
        })
    }

    /// For people: what lies where, and what to do with it.
    pub(crate) fn text(&self) -> String {
        let plan = &self.custodians.plan;
        let mut text = format!(
            "{} is shared {plan}, set {}. Recovery was rehearsed {} times with the fewest shares that suffice, read back \
             from the pages: each share rebuilt it.",
            match self.key {
                PageKey::Operator => "The seed",
                PageKey::Institution => "The root",
            },
            self.custodians.set,
            self.rehearsals
        );
        if let Some(folder) = &self.folder {
            let folder = folder.display();
            text += &format!(
                "\nThe pages are in {folder}:\n  {}\nPrint each one alone, hand it to its custodian in person, then erase the \
                 folder and empty the printer's memory: whoever has enough of them has everything.",
                self.files.join("\n  ")
            );
        }
        if plan.is_one_person() {
            text += match self.key {
                PageKey::Operator => {
                    "\nWARNING: this one page is the data centre's name and signature. Share it among several as soon as you \
                     can, with --custodians 2-of-3."
                }
                PageKey::Institution => {
                    "\nWARNING: this one page is everything. If it is lost, so is all that the institution seals; if it is \
                     stolen, all of it can be read. Share it among several as soon as you can: amana keys reshare \
                     --custodians 3-of-5. The status page says so until then."
                }
            };
        }
        text
    }
}

/// Name of a page's files, without their ending: `part-1-of-5`, or `cabinet-part-1-of-3`.
fn name_of(share: &Share, plan: &GroupPlan) -> String {
    let group = plan.group(share.group_number());
    let of = group.map_or(0, |group| group.members());
    let part = format!("part-{}-of-{of}", share.member_number());
    match group.map(|group| file_name(group.name())) {
        Some(group) if !group.is_empty() => format!("{group}-{part}"),
        _ => part,
    }
}

/// A group's name as a file's: small letters and digits, dashes between.
fn file_name(group: &str) -> String {
    let plain = |c: char| if c.is_alphanumeric() { c } else { '-' };
    group.to_lowercase().chars().map(plain).collect()
}

/// The share on a page, plain or HTML, or in words alone. On a page each word stands between its place and its number in the
/// word list, and nothing else does.
///
/// # Errors
/// When there is none.
pub(crate) fn share_in(text: &str) -> Result<Share> {
    let shown = Zeroizing::new(without_tags(text));
    let fields: Vec<&str> = shown.split_whitespace().collect();
    let mut placed = BTreeMap::new();
    for field in fields.windows(3) {
        let place = field[0].trim_end_matches('.').parse::<usize>();
        let number = field[2].parse::<u16>();
        if let (Ok(place @ 1..=MAX_SHARE_WORDS), Ok(number @ 1..=WORD_COUNT)) = (place, number)
            && word(number - 1) == field[1]
        {
            placed.insert(place, field[1]);
        }
    }
    if placed.is_empty() {
        return Ok(Share::parse(text.trim())?);
    }
    let words: Vec<&str> = placed.into_values().collect();
    Ok(Share::parse(&Zeroizing::new(words.join(" ")))?)
}

/// A text without what stands between angle brackets.
fn without_tags(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, tag)) = rest.split_once('<') {
        shown.push_str(before);
        shown.push(' ');
        rest = tag.split_once('>').map_or("", |(_, after)| after);
    }
    shown + rest
}
