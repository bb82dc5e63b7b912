//! The list of an application's programs, which has one spelling.
#![no_main]

use amana_sites::code::CodeList;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    if let Ok(list) = CodeList::parse(text) {
        assert_eq!(list.text(), text);
        assert!(list.changes_since(&list).is_empty());
    }
});
