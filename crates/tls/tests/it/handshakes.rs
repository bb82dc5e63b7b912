use std::io::ErrorKind;
use std::sync::Arc;

use amana_tls::{Acceptor, Identity, LEAF_LIFE_S, Trust};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

use crate::servers::{Clock, GREETING, Pinned, greet, hear, now_s};

#[tokio::test]
async fn a_pinned_authority_is_believed_by_file_and_by_digest() {
    let pinned = Pinned::new();
    let identity = pinned.identity(&["127.0.0.1", "localhost"], &Clock::at(now_s()));
    let at = greet(Acceptor::tls(identity)).await;
    for host in ["127.0.0.1", "localhost"] {
        let url = format!("https://{host}:{}", at.port());
        assert_eq!(
            hear(&url, pinned.file()).await.as_deref(),
            Ok(&GREETING[..])
        );
        assert_eq!(
            hear(&url, pinned.digest()).await.as_deref(),
            Ok(&GREETING[..])
        );
    }
}

#[tokio::test]
async fn another_authority_is_refused_in_words() {
    let (pinned, other) = (Pinned::new(), Pinned::new());
    let identity = pinned.identity(&["127.0.0.1"], &Clock::at(now_s()));
    let url = format!("https://{}", greet(Acceptor::tls(identity)).await);
    for trust in [other.file(), other.digest()] {
        let refused = hear(&url, trust).await.expect_err("another authority");
        assert!(refused.contains("isn't signed by"), "{refused}");
        assert!(refused.contains("amana authority show"), "{refused}");
    }
}

/// Who shows the pinned authority's certificate behind a leaf that it never signed has learnt nothing by it.
#[tokio::test]
async fn the_authoritys_certificate_alone_proves_nothing() {
    let (pinned, other) = (Pinned::new(), Pinned::new());
    let folder = &other.folder;
    let now_s = now_s();
    let leaf = other
        .authority
        .leaf(&["127.0.0.1".to_owned()], now_s - 60, now_s + 60)
        .expect("a leaf");
    let mut chain = amana_pem(&leaf.chain[0]);
    chain.push_str(&pinned.authority.certificate_pem());
    let (certificate, key) = (
        folder.path().join("chain.pem"),
        folder.path().join("key.pem"),
    );
    std::fs::write(&certificate, chain).expect("written");
    std::fs::write(&key, key_pem(&leaf.key)).expect("written");
    let identity = Identity::given(certificate, key, Clock::at(now_s).reader()).expect("usable");
    let url = format!("https://{}", greet(Acceptor::tls(Arc::new(identity))).await);
    let refused = hear(&url, pinned.digest())
        .await
        .expect_err("a stranger's leaf");
    assert!(refused.contains("isn't signed by"), "{refused}");
}

#[tokio::test]
async fn another_name_and_an_expired_leaf_are_refused_in_words() {
    let pinned = Pinned::new();
    let elsewhere = pinned.identity(&["elsewhere.example"], &Clock::at(now_s()));
    let url = format!("https://{}", greet(Acceptor::tls(elsewhere)).await);
    let refused = hear(&url, pinned.digest()).await.expect_err("another name");
    assert!(refused.contains("not for 127.0.0.1"), "{refused}");
    assert!(refused.contains("tls_names"), "{refused}");

    // A server whose clock stands in the past renews nothing.
    let clock = Clock::at(now_s() - 2 * LEAF_LIFE_S);
    let expired = pinned.identity(&["127.0.0.1"], &clock);
    let url = format!("https://{}", greet(Acceptor::tls(expired)).await);
    let refused = hear(&url, pinned.digest()).await.expect_err("expired");
    assert!(refused.contains("has expired"), "{refused}");
    clock.set(now_s());
    assert_eq!(
        hear(&url, pinned.digest()).await.as_deref(),
        Ok(&GREETING[..])
    );
}

#[tokio::test]
async fn whoever_speaks_http_to_a_port_of_tls_is_told_so() {
    let pinned = Pinned::new();
    let identity = pinned.identity(&["127.0.0.1"], &Clock::at(now_s()));
    let at = greet(Acceptor::tls(identity)).await;
    let mut stream = TcpStream::connect(at).await.expect("connected");
    stream
        .write_all(b"GET / HTTP/1.1\r\nhost: x\r\n\r\n")
        .await
        .expect("sent");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.expect("an answer");
    let (head, body) = answer.split_once("\r\n\r\n").expect("a head and a body");
    assert!(head.starts_with("HTTP/1.1 400 "), "{head}");
    assert!(body.contains("https://"), "{body}");
}

#[tokio::test]
async fn whoever_speaks_tls_to_a_plain_port_is_told_so() {
    let at = greet(Acceptor::plain()).await;
    let refused = hear(&format!("https://{at}"), Pinned::new().digest()).await;
    let refused = refused.expect_err("no TLS there");
    assert!(refused.contains("doesn't speak TLS"), "{refused}");
}

#[tokio::test(start_paused = true)]
async fn a_handshake_that_stands_still_ends() {
    let pinned = Pinned::new();
    let acceptor = Acceptor::tls(pinned.identity(&["127.0.0.1"], &Clock::at(now_s())));
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("its address");
    let _silent = TcpStream::connect(address).await.expect("connected");
    let (stream, _) = listener.accept().await.expect("accepted");
    let ended = acceptor.accept(stream).await;
    assert_eq!(
        ended.err().map(|error| error.kind()),
        Some(ErrorKind::TimedOut)
    );
}

#[test]
fn whom_the_system_believes_is_read_from_its_list() {
    let missing = Trust::File("/nowhere/ca.pem".into());
    let place = "https://centre.example".parse().expect("a URL");
    let refused = amana_tls::Connector::new(place, missing)
        .err()
        .expect("no file");
    assert_eq!(refused.to_string(), "/nowhere/ca.pem can't be read");
}

/// In the armour that the files have.
pub(crate) fn amana_pem(der: &[u8]) -> String {
    armoured("CERTIFICATE", der)
}

pub(crate) fn key_pem(key: &rustls_pki::PrivateKeyDer<'_>) -> String {
    armoured("PRIVATE KEY", key.secret_der())
}

use tokio_rustls::rustls::pki_types as rustls_pki;

fn armoured(label: &str, der: &[u8]) -> String {
    use base64::Engine as _;
    let digits = base64::engine::general_purpose::STANDARD.encode(der);
    format!("-----BEGIN {label}-----\n{digits}\n-----END {label}-----\n")
}
