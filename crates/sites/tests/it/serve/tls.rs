//! Sites under TLS: which certificate is shown, what is spoken, who is sent from HTTP to HTTPS.

use std::net::SocketAddr;
use std::sync::Arc;

use amana_sites::serve::{Addresses, Body, Line, Rest, Running, Server, Settings};
use amana_tls::{Authority, Certificates, Leaf, Trust};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::Request;
use hyper::client::conn::{http1, http2};
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::net::TcpStream;
use tokio_rustls::client::TlsStream;

use super::ground::{Got, Ground, LINE, read};

const HOST: &str = "www.finances.gov";

pub(super) fn now_s() -> i64 {
    let since = std::time::UNIX_EPOCH.elapsed().unwrap();
    i64::try_from(since.as_secs()).unwrap()
}

/// The chain and the key, as files have them.
fn pem(leaf: &Leaf) -> (String, String) {
    let block = |label: &str, der: &[u8]| {
        format!(
            "-----BEGIN {label}-----\n{}\n-----END {label}-----\n",
            STANDARD.encode(der)
        )
    };
    let chain: String = leaf
        .chain
        .iter()
        .map(|one| block("CERTIFICATE", one))
        .collect();
    (chain, block("PRIVATE KEY", leaf.key.secret_der()))
}

struct Secured {
    server: Arc<Server>,
    running: Running,
    authority: Arc<Authority>,
    certificates: Arc<Certificates>,
}

fn secured() -> Secured {
    let authority = Arc::new(Authority::generate(now_s()).unwrap());
    let making = authority.clone();
    let certificates = Certificates::new(Some(Arc::new(move |name| {
        name.ends_with(".gov")
            .then(|| making.fresh_leaf(&[name.to_owned()], now_s()).ok())
            .flatten()
    })));
    let ground = Arc::new(Ground::default());
    let server = ground.certified(certificates.clone(), Settings::default());
    server.put(ground.deploy_of(HOST, 1, &[("/index.html", b"secured")]));
    let free: SocketAddr = "127.0.0.1:0".parse().unwrap();
    let running = server
        .listen(
            Addresses {
                http: free,
                https: Some(free),
            },
            2,
        )
        .unwrap();
    Secured {
        server,
        running,
        authority,
        certificates,
    }
}

async fn shaken(
    secured: &Secured,
    name: &'static str,
    alpn: &[u8],
) -> std::io::Result<TlsStream<TcpStream>> {
    let connector = Trust::Pinned(secured.authority.digest())
        .connector(&[alpn])
        .unwrap();
    let stream = TcpStream::connect(secured.running.addresses().https.unwrap())
        .await
        .unwrap();
    connector.connect(name.try_into().unwrap(), stream).await
}

#[tokio::test]
async fn both_versions_of_http_are_spoken_under_an_own_authority() {
    let secured = secured();
    let stream = shaken(&secured, HOST, b"h2").await.unwrap();
    let (mut sender, connection) = http2::handshake(TokioExecutor::new(), TokioIo::new(stream))
        .await
        .unwrap();
    let connection = tokio::spawn(connection);
    for _ in 0..3 {
        let request = Request::get(format!("https://{HOST}/"))
            .body(Body::empty())
            .unwrap();
        let answer = sender.send_request(request).await.unwrap();
        assert_eq!(
            (answer.status().as_u16(), answer.version()),
            (200, http::Version::HTTP_2)
        );
    }
    drop(sender);
    connection.await.unwrap().unwrap();

    let stream = shaken(&secured, HOST, b"http/1.1").await.unwrap();
    let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await.unwrap();
    let connection = tokio::spawn(connection);
    let request = Request::get("/")
        .header("host", HOST)
        .body(Body::empty())
        .unwrap();
    assert_eq!(sender.send_request(request).await.unwrap().status(), 200);
    drop(sender);
    connection.await.unwrap().unwrap();

    for (name, alpn) in [
        ("elsewhere.example", &b"h2"[..]),
        (HOST, b"acme-tls/1"),
        (HOST, b"spdy/1"),
    ] {
        assert!(shaken(&secured, name, alpn).await.is_err(), "{name}");
    }
    tokio::task::spawn_blocking(|| secured.running.stop())
        .await
        .unwrap();
}

async fn asked(server: &Arc<Server>, host: &str, line: Line) -> Got {
    let request = Request::get("/a?b=c")
        .header("host", host)
        .body(())
        .unwrap();
    read(
        server
            .answer(&request.into_parts().0, Rest::none(), &line)
            .await,
    )
    .await
}

#[tokio::test]
async fn a_site_with_a_certificate_is_asked_for_by_https_alone() {
    let secured = secured();
    let plain = Line {
        http_port: 7480,
        https_port: Some(7443),
        ..LINE
    };
    let secure = Line {
        is_secure: true,
        ..plain
    };
    let got = asked(&secured.server, HOST, plain).await;
    assert_eq!(
        got.status, 404,
        "an own authority's certificate is nothing that browsers believe"
    );

    let leaf = secured
        .authority
        .fresh_leaf(&["*.finances.gov".to_owned()], now_s())
        .unwrap();
    let (chain, key) = pem(&leaf);
    let (names, _) = secured
        .certificates
        .take(chain.as_bytes(), key.as_bytes())
        .unwrap();
    assert_eq!(names, ["*.finances.gov"]);
    for (host, to) in [
        (HOST, "https://www.finances.gov/a?b=c"),
        (
            "www.finances.gov:7480",
            "https://www.finances.gov:7443/a?b=c",
        ),
        ("www.finances.gov:80", "https://www.finances.gov/a?b=c"),
    ] {
        let got = asked(&secured.server, host, plain).await;
        assert_eq!((got.status.as_u16(), got.header("location")), (301, to));
        assert_eq!(
            got.header("strict-transport-security"),
            "",
            "it means nothing without TLS"
        );
    }
    let got = asked(&secured.server, HOST, secure).await;
    assert_eq!(got.header("strict-transport-security"), "max-age=31536000");
    let (_, other) = pem(&secured
        .authority
        .fresh_leaf(&["x.gov".to_owned()], now_s())
        .unwrap());
    assert!(
        secured
            .certificates
            .take(chain.as_bytes(), other.as_bytes())
            .is_err(),
        "another's key"
    );
    tokio::task::spawn_blocking(|| secured.running.stop())
        .await
        .unwrap();
}

#[tokio::test]
async fn files_are_taken_once_they_are_whole() {
    let secured = secured();
    let folder = tempfile::tempdir().unwrap();
    let (chain, key) = folder_files(folder.path());
    let mut given = amana_sites::certificates::Given::new(folder.path().to_owned());
    let (chain_text, key_text) = pem(&secured
        .authority
        .fresh_leaf(&[HOST.to_owned()], now_s())
        .unwrap());
    std::fs::write(&chain, &chain_text[..100]).unwrap();
    given.take(&secured.certificates).unwrap();
    assert!(!secured.certificates.is_believed_for(HOST));
    std::fs::write(&key, key_text).unwrap();
    std::fs::write(&chain, chain_text).unwrap();
    given.take(&secured.certificates).unwrap();
    assert!(secured.certificates.is_believed_for(HOST));
    assert!(!secured.certificates.is_believed_for("finances.gov"));
    tokio::task::spawn_blocking(|| secured.running.stop())
        .await
        .unwrap();
}

fn folder_files(folder: &std::path::Path) -> (std::path::PathBuf, std::path::PathBuf) {
    (folder.join("finances.crt"), folder.join("finances.key"))
}
