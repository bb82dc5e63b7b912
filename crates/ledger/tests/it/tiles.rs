//! Tiles and bundles, against `tlog_tiles`, whose paths have the tile's height in them.

use amana_ledger::*;
use proptest::prelude::*;

use crate::merkle::Kept;

#[test]
fn paths_of_the_standard() {
    let tile = |level, index, width| TileId {
        level,
        index,
        width,
    };
    let spelled = [
        (
            tile(TileLevel::Hashes(0), 1_234_067, 256),
            "tile/0/x001/x234/067",
        ),
        (
            tile(TileLevel::Hashes(0), 1_234_067, 8),
            "tile/0/x001/x234/067.p/8",
        ),
        (tile(TileLevel::Entries, 0, 256), "tile/entries/000"),
        (
            tile(TileLevel::Entries, 1000, 255),
            "tile/entries/x001/000.p/255",
        ),
        (tile(TileLevel::Hashes(7), 63, 1), "tile/7/063.p/1"),
    ];
    for (tile, path) in spelled {
        assert_eq!(tile.path(), path);
        assert_eq!(TileId::parse(path), Ok(tile));
    }
}

#[test]
fn second_spellings_and_impossible_tiles_are_refused() {
    for path in [
        "",
        "tile",
        "tile/0",
        "tile/0/",
        "tile/8/000",
        "tile/00/000",
        "tile/-1/000",
        "tile/data/000",
        "tile/0/1",
        "tile/0/0000",
        "tile/0/x000/001",
        "tile/0/x001",
        "tile/0/001/000",
        "tile/0/x001/x000",
        "tile/0/000.p/0",
        "tile/0/000.p/256",
        "tile/0/000.p/01",
        "tile/0/000.p/",
        "tile/0/000.p/1/",
        "tile/0/000.p/1.p/1",
        "tile/0/x018/x014/x398/x509/x481/984",
        "/tile/0/000",
        "tile/0/x00\u{661}/000",
    ] {
        assert_eq!(
            TileId::parse(path).expect_err(path).code(),
            "malformed-tile-path",
            "{path}"
        );
    }
    assert_eq!(
        TileId::parse(&"tile/".repeat(40)).expect_err("long").code(),
        "too-large"
    );
}

#[test]
fn a_node_is_in_its_tile() {
    let size = 70_000;
    let mut leaves = Kept::of(600);
    leaves.nodes.retain(|id, _| id.level <= 9);
    let at = |level, index| NodeId { level, index };
    let (tile, level, index) = TileId::of_node(at(9, 135), size).expect("in the tree");
    assert_eq!(
        (tile.path().as_str(), level, index),
        ("tile/1/001.p/17", 1, 7)
    );
    let (tile, level, index) = TileId::of_node(at(16, 0), size).expect("in the tree");
    assert_eq!(
        (tile.path().as_str(), level, index),
        ("tile/2/000.p/1", 0, 0)
    );
    assert_eq!(
        TileId::of_node(at(16, 1), size),
        Err(Error::OutOfRange { index: 1, size: 1 })
    );
    assert!(TileId::of_node(at(255, 0), u64::MAX).is_err());

    for (id, hash) in Kept::of(600).nodes {
        let (tile, level, index) = TileId::of_node(id, 600).expect("in the tree");
        let TileLevel::Hashes(tile_level) = tile.level else {
            panic!("a node is in a tile of hashes")
        };
        let first = tile.index * 256;
        let row: Vec<Hash> = (first..first + u64::from(tile.width))
            .map(|index| leaves.nodes[&at(tile_level * 8, index)])
            .collect();
        assert_eq!(tile_node(&row, level, index), Ok(hash), "{id:?}");
    }
    assert!(tile_node(&[], 0, 0).is_err());
    assert!(tile_node(&[EMPTY_ROOT; 3], 1, 1).is_err());
    assert!(tile_node(&[EMPTY_ROOT; 3], 200, u16::MAX).is_err());
}

#[test]
fn bundles_hold_at_most_256_entries_of_64_kib() {
    let entries: Vec<&[u8]> = vec![b"a"; 256];
    let bundle = encode_bundle(entries.iter().copied()).expect("full");
    assert_eq!(parse_bundle(&bundle).expect("full"), entries);
    assert_eq!(
        encode_bundle([b"a".as_slice(); 257])
            .expect_err("one more")
            .code(),
        "too-large"
    );
    assert_eq!(
        parse_bundle(&[bundle.as_slice(), &[0, 0]].concat())
            .expect_err("one more")
            .code(),
        "too-large"
    );
    let longest = vec![7; MAX_ENTRY_BYTES];
    assert!(encode_bundle([longest.as_slice()]).is_ok());
    let longer = vec![7; MAX_ENTRY_BYTES + 1];
    assert_eq!(
        encode_bundle([longer.as_slice()])
            .expect_err("too long")
            .code(),
        "too-large"
    );
}

proptest! {
    #[test]
    fn paths_agree_with_tlog_tiles(level in 0u8..8, index in 0u64..1 << 54, width in 1u16..=256, entries: bool) {
        let tile_level = if entries { TileLevel::Entries } else { TileLevel::Hashes(level) };
        let tile = TileId { level: tile_level, index, width };
        let theirs = tlog_tiles::Tile::new(8, level, index, u32::from(width), false).path();
        let expected = theirs.replacen("tile/8/", "tile/", 1);
        let expected = if entries { expected.replacen(&format!("/{level}/"), "/entries/", 1) } else { expected };
        prop_assert_eq!(&tile.path(), &expected);
        prop_assert_eq!(TileId::parse(&tile.path()), Ok(tile));
    }

    #[test]
    fn bundles_round_trip_and_cuts_are_seen(
        entries in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..40), 0..20),
        cut: prop::sample::Index,
    ) {
        let bundle = encode_bundle(entries.iter().map(Vec::as_slice)).expect("small");
        prop_assert_eq!(parse_bundle(&bundle).expect("whole"), entries);
        if !bundle.is_empty() {
            let cut = &bundle[..cut.index(bundle.len())];
            if let Ok(fewer) = parse_bundle(cut) {
                prop_assert_eq!(encode_bundle(fewer).expect("small"), cut);
            }
        }
    }
}
