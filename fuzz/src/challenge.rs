//! The challenge of a refusal says the reason and the scopes of the route, well formed, and nothing that was sent.

use std::{
    collections::HashMap,
    sync::{LazyLock, Mutex},
};

use cognito_authorizer::{Authorizer, AuthorizerType, Challenges, Rejection, RejectionKind};
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
        hydrated(builder.audience([CLIENT_ID]).unwrap().build().unwrap())
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
        let layer = if scopes == [""] { Ok(authorizer.layer()) } else { authorizer.authorization_scopes(&scopes) };
        let Ok(layer) = layer else { return };
        let mut request = Request::new(());
        add_headers(&mut request, headers.lines());
        let response = answer(&layer, request);
        let challenges: Vec<_> = response.headers().get_all(WWW_AUTHENTICATE).iter().collect();
        let Some(kind) = response.extensions().get::<Rejection>().map(|rejection| rejection.kind()) else {
            assert_eq!((response.status().as_u16(), challenges.len()), (200, 0));
            continue;
        };
        let is_for_grpc = response.headers().contains_key("grpc-status");
        assert_eq!(challenges.len(), usize::from(!is_for_grpc), "{kind:?}: {challenges:?}");
        let said = match challenges.first() {
            None => String::new(),
            Some(challenge) => {
                let text = challenge.to_str().expect("printable ASCII");
                let mut unique = Vec::new();
                for scope in &scopes {
                    if !unique.contains(scope) {
                        unique.push(*scope);
                    }
                }
                check(kind, text, separator, &unique.join(" "))
            }
        };
        let expected = if kind == RejectionKind::InsufficientScope { 403 } else { 401 };
        assert_eq!(response.status().as_u16(), if is_for_grpc { 200 } else { expected }, "{kind:?}");
        // Whatever was sent: of one reason there is one answer.
        static SAID: LazyLock<Mutex<HashMap<(RejectionKind, bool), (String, Vec<u8>)>>> = LazyLock::new(Mutex::default);
        let answer = (said, response.body().to_vec());
        let mut known = SAID.lock().unwrap();
        assert_eq!(known.entry((kind, is_for_grpc)).or_insert_with(|| answer.clone()), &answer, "{kind:?}");
    }
}

/// Takes a challenge apart by its grammar (RFC 9110 §11.2, RFC 6750 §3), and gives its description without scopes.
fn check(kind: RejectionKind, text: &str, separator: &str, scopes: &str) -> String {
    let is_bare = matches!(kind, RejectionKind::MissingToken | RejectionKind::EmptyToken);
    let Some(parameters) = text.strip_prefix("Bearer ") else {
        assert!(text == "Bearer" && is_bare, "{kind:?}: {text}");
        return String::new();
    };
    assert!(!is_bare, "{kind:?}: {text}");
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
    match values[2].strip_suffix(&format!(": [{scopes}]")) {
        Some(description) if kind == RejectionKind::InsufficientScope => description.to_owned(),
        _ => values[2].to_owned(),
    }
}
