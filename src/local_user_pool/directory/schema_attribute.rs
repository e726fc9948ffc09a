//! The form of an attribute of the schema: `SchemaAttributeType` of the Cognito API.

use serde::{Deserialize, Serialize};

/// A custom attribute, or what is asked of a standard one: `SchemaAttributeType` of the Cognito API.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Eq, Serialize)]
#[serde(default, deny_unknown_fields, rename_all = "PascalCase")]
pub(crate) struct SchemaAttribute {
    pub(crate) name: String,
    /// By default that of the standard attribute of this name, or `String`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) attribute_data_type: Option<DataType>,
    pub(super) developer_only_attribute: bool,
    pub(crate) required: bool,
    /// Whether a value can be changed; it can unless something is said.
    pub(crate) mutable: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) string_attribute_constraints: Option<StringConstraints>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) number_attribute_constraints: Option<NumberConstraints>,
}

#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq, Serialize)]
pub(crate) enum DataType {
    String,
    Number,
    DateTime,
    Boolean,
}

/// In characters, as texts.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Eq, Serialize)]
#[serde(default, deny_unknown_fields, rename_all = "PascalCase")]
pub(super) struct StringConstraints {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) min_length: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) max_length: Option<String>,
}

#[derive(Clone, Debug, Default, Deserialize, PartialEq, Eq, Serialize)]
#[serde(default, deny_unknown_fields, rename_all = "PascalCase")]
pub(super) struct NumberConstraints {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) min_value: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) max_value: Option<String>,
}
