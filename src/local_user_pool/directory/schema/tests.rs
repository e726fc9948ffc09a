use serde_json::json;

use super::*;

#[test]
fn attributes_are_standard_or_declared_and_have_their_form() {
    let schema: Vec<SchemaAttribute> = serde_json::from_value(json!([
        {"Name": "plan", "AttributeDataType": "String",
         "StringAttributeConstraints": {"MinLength": "1", "MaxLength": "3"}},
        {"Name": "age", "AttributeDataType": "Number", "NumberAttributeConstraints": {"MinValue": "18"}},
        {"Name": "paid", "AttributeDataType": "Boolean"},
        {"Name": "since", "AttributeDataType": "DateTime"},
        {"Name": "email", "Required": true},
    ]))
    .unwrap();
    let objection = |name, value| attribute_objection(&schema, name, value);
    for (name, value) in [
        ("email", "a@example.com"),
        ("phone_number", "+15551234567"),
        ("email_verified", "true"),
        ("email_verified", "True"),
        ("phone_number_verified", "FALSE"),
        ("custom:plan", "pro"),
        ("custom:age", "18"),
        ("custom:paid", "false"),
        ("custom:since", "1700000000"),
    ] {
        assert_eq!(objection(name, value), None, "{name}");
    }
    for (name, value, part) in [
        ("sub", "x", "non-mutable attribute sub"),
        ("email", "example.com", "email"),
        ("email", "@example.com", "email"),
        ("email", "a@example", "email"),
        ("email", "a b@example.com", "email"),
        ("email", "a@b@example.com", "email"),
        ("phone_number", "5551234567", "phone"),
        ("phone_number", "+1555x", "phone"),
        ("email_verified", "yes", "not a boolean"),
        ("updated_at", "today", "not a number"),
        ("updated_at", "-1", "not a number"),
        ("birthdate", "1990", "length"),
        ("custom:other", "x", "{custom:other} could not be determined"),
        ("custom:email", "x", "{custom:email} could not be determined"),
        ("plan", "x", "{plan} could not be determined"),
        ("custom:plan", "", "length"),
        ("custom:plan", "large", "length"),
        ("custom:age", "17", "number"),
        ("custom:age", "old", "number"),
        ("custom:paid", "1", "boolean"),
        ("custom:since", "yesterday", "time"),
    ] {
        assert!(objection(name, value).unwrap().contains(part), "{name} {value}");
    }
    assert_eq!(missing_attributes(&schema, &BTreeMap::new()), ["email"]);
}

#[test]
fn a_schema_is_rejected_that_no_value_can_meet() {
    let of = |name: &str, required| SchemaAttribute { name: name.to_owned(), required, ..SchemaAttribute::default() };
    for (name, required) in [("plan", false), ("custom:plan", false), ("email", true)] {
        assert_eq!(of(name, required).objection(), None, "{name}");
    }
    for (name, required) in [("plan", true), ("", false), ("a b", false), ("a-name-that-is-too-long", false)] {
        assert!(of(name, required).objection().is_some(), "{name}");
    }
    for attribute in [
        json!({"Name": "a", "StringAttributeConstraints": {"MinLength": "ten"}}),
        json!({"Name": "a", "AttributeDataType": "Number", "NumberAttributeConstraints": {"MaxValue": "nan"}}),
        json!({"Name": "a", "AttributeDataType": "Number", "StringAttributeConstraints": {"MinLength": "1"}}),
        json!({"Name": "a", "NumberAttributeConstraints": {"MinValue": "1"}}),
    ] {
        let attribute: SchemaAttribute = serde_json::from_value(attribute).unwrap();
        assert!(attribute.objection().is_some(), "{attribute:?}");
    }
}
