//! The acts, and how each applies. All go to the public ledger `<institution>/sites`.

pub(crate) mod alert;
pub(crate) mod change;
pub(crate) mod standing;

use amana_store::{Denied, Kind, Reader};

use crate::{Error, TakesIn};

pub(crate) fn kinds() -> Vec<Kind> {
    vec![
        Kind::of::<standing::AddSite>(),
        Kind::of::<standing::RemoveSite>(),
        Kind::of::<change::DeploySite>(),
        Kind::of::<change::ReplacePublishers>(),
        Kind::of::<alert::AlertSite>(),
    ]
}

type Checked = Result<(), Denied<Error>>;
type Applied = amana_store::Result<()>;

/// Nothing new is taken in from an institution that leaves.
pub(crate) fn may_bring(
    views: &Reader<'_>,
    takes_in: TakesIn,
    institution: &str,
) -> crate::Result<()> {
    match takes_in(views, institution)? {
        true => Ok(()),
        false => Err(Error::Leaving {
            institution: institution.to_owned(),
        }),
    }
}

/// The views know a reason to refuse.
fn refuse(error: Error) -> Denied<Error> {
    match error {
        Error::Store(error) => Denied::Store(error),
        other => Denied::Refused(other),
    }
}
