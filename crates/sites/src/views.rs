//! The tables and their queries. A name stands once in each ledger that ever had it, and in one of them for good.

use amana_ledger::{Hash, parse_digits};
use amana_store::{
    At, EntryId, Error as StoreError, LedgerId, Reader, Result, Row, Value, View, Writer,
};

use crate::acts::alert::AlertLinks;
use crate::acts::change::{DeployLinks, PublishersLinks};
use crate::acts::standing::AddedLinks;
use crate::{Deploy, Error, Host, Place, Site};

pub(crate) const VIEWS: [View; 3] = [
    View {
        table: "sites",
        columns: "ledger BIGINT NOT NULL, host TEXT NOT NULL, institution TEXT NOT NULL, stands BIGINT NOT NULL, \
                  number BIGINT NOT NULL, publishers TEXT, live BIGINT, since_ms BIGINT NOT NULL, \
                  changed_ms BIGINT NOT NULL, PRIMARY KEY (ledger, host)",
        key: "ledger, host",
        clustered: true,
        indexes: &[
            "sites_by_host ON sites (host)",
            "sites_by_change ON sites (changed_ms)",
        ],
    },
    View {
        table: "site_deploys",
        columns: "ledger BIGINT NOT NULL, host TEXT NOT NULL, number BIGINT NOT NULL, manifest TEXT NOT NULL, \
                  entry BIGINT NOT NULL, note TEXT, since_ms BIGINT NOT NULL, PRIMARY KEY (ledger, host, number)",
        key: "ledger, host, number",
        clustered: true,
        indexes: &[],
    },
    View {
        table: "site_alerts",
        columns: "ledger BIGINT NOT NULL, host TEXT NOT NULL, number BIGINT NOT NULL, file TEXT NOT NULL, \
                  entry BIGINT NOT NULL, since_ms BIGINT NOT NULL, PRIMARY KEY (ledger, host, number, file)",
        key: "ledger, host, number, file",
        clustered: true,
        indexes: &[],
    },
];

/// A number of a row: they come from links, which count from 0.
fn int(number: u64) -> Value<'static> {
    i64::try_from(number).unwrap_or(i64::MAX).into()
}

pub(crate) fn add(
    rows: &Writer<'_>,
    links: &AddedLinks,
    publishers: Option<&str>,
    at: &At,
) -> Result<()> {
    rows.execute(
        "INSERT INTO sites (ledger, host, institution, stands, number, publishers, live, since_ms, changed_ms) \
         VALUES ($1, $2, $3, 1, 0, $4, NULL, $5, $5) \
         ON CONFLICT (ledger, host) DO UPDATE SET stands = 1, publishers = excluded.publishers, live = NULL, \
             changed_ms = excluded.changed_ms",
        &[
            at.entry.ledger().0.into(),
            links.host.as_str().into(),
            links.institution.as_str().into(),
            publishers.into(),
            at.time_ms.into(),
        ],
    )
}

pub(crate) fn remove(rows: &Writer<'_>, host: &str, at: &At) -> Result<()> {
    rows.execute(
        "UPDATE sites SET stands = 0, live = NULL, changed_ms = $1 WHERE ledger = $2 AND host = $3",
        &[at.time_ms.into(), at.entry.ledger().0.into(), host.into()],
    )
}

pub(crate) fn deploy(
    rows: &Writer<'_>,
    links: &DeployLinks,
    note: Option<&str>,
    at: &At,
) -> Result<()> {
    let ledger = at.entry.ledger().0;
    rows.execute(
        "INSERT INTO site_deploys (ledger, host, number, manifest, entry, note, since_ms) \
         VALUES ($1, $2, $3, $4, $5, $6, $7)",
        &[
            ledger.into(),
            links.host.as_str().into(),
            int(links.number),
            links.manifest.as_str().into(),
            at.entry.into(),
            note.into(),
            at.time_ms.into(),
        ],
    )?;
    rows.execute(
        "UPDATE sites SET number = $1, live = $1, changed_ms = $2 WHERE ledger = $3 AND host = $4",
        &[
            int(links.number),
            at.time_ms.into(),
            ledger.into(),
            links.host.as_str().into(),
        ],
    )
}

pub(crate) fn replace_publishers(
    rows: &Writer<'_>,
    links: &PublishersLinks,
    publishers: Option<&str>,
    at: &At,
) -> Result<()> {
    rows.execute(
        "UPDATE sites SET number = $1, publishers = $2, changed_ms = $3 WHERE ledger = $4 AND host = $5",
        &[
            int(links.number),
            publishers.into(),
            at.time_ms.into(),
            at.entry.ledger().0.into(),
            links.host.as_str().into(),
        ],
    )
}

pub(crate) fn alert(rows: &Writer<'_>, links: &AlertLinks, at: &At) -> Result<()> {
    rows.execute(
        "INSERT INTO site_alerts (ledger, host, number, file, entry, since_ms) VALUES ($1, $2, $3, $4, $5, $6)",
        &[
            at.entry.ledger().0.into(),
            links.host.as_str().into(),
            int(links.number),
            links.file.as_str().into(),
            at.entry.into(),
            at.time_ms.into(),
        ],
    )
}

/// How many alerts a deploy has, and whether one of them is of that file.
pub(crate) fn alerts(
    rows: &Reader<'_>,
    ledger: LedgerId,
    links: &AlertLinks,
) -> Result<(u64, bool)> {
    let sql = "SELECT COUNT(*), COUNT(CASE WHEN file = $1 THEN 1 END) FROM site_alerts \
               WHERE ledger = $2 AND host = $3 AND number = $4";
    let values = [
        links.file.as_str().into(),
        ledger.0.into(),
        links.host.as_str().into(),
        int(links.number),
    ];
    let counted = rows.one(sql, &values, |row| {
        Ok((row.int(0)?.cast_unsigned(), row.int(1)? > 0))
    })?;
    Ok(counted.unwrap_or_default())
}

const SITE: &str = "SELECT s.ledger, s.host, s.institution, s.number, s.publishers, s.since_ms, s.changed_ms, \
                    d.number, d.manifest, d.entry, d.note, d.since_ms FROM sites s \
                    LEFT JOIN site_deploys d ON d.ledger = s.ledger AND d.host = s.host AND d.number = s.live";

/// The site of that name, if there is one now.
pub(crate) fn standing(rows: &Reader<'_>, host: &str) -> Result<Option<Site>> {
    let sql = format!("{SITE} WHERE s.host = $1 AND s.stands = 1 LIMIT 1");
    rows.one(&sql, &[host.into()], site)
}

/// The same, for who can do nothing without it.
pub(crate) fn found(rows: &Reader<'_>, host: &Host) -> crate::Result<Site> {
    let found = standing(rows, host.as_str())?;
    found.ok_or_else(|| Error::UnknownSite {
        host: host.to_string(),
    })
}

/// The site of that name, if it is that ledger's.
pub(crate) fn of_ledger(rows: &Reader<'_>, ledger: LedgerId, host: &str) -> crate::Result<Site> {
    let found = standing(rows, host)?.filter(|site| site.id == ledger);
    found.ok_or_else(|| Error::UnknownSite {
        host: host.to_owned(),
    })
}

/// All of them, by name.
pub(crate) fn all(rows: &Reader<'_>) -> Result<Vec<Site>> {
    rows.all(
        &format!("{SITE} WHERE s.stands = 1 ORDER BY s.host"),
        &[],
        site,
    )
}

/// Some of them, by name, after that one.
pub(crate) fn page(rows: &Reader<'_>, after: &str, max: u32) -> Result<Vec<Site>> {
    let sql = format!("{SITE} WHERE s.host > $1 AND s.stands = 1 ORDER BY s.host LIMIT $2");
    rows.all(&sql, &[after.into(), max.into()], site)
}

/// Those of a ledger, by name.
pub(crate) fn of_institution(rows: &Reader<'_>, ledger: LedgerId) -> Result<Vec<Site>> {
    let sql = format!("{SITE} WHERE s.ledger = $1 AND s.stands = 1 ORDER BY s.host");
    rows.all(&sql, &[ledger.0.into()], site)
}

/// The names that were changed at that time or later, whether they stand still or not.
pub(crate) fn changed(rows: &Reader<'_>, since_ms: i64) -> Result<Vec<Host>> {
    let sql = "SELECT DISTINCT host FROM sites WHERE changed_ms >= $1 ORDER BY host";
    rows.all(sql, &[since_ms.into()], |row| host(row.text(0)?))
}

const DEPLOY: &str = "SELECT s.institution, d.number, d.manifest, d.entry, d.note, d.since_ms FROM site_deploys d \
                      JOIN sites s ON s.ledger = d.ledger AND s.host = d.host";

/// Deploys of a site, the newest first.
pub(crate) fn deploys(rows: &Reader<'_>, of: &Site, max: u32) -> Result<Vec<Deploy>> {
    let sql =
        format!("{DEPLOY} WHERE d.ledger = $1 AND d.host = $2 ORDER BY d.number DESC LIMIT $3");
    let values = [of.id.0.into(), of.place.host.as_str().into(), max.into()];
    rows.all(&sql, &values, |row| one_deploy(row, &of.place.host))
}

/// Deploys of a site below that number, the newest first.
pub(crate) fn deploys_before(
    rows: &Reader<'_>,
    of: &Site,
    before: u64,
    max: u32,
) -> Result<Vec<Deploy>> {
    let sql = format!(
        "{DEPLOY} WHERE d.ledger = $1 AND d.host = $2 AND d.number < $3 ORDER BY d.number DESC LIMIT $4"
    );
    let host = of.place.host.as_str();
    let values = [of.id.0.into(), host.into(), int(before), max.into()];
    rows.all(&sql, &values, |row| one_deploy(row, &of.place.host))
}

/// An alert, as its row has it.
pub(crate) struct AlertRow {
    pub(crate) host: Host,
    pub(crate) number: u64,
    pub(crate) file: Hash,
    pub(crate) entry: EntryId,
    pub(crate) since_ms: i64,
    /// Whether the deploy is the one that is to be served.
    pub(crate) is_of_live: bool,
}

/// Alerts about the sites of a ledger, or about one of them, the newest first.
pub(crate) fn alerts_of(
    rows: &Reader<'_>,
    ledger: LedgerId,
    of: Option<&Host>,
    max: u32,
) -> Result<Vec<AlertRow>> {
    let sql = "SELECT a.host, a.number, a.file, a.entry, a.since_ms, \
               CASE WHEN s.stands = 1 AND s.live = a.number THEN 1 ELSE 0 END FROM site_alerts a \
               JOIN sites s ON s.ledger = a.ledger AND s.host = a.host WHERE a.ledger = $1";
    let row = |row: &Row<'_>| {
        Ok(AlertRow {
            host: host(row.text(0)?)?,
            number: row.int(1)?.cast_unsigned(),
            file: digest(row.text(2)?)?,
            entry: EntryId::from_i64(row.int(3)?),
            since_ms: row.int(4)?,
            is_of_live: row.int(5)? == 1,
        })
    };
    match of {
        Some(host) => {
            let sql = format!("{sql} AND a.host = $2 ORDER BY a.entry DESC LIMIT $3");
            let values = [ledger.0.into(), host.as_str().into(), max.into()];
            rows.all(&sql, &values, row)
        }
        None => {
            let sql = format!("{sql} ORDER BY a.entry DESC LIMIT $2");
            rows.all(&sql, &[ledger.0.into(), max.into()], row)
        }
    }
}

/// One deploy.
pub(crate) fn deploy_at(rows: &Reader<'_>, of: &Site, number: u64) -> Result<Option<Deploy>> {
    let sql = format!("{DEPLOY} WHERE d.ledger = $1 AND d.host = $2 AND d.number = $3");
    let values = [of.id.0.into(), of.place.host.as_str().into(), int(number)];
    rows.one(&sql, &values, |row| one_deploy(row, &of.place.host))
}

fn site(row: &Row<'_>) -> Result<Site> {
    let id = u32::try_from(row.int(0)?).map(LedgerId);
    let place = Place {
        host: host(row.text(1)?)?,
        institution: row.text(2)?.to_owned(),
    };
    let live = match row.opt_int(7)? {
        Some(_) => Some(deploy_from(row, 7, place.clone())?),
        None => None,
    };
    Ok(Site {
        id: id.map_err(|_| damaged("its ledger is out of range"))?,
        number: row.int(3)?.cast_unsigned(),
        publishers: row.opt_text(4)?.unwrap_or_default().to_owned(),
        since_ms: row.int(5)?,
        changed_ms: row.int(6)?,
        live,
        place,
    })
}

fn one_deploy(row: &Row<'_>, host: &Host) -> Result<Deploy> {
    let place = Place {
        institution: row.text(0)?.to_owned(),
        host: host.clone(),
    };
    deploy_from(row, 1, place)
}

/// From the columns `number, manifest, entry, note, since_ms`, which begin at `first`.
fn deploy_from(row: &Row<'_>, first: usize, place: Place) -> Result<Deploy> {
    Ok(Deploy {
        place,
        number: row.int(first)?.cast_unsigned(),
        manifest: digest(row.text(first + 1)?)?,
        index: EntryId::from_i64(row.int(first + 2)?).index(),
        note: row.opt_text(first + 3)?.unwrap_or_default().to_owned(),
        since_ms: row.int(first + 4)?,
    })
}

fn host(text: &str) -> Result<Host> {
    text.parse().map_err(|_| damaged("its name is no host's"))
}

fn digest(text: &str) -> Result<Hash> {
    parse_digits(text).map_err(|_| damaged("a digest is none"))
}

fn damaged(why: &str) -> StoreError {
    StoreError::Damaged {
        what: "a site's row".into(),
        why: why.to_owned(),
    }
}
