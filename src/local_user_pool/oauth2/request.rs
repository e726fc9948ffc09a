//! Parses requests to the OAuth 2.0 endpoints (RFC 6749 §3.2, §2.3.1, RFC 7009 §2.1; [behaviour
//! §7.3](crate::docs::behaviour)).
//!
//! The input is the query, the headers and the form body. The output is the parameters, or the error of the endpoint.

use std::borrow::Cow;

use base64::{Engine, engine::general_purpose::STANDARD};
use http::{
    HeaderMap,
    header::{AUTHORIZATION, CONTENT_TYPE},
};
use serde::Serialize;

use crate::local_user_pool::directory::Secret;

/// The error codes of the endpoints (RFC 6749 §5.2, RFC 7009 §2.2.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum ErrorCode {
    InvalidClient,
    InvalidGrant,
    InvalidRequest,
    InvalidScope,
    UnauthorizedClient,
    UnsupportedGrantType,
    UnsupportedTokenType,
}

/// A request of an app client.
pub(super) struct ClientRequest<'a> {
    parameters: Vec<(Cow<'a, str>, Cow<'a, str>)>,
    /// The possible interpretations of the credentials, the more likely one first.
    pub(super) credentials: Vec<Credentials>,
}

/// The grant of a token request.
#[derive(PartialEq, Eq)]
pub(super) enum Grant {
    ClientCredentials {
        /// The requested scopes; `None` means every scope that the app client is allowed.
        scope: Option<String>,
    },
    RefreshToken {
        refresh_token: String,
    },
    AuthorizationCode,
}

/// An app client id and its secret, if one was sent.
#[derive(Debug)]
pub(super) struct Credentials {
    pub(super) client_id: String,
    pub(super) client_secret: Option<Secret>,
}

impl<'a> ClientRequest<'a> {
    /// Parses a request. Parameters may be in the query or in the body; a parameter must not be repeated.
    pub(super) fn parse(query: &'a str, headers: &HeaderMap, body: &'a [u8]) -> Result<Self, ErrorCode> {
        if !body.is_empty() && !is_form(headers) {
            return Err(ErrorCode::InvalidRequest);
        }
        let parameters = form_urlencoded::parse(query.as_bytes()).chain(form_urlencoded::parse(body)).collect();
        let mut request = Self { parameters, credentials: Vec::new() };
        let posted = (request.parameter("client_id")?, request.parameter("client_secret")?);
        request.credentials = match (basic_credentials(headers)?, posted) {
            // Only one way to authenticate is allowed. The id may be repeated if it is the same (RFC 6749 §2.3).
            (Some(sent), (None, None)) => sent,
            (Some(sent), (Some(id), None)) if sent.iter().any(|credentials| credentials.client_id == id) => sent,
            (None, (Some(id), secret)) => vec![Credentials::new(id, secret)],
            (Some(_), _) | (None, (None, _)) => return Err(ErrorCode::InvalidRequest),
        };
        Ok(request)
    }

    /// Parses `grant_type` and its parameters.
    pub(super) fn grant(&self) -> Result<Grant, ErrorCode> {
        match self.parameter("grant_type")? {
            Some("client_credentials") => {
                Ok(Grant::ClientCredentials { scope: self.parameter("scope")?.map(str::to_owned) })
            }
            Some("refresh_token") => {
                let refresh_token = self.parameter("refresh_token")?.ok_or(ErrorCode::InvalidRequest)?;
                Ok(Grant::RefreshToken { refresh_token: refresh_token.to_owned() })
            }
            Some("authorization_code") => Ok(Grant::AuthorizationCode),
            Some(_) => Err(ErrorCode::UnsupportedGrantType),
            None => Err(ErrorCode::InvalidRequest),
        }
    }

    /// Returns a parameter unless it is missing or empty.
    pub(super) fn parameter(&self, name: &str) -> Result<Option<&str>, ErrorCode> {
        let mut values = self.parameters.iter().filter(|(own, _)| own == name).map(|(_, value)| &**value);
        match (values.next(), values.next()) {
            (value, None) => Ok(value.filter(|value| !value.is_empty())),
            (_, Some(_)) => Err(ErrorCode::InvalidRequest),
        }
    }
}

impl Credentials {
    fn new(client_id: &str, client_secret: Option<&str>) -> Self {
        let client_secret = client_secret.map(|secret| Secret(secret.to_owned()));
        Self { client_id: client_id.to_owned(), client_secret }
    }
}

/// Whether the body is `application/x-www-form-urlencoded`, with or without parameters of the media type.
fn is_form(headers: &HeaderMap) -> bool {
    let media_type = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let media_type = media_type.split(';').next().unwrap_or_default().trim();
    media_type.eq_ignore_ascii_case("application/x-www-form-urlencoded")
}

/// Parses the credentials of `Authorization: Basic` in two ways: unchanged, as `curl --user` sends them, and
/// form-decoded, as RFC 6749 §2.3.1 requires.
fn basic_credentials(headers: &HeaderMap) -> Result<Option<Vec<Credentials>>, ErrorCode> {
    let Some(value) = headers.get(AUTHORIZATION) else { return Ok(None) };
    let credentials = || {
        let (scheme, encoded) = value.to_str().ok()?.split_once(' ')?;
        let decoded = STANDARD.decode(encoded.trim()).ok().filter(|_| scheme.eq_ignore_ascii_case("basic"))?;
        let decoded = String::from_utf8(decoded).ok()?;
        let (id, secret) = decoded.split_once(':')?;
        Some(vec![Credentials::new(id, Some(secret)), Credentials::new(&form_decoded(id), Some(&form_decoded(secret)))])
    };
    credentials().map(Some).ok_or(ErrorCode::InvalidClient)
}

/// Form-decodes a single value, in which `=` and `&` are not separators.
fn form_decoded(text: &str) -> String {
    let text = text.replace('=', "%3D").replace('&', "%26");
    form_urlencoded::parse(text.as_bytes()).next().map(|(name, _)| name.into_owned()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    const FORM: &str = "application/x-www-form-urlencoded";
    /// `id:secret`
    const BASIC: &str = "Basic aWQ6c2VjcmV0";

    fn parse<'a>(
        query: &'a str,
        content_type: &str,
        authorization: &str,
        body: &'a str,
    ) -> Result<(ClientRequest<'a>, Grant), ErrorCode> {
        let mut headers = HeaderMap::new();
        for (name, value) in [(CONTENT_TYPE, content_type), (AUTHORIZATION, authorization)] {
            if !value.is_empty() {
                headers.insert(name, HeaderValue::from_str(value).unwrap());
            }
        }
        let request = ClientRequest::parse(query, &headers, body.as_bytes())?;
        let grant = request.grant()?;
        Ok((request, grant))
    }

    #[test]
    fn takes_the_parameters_from_query_and_body_and_the_credentials_from_header_or_body() {
        let grant = "grant_type=client_credentials";
        let in_body = format!("{grant}&client_id=id&client_secret=secret&scope=users%2Fread");
        for (query, content_type, authorization, body, scope, why) in [
            (grant, FORM, BASIC, "", None, "7.3.2: the machine-to-machine sample"),
            (grant, "", BASIC, "", None, "7.3.2: no body, so no type"),
            ("", FORM, "", &*in_body, Some("users/read"), "7.3.1: credentials in the body"),
            ("", "Application/X-WWW-Form-Urlencoded; charset=UTF-8", BASIC, grant, None, "type with a parameter"),
            ("scope=users/read", FORM, BASIC, grant, Some("users/read"), "7.3.3: scope in the query"),
            ("scope=a+b", FORM, BASIC, grant, Some("a b"), "two scopes"),
            ("scope=", FORM, BASIC, grant, None, "empty counts as absent (RFC 6749 §3.2)"),
            (grant, FORM, BASIC, "client_id=id", None, "the id said again"),
            (grant, FORM, "basic aWQ6c2VjcmV0", "", None, "the scheme's case"),
        ] {
            let (request, granted) =
                parse(query, content_type, authorization, body).unwrap_or_else(|_| panic!("{why}"));
            assert_eq!(credentials(&request)[0], ("id", "secret"), "{why}");
            assert!(granted == Grant::ClientCredentials { scope: scope.map(str::to_owned) }, "{why}");
        }
    }

    fn credentials<'a>(request: &'a ClientRequest<'_>) -> Vec<(&'a str, &'a str)> {
        request.credentials.iter().map(|one| (&*one.client_id, &*one.client_secret.as_ref().unwrap().0)).collect()
    }

    #[test]
    fn takes_the_credentials_of_the_header_as_they_are_and_decoded() {
        for (sent, raw, decoded) in [
            ("i%2Bd:a%3Ab+c%25", ("i%2Bd", "a%3Ab+c%25"), ("i+d", "a:b c%")),
            ("id:a=b&c", ("id", "a=b&c"), ("id", "a=b&c")),
            ("id:a:b", ("id", "a:b"), ("id", "a:b")),
        ] {
            let header = format!("Basic {}", STANDARD.encode(sent));
            let (request, _) = parse("grant_type=client_credentials", "", &header, "").ok().unwrap();
            assert_eq!(credentials(&request), [raw, decoded]);
        }
    }

    #[test]
    fn answers_with_the_error_of_the_specification() {
        use ErrorCode::{InvalidClient, InvalidRequest, UnsupportedGrantType};
        let grant = "grant_type=client_credentials";
        for (query, content_type, authorization, body, expected, why) in [
            ("", FORM, BASIC, "", InvalidRequest, "no grant type"),
            ("grant_type=", FORM, BASIC, "", InvalidRequest, "an empty one"),
            ("grant_type=password", FORM, BASIC, "", UnsupportedGrantType, "another one"),
            ("grant_type=refresh_token", FORM, BASIC, "", InvalidRequest, "no refresh token"),
            ("grant_type=refresh_token", FORM, BASIC, "refresh_token=a&refresh_token=b", InvalidRequest, "two"),
            (grant, FORM, BASIC, grant, InvalidRequest, "twice"),
            (grant, "application/json", BASIC, "{}", InvalidRequest, "not a form"),
            (grant, "", BASIC, "scope=a", InvalidRequest, "a body without type"),
            (grant, FORM, "", "", InvalidRequest, "no credentials"),
            (grant, FORM, "", "client_secret=secret", InvalidRequest, "a secret without id"),
            (grant, FORM, BASIC, "client_id=other", InvalidRequest, "two ids"),
            (grant, FORM, BASIC, "client_id=id&client_secret=secret", InvalidRequest, "two ways to authenticate"),
            (grant, FORM, "Bearer aWQ6c2VjcmV0", "", InvalidClient, "another scheme"),
            (grant, FORM, "Basic !", "", InvalidClient, "not base64"),
            (grant, FORM, "Basic aWQ=", "", InvalidClient, "no colon"),
        ] {
            assert_eq!(parse(query, content_type, authorization, body).err(), Some(expected), "{why}");
        }
    }
}
