//! Variables of gateway responses: `$context.…`, `$stageVariables.…`, `$method.request.…`.
//!
//! Only these variables are replaced; nothing is evaluated ([behaviour §2.3](crate::docs::behaviour)). An unknown value
//! is replaced with an empty text.

use std::{borrow::Cow, fmt};

use http::Version;
use percent_encoding::percent_decode_str;

use super::RejectedRequest;
use crate::route::path_variables;

/// A variable, named without its `$`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Variable {
    Context(Box<str>),
    Stage(Box<str>),
    Header(Box<str>),
    QueryParameter(Box<str>),
    PathParameter(Box<str>),
}

impl Variable {
    /// Parses a name such as `context.error.message`; `None` if the kind of variable is unknown.
    pub(super) fn parse(name: &str) -> Option<Self> {
        let kinds: [(&str, fn(Box<str>) -> Self); 5] = [
            ("context.", Self::Context),
            ("stageVariables.", Self::Stage),
            ("method.request.header.", Self::Header),
            ("method.request.querystring.", Self::QueryParameter),
            ("method.request.path.", Self::PathParameter),
        ];
        let (kind, rest) = kinds.iter().find_map(|(start, kind)| Some((kind, name.strip_prefix(start)?)))?;
        (!rest.is_empty()).then(|| kind(rest.into()))
    }

    /// Returns the prefix that [`parse`](Self::parse) matches, and the name after the prefix.
    fn parts(&self) -> (&'static str, &str) {
        match self {
            Self::Context(name) => ("context.", name),
            Self::Stage(name) => ("stageVariables.", name),
            Self::Header(name) => ("method.request.header.", name),
            Self::QueryParameter(name) => ("method.request.querystring.", name),
            Self::PathParameter(name) => ("method.request.path.", name),
        }
    }

    /// Returns the name of the request header that supplies the value, if any.
    pub(super) fn header(&self) -> Option<&str> {
        match self {
            Self::Header(name) => Some(name),
            Self::Context(name) => match &**name {
                "domainName" => Some("host"),
                "identity.userAgent" => Some("user-agent"),
                _ => None,
            },
            Self::Stage(_) | Self::QueryParameter(_) | Self::PathParameter(_) => None,
        }
    }

    /// Returns whether a caller can choose the value.
    pub(super) fn is_sent(&self) -> bool {
        match self {
            Self::Context(name) => self.header().is_some() || matches!(&**name, "path" | "httpMethod"),
            Self::Stage(_) => false,
            Self::Header(_) | Self::QueryParameter(_) | Self::PathParameter(_) => true,
        }
    }

    /// Returns the value; empty if it is unknown.
    pub(super) fn value<'r>(&self, rejected: &'r RejectedRequest<'_>) -> Cow<'r, str> {
        if let Some(name) = self.header() {
            return header(name, rejected).unwrap_or_default();
        }
        let text: Option<Cow<'r, str>> = match self {
            Self::Context(name) => context(name, rejected),
            Self::Stage(name) => rejected.stage_variables.get(&**name).map(|value| Cow::Borrowed(value.as_str())),
            Self::Header(_) => None,
            Self::QueryParameter(name) => {
                let mut parameters =
                    form_urlencoded::parse(rejected.request.uri.query().unwrap_or_default().as_bytes());
                parameters.find(|(own, _)| *own == **name).map(|(_, value)| value)
            }
            Self::PathParameter(name) => path_parameter(name, rejected),
        };
        text.unwrap_or_default()
    }
}

/// Writes the name without `$`.
impl fmt::Display for Variable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (kind, name) = self.parts();
        write!(f, "{kind}{name}")
    }
}

/// Returns the value of a `$context` variable; `None` if the layer cannot know it (API Gateway developer guide,
/// "$context variables").
fn context<'r>(name: &str, rejected: &'r RejectedRequest<'_>) -> Option<Cow<'r, str>> {
    let text = match name {
        "error.message" => rejected.message().unwrap_or_default().into(),
        "error.messageString" => match rejected.message() {
            Some(message) => serde_json::to_string(message).ok()?.into(),
            None => "null".into(),
        },
        "error.responseType" => rejected.answer.response_type.as_str().into(),
        "requestId" => rejected.ids.request_id.to_str().ok()?.to_owned().into(),
        "extendedRequestId" => rejected.ids.extended_request_id.to_str().ok()?.to_owned().into(),
        "httpMethod" => rejected.request.method.as_str().into(),
        "path" => rejected.request.uri.path().into(),
        "resourcePath" => resource_path(rejected)?.into(),
        "stage" => rejected.request.stage.into(),
        "protocol" => protocol(rejected.request.version).into(),
        "requestTime" => {
            let time = (rejected.request.now)().date_time()?;
            format!("{}/{}/{}:{} +0000", time.day, time.month, time.year, time.clock).into()
        }
        // In milliseconds; the clock has whole seconds.
        "requestTimeEpoch" => (rejected.request.now)().as_secs().checked_mul(1_000)?.to_string().into(),
        _ => return None,
    };
    Some(text)
}

fn header<'r>(name: &str, rejected: &'r RejectedRequest<'_>) -> Option<Cow<'r, str>> {
    rejected.request.headers.get(name)?.to_str().ok().map(Cow::Borrowed)
}

/// Returns the path of the route key, with its variables.
fn resource_path<'r>(rejected: &'r RejectedRequest<'_>) -> Option<&'r str> {
    let key = rejected.request.route_key?;
    Some(key.split_once(' ').map_or(key, |(_, path)| path))
}

/// Returns the value of a path variable of the route.
///
/// The value is the decoded segment or, for a greedy variable, the rest of the path as sent (behaviour §5.1.9).
fn path_parameter<'r>(name: &str, rejected: &'r RejectedRequest<'_>) -> Option<Cow<'r, str>> {
    let request = &rejected.request;
    let mut variables = path_variables(request.route_key?, request.stage, request.uri.path());
    let variable = variables.find(|variable| variable.name == name)?;
    Some(if variable.is_greedy {
        variable.value.into()
    } else {
        percent_decode_str(variable.value).decode_utf8_lossy()
    })
}

fn protocol(version: Version) -> &'static str {
    match version {
        Version::HTTP_10 => "HTTP/1.0",
        Version::HTTP_2 => "HTTP/2.0",
        Version::HTTP_3 => "HTTP/3.0",
        _ => "HTTP/1.1",
    }
}
