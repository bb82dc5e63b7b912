//! Memos: what nodes tell one another that is no entry, such as an enrolment under way. They are in the database where several
//! nodes share one, so that a request is understood at any of them, and otherwise in memory: a lone process forgets them when
//! it ends. Nothing that was acknowledged may hang on one.

use std::collections::BTreeMap;
use std::sync::Mutex;

use crate::rows::{Connection, Isolation, Row};
use crate::store::{Shared, lock_state};
use crate::{Reader, Result, Store};

/// A memo.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Memo {
    /// What it says.
    pub text: String,
    /// When it was written last, milliseconds since 1970, by the clock of the node that did.
    pub at_ms: i64,
}

/// Where they are kept.
#[derive(Default)]
pub(crate) struct Memos {
    /// By kind and name, where there is one node.
    here: Mutex<BTreeMap<(&'static str, String), Memo>>,
    /// On which they are changed, where there are several.
    line: Mutex<Option<Connection>>,
}

const ONE: &str = "SELECT text, at_ms FROM memos WHERE kind = $1 AND name = $2";
const NAMES: &str =
    "SELECT name, at_ms FROM memos WHERE kind = $1 AND name >= $2 AND name < $3 ORDER BY name";
const ALL: &str = "SELECT text, at_ms, name FROM memos WHERE kind = $1 ORDER BY name";

fn read_memo(row: &Row<'_>) -> Result<Memo> {
    Ok(Memo {
        text: row.text(0)?.to_owned(),
        at_ms: row.int(1)?,
    })
}

impl Store {
    /// Whether other nodes may write to the same rows.
    #[must_use]
    pub fn has_nodes(&self) -> bool {
        self.shared.database.is_some()
    }

    /// The memo of that kind and name. Blocking.
    ///
    /// # Errors
    /// A failure of the rows.
    pub fn memo(&self, kind: &'static str, name: &str) -> Result<Option<Memo>> {
        if self.has_nodes() {
            return self
                .shared
                .read(|rows| rows.one(ONE, &[kind.into(), name.into()], read_memo));
        }
        let here = lock_state(&self.shared.memos.here);
        Ok(here.get(&(kind, name.to_owned())).cloned())
    }

    /// All memos of a kind, by name. Blocking.
    ///
    /// # Errors
    /// A failure of the rows.
    pub fn memos(&self, kind: &'static str) -> Result<Vec<(String, Memo)>> {
        self.shared.memos(kind)
    }

    /// Changes a memo: `change` is shown what it says, and says what it says from now on, or nothing when it goes. Nobody else
    /// changes one of that kind meanwhile. Blocking; durable on return where nodes share it. After a failure the memo is as it
    /// was, or as it was to be.
    ///
    /// # Errors
    /// A failure of the rows, or what `change` returns.
    pub fn change_memo<T, E: From<crate::Error>>(
        &self,
        kind: &'static str,
        name: &str,
        change: impl FnOnce(Option<&str>) -> Result<(Option<String>, T), E>,
    ) -> Result<T, E> {
        self.change_memos(kind, |memos| {
            let known = memos.find(name)?;
            let (text, done) = change(known.as_ref().map(|memo| memo.text.as_str()))?;
            memos.set(name, text);
            Ok(done)
        })
    }

    /// Changes memos of a kind together, as [`Store::change_memo`] does one.
    ///
    /// # Errors
    /// A failure of the rows, or what `change` returns; nothing is changed then.
    pub fn change_memos<T, E: From<crate::Error>>(
        &self,
        kind: &'static str,
        change: impl FnOnce(&mut Changing<'_>) -> Result<T, E>,
    ) -> Result<T, E> {
        let now_ms = self.now_ms();
        if !self.has_nodes() {
            let mut here = lock_state(&self.shared.memos.here);
            let mut changing = Changing {
                kind,
                now_ms,
                changes: BTreeMap::new(),
                among: Among::Here(&here),
            };
            let done = change(&mut changing)?;
            for (name, memo) in changing.changes {
                match memo {
                    Some(memo) => drop(here.insert((kind, name), memo)),
                    None => drop(here.remove(&(kind, name))),
                }
            }
            return Ok(done);
        }
        let mut line = lock_state(&self.shared.memos.line);
        let rows = match line.take().filter(Connection::is_usable) {
            Some(rows) => rows,
            None => self.shared.connect_to_write()?,
        };
        let done = change_rows(&rows, kind, now_ms, change);
        if done.is_err() {
            rows.roll_back();
        }
        *line = Some(rows);
        done
    }
}

fn change_rows<T, E: From<crate::Error>>(
    rows: &Connection,
    kind: &'static str,
    now_ms: i64,
    change: impl FnOnce(&mut Changing<'_>) -> Result<T, E>,
) -> Result<T, E> {
    rows.begin(Isolation::Newest)?;
    // Two that begin the same memo would both find nothing to lock.
    let lock = "SELECT CAST(pg_advisory_xact_lock(hashtextextended($1, 0)) AS TEXT)";
    rows.reader().one(
        lock,
        &[format!("amana/memos/{kind}").as_str().into()],
        |_| Ok(()),
    )?;
    let reader = rows.reader();
    let mut changing = Changing {
        kind,
        now_ms,
        changes: BTreeMap::new(),
        among: Among::Rows(&reader),
    };
    let done = change(&mut changing)?;
    let writer = rows.writer();
    for (name, memo) in changing.changes {
        match memo {
            Some(memo) => writer.execute(
                "INSERT INTO memos (kind, name, text, at_ms) VALUES ($1, $2, $3, $4)
                 ON CONFLICT (kind, name) DO UPDATE SET text = excluded.text, at_ms = excluded.at_ms",
                &[
                    kind.into(),
                    name.as_str().into(),
                    memo.text.as_str().into(),
                    memo.at_ms.into(),
                ],
            )?,
            None => writer.execute(
                "DELETE FROM memos WHERE kind = $1 AND name = $2",
                &[kind.into(), name.as_str().into()],
            )?,
        }
    }
    rows.commit()?;
    Ok(done)
}

/// Memos of one kind while they are changed.
pub struct Changing<'m> {
    kind: &'static str,
    now_ms: i64,
    changes: BTreeMap<String, Option<Memo>>,
    among: Among<'m>,
}

enum Among<'m> {
    Here(&'m BTreeMap<(&'static str, String), Memo>),
    Rows(&'m Reader<'m>),
}

impl Changing<'_> {
    /// What one says that wasn't changed yet.
    ///
    /// # Errors
    /// A failure of the rows.
    pub fn find(&self, name: &str) -> Result<Option<Memo>> {
        match self.among {
            Among::Here(here) => Ok(here.get(&(self.kind, name.to_owned())).cloned()),
            Among::Rows(rows) => rows.one(ONE, &[self.kind.into(), name.into()], read_memo),
        }
    }

    /// All of them, by name, as they were before.
    ///
    /// # Errors
    /// A failure of the rows.
    pub fn all(&self) -> Result<Vec<(String, Memo)>> {
        match self.among {
            Among::Here(here) => Ok(copied(of_kind(here, self.kind))),
            Among::Rows(rows) => all(rows, self.kind),
        }
    }

    /// The names that begin with `prefix`, which is ASCII, and when each was written; as they were before.
    ///
    /// # Errors
    /// A failure of the rows.
    pub fn names(&self, prefix: &str) -> Result<Vec<(String, i64)>> {
        match self.among {
            Among::Here(here) => Ok(of_kind(here, self.kind)
                .filter(|(name, _)| name.starts_with(prefix))
                .map(|(name, memo)| (name.clone(), memo.at_ms))
                .collect()),
            Among::Rows(rows) => {
                let until = format!("{prefix}{}", char::MAX);
                let values = [self.kind.into(), prefix.into(), until.as_str().into()];
                rows.all(NAMES, &values, |row| {
                    Ok((row.text(0)?.to_owned(), row.int(1)?))
                })
            }
        }
    }

    /// What one says from now on; nothing: it goes.
    pub fn set(&mut self, name: &str, text: Option<String>) {
        let at_ms = self.now_ms;
        let memo = text.map(|text| Memo { text, at_ms });
        self.changes.insert(name.to_owned(), memo);
    }
}

impl Shared {
    /// All memos of a kind, by name.
    pub(crate) fn memos(&self, kind: &'static str) -> Result<Vec<(String, Memo)>> {
        if self.database.is_some() {
            return self.read(|rows| all(rows, kind));
        }
        Ok(copied(of_kind(&lock_state(&self.memos.here), kind)))
    }
}

fn of_kind<'h>(
    here: &'h BTreeMap<(&'static str, String), Memo>,
    kind: &'static str,
) -> impl Iterator<Item = (&'h String, &'h Memo)> {
    let from = here.range((kind, String::new())..);
    let of_kind = from.take_while(move |((of, _), _)| *of == kind);
    of_kind.map(|((_, name), memo)| (name, memo))
}

fn copied<'h>(memos: impl Iterator<Item = (&'h String, &'h Memo)>) -> Vec<(String, Memo)> {
    memos
        .map(|(name, memo)| (name.clone(), memo.clone()))
        .collect()
}

fn all(rows: &Reader<'_>, kind: &str) -> Result<Vec<(String, Memo)>> {
    rows.all(ALL, &[kind.into()], |row| {
        Ok((row.text(2)?.to_owned(), read_memo(row)?))
    })
}
