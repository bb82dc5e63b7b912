//! Who asks, when it is a publisher of a site: by a signature over each request, as a member of an institution signs.
//!
//!     Authorization: Amana-Publisher <host> <key name> <seconds since 1970> <base64 of an Ed25519 signature>

use std::collections::HashMap;
use std::sync::Arc;

use amana_access::InstitutionName;
use amana_ledger::{Note, PolicyWitness, Signature};
use amana_sites::{Host, Place, Publishers};
use axum::extract::{FromRequestParts, Path};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::request::Parts;
use http::{StatusCode, header};

use super::member::{is_timely, signed_text};
use super::refusal::Refusal;
use crate::centre::{Centre, blocking};

/// What begins the credentials.
pub(crate) const PUBLISHER: &str = "Amana-Publisher";

/// The publisher of the site that the path names.
pub(super) struct AsPublisher {
    /// The site.
    pub(super) place: Place,
    /// As it stands in acts: `publisher:` and the name in the site's file of publishers.
    pub(super) by: String,
}

/// What a request says of who signed it.
struct Claim {
    host: Host,
    key: String,
    time_s: u64,
    note: Note,
    signature: Vec<u8>,
}

impl Claim {
    fn of(parts: &Parts) -> Option<Self> {
        let value = parts.headers.get(header::AUTHORIZATION)?.to_str().ok()?;
        let mut words = value.split(' ');
        if !words.next()?.eq_ignore_ascii_case(PUBLISHER) {
            return None;
        }
        let (host, key) = (words.next()?, words.next()?);
        let (time, signature) = (words.next()?, words.next()?);
        Some(Self {
            host: host.parse().ok()?,
            key: key.to_owned(),
            time_s: time.parse().ok()?,
            note: Note {
                text: signed_text(&parts.method, &parts.uri, time),
                signatures: Vec::new(),
            },
            signature: STANDARD.decode(signature).ok()?,
        })
    }

    /// Who of these signed it: of several keys of one name, any.
    fn signer(mut self, publishers: &Publishers) -> Option<&PolicyWitness> {
        let mut named = publishers.all().iter();
        named.find(|one| {
            self.note.signatures = vec![Signature {
                name: self.key.clone(),
                key_id: one.key.key_id(),
                bytes: self.signature.clone(),
            }];
            one.key.name() == self.key && self.note.verify(&one.key).is_ok()
        })
    }
}

/// The site, if that claim is right, and its institution isn't suspended. Blocking.
fn admit(centre: &Centre, claim: Claim) -> Result<Option<AsPublisher>, Refusal> {
    if !is_timely(claim.time_s, centre.store.now_ms()) {
        return Ok(None);
    }
    let site = match centre.sites.site(&claim.host) {
        Err(amana_sites::Error::UnknownSite { .. }) => return Ok(None),
        found => found?,
    };
    let publishers = Publishers::parse(site.publishers.as_bytes())?;
    let Some(signer) = claim.signer(&publishers) else {
        return Ok(None);
    };
    in_good_standing(centre, &site.place)?;
    Ok(Some(AsPublisher {
        place: site.place,
        by: format!("publisher:{}", String::from_utf8_lossy(&signer.name)),
    }))
}

/// Who is suspended publishes nothing. Blocking.
pub(super) fn in_good_standing(centre: &Centre, place: &Place) -> Result<(), Refusal> {
    let institution: InstitutionName = place.institution.parse()?;
    if centre.access.institution(&institution)?.suspended {
        return Err(Refusal::new(
            StatusCode::FORBIDDEN,
            "suspended",
            format!("{institution} is suspended: it publishes nothing for now"),
        ));
    }
    Ok(())
}

impl FromRequestParts<Arc<Centre>> for AsPublisher {
    type Rejection = Refusal;

    async fn from_request_parts(
        parts: &mut Parts,
        centre: &Arc<Centre>,
    ) -> Result<Self, Self::Rejection> {
        let unsigned = || {
            Refusal::new(
                StatusCode::UNAUTHORIZED,
                "unsigned",
                "the request is not signed by a publisher of this site, or its time is more than five minutes from ours",
            )
        };
        let claim = Claim::of(parts).ok_or_else(unsigned)?;
        let named: Result<Path<HashMap<String, String>>, _> =
            Path::from_request_parts(parts, centre).await;
        let named = named
            .ok()
            .and_then(|Path(names)| names.get("host").cloned());
        if named.as_deref() != Some(claim.host.as_str()) {
            return Err(unsigned());
        }
        let centre = centre.clone();
        let found = blocking(move || admit(&centre, claim)).await?;
        found.ok_or_else(unsigned)
    }
}
