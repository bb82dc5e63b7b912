//! What would be left after a loss: mirrors, and the backup of the operator's seed.

use std::path::Path;

use super::{Code, Findings, Level};
use crate::commands::operator_key::BackupNote;
use crate::config::{Config, environment};
use crate::mirror::{Lag, lags};

/// A mirror whose oldest missing entry waits for longer than that lags, in seconds.
const LAGS_FROM_S: u64 = 600;

/// Whether the operator's seed was shared.
pub(super) fn seed(found: &mut Findings, data: &Path) {
    match BackupNote::find(data) {
        Some(note) => {
            let day: String = note.when.chars().take_while(|c| *c != 'T').collect();
            found.add(Level::Good, Code::SeedBackedUp, [note.custodians, day]);
        }
        None => found.add(Level::Notice, Code::SeedNotBackedUp, [data.display()]),
    }
}

/// Looks at a data centre's folder, and at the places of its mirrors.
pub(super) async fn look(found: &mut Findings, data: &Path) {
    seed(found, data);
    let Ok(config) = Config::load(data, None, environment()) else {
        return;
    };
    if config.mirrors.is_empty() {
        return found.add(Level::Notice, Code::NoMirror, [""; 0]);
    }
    let names: Vec<String> = config.mirrors.iter().map(|m| m.name.clone()).collect();
    let folder = data.to_owned();
    // Places block, and a bucket has a runtime of its own.
    let lags = tokio::task::spawn_blocking(move || lags(&folder, &config)).await;
    let Ok(Ok(lags)) = lags else {
        for name in names {
            found.add(Level::Notice, Code::MirrorUnseen, [name]);
        }
        return;
    };
    for lag in lags {
        mirror(found, &lag);
    }
}

fn mirror(found: &mut Findings, lag: &Lag) {
    let name = lag.mirror.clone();
    if let Some(why) = &lag.error {
        let why = why.trim().to_owned();
        return found.add(Level::Bad, Code::MirrorFails, [name, why]);
    }
    if !lag.lacking.is_empty() {
        let count = lag.lacking.len().to_string();
        found.add(Level::Bad, Code::MirrorLacks, [name.clone(), count]);
    }
    match lag.seconds {
        LAGS_FROM_S.. => found.add(
            Level::Notice,
            Code::MirrorLags,
            [
                name,
                lag.entries.to_string(),
                (lag.seconds / 60).to_string(),
            ],
        ),
        _ if lag.lacking.is_empty() => found.good(Code::MirrorKept, name),
        _ => {}
    }
}
