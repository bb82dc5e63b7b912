//! The OpenAPI 3.1 document: written by hand, one file for each part of the pages, put together here.

use std::sync::LazyLock;

use serde_json::{Map, Value, json};

/// The parts, each with its own `paths` and `schemas`.
const PARTS: [&str; 7] = [
    include_str!("openapi/public.json"),
    include_str!("openapi/account.json"),
    include_str!("openapi/books.json"),
    include_str!("openapi/content.json"),
    include_str!("openapi/operators.json"),
    include_str!("openapi/school.json"),
    include_str!("openapi/sites.json"),
];

/// The whole document, as `/api/v1/openapi.json` serves it and `openapi.json` beside this crate keeps it.
#[must_use]
pub fn document() -> &'static Value {
    static DOCUMENT: LazyLock<Value> = LazyLock::new(compose);
    &DOCUMENT
}

fn compose() -> Value {
    let (mut paths, mut schemas) = (Map::new(), Map::new());
    for part in PARTS {
        let mut part: Value = serde_json::from_str(part).expect("a part compiled in is JSON");
        for (name, whole) in [("paths", &mut paths), ("schemas", &mut schemas)] {
            if let Some(Value::Object(own)) = part.get_mut(name).map(Value::take) {
                for (name, described) in own {
                    let before = whole.insert(name, described);
                    assert!(before.is_none(), "no two parts describe the same");
                }
            }
        }
    }
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Amana",
            "summary": "What the console shows, for programs",
            "version": "1",
            "license": { "name": "Apache-2.0 OR MIT", "identifier": "Apache-2.0 OR MIT" }
        },
        "paths": paths,
        "security": [{ "session": [] }],
        "components": {
            "schemas": schemas,
            "securitySchemes": {
                "session": {
                    "type": "apiKey",
                    "in": "cookie",
                    "name": "amana-session",
                    "description": "The session that signing in opens; behind TLS its name begins with __Host-."
                }
            }
        }
    })
}
