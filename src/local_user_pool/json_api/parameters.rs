//! Parses the parameters of an API request, and rejects invalid ones with Cognito's errors.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::exception::Exception;
use crate::local_user_pool::text::{ANYTHING, ATTRIBUTE_NAME, TextRule, VALUE};

/// The items of one page, and the token for the next page.
pub(super) type Page = (Vec<Value>, Option<String>);

/// The members of a request.
pub(super) struct Parameters(Map<String, Value>);

impl TextRule {
    fn check<'a>(&self, name: &str, text: &'a str) -> Result<&'a str, Exception> {
        match self.objection(text) {
            Some(objection) => Err(invalid(name, &objection)),
            None => Ok(text),
        }
    }
}

impl Parameters {
    /// Parses the body of a request, a JSON object.
    pub(super) fn parse(body: &[u8]) -> Result<Self, Exception> {
        match serde_json::from_slice(body) {
            Ok(Value::Object(members)) if members.values().all(|value| is_shallow(value, MAX_DEPTH)) => {
                Ok(Self(members))
            }
            // An empty body means no parameters.
            _ if body.is_empty() => Ok(Self(Map::new())),
            _ => Err(Exception::new("SerializationException", "The request is not a JSON object.")),
        }
    }

    /// Returns a required string.
    pub(super) fn text(&self, name: &str, text: &TextRule) -> Result<&str, Exception> {
        self.optional_text(name, text)?.ok_or_else(|| missing(name))
    }

    pub(super) fn optional_text(&self, name: &str, text: &TextRule) -> Result<Option<&str>, Exception> {
        match self.member(name) {
            None => Ok(None),
            Some(Value::String(value)) => text.check(name, value).map(Some),
            Some(_) => Err(wrong_type(name, "a string")),
        }
    }

    pub(super) fn flag(&self, name: &str) -> Result<bool, Exception> {
        match self.member(name) {
            None => Ok(false),
            Some(Value::Bool(value)) => Ok(*value),
            Some(_) => Err(wrong_type(name, "a boolean")),
        }
    }

    pub(super) fn number(&self, name: &str) -> Result<Option<u64>, Exception> {
        match self.member(name) {
            None => Ok(None),
            Some(value) => value.as_u64().map(Some).ok_or_else(|| wrong_type(name, "a non-negative number")),
        }
    }

    /// Returns a map `{"NAME": "value", …}` of at most 64 entries.
    pub(super) fn map(&self, name: &str) -> Result<Answers<'_>, Exception> {
        let entries = match self.member(name) {
            None => return Ok(Answers(BTreeMap::new())),
            Some(Value::Object(entries)) if entries.len() <= 64 => entries,
            Some(_) => return Err(wrong_type(name, "a map of at most 64 strings")),
        };
        let entries = entries.iter().map(|(key, value)| Some((&**key, value.as_str()?)));
        entries.collect::<Option<_>>().map(Answers).ok_or_else(|| wrong_type(name, "a map of strings"))
    }

    /// Returns a list `[{"Name": …, "Value": …}, …]` of at most 64 entries.
    pub(super) fn attributes(&self, name: &str) -> Result<BTreeMap<String, String>, Exception> {
        let entries = match self.member(name) {
            None => return Ok(BTreeMap::new()),
            Some(Value::Array(entries)) if entries.len() <= 64 => entries,
            Some(_) => return Err(wrong_type(name, "a list of at most 64 attributes")),
        };
        let mut attributes = BTreeMap::new();
        for entry in entries {
            let own =
                entry.get("Name").and_then(Value::as_str).ok_or_else(|| missing(&format!("{name}.member.Name")))?;
            ATTRIBUTE_NAME.check(&format!("{name}.member.Name"), own)?;
            let value = match entry.get("Value") {
                None | Some(Value::Null) => "",
                Some(Value::String(value)) => VALUE.check(&format!("{name}.member.Value"), value)?,
                Some(_) => return Err(wrong_type(name, "a list of attributes with string values")),
            };
            attributes.insert(own.to_owned(), value.to_owned());
        }
        Ok(attributes)
    }

    /// Returns a list of at most 64 strings.
    pub(super) fn texts(&self, name: &str) -> Result<Option<Vec<&str>>, Exception> {
        match self.member(name) {
            None => Ok(None),
            Some(Value::Array(items)) if items.len() <= 64 => {
                let texts: Option<_> = items.iter().map(Value::as_str).collect();
                texts.map(Some).ok_or_else(|| wrong_type(name, "a list of strings"))
            }
            Some(_) => Err(wrong_type(name, "a list of at most 64 strings")),
        }
    }

    /// Returns the members with these names, and all other members except those in `without`.
    pub(super) fn split(&self, names: &[&str], without: &[&str]) -> (Map<String, Value>, Map<String, Value>) {
        let members = self.0.iter().filter(|(name, value)| !without.contains(&&***name) && !value.is_null());
        members.map(|(name, value)| (name.clone(), value.clone())).partition(|(name, _)| names.contains(&&**name))
    }

    /// Whether the request contains a member.
    pub(super) fn has(&self, name: &str) -> bool {
        self.member(name).is_some()
    }

    /// Whether a setting enables something.
    pub(super) fn asks_for(&self, name: &str) -> bool {
        self.member(name).is_some_and(asks)
    }

    /// Returns one page of a list sorted by name, each item as `shown` formats it, and the token for the next page.
    pub(super) fn page<T>(
        &self,
        limit: &str,
        items: impl Iterator<Item = T>,
        shown: impl FnMut(T) -> Value,
    ) -> Result<Page, Exception> {
        self.page_after(limit, self.optional_text("NextToken", &ANYTHING)?, items, shown)
    }

    /// Returns one page like `page`, with a pagination token that has another name.
    pub(super) fn page_after<T>(
        &self,
        limit: &str,
        token: Option<&str>,
        items: impl Iterator<Item = T>,
        shown: impl FnMut(T) -> Value,
    ) -> Result<Page, Exception> {
        let size = match self.number(limit)? {
            None | Some(0) => 60,
            Some(number @ 1..=60) => usize::try_from(number).unwrap_or(60),
            Some(_) => return Err(invalid(limit, "Member must have value less than or equal to 60")),
        };
        let first = match token.map(str::parse::<usize>) {
            None => 0,
            Some(Ok(first)) => first,
            Some(Err(_)) => return Err(Exception::invalid_parameter("Invalid pagination token.")),
        };
        let mut rest = items.skip(first);
        let page: Vec<Value> = rest.by_ref().take(size).map(shown).collect();
        let next = rest.next().map(|_| first.saturating_add(size).to_string());
        Ok((page, next))
    }

    fn member(&self, name: &str) -> Option<&Value> {
        self.0.get(name).filter(|value| !value.is_null())
    }
}

/// The strings of `AuthParameters` or `ChallengeResponses`.
pub(super) struct Answers<'a>(BTreeMap<&'a str, &'a str>);

impl<'a> Answers<'a> {
    pub(super) fn required(&self, name: &str, text: &TextRule) -> Result<&'a str, Exception> {
        let missing = || Exception::invalid_parameter(format!("Missing required parameter {name}"));
        self.optional(name, text)?.ok_or_else(missing)
    }

    pub(super) fn optional(&self, name: &str, text: &TextRule) -> Result<Option<&'a str>, Exception> {
        let value = self.0.get(name).copied().filter(|value| !value.is_empty());
        value.map(|value| text.check(name, value)).transpose()
    }

    /// Returns the entries whose names start with this prefix, without the prefix.
    pub(super) fn attributes(&self, start: &str) -> Result<BTreeMap<String, String>, Exception> {
        let attributes = self.0.iter().filter_map(|(name, value)| Some((name.strip_prefix(start)?, *value)));
        let checked = attributes.map(|(name, value)| {
            Ok((ATTRIBUTE_NAME.check("userAttributes", name)?.to_owned(), VALUE.check(name, value)?.to_owned()))
        });
        checked.collect()
    }
}

/// The maximum nesting depth of a request. Settings without effect are stored as they are, and must be readable again.
const MAX_DEPTH: usize = 16;

fn is_shallow(value: &Value, depth: usize) -> bool {
    let Some(depth) = depth.checked_sub(1) else { return false };
    match value {
        Value::Array(items) => items.iter().all(|item| is_shallow(item, depth)),
        Value::Object(members) => members.values().all(|member| is_shallow(member, depth)),
        _ => true,
    }
}

fn asks(value: &Value) -> bool {
    match value {
        Value::Null | Value::Bool(false) => false,
        Value::String(value) => !["OFF", "DISABLED", "INACTIVE", ""].iter().any(|off| value.eq_ignore_ascii_case(off)),
        // The other members matter only if the feature is enabled.
        Value::Object(members) => {
            let switch = members.get("Feature").or_else(|| members.get("EnableStatus"));
            switch.map_or_else(|| members.values().any(asks), asks)
        }
        Value::Array(items) => items.iter().any(asks),
        Value::Bool(true) | Value::Number(_) => true,
    }
}

fn missing(name: &str) -> Exception {
    let name = camel_case(name);
    let message = "failed to satisfy constraint: Member must not be null";
    Exception::invalid_parameter(format!("1 validation error detected: Value null at '{name}' {message}"))
}

fn invalid(name: &str, constraint: &str) -> Exception {
    let name = camel_case(name);
    let message = format!("1 validation error detected: Value at '{name}' failed to satisfy constraint: {constraint}");
    Exception::invalid_parameter(message)
}

fn wrong_type(name: &str, expected: &str) -> Exception {
    Exception::new("SerializationException", format!("{name} must be {expected}."))
}

/// Returns the name as AWS messages write it: camel case for members, unchanged for keys of maps.
fn camel_case(name: &str) -> String {
    if name.chars().all(|character| !character.is_ascii_lowercase()) {
        return name.to_owned();
    }
    let mut characters = name.chars();
    characters.next().map(|first| first.to_ascii_lowercase()).into_iter().chain(characters).collect()
}
