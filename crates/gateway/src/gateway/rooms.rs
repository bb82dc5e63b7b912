//! What a gateway keeps on its own disk, opened: each under a key of its own.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use amana_ledger::Hash;
use amana_seal::envelope::EnvelopeKey;
use amana_seal::member::MemberKey;
use amana_store::replica::{Replica, ReplicaKey, ReplicaOptions};
use amana_store::{Catalog, Service};
use amana_vault::Vault;
use zeroize::Zeroizing;

use crate::rows::{Rows, TABLES};
use crate::spool::{Spool, SpoolOptions, Spooling};
use crate::{Error, Result};

/// Opens the replica, under a key of its own made from the member's secret. Blocks elsewhere.
pub(super) async fn open_rows(
    path: PathBuf,
    institution: &str,
    member: &MemberKey,
) -> Result<Rows> {
    let key = ReplicaKey::new(*own_key(b"amana.replica-key/v1\0", member));
    let ledger = format!("{institution}/vault");
    let own = Service {
        name: "gateway",
        views: &TABLES,
        kinds: Vec::new(),
    };
    let opened = tokio::task::spawn_blocking(move || {
        let catalog = Catalog::new([Vault::service(), Vault::replica_service(), own]);
        Replica::open(&path, ReplicaOptions::new(key, catalog, &ledger))
    });
    let replica = opened.await.map_err(|_| Error::Stopping)??;
    Ok(Rows(Arc::new(replica)))
}

/// Opens the spool, if one is wished for. Blocks elsewhere.
pub(super) async fn open_spool(
    options: Option<SpoolOptions>,
    key: EnvelopeKey,
    online: &Arc<AtomicBool>,
) -> Result<Option<Arc<Spooling>>> {
    let Some(options) = options else {
        return Ok(None);
    };
    let opened = tokio::task::spawn_blocking(move || Spool::open(options, key));
    let spool = Arc::new(opened.await.map_err(|_| Error::Stopping)??);
    let online = online.clone();
    Ok(Some(Arc::new(Spooling { spool, online })))
}

/// A key for one use on this machine, made from the member's secret, which is uniformly random.
pub(super) fn own_key(label: &[u8], member: &MemberKey) -> Zeroizing<[u8; 32]> {
    Zeroizing::new(*Hash::of(&[label, member.seed()]).as_bytes())
}
