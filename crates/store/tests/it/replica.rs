//! The replica: one encrypted file that holds some flush's state, whole, whatever happens.

use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use amana_store::faults::{Fault, Faults};
use amana_store::replica::{Adopted, PlainAct, Replica, ReplicaKey, ReplicaOptions};
use amana_store::{At, Catalog, Denied, EntryId, Error, LedgerId, Result, Service, View};
use tempfile::TempDir;

use crate::toy::{self, Put, PutBody, Remove};

const LEDGER: LedgerId = LedgerId(1);
/// A name that must not be found on a disk.
const SECRET: &str = "estimates-of-the-treasury";

fn options(key: u8, faults: Faults) -> ReplicaOptions {
    let mut options =
        ReplicaOptions::new(ReplicaKey::new([key; 32]), toy::catalog(), "finances/vault");
    options.faults = faults;
    options
}

fn open(folder: &Path) -> Result<Replica> {
    Replica::open(&folder.join("index"), options(1, Faults::default()))
}

fn folder() -> TempDir {
    tempfile::tempdir().unwrap()
}

/// The files as they are now, as a power cut would leave them.
fn snapshot(of: &TempDir) -> TempDir {
    let to = folder();
    for name in ["index", "index.redo"] {
        fs::copy(of.path().join(name), to.path().join(name)).unwrap();
    }
    to
}

fn at(index: u64) -> At {
    At {
        entry: EntryId::new(LEDGER, index).unwrap(),
        time_ms: 1_790_000_000_000,
        tag: index.to_be_bytes(),
    }
}

fn plan(replica: &Replica, name: &str) -> Result<PlainAct, Denied<toy::Taken>> {
    let planned = replica.plan(&mut Put::on(LEDGER, name), [0; 8], |_, _| Ok(()))?;
    Ok(planned.plain)
}

fn put(replica: &Replica, index: u64, name: &str) -> Result<()> {
    let plain = plan(replica, name).map_err(|denied| match denied {
        Denied::Store(error) => error,
        Denied::Refused(taken) => panic!("{taken}"),
    })?;
    replica.adopt(&at(index), &plain, |rows, _| {
        rows.execute(
            "INSERT INTO meta (key, value) VALUES ('position', $1) \
             ON CONFLICT (key) DO UPDATE SET value = excluded.value",
            &[index.to_string().as_str().into()],
        )?;
        Ok(())
    })
}

/// The names on the shelf, and the position that was kept with them.
fn state(replica: &Replica) -> Result<(Vec<String>, Option<String>)> {
    replica.read(|rows| {
        let names = rows.all("SELECT name FROM things ORDER BY name", &[], |row| {
            Ok(row.text(0)?.to_owned())
        })?;
        let position = "SELECT value FROM meta WHERE key = 'position'";
        let position = rows.one(position, &[], |row| Ok(row.text(0)?.to_owned()))?;
        Ok((names, position))
    })
}

#[test]
fn what_was_flushed_is_there_and_nothing_else() {
    let folder = folder();
    let replica = open(folder.path()).unwrap();
    let empty = snapshot(&folder);
    put(&replica, 0, "a").unwrap();
    assert_eq!(state(&replica).unwrap().0, ["a"], "it is read at once");
    let unsaved = snapshot(&folder);
    replica.flush().unwrap();
    put(&replica, 1, "b").unwrap();
    let saved = snapshot(&folder);
    for (folder, names, position) in [
        (&empty, vec![], None),
        (&unsaved, vec![], None),
        (&saved, vec!["a".to_owned()], Some("0".to_owned())),
    ] {
        let replica = open(folder.path()).unwrap();
        assert_eq!(state(&replica).unwrap(), (names, position));
    }
    assert!(
        matches!(open(folder.path()), Err(Error::Folder { .. })),
        "one at a time"
    );
    drop(replica);
    let replica = open(folder.path()).unwrap();
    assert_eq!(state(&replica).unwrap().0, ["a", "b"], "closing saves");
}

#[test]
fn planning_changes_nothing_and_tells_what_would_be() {
    let folder = folder();
    let replica = open(folder.path()).unwrap();
    let blob = amana_store::BlobId::from_bytes([9; 16]);
    let mut act = Put::on(LEDGER, "a");
    act.body = PutBody {
        source: Some(amana_store::Source::Blob(blob)),
        ..act.body
    };
    let planned = replica.plan(&mut act, [7; 8], |_, rows| {
        rows.one("SELECT COUNT(*) FROM things", &[], |row| row.int(0))
    });
    let planned = planned.unwrap();
    assert_eq!((planned.seen, planned.frees.len()), (Some(1), 0));
    assert_eq!(state(&replica).unwrap().0.len(), 0);
    let adopt = |index, plain: &PlainAct| {
        let mut seen = None;
        replica.adopt(&at(index), plain, |_, adopted| {
            seen = Some(adopted.clone());
            Ok(())
        })?;
        Ok::<_, Error>(seen.unwrap())
    };
    let frees = Vec::new();
    assert_eq!(adopt(3, &planned.plain).unwrap(), Adopted::Now { frees });
    assert_eq!(adopt(3, &planned.plain).unwrap(), Adopted::Before);
    assert!(matches!(plan(&replica, "a"), Err(Denied::Refused(_))));
    let mut remove = Remove {
        ledger: LEDGER,
        links: Default::default(),
        name: "a".into(),
    };
    let planned = replica.plan(&mut remove, [7; 8], |_, _| Ok(())).unwrap();
    assert_eq!(planned.frees, [blob]);
    // Another act at that entry, and one that fails, leave all as it was.
    assert!(matches!(
        adopt(3, &planned.plain),
        Err(Error::Refused { .. })
    ));
    let failing = r#"{"kind":"toy.put","links":{"fails":true}}"#;
    assert!(adopt(4, &serde_json::from_str(failing).unwrap()).is_err());
    let unknown = r#"{"kind":"toy.other","links":{}}"#;
    let unknown = adopt(4, &serde_json::from_str(unknown).unwrap());
    assert!(matches!(unknown, Err(Error::UnknownKind { .. })));
    assert_eq!(state(&replica).unwrap().0, ["a"]);
    // Entries come in any order.
    let frees = vec![blob];
    assert_eq!(adopt(2, &planned.plain).unwrap(), Adopted::Now { frees });
    assert_eq!(
        replica.ledger_name(LEDGER).as_deref(),
        Some("finances/vault")
    );
}

#[test]
fn nothing_plain_is_on_the_disk() {
    let folder = folder();
    let replica = open(folder.path()).unwrap();
    for index in 0..100 {
        put(&replica, index, &format!("{SECRET}-{index}")).unwrap();
    }
    replica.flush().unwrap();
    drop(replica);
    for file in fs::read_dir(folder.path()).unwrap() {
        let bytes = fs::read(file.unwrap().path()).unwrap();
        for text in [SECRET, "SQLite format", "CREATE TABLE"] {
            let found = bytes
                .windows(text.len())
                .any(|window| window == text.as_bytes());
            assert!(!found, "{text}");
        }
    }
}

#[test]
fn another_key_or_byte_is_told_and_the_way_out() {
    let folder = folder();
    let replica = open(folder.path()).unwrap();
    for index in 0..200 {
        put(&replica, index, &format!("thing-{index}")).unwrap();
    }
    drop(replica);
    let path = folder.path().join("index");
    let unusable = |found: Result<()>, what: &str| match found {
        Err(error @ Error::Replica { .. }) => {
            assert!(
                error.to_string().contains("made again from the ledger"),
                "{what}"
            );
        }
        other => panic!("{what}: {other:?}"),
    };
    let other = Replica::open(&path, options(2, Faults::default()));
    unusable(other.map(drop), "another key");
    let whole = fs::read(&path).unwrap();
    let read = || -> Result<()> {
        let replica = open(folder.path())?;
        state(&replica)?;
        replica.read(|rows| rows.all("SELECT core FROM entries", &[], |_| Ok(())))?;
        Ok(())
    };
    assert!(read().is_ok());
    // Anywhere: in the header, in a page that is read at the start, in each of the others.
    let mut noticed = 0;
    for place in (0..whole.len()).step_by(4136 / 2) {
        let mut bent = whole.clone();
        bent[place + 1] ^= 1;
        fs::write(&path, &bent).unwrap();
        match read() {
            Ok(()) => {}
            found => {
                unusable(found, &format!("byte {place}"));
                noticed += 1;
            }
        }
    }
    assert!(noticed > 10, "only {noticed}");
    fs::write(&path, &whole[..whole.len() / 2]).unwrap();
    assert!(read().is_err(), "cut short");
    fs::write(&path, &whole).unwrap();
    assert!(read().is_ok());
    // Two pages that changed places open no more than bent ones.
    let mut swapped = whole.clone();
    let (first, second) = (4096 + 2 * 4136, 4096 + 3 * 4136);
    swapped.copy_within(first..first + 4136, second);
    fs::write(&path, &swapped).unwrap();
    unusable(read(), "a page in another's place");
}

#[test]
fn an_index_of_another_version_is_begun_anew() {
    let folder = folder();
    let replica = open(folder.path()).unwrap();
    put(&replica, 0, "thing").unwrap();
    drop(replica);
    let path = folder.path().join("index");
    let entries = |replica: &Replica| {
        let found: Result<Vec<i64>> =
            replica.read(|rows| rows.all("SELECT id FROM entries", &[], |row| row.int(0)));
        found.unwrap().len()
    };
    let view = View {
        table: "more",
        columns: "n BIGINT NOT NULL, PRIMARY KEY (n)",
        key: "n",
        clustered: true,
        indexes: &[],
    };
    let mut newer = options(1, Faults::default());
    newer.catalog = Catalog::new([Service {
        name: "newer",
        views: Box::leak(Box::new([view])),
        kinds: Vec::new(),
    }]);
    let newer = Replica::open(&path, newer).unwrap();
    assert_eq!(entries(&newer), 0);
    drop(newer);
    // And back: the version before does the same, and both go on from there.
    let older = open(folder.path()).unwrap();
    assert_eq!(entries(&older), 0);
    put(&older, 0, "thing again").unwrap();
    drop(older);
    assert_eq!(entries(&open(folder.path()).unwrap()), 1);
}

/// Fails one write of a save, the `nth` of its name, cuts the power there, and says whether there was one.
fn fail_once(op: &'static str, nth: usize, fault: Fault) -> bool {
    let countdown = Arc::new(AtomicUsize::new(usize::MAX));
    let counted = countdown.clone();
    let faults = Faults::planned(move |name| {
        (name == op
            && counted.load(Ordering::Relaxed) != usize::MAX
            && counted.fetch_sub(1, Ordering::Relaxed) == 0)
            .then_some(fault)
    });
    let folder = folder();
    let replica = Replica::open(&folder.path().join("index"), options(1, faults)).unwrap();
    let (mut before, mut after) = (Vec::new(), Vec::new());
    for index in 0..20 {
        let name = format!("thing-{index:02}");
        if index == 10 {
            replica.flush().unwrap();
            before.clone_from(&after);
        }
        put(&replica, index, &name).unwrap();
        after.push(name);
    }
    countdown.store(nth, Ordering::Relaxed);
    let failed = replica.flush().is_err();
    let happened = countdown.load(Ordering::Relaxed) > nth;
    assert_eq!(failed, happened, "{op} {nth} {fault:?}");
    let cut = snapshot(&folder);
    {
        let replica = open(cut.path()).unwrap();
        let (names, position) = state(&replica).unwrap();
        assert!(
            names == before || names == after,
            "{op} {nth} {fault:?}: {names:?}"
        );
        let last = (names.len() - 1).to_string();
        assert_eq!(position, Some(last), "the position is of the same instant");
        put(&replica, 30, "later").unwrap();
        replica.flush().unwrap();
    }
    if failed && op == "replica.log" {
        assert_eq!(
            state(&replica).unwrap().0,
            after,
            "nothing is lost in memory"
        );
        replica.flush().unwrap();
    } else if failed {
        assert!(matches!(state(&replica), Err(Error::Stopped { .. })));
    }
    drop(replica);
    let replica = open(folder.path()).unwrap();
    assert_eq!(state(&replica).unwrap().0, after, "{op} {nth} {fault:?}");
    happened
}

#[test]
fn each_write_fails_both_ways_and_a_state_is_whole() {
    for op in ["replica.log", "replica.place", "replica.sync"] {
        for fault in [Fault::Lost, Fault::Kept] {
            let mut nth = 0;
            while fail_once(op, nth, fault) {
                nth += 1;
            }
            assert!(nth > 0, "{op} is written by a save");
        }
    }
}

#[test]
fn a_redo_log_that_is_cut_anywhere_is_of_a_save_that_never_was() {
    let faults = Faults::planned(|name| (name == "replica.place").then_some(Fault::Lost));
    let folder = folder();
    let empty = open(folder.path()).map(drop);
    empty.unwrap();
    let replica = Replica::open(&folder.path().join("index"), options(1, faults)).unwrap();
    put(&replica, 0, "a").unwrap();
    assert!(replica.flush().is_err());
    let cut = snapshot(&folder);
    let log = cut.path().join("index.redo");
    let whole = fs::read(&log).unwrap();
    let (file, kept) = (
        cut.path().join("index"),
        fs::read(cut.path().join("index")).unwrap(),
    );
    let mut names = Vec::new();
    for length in (0..whole.len())
        .step_by(1009)
        .chain([whole.len() - 1, whole.len()])
    {
        fs::write(&file, &kept).unwrap();
        fs::write(&log, &whole[..length]).unwrap();
        names.push(state(&open(cut.path()).unwrap()).unwrap().0.len());
    }
    let last = names.pop();
    assert_eq!(last, Some(1), "the whole log is placed at the start");
    assert!(names.iter().all(|found| *found == 0));
    // One byte of it, and it is none.
    let mut bent = whole.clone();
    bent[5000] ^= 1;
    fs::write(&file, &kept).unwrap();
    fs::write(&log, &bent).unwrap();
    assert_eq!(state(&open(cut.path()).unwrap()).unwrap().0.len(), 0);
}
