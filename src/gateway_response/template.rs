//! What a configuration says about the body and the headers of a gateway response.

use super::{Refusal, variable::Variable};

/// A response template: text with variables, which are replaced. It is not VTL: there are no
/// directives, and a `$` that begins no variable stands for itself.
#[derive(Clone, Debug)]
pub(super) struct Template(Vec<Part>);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Part {
    Text(Box<str>),
    Variable(Variable),
}

impl Template {
    pub(super) fn parse(text: &str) -> Self {
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
        Self(parts)
    }

    pub(super) fn variables(&self) -> impl Iterator<Item = &Variable> {
        self.0.iter().filter_map(|part| match part {
            Part::Text(_) => None,
            Part::Variable(variable) => Some(variable),
        })
    }

    pub(super) fn fill(&self, refusal: &Refusal<'_>) -> String {
        let mut text = String::new();
        for part in &self.0 {
            match part {
                Part::Text(plain) => text.push_str(plain),
                Part::Variable(variable) => text.push_str(&variable.value(refusal)),
            }
        }
        text
    }
}

/// The name at the start of a text, in braces or not, and where it ends.
fn variable_name(text: &str) -> (&str, usize) {
    if let Some((name, _)) = text.strip_prefix('{').and_then(|rest| rest.split_once('}')) {
        return (name, name.len() + 2);
    }
    let is_name = |character: char| character.is_ascii_alphanumeric() || matches!(character, '_' | '-' | '.');
    let end = text.find(|character| !is_name(character)).unwrap_or(text.len());
    // A full stop behind a name ends a sentence.
    let name = text.get(..end).unwrap_or_default().trim_end_matches(['.', '-']);
    (name, name.len())
}

/// The value of a response parameter: a text, or a variable.
#[derive(Clone, Debug)]
pub(super) enum Parameter {
    Text(Box<str>),
    Variable(Variable),
}

impl Parameter {
    /// Reads `'text'`, or the name of a variable.
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

    pub(super) fn text(&self, refusal: &Refusal<'_>) -> String {
        match self {
            Self::Text(text) => text.to_string(),
            Self::Variable(variable) => variable.value(refusal).into_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts(text: &str) -> Vec<String> {
        let show = |part: Part| match part {
            Part::Text(text) => text.into(),
            Part::Variable(variable) => format!("{variable:?}"),
        };
        Template::parse(text).0.into_iter().map(show).filter(|text| !text.is_empty()).collect()
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
        }
    }

    #[test]
    fn a_parameter_is_quoted_or_a_variable() {
        assert!(matches!(Parameter::parse("'*'"), Some(Parameter::Text(text)) if &*text == "*"));
        assert!(matches!(Parameter::parse("''"), Some(Parameter::Text(text)) if text.is_empty()));
        assert!(matches!(Parameter::parse("context.requestId"), Some(Parameter::Variable(Variable::Context(_)))));
        for text in ["", "*", "'", "'*", "*'", "$context.requestId", "integration.response.header.x", "context."] {
            assert!(Parameter::parse(text).is_none(), "{text}");
        }
    }
}
