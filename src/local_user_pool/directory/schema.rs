//! The attributes that users can have, and the constraints on their values.

use std::collections::BTreeMap;

use super::{
    schema_attribute::{DataType, NumberConstraints, SchemaAttribute, StringConstraints},
    standard_attributes::{STANDARD_ATTRIBUTES, is_standard, standard_attribute},
    user::{is_boolean, is_email, is_phone_number},
};

impl SchemaAttribute {
    /// Returns the name in an attribute list and in tokens: `custom:plan` for `plan`, `email` for `email`.
    pub(crate) fn full_name(&self) -> String {
        if is_standard(&self.name) || self.name.starts_with("custom:") {
            self.name.clone()
        } else {
            format!("custom:{}", self.name)
        }
    }

    /// Returns why the attribute is invalid, if it is.
    pub(crate) fn objection(&self) -> Option<&'static str> {
        let bare = self.name.strip_prefix("custom:").unwrap_or(&self.name);
        let standard = standard_attribute(&self.name);
        let has_name = standard.is_some() || (1..=20).contains(&bare.chars().count());
        if !has_name || bare.chars().any(|c| c.is_whitespace() || c.is_control()) {
            return Some("the name of a schema attribute must have 1 to 20 characters and no white space");
        }
        if self.required && standard.is_none() {
            return Some("Required custom attributes are not supported currently.");
        }
        if self.developer_only_attribute {
            return Some("DeveloperOnlyAttribute is not supported by the local user pool.");
        }
        if standard.is_some_and(|own| self.attribute_data_type.is_some_and(|given| own.data_type() != given)) {
            return Some("a standard attribute of the schema must have the AttributeDataType that Cognito defines");
        }
        let (texts, numbers) = (self.string_attribute_constraints.as_ref(), self.number_attribute_constraints.as_ref());
        if (texts.is_some() && self.whole().data_type() != DataType::String)
            || (numbers.is_some() && self.whole().data_type() != DataType::Number)
        {
            return Some("a schema attribute has constraints of another data type");
        }
        let bounds = texts.into_iter().flat_map(|own| [&own.min_length, &own.max_length]);
        let bounds = bounds.chain(numbers.into_iter().flat_map(|own| [&own.min_value, &own.max_value]));
        let mut bounds = bounds.flatten();
        bounds.any(|bound| bound.parse::<i64>().is_err()).then_some("a constraint of the schema is not a whole number")
    }

    fn data_type(&self) -> DataType {
        self.attribute_data_type.unwrap_or(DataType::String)
    }

    /// Returns the attribute with the defaults of Cognito, as `DescribeUserPool` shows it.
    fn whole(&self) -> Self {
        let standard = standard_attribute(&self.name);
        let attribute_data_type = standard.as_ref().map_or(self.data_type(), Self::data_type);
        let standard = standard.unwrap_or_default();
        let (texts, numbers) = (&self.string_attribute_constraints, &self.number_attribute_constraints);
        let string_attribute_constraints = (attribute_data_type == DataType::String).then(|| {
            let (own, base) =
                (texts.clone().unwrap_or_default(), standard.string_attribute_constraints.unwrap_or_default());
            StringConstraints {
                min_length: own.min_length.or(base.min_length),
                max_length: own.max_length.or(base.max_length),
            }
        });
        let number_attribute_constraints = (attribute_data_type == DataType::Number).then(|| {
            let (own, base) =
                (numbers.clone().unwrap_or_default(), standard.number_attribute_constraints.unwrap_or_default());
            NumberConstraints {
                min_value: own.min_value.or(base.min_value),
                max_value: own.max_value.or(base.max_value),
            }
        });
        Self {
            name: self.full_name(),
            attribute_data_type: Some(attribute_data_type),
            developer_only_attribute: self.developer_only_attribute,
            required: self.required || standard.required,
            mutable: Some(self.mutable.or(standard.mutable).unwrap_or(true)),
            string_attribute_constraints,
            number_attribute_constraints,
        }
    }

    /// Returns why the attribute cannot have this value. The attribute must include its defaults.
    fn value_objection(&self, value: &str) -> Option<&'static str> {
        let bound = |bound: Option<&String>| bound.and_then(|bound| bound.parse::<i64>().ok());
        let within = |size: i64, least: Option<i64>, most: Option<i64>| {
            least.is_none_or(|least| size >= least) && most.is_none_or(|most| size <= most)
        };
        let (texts, numbers) = (self.string_attribute_constraints.as_ref(), self.number_attribute_constraints.as_ref());
        match self.data_type() {
            DataType::String => {
                let length = i64::try_from(value.chars().count()).unwrap_or(i64::MAX);
                let bounds = texts.map(|own| (bound(own.min_length.as_ref()), bound(own.max_length.as_ref())));
                let (least, most) = bounds.unwrap_or_default();
                (!within(length, least, most)).then_some("String does not have the length that the schema requires.")
            }
            DataType::Number => {
                let bounds = numbers.map(|own| (bound(own.min_value.as_ref()), bound(own.max_value.as_ref())));
                let (least, most) = bounds.unwrap_or_default();
                let holds = value.parse().is_ok_and(|number| within(number, least, most));
                (!holds).then_some("Attribute value is not a number that the schema allows.")
            }
            DataType::Boolean => (!is_boolean(value)).then_some("Attribute value is not a boolean."),
            DataType::DateTime => {
                let is_date = value.parse::<u64>().is_ok();
                (!is_date).then_some("Attribute value is not a time in seconds since 1970.")
            }
        }
    }
}

/// Returns why an attribute cannot have this value, in Cognito's words.
pub(crate) fn attribute_objection(schema: &[SchemaAttribute], name: &str, value: &str) -> Option<String> {
    match name {
        "sub" => return Some("Cannot modify the non-mutable attribute sub".to_owned()),
        "email" if !is_email(value) => return Some("Invalid email address format.".to_owned()),
        "phone_number" if !is_phone_number(value) => return Some("Invalid phone number format.".to_owned()),
        _ => {}
    }
    let own = schema.iter().find(|attribute| attribute.full_name() == name);
    let reason = match own.map(SchemaAttribute::whole).or_else(|| standard_attribute(name)) {
        Some(attribute) => format!("{name}: {}", attribute.value_objection(value)?),
        None => format!("Type for attribute {{{name}}} could not be determined"),
    };
    Some(format!("Attributes did not conform to the schema: {reason}"))
}

/// Whether a user cannot replace the existing value of this attribute while setting a new password.
pub(crate) fn is_kept(schema: &[SchemaAttribute], name: &str) -> bool {
    schema.iter().any(|own| own.full_name() == name && (own.required || own.mutable == Some(false)))
}

/// Returns the required attributes that are missing. `sub` is never missing.
pub(crate) fn missing_attributes(schema: &[SchemaAttribute], attributes: &BTreeMap<String, String>) -> Vec<String> {
    let required = schema.iter().filter(|attribute| attribute.required).map(SchemaAttribute::full_name);
    required.filter(|name| name != "sub" && !attributes.contains_key(name)).collect()
}

/// Returns all attributes as `DescribeUserPool` lists them: the standard ones in Cognito's order, then the custom ones.
pub(crate) fn full_schema(schema: &[SchemaAttribute]) -> Vec<SchemaAttribute> {
    let standard = STANDARD_ATTRIBUTES.iter().filter_map(|name| {
        let own = schema.iter().find(|own| own.name == *name).map(SchemaAttribute::whole);
        own.or_else(|| standard_attribute(name))
    });
    let custom = schema.iter().filter(|own| !is_standard(&own.name)).map(SchemaAttribute::whole);
    standard.chain(custom).collect()
}

#[cfg(test)]
mod tests;
