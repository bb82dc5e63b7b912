//! At a gateway: recording what was spooled while the data centre was out of reach.

use amana_store::{Act as _, LedgerId, PlainAct};
use serde::de::DeserializeOwned;

use crate::acts::object::{DeleteLinks, DeleteObject, PutLinks, PutObject};
use crate::acts::recorded::{KeyBody, ObjectBody};
use crate::backing::Fresh;
use crate::model::{VersionRef, WriteConditions};
use crate::remote::NewPiece;
use crate::{Error, Result, Vault};

impl Vault {
    /// Has a spooled act recorded, planned anew on what stands now. Gives the index of its entry; nothing for a deletion of
    /// what is gone by now.
    ///
    /// # Errors
    /// Those of [`Vault::put_object`] and [`Vault::delete_object`]; [`Error::Store`] for an act of another kind than those
    /// two, or one that can't be read.
    pub async fn deliver(
        &self,
        ledger: LedgerId,
        plain: &PlainAct,
        piece: Option<NewPiece>,
    ) -> Result<Option<u64>> {
        let by = plain.by.as_str().into();
        match plain.kind.as_str() {
            PutObject::KIND => {
                let body: ObjectBody = body_of(plain)?;
                let act = PutObject {
                    by,
                    ledger,
                    conditions: WriteConditions::default(),
                    content: None,
                    source: None,
                    links: PutLinks::default(),
                    body,
                };
                let fresh = piece.map_or(Fresh::Nothing, Fresh::Piece);
                let committed = self.store.commit(act, fresh).await?;
                Ok(Some(committed.entry.index()))
            }
            DeleteObject::KIND => {
                let body: KeyBody = body_of(plain)?;
                let act = DeleteObject {
                    by,
                    ledger,
                    version: VersionRef::Latest,
                    if_match: None,
                    bypass: false,
                    witnessed_ms: None,
                    links: DeleteLinks::default(),
                    body,
                };
                match self.store.commit(act, Fresh::Nothing).await {
                    Err(Error::NoSuchVersion) => Ok(None),
                    committed => Ok(Some(committed?.entry.index())),
                }
            }
            kind => Err(Error::Store(amana_store::Error::UnknownKind {
                entry: "of the spool".into(),
                kind: kind.to_owned(),
            })),
        }
    }
}

fn body_of<T: DeserializeOwned>(plain: &PlainAct) -> Result<T> {
    let body = plain.body.as_ref().map_or("null", |body| body.get());
    serde_json::from_str(body).map_err(|source| {
        Error::Store(amana_store::Error::Decode {
            what: format!("a spooled act {}", plain.kind),
            source,
        })
    })
}
