//! What the rows themselves say of a move. It stands in the rows and not in a folder, so that every node on a database heeds
//! it; and in place of the version of the tables, so that a binary that knows nothing of moves refuses them as well.

use crate::group::Group;
use crate::rows::{Connection, Isolation};
use crate::schema::VERSION;
use crate::store::Shared;
use crate::{Error, Reader, Result, Store, Writer};

const MOVED: &str = "moved to ";
const ARRIVING: &str = "arriving from ";

/// How rows stand that somebody moves.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Mark {
    /// Nothing is written to them while the last of them is copied there.
    Frozen(String),
    /// They are there now, and nobody may add to these.
    Moved(String),
    /// They are being copied here from there, and aren't whole.
    Arriving(String),
}

impl Mark {
    /// What stands in place of the version, if it is a mark.
    pub(crate) fn of_version(found: &str) -> Option<Self> {
        let moved = found.strip_prefix(MOVED).map(|to| Self::Moved(to.into()));
        moved.or_else(|| {
            let from = found.strip_prefix(ARRIVING);
            from.map(|from| Self::Arriving(from.into()))
        })
    }

    pub(super) fn version(&self) -> String {
        match self {
            Self::Frozen(_) => VERSION.to_string(),
            Self::Moved(to) => format!("{MOVED}{to}"),
            Self::Arriving(from) => format!("{ARRIVING}{from}"),
        }
    }

    /// For whoever wants to write, or to start on them.
    pub(crate) fn why(&self) -> String {
        match self {
            Self::Frozen(to) => format!(
                "it is being moved to {to}, and takes nothing until it is there; reads go on. If the move was given up: amana \
                 migrate --abandon"
            ),
            Self::Moved(to) => format!(
                "it was moved to {to}, and goes on there alone: stop this one, and start amana serve --data {to}. A second \
                 history under the same keys would be a fork"
            ),
            Self::Arriving(from) => format!(
                "a data centre is being moved here from {from}, and isn't whole yet: run amana migrate again, it goes on where \
                 it was"
            ),
        }
    }
}

/// The mark of these rows, if there is one.
pub(crate) fn standing(rows: &Reader<'_>) -> Result<Option<Mark>> {
    let sql =
        "SELECT key, value FROM meta WHERE key = 'schema' OR key = 'moving' ORDER BY key DESC";
    let notes = rows.all(sql, &[], |row| {
        Ok((row.text(0)?.to_owned(), row.text(1)?.to_owned()))
    })?;
    let marks = notes.into_iter().filter_map(|(key, value)| match &*key {
        "schema" => Mark::of_version(&value),
        _ => Some(Mark::Frozen(value)),
    });
    Ok(marks.into_iter().next())
}

/// Where writes are held up for, by the note alone that a transaction looks at.
pub(crate) const FROZEN: &str = "SELECT value FROM meta WHERE key = 'moving'";

/// Marks the rows that are moved. Once this returns, no transaction that writes is under way that didn't see the mark.
/// Durable on return.
///
/// # Errors
/// When the rows don't stand as they should before it: somebody moved them elsewhere, or lets them take writes again.
pub(super) fn set(connection: &Connection, mark: &Mark) -> Result<()> {
    change(connection, |rows| {
        let before = standing(rows)?;
        let fits = match mark {
            Mark::Moved(to) => before == Some(Mark::Frozen(to.clone())),
            _ => before.is_none() || before.as_ref() == Some(mark),
        };
        if !fits {
            let why = before.map_or_else(|| "its move was given up".into(), |mark| mark.why());
            return Err(Error::Failed { why });
        }
        let version = mark.version();
        rows.execute(
            "UPDATE meta SET value = $1 WHERE key = 'schema'",
            &[version.as_str().into()],
        )?;
        let Mark::Frozen(to) = mark else {
            return Ok(());
        };
        rows.execute(
            "INSERT INTO meta (key, value) VALUES ('moving', $1)
             ON CONFLICT (key) DO UPDATE SET value = excluded.value",
            &[to.as_str().into()],
        )
    })
}

/// Takes every mark away. Durable on return.
pub(super) fn clear(connection: &Connection) -> Result<()> {
    change(connection, |rows| {
        let version = VERSION.to_string();
        rows.execute("DELETE FROM meta WHERE key = 'moving'", &[])?;
        rows.execute(
            "UPDATE meta SET value = $1 WHERE key = 'schema'",
            &[version.as_str().into()],
        )
    })
}

/// One transaction, alone: groups hold the table's other lock from before they look until they have committed.
fn change(connection: &Connection, change: impl FnOnce(&Writer<'_>) -> Result<()>) -> Result<()> {
    connection.begin(Isolation::Newest)?;
    let rows = connection.writer();
    let alone = match connection {
        Connection::Embedded(_) => Ok(()),
        Connection::Postgres(_) => rows.execute("LOCK TABLE meta IN EXCLUSIVE MODE", &[]),
    };
    match alone.and_then(|()| change(&rows)) {
        Ok(()) => connection.commit(),
        Err(error) => {
            connection.roll_back();
            Err(error)
        }
    }
}

impl Group {
    /// Refuses to write to rows that are being moved, inside the transaction that would.
    pub(crate) fn refuse_while_moving(&self) -> Result<()> {
        if let Connection::Postgres(session) = &self.connection {
            session.defer(HELD, &[])?;
        }
        let rows = self.connection.reader();
        let to = rows.one(FROZEN, &[], |row| Ok(row.text(0)?.to_owned()))?;
        to.map_or(Ok(()), |to| Err(self.shared.held_up(Mark::Frozen(to))))
    }
}

/// Held by whoever writes, from before they look at the mark. A transaction's view of the rows begins after it.
pub(crate) const HELD: &str = "LOCK TABLE meta IN ROW SHARE MODE";

impl Shared {
    /// Takes no writes because of a mark, from now on.
    pub(crate) fn held_up(&self, mark: Mark) -> Error {
        let why = mark.why();
        self.read_only_while_moving(Some(why.clone()));
        Error::ReadOnly { why }
    }

    /// Looks whether the rows are being moved, or aren't any more.
    pub(crate) fn recall_moving(&self) -> Result<()> {
        let mark = self.read(standing)?;
        self.read_only_while_moving(mark.map(|mark| mark.why()));
        Ok(())
    }
}

impl Store {
    /// Heeds the mark that somebody else set or took away.
    pub(crate) async fn follow_moving(&self) {
        let shared = self.shared.clone();
        let followed = tokio::task::spawn_blocking(move || shared.recall_moving()).await;
        if let Ok(Err(error)) = followed {
            tracing::warn!(%error, "whether this data centre is being moved could not be read");
        }
    }
}
