//! CORS as an HTTP API does it: the gateway answers preflight requests, and its headers replace the service's own
//! ([behaviour §2.4.4](crate::docs::behaviour)).

use std::time::Duration;

use bytes::Bytes;
use http::{
    HeaderMap, HeaderName, HeaderValue, Method, Response, StatusCode,
    header::{
        ACCESS_CONTROL_ALLOW_CREDENTIALS, ACCESS_CONTROL_ALLOW_HEADERS, ACCESS_CONTROL_ALLOW_METHODS,
        ACCESS_CONTROL_ALLOW_ORIGIN, ACCESS_CONTROL_EXPOSE_HEADERS, ACCESS_CONTROL_MAX_AGE, ORIGIN, VARY,
    },
};

use super::cors::{CorsError, parse};
use crate::limits::MAX_CORS_ENTRIES;

/// The CORS configuration of an API, for [`AuthorizerLayer::cors`](crate::AuthorizerLayer::cors).
///
/// The members are those of `CorsConfiguration` of an HTTP API (`AWS::ApiGatewayV2::Api`). An origin is exact, such as
/// `https://app.example`, or one of `*`, `https://*` and `http://*`. Methods and headers may be `*`.
///
/// ```
/// use cognito_authorizer::gateway_response::Cors;
///
/// let cors = Cors::new(["https://app.example"])?
///     .allow_methods(["GET", "POST"])?
///     .allow_headers(["authorization"])?;
/// # Ok::<(), cognito_authorizer::gateway_response::CorsError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cors {
    origins: Vec<OriginRule>,
    methods: Vec<String>,
    headers: Vec<String>,
    exposed: Vec<String>,
    max_age: Option<Duration>,
    credentials: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum OriginRule {
    Any,
    /// Every origin with this scheme, such as `https://`.
    Scheme(&'static str),
    Exact(HeaderValue),
}

impl Cors {
    /// Allows pages of these origins.
    ///
    /// # Errors
    ///
    /// Returns [`CorsError`], which names the text, if a text is not an origin or one of `*`, `https://*` and `http://*`.
    pub fn new(origins: impl IntoIterator<Item: AsRef<str>>) -> Result<Self, CorsError> {
        let origins = origins.into_iter().map(|origin| match origin.as_ref() {
            "*" => Ok(OriginRule::Any),
            "https://*" => Ok(OriginRule::Scheme("https://")),
            "http://*" => Ok(OriginRule::Scheme("http://")),
            origin => parse(origin).map(OriginRule::Exact),
        });
        let origins: Vec<_> = origins.take(MAX_CORS_ENTRIES + 1).collect::<Result<_, _>>()?;
        if origins.len() > MAX_CORS_ENTRIES {
            return Err(CorsError::too_many());
        }
        let nothing = Vec::new;
        Ok(Self {
            origins,
            methods: nothing(),
            headers: nothing(),
            exposed: nothing(),
            max_age: None,
            credentials: false,
        })
    }

    /// Allows these methods, or all with `*`.
    ///
    /// # Errors
    ///
    /// Returns [`CorsError`], which names the text, if a text is not a method.
    pub fn allow_methods(mut self, methods: impl IntoIterator<Item: AsRef<str>>) -> Result<Self, CorsError> {
        let is_method = |method: &str| Method::from_bytes(method.as_bytes()).is_ok();
        self.methods = texts(methods, is_method)?;
        Ok(self)
    }

    /// Allows requests with these headers, or with any header with `*`.
    ///
    /// # Errors
    ///
    /// Returns [`CorsError`], which names the text, if a text is not a header name.
    pub fn allow_headers(mut self, headers: impl IntoIterator<Item: AsRef<str>>) -> Result<Self, CorsError> {
        self.headers = texts(headers, is_header)?;
        Ok(self)
    }

    /// Lets pages read these headers of a response, or all with `*`.
    ///
    /// # Errors
    ///
    /// As [`allow_headers`](Self::allow_headers).
    pub fn expose_headers(mut self, headers: impl IntoIterator<Item: AsRef<str>>) -> Result<Self, CorsError> {
        self.exposed = texts(headers, is_header)?;
        Ok(self)
    }

    /// Sets for how long browsers may cache the answer to a preflight request. Whole seconds count.
    #[must_use]
    pub fn max_age(mut self, age: Duration) -> Self {
        self.max_age = Some(age);
        self
    }

    /// Lets pages send cookies. As on API Gateway, this is not possible with the origin `*`.
    ///
    /// # Errors
    ///
    /// Returns [`CorsError`] if `*` is one of the origins.
    pub fn allow_credentials(mut self) -> Result<Self, CorsError> {
        if self.origins.contains(&OriginRule::Any) {
            return Err(CorsError::credentials());
        }
        self.credentials = true;
        Ok(self)
    }

    /// Returns the parts as they are written in a configuration.
    #[cfg(feature = "configuration")]
    pub(crate) fn written(&self) -> WrittenCors<'_> {
        let origin = |rule: &'_ OriginRule| match rule {
            OriginRule::Any => "*".to_owned(),
            OriginRule::Scheme(scheme) => format!("{scheme}*"),
            OriginRule::Exact(origin) => origin.to_str().unwrap_or_default().to_owned(),
        };
        WrittenCors {
            origins: self.origins.iter().map(origin).collect(),
            methods: &self.methods,
            headers: &self.headers,
            exposed: &self.exposed,
            max_age_seconds: self.max_age.map(|age| age.as_secs()),
            credentials: self.credentials,
        }
    }

    /// Answers a preflight request: 204, with the allowed methods and headers if the origin is allowed.
    pub(crate) fn preflight(&self, request: &HeaderMap) -> Response<Bytes> {
        let mut response = Response::new(Bytes::new());
        *response.status_mut() = StatusCode::NO_CONTENT;
        self.apply(request.get(ORIGIN), true, response.headers_mut());
        response
    }

    /// Replaces the CORS headers of a response to a request with this origin or none, which may be a preflight request.
    pub(crate) fn apply(&self, origin: Option<&HeaderValue>, is_preflight: bool, headers: &mut HeaderMap) {
        for name in OF_CORS {
            headers.remove(name);
        }
        let is_any = self.origins.contains(&OriginRule::Any);
        if !is_any {
            headers.append(VARY, HeaderValue::from_static("origin"));
        }
        let Some(origin) = origin else { return };
        if !is_any && !self.origins.iter().any(|rule| rule.allows(origin)) {
            return;
        }
        let allowed = if is_any { HeaderValue::from_static("*") } else { origin.clone() };
        headers.insert(ACCESS_CONTROL_ALLOW_ORIGIN, allowed);
        if self.credentials {
            headers.insert(ACCESS_CONTROL_ALLOW_CREDENTIALS, HeaderValue::from_static("true"));
        }
        if !is_preflight {
            insert_list(headers, ACCESS_CONTROL_EXPOSE_HEADERS, &self.exposed);
            return;
        }
        insert_list(headers, ACCESS_CONTROL_ALLOW_METHODS, &self.methods);
        insert_list(headers, ACCESS_CONTROL_ALLOW_HEADERS, &self.headers);
        if let Some(age) = self.max_age {
            headers.insert(ACCESS_CONTROL_MAX_AGE, HeaderValue::from(age.as_secs()));
        }
    }
}

impl OriginRule {
    fn allows(&self, origin: &HeaderValue) -> bool {
        match self {
            Self::Any => true,
            // A browser writes an origin in lower case (RFC 6454 §6.1).
            Self::Scheme(scheme) => {
                origin.to_str().is_ok_and(|origin| origin.starts_with(scheme) && parse(origin).is_ok())
            }
            Self::Exact(own) => own == origin,
        }
    }
}

/// The parts of a [`Cors`] as they are written in a configuration.
#[cfg(feature = "configuration")]
pub(crate) struct WrittenCors<'c> {
    pub(crate) origins: Vec<String>,
    pub(crate) methods: &'c [String],
    pub(crate) headers: &'c [String],
    pub(crate) exposed: &'c [String],
    pub(crate) max_age_seconds: Option<u64>,
    pub(crate) credentials: bool,
}

fn is_header(name: &str) -> bool {
    HeaderName::from_bytes(name.as_bytes()).is_ok()
}

/// Returns the texts, each `*` or of this kind.
fn texts(all: impl IntoIterator<Item: AsRef<str>>, is_kind: impl Fn(&str) -> bool) -> Result<Vec<String>, CorsError> {
    let text = |text: &str| {
        if text == "*" || is_kind(text) { Ok(text.to_owned()) } else { Err(CorsError::text(text)) }
    };
    let all: Vec<_> =
        all.into_iter().take(MAX_CORS_ENTRIES + 1).map(|own| text(own.as_ref())).collect::<Result<_, _>>()?;
    if all.len() > MAX_CORS_ENTRIES { Err(CorsError::too_many()) } else { Ok(all) }
}

fn insert_list(headers: &mut HeaderMap, name: HeaderName, list: &[String]) {
    // Every text of the list was checked.
    if let Ok(value) = HeaderValue::try_from(list.join(","))
        && !list.is_empty()
    {
        headers.insert(name, value);
    }
}

/// The headers that the configuration replaces.
const OF_CORS: [HeaderName; 6] = [
    ACCESS_CONTROL_ALLOW_CREDENTIALS,
    ACCESS_CONTROL_ALLOW_HEADERS,
    ACCESS_CONTROL_ALLOW_METHODS,
    ACCESS_CONTROL_ALLOW_ORIGIN,
    ACCESS_CONTROL_EXPOSE_HEADERS,
    ACCESS_CONTROL_MAX_AGE,
];
