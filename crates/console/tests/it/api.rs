//! `/api/v1` answers as its document says, to the field.

use std::collections::BTreeSet;
use std::path::Path;

use amana_access::Role;
use amana_console::api::document;
use http::StatusCode;
use serde_json::{Map, Value, json};

use crate::account::signed_in;
use crate::house::House;

/// The contract: changed on purpose, in the same commit as the code. `AMANA_BLESS=1` writes it anew.
#[test]
fn the_document_is_the_golden_one() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("openapi.json");
    let now = format!("{:#}\n", document());
    if std::env::var_os("AMANA_BLESS").is_some() {
        std::fs::write(&path, &now).unwrap();
    }
    let golden = std::fs::read_to_string(&path).unwrap();
    assert!(
        golden == now,
        "openapi.json is not what /api/v1/openapi.json serves; AMANA_BLESS=1 writes it anew"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_answered_is_what_is_described() {
    let now_s = House::new().await.now_s();
    let houses = [
        House::new().await,
        House::witnessed(&[now_s, now_s]).await,
        House::witnessed(&[now_s - 1000]).await,
    ];
    let mut public = 0;
    for house in &houses {
        house.store.become_read_only("a test");
        for (path, get) in gets().filter(|(_, get)| get["security"] == json!([])) {
            compare(house, &path, &get, &[]).await;
            public += 1;
        }
    }
    assert!(public >= 2 * houses.len());
}

/// The same for who is signed in, of each role that may.
#[tokio::test(flavor = "multi_thread")]
async fn what_an_official_is_answered_is_what_is_described() {
    let mut own = 0;
    for role in [Role::FocalPoint, Role::Auditor, Role::Operator] {
        let house = House::furnished().await;
        let now_ms = house.store.now_ms();
        let writer = signed_in(&house.access, now_ms, Role::FocalPoint).await;
        let thread = house.thread(&writer).await.to_string();
        let cookie = signed_in(&house.access, now_ms, role).await;
        let cookie = [("cookie", cookie.as_str())];
        let uploads = house.ask("/api/v1/buckets/archive/uploads", &cookie).await;
        let uploads: Value = serde_json::from_slice(&uploads.body).unwrap();
        let upload = uploads["uploads"][0]["upload"].as_str().unwrap_or("none");
        house.store.become_read_only("a test");
        for (path, get) in gets().filter(|(_, get)| get["security"] != json!([])) {
            let path = path.replace("{upload}", upload);
            let path = path.replace("{thread}", &thread);
            own += u32::from(compare(&house, &path, &get, &cookie).await);
        }
    }
    assert!(own >= 10);
}

/// Each path that is read, with its parameters as the document gives them for an example.
fn gets() -> impl Iterator<Item = (String, Value)> {
    let paths = document()["paths"].as_object().unwrap();
    paths.iter().filter_map(|(path, verbs)| {
        let get = verbs.get("get")?;
        let (mut path, mut before) = (path.replace("{number}", "1"), '?');
        for parameter in get["parameters"].as_array().into_iter().flatten() {
            let name = parameter["name"].as_str()?;
            let Some(example) = parameter["example"].as_str() else {
                continue;
            };
            if parameter["in"] == "path" {
                path = path.replace(&format!("{{{name}}}"), example);
            } else {
                path = format!("{path}{before}{name}={example}");
                before = '&';
            }
        }
        Some((path, get.clone()))
    })
}

/// Compares an answer with its description; gives false for one that the role isn't given.
async fn compare(house: &House, path: &str, get: &Value, headers: &[(&str, &str)]) -> bool {
    let answer = house.ask(path, headers).await;
    if answer.status == StatusCode::FORBIDDEN {
        return false;
    }
    assert_eq!(answer.status, StatusCode::OK, "{path}: {}", answer.text());
    let schema = &get["responses"]["200"]["content"]["application/json"]["schema"];
    if schema.is_null() {
        return true;
    }
    let value: Value = serde_json::from_slice(&answer.body).unwrap();
    check(schema, &value).unwrap_or_else(|why| panic!("{path}: {why}\n{value:#}"));
    true
}

#[tokio::test(flavor = "multi_thread")]
async fn the_document_is_served() {
    let answer = House::new().await.ask("/api/v1/openapi.json", &[]).await;
    let served: Value = serde_json::from_slice(&answer.body).unwrap();
    assert_eq!(&served, document());
}

/// The little of JSON Schema that the document uses. Every field is described, and every described one is there.
fn check(schema: &Value, value: &Value) -> Result<(), String> {
    if let Some(name) = schema["$ref"].as_str() {
        let name = name.rsplit('/').next().unwrap_or_default();
        return check(&document()["components"]["schemas"][name], value);
    }
    if let Some(choices) = schema["oneOf"].as_array() {
        let fitting = choices.iter().filter(|choice| check(choice, value).is_ok());
        return match fitting.count() {
            1 => Ok(()),
            count => Err(format!("{value} fits {count} of {schema}")),
        };
    }
    if let Some(constant) = schema.get("const") {
        return fits(constant == value, value, schema);
    }
    let types: BTreeSet<_> = match &schema["type"] {
        Value::String(one) => [one.as_str()].into(),
        Value::Array(several) => several.iter().filter_map(Value::as_str).collect(),
        other => return Err(format!("a schema without a type: {other}")),
    };
    let own = match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(number) if number.is_u64() => "integer",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    };
    fits(types.contains(own), value, schema)?;
    for item in value.as_array().into_iter().flatten() {
        check(&schema["items"], item)?;
    }
    let Some(fields) = value.as_object() else {
        return Ok(());
    };
    let none = Map::new();
    let described = schema["properties"].as_object().unwrap_or(&none);
    for name in schema["required"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
    {
        fits(fields.contains_key(name), value, schema)?;
    }
    for (name, field) in fields {
        let any = schema.get("additionalProperties");
        let schema = described
            .get(name)
            .or(any)
            .ok_or(format!("{name} is not described"))?;
        check(schema, field).map_err(|why| format!("{name}: {why}"))?;
    }
    Ok(())
}

fn fits(holds: bool, value: &Value, schema: &Value) -> Result<(), String> {
    holds
        .then_some(())
        .ok_or_else(|| format!("{value} is not {schema}"))
}
