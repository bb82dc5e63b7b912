//! The demo, as people run it: everything holds, it is told in their language, and nothing is left behind.

use std::fs;
use std::io::{BufRead as _, BufReader, Lines, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};

use tempfile::TempDir;

use crate::binary::{Ran, amana};

/// Where the demo makes its own folder, and the documents that it deposits.
struct Table {
    temporary: TempDir,
    documents: TempDir,
}

impl Table {
    fn set() -> Self {
        let documents = TempDir::new().unwrap();
        let folder = documents.path();
        fs::write(folder.join("decree 12.txt"), "It is decreed.").unwrap();
        fs::create_dir(folder.join("impôts")).unwrap();
        fs::write(folder.join("impôts/rôle.csv"), "nom;montant\n".repeat(9000)).unwrap();
        fs::write(folder.join("empty"), "").unwrap();
        Self {
            temporary: TempDir::new().unwrap(),
            documents,
        }
    }

    fn demo(&self, language: &str) -> Command {
        let mut command = amana();
        command
            .arg("demo")
            .arg(self.documents.path())
            .env("TMPDIR", self.temporary.path())
            .env("LC_ALL", language);
        command
    }

    /// No file, and no process that was given a path in the temporary folder.
    fn is_cleared(&self) {
        let left: Vec<_> = fs::read_dir(self.temporary.path()).unwrap().collect();
        assert!(left.is_empty(), "{left:?}");
        let path = self.temporary.path().to_str().unwrap();
        let running = fs::read_dir("/proc").unwrap().flatten().filter(|entry| {
            let words = fs::read(entry.path().join("cmdline")).unwrap_or_default();
            String::from_utf8_lossy(&words).contains(path)
        });
        assert_eq!(running.count(), 0, "processes were left");
    }
}

#[test]
fn everything_holds_and_is_told_in_english() {
    let table = Table::set();
    let out = Ran::of(table.demo("C").arg("--once").output().unwrap()).done();
    let out = unbroken(&out);
    for sentence in [
        "1. The Ministry of Finance seals its documents at home",
        "rehearsed 5 times from the pages, and the root destroyed",
        "Two words in the wrong order are refused",
        "3 deposits acknowledged",
        "x-amana-receipt: finances/vault/",
        "┌ The ministry's screen ─",
        "│ decree 12.txt 14 B │ │ object ",
        "│ It is decreed. │ │ ",
        "for 4 names and first lines of these documents (grep): none is there",
        "answered 403",
        "so each receipt is \"recorded\"",
        "later the receipts are \"witnessed\"",
        "here all three run on this one machine",
        "the operator's search finds 4 of the 4 names and first lines",
        "compared byte for byte: none is lost",
        "damaged-piece: testimony: ",
        "But nobody signed it.",
        "unsigned-act: proven: ",
        "a row is not what the acts in the ledger say",
        "of versions: it is not what the ledger's entries say [view]",
        "[rewritten]",
        "a document is not the one that was deposited",
        "[content]",
        "Taken alone this folder is flawless",
        "[behind]",
        "read-only: a witness holds our signed checkpoint",
        "rollback: testimony: ",
        "the operator has signed two different histories",
        "All three witnesses refuse",
        "nothing is noticed",
        "amana receipt verify says: witnessed",
        "All 3 documents come back with their names",
        "▸ decree 12.txt: It is decreed.",
        "Everything held",
        "s3://archives --recursive",
        "amana witness --data my-witness",
    ] {
        assert!(out.contains(sentence), "{sentence:?} is not in\n{out}");
    }
    assert!(!out.contains('\x1b'), "colour is for terminals alone");
    table.is_cleared();
}

#[test]
fn everything_holds_and_is_told_in_french() {
    let table = Table::set();
    let out = Ran::of(table.demo("fr_KM.UTF-8").arg("--once").output().unwrap()).done();
    let out = unbroken(&out);
    for sentence in [
        "1. Le ministère des Finances scelle ses documents à la maison",
        "3 dépôts confirmés",
        "┌ L'écran du ministère ─",
        "premières lignes de ces documents (grep) : aucun n'y est",
        "damaged-piece: testimony: ",
        "unsigned-act: proven: ",
        "rollback: testimony: ",
        "ici tous trois tournent sur cette seule machine",
        "aucun n'est perdu",
        "une ligne n'est pas ce que disent les actes du registre",
        "l'exploitant a signé deux histoires différentes",
        "Les trois témoins refusent",
        "rien n'est remarqué",
        "amana receipt verify dit : witnessed",
        "Les 3 documents reviennent avec leurs noms",
        "Tout a tenu",
    ] {
        assert!(out.contains(sentence), "{sentence:?} is not in\n{out}");
    }
    table.is_cleared();
}

#[test]
fn an_edit_by_hand_is_named_and_an_idle_one_is_owned_up_to() {
    let table = Table::set();
    let mut play = Play::begin(&table);
    play.until("Your turn.");
    let data = PathBuf::from(play.line().trim());
    play.until("Press Enter");

    let blob = find(&data.join("blobs"), 9000 * 12);
    fs::write(&blob, "nothing").unwrap();
    play.enter();
    play.until("It is noticed");
    play.until("impôts/rôle.csv");
    play.until("Press Enter");

    let settings = data.join("amana.toml");
    let text = fs::read_to_string(&settings).unwrap();
    fs::write(&settings, text + "# a remark\n").unwrap();
    play.enter();
    play.until("hold nothing that counts");
    play.until("Press Enter");

    let policy = data.join("policy");
    fs::write(&policy, "quorum none\n").unwrap();
    play.enter();
    play.until("that of the published policy");
    play.until("Press Enter");

    fs::remove_file(data.join("amana.db")).unwrap();
    play.enter();
    play.until("there is no data centre in this folder");
    play.until("Press Enter");

    play.enter();
    play.until("Nothing was edited");
    play.until("Everything held");
    play.until("Enter or Ctrl-C");
    play.enter();
    assert!(play.child.wait().unwrap().success());
    table.is_cleared();
}

#[test]
fn ended_by_hand_it_leaves_nothing() {
    let table = Table::set();
    let mut play = Play::begin(&table);
    play.until("3. The operator is dishonest");
    let pid = rustix::process::Pid::from_child(&play.child);
    rustix::process::kill_process(pid, rustix::process::Signal::INT).unwrap();
    assert_eq!(play.child.wait().unwrap().code(), Some(1));
    table.is_cleared();
}

/// The demo with somebody in front of it; killed when dropped.
struct Play {
    child: Child,
    lines: Lines<BufReader<ChildStdout>>,
}

impl Play {
    fn begin(table: &Table) -> Self {
        let mut child = table
            .demo("C")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        Self { child, lines }
    }

    /// Reads on to the end of the line that completes these words.
    fn until(&mut self, words: &str) {
        let mut text = String::new();
        while !text.contains(words) {
            let line = self.lines.next();
            let line = line.unwrap_or_else(|| panic!("{words:?} is not in\n{text}"));
            text = format!("{text} {}", line.unwrap().trim());
        }
    }

    fn line(&mut self) -> String {
        self.lines.next().unwrap().unwrap()
    }

    fn enter(&mut self) {
        let stdin = self.child.stdin.as_mut().unwrap();
        stdin.write_all(b"\n").unwrap();
        stdin.flush().unwrap();
    }
}

impl Drop for Play {
    fn drop(&mut self) {
        // It may have ended by itself; otherwise it ends what it started, being told and not killed.
        let pid = rustix::process::Pid::from_child(&self.child);
        if matches!(self.child.try_wait(), Ok(None)) {
            let _ = rustix::process::kill_process(pid, rustix::process::Signal::TERM);
            let _ = self.child.wait();
        }
    }
}

/// The text without its line breaks.
fn unbroken(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// A file of that length, somewhere under the folder.
fn find(folder: &Path, size: u64) -> PathBuf {
    let mut folders = vec![folder.to_owned()];
    while let Some(next) = folders.pop() {
        for entry in fs::read_dir(next).unwrap().flatten() {
            let file = entry.metadata().unwrap();
            if file.is_dir() {
                folders.push(entry.path());
            } else if file.len() == size {
                return entry.path();
            }
        }
    }
    panic!("no file of {size} bytes under {}", folder.display());
}
