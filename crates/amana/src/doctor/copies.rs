//! What would be left after a loss: mirrors, and the backup of the operator's seed.

use std::path::Path;

use super::{Code, Findings, Level};
use crate::commands::operator_key::BackupNote;
use crate::config::{Config, environment};
use crate::mirror::last_error;

/// Looks at a data centre's folder.
pub(super) fn look(found: &mut Findings, data: &Path) {
    match BackupNote::find(data) {
        Some(note) => found.add(
            Level::Good,
            Code::SeedBackedUp,
            [note.custodians, note.when],
        ),
        None => found.add(Level::Notice, Code::SeedNotBackedUp, [data.display()]),
    }
    let Ok(config) = Config::load(data, None, environment()) else {
        return;
    };
    if config.mirrors.is_empty() {
        return found.add(Level::Notice, Code::NoMirror, [""; 0]);
    }
    for mirror in &config.mirrors {
        match last_error(data, mirror) {
            Some(why) => found.add(
                Level::Bad,
                Code::MirrorFails,
                [mirror.name.as_str(), why.trim()],
            ),
            None => found.good(Code::MirrorKept, &mirror.name),
        }
    }
}
