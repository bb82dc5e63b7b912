//! Acts a second through `Store::commit`, durable, on this machine.
//!
//! `bench-commit append [ACTS]`: append-only acts on one ledger. `bench-commit keys [KEYS] [ACTS]`: acts that each put a
//! random key with 4 KiB of content in a view of a million keys, as object PUTs do. Every figure is a median of five
//! rounds, beside the same number of raw appends to a file with one sync a group: the disk's own limit.

use std::io::Write as _;
use std::path::Path;
use std::time::Instant;

use amana_store::{
    Act, At, Catalog, Content, Denied, Kind, LedgerId, Options, Reader, Result, Service, Store,
    Target, View, Visibility, Writer,
};
use bytes::Bytes;
use serde::{Deserialize, Serialize};

const IN_FLIGHT: usize = 4096;
const ROUNDS: usize = 5;

#[derive(Serialize, Deserialize, Clone)]
struct Body {
    key: Option<u64>,
    size: u64,
    etag: String,
    sha256: String,
}

struct Put {
    target: Target,
    body: Body,
    content: Option<Bytes>,
}

impl Put {
    fn new(ledger: LedgerId, key: Option<u64>, content: Option<Bytes>) -> Self {
        let size = content.as_ref().map_or(0, |content| content.len() as u64);
        let body = Body {
            key,
            size,
            etag: "0123456789abcdef0123456789abcdef".into(),
            sha256: "ab".repeat(32),
        };
        Self {
            target: Target::Ledger(ledger),
            body,
            content,
        }
    }
}

impl Act for Put {
    const KIND: &'static str = "bench.put";
    type Links = ();
    type Body = Body;
    type Output = ();
    type Refusal = ();

    fn actor(&self) -> &'static str {
        "key:AMANABENCH"
    }

    fn target(&self) -> Target {
        self.target.clone()
    }

    fn check(&mut self, _: &Reader<'_>, _: i64) -> Result<(), Denied<()>> {
        Ok(())
    }

    fn links(&self) -> &() {
        &()
    }

    fn body(&self) -> Option<&Body> {
        Some(&self.body)
    }

    fn take_content(&mut self) -> Vec<Content> {
        self.content
            .take()
            .map(Content::Inline)
            .into_iter()
            .collect()
    }

    fn apply((): &(), body: Option<&Body>, rows: &Writer<'_>, at: &At) -> Result<()> {
        let Some(Body {
            key: Some(key),
            size,
            ..
        }) = body
        else {
            return Ok(());
        };
        let name = format!("customs/2026/{key:016x}.pdf");
        rows.one(
            "SELECT nseq FROM bench_keys WHERE name = $1",
            &[name.as_bytes().into()],
            |row| row.int(0),
        )?;
        rows.execute(
            "INSERT INTO bench_keys (name, nseq, size, etag) VALUES ($1, $2, $3, $4)
             ON CONFLICT (name) DO UPDATE SET nseq = excluded.nseq",
            &[
                name.as_bytes().into(),
                at.entry.into(),
                size.cast_signed().into(),
                [7_u8; 16].as_slice().into(),
            ],
        )?;
        Ok(())
    }
}

const VIEWS: &[View] = &[View {
    table: "bench_keys",
    columns: "name BLOB NOT NULL, nseq BIGINT NOT NULL, size BIGINT NOT NULL, etag BLOB NOT NULL, PRIMARY KEY (name)",
    key: "name",
    clustered: true,
    indexes: &[],
}];

/// A sequence that visits keys in no order, the same in every run.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ self.0 >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed ^ mixed >> 31
    }
}

/// Commits `acts` acts with a bounded number in flight; returns acts a second.
async fn run(store: &Store, acts: usize, mut act: impl FnMut() -> Put) -> f64 {
    let start = Instant::now();
    let mut left = acts;
    while left > 0 {
        let now = left.min(IN_FLIGHT);
        let group = (0..now).map(|_| store.commit(act())).collect::<Vec<_>>();
        for done in futures::future::join_all(group).await {
            assert!(done.is_ok(), "an act was not committed");
        }
        left -= now;
    }
    rate(acts, start)
}

fn rate(acts: usize, start: Instant) -> f64 {
    f64::from(u32::try_from(acts).unwrap_or(u32::MAX)) / (Instant::now() - start).as_secs_f64()
}

/// The disk's own limit: as many bytes appended to a file, one sync a group.
fn raw(folder: &Path, acts: usize, bytes: usize) -> f64 {
    let Ok(mut file) = std::fs::File::create(folder.join("raw")) else {
        return 0.0;
    };
    let group = vec![7; bytes * IN_FLIGHT];
    let start = Instant::now();
    for _ in 0..acts.div_ceil(IN_FLIGHT) {
        if file
            .write_all(&group)
            .and_then(|()| file.sync_data())
            .is_err()
        {
            return 0.0;
        }
    }
    rate(acts, start)
}

fn median(mut rates: Vec<f64>) -> f64 {
    rates.sort_by(f64::total_cmp);
    rates[rates.len() / 2]
}

async fn bench(mode: &str, keys: usize, acts: usize) -> Result<()> {
    let folder = tempfile::tempdir_in(".").map_err(|e| amana_store::Error::Folder {
        path: ".".into(),
        why: e.to_string(),
    })?;
    let catalog = Catalog::new([Service {
        name: "bench",
        views: VIEWS,
        kinds: vec![Kind::of::<Put>()],
    }]);
    let store = Store::open(folder.path(), catalog, Options::new("bench.test"))?;
    let target = Target::Open {
        name: "bench/vault".into(),
        visibility: Visibility::Private,
    };
    let opened = store
        .commit(Put {
            target,
            ..Put::new(LedgerId(1), None, None)
        })
        .await;
    let Ok(opened) = opened else { return Ok(()) };
    let ledger = opened.entry.ledger();
    let content = Bytes::from(vec![9; 4096]);
    let (mut sequence, mut random) = (0, Random(1));
    if keys > 0 {
        let filled = run(&store, keys, || {
            sequence += 1;
            Put::new(ledger, Some(Random(sequence).next()), None)
        });
        println!(
            "filled {keys} random keys without content at {:.0}/s",
            filled.await
        );
    }
    let (mut ours, mut disk) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        ours.push(
            run(&store, acts, || match keys {
                0 => Put::new(ledger, None, None),
                _ => Put::new(
                    ledger,
                    Some(Random(random.next() % keys as u64 + 1).next()),
                    Some(content.clone()),
                ),
            })
            .await,
        );
        disk.push(raw(
            folder.path(),
            acts,
            if keys > 0 { 4096 + 600 } else { 600 },
        ));
    }
    let (ours, disk) = (median(ours), median(disk));
    println!(
        "| {mode} | {ours:.0} acts/s | raw file {disk:.0}/s | ratio {:.2} |",
        ours / disk
    );
    Ok(())
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<()> {
    let args: Vec<String> = std::env::args().collect();
    let number = |at: usize, default| args.get(at).and_then(|n| n.parse().ok()).unwrap_or(default);
    match args.get(1).map(String::as_str) {
        Some("append") => bench("append-only acts", 0, number(2, 200_000)).await,
        Some("keys") => {
            bench(
                "4 KiB PUT acts on random keys",
                number(2, 1_000_000),
                number(3, 40_000),
            )
            .await
        }
        _ => {
            println!("usage: bench-commit append [ACTS] | keys [KEYS] [ACTS]");
            std::process::exit(2);
        }
    }
}
