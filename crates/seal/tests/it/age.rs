//! Sealed files, both ways.

mod round_trips;
