//! The token of a request is the one value at the identity source, without its scheme; once it is stripped from the request,
//! the header or parameter that held it is gone (behaviour §10.94).

use cognito_authorizer::{
    internals,
    limits::MAX_TOKEN_BYTES,
    token::{BearerScheme, IdentitySource},
};
use http::{HeaderMap, HeaderName, HeaderValue, Uri};
use percent_encoding::percent_decode;

use super::first_line;

/// Input: an identity source; below it a letter (`r` the scheme is required, `x` it is rejected); then the request, one
/// header or `?query` per line.
pub fn identity_source(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let (notation, rest) = first_line(text);
    let (letters, request) = first_line(rest);
    let parsed: Result<IdentitySource, _> = notation.parse();
    let place = place(notation);
    assert_eq!(parsed.is_ok(), place.is_some(), "{notation:?}");
    let (Ok(source), Some(place)) = (parsed, place) else { return };
    assert_eq!(source.to_string().parse(), Ok(source.clone()), "what it prints is what it reads");

    let scheme = scheme(letters);
    let source = source.with_bearer_scheme(scheme);
    let mut headers = HeaderMap::new();
    let mut query = None;
    for line in request.lines() {
        if let Some(line) = line.strip_prefix('?') {
            query = Some(line);
        } else if let Some((name, value)) = line.split_once(':') {
            let name = HeaderName::from_bytes(name.as_bytes());
            if let (Ok(name), Ok(value)) = (name, HeaderValue::from_bytes(value.trim_start().as_bytes())) {
                headers.append(name, value);
            }
        }
    }

    let values: Vec<Vec<u8>> = match &place {
        Place::Header(name) => {
            headers.iter().filter(|(own, _)| own.as_str() == name).map(|(_, value)| value.as_bytes().to_vec()).collect()
        }
        Place::Query(name) => parameters(query.unwrap_or_default())
            .filter(|(own, _)| own == name)
            .map(|(_, value)| value.into())
            .collect(),
    };
    let aliases = match &place {
        Place::Header(name) => {
            headers.iter().filter(|(own, _)| own.as_str() != name && cgi(own.as_str()) == cgi(name)).count()
        }
        Place::Query(name) => query.unwrap_or_default().split(['&', ';']).filter(|part| is_alike(part, name)).count(),
    };
    let is_repeated = match &place {
        Place::Header(_) => aliases > 0,
        Place::Query(_) => aliases > 1,
    };
    let expected = token(scheme, &values).filter(|_| !is_repeated);
    assert_eq!(internals::token(&source, &headers, query), expected);

    let uri: Option<Uri> = query.and_then(|query| format!("/path?{query}").parse().ok());
    let Some(mut uri) = uri else { return };
    let before = uri.query().unwrap_or_default().to_owned();
    let (sent, others) = (headers.len(), headers.clone());
    internals::strip_token(&source, &mut headers, &mut uri);
    assert_eq!(internals::token(&source, &headers, uri.query()), None, "the token is still there");
    let kept: Vec<_> = parameters(uri.query().unwrap_or_default()).collect();
    match &place {
        Place::Header(name) => {
            assert_eq!(kept, parameters(&before).collect::<Vec<_>>());
            assert_eq!(headers.len() + values.len(), sent);
            assert!(!headers.contains_key(name.as_str()));
        }
        Place::Query(name) => {
            assert_eq!(headers, others);
            let is_other = |part: &&str| !part.split(';').any(|part| is_alike(part, name));
            let rest: Vec<&str> = before.split('&').filter(is_other).collect();
            let expected: Vec<_> = parameters(&rest.join("&")).collect();
            assert_eq!(kept, expected, "another parameter than the token has changed");
        }
    }
    assert_eq!(uri.path(), "/path");
}

enum Place {
    /// In lower case.
    Header(String),
    Query(String),
}

fn place(notation: &str) -> Option<Place> {
    if let Some(name) = notation.strip_prefix("$request.querystring.") {
        return (!name.is_empty()).then(|| Place::Query(name.to_owned()));
    }
    let name = ["$request.header.", "method.request.header."].iter().find_map(|start| notation.strip_prefix(start))?;
    // RFC 9110 §5.6.2: token
    let is_name = |c: char| c.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~".contains(c);
    (!name.is_empty() && name.chars().all(is_name)).then(|| Place::Header(name.to_ascii_lowercase()))
}

fn scheme(letters: &str) -> BearerScheme {
    match letters {
        _ if letters.contains('x') => BearerScheme::Rejected,
        _ if letters.contains('r') => BearerScheme::Required,
        _ => BearerScheme::Optional,
    }
}

fn token(scheme: BearerScheme, values: &[Vec<u8>]) -> Option<Vec<u8>> {
    let [value] = values else { return None };
    let has_scheme = value.iter().map(u8::to_ascii_lowercase).take(7).eq("bearer ".bytes());
    let token = match scheme {
        BearerScheme::Rejected => &value[..],
        BearerScheme::Required if !has_scheme => return None,
        _ if has_scheme => &value[7..],
        _ => &value[..],
    };
    (!token.is_empty() && value.len() <= MAX_TOKEN_BYTES + 7).then(|| token.to_vec())
}

/// CGI keeps letters and digits alone, and `_` for the rest.
fn cgi(name: &str) -> Vec<u8> {
    name.bytes().map(|byte| if byte.is_ascii_alphanumeric() { byte.to_ascii_uppercase() } else { b'_' }).collect()
}

/// Whether PHP or ASP.NET takes a parameter for the one of this name.
fn is_alike(part: &str, name: &str) -> bool {
    parameters(part).next().is_some_and(|(own, _)| {
        let shown = own.trim_start();
        let end = shown.find(['[', '\0']).unwrap_or(shown.len());
        own == name || cgi(&shown[..end]) == cgi(name)
    })
}

/// The parameters of a query, as `application/x-www-form-urlencoded` has them (WHATWG URL §5.1).
fn parameters(query: &str) -> impl Iterator<Item = (String, String)> {
    let text = |text: &str| {
        let text = text.replace('+', " ");
        percent_decode(text.as_bytes()).decode_utf8_lossy().into_owned()
    };
    let parts = query.split('&').filter(|part| !part.is_empty());
    parts.map(move |part| {
        let (name, value) = part.split_once('=').unwrap_or((part, ""));
        (text(name), text(value))
    })
}
