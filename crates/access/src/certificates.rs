//! Certificates of the school: in the ledger of whom a person serves, with the name in a body that can be erased.

use amana_store::{LedgerInfo, Reader};
use serde::Serialize;

use crate::acts::certificate::{
    CertificateBody, CertificateLinks, Certify, ShowCertificate, ShownLinks,
};
use crate::people::Owner;
use crate::said::said;
use crate::schools::PassedLesson;
use crate::verbs::random;
use crate::views::{certificates, schools};
use crate::{Access, Error, Operation, Result, School, Session};

/// A certificate.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Certificate {
    /// The account that passed.
    pub account: String,
    /// The person's name; nothing once it was erased.
    pub name: Option<String>,
    /// The sandbox.
    pub school: String,
    /// What its public page is found by.
    pub code: String,
    /// Whether everybody may see it.
    pub shown: bool,
    /// When it was given, milliseconds since 1970.
    pub at_ms: i64,
    /// `<ledger>/<index>` of the act.
    pub receipt: String,
    /// Index of that act.
    #[serde(skip)]
    pub number: u64,
    /// Each exercise, and where it stands.
    pub lessons: Vec<PassedLesson>,
}

impl Access {
    /// Certifies who is signed in. Gives the act's receipt name.
    ///
    /// # Errors
    /// [`Error::Forbidden`], [`Error::LessonsMissing`], [`Error::LessonPassed`] after the first time, [`Error::NoSchool`],
    /// [`Error::Busy`], [`Error::Store`].
    pub async fn certify(&self, session: &Session, school: &School, shown: bool) -> Result<String> {
        if !session.may(Operation::Learn) {
            return Err(Error::Forbidden);
        }
        let account = session.account.to_string();
        let act = Certify {
            by: session.actor().to_string(),
            ledger: session.ledger,
            links: CertificateLinks {
                official: session.account.official,
                school: school.name.to_string(),
                lessons: Vec::new(),
                code: hex::encode(random::<10>()?),
                shown,
            },
            body: CertificateBody {
                name: session.name.clone().unwrap_or_else(|| account.clone()),
            },
            account,
        };
        Ok(self.commit(act).await?.receipt())
    }

    /// Lets everybody see the newest certificate of who is signed in, or no longer. Gives the act's receipt name.
    ///
    /// # Errors
    /// [`Error::NoSchool`], [`Error::Busy`], [`Error::Store`].
    pub async fn show_certificate(&self, session: &Session, shown: bool) -> Result<String> {
        let newest = self.certificate(session)?.ok_or(Error::NoSchool)?;
        let act = ShowCertificate {
            by: session.actor().to_string(),
            ledger: session.ledger,
            links: ShownLinks {
                official: session.account.official,
                certificate: newest.number,
                shown,
            },
        };
        Ok(self.commit(act).await?.receipt())
    }

    /// The newest certificate of who is signed in. Blocking.
    ///
    /// # Errors
    /// [`Error::Store`].
    pub fn certificate(&self, session: &Session) -> Result<Option<Certificate>> {
        let (ledger, official) = (session.ledger, session.account.official);
        self.store().read(|rows| {
            let newest = certificates::of(rows, ledger, official)?;
            let newest = newest.into_iter().next();
            newest.map(|row| told(rows, row)).transpose()
        })
    }

    /// The certificate that its person lets everybody see under that code. Blocking.
    ///
    /// # Errors
    /// [`Error::Store`].
    pub fn shown_certificate(&self, code: &str) -> Result<Option<Certificate>> {
        self.store().read(|rows| {
            let found = certificates::shown(rows, code)?;
            found.map(|row| told(rows, row)).transpose()
        })
    }

    /// How many people hold a certificate. Blocking.
    ///
    /// # Errors
    /// [`Error::Store`].
    pub fn certified_people(&self) -> Result<u64> {
        Ok(self.store().read(certificates::count_people)?)
    }
}

fn told(rows: &Reader<'_>, row: certificates::Certificate) -> Result<Certificate> {
    let body: Option<CertificateBody> = said(rows, row.ledger, row.number)?;
    let owner = Owner::of_ledger(rows, row.ledger)?;
    let ledger = LedgerInfo::by_id(rows, row.ledger)?.map(|info| info.name);
    let ledger = ledger.unwrap_or_else(|| owner.ledger_name());
    let school = schools::named(rows, &row.school)?;
    let mut lessons = Vec::new();
    if let Some(school) = school {
        for one in schools::passed(rows, school.ledger)? {
            lessons.push(PassedLesson {
                lesson: one.lesson,
                receipt: format!("{}/vault/{}", row.school, one.number),
                number: one.number,
                at_ms: one.at_ms,
                entry: one.entry,
                sha256: one.sha256,
            });
        }
    }
    lessons.sort_by_key(|one| one.lesson);
    Ok(Certificate {
        account: format!("{owner}/{}", row.official),
        name: body.map(|body| body.name),
        school: row.school,
        code: row.code,
        shown: row.shown,
        at_ms: row.at_ms,
        receipt: format!("{ledger}/{}", row.number),
        number: row.number,
        lessons,
    })
}
