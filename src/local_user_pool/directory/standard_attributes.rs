//! The attributes that every user pool has. Sources: the example of `DescribeUserPool` in the Cognito API reference,
//! and OpenID Connect Core §5.1 ([behaviour §7.4](crate::docs::behaviour)).

use super::schema_attribute::{DataType, NumberConstraints, SchemaAttribute, StringConstraints};

/// The standard attributes in the order of `DescribeUserPool`. `identities` belongs to federated users.
pub(super) const STANDARD_ATTRIBUTES: [&str; 21] = [
    "sub",
    "name",
    "given_name",
    "family_name",
    "middle_name",
    "nickname",
    "preferred_username",
    "profile",
    "picture",
    "website",
    "email",
    "email_verified",
    "gender",
    "birthdate",
    "zoneinfo",
    "locale",
    "phone_number",
    "phone_number_verified",
    "address",
    "updated_at",
    "identities",
];

pub(super) fn is_standard(name: &str) -> bool {
    STANDARD_ATTRIBUTES.contains(&name)
}

/// Returns a standard attribute with its type and constraints.
pub(super) fn standard_attribute(name: &str) -> Option<SchemaAttribute> {
    if !is_standard(name) {
        return None;
    }
    let data_type = match name {
        "email_verified" | "phone_number_verified" => DataType::Boolean,
        "updated_at" => DataType::Number,
        _ => DataType::String,
    };
    let text = |bound: &str| Some(bound.to_owned());
    let (min_length, max_length) = match name {
        "sub" => (text("1"), text("2048")),
        "birthdate" => (text("10"), text("10")),
        "identities" => (None, None),
        _ => (text("0"), text("2048")),
    };
    let numbers = NumberConstraints { min_value: text("0"), max_value: None };
    Some(SchemaAttribute {
        name: name.to_owned(),
        attribute_data_type: Some(data_type),
        required: name == "sub",
        mutable: Some(name != "sub"),
        string_attribute_constraints: (data_type == DataType::String)
            .then_some(StringConstraints { min_length, max_length }),
        number_attribute_constraints: (data_type == DataType::Number).then_some(numbers),
        ..SchemaAttribute::default()
    })
}
