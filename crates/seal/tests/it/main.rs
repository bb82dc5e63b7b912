//! The tests of this crate, in one binary.

mod age;
mod envelope;
mod epoch;
mod keyrings;
mod names;
mod pages;
mod shares;
mod statements;
mod vectors;
mod words;
