//! A witness in memory: polls, judges and cosigns as `amana witness` does, without the line and without its disk.

use std::collections::BTreeMap;

use amana_ledger::{
    Checkpoint, CosigningKey, Note, RegistryRow, SigningKey, VerifierKey, WitnessState, judge,
};
use amana_store::Store;
use amana_store::national::candidates::{Request, poll_texts};
use amana_store::national::evidence::HandedIn;
use serde::{Deserialize, Serialize};

use crate::gauge::{Gauge, Syncs, thread_cpu_us};
use crate::ground::Outcome;

/// What it holds.
pub(crate) struct Witness {
    cosigning: CosigningKey,
    polling: SigningKey,
    known: BTreeMap<String, WitnessState>,
}

/// What one visit was, asked again until there was nothing more. CPU is in microseconds.
#[derive(Clone, Copy, Default, Debug, Serialize, Deserialize)]
pub(crate) struct Visit {
    pub(crate) polls: usize,
    pub(crate) poll_bytes: usize,
    pub(crate) cosigned: usize,
    pub(crate) answering_cpu_us: f64,
    pub(crate) judging_cpu_us: f64,
    pub(crate) keeping_cpu_us: f64,
    pub(crate) keeping_written_bytes: f64,
}

impl Witness {
    /// With a key of its own for each number.
    pub(crate) fn numbered(number: u8) -> Outcome<Self> {
        let name = format!("witness-{number}");
        Ok(Self {
            cosigning: CosigningKey::from_seed(&name, [number; 32])?,
            polling: SigningKey::from_seed(&name, [number; 32])?,
            known: BTreeMap::new(),
        })
    }

    /// As the policy lists it.
    pub(crate) fn listed(&self) -> (String, VerifierKey) {
        (self.polling.name().to_owned(), self.cosigning.verifier())
    }

    /// Cosigns all that is asked.
    pub(crate) async fn visit(&mut self, store: &Store, syncs: &Syncs) -> Outcome<Visit> {
        let mut visit = Visit::default();
        loop {
            let mut more = false;
            for poll in self.polls(store, &mut visit)? {
                let before = thread_cpu_us();
                let answer = store.answer_poll(&poll)?;
                visit.answering_cpu_us += thread_cpu_us() - before;
                visit.polls += 1;
                visit.poll_bytes += poll.text.len();
                let before = thread_cpu_us();
                let asked = answer.requests.iter();
                let cosigned = asked.map(|request| self.cosign(store, request));
                let cosigned = cosigned.collect::<Outcome<Vec<_>>>()?;
                visit.judging_cpu_us += thread_cpu_us() - before;
                more |= answer.more && !cosigned.is_empty();
                if !cosigned.is_empty() {
                    let gauge = Gauge::with_bytes(syncs);
                    visit.cosigned += store.add_cosignatures(cosigned).await?;
                    let cost = gauge.each(1);
                    visit.keeping_cpu_us += cost.cpu_us;
                    visit.keeping_written_bytes += cost.written_bytes;
                }
            }
            if !more {
                return Ok(visit);
            }
        }
    }

    fn polls(&self, store: &Store, visit: &mut Visit) -> Outcome<Vec<Note>> {
        let before = thread_cpu_us();
        let known = self.known.iter();
        let known = known.map(|(origin, state)| (origin.as_str(), state.size));
        let time_s = store.now_ms().cast_unsigned() / 1000;
        let texts = poll_texts(&store.keys().national_origin(), time_s, known);
        let notes = texts.iter().map(|text| Note::sign(text, &self.polling));
        let notes = notes.collect::<Result<Vec<_>, _>>()?;
        visit.judging_cpu_us += thread_cpu_us() - before;
        Ok(notes)
    }

    fn cosign(&mut self, store: &Store, request: &Request) -> Outcome<HandedIn> {
        let national = store.keys().national_key().verifier();
        let origin = request.add_checkpoint.origin().to_owned();
        let (log, genesis) = match &request.row {
            None => (national, store.policy().policy.genesis()),
            Some(row) => {
                let row = RegistryRow::open(row, &national)?;
                (row.log, Some(row.genesis))
            }
        };
        let genesis = genesis.ok_or("the policy names no genesis")?;
        let pinned = WitnessState::genesis(&origin, genesis);
        let before = self.known.get(&origin).unwrap_or(&pinned);
        let state = judge(Some(before), &request.add_checkpoint, &log)?;
        let (size, root) = (state.size, state.root);
        self.known.insert(origin.clone(), state);
        let checkpoint = Checkpoint {
            origin: origin.clone(),
            size,
            root,
        };
        let time_s = store.now_ms().cast_unsigned() / 1000;
        Ok(HandedIn {
            signature: self.cosigning.cosign(&checkpoint, time_s),
            origin,
            size,
        })
    }
}
