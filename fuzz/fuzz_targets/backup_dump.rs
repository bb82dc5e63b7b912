//! A dump of a database, and the rows in it.
#![no_main]

use amana_backups::sql::Visitor;
use libfuzzer_sys::fuzz_target;

struct Rows;

impl Visitor for Rows {
    fn wants(&mut self, _head: &str) -> bool {
        true
    }

    fn statement(&mut self, statement: &[u8]) {
        let _ = amana_backups::rows::inserted(statement);
    }
}

fuzz_target!(|bytes: &[u8]| {
    let _ = amana_backups::sql::read(&mut &*bytes, &mut Rows, &mut std::io::sink());
});
