//! Sections in the JSON Schema.

use serde_json::{Value, json};
use steadfast::config::Config;

use super::reader;

fn schema() -> Value {
    serde_json::from_str(&reader().schema()).unwrap()
}

#[test]
fn the_schema_has_the_sections_that_are_registered_and_no_others() {
    let schema = schema();
    let properties = &schema["properties"];
    assert_eq!(
        properties["my_guard"],
        json!({"$ref": "#/$defs/my_guard", "description": "a guard of every kind"})
    );
    let list =
        json!({"type": "array", "items": {"$ref": "#/$defs/my_alerts"}, "description": "alerts"});
    assert_eq!(properties["my_alerts"], list);
    assert!(properties["endpoints"].is_object() && properties.get("alerts").is_none());
    let plain: Value = serde_json::from_str(&Config::schema()).unwrap();
    assert!(plain["properties"].get("my_guard").is_none());
    assert!(plain["$defs"].get("my_guard").is_none());
}

#[test]
fn tables_of_a_section_are_described_once_even_if_they_hold_themselves() {
    let schema = schema();
    let guard = &schema["$defs"]["my_guard"];
    assert_eq!(guard["required"], json!(["whole"]));
    assert_eq!(guard["properties"]["whole"]["maximum"], 10);
    let inner = &guard["properties"]["inner"];
    assert_eq!(inner["$ref"], "#/$defs/my_guard.inner-table");
    assert_eq!(
        guard["properties"]["tables"]["items"]["$ref"],
        inner["$ref"]
    );
    let table = &schema["$defs"]["my_guard.inner-table"];
    assert_eq!(table["properties"]["deeper"]["$ref"], inner["$ref"]);
}

#[test]
fn every_reference_of_the_schema_has_a_definition() {
    fn walk<'a>(value: &'a Value, found: &mut Vec<&'a str>) {
        match value {
            Value::Object(object) => {
                found.extend(object.get("$ref").and_then(Value::as_str));
                object.values().for_each(|value| walk(value, found));
            }
            Value::Array(list) => list.iter().for_each(|value| walk(value, found)),
            _ => {}
        }
    }
    let schema = schema();
    let mut found = Vec::new();
    walk(&schema, &mut found);
    assert!(found.len() > 10, "{found:?}");
    for reference in found {
        let name = reference.strip_prefix("#/$defs/").unwrap();
        assert!(schema["$defs"][name].is_object(), "{reference}");
    }
}
