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

/// What a path's description has besides its operations isn't looked at.
const METHODS: [&str; 4] = ["get", "put", "post", "delete"];

/// What every operation may answer beside what its part says: programs that were made from the document meet no answer that it
/// doesn't have.
fn refusals(operation: &mut Map<String, Value>) {
    let brings = ["parameters", "requestBody"];
    let brings = brings.iter().any(|name| operation.contains_key(*name));
    let Some(answers) = operation
        .get_mut("responses")
        .and_then(Value::as_object_mut)
    else {
        return;
    };
    let mut add = |status: &str, name: &str| {
        let named = json!({ "$ref": format!("#/components/responses/{name}") });
        answers.entry(status).or_insert(named);
    };
    if brings {
        add("400", "Malformed");
    }
    add("503", "Unable");
    add("default", "Refused");
}

fn refusal(description: &str) -> Value {
    let schema = json!({ "$ref": "#/components/schemas/Refusal" });
    let content = json!({ "application/json": { "schema": schema } });
    json!({ "description": description, "content": content })
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
    for described in paths.values_mut().filter_map(Value::as_object_mut) {
        let operations = described
            .iter_mut()
            .filter(|(name, _)| METHODS.contains(&name.as_str()));
        for operation in operations.filter_map(|(_, operation)| operation.as_object_mut()) {
            refusals(operation);
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
            "responses": {
                "Malformed": refusal("The call isn't as described, or a value in it isn't one that is taken."),
                "Unable": refusal("Nothing can be recorded or read for now: busy, read-only, full, or a store out of reach. Try again later."),
                "Refused": refusal("Any other refusal, or a failure, with its code.")
            },
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
