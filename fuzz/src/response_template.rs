//! What a caller sends stays inside the text that a template has for it, and its token never comes back.

use std::hash::{DefaultHasher, Hash, Hasher};

use bytes::Bytes;
use cognito_authorizer::{
    Authorizer, AuthorizerLayer, Authorizers, Rejection, RouteTable,
    gateway_response::{GatewayResponse, GatewayResponses, ResponseType},
    route::RouteAuthorization,
};
use http::{HeaderName, Request, Response};

use super::{
    first_line,
    requests::{add_headers, answer, builder},
};

/// What begins a line that is no header of the request.
const MARKS: [char; 4] = ['+', '=', '@', '&'];

/// Says that it was the authorizer without a template.
const ANSWERED_BY: &str = "x-answered-by";

/// Input: the content type of a template; below it the target of a request; then its headers, one a line, headers of the
/// response as `+name: parameter` and stage variables as `=name=value`; after an empty line the template. `@name` adds an
/// authorizer that takes its token from that header, and has no template; `&name` the same before the one that has.
pub fn response_template(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    // Not a text that stands in the input.
    let mut hasher = DefaultHasher::new();
    data.hash(&mut hasher);
    let secret = format!("{:016x}", hasher.finish());
    let (content_type, rest) = first_line(text);
    let (target, rest) = first_line(rest);
    let without_lines = rest.strip_prefix('\n').map(|template| ("", template));
    let (lines, template) = without_lines.or_else(|| rest.split_once("\n\n")).unwrap_or((rest, ""));
    let Some(authorizer) = authorizer(content_type, lines, template) else { return };
    let other = lines.lines().find_map(|line| line.strip_prefix(['@', '&']).map(|name| (name, line.starts_with('&'))));
    let Some(layer) = layer(authorizer, other) else { return };
    // The same request, with nothing in it that means anything anywhere.
    let plain_target = match target.split_once('?') {
        Some((path, query)) => format!("{}?{}", plain_path(path), plain_query(query)),
        None => plain_path(target),
    };
    let plain_lines = lines.lines().filter_map(|line| line.split_once(':')).map(|(name, _)| format!("{name}: x"));
    let plain_lines: Vec<String> = plain_lines.collect();
    let sent = |target: &str, lines: &[&str]| {
        let mut request = Request::builder().uri(target).body(()).ok()?;
        add_headers(&mut request, lines.iter().copied());
        // For these there is no body.
        request.headers_mut().remove("content-type");
        for name in ["authorization"].into_iter().chain(other.map(|(name, _)| name)) {
            let name: HeaderName = name.parse().expect("the header of an authorizer");
            request.headers_mut().insert(name, format!("Bearer {secret}").parse().unwrap());
        }
        Some(answer(&layer, request))
    };
    let lines: Vec<&str> = lines.lines().filter(|line| !line.starts_with(MARKS)).collect();
    let plain_lines: Vec<&str> =
        plain_lines.iter().map(|line| &**line).filter(|line| !line.starts_with(MARKS)).collect();
    let (Some(response), Some(plain)) = (sent(target, &lines), sent(&plain_target, &plain_lines)) else { return };

    for response in [&response, &plain] {
        assert!(response.extensions().get::<Rejection>().is_some(), "passed");
        let shown = format!("{:?} {}", response.headers(), String::from_utf8_lossy(response.body()));
        assert!(!shown.contains(&secret), "the token came back: {shown}");
    }
    // Of two authorizers, only one has the template.
    if response.headers().get(ANSWERED_BY) != plain.headers().get(ANSWERED_BY) {
        return;
    }
    let (body, plain_body) = (body(&response), body(&plain));
    let media_type = content_type.split(';').next().unwrap_or_default().to_ascii_lowercase();
    if media_type.contains("html") || media_type.contains("xml") {
        for special in ['<', '>', '"', '\''] {
            assert_eq!(
                body.matches(special).count(),
                plain_body.matches(special).count(),
                "{body}, and plain {plain_body}"
            );
        }
    } else if media_type.contains("json") && is_json(plain_body) {
        // Every variable stands in a string, since `x` is good for nothing else.
        assert!(is_json(body), "{body} is no JSON, and plain {plain_body} is");
        assert_eq!(skeleton(body), skeleton(plain_body));
    }
}

/// With one authorizer all routes ask it, and with another one they ask it in turn.
fn layer(authorizer: Authorizer, other: Option<(&str, bool)>) -> Option<AuthorizerLayer> {
    let keys = ["ANY /pets/{id}", "ANY /{proxy+}", "ANY /"];
    let Some((name, is_first)) = other else {
        let routes = keys.iter().fold(RouteTable::builder(), |routes, key| routes.guarded(key));
        return Some(authorizer.layer().routes(routes.build().unwrap()).unwrap());
    };
    let response = GatewayResponse::new().header(ANSWERED_BY, "'other'");
    let responses = GatewayResponses::builder().response(ResponseType::Default4xx, response).build().unwrap();
    let other = builder().gateway_responses(responses).identity_source(format!("method.request.header.{name}"));
    let other = other.build().ok()?;
    let mut both = [("own", authorizer), ("other", other)];
    if is_first {
        both.reverse();
    }
    let asked = ["own", "other", "own"].iter().zip(keys);
    let routes = asked.fold(RouteTable::builder(), |routes, (name, key)| {
        routes.route_for_authorizer(name, key, RouteAuthorization::guarded())
    });
    // Refused, if a template of one would tell the token of the other.
    Authorizers::new(both).ok()?.layer(routes.build().unwrap()).ok()
}

fn authorizer(content_type: &str, lines: &str, template: &str) -> Option<Authorizer> {
    let mut response = GatewayResponse::new().template(content_type, template);
    let mut responses = GatewayResponses::builder();
    for line in lines.lines() {
        if let Some((name, parameter)) = line.strip_prefix('+').and_then(|line| line.split_once(": ")) {
            response = response.header(name, parameter);
        } else if let Some((name, value)) = line.strip_prefix('=').and_then(|line| line.split_once('=')) {
            responses = responses.stage_variable(name, value);
        }
    }
    let responses = responses.response(ResponseType::Default4xx, response).build().ok()?;
    builder().gateway_responses(responses).build().ok()
}

/// The path with `x` for every segment below the first.
fn plain_path(path: &str) -> String {
    if path.starts_with("/pets/") { "/pets/x".to_owned() } else { "/x".to_owned() }
}

/// The query with `x` for every value.
fn plain_query(query: &str) -> String {
    let parts = query.split('&').map(|part| format!("{}=x", part.split('=').next().unwrap_or_default()));
    parts.collect::<Vec<_>>().join("&")
}

fn body(response: &Response<Bytes>) -> &str {
    std::str::from_utf8(response.body()).expect("a template is a text, and so is what it is filled with")
}

fn is_json(text: &str) -> bool {
    serde_json::from_str::<serde::de::IgnoredAny>(text).is_ok()
}

/// A JSON text without what stands in its strings.
fn skeleton(text: &str) -> String {
    let mut bones = String::new();
    let (mut is_in_string, mut is_escaped) = (false, false);
    for character in text.chars() {
        match (is_in_string, character) {
            (true, _) if is_escaped => is_escaped = false,
            (true, '\\') => is_escaped = true,
            (_, '"') => {
                is_in_string = !is_in_string;
                bones.push('"');
            }
            (true, _) => {}
            (false, _) => bones.push(character),
        }
    }
    bones
}
