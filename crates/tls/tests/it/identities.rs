use std::path::PathBuf;
use std::sync::Arc;

use amana_tls::{Acceptor, Authority, Certificate, Error, Identity, LEAF_LIFE_S, Name};

use crate::handshakes::{amana_pem, key_pem};
use crate::servers::{Clock, GREETING, Pinned, greet, hear, now_s};

/// A leaf of `signed_by`, in two files.
fn files(at: &Pinned, signed_by: &Authority) -> (PathBuf, PathBuf) {
    let now_s = now_s();
    let leaf = signed_by.leaf(&["127.0.0.1".to_owned()], now_s - 60, now_s + 3600);
    let leaf = leaf.expect("a leaf");
    let folder = at.folder.path();
    let (certificate, key) = (folder.join("chain.pem"), folder.join("key.pem"));
    let chain: String = leaf.chain.iter().map(|one| amana_pem(one)).collect();
    std::fs::write(&certificate, chain).expect("written");
    std::fs::write(&key, key_pem(&leaf.key)).expect("written");
    (certificate, key)
}

#[tokio::test]
async fn given_files_are_read_again_when_they_change() {
    let (first, second) = (Pinned::new(), Pinned::new());
    let (certificate, key) = files(&first, &first.authority);
    let clock = Clock::at(now_s());
    let given = Identity::given(certificate, key, clock.reader()).expect("usable");
    assert_eq!(given.authority(), None);
    let url = format!("https://{}", greet(Acceptor::tls(Arc::new(given))).await);
    assert_eq!(hear(&url, first.file()).await.as_deref(), Ok(&GREETING[..]));
    files(&first, &second.authority);
    clock.set(now_s() + 5);
    assert_eq!(
        hear(&url, second.file()).await.as_deref(),
        Ok(&GREETING[..])
    );
    assert!(hear(&url, first.file()).await.is_err());
}

#[tokio::test]
async fn half_a_change_is_not_taken() {
    let (first, second) = (Pinned::new(), Pinned::new());
    let (certificate, key) = files(&first, &first.authority);
    let old_key = std::fs::read(&key).expect("read");
    let clock = Clock::at(now_s());
    let given = Identity::given(certificate, key.clone(), clock.reader()).expect("usable");
    let url = format!("https://{}", greet(Acceptor::tls(Arc::new(given))).await);
    // The new certificate is there, its key not yet.
    files(&first, &second.authority);
    let new_key = std::fs::read(&key).expect("read");
    std::fs::write(&key, old_key).expect("written");
    clock.set(now_s() + 5);
    assert_eq!(hear(&url, first.file()).await.as_deref(), Ok(&GREETING[..]));
    std::fs::write(&key, new_key).expect("written");
    clock.set(now_s() + 10);
    assert_eq!(
        hear(&url, second.file()).await.as_deref(),
        Ok(&GREETING[..])
    );
}

#[test]
fn a_key_of_another_certificate_is_refused_by_name() {
    let (first, second) = (Pinned::new(), Pinned::new());
    let (certificate, _) = files(&first, &first.authority);
    let (_, key) = files(&second, &second.authority);
    let clock = Clock::at(now_s());
    let refused = Identity::given(certificate.clone(), key, clock.reader()).err();
    assert!(
        matches!(refused, Some(Error::OtherKey { .. })),
        "{refused:?}"
    );
    let refused = Identity::given(certificate.clone(), certificate, clock.reader()).err();
    assert!(matches!(refused, Some(Error::NotPem { .. })), "{refused:?}");
    let missing = Identity::given("/nowhere".into(), "/nowhere".into(), clock.reader()).err();
    assert!(matches!(missing, Some(Error::File { .. })), "{missing:?}");
}

#[test]
fn a_leaf_says_until_when_and_for_whom() {
    let pinned = Pinned::new();
    let names = [
        "s3.centre.example",
        "*.s3.centre.example",
        "192.0.2.7",
        "2001:db8::7",
    ];
    let given: Vec<String> = names.iter().map(|&name| name.to_owned()).collect();
    let leaf = pinned
        .authority
        .leaf(&given, 1_800_000_000, 1_800_000_600)
        .expect("a leaf");
    let read = Certificate::parse(&leaf.chain[0]).expect("a certificate");
    assert_eq!((read.from_s, read.until_s), (1_800_000_000, 1_800_000_600));
    assert_eq!(
        read.names.iter().map(Name::to_string).collect::<Vec<_>>(),
        names
    );
    for cut in 0..leaf.chain[0].len() {
        assert_eq!(Certificate::parse(&leaf.chain[0][..cut]), None, "{cut}");
    }
    let wrong = pinned.authority.leaf(&["a b".to_owned()], 0, 1).err();
    assert!(matches!(wrong, Some(Error::Name { .. })), "{wrong:?}");
}

#[test]
fn an_own_leaf_is_for_a_week() {
    let pinned = Pinned::new();
    let now_s = now_s();
    let identity = pinned.identity(&["127.0.0.1"], &Clock::at(now_s));
    assert_eq!(identity.expires_s(), now_s + LEAF_LIFE_S);
    assert_eq!(identity.authority(), Some(pinned.authority.digest()));
}

#[test]
fn an_authority_is_kept_with_its_own_key() {
    let (one, other) = (Pinned::new().authority, Pinned::new().authority);
    assert_eq!(
        Authority::of_pem(&one.certificate_pem(), &one.key_pem())
            .map(|it| it.digest())
            .ok(),
        Some(one.digest())
    );
    assert!(Authority::of_pem(&one.certificate_pem(), &other.key_pem()).is_err());
    assert!(Authority::of_pem("", &one.key_pem()).is_err());
    assert!(Authority::of_pem(&one.certificate_pem(), "").is_err());
}

#[test]
fn a_digest_is_read_as_it_is_shown_and_as_openssl_shows_it() {
    let digest = Pinned::new().authority.digest();
    assert_eq!(digest.to_string().parse().ok(), Some(digest));
    let pairs: Vec<String> = digest
        .to_hex()
        .to_uppercase()
        .as_bytes()
        .chunks(2)
        .map(|pair| String::from_utf8_lossy(pair).into_owned())
        .collect();
    assert_eq!(pairs.join(":").parse().ok(), Some(digest));
    assert!("sha256:12".parse::<amana_tls::Digest>().is_err());
}
