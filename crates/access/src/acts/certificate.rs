//! Certificates: who passed the school, in the ledger of whom the person serves.

use amana_store::{Act, At, Denied, LedgerId, Reader, Target, Writer};
use serde::{Deserialize, Serialize};

use super::{Applied, Checked, refuse};
use crate::people::in_office;
use crate::views::{certificates, schools};
use crate::{Error, Lesson};

/// `school.certify`: an official passed every exercise. It stands beside what else the institution knows of its officials, and
/// the name in its body is the institution's to erase.
pub(crate) struct Certify {
    pub(crate) by: String,
    pub(crate) ledger: LedgerId,
    pub(crate) account: String,
    pub(crate) links: CertificateLinks,
    pub(crate) body: CertificateBody,
}

#[derive(Serialize, Deserialize)]
pub(crate) struct CertificateLinks {
    pub(crate) official: u64,
    /// The sandbox, in whose ledger the exercises stand.
    pub(crate) school: String,
    /// The entries that say so there, in the order of the exercises; given in the check.
    pub(crate) lessons: Vec<u64>,
    /// Random: what the certificate's public page is found by.
    pub(crate) code: String,
    /// Whether it is shown to everybody.
    pub(crate) shown: bool,
}

#[derive(Serialize, Deserialize)]
pub(crate) struct CertificateBody {
    /// The person's name, as the certificate has it.
    pub(crate) name: String,
}

impl Act for Certify {
    const KIND: &'static str = "school.certify";
    type Links = CertificateLinks;
    type Body = CertificateBody;
    type Output = ();
    type Refusal = Error;

    fn actor(&self) -> &str {
        &self.by
    }

    fn target(&self) -> Target {
        Target::Ledger(self.ledger)
    }

    /// The exercises are looked up again, here where it is decided.
    fn check(&mut self, views: &Reader<'_>, _: i64) -> Checked {
        in_office(views, self.ledger, self.links.official).map_err(refuse)?;
        let school = schools::named(views, &self.links.school)?;
        let own = school.filter(|school| school.trainee == self.account);
        let Some(school) = own else {
            return Err(Denied::Refused(Error::NoSchool));
        };
        let passed = schools::passed(views, school.ledger)?;
        let entry = |lesson: Lesson| {
            let found = passed.iter().find(|one| one.lesson == lesson);
            found.map(|one| one.number)
        };
        let lessons: Option<Vec<u64>> = Lesson::ALL.into_iter().map(entry).collect();
        self.links.lessons = lessons.ok_or(Denied::Refused(Error::LessonsMissing))?;
        match certificates::of_school(views, &self.links.school)? {
            true => Err(Denied::Refused(Error::LessonPassed)),
            false => Ok(()),
        }
    }

    fn links(&self) -> &CertificateLinks {
        &self.links
    }

    fn body(&self) -> Option<&CertificateBody> {
        Some(&self.body)
    }

    fn apply(
        links: &CertificateLinks,
        _: Option<&CertificateBody>,
        rows: &Writer<'_>,
        at: &At,
    ) -> Applied {
        certificates::insert(rows, at, links)
    }
}

/// `school.show`: the person lets everybody see the certificate, or no longer.
pub(crate) struct ShowCertificate {
    pub(crate) by: String,
    pub(crate) ledger: LedgerId,
    pub(crate) links: ShownLinks,
}

#[derive(Serialize, Deserialize)]
pub(crate) struct ShownLinks {
    pub(crate) official: u64,
    pub(crate) certificate: u64,
    pub(crate) shown: bool,
}

impl Act for ShowCertificate {
    const KIND: &'static str = "school.show";
    type Links = ShownLinks;
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
        let own = certificates::of(views, self.ledger, self.links.official)?;
        match own.iter().any(|one| one.number == self.links.certificate) {
            true => Ok(()),
            false => Err(Denied::Refused(Error::NoSchool)),
        }
    }

    fn links(&self) -> &ShownLinks {
        &self.links
    }

    fn body(&self) -> Option<&()> {
        None
    }

    fn apply(links: &ShownLinks, _: Option<&()>, rows: &Writer<'_>, at: &At) -> Applied {
        certificates::show(rows, at.entry.ledger(), links.certificate, links.shown)
    }
}
