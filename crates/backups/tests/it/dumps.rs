//! Dumps, whole and not.

use std::fs;
use std::io::Write as _;

use amana_backups::dump::{Dump, read};
use amana_backups::rows::inserted;
use amana_backups::sql::{self, Visitor};
use amana_backups::unpack::Bounds;
use flate2::Compression;
use flate2::write::GzEncoder;
use proptest::prelude::*;

const DUMP: &str = "-- MariaDB dump 10.19  Distrib 10.11.14-MariaDB\n/*!40101 SET NAMES utf8mb4 */;\nCREATE DATABASE /*!32312 IF NOT EXISTS*/ `old`;\nUSE `old`;\n\
    SET @@GLOBAL.GTID_PURGED=/*!80000 '+'*/ 'x';\nDROP TABLE IF EXISTS `w_options`;\nCREATE TABLE `w_options` (\n  `option_id` int,\n  `option_name` varchar(191),\n  `option_value` longtext,\n  PRIMARY KEY (`option_id`)\n);\n\
    INSERT INTO `w_options` VALUES (1,'siteurl','https://a.example/wp'),(2,'home','it''s; -- \\'no\\' end'),(3,'other',NULL);\n\
    CREATE TABLE `w_users` (\n  `ID` int,\n  `user_login` varchar(60)\n);\nCREATE TABLE `w_usermeta` (\n  `umeta_id` int,\n  `user_id` int,\n  `meta_key` varchar(255),\n  `meta_value` longtext\n);\n\
    INSERT INTO `w_users` (`user_login`, `ID`) VALUES\n('editor', 1),\n('intruder', 9);\n\
    INSERT INTO `w_usermeta` VALUES (1,9,'w_capabilities','a:1:{s:13:\\\"administrator\\\";b:1;}'),(2,1,'w_capabilities','a:1:{s:6:\\\"editor\\\";b:1;}');\n\
    DELIMITER ;;\n/*!50003 CREATE*/ /*!50017 DEFINER=`root`@`localhost`*/ /*!50003 TRIGGER t BEFORE INSERT ON w_users FOR EACH ROW BEGIN SET @a = 1; END */;;\nDELIMITER ;\n\
    -- Dump completed on 2026-11-23\n";

fn looked_at(dump: &[u8]) -> (Result<Dump, String>, String) {
    let folder = tempfile::tempdir().expect("it is the test's own");
    let file = folder.path().join("x.sql");
    fs::write(&file, dump).expect("it is the test's own");
    let mut copy = Vec::new();
    let read = read(&file, "w_", Bounds::default(), &mut copy).map_err(|error| error.to_string());
    (read, String::from_utf8(copy).expect("it is the test's own"))
}

#[test]
fn a_dump_tells_its_tables_and_who_administers() {
    let mut packed = GzEncoder::new(Vec::new(), Compression::fast());
    packed.write_all(DUMP.as_bytes()).unwrap();
    for bytes in [DUMP.as_bytes(), &packed.finish().unwrap()] {
        let (dump, copy) = looked_at(bytes);
        let dump = dump.unwrap();
        assert_eq!(
            dump.tables.iter().collect::<Vec<_>>(),
            ["w_options", "w_usermeta", "w_users"]
        );
        assert_eq!(dump.options["siteurl"], "https://a.example/wp");
        assert_eq!(dump.options["home"], "it's; -- 'no' end");
        assert_eq!(dump.administrators.iter().collect::<Vec<_>>(), ["intruder"]);
        assert!(dump.has_definers);
        assert_eq!(dump.left_out.len(), 3, "{:?}", dump.left_out);
        assert!(
            !copy.contains("USE `old`")
                && !copy.contains("CREATE DATABASE")
                && !copy.contains("GTID")
        );
        assert!(
            copy.contains("DELIMITER ;;\n/*!50003 CREATE*/")
                && copy.ends_with("-- Dump completed on 2026-11-23\n")
        );
    }
}

#[test]
fn a_dump_is_no_longer_than_its_bound() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("x.sql");
    fs::write(&file, DUMP).unwrap();
    let within = |bytes| {
        let members = 1;
        read(&file, "w_", Bounds { members, bytes }, &mut Vec::new())
    };
    let length = DUMP.len() as u64;
    within(length).unwrap();
    let said = within(length - 1).unwrap_err().to_string();
    assert!(said.contains("--max-gib"), "{said}");
    let blanks = [vec![b' '; 17 << 20], DUMP.into()].concat();
    let said = looked_at(&blanks).0.unwrap_err();
    assert!(said.contains("blanks and comments"), "{said}");
}

#[test]
fn a_dump_that_is_cut_off_is_refused_wherever_it_was_cut() {
    let end = DUMP.find("-- Dump completed").unwrap();
    let first_table = DUMP.find("CREATE TABLE").unwrap();
    for cut in first_table + 20..end {
        if DUMP.is_char_boundary(cut) {
            let (dump, _) = looked_at(&DUMP.as_bytes()[..cut]);
            assert!(dump.unwrap_err().contains("make it again"), "cut at {cut}");
        }
    }
    let (dump, _) = looked_at(b"hello, world;\n");
    assert!(dump.unwrap_err().contains("is this a dump"));
    let mut packed = GzEncoder::new(Vec::new(), Compression::fast());
    packed.write_all(DUMP.as_bytes()).unwrap();
    let packed = packed.finish().unwrap();
    let (dump, _) = looked_at(&packed[..packed.len() - 20]);
    assert!(dump.unwrap_err().contains("to its end"));
}

#[test]
fn another_programs_dump_needs_no_last_line() {
    let dump = "-- phpMyAdmin SQL Dump\nSET SQL_MODE = \"NO_AUTO_VALUE_ON_ZERO\";\nCREATE TABLE `w_options` (\n  `option_id` int\n);\nCOMMIT;\n/*!40101 SET CHARACTER_SET_CLIENT=@OLD */;\n";
    let (read, copy) = looked_at(dump.as_bytes());
    assert_eq!(
        read.unwrap().made_by.as_deref(),
        Some("phpMyAdmin SQL Dump")
    );
    assert_eq!(copy, dump);
    let (read, _) = looked_at(&dump.as_bytes()[..dump.len() - 30]);
    assert!(read.unwrap_err().contains("cut off"));
}

#[test]
fn rows_are_read_with_their_escapes() {
    let statement =
        b"INSERT INTO `a` VALUES (1,_binary 'a\\'b\\\\\\n',NULL),\n(-2.5,\"c\"\"d\",'')";
    let (columns, rows) = inserted(statement);
    assert!(columns.is_empty());
    let text = |text: &str| Some(text.to_owned());
    assert_eq!(
        rows,
        [
            vec![text("1"), text("a'b\\\n"), None],
            vec![text("-2.5"), text("c\"d"), text("")]
        ]
    );
}

struct Everything(Vec<Vec<u8>>);

impl Visitor for Everything {
    fn wants(&mut self, _head: &str) -> bool {
        true
    }

    fn statement(&mut self, statement: &[u8]) {
        self.0.push(statement.to_vec());
    }
}

proptest! {
    /// The copy is the dump, but for what was left out, however the dump is read.
    #[test]
    fn what_stays_stays_as_it_is(parts in "(a|'|\"|`|;|\\\\| |\n|--|/\\*|!|\\*/|#|delimiter |DELIMITER \\$\\$\n|5){0,80}") {
        let mut copy = Vec::new();
        let shape = sql::read(&mut parts.as_bytes(), &mut Everything(Vec::new()), &mut copy).expect("it is the test's own");
        if shape.dropped.is_empty() {
            prop_assert_eq!(String::from_utf8(copy).expect("it is the test's own"), parts);
        }
    }

    #[test]
    fn any_statement_is_read_to_its_end(statement in "(INSERT INTO |VALUES|\\(|\\)|,|'|\"|`|\\\\|a|NULL| ){0,60}") {
        let _ = inserted(statement.as_bytes());
    }
}
