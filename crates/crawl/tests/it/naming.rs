//! The inventory of a zone.

use std::net::SocketAddr;

use amana_crawl::dns::{Kind, Record, Said, answer, question};
use amana_crawl::zone::{Zone, inventory};
use proptest::prelude::*;
use tokio::net::UdpSocket;

/// The data of a record, as it goes over the wire.
fn data(kind: u16, name: &str) -> Option<Vec<u8>> {
    let named = |name: &str| {
        let labels = name.split('.').flat_map(|label| {
            [
                &[u8::try_from(label.len()).expect("short")],
                label.as_bytes(),
            ]
            .concat()
        });
        labels.chain([0]).collect::<Vec<u8>>()
    };
    match (name, kind) {
        ("gouv.example", 6) => Some(
            [
                named("ns1.gouv.example"),
                named("dns.gouv.example"),
                vec![0; 20],
            ]
            .concat(),
        ),
        ("gouv.example", 2) => Some(named("ns1.gouv.example")),
        ("gouv.example", 15) => Some([vec![0, 10], named("mail.gouv.example")].concat()),
        ("gouv.example", 16) => Some(b"\x08v=spf1 a\x03\"b\\".to_vec()),
        ("gouv.example", 257) => Some(b"\x00\x05issueca.example".to_vec()),
        ("www.gouv.example", 5) => Some(named("old.host.example")),
        ("mail.gouv.example", 1) => Some(vec![192, 0, 2, 7]),
        ("mail.gouv.example", 28) => {
            Some([vec![0x20, 1, 0x0d, 0xb8], vec![0; 11], vec![1]].concat())
        }
        _ => None,
    }
}

/// What that name server answers to a question.
fn reply(asked: &[u8]) -> Vec<u8> {
    let end = asked
        .iter()
        .skip(12)
        .position(|byte| *byte == 0)
        .expect("a name ends")
        + 13;
    let kind = u16::from_be_bytes([asked[end], asked[end + 1]]);
    let mut name = String::new();
    let mut at = 12;
    while asked[at] != 0 {
        let length = usize::from(asked[at]);
        name.push_str(&String::from_utf8_lossy(&asked[at + 1..=at + length]));
        name.push('.');
        at += 1 + length;
    }
    let found = data(kind, name.trim_end_matches('.'));
    let count = u8::from(found.is_some());
    let mut reply = [
        &asked[..2],
        &[0x81, 0x80, 0, 1, 0, count, 0, 0, 0, 0],
        &asked[12..end + 4],
    ]
    .concat();
    if let Some(found) = found {
        // The name as a pointer to the question's.
        reply.extend([0xc0, 12]);
        reply.extend(kind.to_be_bytes());
        reply.extend([0, 1, 0, 0, 0x0e, 0x10]);
        reply.extend(
            u16::try_from(found.len())
                .expect("it is short")
                .to_be_bytes(),
        );
        reply.extend(found);
    }
    reply
}

async fn name_server() -> SocketAddr {
    let socket = UdpSocket::bind("127.0.0.1:0")
        .await
        .expect("a port is free");
    let address = socket.local_addr().expect("it has an address");
    tokio::spawn(async move {
        let mut bytes = [0; 512];
        while let Ok((length, from)) = socket.recv_from(&mut bytes).await {
            socket
                .send_to(&reply(&bytes[..length]), from)
                .await
                .expect("it is sent");
        }
    });
    address
}

async fn found() -> Zone {
    let mut id = 0;
    let mut ids = || {
        id += 1;
        id
    };
    let zone = inventory(name_server().await, "www.gouv.example", &mut ids).await;
    zone.expect("the name server tells of it")
}

#[tokio::test]
async fn a_zone_is_found_above_its_site_and_written_as_zone_files_are() {
    let zone = found().await;
    assert_eq!(zone.name, "gouv.example");
    let file = zone.file();
    let lines: Vec<&str> = file.lines().skip(1).collect();
    let wanted = [
        "$ORIGIN gouv.example.",
        "@\t3600\tIN\tSOA\tns1.gouv.example. dns.gouv.example. 0 0 0 0 0",
        "@\t3600\tIN\tNS\tns1.gouv.example.",
        "@\t3600\tIN\tMX\t10 mail.gouv.example.",
        "@\t3600\tIN\tTXT\t\"v=spf1 a\" \"\\\"b\\\\\"",
        "@\t3600\tIN\tCAA\t0 issue \"ca.example\"",
        "mail\t3600\tIN\tA\t192.0.2.7",
        "mail\t3600\tIN\tAAAA\t2001:db8::1",
        "www\t3600\tIN\tCNAME\told.host.example.",
    ];
    assert_eq!(lines, wanted);
}

#[tokio::test]
async fn the_checklists_name_what_changes_and_what_stays() {
    let (english, french) = found().await.checklists("www.gouv.example");
    for text in [&english, &french] {
        assert!(
            text.contains("www.gouv.example CNAME old.host.example.")
                && text.contains("gouv.example MX 10 mail.gouv.example.")
        );
        assert!(!text.contains('{'), "{text}");
    }
    assert!(english.contains("## Roll-back") && french.contains("## Retour arrière"));
}

#[test]
fn what_is_no_answer_is_refused() {
    let asked = question(7, "www.gouv.example", Kind::Cname).expect("it is a name");
    let good = reply(&asked);
    let record = Record {
        name: "www.gouv.example".to_owned(),
        kind: Kind::Cname,
        data: "old.host.example.".to_owned(),
        ttl_s: 3600,
    };
    assert_eq!(answer(&good, 7), Some(Said::Records(vec![record])));
    assert_eq!(answer(&good, 8), None, "another question's");
    assert_eq!(answer(&asked, 7), None, "a question");
    for length in 0..good.len() {
        assert_eq!(answer(&good[..length], 7), None, "cut at {length}");
    }
    let mut truncated = good.clone();
    truncated[2] |= 0x02;
    assert_eq!(answer(&truncated, 7), Some(Said::Truncated));
    let at = good.len() - record_bytes();
    let mut circle = good;
    circle[at] = 0xc0;
    circle[at + 1] = u8::try_from(at).expect("it is short");
    assert_eq!(answer(&circle, 7), None, "a name that leads in circles");
    assert_eq!(question(1, "a..b", Kind::A), None);
}

/// Bytes from a record's name to the end of the reply above.
fn record_bytes() -> usize {
    12 + data(5, "www.gouv.example").expect("it is there").len()
}

proptest! {
    #[test]
    fn no_answer_is_too_broken(mut bytes in proptest::collection::vec(any::<u8>(), 12..200)) {
        bytes[..8].copy_from_slice(&[0, 1, 0x80, 0, 0, 1, 0, 9]);
        let _ = answer(&bytes, 1);
    }
}
