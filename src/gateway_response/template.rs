//! Body templates and header values of configured gateway responses.

use std::fmt;

use super::{RejectedRequest, variable::Variable};

/// A response template: text in which variables are replaced.
///
/// The template is not VTL: there are no directives, and a `$` that does not begin a variable is kept.
///
/// Values that a caller can choose are escaped for the content type of the template, so that they stay inside a JSON
/// string or the text of an element.
#[derive(Clone, Debug)]
pub(super) struct BodyTemplate {
    parts: Vec<Part>,
    escape: Escape,
}

#[derive(Clone, Copy, Debug)]
enum Escape {
    Json,
    Markup,
    None,
}

impl Escape {
    fn of(content_type: &str) -> Self {
        let media_type = content_type.split(';').next().unwrap_or_default().to_ascii_lowercase();
        if media_type.contains("html") || media_type.contains("xml") {
            Self::Markup
        } else if media_type.contains("json") || media_type.contains("script") {
            Self::Json
        } else {
            Self::None
        }
    }

    fn push(self, text: &str, into: &mut String) {
        for character in text.chars() {
            match (self, character) {
                (Self::Json, '"' | '\\') => into.extend(['\\', character]),
                (Self::Json, '\0'..='\x1f') => into.push_str(&format!("\\u{:04x}", u32::from(character))),
                (Self::Markup, '<' | '>' | '&' | '"' | '\'') => {
                    into.push_str(&format!("&#{};", u32::from(character)));
                }
                _ => into.push(character),
            }
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Part {
    Text(Box<str>),
    Variable(Variable),
}

impl BodyTemplate {
    pub(super) fn parse(content_type: &str, text: &str) -> Self {
        let mut parts = Vec::new();
        let mut plain = String::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once('$') {
            plain.push_str(before);
            let (name, end) = variable_name(after);
            match Variable::parse(name) {
                Some(variable) => {
                    parts.push(Part::Text(std::mem::take(&mut plain).into()));
                    parts.push(Part::Variable(variable));
                    rest = after.get(end..).unwrap_or_default();
                }
                None => {
                    plain.push('$');
                    rest = after;
                }
            }
        }
        plain.push_str(rest);
        parts.push(Part::Text(plain.into()));
        Self { parts, escape: Escape::of(content_type) }
    }

    pub(super) fn variables(&self) -> impl Iterator<Item = &Variable> {
        self.parts.iter().filter_map(|part| match part {
            Part::Text(_) => None,
            Part::Variable(variable) => Some(variable),
        })
    }

    pub(super) fn fill(&self, rejected: &RejectedRequest<'_>) -> String {
        let mut text = String::new();
        for part in &self.parts {
            match part {
                Part::Text(plain) => text.push_str(plain),
                Part::Variable(variable) if variable.is_sent() => {
                    self.escape.push(&variable.value(rejected), &mut text)
                }
                Part::Variable(variable) => text.push_str(&variable.value(rejected)),
            }
        }
        text
    }
}

/// Writes the template so that it can be parsed again, with every variable in braces.
impl fmt::Display for BodyTemplate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.parts.iter().try_for_each(|part| match part {
            Part::Text(text) => f.write_str(text),
            Part::Variable(variable) => write!(f, "${{{variable}}}"),
        })
    }
}

/// Returns the name at the start of a text, with or without braces, and the position after it.
fn variable_name(text: &str) -> (&str, usize) {
    if let Some((name, _)) = text.strip_prefix('{').and_then(|rest| rest.split_once('}')) {
        return (name, name.len() + 2);
    }
    let is_name = |character: char| character.is_ascii_alphanumeric() || matches!(character, '_' | '-' | '.');
    let end = text.find(|character| !is_name(character)).unwrap_or(text.len());
    // A full stop after a name ends a sentence.
    let name = text.get(..end).unwrap_or_default().trim_end_matches(['.', '-']);
    (name, name.len())
}

/// The value of a response parameter: a text, or a variable.
#[derive(Clone, Debug)]
pub(super) enum ResponseParameter {
    Text(Box<str>),
    Variable(Variable),
}

impl ResponseParameter {
    /// Parses `'text'` or the name of a variable.
    pub(super) fn parse(text: &str) -> Option<Self> {
        match text.strip_prefix('\'') {
            Some(rest) => rest.strip_suffix('\'').map(|text| Self::Text(text.into())),
            None => Variable::parse(text).map(Self::Variable),
        }
    }

    pub(super) fn variable(&self) -> Option<&Variable> {
        match self {
            Self::Text(_) => None,
            Self::Variable(variable) => Some(variable),
        }
    }

    pub(super) fn text(&self, rejected: &RejectedRequest<'_>) -> String {
        match self {
            Self::Text(text) => text.to_string(),
            Self::Variable(variable) => variable.value(rejected).into_owned(),
        }
    }
}

/// Writes the parameter so that it can be parsed again.
impl fmt::Display for ResponseParameter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(text) => write!(f, "'{text}'"),
            Self::Variable(variable) => variable.fmt(f),
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;

    fn parts(text: &str) -> Vec<String> {
        let show = |part: Part| match part {
            Part::Text(text) => text.into(),
            Part::Variable(variable) => format!("{variable:?}"),
        };
        BodyTemplate::parse("text/plain", text).parts.into_iter().map(show).filter(|text| !text.is_empty()).collect()
    }

    #[test]
    fn finds_variables_and_nothing_else() {
        let message = r#"Context("error.message")"#;
        for (text, expected) in [
            ("$context.error.message", &[message][..]),
            ("a $context.error.message.", &["a ", message, "."]),
            ("$context.error.message$context.error.message", &[message, message]),
            ("${context.error.message}s", &[message, "s"]),
            ("$stageVariables.a-b", &[r#"Stage("a-b")"#]),
            ("$method.request.header.Accept", &[r#"Header("Accept")"#]),
            ("$$context.error.message", &["$", message]),
            ("#set($a = 1)$a $input.path('$') $", &["#set($a = 1)$a $input.path('$') $"]),
            ("$context", &["$context"]),
            ("$context.", &["$context."]),
            ("${context.a", &["${context.a"]),
            ("", &[]),
        ] {
            assert_eq!(parts(text), expected, "{text}");
            let written = BodyTemplate::parse("text/plain", text).to_string();
            assert_eq!(parts(&written), expected, "{text} written out: {written}");
        }
    }

    #[test]
    fn escapes_for_the_kind_of_text() {
        for (content_type, expected) in [
            ("application/json", "\\\"\\\\<&'\\u000aü"),
            ("application/problem+JSON; charset=utf-8", "\\\"\\\\<&'\\u000aü"),
            ("text/html; profile=json", "&#34;\\&#60;&#38;&#39;\nü"),
            ("application/xml", "&#34;\\&#60;&#38;&#39;\nü"),
            ("text/plain", "\"\\<&'\nü"),
        ] {
            let mut escaped = String::new();
            Escape::of(content_type).push("\"\\<&'\nü", &mut escaped);
            assert_eq!(escaped, expected, "{content_type}");
        }
    }

    #[test]
    fn a_parameter_is_quoted_or_a_variable() {
        assert!(matches!(ResponseParameter::parse("'*'"), Some(ResponseParameter::Text(text)) if &*text == "*"));
        assert!(matches!(ResponseParameter::parse("''"), Some(ResponseParameter::Text(text)) if text.is_empty()));
        assert!(matches!(
            ResponseParameter::parse("context.requestId"),
            Some(ResponseParameter::Variable(Variable::Context(_)))
        ));
        for text in ["", "*", "'", "'*", "*'", "$context.requestId", "integration.response.header.x", "context."] {
            assert!(ResponseParameter::parse(text).is_none(), "{text}");
        }
        for text in ["'*'", "''", "context.requestId", "method.request.path.a-b", "stageVariables.c"] {
            assert_eq!(ResponseParameter::parse(text).unwrap().to_string(), text);
        }
    }
}
