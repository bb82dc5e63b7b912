//! A tile's path.
#![no_main]

use amana_ledger::TileId;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let Ok(path) = std::str::from_utf8(bytes) else {
        return;
    };
    if let Ok(tile) = TileId::parse(path) {
        assert_eq!(tile.path(), path);
    }
});
