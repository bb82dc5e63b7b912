//! The table and its queries.

use amana_store::{At, Reader, Result, Row, View, Writer};

use crate::Recorded;
use crate::acts::{ReleaseBody, ReleaseLinks};

pub(crate) const VIEWS: [View; 1] = [View {
    table: "releases",
    columns: "number BIGINT NOT NULL, version TEXT NOT NULL, target TEXT NOT NULL, bin TEXT NOT NULL, package TEXT, \
              note TEXT, since_ms BIGINT NOT NULL, PRIMARY KEY (number)",
    key: "number",
    clustered: false,
    indexes: &[
        "releases_by_binary ON releases (bin, number)",
        "releases_by_package ON releases (package, number)",
    ],
}];

const COLUMNS: &str = "number, version, target, bin, package, note, since_ms";

pub(crate) fn insert(
    rows: &Writer<'_>,
    links: &ReleaseLinks,
    body: Option<&ReleaseBody>,
    at: &At,
) -> Result<()> {
    rows.execute(
        &format!("INSERT INTO releases ({COLUMNS}) VALUES ($1, $2, $3, $4, $5, $6, $7)"),
        &[
            i64::try_from(at.entry.index()).unwrap_or(i64::MAX).into(),
            links.version.as_str().into(),
            links.target.as_str().into(),
            links.binary.as_str().into(),
            links.package.as_deref().into(),
            body.map(|body| body.note.as_str()).into(),
            at.time_ms.into(),
        ],
    )?;
    Ok(())
}

/// The newest release of a file, by the digest of its binary or package.
pub(crate) fn newest(rows: &Reader<'_>, digest: &str) -> Result<Option<Recorded>> {
    let sql = format!(
        "SELECT {COLUMNS} FROM releases WHERE bin = $1 OR package = $1 ORDER BY number DESC LIMIT 1"
    );
    rows.one(&sql, &[digest.into()], recorded)
}

/// All of them, oldest first.
pub(crate) fn all(rows: &Reader<'_>) -> Result<Vec<Recorded>> {
    let sql = format!("SELECT {COLUMNS} FROM releases ORDER BY number");
    rows.all(&sql, &[], recorded)
}

fn recorded(row: &Row<'_>) -> Result<Recorded> {
    Ok(Recorded {
        number: row.int(0)?.cast_unsigned(),
        version: row.text(1)?.to_owned(),
        target: row.text(2)?.to_owned(),
        binary: row.text(3)?.to_owned(),
        package: row.opt_text(4)?.map(str::to_owned),
        note: row.opt_text(5)?.unwrap_or_default().to_owned(),
        since_ms: row.int(6)?,
    })
}
