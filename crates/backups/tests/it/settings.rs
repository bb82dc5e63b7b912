//! Settings of PHP files, read as text.

use amana_backups::php::{Settings, Value, quoted, written};
use proptest::prelude::*;

#[test]
fn definitions_in_every_form_are_read() {
    let source = r##"<!-- not PHP: define('DB_NAME', 'html'); --><?php
        // define('DB_NAME', 'a comment');
        # define('DB_NAME', 'another') ?><?php
        /* define('DB_NAME', 'a third'); */
        define( 'DB_NAME' , 'o\'brien\\x\n' );
        DEFINE("DB_USER", "a\"b\$c\td");
        \define('DB_HOST', 'local' . 'host' . ':' . PORT);
        const PREFIX = 'p_';
        define('JOINED', PREFIX . "x");
        define('WP_DEBUG', false); define('WP_POST_REVISIONS', 7);
        define('COMPUTED', getenv('X')); define('MIXED', "a{$b}c");
        $text = <<<'END'
        define('DB_NAME', 'in a text');
        END;
        if ($x == 'y') { $table_prefix = 'w_'; }
        #[Attribute] define('LAST', 'l');"##;
    let settings = Settings::read(source.as_bytes());
    assert_eq!(settings.text("DB_NAME"), Some("o'brien\\x\\n"));
    assert_eq!(settings.text("DB_USER"), Some("a\"b$c\td"));
    assert_eq!(settings.text("DB_HOST"), None, "PORT isn't known");
    assert_eq!(settings.text("JOINED"), Some("p_x"));
    assert_eq!(settings.constant("WP_DEBUG"), Some(&Value::Flag(false)));
    let revisions = Value::Number("7".to_owned());
    assert_eq!(settings.constant("WP_POST_REVISIONS"), Some(&revisions));
    assert_eq!(settings.constant("COMPUTED"), None);
    assert_eq!(settings.constant("MIXED"), None);
    assert_eq!(settings.variable("table_prefix"), Some("w_"));
    assert_eq!(settings.variable("x"), None);
    assert_eq!(settings.text("LAST"), Some("l"));
    assert!(!settings.is_uncertain("DB_NAME") && settings.is_uncertain("DB_HOST"));
}

#[test]
fn two_values_of_one_name_are_uncertain() {
    let source = b"<?php if ($local) { define('DB_NAME', 'here'); } else { define('DB_NAME', 'there'); } define('A', 'a'); define('A', 'a');";
    let settings = Settings::read(source);
    assert_eq!(settings.text("DB_NAME"), Some("here"));
    assert!(
        settings.is_uncertain("DB_NAME")
            && !settings.is_uncertain("A")
            && !settings.is_uncertain("B")
    );
}

#[test]
fn joomlas_properties_are_read() {
    let source = b"<?php\nclass JConfig {\n\tpublic $db = 'j';\n\tpublic $dbprefix = 'abc_';\n\tpublic $debug = false;\n\tpublic $list = array('x');\n}\n";
    let settings = Settings::read(source);
    assert_eq!(
        (settings.variable("db"), settings.variable("dbprefix")),
        (Some("j"), Some("abc_"))
    );
    let known: Vec<&str> = settings.variables().map(|(name, _)| name).collect();
    assert_eq!(known, ["db", "dbprefix", "debug"]);
}

proptest! {
    #[test]
    fn what_is_written_is_read_again(text in "\\PC*") {
        let value = Value::Text(text.clone());
        let source = format!("<?php define({}, {});", quoted("NAME"), written(&value));
        let settings = Settings::read(source.as_bytes());
        prop_assert_eq!(settings.text("NAME"), Some(text.as_str()));
    }

    #[test]
    fn any_source_is_read_to_its_end(source in proptest::collection::vec(any::<u8>(), 0..400), php in "(<\\?php|'|\"|/\\*|<<<|\\$|define\\(|\\?>|,|\\)|;| |a|#|\n){0,60}") {
        let _ = Settings::read(&source);
        let _ = Settings::read(php.as_bytes());
    }
}
