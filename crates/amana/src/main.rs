//! The amana command.
fn main() {}
