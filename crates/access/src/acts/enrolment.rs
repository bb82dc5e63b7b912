//! Enrolment: a code handed out, and what became of it.

use amana_seal::root::RootKey;
use amana_store::{Act, At, EntryId, LedgerId, Reader, Target, Writer};
use serde::{Deserialize, Serialize};

use super::{Applied, Checked, NoLinks, refuse};
use crate::Error;
use crate::views::{enrolments, keyrings};

/// `enrolment.issue`: the operator hands out a code, of which the ledger has the digest.
pub(crate) struct IssueEnrolment {
    pub(crate) by: String,
    pub(crate) ledger: LedgerId,
    pub(crate) body: IssueBody,
}

#[derive(Serialize, Deserialize)]
pub(crate) struct IssueBody {
    /// SHA-256 of the code, hexadecimal.
    pub(crate) code_sha256: String,
    /// When it ends, milliseconds since 1970.
    pub(crate) expires_ms: i64,
}

impl Act for IssueEnrolment {
    const KIND: &'static str = "enrolment.issue";
    type Links = NoLinks;
    type Body = IssueBody;
    type Output = u64;
    type Refusal = Error;

    fn actor(&self) -> &str {
        &self.by
    }

    fn target(&self) -> Target {
        Target::Ledger(self.ledger)
    }

    fn check(&mut self, _: &Reader<'_>, _now_ms: i64) -> Checked {
        Ok(())
    }

    fn links(&self) -> &NoLinks {
        &NoLinks {}
    }

    fn body(&self) -> Option<&IssueBody> {
        Some(&self.body)
    }

    fn apply(_: &NoLinks, body: Option<&IssueBody>, rows: &Writer<'_>, at: &At) -> Applied<u64> {
        if let Some(body) = body {
            enrolments::insert(
                rows,
                at.entry,
                &body.code_sha256,
                body.expires_ms,
                at.time_ms,
            )?;
        }
        Ok(at.entry.index())
    }
}

/// Which enrolment, by the index of the entry that issued it.
#[derive(Serialize, Deserialize)]
pub(crate) struct EnrolmentLinks {
    pub(crate) enrolment: u64,
}

/// The enrolment, if it is issued, not ended, and not over.
fn open(views: &Reader<'_>, ledger: LedgerId, index: u64, now_ms: i64) -> Result<EntryId, Error> {
    let unknown = Error::UnknownEnrolment { number: index };
    let Some(entry) = EntryId::new(ledger, index) else {
        return Err(unknown);
    };
    match enrolments::find(views, entry)? {
        None => Err(unknown),
        Some(found) if found.state != enrolments::ISSUED => Err(Error::EnrolmentOver {
            number: index,
            why: "it was confirmed or refused before",
        }),
        Some(found) if found.expires_ms <= now_ms => Err(Error::EnrolmentOver {
            number: index,
            why: "its code has expired; issue another",
        }),
        Some(_) => Ok(entry),
    }
}

/// `enrolment.refuse`: the words were not those, or nobody asked for it any more.
pub(crate) struct RefuseEnrolment {
    pub(crate) by: String,
    pub(crate) ledger: LedgerId,
    pub(crate) links: EnrolmentLinks,
    pub(crate) body: Option<super::Reason>,
}

impl Act for RefuseEnrolment {
    const KIND: &'static str = "enrolment.refuse";
    type Links = EnrolmentLinks;
    type Body = super::Reason;
    type Output = ();
    type Refusal = Error;

    fn actor(&self) -> &str {
        &self.by
    }

    fn target(&self) -> Target {
        Target::Ledger(self.ledger)
    }

    fn check(&mut self, views: &Reader<'_>, now_ms: i64) -> Checked {
        match open(views, self.ledger, self.links.enrolment, now_ms) {
            // A code that has expired may be refused as well: it is then seen to be over.
            Ok(_)
            | Err(Error::EnrolmentOver {
                why: "its code has expired; issue another",
                ..
            }) => Ok(()),
            Err(other) => Err(refuse(other)),
        }
    }

    fn links(&self) -> &EnrolmentLinks {
        &self.links
    }

    fn body(&self) -> Option<&super::Reason> {
        self.body.as_ref()
    }

    fn apply(
        links: &EnrolmentLinks,
        _: Option<&super::Reason>,
        rows: &Writer<'_>,
        at: &At,
    ) -> Applied {
        enrolments::end(
            rows,
            at.entry.ledger(),
            links.enrolment,
            enrolments::REFUSED,
            at.time_ms,
        )
    }

    fn frees(&self) -> bool {
        true
    }
}

/// `enrolment.confirm`: the six words were those; from here on the root's key is the institution's, for ever.
pub(crate) struct ConfirmEnrolment {
    pub(crate) by: String,
    pub(crate) ledger: LedgerId,
    pub(crate) links: EnrolmentLinks,
    pub(crate) body: ConfirmBody,
}

#[derive(Serialize, Deserialize)]
pub(crate) struct ConfirmBody {
    /// The root's public key, base64.
    pub(crate) root: String,
    /// The member that enrolled.
    pub(crate) member: String,
    /// The gateway's own witness, as a verifier key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) witness: Option<String>,
}

impl Act for ConfirmEnrolment {
    const KIND: &'static str = "enrolment.confirm";
    type Links = EnrolmentLinks;
    type Body = ConfirmBody;
    type Output = ();
    type Refusal = Error;

    fn actor(&self) -> &str {
        &self.by
    }

    fn target(&self) -> Target {
        Target::Ledger(self.ledger)
    }

    fn check(&mut self, views: &Reader<'_>, now_ms: i64) -> Checked {
        open(views, self.ledger, self.links.enrolment, now_ms).map_err(refuse)?;
        match keyrings::root(views, self.ledger)? {
            Some(pinned) if pinned.to_string() != self.body.root => Err(refuse(Error::OtherRoot)),
            _ => Ok(()),
        }
    }

    fn links(&self) -> &EnrolmentLinks {
        &self.links
    }

    fn body(&self) -> Option<&ConfirmBody> {
        Some(&self.body)
    }

    fn apply(
        links: &EnrolmentLinks,
        body: Option<&ConfirmBody>,
        rows: &Writer<'_>,
        at: &At,
    ) -> Applied {
        let ledger = at.entry.ledger();
        enrolments::end(
            rows,
            ledger,
            links.enrolment,
            enrolments::CONFIRMED,
            at.time_ms,
        )?;
        let Some(body) = body else { return Ok(()) };
        let root: RootKey =
            body.root
                .parse()
                .map_err(|error: amana_seal::Error| amana_store::Error::Damaged {
                    what: format!("the body of entry {}", at.entry),
                    why: error.to_string(),
                })?;
        keyrings::pin_root(rows, ledger, &root, at.time_ms)?;
        match &body.witness {
            Some(witness) => keyrings::set_witness(rows, ledger, witness),
            None => Ok(()),
        }
    }
}
