//! Content that isn't what was signed: changed, cut, lost, or out of reach.

use std::sync::Arc;

use amana_sites::serve::{Server, Settings};

use super::ground::{Ground, get};

const HOST: &str = "www.finances.gov";
const OLD: &[u8] = b"the old page";
const NEW: &[u8] = b"the new page";
const OTHER: &[u8] = b"another page of the new deploy";

fn served() -> (Arc<Ground>, Arc<Server>) {
    let ground = Arc::new(Ground::default());
    let server = ground.server(Settings::default());
    ground.deploy_of(
        HOST,
        1,
        &[("/index.html", b"older still"), ("/other.html", OLD)],
    );
    ground.deploy_of(HOST, 2, &[("/index.html", OLD), ("/other.html", OLD)]);
    server.put(ground.deploy_of(HOST, 4, &[("/index.html", NEW), ("/other.html", OTHER)]));
    (ground, server)
}

#[tokio::test]
async fn a_site_falls_back_whole_and_comes_back_once_it_is_healed() {
    let (ground, server) = served();
    assert_eq!(get(&server, HOST, "/other").await.body, OTHER);
    ground.damage(NEW, 3);
    let got = get(&server, HOST, "/").await;
    assert_eq!((got.status.as_u16(), &*got.body), (200, OLD));
    assert_eq!(
        get(&server, HOST, "/other").await.body,
        OLD,
        "whole: no mixture of two deploys"
    );
    let host = HOST.parse().unwrap();
    assert_eq!(server.numbers(&host), Some((4, 2)));
    {
        let alerts = ground.alerts.lock().unwrap();
        assert_eq!(alerts.len(), 1);
        assert_eq!((alerts[0].number, &*alerts[0].address), (4, "/index.html"));
        assert_eq!(alerts[0].instead, Some(2));
    }
    server.recover().await;
    assert_eq!(get(&server, HOST, "/").await.body, OLD, "it is still wrong");
    ground.heal(NEW);
    server.recover().await;
    assert_eq!(get(&server, HOST, "/").await.body, NEW);
    ground.damage(OTHER, 0);
    ground.damage(NEW, 0);
    assert_eq!(
        get(&server, HOST, "/").await.body,
        NEW,
        "what was verified is still in memory"
    );
}

#[tokio::test]
async fn an_earlier_deploy_that_is_wrong_as_well_is_passed_over() {
    let (ground, server) = served();
    ground.lose(NEW);
    // Not the page that is asked for, but another of the same deploy.
    ground.deploy_of(
        HOST,
        3,
        &[("/index.html", b"between"), ("/other.html", b"lost")],
    );
    ground.lose(b"lost");
    assert_eq!(get(&server, HOST, "/").await.body, OLD);
    assert_eq!(server.numbers(&HOST.parse().unwrap()), Some((4, 2)));
}

#[tokio::test]
async fn nothing_is_sent_when_no_deploy_is_right() {
    let (ground, server) = served();
    for bytes in [NEW, OLD] {
        ground.damage(bytes, 0);
    }
    for _ in 0..5 {
        let got = get(&server, HOST, "/").await;
        assert_eq!(got.status, 503);
        assert!(!String::from_utf8(got.body).unwrap().contains("new page"));
    }
    assert_eq!(
        get(&server, HOST, "/other").await.body,
        OTHER,
        "what is right is still sent"
    );
    assert_eq!(ground.alerts.lock().unwrap().len(), 1);
    // The next deploy is another matter.
    server.put(ground.deploy_of(HOST, 5, &[("/index.html", b"mended")]));
    assert_eq!(get(&server, HOST, "/").await.body, b"mended");
}

#[tokio::test]
async fn a_disk_that_does_not_answer_is_no_alert() {
    let (ground, server) = served();
    ground.set_down(true);
    assert_eq!(get(&server, HOST, "/").await.status, 503);
    assert!(ground.alerts.lock().unwrap().is_empty());
    ground.set_down(false);
    assert_eq!(get(&server, HOST, "/").await.body, NEW);
}

#[tokio::test]
async fn a_large_file_is_right_to_its_last_byte_before_its_first_is_sent() {
    let ground = Arc::new(Ground::default());
    let server = ground.server(Settings {
        cache_bytes: 1_000_000,
        ..Settings::default()
    });
    let large: Vec<u8> = (0..900_000_u32).flat_map(u32::to_le_bytes).collect();
    ground.deploy_of(HOST, 1, &[("/large.bin", OLD)]);
    server.put(ground.deploy_of(HOST, 2, &[("/large.bin", &large)]));
    ground.damage(&large, large.len() - 1);
    assert_eq!(get(&server, HOST, "/large.bin").await.body, OLD);

    ground.heal(&large);
    server.recover().await;
    assert!(get(&server, HOST, "/large.bin").await.body == large);
    // It is larger than the memory: what changes after it was verified is found when its piece is read again.
    ground.damage(&large, 2_000_000);
    let got = get(&server, HOST, "/large.bin").await;
    assert!(got.body == OLD || (!got.is_whole && large.starts_with(&got.body)));
    assert!(got.body.len() <= 2_000_000);
    assert_eq!(get(&server, HOST, "/large.bin").await.body, OLD);
}

#[tokio::test]
async fn a_damaged_preview_is_not_sent_and_harms_nothing() {
    let (ground, server) = served();
    ground.deploy_of(HOST, 3, &[("/index.html", b"draft")]);
    ground.damage(b"draft", 0);
    assert_eq!(get(&server, "3--www.finances.gov", "/").await.status, 503);
    assert_eq!(get(&server, HOST, "/").await.body, NEW);
    assert_eq!(server.numbers(&HOST.parse().unwrap()), Some((4, 4)));
}
