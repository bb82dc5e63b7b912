//! Damage is an error that names the object, never wrong bytes.

use std::fs;

use amana_vault::{Error, Vault, VersionRef};
use futures::TryStreamExt as _;

use super::house::{FILES, House, noise};

impl House {
    fn the_blob(&self) -> std::path::PathBuf {
        let shelves = fs::read_dir(self.ground.folder.path().join("blobs")).unwrap();
        let mut files = shelves.flat_map(|shelf| fs::read_dir(shelf.unwrap().path()).unwrap());
        files.next().unwrap().unwrap().path()
    }
}

#[track_caller]
fn names_the_object<T>(found: Result<T, Error>) {
    match found {
        Err(Error::Damaged { object, .. }) => assert_eq!(object, "files/decrees/a"),
        Err(other) => panic!("{other}"),
        Ok(_) => panic!("the damage was not noticed"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_damaged_blob_is_never_given_out() {
    let house = House::new().await;
    let bytes = noise(1, 700_000);
    house.put(FILES, "decrees/a", &bytes).await;
    let object = house
        .look(FILES, "decrees/a", VersionRef::Latest)
        .await
        .unwrap();
    let path = house.the_blob();
    let whole = fs::read(&path).unwrap();
    assert_eq!(whole, bytes, "a blob's file is its bytes and nothing else");

    let mut flipped = whole.clone();
    flipped[300_000] ^= 1;
    fs::write(&path, &flipped).unwrap();
    let early = house.vault.read(&object, 0..200_000).await.unwrap();
    let early: Vec<_> = early.try_collect().await.unwrap();
    assert_eq!(
        early.concat(),
        bytes[..200_000],
        "the chunks beside it are whole"
    );
    names_the_object(house.vault.read(&object, 299_999..300_002).await.map(drop));
    let mut stream = house.vault.read(&object, 0..700_000).await.unwrap();
    let first = stream.try_next().await.unwrap().unwrap();
    assert_eq!(first, bytes[..first.len()]);
    names_the_object(stream.try_next().await);
    assert!(
        stream.try_next().await.unwrap().is_none(),
        "an error ends it"
    );

    fs::write(&path, &whole[1..]).unwrap();
    names_the_object(house.vault.read(&object, 0..10).await.map(drop));
    fs::remove_file(&path).unwrap();
    names_the_object(house.vault.read(&object, 0..10).await.map(drop));
    fs::write(&path, &whole).unwrap();
    house.check_everything();
}

#[tokio::test(flavor = "multi_thread")]
async fn the_digests_of_whole_bytes_are_made_again() {
    for sql in [
        "UPDATE blob_chunks SET digests = zeroblob(32)",
        "DELETE FROM blob_chunks",
    ] {
        let house = House::new().await;
        let bytes = noise(1, 70_000);
        house.put(FILES, "decrees/a", &bytes).await;
        house.meddle(sql).await;
        assert_eq!(house.get(FILES, "decrees/a").await.unwrap(), bytes, "{sql}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_an_operator_edits_in_rows_is_noticed() {
    for (len, sql) in [
        (10, "UPDATE contents SET data = zeroblob(1)"),
        (10, "DELETE FROM contents"),
        (
            10,
            "UPDATE entries SET body = replace(body, 'decrees/a', 'decrees/b')",
        ),
        (
            10,
            "UPDATE entries SET body = NULL, salt = NULL WHERE body LIKE '%decrees/a%'",
        ),
        (10, "UPDATE versions SET size = size + 1"),
        (10, "UPDATE versions SET etag = zeroblob(16)"),
        (10, "UPDATE versions SET etag = zeroblob(1)"),
        (10, "UPDATE versions SET flags = 0"),
        (70_000, "UPDATE versions SET nseq = nseq + 1"),
    ] {
        let house = House::new().await;
        house.put(FILES, "decrees/a", &noise(1, len)).await;
        house.meddle(sql).await;
        let get = house.get(FILES, "decrees/a").await;
        assert!(
            matches!(&get, Err(Error::Damaged { object, .. }) if object == "files/decrees/a"),
            "{sql}: {get:?}"
        );
        if sql.contains("versions") || sql.contains("entries") {
            let mut faults = Vec::new();
            let checked = house
                .ground
                .store
                .read(|rows| Vault::check(rows, &mut |fault| faults.push(fault)));
            assert!(checked.is_ok());
            assert!(
                faults[0].what.starts_with("files/decrees/a"),
                "{sql}: {faults:?}"
            );
        }
    }
}
