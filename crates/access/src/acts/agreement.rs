//! The hosting agreement: proposed by the operator, signed by two officials of the institution, in its own ledger.

use amana_store::{Act, At, LedgerId, Reader, Target, Writer};
use serde::{Deserialize, Serialize};

use super::{Applied, Checked, refuse};
use crate::people::in_office;
use crate::views::agreements;
use crate::{Error, Operation, Result, Role, may};

/// `agreement.propose`: the operator's word. A newer one takes the place of one that was not signed yet.
pub(crate) struct ProposeAgreement {
    pub(crate) by: String,
    pub(crate) ledger: LedgerId,
    pub(crate) links: AgreementLinks,
    pub(crate) body: AgreementBody,
}

#[derive(Serialize, Deserialize)]
pub(crate) struct AgreementLinks {
    /// SHA-256 of the text in UTF-8, hexadecimal.
    pub(crate) sha256: String,
    /// Who of the operator's staff proposed it.
    pub(crate) staff: u64,
}

#[derive(Serialize, Deserialize)]
pub(crate) struct AgreementBody {
    pub(crate) text: String,
}

impl Act for ProposeAgreement {
    const KIND: &'static str = "agreement.propose";
    type Links = AgreementLinks;
    type Body = AgreementBody;
    /// Its number.
    type Output = u64;
    type Refusal = Error;

    fn actor(&self) -> &str {
        &self.by
    }

    fn target(&self) -> Target {
        Target::Ledger(self.ledger)
    }

    fn check(&mut self, _: &Reader<'_>, _: i64) -> Checked {
        Ok(())
    }

    fn links(&self) -> &AgreementLinks {
        &self.links
    }

    fn body(&self) -> Option<&AgreementBody> {
        Some(&self.body)
    }

    fn apply(
        links: &AgreementLinks,
        _: Option<&AgreementBody>,
        rows: &Writer<'_>,
        at: &At,
    ) -> Applied<u64> {
        agreements::insert(rows, at, links)?;
        Ok(at.entry.index())
    }

    fn weight_bytes(&self) -> usize {
        1024 + self.body.text.len()
    }
}

/// `agreement.sign`: an official's word to the newest text. It binds once a director and a second official have signed.
pub(crate) struct SignAgreement {
    pub(crate) by: String,
    pub(crate) ledger: LedgerId,
    pub(crate) links: SignatureLinks,
}

#[derive(Serialize, Deserialize)]
pub(crate) struct SignatureLinks {
    pub(crate) agreement: u64,
    pub(crate) official: u64,
    /// As the signer read it; the check compares it with what was proposed.
    pub(crate) sha256: String,
    /// The signer's role. Given in the check.
    pub(crate) role: Role,
}

impl SignAgreement {
    fn judge(&mut self, views: &Reader<'_>) -> Result<()> {
        let number = self.links.agreement;
        let official = in_office(views, self.ledger, self.links.official)?;
        if !may(official.role, Operation::Approve) {
            return Err(Error::Forbidden);
        }
        self.links.role = official.role;
        let newest = agreements::newest(views, self.ledger, 1)?.pop();
        let newest = newest.filter(|one| one.number == number && one.sha256 == self.links.sha256);
        let newest = newest.ok_or(Error::UnknownAgreement { number })?;
        let signed = agreements::signatures(views, self.ledger, newest.number)?;
        let again = signed.iter().any(|one| one.official == self.links.official);
        // Of two signatures one is a director's, so that the last place is kept for one.
        let director =
            official.role == Role::Director || signed.iter().any(|one| one.role == Role::Director);
        match (again || signed.len() >= 2, signed.is_empty() || director) {
            (false, true) => Ok(()),
            (true, _) => Err(Error::AgreementSigned { number }),
            (false, false) => Err(Error::NeedsDirector),
        }
    }
}

impl Act for SignAgreement {
    const KIND: &'static str = "agreement.sign";
    type Links = SignatureLinks;
    type Body = ();
    type Output = ();
    type Refusal = Error;

    fn actor(&self) -> &str {
        &self.by
    }

    fn target(&self) -> Target {
        Target::Ledger(self.ledger)
    }

    fn check(&mut self, views: &Reader<'_>, _: i64) -> Checked {
        self.judge(views).map_err(refuse)
    }

    fn links(&self) -> &SignatureLinks {
        &self.links
    }

    fn body(&self) -> Option<&()> {
        None
    }

    fn apply(links: &SignatureLinks, _: Option<&()>, rows: &Writer<'_>, at: &At) -> Applied {
        agreements::sign(rows, at, links)
    }
}
