//! The ministry's screen beside the operator's: the same documents, as their owner sees them and as the data centre does.

use anyhow::{Context as _, Result};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rusqlite::{Connection, OptionalExtension as _};
use serde::Deserialize;

use amana_seal::age::prologue_size;
use amana_seal::statement::SignedStatement;

use super::country::{Country, SEALED};
use super::deposits::{Deposit, index};
use super::dishonest::{entry_id, rows};
use super::documents::Document;
use super::ministry::{Ministry, NAME};
use super::stage::{Stage, both, size_told};

/// Documents that are shown.
const SHOWN: usize = 5;
/// Bytes of ciphertext that are shown.
const CIPHERTEXT_SHOWN: usize = 24;

/// The body of a sealed act, as any reader of the disk parses it.
#[derive(Deserialize)]
pub(super) struct SealedBody {
    statement: String,
    envelope: String,
    #[serde(default)]
    extent: Option<Kept>,
}

/// Where the data centre keeps a piece: in a file of that name, or in the rows of the entry.
#[derive(Deserialize)]
struct Kept {
    #[serde(default)]
    blob: Option<String>,
}

/// A sealed act on the operator's disk.
pub(super) struct OnDisk {
    pub(super) statement: SignedStatement,
    pub(super) envelope: Vec<u8>,
    /// The ciphertext that came with it, if any did.
    pub(super) piece: Option<Vec<u8>>,
}

/// Draws both screens.
pub(super) async fn play(
    stage: &Stage,
    country: &Country,
    ministry: &Ministry,
    deposits: &[Deposit],
) -> Result<()> {
    let shown = chosen(deposits);
    let mut client = ministry.connect().await?;
    let (mut left, mut right) = (Vec::new(), Vec::new());
    let rows = rows(&country.data())?;
    for deposit in shown {
        let name = &deposit.document.key;
        let answer = client.get(SEALED, name).await?;
        left.push((name.clone(), size_told(answer.body.len())));
        left.push((
            format!("  {}", first_line(&answer.body).unwrap_or_default()),
            String::new(),
        ));
        let found = on_disk(country, &rows, NAME, index(&deposit.receipt))?;
        let found = found.context("a deposit is a sealed act")?;
        right.extend(as_the_operator_sees(stage, &found)?);
    }
    let titles = [
        both!(stage, "The ministry's screen", "L'écran du ministère"),
        both!(
            stage,
            "The operator's, of the same",
            "Celui de l'exploitant, des mêmes"
        ),
    ];
    beside(stage, &titles, &left, &right)
}

/// A few documents that begin with words, spread over all.
fn chosen(deposits: &[Deposit]) -> Vec<&Deposit> {
    let readable: Vec<&Deposit> = deposits
        .iter()
        .filter(|deposit| first_line(&deposit.document.body).is_some())
        .collect();
    let count = readable.len().min(SHOWN);
    (0..count)
        .map(|place| readable[place * readable.len() / count])
        .collect()
}

/// The first line of a document that is text, without what a terminal would take for orders.
pub(super) fn first_line(body: &[u8]) -> Option<&str> {
    let text = std::str::from_utf8(body).ok()?;
    let line = text.lines().find(|line| !line.trim().is_empty())?;
    let line = line.trim();
    (!line.contains(|c: char| c.is_control())).then_some(line)
}

fn as_the_operator_sees(stage: &Stage, found: &OnDisk) -> Result<[(String, String); 2]> {
    let statement = found.statement.statement();
    let slot = statement.touches.first().map(|touch| touch.slot);
    let slot = hex::encode(slot.unwrap_or_default());
    let piece = found.piece.as_deref().unwrap_or_default();
    // What comes before it is the same header of age in each file.
    let prologue = prologue_size(piece)?.unwrap_or_default();
    let chunk = piece.get(prologue..).unwrap_or_default();
    let first: Vec<String> = chunk
        .iter()
        .take(CIPHERTEXT_SHOWN)
        .map(|byte| format!("{byte:02x}"))
        .collect();
    let object = &slot[..12];
    let size = size_told(piece.len());
    let object = both!(stage, "object {object}…", "objet {object}…");
    Ok([
        (object, size),
        (format!("  {}", first.join(" ")), String::new()),
    ])
}

/// The sealed act at an entry of an institution's ledger, with its ciphertext; nothing if another act stands there.
pub(super) fn on_disk(
    country: &Country,
    rows: &Connection,
    institution: &str,
    index: u64,
) -> Result<Option<OnDisk>> {
    let id = entry_id(rows, &format!("{institution}/vault"), index)?;
    let body: Option<Vec<u8>> = rows
        .query_row("SELECT body FROM entries WHERE id = ?1", [id], |row| {
            row.get(0)
        })
        .optional()?
        .flatten();
    let Some(Ok(body)) = body.map(|body| serde_json::from_slice::<SealedBody>(&body)) else {
        return Ok(None);
    };
    let piece = match body.extent {
        Some(Kept { blob: Some(blob) }) => {
            let folder = country.data().join("blobs");
            let kept = blob.get(..2).context("a blob has a name")?;
            Some(std::fs::read(folder.join(kept).join(&blob))?)
        }
        Some(Kept { blob: None }) => Some(rows.query_row(
            "SELECT data FROM contents WHERE id = ?1",
            [id],
            |row| row.get(0),
        )?),
        None => None,
    };
    Ok(Some(OnDisk {
        statement: SignedStatement::parse(body.statement.as_bytes())?,
        envelope: STANDARD.decode(&body.envelope)?,
        piece,
    }))
}

/// Words at the left end of a line, and at its right end.
type Line = (String, String);

/// Two boxes, each as wide as half of the terminal.
fn beside(stage: &Stage, titles: &[String; 2], left: &[Line], right: &[Line]) -> Result<()> {
    // Two letters of indent, one between the boxes, and of each box two for its border and two for its margin.
    let inner = (stage.width() - 3) / 2 - 4;
    let top = |title: &str| {
        let title = cut(title, inner);
        let rest = "─".repeat(inner - title.chars().count());
        format!("┌ {title} {rest}┐")
    };
    stage.drawn(&format!("{} {}", top(&titles[0]), top(&titles[1])))?;
    for (left, right) in left.iter().zip(right) {
        let (left, right) = (within(left, inner), within(right, inner));
        stage.drawn(&format!("│ {left} │ │ {right} │"))?;
    }
    let bottom = format!("└{}┘", "─".repeat(inner + 2));
    stage.drawn(&format!("{bottom} {bottom}"))
}

/// A line of exactly `inner` letters.
fn within((begin, end): &Line, inner: usize) -> String {
    let room = match end.chars().count() {
        0 => inner,
        taken => inner.saturating_sub(taken + 1),
    };
    let begin = cut(begin, room);
    let between = inner.saturating_sub(begin.chars().count() + end.chars().count());
    format!("{begin}{}{end}", " ".repeat(between))
}

fn cut(text: &str, room: usize) -> String {
    if text.chars().count() <= room {
        return text.to_owned();
    }
    let kept: String = text.chars().take(room.saturating_sub(1)).collect();
    format!("{kept}…")
}

impl Document {
    /// What of it somebody who searches would know: its name, and its first sentence. Short ones are in any file.
    pub(super) fn clues(&self) -> impl Iterator<Item = &str> {
        const MIN_BYTES: usize = 10;
        let clues = [Some(self.key.as_str()), first_line(&self.body)];
        let clues = clues.into_iter().flatten();
        clues.filter(|clue| clue.len() >= MIN_BYTES)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_as_wide_as_its_box() {
        let line = |begin: &str, end: &str| within(&(begin.to_owned(), end.to_owned()), 12);
        assert_eq!(line("abc", "4 kB"), "abc     4 kB");
        assert_eq!(line("abcdefghijkl", "4 kB"), "abcdef… 4 kB");
        assert_eq!(line("impôts", ""), "impôts      ");
    }

    #[test]
    fn a_first_line_gives_a_terminal_no_orders() {
        assert_eq!(
            first_line(b"\n  It is decreed. \nMore"),
            Some("It is decreed.")
        );
        assert_eq!(first_line(b"\x1b[2J gone"), None);
        assert_eq!(first_line(b"\xff\xfe"), None);
    }
}
