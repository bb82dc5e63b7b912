//! The S3 front of the vault: Amazon's protocol over HTTP/1.1, for software that knows nothing of Amana.
//!
//! What this crate promises:
//! - **As AWS documents it**: status, code, XML and headers, for what is offered; `NotImplemented` for what isn't, and
//!   never a promise taken and not kept.
//! - **Nothing is kept that wasn't verified**: the signature, of each chunk and of the trailers too; length, payload
//!   hash, `Content-MD5` and checksums all hold before the vault is asked to put anything.
//! - **A receipt for every write**: `x-amana-receipt: <ledger>/<index>`.
//! - **No request without a caller**, and no caller who sees another institution's buckets.
//! - **Constant memory**: bodies are streams, documents have 2 MiB, signed chunks 16 MiB, connections a number.
//!
//! A request's way: [`front`] (connection) → [`guard`] (from the head alone) → [`intake`] (the body, watched) → `s3s`
//! (signature, parsing) → [`gate`] (the caller) → a verb, one a file → the vault → [`answer`] (the last hand).
//!
//! What it deliberately does not do: keep state, decide who may what (access and the vault do), keep certificates, speak HTTP/2,
//! take HTML forms, serve web sites or other origins' scripts, encrypt.

mod answer;
mod attributes;
mod attrs;
mod buckets;
mod callers;
mod checksums;
mod complete;
mod conditions;
mod content;
mod copy;
mod delete;
mod document;
mod error;
mod etags;
mod framing;
mod front;
mod gate;
mod get;
mod guard;
mod hosts;
mod intake;
mod list;
mod locks;
mod parts;
mod probes;
mod put;
mod query;
mod refusal;
mod requests;
mod rewrite;
mod service;
mod signing;
mod standing;
mod subresources;
mod tags;
mod times;
mod uploads;

pub use callers::{Callers, CallersError, Known};
pub use front::{Adopt, Front, FrontConfig, Observe, Vouch};
pub use requests::{RequestIds, log_span, record_status, server_span};
