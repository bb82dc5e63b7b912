//! The operator's own pages: what needs it now, the institutions, the disk, health, its staff. Nothing here names what an
//! institution holds.

mod capacity;
mod forecast;
mod health;
mod institution;
mod institutions;
mod notices;
mod overview;
mod plot;
mod staff;

use amana_access::{Actor, Operation, Session};
use axum::routing::{delete, get, post, put};
use http::Method;

use crate::Result;
use crate::account::Guarded;

pub use capacity::Disk;
pub use forecast::{Forecast, Trust};

/// The routes, each with what it is.
pub(crate) fn guarded() -> Guarded {
    use Operation::{
        AnswerMessages, ListInstitutions, ManageInstitutions, ManageStaff, ReadCapacity,
        ReadCentre, ReadHealth, ReadStaff,
    };
    Guarded::new()
        .route("/operator", ReadCentre, get(overview::page))
        .route(
            "/operator/institutions",
            ListInstitutions,
            get(institutions::page),
        )
        .route(
            "/operator/institutions/add",
            ManageInstitutions,
            post(institutions::add),
        )
        .route(
            "/operator/institutions/{institution}",
            ListInstitutions,
            get(institution::page),
        )
        .route(
            "/operator/institutions/{institution}/suspend",
            ManageInstitutions,
            post(institution::suspend),
        )
        .route(
            "/operator/institutions/{institution}/resume",
            ManageInstitutions,
            post(institution::resume),
        )
        .route(
            "/operator/institutions/{institution}/quota",
            ManageInstitutions,
            post(institution::set_quota),
        )
        .route(
            "/operator/institutions/{institution}/name",
            ManageInstitutions,
            post(institution::name),
        )
        .route(
            "/operator/institutions/{institution}/officials/{number}/invite",
            ManageInstitutions,
            post(institution::invite),
        )
        .route("/operator/capacity", ReadCapacity, get(capacity::page))
        .route("/operator/health", ReadHealth, get(health::page))
        .route("/operator/staff", ReadStaff, get(staff::page))
        .route("/operator/staff/name", ManageStaff, post(staff::name))
        .route(
            "/operator/staff/{number}/invite",
            ManageStaff,
            post(staff::invite),
        )
        .route(
            "/operator/staff/{number}/end",
            ManageStaff,
            post(staff::end),
        )
        .route("/operator/notices", AnswerMessages, get(notices::page))
        .route(
            "/operator/notices/publish",
            AnswerMessages,
            post(notices::publish),
        )
        .route(
            "/operator/notices/{number}/end",
            AnswerMessages,
            post(notices::end),
        )
        .merge(calls())
}

/// The same for programs.
fn calls() -> Guarded {
    use Operation::{
        AnswerMessages, ListInstitutions, ManageInstitutions, ManageStaff, ReadCapacity,
        ReadCentre, ReadHealth, ReadStaff,
    };
    Guarded::new()
        .route("/api/v1/operator/overview", ReadCentre, get(overview::api))
        .verbs(
            "/api/v1/operator/institutions",
            [
                (Method::GET, ListInstitutions),
                (Method::POST, ManageInstitutions),
            ],
            get(institutions::api).post(institutions::add),
        )
        .route(
            "/api/v1/operator/institutions/{institution}",
            ListInstitutions,
            get(institution::api),
        )
        .verbs(
            "/api/v1/operator/institutions/{institution}/suspend",
            [(Method::POST, ManageInstitutions)],
            post(institution::suspend),
        )
        .verbs(
            "/api/v1/operator/institutions/{institution}/resume",
            [(Method::POST, ManageInstitutions)],
            post(institution::resume),
        )
        .verbs(
            "/api/v1/operator/institutions/{institution}/quota",
            [(Method::PUT, ManageInstitutions)],
            put(institution::set_quota),
        )
        .verbs(
            "/api/v1/operator/institutions/{institution}/officials",
            [(Method::POST, ManageInstitutions)],
            post(institution::name),
        )
        .verbs(
            "/api/v1/operator/institutions/{institution}/officials/{number}/invite",
            [(Method::POST, ManageInstitutions)],
            post(institution::invite),
        )
        .route(
            "/api/v1/operator/capacity",
            ReadCapacity,
            get(capacity::api),
        )
        .route("/api/v1/operator/health", ReadHealth, get(health::api))
        .verbs(
            "/api/v1/operator/staff",
            [(Method::GET, ReadStaff), (Method::POST, ManageStaff)],
            get(staff::api).post(staff::name),
        )
        .verbs(
            "/api/v1/operator/staff/{number}",
            [(Method::DELETE, ManageStaff)],
            delete(staff::end),
        )
        .verbs(
            "/api/v1/operator/staff/{number}/invite",
            [(Method::POST, ManageStaff)],
            post(staff::invite),
        )
        .verbs(
            "/api/v1/operator/notices",
            [(Method::POST, AnswerMessages)],
            post(notices::publish),
        )
        .verbs(
            "/api/v1/operator/notices/{number}/end",
            [(Method::POST, AnswerMessages)],
            post(notices::end),
        )
}

/// Who of the staff is signed in, as it stands in the ledgers of institutions.
pub(crate) fn staff_of(session: &Session) -> Result<Actor> {
    let staff = session.staff();
    staff.ok_or_else(|| amana_access::Error::Forbidden.into())
}
