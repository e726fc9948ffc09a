//! Route keys: `GET /pets/{id}`, `ANY /admin/{proxy+}`, `$default`.

use std::fmt;

use crate::error_text::debug_as_display;
use crate::limits::{MAX_PATH_SEGMENTS, MAX_STAGE_BYTES};
use crate::text_value::{never_an_error, text_value};

/// A route key: a method and a path with variables, or `$default`.
///
/// The method is in capitals and supported by API Gateway, or `ANY`, which stands for all supported methods. A path variable,
/// `{name}`, is a whole segment. A variable in the last segment may be greedy, `{name+}`, and then matches one segment or more.
///
/// Two keys are equal if their texts are equal. `GET /{id}` and `GET /{name}` are different keys, but a table accepts only one
/// of them.
///
/// ```
/// use cognito_authorizer::{RouteKey, RouteTable};
///
/// let key: RouteKey = "GET /pets/{id}".parse()?;
/// assert_eq!(key.to_string(), "GET /pets/{id}");
/// assert!("GET pets".parse::<RouteKey>().is_err());
///
/// let routes = RouteTable::builder().scopes(key, ["pets/read"]).build()?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct RouteKey {
    text: Box<str>,
    pub(super) pattern: Pattern,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) enum Pattern {
    /// `$default`
    Default,
    Path {
        method: RouteMethod,
        segments: Vec<Segment>,
    },
}

impl Pattern {
    fn segments(&self) -> &[Segment] {
        match self {
            Self::Default => &[],
            Self::Path { segments, .. } => segments,
        }
    }

    pub(super) fn literals(&self) -> impl Iterator<Item = &str> {
        self.segments().iter().filter_map(|segment| match segment {
            Segment::Literal(text) => Some(&**text),
            Segment::Variable | Segment::Greedy => None,
        })
    }

    /// Returns the pattern with its literals in lower case.
    pub(super) fn in_lower_case(&self) -> Self {
        let lower = |segment: &Segment| match segment {
            Segment::Literal(text) => Segment::Literal(text.to_ascii_lowercase().into()),
            Segment::Variable | Segment::Greedy => segment.clone(),
        };
        match self {
            Self::Default => Self::Default,
            Self::Path { method, segments } => {
                Self::Path { method: method.clone(), segments: segments.iter().map(lower).collect() }
            }
        }
    }
}

/// The method of a route key.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) enum RouteMethod {
    Any,
    Exact(http::Method),
}

/// One segment of a route key. The variants are in order of precedence, most specific first.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Segment {
    Literal(Box<str>),
    Variable,
    Greedy,
}

impl std::str::FromStr for RouteKey {
    type Err = RouteKeyError;

    fn from_str(text: &str) -> Result<Self, RouteKeyError> {
        match parse(text) {
            Ok(pattern) => Ok(Self { text: text.into(), pattern }),
            Err(mistake) => Err(RouteKeyError { route_key: text.to_owned(), mistake }),
        }
    }
}

text_value!(RouteKey, RouteKeyError);

impl RouteKey {
    /// The text of the key.
    pub fn as_str(&self) -> &str {
        &self.text
    }
}

impl AsRef<str> for RouteKey {
    fn as_ref(&self) -> &str {
        self.as_str()
    }
}

impl PartialEq<str> for RouteKey {
    fn eq(&self, text: &str) -> bool {
        self.as_str() == text
    }
}

impl PartialEq<&str> for RouteKey {
    fn eq(&self, text: &&str) -> bool {
        self.as_str() == *text
    }
}

impl fmt::Display for RouteKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&self.text)
    }
}

impl fmt::Debug for RouteKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.text, f)
    }
}

/// The error for a text that is not a route key.
#[derive(Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{route_key}` is not a route key: {mistake}")]
pub struct RouteKeyError {
    route_key: String,
    mistake: Mistake,
}

debug_as_display!(RouteKeyError);

never_an_error!(RouteKeyError);

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
enum Mistake {
    #[error("expected `<METHOD> /<path>` or `$default`, such as `GET /pets/{{id}}`")]
    Form,
    #[error("`{0}` is not a method here: use ANY, DELETE, GET, HEAD, OPTIONS, PATCH, POST or PUT, in capitals")]
    Method(String),
    #[error("the path must not end with a slash")]
    TrailingSlash,
    #[error("the path has more than {MAX_PATH_SEGMENTS} segments")]
    TooLong,
    #[error("the path contains an empty segment")]
    EmptySegment,
    #[error("`{0}` changes the path as a segment: write the path without it")]
    DotSegment(String),
    #[error("a path variable must be a whole segment, `{{name}}` or `{{name+}}`: `{0}` is not")]
    Variable(String),
    #[error("a greedy variable matches the rest of the path: nothing can follow `{0}`")]
    AfterGreedy(String),
    #[error(
        "`{0}` contains a character that a route key cannot have; write a wildcard as a variable, `{{name}}`, \
         or at the end `{{proxy+}}`"
    )]
    Character(String),
}

fn parse(text: &str) -> Result<Pattern, Mistake> {
    if text == "$default" {
        return Ok(Pattern::Default);
    }
    let (method, path) = text.split_once(' ').ok_or(Mistake::Form)?;
    let path = path.strip_prefix('/').ok_or(Mistake::Form)?;
    let method = parse_method(method)?;
    if path.is_empty() {
        return Ok(Pattern::Path { method, segments: Vec::new() });
    }
    if path.ends_with('/') {
        return Err(Mistake::TrailingSlash);
    }
    let mut segments: Vec<Segment> = Vec::new();
    for segment in path.split('/') {
        // A longer request path is never looked up.
        if segments.len() >= MAX_PATH_SEGMENTS {
            return Err(Mistake::TooLong);
        }
        if segments.last() == Some(&Segment::Greedy) {
            return Err(Mistake::AfterGreedy(text.to_owned()));
        }
        segments.push(parse_segment(segment)?);
    }
    Ok(Pattern::Path { method, segments })
}

/// Parses the segments of a stage or base path, with or without slashes around it.
pub(super) fn parse_stage(text: &str) -> Option<Vec<Box<str>>> {
    if text.len() > MAX_STAGE_BYTES {
        return None;
    }
    let text = text.strip_prefix('/').unwrap_or(text);
    let text = text.strip_suffix('/').unwrap_or(text);
    let literal = |segment| match parse_segment(segment) {
        Ok(Segment::Literal(text)) => Some(text),
        Ok(Segment::Variable | Segment::Greedy) | Err(_) => None,
    };
    text.split('/').map(literal).collect()
}

fn parse_method(text: &str) -> Result<RouteMethod, Mistake> {
    if text == "ANY" {
        return Ok(RouteMethod::Any);
    }
    ANY.into_iter()
        .find(|method| method.as_str() == text)
        .map(RouteMethod::Exact)
        .ok_or_else(|| Mistake::Method(text.to_owned()))
}

fn parse_segment(text: &str) -> Result<Segment, Mistake> {
    if text.is_empty() {
        return Err(Mistake::EmptySegment);
    }
    if text.contains(['{', '}']) {
        let name = text.strip_prefix('{').and_then(|rest| rest.strip_suffix('}'));
        let (name, kind) = match name.map(|name| (name, name.strip_suffix('+'))) {
            Some((_, Some(greedy))) => (greedy, Segment::Greedy),
            Some((name, None)) => (name, Segment::Variable),
            None => return Err(Mistake::Variable(text.to_owned())),
        };
        let is_name_character = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.' | b':');
        return if !name.is_empty() && name.bytes().all(is_name_character) {
            Ok(kind)
        } else {
            Err(Mistake::Variable(text.to_owned()))
        };
    }
    if super::marks::is_dot_segment(text.as_bytes()) {
        return Err(Mistake::DotSegment(text.to_owned()));
    }
    // `*` and `;` are legal in a path. However, a `*` here is probably meant as a wildcard, and services differ in how they
    // read the text after a `;`.
    let holds = text.bytes().all(|byte| super::marks::is_plain(byte) && !matches!(byte, b'*' | b';'));
    if holds { Ok(Segment::Literal(text.into())) } else { Err(Mistake::Character(text.to_owned())) }
}

/// The methods that `ANY` stands for (API Gateway, "x-amazon-apigateway-any-method").
pub(super) const ANY: [http::Method; 7] = [
    http::Method::DELETE,
    http::Method::GET,
    http::Method::HEAD,
    http::Method::OPTIONS,
    http::Method::PATCH,
    http::Method::POST,
    http::Method::PUT,
];
