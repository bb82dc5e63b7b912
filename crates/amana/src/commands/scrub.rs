//! `amana scrub`: everything is read again, now, and mended where a copy is whole.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use amana_store::{Store, clock};
use anyhow::{Context as _, Result, bail};
use clap::Args;
use serde_json::{Value, json};

use crate::client::Client;
use crate::config::{Config, environment};
use crate::durable::give_to_owner;
use crate::progress::Progress;
use crate::scrub::{self, Scrub};
use crate::{centre, cli, output, socket};

/// It looks this often how far the server is.
const LOOK: Duration = Duration::from_millis(300);

/// Read everything again, and mend what a copy can mend.
#[derive(Args)]
pub(crate) struct ScrubNow {
    /// The data centre's folder
    #[arg(long, value_name = "DIR", default_value = cli::DEFAULT_DATA)]
    data: PathBuf,
    /// As fast as the disk gives, though requests wait for it
    #[arg(long)]
    now: bool,
    /// Only tell how far the pass under way is, and how the last one ended
    #[arg(long, conflicts_with = "now")]
    status: bool,
    /// Print JSON, for scripts
    #[arg(long)]
    json: bool,
}

impl ScrubNow {
    pub(crate) async fn run(self) -> Result<()> {
        let serving = socket::connect(&self.data).await.is_ok();
        let client = Client::new(&self.data);
        if self.status {
            let state = client.get("/v1/scrub").await?;
            return self.tell(&state);
        }
        let last = if serving {
            self.by_server(&client).await?
        } else {
            self.alone().await?
        };
        self.tell(&json!({ "last": last }))?;
        match last["damaged"].as_u64() {
            Some(0) => Ok(()),
            damaged => bail!(
                "{}: {} things stay damaged, named above; bring a mirror back, or restore them from a copy",
                self.data.display(),
                damaged.unwrap_or_default()
            ),
        }
    }

    async fn by_server(&self, client: &Client) -> Result<Value> {
        let before = client.get("/v1/scrub").await?["last"]["ended_ms"].clone();
        client
            .post("/v1/scrub", &json!({ "now": self.now }))
            .await?;
        let mut progress = Progress::new("scrub");
        loop {
            tokio::time::sleep(LOOK).await;
            let state = client.get("/v1/scrub").await?;
            let count = |name: &str| state[name].as_u64().unwrap_or_default();
            progress.at(count("entries_done"), count("entries"), "entries");
            if state["last"]["ended_ms"] != before {
                return Ok(state["last"].clone());
            }
        }
    }

    /// Without a server: this process is the one that may write.
    async fn alone(&self) -> Result<Value> {
        let own = crate::config::path_in(&self.data);
        if !own.is_file() {
            bail!(
                "{}: there is no data centre in this folder",
                self.data.display()
            );
        }
        let config = Config::load(&self.data, None, environment())?;
        let name = config.centre.clone();
        let name =
            name.with_context(|| format!("{} doesn't name the data centre", own.display()))?;
        let store = Store::open(&self.data, centre::catalog(), config.store_options(&name)?)?;
        let store = Arc::new(store);
        if let Some(fraction) = config.parity()? {
            store.keep_parity(fraction)?;
        }
        let mut progress = Progress::new("scrub");
        let scrub = Scrub::load(&self.data);
        let mut shown = |state: &scrub::State| {
            progress.at(state.entries_done, state.entries, "entries");
        };
        let last = scrub::pass(&store, &scrub, &mut shown).await;
        give_to_owner(&self.data)?;
        let last = last?;
        Ok(serde_json::to_value(last)?)
    }

    fn tell(&self, state: &Value) -> Result<()> {
        if self.json {
            return output::line(&state.to_string());
        }
        let last = &state["last"];
        for named in last["named"].as_array().into_iter().flatten() {
            output::line(named.as_str().unwrap_or_default())?;
        }
        match state["begun_ms"].as_i64() {
            // What a pass that just ended tells, and not how far a server is.
            None => {}
            Some(0) => output::line("no pass is under way")?,
            Some(_) => output::line(&format!(
                "pass under way: {} of {} entries read",
                state["entries_done"], state["entries"]
            ))?,
        }
        let Some(ended_ms) = last["ended_ms"].as_i64() else {
            return output::line("no pass has ended yet");
        };
        let count = |name: &str| last[name].as_u64().unwrap_or_default();
        output::line(&format!(
            "last pass, ended {}: {} entries, {} contents ({} bytes) read; {} healed, {} damaged",
            clock::rfc3339(ended_ms),
            count("entries"),
            count("contents"),
            count("bytes"),
            count("healed"),
            count("damaged")
        ))
    }
}
