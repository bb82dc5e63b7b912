//! Copies of the data centre in other places: where they are, how they are kept up, and how reads heal from them.

mod background;
mod config;
mod copies;
mod lost;
mod pace;
mod restoring;
mod s3_place;
mod states;
mod status;

pub(crate) use background::{begin, keep, last_error, once};
pub(crate) use config::{MirrorConfig, find, open_place};
pub(crate) use lost::lost;
pub(crate) use pace::{local_offset_s, pace};
pub(crate) use restoring::Restoring;
pub(crate) use states::States;
pub(crate) use status::{Lag, lag};
