//! The challenge of a refusal says the reason and the scopes of the route, well formed, and nothing that was sent.

use std::sync::LazyLock;

use cognito_authorizer::{Authorizer, AuthorizerType, Rejection, RejectionKind, gateway_response::Challenges};
use http::{Request, header::WWW_AUTHENTICATE};
use serde_json::{Value, json};

use super::{
    first_line,
    requests::{add_headers, answer, builder, hydrated},
    tokens::{ACCESS, CLIENT_ID, ISSUER, Key, NOW, OTHER},
};

/// With the parameters apart as an HTTP API has them, and as RFC 6750 wants them.
static AUTHORIZERS: LazyLock<[Authorizer; 2]> = LazyLock::new(|| {
    [Challenges::ApiGateway, Challenges::Rfc6750].map(|challenges| {
        let builder = builder().authorizer_type(AuthorizerType::Jwt).challenges(challenges);
        hydrated(builder.audience([CLIENT_ID]).build().unwrap())
    })
});

/// What stands for a token in a request.
static TOKENS: LazyLock<Vec<(&str, String)>> = LazyLock::new(|| {
    let with = |key: &Key, changes: Value| {
        let mut claims = json!({"sub": "s", "iss": ISSUER, "exp": NOW + 60, "client_id": CLIENT_ID, "scope": "a b/c"});
        claims.as_object_mut().unwrap().extend(changes.as_object().unwrap().clone());
        key.sign_claims(claims.to_string().as_bytes())
    };
    vec![
        ("@good", with(&ACCESS, json!({}))),
        ("@expired", with(&ACCESS, json!({"exp": NOW}))),
        ("@early", with(&ACCESS, json!({"nbf": NOW + 1}))),
        ("@future", with(&ACCESS, json!({"iat": NOW + 1}))),
        ("@forged", with(&OTHER, json!({}))),
        ("@pool", with(&ACCESS, json!({"iss": "https://x.example"}))),
        ("@audience", with(&ACCESS, json!({"aud": ["x"]}))),
        ("@endless", with(&ACCESS, json!({"exp": null}))),
        ("@nobody", with(&ACCESS, json!({"sub": null}))),
        ("@crit", ACCESS.sign(br#"{"alg":"RS256","kid":"a","crit":[]}"#, b"{}")),
        ("@none", ACCESS.sign(br#"{"alg":"none","kid":"a"}"#, b"{}")),
        ("@kid", ACCESS.sign(br#"{"alg":"RS256","kid":"a"}"#, json!({"iss": ISSUER}).to_string().as_bytes())),
        ("@nameless", ACCESS.sign(br#"{"alg":"RS256"}"#, json!({"iss": ISSUER}).to_string().as_bytes())),
    ]
});

/// Input: the scopes of the route with a space between them; below them the headers of a request, in which `@good` and
/// other words stand for tokens.
pub fn challenge(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let (scopes, headers) = first_line(text);
    let headers = TOKENS.iter().fold(headers.to_owned(), |text, (word, token)| text.replace(word, token));
    for (authorizer, separator) in AUTHORIZERS.iter().zip([" ", ", "]) {
        let scopes: Vec<&str> = scopes.split(' ').collect();
        let layer = if scopes == [""] { Ok(authorizer.layer()) } else { authorizer.layer().scopes(&scopes) };
        let Ok(layer) = layer else { return };
        // Calls of gRPC are POST.
        let mut request = Request::post("/").body(()).unwrap();
        add_headers(&mut request, headers.lines());
        let response = answer(&layer, request);
        let challenges: Vec<_> = response.headers().get_all(WWW_AUTHENTICATE).iter().collect();
        let Some(kind) = response.extensions().get::<Rejection>().map(|rejection| rejection.kind()) else {
            assert_eq!((response.status().as_u16(), challenges.len()), (200, 0));
            continue;
        };
        let (description, status, message) = said(kind);
        let body = if response.headers().contains_key("grpc-status") {
            // Behaviour §10.21: a caller of gRPC reads nothing else.
            let header = |name: &str| response.headers()[name].to_str().unwrap().to_owned();
            let expected = if kind == RejectionKind::InsufficientScope { "7" } else { "16" };
            assert_eq!((header("grpc-status"), header("grpc-message")), (expected.to_owned(), message.to_owned()));
            assert_eq!((response.status().as_u16(), challenges.len()), (200, 0), "{kind:?}");
            String::new()
        } else {
            assert_eq!((response.status().as_u16(), challenges.len()), (status, 1), "{kind:?}: {challenges:?}");
            let mut unique = Vec::new();
            for scope in &scopes {
                if !unique.contains(scope) {
                    unique.push(*scope);
                }
            }
            let text = challenges[0].to_str().expect("printable ASCII");
            assert_eq!(check(kind, text, separator, &unique.join(" ")).as_deref(), description, "{kind:?}");
            format!("{{\"message\":\"{message}\"}}")
        };
        assert_eq!(response.body(), &body, "{kind:?}");
    }
}

/// What is said of a reason, whatever was sent: the description in the challenge without the scopes, `None` for a challenge
/// without parameters, the status and the message. Behaviour §4.2: a missing token, one of too few parts, the audience,
/// the expiry and the scopes were observed; the other descriptions are this crate's own, and a promise since.
fn said(kind: RejectionKind) -> (Option<&'static str>, u16, &'static str) {
    use RejectionKind as No;
    let description = match kind {
        No::MissingToken | No::EmptyToken => return (None, 401, "Unauthorized"),
        No::InsufficientScope => return (Some("expected scopes"), 403, "Forbidden"),
        No::RepeatedToken => "more than one token was sent",
        No::TokenTooLong => "the token is too long",
        No::MalformedToken => "token contains an invalid number of segments",
        No::MalformedHeader => "the token is malformed",
        No::MalformedClaims => "the token is malformed",
        No::MalformedSignature => "the token is malformed",
        No::UnsupportedExtension => "the token is malformed",
        No::UnsupportedAlgorithm => "the signing method is invalid",
        No::UnknownIssuer => "the token has an invalid issuer",
        No::MissingKid => "the token does not have a kid",
        No::UnknownKey => "unable to find a key with the token's kid",
        No::InvalidSignature => "signature is invalid",
        No::MissingExpiry => "the token does not have an expiry",
        No::Expired => "the token has expired",
        No::NotYetValid => "the token is not valid yet",
        No::IssuedInFuture => "the token was issued in the future",
        No::MissingSubject => "the token does not have a subject",
        No::WrongAppClient => "the token does not have a valid audience",
        kind => panic!("{kind:?} has no cause here"),
    };
    (Some(description), 401, "Unauthorized")
}

/// Takes a challenge apart by its grammar (RFC 9110 §11.2, RFC 6750 §3), and gives its description without scopes; `None`
/// for one without parameters.
fn check(kind: RejectionKind, text: &str, separator: &str, scopes: &str) -> Option<String> {
    let Some(parameters) = text.strip_prefix("Bearer ") else {
        assert_eq!(text, "Bearer", "{kind:?}");
        return None;
    };
    let mut rest = parameters;
    let mut values = Vec::new();
    for (number, name) in ["scope", "error", "error_description"].into_iter().enumerate() {
        if number > 0 {
            rest = rest.strip_prefix(separator).unwrap_or_else(|| panic!("{text}: separator"));
        }
        rest = rest
            .strip_prefix(name)
            .and_then(|rest| rest.strip_prefix("=\""))
            .unwrap_or_else(|| panic!("{text}: {name}"));
        let (value, after) = rest.split_once('"').unwrap_or_else(|| panic!("{text}: the end of {name}"));
        assert!(value.bytes().all(|byte| matches!(byte, b' '..=b'~') && byte != b'\\'), "{text}");
        values.push(value);
        rest = after;
    }
    assert_eq!(rest, "", "{text}");
    assert_eq!(values[0], scopes);
    let error = if kind == RejectionKind::InsufficientScope { "insufficient_scope" } else { "invalid_token" };
    assert_eq!(values[1], error);
    let description = match kind {
        RejectionKind::InsufficientScope => values[2].strip_suffix(&format!(": [{scopes}]")).expect("the scopes"),
        _ => values[2],
    };
    Some(description.to_owned())
}
