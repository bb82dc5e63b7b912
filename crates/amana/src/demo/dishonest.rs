//! Act 3, first part: the operator changes what is on its own disk, each time in a copy of the stopped data folder. It is
//! the open bucket that it edits: of that one it knows what it does.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use rusqlite::{Connection, params};

use super::country::{Country, OPEN};
use super::deposits::{Deposit, index};
use super::plain::{PlainFolder, flip_bit, flip_middle};
use super::processes::copy_folder;
use super::stage::{Stage, Watch, both};
use crate::s3_client::AccessKey;

/// By how much the operator backdates a deposit.
const YEAR: Duration = Duration::from_secs(365 * 86_400);

/// The ledger of the Ministry of Justice.
pub(super) const LEDGER: &str = "justice/vault";

/// Plays the edits; the data centre is stopped, and its folder stays as it is. `operators` is a key that the operator made
/// itself in the name of Finance.
pub(super) fn play(
    stage: &mut Stage,
    country: &Country,
    (justice, operators): (&AccessKey, &AccessKey),
    deposits: &[Deposit],
    plain: &PlainFolder,
) -> Result<()> {
    let victim = deposits
        .iter()
        .max_by_key(|deposit| deposit.document.body.len())
        .context("something was deposited")?;
    let name = &victim.document.key;

    stage.step(&both!(
        stage,
        "The operator edits a row: {name} becomes a year older.",
        "L'exploitant retouche une ligne : {name} vieillit d'un an."
    ))?;
    let copy = copied(country, "row")?;
    backdate(&copy, name)?;
    caught(stage, country, &copy, &["view"])?;
    plain.backdate(name, YEAR)?;
    plain.notices_nothing(stage)?;

    stage.step(&both!(
        stage,
        "The operator rewrites an entry of the ledger: it was Finance, not Justice, that deposited {name}.",
        "L'exploitant réécrit un acte du registre : ce sont les Finances, et non la Justice, qui auraient déposé {name}."
    ))?;
    let copy = copied(country, "entry")?;
    rewrite_entry(&copy, index(&victim.receipt), [&justice.id, &operators.id])?;
    caught(stage, country, &copy, &["entry", "rewritten"])?;
    plain.rewrite_register(name, &operators.id)?;
    plain.notices_nothing(stage)?;

    stage.step(&both!(
        stage,
        "A single bit of {name} flips, by malice or by a tired disk.",
        "Un seul bit de {name} bascule, par malice ou par fatigue du disque."
    ))?;
    let copy = copied(country, "content")?;
    flip_content(&copy, victim)?;
    caught(stage, country, &copy, &["content"])?;
    plain.flip(name)?;
    plain.notices_nothing(stage)
}

/// A copy of the stopped data folder, to be edited.
pub(super) fn copied(country: &Country, name: &str) -> Result<PathBuf> {
    let copy = country.folder.join(&format!("edited-{name}"));
    copy_folder(&country.data(), &copy)?;
    Ok(copy)
}

/// Has the folder checked; a fault of one of these kinds must be named.
pub(super) fn caught(
    stage: &mut Stage,
    country: &Country,
    data: &Path,
    codes: &[&str],
) -> Result<()> {
    let watch = Watch::start();
    let checked = country.check(data, true)?;
    let took = watch.told();
    let Some(fault) = checked.foremost(codes) else {
        let found = checked.in_short();
        return stage.failed(&both!(
            stage,
            "amana check did not name it; it found: {found}",
            "amana check ne l'a pas nommé ; il a trouvé : {found}"
        ));
    };
    let meaning = meaning(stage, &fault.code);
    stage.held(&both!(
        stage,
        "amana check notices in {took}: {meaning}. In its own words:",
        "amana check le remarque en {took} : {meaning}. Dans ses propres mots :"
    ))?;
    stage.named(&fault.told())?;
    match checked.others() {
        0 => Ok(()),
        others => stage.aside(&both!(
            stage,
            "and {others} more that follow from it",
            "et {others} de plus qui en découlent"
        )),
    }
}

/// What a kind of fault means to somebody who doesn't know our tables.
fn meaning(stage: &Stage, code: &str) -> String {
    match code {
        "view" => both!(
            stage,
            "a row is not what the acts in the ledger say",
            "une ligne n'est pas ce que disent les actes du registre"
        ),
        "entry" => both!(
            stage,
            "this very entry was changed after it was recorded",
            "cet acte précis a été changé après avoir été enregistré"
        ),
        "rewritten" => both!(
            stage,
            "history was changed after it was committed to",
            "l'histoire a été changée après avoir été engagée"
        ),
        "content" => both!(
            stage,
            "a document is not the one that was deposited",
            "un document n'est plus celui qui fut déposé"
        ),
        "behind" => both!(
            stage,
            "this folder is older than what the operator has signed",
            "ce dossier est plus ancien que ce que l'exploitant a signé"
        ),
        "fork" => both!(
            stage,
            "the operator has signed two different histories",
            "l'exploitant a signé deux histoires différentes"
        ),
        _ => both!(stage, "something is wrong", "quelque chose ne va pas"),
    }
}

/// The rows of a data folder, opened as whoever owns the disk may.
pub(super) fn rows(data: &Path) -> Result<Connection> {
    let path = data.join("amana.db");
    Connection::open(&path).with_context(|| path.display().to_string())
}

/// Number of a ledger and its size.
pub(super) fn ledger(rows: &Connection, name: &str) -> Result<(i64, u64)> {
    let found = rows.query_row(
        "SELECT id, size FROM ledgers WHERE name = ?1",
        [name],
        |row| Ok((row.get(0)?, row.get::<_, i64>(1)?)),
    );
    let (id, size) = found.with_context(|| format!("the ledger {name}"))?;
    Ok((id, size.unsigned_abs()))
}

/// The number under which an entry of a ledger stands.
pub(super) fn entry_id(rows: &Connection, name: &str, index: u64) -> Result<i64> {
    let (ledger, _) = ledger(rows, name)?;
    Ok(ledger << 40 | index.cast_signed())
}

fn backdate(data: &Path, key: &str) -> Result<()> {
    let year_ms = i64::try_from(YEAR.as_millis())?;
    let changed = rows(data)?.execute(
        "UPDATE versions SET time_ms = time_ms - ?1 WHERE key = ?2",
        params![year_ms, key.as_bytes()],
    )?;
    ensure!(changed == 1, "{changed} rows of {OPEN}/{key} were edited");
    Ok(())
}

fn rewrite_entry(data: &Path, index: u64, [from, to]: [&str; 2]) -> Result<()> {
    let rows = rows(data)?;
    let id = entry_id(&rows, LEDGER, index)?;
    let core: Vec<u8> = rows.query_row("SELECT core FROM entries WHERE id = ?1", [id], |row| {
        row.get(0)
    })?;
    let core = String::from_utf8(core)?;
    let forged = core.replace(from, to);
    ensure!(forged != core, "the entry doesn't name its key: {core}");
    rows.execute(
        "UPDATE entries SET core = ?1 WHERE id = ?2",
        params![forged.as_bytes(), id],
    )?;
    Ok(())
}

/// Flips the bit where the content lies: in a file of its own, or in the rows when it is small.
fn flip_content(data: &Path, deposit: &Deposit) -> Result<()> {
    let body = &deposit.document.body;
    if let Some(blob) = blob_with(&data.join("blobs"), body)? {
        return flip_bit(&blob);
    }
    let rows = rows(data)?;
    let id = entry_id(&rows, LEDGER, index(&deposit.receipt))?;
    let mut bytes = body.to_vec();
    flip_middle(&mut bytes)?;
    let changed = rows.execute(
        "UPDATE contents SET data = ?1 WHERE id = ?2",
        params![bytes, id],
    )?;
    ensure!(changed == 1, "{} is in no row", deposit.document.key);
    Ok(())
}

/// The file under `blobs` that holds these bytes and nothing else.
fn blob_with(blobs: &Path, bytes: &[u8]) -> Result<Option<PathBuf>> {
    for entry in fs::read_dir(blobs)? {
        let entry = entry?;
        let (path, file) = (entry.path(), entry.metadata()?);
        if file.is_dir() {
            if let Some(found) = blob_with(&path, bytes)? {
                return Ok(Some(found));
            }
        } else if file.len() == bytes.len() as u64 && fs::read(&path)? == bytes {
            return Ok(Some(path));
        }
    }
    Ok(None)
}
