//! An application's own settings, made anew: of the old ones only literals, and only those that mean the same here.

use super::{Random, Source, secret};
use crate::application::Application;
use crate::php::{Settings, Value, quoted, written};

/// Settings of WordPress that mean the same on another machine.
const TAKEN_OVER: [&str; 14] = [
    "WPLANG",
    "DB_CHARSET",
    "DB_COLLATE",
    "WP_POST_REVISIONS",
    "EMPTY_TRASH_DAYS",
    "AUTOSAVE_INTERVAL",
    "MEDIA_TRASH",
    "IMAGE_EDIT_OVERWRITE",
    "WP_DEFAULT_THEME",
    "CUSTOM_USER_TABLE",
    "CUSTOM_USER_META_TABLE",
    "WP_CRON_LOCK_TIMEOUT",
    "COOKIEHASH",
    "DO_NOT_UPGRADE_GLOBAL_TABLES",
];
/// Those that are made anew, or that say what holds here anyway.
const MADE_ANEW: [&str; 25] = [
    "DB_NAME",
    "DB_USER",
    "DB_PASSWORD",
    "DB_HOST",
    "AUTH_KEY",
    "SECURE_AUTH_KEY",
    "LOGGED_IN_KEY",
    "NONCE_KEY",
    "AUTH_SALT",
    "SECURE_AUTH_SALT",
    "LOGGED_IN_SALT",
    "NONCE_SALT",
    "WP_HOME",
    "WP_SITEURL",
    "ABSPATH",
    "WP_DEBUG",
    "WP_DEBUG_LOG",
    "WP_DEBUG_DISPLAY",
    "DISALLOW_FILE_EDIT",
    "DISALLOW_FILE_MODS",
    "DISABLE_WP_CRON",
    "WP_HTTP_BLOCK_EXTERNAL",
    "AUTOMATIC_UPDATER_DISABLED",
    "WP_MEMORY_LIMIT",
    "WP_MAX_MEMORY_LIMIT",
];
const SALTS: [&str; 8] = [
    "AUTH_KEY",
    "SECURE_AUTH_KEY",
    "LOGGED_IN_KEY",
    "NONCE_KEY",
    "AUTH_SALT",
    "SECURE_AUTH_SALT",
    "LOGGED_IN_SALT",
    "NONCE_SALT",
];

/// A settings file, and the names of old settings that aren't in it.
pub(super) struct Made {
    pub(super) text: String,
    pub(super) left: Vec<String>,
}

pub(super) fn wordpress(
    application: &Application,
    source: &Source<'_>,
    password: &str,
    random: Random<'_>,
) -> Made {
    let old = source.settings;
    let host = &application.host;
    let mut text =
        "<?php\n// Made by amana site import. The old settings stay in the backup.\n".to_owned();
    let mut define = |name: &str, value: &str| {
        text.push_str(&format!("define({}, {value});\n", quoted(name)));
    };
    define("DB_NAME", &quoted(&application.database()));
    define("DB_USER", &quoted(&application.database()));
    define("DB_PASSWORD", &quoted(password));
    let socket = application.database_socket.display();
    define("DB_HOST", &quoted(&format!("localhost:{socket}")));
    let mut left = Vec::new();
    for (name, value) in old.constants() {
        match value {
            Some(value) if TAKEN_OVER.contains(&name) => define(name, &written(value)),
            _ if MADE_ANEW.contains(&name) => {}
            _ => left.push(name.to_owned()),
        }
    }
    for (name, usual) in [("DB_CHARSET", "utf8mb4"), ("DB_COLLATE", "")] {
        if old.constant(name).is_none() {
            define(name, &quoted(usual));
        }
    }
    for salt in SALTS {
        define(salt, &quoted(&secret(random)));
    }
    define("WP_HOME", &quoted(&format!("https://{host}")));
    define("WP_SITEURL", &quoted(&format!("https://{host}")));
    define("WP_DEBUG", "false");
    define("DISALLOW_FILE_EDIT", "true");
    // A timer runs what is due: no visitor's request waits for it.
    define("DISABLE_WP_CRON", "true");
    if !application.updates_itself {
        define("DISALLOW_FILE_MODS", "true");
        define("AUTOMATIC_UPDATER_DISABLED", "true");
        define("WP_HTTP_BLOCK_EXTERNAL", "true");
    }
    text.push_str(&format!(
        "$table_prefix = {};\n",
        quoted(&application.prefix)
    ));
    text.push_str(
        "if (!defined('ABSPATH')) {\n    define('ABSPATH', __DIR__ . '/');\n}\nrequire_once ABSPATH . 'wp-settings.php';\n",
    );
    Made { text, left }
}

pub(super) fn joomla(
    application: &Application,
    old: &Settings,
    password: &str,
    secret: &str,
) -> String {
    let text = |text: &str| Value::Text(text.to_owned());
    let root = application.root();
    let place = |name: &str| Value::Text(root.join(name).display().to_string());
    let socket = application.database_socket.display();
    let anew = [
        ("dbtype", text("mysqli")),
        ("host", Value::Text(format!("localhost:{socket}"))),
        ("user", Value::Text(application.database())),
        ("password", text(password)),
        ("db", Value::Text(application.database())),
        ("secret", text(secret)),
        ("live_site", text("")),
        ("tmp_path", place("tmp")),
        ("log_path", place("administrator/logs")),
        ("debug", Value::Flag(false)),
        ("ftp_enable", Value::Flag(false)),
    ];
    let mut made = "<?php\n// Made by amana site import. The old settings stay in the backup.\nclass JConfig {\n".to_owned();
    let mut property = |name: &str, value: &Value| {
        made.push_str(&format!("\tpublic ${name} = {};\n", written(value)));
    };
    for (name, value) in &anew {
        property(name, value);
    }
    let is_anew = |name: &str| anew.iter().any(|(own, _)| *own == name);
    for (name, value) in old.variables().filter(|(name, _)| !is_anew(name)) {
        property(name, value);
    }
    made.push_str("}\n");
    made
}
