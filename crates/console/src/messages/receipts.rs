//! The receipt of a message, as a file: to whoever reads the thread, and of that thread's messages alone.

use std::sync::Arc;

use amana_access::InstitutionName;
use axum::response::{IntoResponse, Response};
use http::header;

use super::thread::Told;
use crate::{Console, Error, Result, blocking};

/// The receipt of one message of a thread.
pub(super) async fn of_message(
    console: &Arc<Console>,
    institution: InstitutionName,
    number: u64,
    index: u64,
) -> Result<Response> {
    let told = Told::read(console, institution, number).await?;
    let message = told.written.iter().find(|one| one.number == index);
    let named = message.ok_or(Error::NotFound)?.receipt.clone();
    file(console, &named).await
}

/// The receipt `<ledger>/<index>` as a file. Whether the asker may have it was judged before.
pub(crate) async fn file(console: &Arc<Console>, named: &str) -> Result<Response> {
    let (ledger, index) = named.rsplit_once('/').ok_or(Error::NotFound)?;
    let index: u64 = index.parse().map_err(|_| Error::NotFound)?;
    let (store, ledger) = (console.store.clone(), ledger.to_owned());
    let name = format!("{}-{index}.receipt", ledger.replace('/', "-"));
    let receipt = blocking(move || store.receipt(&ledger, index)).await?;
    let headers = [
        (header::CONTENT_TYPE, "text/plain; charset=utf-8".to_owned()),
        (
            header::CONTENT_DISPOSITION,
            format!("attachment; filename=\"{name}\""),
        ),
    ];
    Ok((headers, receipt.to_string()).into_response())
}
