//! Sealed files: against C2SP's vectors, against the `age` crate, and against ourselves.

mod oracle;
mod round_trips;
mod totality;
mod vectors;
