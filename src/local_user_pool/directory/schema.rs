//! The attributes that users of a user pool can have, and what their values can be.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::user::{is_email, is_phone_number};

/// A custom attribute, or what is asked of a standard one: `SchemaAttributeType` of the Cognito API.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields, rename_all = "PascalCase")]
pub(crate) struct SchemaAttribute {
    pub(crate) name: String,
    pub(crate) attribute_data_type: DataType,
    pub(crate) required: bool,
    /// Whether a value can be changed; it can unless something is said.
    pub(crate) mutable: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    string_attribute_constraints: Option<StringConstraints>,
    #[serde(skip_serializing_if = "Option::is_none")]
    number_attribute_constraints: Option<NumberConstraints>,
}

#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq, Eq, Serialize)]
pub(crate) enum DataType {
    #[default]
    String,
    Number,
    DateTime,
    Boolean,
}

/// In characters, as texts.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields, rename_all = "PascalCase")]
struct StringConstraints {
    #[serde(skip_serializing_if = "Option::is_none")]
    min_length: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    max_length: Option<String>,
}

#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields, rename_all = "PascalCase")]
struct NumberConstraints {
    #[serde(skip_serializing_if = "Option::is_none")]
    min_value: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    max_value: Option<String>,
}

impl SchemaAttribute {
    /// The name in an attribute list and in tokens: `custom:plan` for `plan`, `email` for `email`.
    pub(crate) fn full_name(&self) -> String {
        if self.is_standard() || self.name.starts_with("custom:") {
            self.name.clone()
        } else {
            format!("custom:{}", self.name)
        }
    }

    /// What is wrong with it, if anything is.
    pub(crate) fn objection(&self) -> Option<&'static str> {
        let bare = self.name.strip_prefix("custom:").unwrap_or(&self.name);
        if !(1..=20).contains(&bare.chars().count()) || bare.chars().any(|c| c.is_whitespace() || c.is_control()) {
            return Some("the name of an attribute of the schema has 1 to 20 characters and no white space");
        }
        if self.required && !self.is_standard() {
            return Some("Required custom attributes are not supported currently.");
        }
        let (texts, numbers) = (self.string_attribute_constraints.as_ref(), self.number_attribute_constraints.as_ref());
        if (texts.is_some() && self.attribute_data_type != DataType::String)
            || (numbers.is_some() && self.attribute_data_type != DataType::Number)
        {
            return Some("an attribute of the schema has constraints of another type");
        }
        let bounds = texts.into_iter().flat_map(|own| [&own.min_length, &own.max_length]);
        let bounds = bounds.chain(numbers.into_iter().flat_map(|own| [&own.min_value, &own.max_value]));
        let mut bounds = bounds.flatten();
        bounds.any(|bound| bound.parse::<i64>().is_err()).then_some("a constraint of the schema is no whole number")
    }

    fn is_standard(&self) -> bool {
        STANDARD_ATTRIBUTES.contains(&&*self.name)
    }

    /// Why it cannot have this value.
    fn value_objection(&self, value: &str) -> Option<&'static str> {
        let bound = |bound: Option<&String>| bound.and_then(|bound| bound.parse::<i64>().ok());
        let within = |size: i64, least: Option<i64>, most: Option<i64>| {
            least.is_none_or(|least| size >= least) && most.is_none_or(|most| size <= most)
        };
        let (texts, numbers) = (self.string_attribute_constraints.as_ref(), self.number_attribute_constraints.as_ref());
        match self.attribute_data_type {
            DataType::String => {
                let length = i64::try_from(value.chars().count()).unwrap_or(i64::MAX);
                let bounds = texts.map(|own| (bound(own.min_length.as_ref()), bound(own.max_length.as_ref())));
                let (least, most) = bounds.unwrap_or_default();
                (!within(length, least, most)).then_some("String does not have the length that the schema asks for.")
            }
            DataType::Number => {
                let bounds = numbers.map(|own| (bound(own.min_value.as_ref()), bound(own.max_value.as_ref())));
                let (least, most) = bounds.unwrap_or_default();
                let holds = value.parse().is_ok_and(|number| within(number, least, most));
                (!holds).then_some("Attribute value is not a number that the schema allows.")
            }
            DataType::Boolean => (!["true", "false"].contains(&value)).then_some("Attribute value is not a boolean."),
            DataType::DateTime => {
                let is_date = value.parse::<u64>().is_ok();
                (!is_date).then_some("Attribute value is not a time in seconds since 1970.")
            }
        }
    }
}

/// Why an attribute cannot have this value, in Cognito's words.
pub(crate) fn attribute_objection(schema: &[SchemaAttribute], name: &str, value: &str) -> Option<String> {
    let not_conforming = |reason: &str| format!("Attributes did not conform to the schema: {name}: {reason}");
    let own = schema.iter().find(|attribute| attribute.full_name() == name);
    match name {
        "sub" => return Some("Cannot modify the non-mutable attribute sub".to_owned()),
        "email" if !is_email(value) => return Some("Invalid email address format.".to_owned()),
        "phone_number" if !is_phone_number(value) => return Some("Invalid phone number format.".to_owned()),
        "updated_at" if value.parse::<i64>().is_err() => {
            return Some(not_conforming("Attribute value is not a number."));
        }
        "email_verified" | "phone_number_verified" if !["true", "false"].contains(&value) => {
            return Some(not_conforming("Attribute value is not a boolean."));
        }
        _ if own.is_none() && !STANDARD_ATTRIBUTES.contains(&name) => {
            let reason = format!("Type for attribute {{{name}}} could not be determined");
            return Some(format!("Attributes did not conform to the schema: {reason}"));
        }
        _ => {}
    }
    own.and_then(|own| own.value_objection(value)).map(not_conforming)
}

/// Whether a user who has this attribute keeps it when another value is given with a new password.
pub(crate) fn is_kept(schema: &[SchemaAttribute], name: &str) -> bool {
    schema.iter().any(|own| own.full_name() == name && (own.required || own.mutable == Some(false)))
}

/// The attributes that have to be there and are not.
pub(crate) fn missing_attributes(schema: &[SchemaAttribute], attributes: &BTreeMap<String, String>) -> Vec<String> {
    let required = schema.iter().filter(|attribute| attribute.required).map(SchemaAttribute::full_name);
    required.filter(|name| !attributes.contains_key(name)).collect()
}

/// Every attribute as `DescribeUserPool` lists them: `sub`, the standard ones, the custom ones.
pub(crate) fn full_schema(schema: &[SchemaAttribute]) -> Vec<SchemaAttribute> {
    let standard = ["sub"].into_iter().chain(STANDARD_ATTRIBUTES).map(|name| {
        let own = schema.iter().find(|own| own.name == name).cloned();
        let data_type = match name {
            "email_verified" | "phone_number_verified" => DataType::Boolean,
            "updated_at" => DataType::Number,
            _ => DataType::String,
        };
        own.unwrap_or_else(|| SchemaAttribute {
            name: name.to_owned(),
            attribute_data_type: data_type,
            required: name == "sub",
            mutable: Some(name != "sub"),
            ..SchemaAttribute::default()
        })
    });
    let custom = schema.iter().filter(|own| !own.is_standard());
    standard.chain(custom.map(|own| SchemaAttribute { name: own.full_name(), ..own.clone() })).collect()
}

/// Cognito, "Working with user attributes": OpenID Connect Core §5.1 without `sub`, and the identities of a user who
/// signs in elsewhere.
const STANDARD_ATTRIBUTES: [&str; 20] = [
    "address",
    "birthdate",
    "email",
    "email_verified",
    "family_name",
    "gender",
    "given_name",
    "identities",
    "locale",
    "middle_name",
    "name",
    "nickname",
    "phone_number",
    "phone_number_verified",
    "picture",
    "preferred_username",
    "profile",
    "updated_at",
    "website",
    "zoneinfo",
];

#[cfg(test)]
mod tests {
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
    fn a_schema_is_refused_that_nobody_could_meet() {
        let of =
            |name: &str, required| SchemaAttribute { name: name.to_owned(), required, ..SchemaAttribute::default() };
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
}
