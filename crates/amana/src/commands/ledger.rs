//! `amana ledger`: an institution's history, shown, verified, followed.

use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context as _, Result, bail, ensure};
use clap::{Args, Subcommand};
use serde_json::{Value, json};

use super::receipt::read_policy;
use crate::cli::{Reach, Reader};
use crate::client::{Client, segment};
use crate::output;
use crate::replay::{Replay, Seen};

/// Ledgers.
#[derive(Subcommand)]
pub(crate) enum Ledger {
    /// List the ledgers of the data centre
    List(Reach),
    /// Show a ledger's last entries
    Show(Show),
    /// Replay a ledger against what was signed and cosigned, and name what is wrong
    Verify(Of),
    /// Print what a director signs to have the body of an act erased
    ErasureRequest(Entry),
    /// Erase the body of an act, as a director's signed request asks; receipts and replay still hold
    Erase(Erase),
    /// Give a restored data centre the entries back that it has lost, from a mirror's folder or a segment of one
    GiveBack(GiveBack),
    /// Print each entry as it is recorded, verifying all the way
    Follow(Follow),
}

/// Which ledger, and under whose keys.
#[derive(Args)]
pub(crate) struct Of {
    /// owner/name, such as finances/vault; or national
    name: String,
    /// The trust policy; by default the one in the data folder, which is the operator's word
    #[arg(long, value_name = "POLICY")]
    policy: Option<PathBuf>,
    #[command(flatten)]
    reader: Reader,
}

/// Which part of a ledger.
#[derive(Args)]
pub(crate) struct Show {
    /// How many of the last entries
    #[arg(long, value_name = "N", default_value_t = 20)]
    last: u64,
    #[command(flatten)]
    of: Of,
}

/// A ledger to follow.
#[derive(Args)]
pub(crate) struct Follow {
    /// Print from this entry on; by default, what is recorded from now on
    #[arg(long, value_name = "INDEX")]
    from: Option<u64>,
    /// Seconds between looks
    #[arg(long, value_name = "SECONDS", default_value_t = 2.0)]
    every: f64,
    #[command(flatten)]
    of: Of,
}

/// Which act.
#[derive(Args)]
pub(crate) struct Entry {
    /// LEDGER/INDEX, such as finances/vault/3
    entry: String,
    #[command(flatten)]
    reach: Reach,
}

/// Which body goes, and on whose word.
#[derive(Args)]
pub(crate) struct Erase {
    #[command(flatten)]
    entry: Entry,
    /// The request, as a note signed by a director of the institution
    #[arg(long, value_name = "FILE")]
    request: PathBuf,
    /// Why; it is written in the institution's ledger
    #[arg(long)]
    reason: String,
}

impl Ledger {
    pub(crate) async fn run(self) -> Result<()> {
        match self {
            Self::List(reach) => {
                let list = reach.client().get("/v1/ledgers").await?;
                reach.print_table(
                    &list,
                    &["name", "visibility", "size", "witnessed_size", "root"],
                )
            }
            Self::Show(show) => show.run().await,
            Self::Verify(of) => of.verify().await,
            Self::ErasureRequest(Entry { entry, reach }) => {
                let asked = reach.client().get(&erasure_path(&entry)?).await?;
                let request = asked["request"].as_str().unwrap_or_default();
                reach.print(&asked, || request.trim_end().to_owned())
            }
            Self::Erase(erase) => erase.run().await,
            Self::GiveBack(give_back) => give_back.run().await,
            Self::Follow(follow) => follow.run().await,
        }
    }
}

/// Where the missing entries are.
#[derive(Args)]
pub(crate) struct GiveBack {
    /// A mirror's folder, or a file of one under ledgers/
    #[arg(value_name = "FILE|PLACE")]
    place: PathBuf,
    #[command(flatten)]
    reach: Reach,
}

impl GiveBack {
    async fn run(self) -> Result<()> {
        let path =
            std::fs::canonicalize(&self.place).with_context(|| self.place.display().to_string())?;
        let body = json!({ "path": path });
        let given = self.reach.client().post("/v1/give-back", &body).await?;
        self.reach.print(&given, || given_text(&given))?;
        let left_out = given["left_out"].as_array().map_or(0, Vec::len);
        match given["read_only"].as_str() {
            None if left_out == 0 => Ok(()),
            None => bail!("{left_out} ledgers were not taken back whole, as named above"),
            Some(why) => bail!("the data centre stays read-only: {why}"),
        }
    }
}

fn given_text(given: &Value) -> String {
    let taken = given["ledgers"].as_array().into_iter().flatten();
    let taken = taken.map(|one| {
        let (entries, size) = (&one[1]["entries"], &one[1]["size"]);
        let name = one[0].as_str().unwrap_or_default();
        format!("{name}: {entries} entries taken back, {size} now")
    });
    let left = given["left_out"].as_array().into_iter().flatten();
    let left = left.filter_map(|why| why.as_str().map(str::to_owned));
    let mut lines: Vec<String> = taken.chain(left).collect();
    if lines.is_empty() {
        lines.push("there is nothing in it that the data centre doesn't have".to_owned());
    }
    if given["read_only"].is_null() {
        lines.push("The data centre takes deposits.".to_owned());
    }
    lines.join("\n")
}

impl Erase {
    async fn run(self) -> Result<()> {
        let Entry { entry, reach } = self.entry;
        let request = std::fs::read_to_string(&self.request)
            .with_context(|| self.request.display().to_string())?;
        let body = json!({ "request": request, "reason": self.reason });
        let erased = reach.client().post(&erasure_path(&entry)?, &body).await?;
        reach.print(&erased, || format!("the body of {entry} is erased"))
    }
}

/// Where the administration takes the erasure of an act.
pub(crate) fn erasure_path(entry: &str) -> Result<String> {
    match entry.split('/').collect::<Vec<_>>()[..] {
        [owner, ledger, index] => Ok(format!(
            "/v1/erasures/{}/{}/{}",
            segment(owner),
            segment(ledger),
            segment(index)
        )),
        _ => bail!("{entry}: an act is named LEDGER/INDEX, such as finances/vault/3"),
    }
}

impl Of {
    async fn begin<'c>(&self, client: &'c Client) -> Result<Replay<'c>> {
        let own = self.reader.data.join("policy");
        let policy = read_policy(self.policy.as_deref().unwrap_or(&own))?;
        Replay::begin(client, &self.name, &policy).await
    }

    async fn verify(self) -> Result<()> {
        let client = self.reader.client()?;
        let mut replay = self.begin(&client).await?;
        replay.advance(&mut |_| Ok(())).await?;
        let summary = summary(&self.name, &replay);
        if self.reader.json {
            return output::line(&summary.to_string());
        }
        output::line(&format!(
            "{} stands: {} entries, root {}; {}",
            self.name,
            replay.size(),
            replay.root(),
            match replay.witnessed() {
                Some(size) => format!("the quorum of its witnesses saw the first {size}"),
                None => "no quorum of witnesses has seen it".to_owned(),
            }
        ))
    }
}

impl Show {
    /// The whole ledger is replayed before any of it is shown: what is shown is what stands.
    async fn run(self) -> Result<()> {
        let client = self.of.reader.client()?;
        let mut replay = self.of.begin(&client).await?;
        let mut shown = std::collections::VecDeque::new();
        let last = usize::try_from(self.last)?;
        replay
            .advance(&mut |seen| {
                shown.push_back(entry(&seen));
                if shown.len() > last {
                    shown.pop_front();
                }
                Ok(())
            })
            .await?;
        let mut summary = summary(&self.of.name, &replay);
        if self.of.reader.json {
            summary["entries"] = Vec::from(shown).into();
            return output::line(&summary.to_string());
        }
        let witnessed = replay.witnessed().map_or_else(
            || "no quorum has seen it".to_owned(),
            |size| format!("witnessed up to {size}"),
        );
        output::line(&format!(
            "{}: {} entries, {witnessed}, root {}",
            self.of.name,
            replay.size(),
            replay.root()
        ))?;
        shown
            .iter()
            .try_for_each(|entry| output::line(&text(entry)))
    }
}

impl Follow {
    async fn run(self) -> Result<()> {
        ensure!(
            (0.1..=86_400.0).contains(&self.every),
            "--every is {}, and must be between 0.1 and 86400 seconds",
            self.every
        );
        let client = self.of.reader.client()?;
        let mut replay = self.of.begin(&client).await?;
        let mut from = self.from;
        loop {
            let json = self.of.reader.json;
            replay
                .advance(&mut |seen| {
                    if from.is_none_or(|from| seen.index < from) {
                        return Ok(());
                    }
                    let entry = entry(&seen);
                    output::line(&if json {
                        entry.to_string()
                    } else {
                        text(&entry)
                    })
                })
                .await?;
            from.get_or_insert(replay.size());
            tokio::time::sleep(Duration::from_secs_f64(self.every)).await;
        }
    }
}

fn summary(name: &str, replay: &Replay<'_>) -> Value {
    json!({
        "name": name,
        "size": replay.size(),
        "root": replay.root().to_string(),
        "witnessed_size": replay.witnessed(),
    })
}

fn entry(seen: &Seen<'_>) -> Value {
    match seen.act {
        Some(act) => {
            let parsed =
                |text: &str| serde_json::from_str::<Value>(text).unwrap_or_else(|_| text.into());
            json!({
                "index": seen.index,
                "core": parsed(&act.core),
                "body": act.body.as_ref().map(|body| parsed(&body.text)),
            })
        }
        // The leaf of the national log: a type byte, then the epoch's text.
        None => json!({
            "index": seen.index,
            "text": String::from_utf8_lossy(seen.leaf.get(1..).unwrap_or_default()),
        }),
    }
}

fn text(entry: &Value) -> String {
    let index = entry["index"].as_u64().unwrap_or_default();
    let plain = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    match entry.get("core") {
        Some(core) => format!(
            "{index:>6}  {}  {}  {}  {} {}",
            plain(&core["at"]),
            plain(&core["by"]),
            plain(&core["kind"]),
            core["links"],
            if entry["body"].is_null() {
                String::new()
            } else {
                entry["body"].to_string()
            }
        )
        .trim_end()
        .to_owned(),
        None => format!(
            "{index:>6}  {}",
            plain(&entry["text"]).trim_end().replace('\n', "  ")
        ),
    }
}
