//! Copies of the data centre in other places: where they are, how they are kept up, and how reads heal from them.

mod background;
mod config;
mod copies;
mod lost;
mod pace;
mod restoring;
mod s3_line;
mod s3_place;
mod states;
mod status;
mod stop;

pub(crate) use background::{begin, keep, last_error, note_lacking, once};
pub(crate) use config::{MirrorConfig, find, folder, open_place};
pub(crate) use lost::lost;
pub(crate) use pace::{local_offset_s, pace};
pub(crate) use restoring::{OnItsWay, Restoring};
pub(crate) use states::States;
pub(crate) use status::{Lag, lags};
pub(crate) use stop::Stop;
