//! Epochs, witnesses, receipts.

use amana_ledger::{CosigningKey, Note, SigningKey, State, VerifierKey, WitnessState, judge};
use amana_store::Store;
use amana_store::national::candidates::poll_texts;
use amana_store::national::evidence::{Anomaly, HandedIn};

use crate::toy::{self, Put};

pub(crate) struct Witness {
    key: CosigningKey,
    poll: SigningKey,
    known: Vec<WitnessState>,
    notes: Vec<Note>,
}

impl Witness {
    pub(crate) fn new(name: &str, seed: u8) -> Self {
        let key = CosigningKey::from_seed(name, [seed; 32]).unwrap();
        let poll = SigningKey::from_seed(name, [seed; 32]).unwrap();
        Self {
            key,
            poll,
            known: Vec::new(),
            notes: Vec::new(),
        }
    }

    /// As a trust policy lists it.
    pub(crate) fn listed(&self) -> (String, VerifierKey) {
        (self.poll.name().to_owned(), self.key.verifier())
    }

    pub(crate) async fn visit(&mut self, store: &Store) -> usize {
        let national = store.keys().national_key().verifier();
        let known = self
            .known
            .iter()
            .map(|state| (state.origin.as_str(), state.size));
        let text = poll_texts(
            national.name(),
            store.now_ms().cast_unsigned() / 1000,
            known,
        );
        let answer = store
            .answer_poll(&Note::sign(&text[0], &self.poll).unwrap())
            .unwrap();
        let mut handed_in = Vec::new();
        for request in answer.requests {
            let origin = request.add_checkpoint.origin().to_owned();
            let (log, genesis) = match &request.row {
                None => (national.clone(), store.policy().policy.genesis().unwrap()),
                Some(row) => {
                    let row = amana_ledger::RegistryRow::open(row, &national).unwrap();
                    (row.log, row.genesis)
                }
            };
            let known = self.known.iter().position(|state| state.origin == origin);
            let state = known.map_or_else(
                || WitnessState::genesis(&origin, genesis),
                |at| self.known.remove(at),
            );
            let state = judge(Some(&state), &request.add_checkpoint, &log).unwrap();
            let checkpoint = amana_ledger::Checkpoint {
                origin: origin.clone(),
                size: state.size,
                root: state.root,
            };
            let signature = self.key.cosign(&checkpoint, 1_790_000_000);
            handed_in.push(HandedIn {
                origin,
                size: state.size,
                signature,
            });
            self.known.push(state);
            self.notes.push(request.add_checkpoint.checkpoint);
        }
        store.add_cosignatures(handed_in).await.unwrap()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_receipt_turns_from_recorded_to_witnessed() {
    let folder = tempfile::tempdir().unwrap();
    let store = toy::open(folder.path()).unwrap();
    let ledger = store
        .commit(Put::shelf("finances"))
        .await
        .unwrap()
        .entry
        .ledger();
    store.commit(Put::shelf("justice")).await.unwrap();
    for i in 0..300 {
        store
            .commit(Put::on(ledger, &format!("thing {i}")))
            .await
            .unwrap();
    }
    let verify = |store: &Store| {
        let receipt = store.receipt("finances/vault", 42).unwrap();
        let receipt = amana_ledger::Receipt::parse(receipt.to_string().as_bytes()).unwrap();
        receipt.verify(&store.policy().policy).unwrap()
    };
    assert_eq!(verify(&store).state, State::Recorded);
    assert_eq!(store.witnessed_ms().unwrap(), None);

    let mut witnesses = [
        Witness::new("court", 1),
        Witness::new("university", 2),
        Witness::new("press", 3),
    ];
    let listed: Vec<_> = witnesses.iter().map(Witness::listed).collect();
    store.set_witnesses(&store.policy(), &listed, None).unwrap();
    assert_eq!(store.close_epoch(false).await.unwrap(), Some(1));
    assert_eq!(store.close_epoch(false).await.unwrap(), None);
    assert_eq!(witnesses[0].visit(&store).await, 3);
    assert_eq!(verify(&store).state, State::Recorded);
    assert_eq!(store.witnessed_ms().unwrap(), Some(0));
    // More happens before the second witness calls: it is asked for the same candidate all the same.
    store.commit(Put::on(ledger, "late")).await.unwrap();
    assert_eq!(store.close_epoch(false).await.unwrap(), Some(2));
    assert_eq!(witnesses[1].visit(&store).await, 3);
    assert_eq!(store.witnessed_ms().unwrap(), Some(1_790_000_000_000));
    let verdict = verify(&store);
    assert_eq!(verdict.state, State::Witnessed);
    assert_eq!(verdict.size, 301);
    // The third gets what is newest, since a quorum stands behind the former candidate.
    assert_eq!(witnesses[2].visit(&store).await, 3);
    assert_eq!(witnesses[2].visit(&store).await, 0);
    assert_eq!(witnesses[1].visit(&store).await, 2);
    let late = store.receipt("finances/vault", 301).unwrap();
    assert_eq!(
        late.verify(&store.policy().policy).unwrap().state,
        State::Witnessed
    );
    assert!(late.to_string().len() < 5 * 1024);

    drop(store);
    let store = toy::open(folder.path()).unwrap();
    assert_eq!(verify(&store).state, State::Witnessed);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restored_older_copy_is_noticed_and_becomes_read_only() {
    let folder = tempfile::tempdir().unwrap();
    let copy = tempfile::tempdir().unwrap();
    let store = toy::open(folder.path()).unwrap();
    let ledger = store
        .commit(Put::shelf("finances"))
        .await
        .unwrap()
        .entry
        .ledger();
    let mut witness = Witness::new("court", 1);
    store
        .set_witnesses(
            &store.policy(),
            &[("court".into(), witness.key.verifier())],
            None,
        )
        .unwrap();
    drop(store);
    let copied = std::process::Command::new("cp")
        .arg("-a")
        .arg(folder.path())
        .arg(copy.path())
        .status()
        .unwrap();
    assert!(copied.success());
    let copied = copy.path().join(folder.path().file_name().unwrap());
    amana_test_engine::copy_rows(folder.path(), &copied);

    let store = toy::open(folder.path()).unwrap();
    store.commit(Put::on(ledger, "acknowledged")).await.unwrap();
    store.close_epoch(false).await.unwrap();
    witness.visit(&store).await;
    drop(store);

    let old = toy::open(&copied).unwrap();
    let text = poll_texts(
        "centre.test/national",
        old.now_ms().cast_unsigned() / 1000,
        [("centre.test/national", 2)],
    );
    let answer = old
        .answer_poll(&Note::sign(&text[0], &witness.poll).unwrap())
        .unwrap();
    assert_eq!(answer.behind, ["centre.test/national"]);
    let anomaly = old.weigh_evidence(&witness.notes[0]).unwrap().unwrap();
    assert!(
        matches!(
            anomaly,
            Anomaly::Behind {
                signed: 2,
                ours: 1,
                ..
            }
        ),
        "{anomaly}"
    );
    let refused = old.commit(Put::on(ledger, "fork")).await.unwrap_err();
    assert!(refused.to_string().contains("read-only"), "{refused}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_erased_body_leaves_receipts_standing() {
    let folder = tempfile::tempdir().unwrap();
    let store = toy::open(folder.path()).unwrap();
    let ledger = store
        .commit(Put::shelf("finances"))
        .await
        .unwrap()
        .entry
        .ledger();
    let put = store
        .commit(Put::inline(ledger, "secret name", b"secret"))
        .await
        .unwrap();
    let before = store.receipt("finances/vault", 1).unwrap();
    let erase = || {
        amana_store::erase::Erase::new(
            toy::catalog(),
            "official:director",
            put.entry,
            "note",
            "asked to",
        )
    };
    let in_force = store.commit(erase()).await.unwrap_err();
    assert!(
        in_force.to_string().contains("still in force"),
        "{in_force}"
    );
    let remove = toy::Remove {
        ledger,
        links: Default::default(),
        name: "secret name".into(),
    };
    store.commit(remove).await.unwrap();
    store.commit(erase()).await.unwrap();
    let after = store.receipt("finances/vault", 1).unwrap();
    assert!(after.act.body.is_none());
    for receipt in [before, after] {
        assert_eq!(
            receipt.verify(&store.policy().policy).unwrap().state,
            State::Recorded
        );
    }
    let again = store.commit(erase()).await.unwrap_err();
    assert!(again.to_string().contains("no body"), "{again}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_poll_that_no_note_holds_is_asked_in_parts() {
    let folder = tempfile::tempdir().unwrap();
    let store = toy::open(folder.path()).unwrap();
    store.commit(Put::shelf("finances")).await.unwrap();
    let witness = Witness::new("court", 1);
    store
        .set_witnesses(
            &store.policy(),
            &[("court".into(), witness.key.verifier())],
            None,
        )
        .unwrap();
    store.close_epoch(false).await.unwrap();

    let gone: Vec<String> = (0..5000)
        .map(|i| format!("centre.test/ledgers/a{i:04}/vault"))
        .collect();
    let texts = poll_texts(
        "centre.test/national",
        store.now_ms().cast_unsigned() / 1000,
        gone.iter().map(|origin| (origin.as_str(), 7)),
    );
    assert!(texts.len() > 2);
    let (mut behind, mut asked) = (Vec::new(), Vec::new());
    for text in texts {
        let note = Note::sign(&text, &witness.poll).unwrap();
        let note = Note::parse(note.to_string().as_bytes()).unwrap();
        let answer = store.answer_poll(&note).unwrap();
        behind.extend(answer.behind);
        let origins = answer.requests.iter();
        asked.extend(origins.map(|request| request.add_checkpoint.origin().to_owned()));
    }
    behind.sort();
    asked.sort();
    assert_eq!(behind, gone);
    assert_eq!(
        asked,
        ["centre.test/ledgers/finances/vault", "centre.test/national"],
        "each log is asked for in one part alone"
    );
}
