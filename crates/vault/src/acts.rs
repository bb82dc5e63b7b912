//! The acts, and how each changes the views.
//!
//! A check decides what an act will do (which version it replaces, whether it makes the null version) and writes it in
//! the links; applying follows the links alone. The links are never erased, bodies may be: an act whose body is erased
//! made something that is gone since, so it makes no row, but what it replaced or removed it still does.

mod admitted;
pub(crate) mod bucket;
pub(crate) mod lock;
pub(crate) mod object;
pub(crate) mod recorded;
pub(crate) mod release;
mod sealable;
pub(crate) mod upload;

use amana_store::{EntryId, Kind, LedgerId};

pub(crate) use admitted::Admitted;
pub(crate) use sealable::Sealable;

pub(crate) fn kinds() -> Vec<Kind> {
    vec![
        Kind::of::<bucket::CreateBucket>(),
        Kind::of::<bucket::DeleteBucket>(),
        Kind::of::<bucket::SetVersioning>(),
        Kind::of::<lock::SetLock>(),
        Kind::of::<lock::Retain>(),
        Kind::of::<lock::Hold>(),
        Kind::of::<release::Release>(),
        Kind::of::<object::PutObject>(),
        Kind::of::<object::DeleteObject>(),
        Kind::of::<object::SetTags>(),
        Kind::of::<upload::CreateUpload>(),
        Kind::of::<upload::PutPart>(),
        Kind::of::<upload::CompleteUpload>(),
        Kind::of::<upload::AbortUpload>(),
        Kind::of::<crate::sealed::RecordSealed>(),
    ]
}

/// The entry at an index that stands in links.
pub(crate) fn linked(ledger: LedgerId, index: u64) -> amana_store::Result<EntryId> {
    EntryId::new(ledger, index).ok_or(amana_store::Error::TooLarge {
        what: "an index in an act's links",
        max: 1 << 40,
    })
}

/// Whether a field of links is left out.
#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde passes a reference to the field"
)]
fn is_false(flag: &bool) -> bool {
    !flag
}
