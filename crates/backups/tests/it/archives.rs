//! Nothing of an archive lands outside its folder, and nothing of it is too much.

use std::fs;
use std::io::{Read as _, Write as _};
use std::path::Path;

use amana_backups::tar::{Kind, Members};
use amana_backups::unpack::{Bounds, Unpacked, unpack};
use amana_backups::{Error, Result};
use flate2::Compression;
use flate2::write::GzEncoder;
use proptest::prelude::*;
use tempfile::TempDir;

/// A member as ustar has it.
fn member(name: &str, kind: u8, link: &str, content: &[u8]) -> Vec<u8> {
    let mut header = [0_u8; 512];
    header[..name.len()].copy_from_slice(name.as_bytes());
    header[100..108].copy_from_slice(b"0000644\0");
    let size = format!("{:011o}\0", content.len());
    header[124..136].copy_from_slice(size.as_bytes());
    header[136..148].copy_from_slice(b"00000000000\0");
    header[156] = kind;
    header[157..157 + link.len()].copy_from_slice(link.as_bytes());
    header[257..263].copy_from_slice(b"ustar\0");
    header[263..265].copy_from_slice(b"00");
    header[148..156].copy_from_slice(b"        ");
    let sum: u32 = header.iter().map(|byte| u32::from(*byte)).sum();
    header[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
    let mut whole = header.to_vec();
    whole.extend_from_slice(content);
    whole.resize(whole.len().next_multiple_of(512), 0);
    whole
}

fn archive(members: &[Vec<u8>]) -> Vec<u8> {
    let mut whole = members.concat();
    whole.extend([0; 1024]);
    whole
}

fn unpacked(bytes: &[u8], bounds: Bounds) -> (TempDir, Result<Unpacked>) {
    let folder = tempfile::tempdir().expect("it is the test's own");
    let file = folder.path().join("backup.tar");
    fs::write(&file, bytes).expect("it is the test's own");
    let done = unpack(&file, &folder.path().join("in"), bounds, &mut |_, _| {});
    (folder, done)
}

fn text(folder: &TempDir, name: &str) -> String {
    fs::read_to_string(folder.path().join("in").join(name)).expect("it is the test's own")
}

#[test]
fn files_and_folders_stand_where_the_archive_has_them() {
    let long = format!("{}/x", "d".repeat(120));
    let packed = archive(&[
        member("./a/", b'5', "", b""),
        member("./a/b.txt", b'0', "", b"hello"),
        member("././@LongLink", b'L', "", format!("{long}\0").as_bytes()),
        member("cut", b'0', "", b"long"),
        member(
            "PaxHeaders/p",
            b'x',
            "",
            "22 path=\u{e9}t\u{e9}/pax.txt\n".as_bytes(),
        ),
        member("cut", b'0', "", b"pax"),
        member("a/same", b'1', "a/b.txt", b""),
    ]);
    let mut gzip = GzEncoder::new(Vec::new(), Compression::fast());
    gzip.write_all(&packed).unwrap();
    for bytes in [packed, gzip.finish().unwrap()] {
        let (folder, done) = unpacked(&bytes, Bounds::default());
        assert_eq!(done.unwrap().left_out, Vec::<String>::new());
        assert_eq!(text(&folder, "a/b.txt"), "hello");
        assert_eq!(text(&folder, &long), "long");
        assert_eq!(text(&folder, "\u{e9}t\u{e9}/pax.txt"), "pax");
        assert_eq!(text(&folder, "a/same"), "hello");
    }
}

#[test]
fn a_path_that_leads_out_ends_the_work() {
    for name in ["/etc/x", "../x", "a/../../x", "a/.."] {
        let (folder, done) = unpacked(&archive(&[member(name, b'0', "", b"x")]), Bounds::default());
        assert!(matches!(done, Err(Error::Member { .. })), "{name}");
        assert!(!folder.path().join("x").exists());
    }
    // What a link's name leads to, too.
    let (_folder, done) = unpacked(
        &archive(&[member("a", b'1', "../x", b"")]),
        Bounds::default(),
    );
    assert!(matches!(done, Err(Error::Member { .. })));
}

#[test]
fn nothing_is_written_through_a_link() {
    let outside = tempfile::tempdir().unwrap();
    let to = outside.path().to_str().unwrap();
    let packed = archive(&[
        member("here", b'2', to, b""),
        member("here/x", b'0', "", b"x"),
        member("pipe", b'6', "", b""),
        member("disk", b'4', "", b""),
    ]);
    let (folder, done) = unpacked(&packed, Bounds::default());
    let left = done.unwrap().left_out;
    assert_eq!(
        left,
        [format!("here → {to}"), "pipe".to_owned(), "disk".to_owned()]
    );
    assert_eq!(fs::read_dir(outside.path()).unwrap().count(), 0);
    assert!(
        folder
            .path()
            .join("in/here")
            .symlink_metadata()
            .unwrap()
            .is_dir()
    );
}

#[test]
fn a_folder_is_taken_without_its_links() {
    let from = tempfile::tempdir().unwrap();
    fs::create_dir(from.path().join("a")).unwrap();
    fs::write(from.path().join("a/b"), "b").unwrap();
    std::os::unix::fs::symlink("/etc/passwd", from.path().join("a/c")).unwrap();
    let into = from.path().with_extension("in");
    let done = unpack(from.path(), &into, Bounds::default(), &mut |_, _| {}).unwrap();
    assert_eq!((done.left_out, done.bytes), (vec!["a/c".to_owned()], 1));
    fs::remove_dir_all(into).unwrap();
}

#[test]
fn cpanels_packed_home_is_unpacked_within() {
    let home = archive(&[member("public_html/index.php", b'0', "", b"<?php")]);
    let packed = archive(&[
        member("cpmove-x/homedir.tar", b'0', "", &home),
        member("cpmove-x/mysql/x.sql", b'0', "", b"-- dump"),
    ]);
    let (folder, done) = unpacked(&packed, Bounds::default());
    done.unwrap();
    assert_eq!(
        text(&folder, "cpmove-x/homedir/public_html/index.php"),
        "<?php"
    );
    assert_eq!(text(&folder, "cpmove-x/mysql/x.sql"), "-- dump");
    let evil = archive(&[member("../../x", b'0', "", b"x")]);
    let (_folder, done) = unpacked(
        &archive(&[member("homedir.tar", b'0', "", &evil)]),
        Bounds::default(),
    );
    assert!(matches!(done, Err(Error::Member { .. })));
}

#[test]
fn a_bomb_ends_at_its_bound() {
    let bounds = Bounds {
        members: 3,
        bytes: 1 << 20,
    };
    let mut gzip = GzEncoder::new(Vec::new(), Compression::best());
    gzip.write_all(&archive(&[member("zeros", b'0', "", &vec![0; 64 << 20])]))
        .unwrap();
    let bytes = gzip.finish().unwrap();
    assert!(bytes.len() < 1 << 20);
    let (folder, done) = unpacked(&bytes, bounds);
    assert!(matches!(
        done,
        Err(Error::TooMuch {
            option: "--max-gib",
            ..
        })
    ));
    assert!(folder.path().join("in/zeros").metadata().unwrap().len() <= 1 << 20);
    let many: Vec<Vec<u8>> = (0..4)
        .map(|number| member(&number.to_string(), b'0', "", b""))
        .collect();
    let (_folder, done) = unpacked(&archive(&many), bounds);
    assert!(matches!(
        done,
        Err(Error::TooMuch {
            option: "--max-files",
            ..
        })
    ));
}

#[test]
fn what_is_damaged_or_cut_off_says_so() {
    let whole = archive(&[member("a", b'0', "", &[b'x'; 2000])]);
    for end in [100, 512, 1000, 2048, 2560] {
        let (_folder, done) = unpacked(&whole[..end], Bounds::default());
        let said = done.unwrap_err().to_string();
        assert!(said.contains("cut off"), "{end}: {said}");
    }
    let mut damaged = archive(&[member("a", b'0', "", b"x"), member("b", b'0', "", b"x")]);
    damaged[1024] ^= 1;
    let (_folder, done) = unpacked(&damaged, Bounds::default());
    assert!(done.unwrap_err().to_string().contains("checksum"));
    for (begin, says) in [
        (&b"PK\x03\x04"[..], "zip"),
        (b"\xfd7zXZ\0", "xz"),
        (b"hello, world", "tar"),
    ] {
        let mut bytes = begin.to_vec();
        bytes.resize(1024, b' ');
        let (_folder, done) = unpacked(&bytes, Bounds::default());
        assert!(done.unwrap_err().to_string().contains(says));
    }
}

#[test]
fn a_link_becomes_no_member_of_its_own_content() {
    // Some programs write the size of a hard link's file, and no content.
    let mut link = member("b", b'1', "a", b"");
    link[124..136].copy_from_slice(b"00000000005\0");
    link[148..156].copy_from_slice(b"        ");
    let sum: u32 = link[..512].iter().map(|byte| u32::from(*byte)).sum();
    link[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
    let packed = archive(&[
        member("a", b'0', "", b"hello"),
        link,
        member("c", b'0', "", b"c"),
    ]);
    let mut members = Members::new(&packed[..]);
    let mut seen = Vec::new();
    while let Some(member) = members.next_member().unwrap() {
        let mut content = String::new();
        members.read_to_string(&mut content).unwrap();
        seen.push((member.kind, content));
    }
    let expected = [
        (Kind::File, "hello"),
        (Kind::Link(b"a".to_vec()), ""),
        (Kind::File, "c"),
    ];
    assert_eq!(
        seen,
        expected.map(|(kind, content)| (kind, content.to_owned()))
    );
}

proptest! {
    /// Whatever an archive is made of, its reader ends, and nothing stands outside.
    #[test]
    fn any_archive_stays_within(
        members in proptest::collection::vec(("[a./]{1,12}", prop_oneof![Just(b'0'), Just(b'1'), Just(b'2'), Just(b'5')], "[a./]{0,9}"), 0..6),
        flipped in 0_usize..4096,
        cut in 0_usize..8192,
    ) {
        let members: Vec<Vec<u8>> = members.iter().map(|(name, kind, link)| member(name, *kind, link, b"x")).collect();
        let mut bytes = archive(&members);
        if let Some(byte) = bytes.get_mut(flipped) {
            *byte ^= 0x41;
        }
        bytes.truncate(cut.max(1));
        let (folder, _done) = unpacked(&bytes, Bounds::default());
        let mut names: Vec<String> = fs::read_dir(folder.path()).expect("it is the test's own").map(|entry| entry.expect("it is the test's own").file_name().into_string().expect("it is the test's own")).collect();
        names.sort();
        prop_assert_eq!(names, ["backup.tar", "in"]);
        prop_assert!(no_links(&folder.path().join("in")));
    }
}

fn no_links(folder: &Path) -> bool {
    fs::read_dir(folder)
        .expect("it is the test's own")
        .all(|entry| {
            let entry = entry.expect("it is the test's own");
            let kind = entry.file_type().expect("it is the test's own");
            !kind.is_symlink() && (!kind.is_dir() || no_links(&entry.path()))
        })
}

#[test]
fn numbers_that_no_archive_has_are_refused() {
    let mut binary = member("x", b'0', "", b"");
    binary[148..156].copy_from_slice(&[0xff; 8]);
    let huge = "29 size=18446744073709551615\n";
    let huge = archive(&[
        member("PaxHeaders/p", b'x', "", huge.as_bytes()),
        member("x", b'0', "", b"x"),
    ]);
    for wrong in [archive(&[binary]), huge] {
        let (_folder, done) = unpacked(&wrong, Bounds::default());
        done.unwrap_err();
    }
}

#[test]
fn folders_that_no_member_names_are_counted() {
    let deep = archive(&[member("a/b/c/d/x", b'0', "", b"")]);
    let bytes = 1 << 20;
    let (_folder, done) = unpacked(&deep, Bounds { members: 4, bytes });
    done.unwrap();
    let (_folder, done) = unpacked(&deep, Bounds { members: 3, bytes });
    assert!(done.unwrap_err().to_string().contains("--max-files"));
}
