//! An attribute of the schema: `SchemaAttributeType` of the Cognito API.

use serde::{Deserialize, Serialize};

/// A custom attribute, or the constraints of a standard attribute.
#[derive(Clone, Debug, Default, Deserialize, PartialEq, Eq, Serialize)]
#[serde(default, deny_unknown_fields, rename_all = "PascalCase")]
pub(crate) struct SchemaAttribute {
    pub(crate) name: String,
    /// Defaults to the type of the standard attribute with this name, or to `String`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) attribute_data_type: Option<DataType>,
    pub(super) developer_only_attribute: bool,
    pub(crate) required: bool,
    /// Whether the value can be changed; default true.
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

/// Lengths in characters, serialized as strings.
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
