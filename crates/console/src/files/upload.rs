//! Files that come in a form, streamed: none is in its place before all of it has come.

use std::sync::Arc;

use amana_folders::{Place, Standing};
use axum::extract::multipart::Field;
use axum::extract::{Multipart, Path, State};
use axum::response::Redirect;

use super::Files;
use super::places::folder_href;
use super::session::Signed;
use crate::{Error, Result};

/// The most files of one form.
const MAX_FILES: usize = 1000;
/// The longest token that is read.
const MAX_TOKEN_BYTES: usize = 256;

/// Takes the files of a form into a folder. Its token comes first, so that nothing is taken without it.
pub(super) async fn take(
    State(files): State<Arc<Files>>,
    signed: Signed,
    Path(path): Path<String>,
    mut form: Multipart,
) -> Result<Redirect> {
    let folder = Place::parse(&path)?;
    let first = form.next_field().await.map_err(|_| Error::Form)?;
    let first = first.filter(|field| field.name() == Some("token"));
    signed.check(&short(first.ok_or(Error::Form)?).await?)?;
    let tree = files.tree(&signed.caller);
    let mut taken = 0;
    while let Some(mut field) = form.next_field().await.map_err(|_| Error::Form)? {
        // Some browsers give the path as it is on their disk.
        let given = field.file_name().unwrap_or_default();
        let name = given
            .rsplit(['/', '\\'])
            .next()
            .unwrap_or_default()
            .to_owned();
        if name.is_empty() || taken == MAX_FILES {
            // No file was chosen.
            continue;
        }
        taken += 1;
        let place = Place::parse(&format!("{}/{name}", folder.path()))?;
        let mut writing = tree.create(&place, Standing::Anything, None).await?;
        while let Some(piece) = field.chunk().await.map_err(|_| Error::Form)? {
            writing.write(piece).await?;
        }
        writing.finish().await?;
    }
    Ok(Redirect::to(&folder_href(&folder)))
}

async fn short(mut field: Field<'_>) -> Result<String> {
    let mut text = Vec::new();
    while let Some(piece) = field.chunk().await.map_err(|_| Error::Form)? {
        text.extend_from_slice(&piece);
        if text.len() > MAX_TOKEN_BYTES {
            return Err(Error::Form);
        }
    }
    String::from_utf8(text).map_err(|_| Error::Form)
}
