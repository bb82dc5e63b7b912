//! What the crate promises, tried from outside.

mod applications;
mod archive;
mod extract;
mod living;
mod looking;
mod naming;
mod placing;
mod polite;
mod rewriting;
mod searching;
mod suspicious;
mod whole;
