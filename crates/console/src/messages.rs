//! Threads between an institution and the operator, as each side reads and writes them.

mod operators;
mod own;
mod receipts;
mod thread;

use amana_access::Operation;
use axum::extract::DefaultBodyLimit;
use axum::routing::{get, post};
use http::Method;

use crate::account::Guarded;
use crate::public::directory;

pub(crate) use own::institution_of;
pub(crate) use receipts::file as receipt_file;

/// The longest form of a message: ten thousand characters, each of up to four bytes that are escaped in three.
const MAX_FORM_BYTES: usize = 128 * 1024;

fn longest() -> DefaultBodyLimit {
    DefaultBodyLimit::max(MAX_FORM_BYTES)
}

/// The routes, each with what it is.
pub(crate) fn guarded() -> Guarded {
    use Operation::{AnswerMessages, ReadMessages, WriteMessages};
    Guarded::new()
        .route("/messages", ReadMessages, get(own::page))
        .route(
            "/messages/open",
            WriteMessages,
            post(own::open).layer(longest()),
        )
        .route("/messages/{number}", ReadMessages, get(own::thread))
        .route(
            "/messages/{number}/answer",
            WriteMessages,
            post(own::answer).layer(longest()),
        )
        .route("/messages/{number}/close", WriteMessages, post(own::close))
        .route("/operator/messages", AnswerMessages, get(operators::page))
        .route(
            "/operator/messages/open",
            AnswerMessages,
            post(operators::open).layer(longest()),
        )
        .route(
            "/operator/messages/{institution}/{number}",
            AnswerMessages,
            get(operators::thread),
        )
        .route(
            "/operator/messages/{institution}/{number}/answer",
            AnswerMessages,
            post(operators::answer).layer(longest()),
        )
        .route(
            "/operator/messages/{institution}/{number}/close",
            AnswerMessages,
            post(operators::close),
        )
        .route(
            "/operator/messages/{institution}/{number}/receipts/{index}",
            AnswerMessages,
            get(operators::receipt),
        )
        .route(
            "/contact",
            WriteMessages,
            get(directory::contact).post(directory::publish),
        )
        .merge(calls())
}

/// The same for programs.
fn calls() -> Guarded {
    use Operation::{AnswerMessages, ReadMessages, WriteMessages};
    Guarded::new()
        .verbs(
            "/api/v1/messages",
            [(Method::GET, ReadMessages), (Method::POST, WriteMessages)],
            get(own::api).post(own::open).layer(longest()),
        )
        .verbs(
            "/api/v1/messages/{thread}",
            [(Method::GET, ReadMessages), (Method::POST, WriteMessages)],
            get(own::api_thread).post(own::answer).layer(longest()),
        )
        .verbs(
            "/api/v1/messages/{thread}/close",
            [(Method::POST, WriteMessages)],
            post(own::close),
        )
        .verbs(
            "/api/v1/operator/messages",
            [
                (Method::GET, AnswerMessages),
                (Method::POST, AnswerMessages),
            ],
            get(operators::api).post(operators::open).layer(longest()),
        )
        .verbs(
            "/api/v1/operator/messages/{institution}/{thread}",
            [
                (Method::GET, AnswerMessages),
                (Method::POST, AnswerMessages),
            ],
            get(operators::api_thread)
                .post(operators::answer)
                .layer(longest()),
        )
        .verbs(
            "/api/v1/operator/messages/{institution}/{thread}/close",
            [(Method::POST, AnswerMessages)],
            post(operators::close),
        )
        .verbs(
            "/api/v1/contact",
            [(Method::GET, WriteMessages), (Method::PUT, WriteMessages)],
            get(directory::contact_api).put(directory::publish),
        )
}
