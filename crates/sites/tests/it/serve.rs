//! The server, on sites in memory.

mod acme;
mod files;
mod floods;
mod ground;
mod names;
mod tls;
mod wrong_content;
