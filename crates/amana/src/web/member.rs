//! Who asks, when it is a gateway: a member of an institution, by a signature over each request.
//!
//!     Authorization: Amana-Member <institution> <member id> <seconds since 1970> <base64 of an Ed25519 signature>
//!
//! The signature is over `amana.request/v1`, the method, the path with its query, and the same seconds, each on a line. It
//! holds for five minutes around our clock; an answer of 401 says our time in its `Date`. With `root` for the member id it
//! is the institution's root, rebuilt by its custodians when no member is left.

use std::sync::Arc;

use amana_access::{Access, Caller, Member};
use amana_seal::keyring::Holder;
use axum::extract::FromRequestParts;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::request::Parts;
use http::{HeaderMap, Method, StatusCode, Uri, header};

use super::refusal::Refusal;
use crate::centre::{Centre, blocking};

/// How far a request's time may be from ours, in seconds.
const WINDOW_S: u64 = 300;

/// What a request says of the member that signed it.
pub(super) struct Signed {
    institution: String,
    who: Holder,
    time_s: u64,
    signature: [u8; 64],
    text: String,
}

impl Signed {
    /// From a request's head; nothing if it isn't a member's.
    pub(super) fn of(method: &Method, uri: &Uri, headers: &HeaderMap) -> Option<Self> {
        let value = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
        let mut words = value.split(' ');
        if !words.next()?.eq_ignore_ascii_case("amana-member") {
            return None;
        }
        let (institution, member) = (words.next()?, words.next()?);
        let (time, signature) = (words.next()?, words.next()?);
        Some(Self {
            institution: institution.to_owned(),
            who: member.parse().ok()?,
            time_s: time.parse().ok()?,
            signature: STANDARD.decode(signature).ok()?.try_into().ok()?,
            text: signed_text(method, uri, time),
        })
    }

    /// The member, if it is one and signed this, in time. Blocking.
    pub(super) fn member(
        &self,
        access: &Access,
        now_ms: i64,
    ) -> amana_access::Result<Option<Arc<Member>>> {
        let Holder::Member(member) = self.who else {
            return Ok(None);
        };
        if !is_timely(self.time_s, now_ms) {
            return Ok(None);
        }
        let known = access.member(&self.institution, member)?;
        Ok(known.filter(|known| known.key.verifies(self.text.as_bytes(), &self.signature)))
    }

    /// The member or the root, as who asks, if it is one and signed this, in time. Blocking.
    pub(super) fn caller(
        &self,
        access: &Access,
        now_ms: i64,
    ) -> amana_access::Result<Option<Arc<Caller>>> {
        if self.who != Holder::Root {
            let member = self.member(access, now_ms)?;
            return Ok(member.map(|member| member.caller.clone()));
        }
        if !is_timely(self.time_s, now_ms) {
            return Ok(None);
        }
        let root = access.root(&self.institution)?;
        let signed = root.filter(|(key, _)| key.verifies(self.text.as_bytes(), &self.signature));
        Ok(signed.map(|(_, caller)| caller))
    }
}

/// What is signed of a request, at the time that it tells.
pub(super) fn signed_text(method: &Method, uri: &Uri, time: &str) -> String {
    let path = uri.path_and_query().map_or("/", |path| path.as_str());
    format!("amana.request/v1\n{method}\n{path}\n{time}\n")
}

/// Whether a request of that time, in seconds since 1970, is one of now.
pub(super) fn is_timely(time_s: u64, now_ms: i64) -> bool {
    let now_s = now_ms.cast_unsigned() / 1000;
    now_s.abs_diff(time_s) <= WINDOW_S
}

/// The member that signed the request; without one the answer is 401.
pub(crate) struct AsMember(pub(crate) Arc<Member>);

impl FromRequestParts<Arc<Centre>> for AsMember {
    type Rejection = Refusal;

    async fn from_request_parts(
        parts: &mut Parts,
        centre: &Arc<Centre>,
    ) -> Result<Self, Self::Rejection> {
        let unsigned = || {
            Refusal::new(
                StatusCode::UNAUTHORIZED,
                "unsigned",
                "the request is not signed by a member of the institution's newest keyring, or its time is more than \
                 five minutes from ours",
            )
        };
        let signed = Signed::of(&parts.method, &parts.uri, &parts.headers).ok_or_else(unsigned)?;
        let centre = centre.clone();
        let found = blocking(move || signed.member(&centre.access, centre.store.now_ms())).await?;
        found.map(Self).ok_or_else(unsigned)
    }
}
