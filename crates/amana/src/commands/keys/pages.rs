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
    /// Names of the pages' files, without their endings.
    names: Vec<String>,
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
    /// When a page can't be written, or what is read back isn't the root: then the pages that were written are erased again.
    pub(crate) fn print(
        &self,
        key: PageKey,
        institution: &str,
        root: &Root,
        custodians: &Custodians,
    ) -> Result<Printed> {
        let shares = split(root, &custodians.plan)?;
        let names: Vec<String> = shares
            .iter()
            .map(|share| name_of(share, &custodians.plan))
            .collect();
        let written = self.write(key, institution, &shares, custodians);
        let rehearsed =
            written.and_then(|read_back| rehearse(&read_back, &custodians.plan, &root.key()));
        let rehearsals = match rehearsed {
            Ok(rehearsals) => rehearsals,
            Err(error) => return Err(self.erased_after(error, &names)),
        };
        Ok(Printed {
            folder: match self {
                Self::Folder(folder) => {
                    Some(fs::canonicalize(folder).unwrap_or_else(|_| folder.clone()))
                }
                Self::Stdout => None,
            },
            names,
            custodians: custodians.clone(),
            key,
            rehearsals,
        })
    }

    /// Writes every share's page, and gives the shares as they are read back.
    fn write(
        &self,
        key: PageKey,
        institution: &str,
        shares: &[Share],
        custodians: &Custodians,
    ) -> Result<Vec<Share>> {
        let today = clock::rfc3339(clock::system_ms());
        let mut read_back = Vec::new();
        for share in shares {
            let page = Page {
                key,
                institution,
                plan: &custodians.plan,
                set: custodians.set,
                date: today.split('T').next().unwrap_or_default(),
                share,
            };
            read_back.push(match self {
                Self::Folder(folder) => {
                    write_page(folder, &name_of(share, &custodians.plan), &page)?
                }
                Self::Stdout => print_page(&page)?,
            });
        }
        Ok(read_back)
    }

    /// The error, and what became of the pages that were written before it.
    fn erased_after(&self, error: anyhow::Error, names: &[String]) -> anyhow::Error {
        let Self::Folder(folder) = self else {
            return error.context("burn what was printed: enough of it rebuilds the key");
        };
        match erase(folder, names) {
            Ok(()) => error.context("the pages that were written are erased again"),
            Err(left) => error.context(format!(
                "destroy the pages in {} yourself, since not all could be erased ({left:#})",
                folder.display()
            )),
        }
    }
}

/// Erases the pages of those names, whichever of their files are there. One that stays keeps none of the others.
fn erase(folder: &Path, names: &[String]) -> Result<()> {
    let mut failed = None;
    for name in names {
        for ending in ["html", "txt", "html.new", "txt.new"] {
            let page = folder.join(format!("{name}.{ending}"));
            match fs::remove_file(&page) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => {
                    let error = anyhow::Error::new(error).context(page.display().to_string());
                    failed.get_or_insert(error);
                }
                _ => {}
            }
        }
    }
    let synced = folders::sync(folder).with_context(|| folder.display().to_string());
    failed.map_or(synced, Err)
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
    /// When a page can't be removed; all others are.
    pub(crate) fn discard(&self) -> Result<()> {
        match &self.folder {
            Some(folder) => erase(folder, &self.names),
            None => Ok(()),
        }
    }

    /// The files to print.
    fn files(&self) -> Vec<String> {
        let names = self.names.iter();
        names.map(|name| format!("{name}.html")).collect()
    }

    /// What became of the pages that were discarded.
    pub(crate) fn discarded(&self) -> &'static str {
        match self.folder {
            Some(_) => "the new pages were erased",
            None => "burn the new pages: enough of them rebuild the root",
        }
    }

    /// Where the pages are, in words.
    pub(crate) fn place(&self) -> String {
        match &self.folder {
            Some(folder) => format!("in {}", folder.display()),
            None => "that were printed".to_owned(),
        }
    }

    /// For scripts.
    pub(crate) fn json(&self) -> Value {
        json!({
            "custodians": self.custodians.plan.to_string(),
            "set": self.custodians.set,
            "pages": self.folder,
            "files": self.files(),
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
                self.files().join("\n  ")
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

#[cfg(test)]
mod tests {
    use std::fs;

    use amana_seal::keyring::Custodians;
    use amana_seal::pages::PageKey;
    use amana_seal::root::Root;

    use super::Pages;

    #[test]
    fn pages_that_cannot_all_be_printed_are_erased_but_for_what_is_no_page() {
        let place = tempfile::tempdir().unwrap();
        let folder = place.path().to_owned();
        // A page can't take the place of a folder, and a folder isn't erased as a page is.
        fs::create_dir(folder.join("part-2-of-3.html")).unwrap();
        let custodians: Custodians = "2-of-3 1".parse().unwrap();
        let root = Root::generate().unwrap();
        let pages = Pages::Folder(folder.clone());
        let printed = pages.print(PageKey::Institution, "finances", &root, &custodians);
        let told = format!("{:#}", printed.err().unwrap());
        assert!(told.contains("destroy the pages in"), "{told}");
        assert!(told.contains("part-2-of-3.html can't be written"), "{told}");
        let left = fs::read_dir(&folder).unwrap();
        let left: Vec<_> = left.map(|file| file.unwrap().file_name()).collect();
        assert_eq!(left, ["part-2-of-3.html"]);

        fs::remove_dir(folder.join("part-2-of-3.html")).unwrap();
        let printed = pages.print(PageKey::Institution, "finances", &root, &custodians);
        let printed = printed.unwrap();
        assert_eq!(fs::read_dir(&folder).unwrap().count(), 6);
        fs::remove_file(folder.join("part-1-of-3.txt")).unwrap();
        printed.discard().unwrap();
        assert_eq!(fs::read_dir(&folder).unwrap().count(), 0);
    }
}
