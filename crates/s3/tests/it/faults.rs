//! What the front says when the store can't.

use std::fs;
use std::path::{Path, PathBuf};

use super::centre::Centre;
use super::client::Call;

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files(&path));
        } else {
            found.push(path);
        }
    }
    found
}

#[tokio::test]
async fn damaged_content_is_named_and_not_given_out() {
    let centre = Centre::with_bucket().await;
    let content = vec![b'x'; 2_000_000];
    centre.put("/files/estimates.ods", &content).await;
    let blobs = files(&centre.ground.folder.path().join("blobs"));
    assert_eq!(blobs.len(), 1);
    let mut bytes = fs::read(&blobs[0]).unwrap();
    let last = bytes.len() - 1;
    bytes[10] ^= 1;
    fs::write(&blobs[0], &bytes).unwrap();
    let answer = centre.get("/files/estimates.ods").await;
    assert_eq!(answer.refusal(), (500, "InternalError".into()));
    assert!(answer.one("Message").contains("files/estimates.ods"));
    // What isn't damaged is still given out, and what is damaged further on breaks off.
    let range = format!("bytes={last}-");
    let call = Call::new("GET", "/files/estimates.ods").header("range", &range);
    assert_eq!(centre.send(call).await.ok().body, b"x");
    bytes[10] ^= 1;
    bytes[last] ^= 1;
    fs::write(&blobs[0], &bytes).unwrap();
    let answer = centre.get("/files/estimates.ods").await;
    assert_eq!(answer.status, 200);
    assert!(answer.body.len() < content.len());
}

#[tokio::test]
async fn a_read_only_centre_says_why() {
    let centre = Centre::with_bucket().await;
    centre.put("/files/a", b"x").await;
    centre
        .ground
        .store
        .become_read_only("it was restored from before its witnesses' last word");
    let answer = centre.send(Call::new("PUT", "/files/b").body("x")).await;
    assert_eq!(answer.refusal(), (503, "ServiceUnavailable".into()));
    assert!(answer.one("Message").contains("witnesses"));
    assert_eq!(centre.get("/files/a").await.ok().body, b"x");
}
