//! The archive is what was fetched, and nothing that a cut left unfinished.

use std::fs;

use amana_crawl::fetch::Answer;
use amana_crawl::warc::Archive;

fn answer(status: u16, body: &[u8]) -> Answer {
    Answer {
        status,
        headers: vec![("content-type".to_owned(), "text/html".to_owned())],
        body: body.to_vec(),
    }
}

#[test]
fn what_was_added_is_there_after_a_cut_anywhere() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("archive.warc.gz");
    let date = "2026-11-23T00:00:00Z";
    let (mut archive, held) = Archive::open(&path, "amana", date).expect("it opens");
    assert!(held.is_empty());
    let answers = [
        answer(200, b"one\r\n\r\ntwo"),
        answer(301, b""),
        answer(404, b"no"),
    ];
    let mut ends = Vec::new();
    for (number, answer) in answers.iter().enumerate() {
        archive
            .add(
                &format!("http://x.example/{number}"),
                Some("GET / HTTP/1.1\r\nhost: x.example\r\n\r\n"),
                answer,
                date,
            )
            .expect("it is written");
        ends.push(fs::metadata(&path).expect("it is there").len());
    }
    archive.sync().expect("it is on the disk");
    let whole = fs::read(&path).expect("it is read");
    for cut in ends[0]..=whole.len() as u64 {
        let length = usize::try_from(cut).expect("a test's file");
        fs::write(&path, &whole[..length]).expect("it is cut");
        let (archive, held) = Archive::open(&path, "amana", date).expect("it opens again");
        let whole_ones = ends.iter().filter(|end| **end <= cut).count();
        assert_eq!(held.len(), whole_ones, "cut at {cut}");
        for (number, held) in held.iter().enumerate() {
            assert_eq!(held.url, format!("http://x.example/{number}"));
            assert_eq!(
                archive.read(held.place).expect("it is whole"),
                answers[number]
            );
        }
    }
}

#[test]
fn packed_bodies_are_unpacked_and_broken_ones_kept() {
    let mut packer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    std::io::Write::write_all(&mut packer, b"hello").expect("memory takes it");
    let packed = packer.finish().expect("memory takes it");
    let mut packed_answer = answer(200, &packed);
    packed_answer
        .headers
        .push(("content-encoding".to_owned(), "gzip".to_owned()));
    assert_eq!(packed_answer.content(), b"hello");
    packed_answer.body = b"not packed".to_vec();
    assert_eq!(packed_answer.content(), b"not packed");
}

/// What programs that read archives need of each record.
#[test]
fn each_answer_stands_behind_its_request() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("archive.warc.gz");
    let (mut archive, _) = Archive::open(&path, "amana", "2026-11-23T00:00:00Z").expect("it opens");
    let asked = Some("GET /a HTTP/1.1\r\nhost: x.example\r\n\r\n");
    for (url, asked, status) in [
        ("http://x.example/a", asked, 200),
        ("http://x.example/b", None, 299),
    ] {
        archive
            .add(url, asked, &answer(status, b"body"), "2026-11-23T00:00:01Z")
            .expect("it is written");
    }
    let mut text = String::new();
    let file = fs::File::open(&path).expect("it is there");
    let mut unpacker = flate2::read::MultiGzDecoder::new(file);
    std::io::Read::read_to_string(&mut unpacker, &mut text).expect("it is unpacked");
    let records: Vec<&str> = text.split("WARC/1.1\r\n").skip(1).collect();
    assert_eq!(records.len(), 4);
    assert!(
        records[1].starts_with("WARC-Type: request\r\n")
            && records[1].contains("\r\n\r\nGET /a HTTP/1.1\r\n")
    );
    let (_, id) = records[1]
        .split_once("WARC-Record-ID: ")
        .expect("it has a name");
    let id = id.lines().next().unwrap_or_default();
    assert!(records[2].contains(&format!("WARC-Concurrent-To: {id}\r\n")));
    // The blank behind the status stands where no reason does, too (RFC 9112 §4).
    assert!(records[2].contains("\r\n\r\nHTTP/1.1 200 OK\r\n"));
    assert!(records[3].contains("\r\n\r\nHTTP/1.1 299 \r\n") && !records[3].contains("Concurrent"));
}
