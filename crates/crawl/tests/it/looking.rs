//! Contents that no site publishes, however they are written and packed; and those that any site has.

use std::io::{Cursor, Write as _};

use amana_crawl::scan::{self, Found, Suspicion};
use flate2::Compression;
use flate2::write::{DeflateEncoder, GzEncoder};

use Suspicion::{Database, HiddenFrame, HiddenLinks, HiddenScript, Program, Secret, WebShell};

const KEY: &str =
    "-----BEGIN RSA PRIVATE KEY-----\nMIIEowIBAAKCAQEAvRkJmQxYq1mQbM3cC2mJ0F7o5m9kq1\n";

fn look(name: &str, content: &[u8]) -> Vec<Found> {
    let is_own = |host: &str| host == "own.example";
    scan::look(&mut Cursor::new(content), name, &is_own).expect("it is read")
}

/// What would be refused.
fn refused(name: &str, content: impl AsRef<[u8]>) -> Vec<Suspicion> {
    let mut sure: Vec<Suspicion> = look(name, content.as_ref())
        .into_iter()
        .filter(|found| found.is_sure)
        .map(|found| found.suspicion)
        .collect();
    sure.dedup();
    sure
}

fn gzip(content: &[u8]) -> Vec<u8> {
    let mut packer = GzEncoder::new(Vec::new(), Compression::fast());
    packer.write_all(content).expect("it is packed");
    packer.finish().expect("it is packed")
}

fn tar(files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut whole = Vec::new();
    for (name, content) in files {
        let mut head = [0; 512];
        head[..name.len()].copy_from_slice(name.as_bytes());
        let size = format!("{:011o}\0", content.len());
        head[124..136].copy_from_slice(size.as_bytes());
        head[156] = b'0';
        head[257..262].copy_from_slice(b"ustar");
        whole.extend(head);
        whole.extend(*content);
        whole.resize(whole.len().next_multiple_of(512), 0);
    }
    whole.resize(whole.len() + 1024, 0);
    whole
}

fn zip(files: &[(&str, &[u8])]) -> Vec<u8> {
    let (mut whole, mut list) = (Vec::new(), Vec::new());
    for (name, content) in files {
        let mut packer = DeflateEncoder::new(Vec::new(), Compression::fast());
        packer.write_all(content).expect("it is packed");
        let packed = packer.finish().expect("it is packed");
        let start = u32::try_from(whole.len()).expect("it is short");
        let sizes =
            [packed.len(), content.len()].map(|size| u32::try_from(size).expect("it is short"));
        let mut head = vec![20, 0, 0, 0, 8, 0, 0, 0, 0, 0, 0, 0, 0, 0];
        head.extend(sizes.iter().flat_map(|size| size.to_le_bytes()));
        head.extend([u8::try_from(name.len()).expect("it is short"), 0, 0, 0]);
        whole.extend(b"PK\x03\x04");
        whole.extend(&head);
        whole.extend(name.as_bytes());
        whole.extend(packed);
        list.extend(b"PK\x01\x02\x14\0");
        list.extend(&head);
        list.extend([0; 10]);
        list.extend(start.to_le_bytes());
        list.extend(name.as_bytes());
    }
    let (start, length) = (whole.len(), list.len());
    whole.extend(list);
    whole.extend(b"PK\x05\x06\0\0\0\0");
    let count = u8::try_from(files.len()).expect("they are few");
    whole.extend([count, 0, count, 0]);
    whole.extend(
        [length, start]
            .iter()
            .flat_map(|size| u32::try_from(*size).expect("it is short").to_le_bytes()),
    );
    whole.extend([0, 0]);
    whole
}

/// An element of ASN.1 in DER.
fn der(tag: u8, parts: &[&[u8]]) -> Vec<u8> {
    let value = parts.concat();
    let length = u16::try_from(value.len())
        .expect("it is short")
        .to_be_bytes();
    [&[tag, 0x82], &length[..], &value].concat()
}

#[test]
fn keys_are_known_in_every_dress() {
    let wide = |text: &str, mark: &[u8]| -> Vec<u8> {
        let units = text.encode_utf16().flat_map(u16::to_le_bytes);
        mark.iter().copied().chain(units).collect()
    };
    let putty = "PuTTY-User-Key-File-2: ssh-rsa\nEncryption: none\nPublic-Lines: 6\nAAAAB3NzaC1yc2EAAAABJQAAAQEAvRkJmQxYq1mQbM3cC2mJ0F7o5m9kq1\n";
    let oid: &[u8] = &[6, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 1];
    let numbers = [7; 128];
    let pkcs8 = der(
        0x30,
        &[
            &[2, 1, 0],
            &der(0x30, &[oid, &[5, 0]]),
            &der(4, &[&numbers]),
        ],
    );
    let pkcs1 = der(0x30, &[&[2, 1, 0], &der(2, &[&numbers]), &[2, 3, 1, 0, 1]]);
    let data: &[u8] = &[6, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 7, 1];
    let pkcs12 = der(
        0x30,
        &[&[2, 1, 3], &der(0x30, &[data, &der(0xa0, &[&numbers])])],
    );
    let mut late = vec![b' '; 5 << 20];
    late.extend(KEY.as_bytes());
    for (name, content) in [
        ("notes.txt", KEY.as_bytes().to_vec()),
        ("notes.html", KEY.as_bytes().to_vec()),
        ("account.json", KEY.replace('\n', "\\n").into_bytes()),
        ("wide.txt", wide(KEY, b"\xff\xfe")),
        ("unmarked.txt", wide(KEY, b"")),
        ("putty.txt", putty.as_bytes().to_vec()),
        ("late.txt", late),
        ("key.bin", pkcs8),
        ("old.bin", pkcs1),
        ("store", pkcs12),
        (
            "aws.txt",
            b"aws_access_key_id AKIAIOSFODNN7ABCDEFG\n".to_vec(),
        ),
        ("env.txt", b"APP=site\nDB_PASSWORD=hunter2\n".to_vec()),
    ] {
        assert_eq!(refused(name, content), [Secret], "{name}");
    }
}

#[test]
fn databases_are_known_in_every_dress() {
    let dump: &[u8] = b"CREATE TABLE `users` (id INT);\nINSERT INTO `users` VALUES (1);\n";
    for (name, content) in [
        ("data.txt", dump.to_vec()),
        (
            "export.gz",
            gzip(b"-- MySQL dump 10.13  Distrib 8.0\nCREATE TABLE x\n"),
        ),
        (
            "finances.tar.gz",
            gzip(&tar(&[("readme", b"x"), ("a/db.sql", b"x")])),
        ),
        ("finances.tar", tar(&[("readme", b"x"), ("data", dump)])),
        (
            "documents.zip",
            zip(&[("readme.txt", b"x"), ("a/data.txt", dump)]),
        ),
        (
            "twice.zip",
            zip(&[("inner.zip", &zip(&[("data.gz", &gzip(dump))]))]),
        ),
        ("cache", b"REDIS0009\xfa".to_vec()),
        ("access", b"\0\x01\0\0Standard ACE DB\0".to_vec()),
    ] {
        assert_eq!(refused(name, &content), [Database], "{name}");
    }
    // What is in an archive is told with its name.
    let found = look("x.zip", &zip(&[("a/data.txt", dump)]));
    assert_eq!(found[0].what, "a/data.txt: CREATE TABLE");
    assert_eq!(refused("x.zip", zip(&[("site/.env", b"")])), [Secret]);
    for name in [
        "prod.env",
        "web.config",
        "dump.rdb",
        "users.ibd",
        "x.accdb",
        "a.sql.zst",
    ] {
        assert!(scan::name(name).is_some(), "{name}");
    }
}

#[test]
fn programs_and_scripts_are_known_in_every_dress() {
    for (name, content, what) in [
        ("a.txt", "<?= `$_GET[c]` ?>", WebShell),
        ("b.html", "<p><? system($_POST['c']);", WebShell),
        ("c.txt", "<?php echo 1;", Program),
        ("d.html", "<?= $title ?>", Program),
        (
            "e.txt",
            "<?php @eval /* x */ (base64_decode('eA=='));",
            WebShell,
        ),
        ("f.html", "<% eval request(\"x\") %>", WebShell),
        (
            "g.html",
            "<script>eval (atob ('YQ=='))</script>",
            HiddenScript,
        ),
        ("h.js", "eval(/**/atob('YQ=='))", HiddenScript),
        ("i.js", "new Function(window . atob(x))()", HiddenScript),
        ("j.js", "eval(// x\natob(y))", HiddenScript),
        (
            "k.html",
            "<iframe src='https://bad.example/' width=0 height=0></iframe>",
            HiddenFrame,
        ),
        (
            "l.html",
            "<div style='position:absolute;left:-9999px'><a href='https://pills.example/'>x</a></div>",
            HiddenLinks,
        ),
        (
            "m.svg",
            "<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>",
            HiddenScript,
        ),
        ("n.svg", "<svg onload='alert(1)'/>", HiddenScript),
        (
            "page",
            "<!DOCTYPE html><a href='javascript:eval(unescape(1))'>x</a>",
            HiddenScript,
        ),
    ] {
        assert_eq!(refused(name, content), [what], "{name}");
    }
    // What may be as it should is told, and not refused.
    for (name, content) in [
        (
            "a.html",
            "<meta http-equiv=refresh content='0;url=https://else.example/'>",
        ),
        (
            "b.html",
            "<div style='display:none'><a href='https://else.example/'>x</a></div>",
        ),
        ("c.js", "eval(function(p,a,c,k,e,d){})"),
        (
            "d.html",
            "<script>document.write(unescape(\"%3Cscript src='\" + host + \"/ga.js'\"))</script>",
        ),
    ] {
        assert_eq!(refused(name, content), [], "{name}");
        assert!(!look(name, content.as_bytes()).is_empty(), "{name}");
    }
}

#[test]
fn what_any_site_has_is_no_alarm() {
    for (name, content) in [
        (
            "manual.html",
            "<p>An intruder writes <code>eval(atob(\u{2026}))</code>, or &lt;?php eval(base64_decode($_POST[1])).",
        ),
        (
            "manual.md",
            "```php\n<?php echo 1;\n```\nCREATE TABLE x\nINSERT INTO x\n",
        ),
        ("settings.html", "<pre>\nDB_PASSWORD=secret\n</pre>"),
        (
            "keys.html",
            "<p>The file begins with -----BEGIN PRIVATE KEY----- and goes on.",
        ),
        (
            "forge.js",
            "a=\"-----BEGIN PRIVATE KEY-----\\r\\n\",b=\"PuTTY-User-Key-File-2\";function filesManager(){}medieval(atob(1))",
        ),
        (
            "prism.js",
            "(e.languages.php={pattern:/<\\?(?:php|=)?/i},x=/<?=/)",
        ),
        (
            "signed.html",
            "<img src='https://s3.example/a?X-Amz-Credential=AKIAIOSFODNN7ABCDEFG%2F2026'>",
        ),
        ("aws.html", "<code>AKIAIOSFODNN7EXAMPLE</code>"),
        (
            "feed.xml",
            "<?xml version='1.0'?><?xml-stylesheet href='a.xsl'?><rss/>",
        ),
        ("word.html", "<html><?xml:namespace prefix = o /><p>x"),
        (
            "terms.txt",
            "name=value is how settings are written.\nTOKEN=a word\nMore words follow.\n",
        ),
        ("course.txt", "First, CREATE TABLE; then INSERT INTO it."),
        (
            "map.svg",
            "<svg xmlns='http://www.w3.org/2000/svg'><style>a{}</style><path d='M0'/></svg>",
        ),
        (
            "video.html",
            "<iframe src='https://video.example/' width=560 height=315 style='border:0'></iframe>",
        ),
        (
            "menu.html",
            "<div style='left:-1px'><a href='https://else.example/'>x</a></div><div style='left:-9999px'><a href='/own'>y</a></div>",
        ),
    ] {
        assert_eq!(
            refused(name, content),
            [],
            "{name}: {:?}",
            look(name, content.as_bytes())
        );
    }
    let certificate = der(
        0x30,
        &[&der(0x30, &[&[2, 1, 3], &[7; 64]]), &der(3, &[&[7; 64]])],
    );
    assert_eq!(refused("ca.crt", certificate), []);
    let office = zip(&[
        ("[Content_Types].xml", b"<Types/>"),
        ("word/document.xml", b"<w:document/>"),
    ]);
    assert_eq!(refused("report.docx", office), []);
    let plugin = zip(&[
        ("plugin/plugin.php", b"<?php echo 1;"),
        ("plugin/.htaccess", b"Deny from all"),
    ]);
    assert_eq!(refused("plugin.zip", plugin), []);
    let manual = gzip(b"* <?php is coloured now\n");
    assert_eq!(refused("changelog.gz", manual), []);
}

#[test]
fn what_is_broken_or_endless_ends() {
    let packed = gzip(&tar(&[("a", b"b")]));
    for cut in 0..packed.len() {
        look("a.tar.gz", &packed[..cut]);
    }
    let whole = zip(&[("a", b"b"), ("c", KEY.as_bytes())]);
    for at in 0..whole.len() {
        let mut bent = whole.clone();
        bent[at] ^= 0xff;
        look("a.zip", &bent);
    }
    // Archives in archives in archives end, and that is told.
    let mut deep = KEY.as_bytes().to_vec();
    for _ in 0..6 {
        deep = gzip(&deep);
    }
    let found = look("deep.gz", &deep);
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].suspicion, Suspicion::Unread);
}
