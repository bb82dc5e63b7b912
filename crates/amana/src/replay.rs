//! Replays a ledger against what was signed and cosigned, trusting no more of the data centre than its keys.
//!
//! Every leaf is computed again from its act, compared with the tile that holds it, and pushed on a tree; wherever a
//! witness cosigned a size, the tree must have the root that the witness saw. So a change is named by its entry when the
//! tiles still have the old hash, and otherwise by the two cosigned sizes between which it lies.

use std::collections::BTreeMap;

use amana_ledger::{
    Checkpoint, Cosigned, Frontier, Hash, LedgerQuorum, Note, Policy, RegistryRow, Signature,
    TILE_WIDTH, TileId, TileLevel, VerifierKey, act_leaf, body_hash, leaf_hash, parse_bundle,
    verify_cosignature,
};
use anyhow::{Context as _, Result, bail, ensure};

use crate::client::Client;
use crate::wire::{self, ActText, Acts};

/// A ledger under replay.
pub(crate) struct Replay<'c> {
    client: &'c Client,
    /// `finances/vault`, or `national`.
    name: String,
    /// Where it is served.
    path: String,
    log: VerifierKey,
    /// Whose cosignatures count.
    witnesses: Policy,
    genesis: Option<Hash>,
    /// Roots that it must have at those sizes, by what was seen elsewhere.
    expected: BTreeMap<u64, Hash>,
    reached: Reached,
}

/// How far a replay is.
#[derive(Clone)]
struct Reached {
    frontier: Frontier,
    /// The last size at which a cosignature stood.
    vouched: u64,
    /// The last size at which the quorum stood.
    witnessed: Option<u64>,
    /// The checkpoint up to which it was replayed, as it came.
    head: Option<Note>,
}

impl Reached {
    fn nothing() -> Self {
        Self {
            frontier: Frontier::new(),
            vouched: 0,
            witnessed: None,
            head: None,
        }
    }
}

/// An entry, as it is told on the way.
pub(crate) struct Seen<'a> {
    /// Its index.
    pub(crate) index: u64,
    /// The act; nothing in the national log, whose entries are epochs.
    pub(crate) act: Option<&'a ActText>,
    /// The leaf's bytes.
    pub(crate) leaf: &'a [u8],
}

impl<'c> Replay<'c> {
    /// Begins at the ledger's first entry, under the keys that the trust policy vouches for.
    pub(crate) async fn begin(client: &'c Client, name: &str, policy: &Policy) -> Result<Self> {
        if name == "national" {
            let checkpoint = client.get_bytes("/national/checkpoint").await?;
            let note = Note::parse(&checkpoint)?;
            let signer = |log: &&amana_ledger::PolicyLog| note.verify(&log.key).is_ok();
            let Some(log) = policy.logs().iter().find(signer) else {
                bail!("no log of the trust policy signed the national checkpoint");
            };
            return Ok(Self {
                client,
                name: name.to_owned(),
                path: "/national".to_owned(),
                log: log.key.clone(),
                witnesses: policy.clone(),
                genesis: policy.genesis(),
                expected: BTreeMap::new(),
                reached: Reached::nothing(),
            });
        }
        ensure!(
            amana_ledger::is_ledger_name(name) && name.split('/').count() == 2,
            "{name}: a ledger is named owner/name, such as finances/vault, or national"
        );
        let path = format!("/ledgers/{name}");
        let row = client.get_bytes(&format!("{path}/row")).await;
        let row = Note::parse(&row.with_context(|| format!("the ledger {name}"))?)?;
        let opened = policy
            .logs()
            .iter()
            .find_map(|log| RegistryRow::open(&row, &log.key).ok());
        let row = opened
            .filter(|row| row.name == name)
            .context("no log of the trust policy signed the ledger's registry row")?;
        let witnesses = match &row.quorum {
            LedgerQuorum::National => policy.clone(),
            LedgerQuorum::Own(own) => own.policy().clone(),
        };
        Ok(Self {
            client,
            name: name.to_owned(),
            path,
            log: row.log,
            witnesses,
            genesis: Some(row.genesis),
            expected: BTreeMap::new(),
            reached: Reached::nothing(),
        })
    }

    /// The ledger's origin, as it stands in its checkpoints.
    pub(crate) fn origin(&self) -> &str {
        self.log.name()
    }

    /// Entries replayed.
    pub(crate) fn size(&self) -> u64 {
        self.reached.frontier.size()
    }

    /// Root of what was replayed.
    pub(crate) fn root(&self) -> Hash {
        self.reached.frontier.root()
    }

    /// The largest size replayed at which the quorum stands, if any.
    pub(crate) fn witnessed(&self) -> Option<u64> {
        self.reached.witnessed
    }

    /// The checkpoint up to which it was replayed, with its signatures.
    pub(crate) fn head(&self) -> Option<&Note> {
        self.reached.head.as_ref()
    }

    /// Holds the ledger to a head that was seen elsewhere: what is replayed must have that root at that size, and reach it.
    ///
    /// # Errors
    /// When it has another root there already.
    pub(crate) fn expect(&mut self, size: u64, root: Hash) -> Result<()> {
        if size == self.size() {
            return self.compare(size, &root);
        }
        self.expected.insert(size, root);
        Ok(())
    }

    fn compare(&self, size: u64, root: &Hash) -> Result<()> {
        ensure!(
            *root == self.root(),
            "{}: its first {size} entries aren't those that were seen before, or that the national log commits: the data centre \
             tells two histories",
            self.name
        );
        Ok(())
    }

    /// Replays up to the newest checkpoint, which must have the root of what was replayed. One that fails leaves it where it was.
    pub(crate) async fn advance(
        &mut self,
        each: &mut dyn FnMut(Seen<'_>) -> Result<()>,
    ) -> Result<()> {
        let before = self.reached.clone();
        let advanced = self.go_on(each).await;
        if advanced.is_err() {
            self.reached = before;
        }
        advanced
    }

    async fn go_on(&mut self, each: &mut dyn FnMut(Seen<'_>) -> Result<()>) -> Result<()> {
        let note = self.fetch("checkpoint").await?;
        let (checkpoint, note) = Checkpoint::open(&note, &self.log)
            .with_context(|| format!("the checkpoint of {}", self.name))?;
        ensure!(
            checkpoint.size >= self.size(),
            "{} has {} entries now and had {} before: entries were taken away",
            self.name,
            checkpoint.size,
            self.size()
        );
        let lines = self.fetch("cosignatures").await?;
        let lines: Vec<wire::Cosigned> = serde_json::from_slice(&lines)?;
        if let Some((last, _)) = self.expected.last_key_value() {
            ensure!(
                checkpoint.size >= *last,
                "{} has {} entries now, and {last} were seen: entries were taken away",
                self.name,
                checkpoint.size
            );
        }
        // Witnesses may have come since it was replayed so far.
        self.vouch(&lines)?;
        while self.size() < checkpoint.size {
            self.tile(checkpoint.size, &lines, each).await?;
        }
        if self.root() != checkpoint.root {
            bail!(
                "{}: one of the entries {} to {} is not what was recorded: they don't have the root that the data centre \
                 signed",
                self.name,
                self.reached.vouched,
                self.size().saturating_sub(1)
            );
        }
        self.reached.head = Some(note);
        self.expected.clear();
        Ok(())
    }

    /// Replays what one tile holds beyond what was replayed already.
    async fn tile(
        &mut self,
        size: u64,
        lines: &[wire::Cosigned],
        each: &mut dyn FnMut(Seen<'_>) -> Result<()>,
    ) -> Result<()> {
        let width = u64::from(TILE_WIDTH);
        let (index, first) = (self.size() / width, self.size());
        let until = size.min((index + 1) * width);
        let tile = |level| TileId {
            level,
            index,
            // Between 1 and 256 by the line above.
            width: u16::try_from(until - index * width).unwrap_or(TILE_WIDTH),
        };
        let hashes = self.fetch(&tile(TileLevel::Hashes(0)).path()).await?;
        let skip = usize::try_from(first - index * width)?;
        let hashes: Vec<Hash> = hashes
            .as_chunks::<32>()
            .0
            .iter()
            .skip(skip)
            .map(|hash| Hash::from_bytes(*hash))
            .collect();
        if self.path == "/national" {
            let bundle = self.fetch(&tile(TileLevel::Entries).path()).await?;
            for leaf in parse_bundle(&bundle)?.into_iter().skip(skip) {
                self.push(leaf, None, &hashes, first, lines, each)?;
            }
        } else {
            while self.size() < until {
                let page = self.fetch(&format!("acts/{}", self.size())).await?;
                let page: Acts = serde_json::from_slice(&page)?;
                ensure!(
                    !page.acts.is_empty(),
                    "{}: entry {} is missing",
                    self.name,
                    self.size()
                );
                for act in page.acts.iter().take(usize::try_from(until - self.size())?) {
                    let leaf = self.leaf_of(act)?;
                    self.push(&leaf, Some(act), &hashes, first, lines, each)?;
                }
            }
        }
        ensure!(
            self.size() == until,
            "{}: entry {} is missing",
            self.name,
            self.size()
        );
        Ok(())
    }

    /// The leaf of an act, whose body, if at hand, must be the one that was recorded.
    fn leaf_of(&self, act: &ActText) -> Result<[u8; 33]> {
        let recorded: Hash = act.body_hash.parse()?;
        if let Some(body) = &act.body {
            let mut salt = [0; 32];
            hex::decode_to_slice(&body.salt, &mut salt)?;
            ensure!(
                body_hash(&salt, body.text.as_bytes()) == recorded,
                "{}: entry {}: its body is not the one that was recorded",
                self.name,
                act.index
            );
        }
        Ok(act_leaf(act.core.as_bytes(), &recorded))
    }

    fn push(
        &mut self,
        leaf: &[u8],
        act: Option<&ActText>,
        hashes: &[Hash],
        first: u64,
        lines: &[wire::Cosigned],
        each: &mut dyn FnMut(Seen<'_>) -> Result<()>,
    ) -> Result<()> {
        let index = self.size();
        let hash = leaf_hash(leaf);
        let in_tile = hashes.get(usize::try_from(index - first)?);
        ensure!(
            in_tile == Some(&hash) && act.is_none_or(|act| act.index == index),
            "{}: entry {index} is not the one that was recorded: its hash is not the one in its tile",
            self.name
        );
        if index == 0 && self.genesis.is_some_and(|genesis| genesis != hash) {
            bail!(
                "{}: entry 0 is not the one with which the ledger began",
                self.name
            );
        }
        self.reached.frontier.push(hash);
        if let Some(root) = self.expected.get(&self.size()) {
            self.compare(self.size(), root)?;
        }
        self.vouch(lines)?;
        each(Seen { index, act, leaf })
    }

    /// Checks the cosignatures at this size, if there are any.
    fn vouch(&mut self, lines: &[wire::Cosigned]) -> Result<()> {
        let size = self.size();
        let at = lines.partition_point(|line| line.size < size);
        if lines.get(at).is_none_or(|line| line.size != size) {
            return Ok(());
        }
        let here = lines[at..].iter().take_while(|line| line.size == size);
        let mut cosigned = Cosigned::new();
        let checkpoint = Checkpoint {
            origin: self.log.name().to_owned(),
            size,
            root: self.root(),
        };
        for line in here {
            let signature: Signature = line.line.parse()?;
            let mut known = self.witnesses.witnesses().iter();
            let Some(witness) = known.find(|known| signature.is_by(&known.key)) else {
                continue;
            };
            let time_s = verify_cosignature(&checkpoint.body(), &signature, &witness.key);
            let time_s = time_s.with_context(|| {
                format!(
                    "{}: one of the entries {} to {} was changed after the witness {} saw it",
                    self.name,
                    self.reached.vouched,
                    size - 1,
                    witness.key.name()
                )
            })?;
            cosigned.insert(*witness.key.key_bytes(), time_s);
        }
        if !cosigned.is_empty() {
            self.reached.vouched = size;
            if self.witnesses.quorum_time_s(&cosigned).is_some() {
                self.reached.witnessed = Some(size);
            }
        }
        Ok(())
    }

    async fn fetch(&self, under: &str) -> Result<bytes::Bytes> {
        let fetched = self
            .client
            .get_bytes(&format!("{}/{under}", self.path))
            .await;
        fetched.with_context(|| format!("{under} of the ledger {}", self.name))
    }
}
