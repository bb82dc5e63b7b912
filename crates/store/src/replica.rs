//! A replica: the views of one institution's acts on its own machine, in one encrypted file.

mod plain;

pub use plain::PlainAct;
