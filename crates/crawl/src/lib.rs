//! Reads a living web site as a visitor does, and turns it into a folder that answers as the site did.
//!
//! What this crate promises:
//! - **Exact addresses.** An address is a path *and* a query. What answered at `/?p=12` answers there, with its type and its
//!   charset, and a redirect stays a redirect.
//! - **Bytes stay.** A page's bytes change where they refer to the old host, and nowhere else.
//! - **The archive is the state.** What was fetched stands in a WARC file; an import that was cut reads it and goes on.
//! - **Polite.** One connection, at a pace, as `robots.txt` and `Retry-After` ask.
//! - **Everything has a bound**: pages, bytes, lengths of addresses, addresses that differ in a number alone.
//!
//! [`html`], [`charset`], [`css`], [`srcset`], [`text`], [`robots`], [`seeds`], [`scan`], [`keep`], [`forms`], [`rewrite`] and [`layout`] are pure;
//! [`fetch`], [`local`], [`warc`], [`crawl`](mod@crawl), [`folder`] and [`zone`] do the rest.
//!
//! What it deliberately does not do: run scripts, send forms, sign in, store anything in a data centre.

pub mod charset;
pub mod crawl;
pub mod csp;
pub mod css;
pub mod dns;
mod error;
pub mod fetch;
pub mod folder;
pub mod forms;
pub mod html;
pub mod keep;
pub mod layout;
pub mod local;
pub mod policy;
pub mod redirects;
pub mod references;
pub mod report;
pub mod rest;
pub mod rewrite;
pub mod robots;
pub mod scan;
pub mod search;
pub mod seeds;
pub mod site;
pub mod srcset;
pub mod text;
pub mod warc;
pub mod zone;

pub use error::{Error, Result};
