//! Who asks, on the web listener: an access key, by HTTP Basic (RFC 7617).

use std::sync::Arc;

use amana_access::{Access, Caller};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::{HeaderMap, header};
use subtle::ConstantTimeEq as _;
use zeroize::Zeroizing;

/// The caller whose key id and secret the request carries; nothing when it carries none, or wrong ones. Blocking.
pub(crate) fn caller(
    access: &Access,
    headers: &HeaderMap,
) -> amana_access::Result<Option<Arc<Caller>>> {
    let Some((id, secret)) = credentials(headers) else {
        return Ok(None);
    };
    let known = access.caller(&id)?;
    Ok(known
        .filter(|(_, right)| bool::from(right.as_bytes().ct_eq(secret.as_bytes())))
        .map(|(caller, _)| caller))
}

fn credentials(headers: &HeaderMap) -> Option<(String, Zeroizing<String>)> {
    let value = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, encoded) = value.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let decoded = Zeroizing::new(STANDARD.decode(encoded.trim()).ok()?);
    let (id, secret) = std::str::from_utf8(&decoded).ok()?.split_once(':')?;
    Some((id.to_owned(), Zeroizing::new(secret.to_owned())))
}
