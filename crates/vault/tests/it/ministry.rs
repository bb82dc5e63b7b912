//! An institution that has enrolled: its root, its gateway, and statements signed as a gateway signs them.

use amana_access::{Access, Enrolled, KeyringBundle, Member};
use amana_seal::keyring::{Bundle, Custodians, Draft, Kind, NewMember, Role, Secrets, Signer};
use amana_seal::member::{MemberId, MemberKey};
use amana_seal::root::Root;
use amana_seal::statement::{BucketAt, EnvelopeDigest, Piece, PieceId, Statement, Touch};
use amana_store::EntryId;
use amana_store::check::Fault;
use amana_vault::{HandedIn, Result, SealedRecorded, Staging, Vault};
use bytes::Bytes;
use sha2::{Digest as _, Sha256};
use std::sync::Arc;

use super::house::House;

const BY: &str = "operator:test";

pub(crate) struct Ministry {
    pub(crate) access: Access,
    pub(crate) staging: Staging,
    pub(crate) root: Root,
    pub(crate) gateway: MemberKey,
    bundle: Bundle,
}

/// A member to be taken in.
pub(crate) fn newcomer(key: &MemberKey, role: Role) -> NewMember {
    NewMember {
        role,
        kind: Kind::Gateway,
        name: "gateway".to_owned(),
        key: key.verifying_key(),
        recipient: key.identity().recipient(),
    }
}

fn json(bundle: &Bundle) -> KeyringBundle {
    serde_json::from_str(&bundle.to_json()).unwrap()
}

impl Ministry {
    /// Enrols `finances` of that house.
    pub(crate) async fn of(house: &House) -> Self {
        let (root, gateway) = (Root::generate().unwrap(), MemberKey::generate().unwrap());
        let custodians = Custodians {
            plan: "1-of-1".parse().unwrap(),
            set: 1,
        };
        let mut draft = Draft::first("finances", &root, custodians).unwrap();
        draft.add(newcomer(&gateway, Role::Admin)).unwrap();
        let (bundle, _) = draft.sign(&[Signer::Root(&root)]).unwrap();
        let access = Access::new(house.ground.store.clone());
        let name = "finances".parse().unwrap();
        let issued = access.issue_enrolment(&name, BY).await.unwrap();
        let enrolled = Enrolled {
            root: root.key(),
            member: gateway.id(),
            witness: None,
        };
        access
            .confirm_enrolment(&name, issued.number, enrolled, BY)
            .await
            .unwrap();
        access
            .publish_keyring(&name, json(&bundle), BY)
            .await
            .unwrap();
        Self {
            access,
            staging: Staging::new(house.ground.store.clone()),
            root,
            gateway,
            bundle,
        }
    }

    /// Publishes the next keyring, with those changes, signed by the gateway or by the root.
    pub(crate) async fn next_keyring(&mut self, by_root: bool, change: impl FnOnce(&mut Draft)) {
        let secrets: Secrets = self
            .bundle
            .open(amana_seal::keyring::Holder::Root, self.root.identity())
            .unwrap();
        let mut draft = Draft::next(&self.bundle, secrets);
        change(&mut draft);
        let signer = if by_root {
            Signer::Root(&self.root)
        } else {
            Signer::Admin(&self.gateway)
        };
        let (bundle, _) = draft.sign(&[signer]).unwrap();
        let name = "finances".parse().unwrap();
        self.access
            .publish_keyring(&name, json(&bundle), BY)
            .await
            .unwrap();
        self.bundle = bundle;
    }

    pub(crate) fn member(&self, id: MemberId) -> Option<Arc<Member>> {
        self.access.member("finances", id).unwrap()
    }

    pub(crate) fn itself(&self) -> Arc<Member> {
        self.member(self.gateway.id()).unwrap()
    }

    /// An act of that verb on that bucket, that moves nothing yet.
    pub(crate) fn act(&self, verb: &str, bucket: BucketAt) -> Draught {
        let mut act = [0; 8];
        getrandom::fill(&mut act).unwrap();
        let envelope = Bytes::from(vec![7; 300]);
        Draught {
            statement: Statement {
                ledger: "centre.test/ledgers/finances/vault".to_owned(),
                member: self.gateway.id(),
                keyring: self.bundle.keyring().number,
                epoch: self.bundle.keyring().epoch().number,
                act,
                verb: verb.parse().unwrap(),
                bucket,
                touches: Vec::new(),
                retires: Vec::new(),
                piece: None,
                releases: Vec::new(),
                envelope: EnvelopeDigest::of(&envelope),
            },
            envelope,
            content: None,
        }
    }

    pub(crate) fn sign(&self, act: &Draught) -> HandedIn {
        act.signed_by(&self.gateway)
    }

    pub(crate) async fn record(&self, house: &House, act: HandedIn) -> Result<SealedRecorded> {
        let verified = house
            .vault
            .verify_sealed(&self.itself(), act, &self.staging)?;
        house.vault.record_sealed(verified, &self.staging).await
    }

    /// Records an act that must be taken; gives its index.
    pub(crate) async fn done(&self, house: &House, act: &Draught) -> u64 {
        let recorded = self.record(house, self.sign(act)).await;
        recorded.unwrap().entry.index()
    }

    /// A sealed bucket.
    pub(crate) async fn bucket(&self, house: &House, name: &str) -> BucketAt {
        let entry = self
            .done(house, &self.act("bucket.create", fresh(name)))
            .await;
        BucketAt {
            name: name.to_owned(),
            created: Some(entry),
            settings: Some(entry),
        }
    }

    pub(crate) async fn stage(&self, piece: PieceId, bytes: &[u8]) -> Result<u64> {
        let size = Some(bytes.len() as u64);
        let mut receiving = self.staging.receive(&self.itself(), piece, size, 0).await?;
        for some in bytes.chunks(70_000) {
            receiving.write(Bytes::copy_from_slice(some)).await?;
        }
        receiving.finish().await
    }
}

/// A bucket that is about to be made.
pub(crate) fn fresh(name: &str) -> BucketAt {
    BucketAt {
        name: name.to_owned(),
        created: None,
        settings: None,
    }
}

/// An act that isn't signed yet.
#[derive(Clone)]
pub(crate) struct Draught {
    pub(crate) statement: Statement,
    pub(crate) envelope: Bytes,
    content: Option<Bytes>,
}

impl Draught {
    pub(crate) fn touch(mut self, slot: u8, last: Option<u64>) -> Self {
        let slot = [slot; 32];
        self.statement.touches.push(Touch { slot, last });
        self
    }

    pub(crate) fn retire(mut self, slot: u8, last: Option<u64>) -> Self {
        let slot = [slot; 32];
        self.statement.retires.push(Touch { slot, last });
        self
    }

    pub(crate) fn piece(mut self, id: u8, bytes: &[u8], inline: bool) -> Self {
        self.statement.piece = Some(Piece {
            id: PieceId([id; 16]),
            size_bytes: bytes.len() as u64,
            sha256: Sha256::digest(bytes).into(),
        });
        self.content = inline.then(|| Bytes::copy_from_slice(bytes));
        self
    }

    pub(crate) fn release(mut self, id: u8) -> Self {
        self.statement.releases.push(PieceId([id; 16]));
        self
    }

    pub(crate) fn signed_by(&self, key: &MemberKey) -> HandedIn {
        HandedIn {
            statement: self.statement.sign(key).unwrap().bytes().to_vec().into(),
            envelope: self.envelope.clone(),
            content: self.content.clone(),
        }
    }
}

/// The entry at that index of the house's institution.
pub(crate) fn entry(house: &House, index: u64) -> EntryId {
    EntryId::new(house.finances.ledger, index).unwrap()
}

/// The check of signatures reports those entries, and no others.
pub(crate) fn check_signatures(house: &House, wrong: &[u64]) {
    let mut found = Vec::new();
    let report = &mut |fault: Fault| found.push(fault.what);
    let checked = house
        .ground
        .store
        .read(|rows| Vault::check_signatures(rows, report));
    checked.unwrap();
    let expected = wrong
        .iter()
        .map(|index| format!("entry {index} of finances"));
    assert_eq!(found, expected.collect::<Vec<_>>());
}
