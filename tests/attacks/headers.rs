//! Section 5 of the attack list: header intake and propagation.

use std::{convert::Infallible, sync::atomic::Ordering};

use bytes::Bytes;
use cognito_authorizer::{
    AuthorizerLayer, AuthorizerType, RejectionKind as No, RouteTable, limits,
    request_context::ClaimHeaders,
    token::{BearerScheme, IdentitySource},
};
use http::{HeaderMap, HeaderName, HeaderValue, Request, Response};
use http_body_util::{BodyExt, Full};
use serde_json::{Value, json};
use tower::{Layer, ServiceExt, service_fn};
use tracing_subscriber::filter::LevelFilter;

use crate::{
    rows::{builder, http_builder, layers},
    support::{
        guarded::{self, Client, get},
        keys::{self, Answer, ScriptedKeys},
        log::Log,
        requests::{request, scoped, send},
        strict::Strict,
        tokens::*,
    },
};

#[tokio::test]
async fn t_hdr_1_one_header_with_one_token() {
    let token = Token::access().sign();
    for layer in layers() {
        for (values, expected, why) in [
            (&[&*token][..], None, "bare"),
            (&[&*format!("Bearer {token}")], None, "with its scheme"),
            (&[&*format!("BEARER {token}")], None, "in capitals"),
            (&[], Some(No::MissingToken), "none"),
            (&[""], Some(No::EmptyToken), "empty"),
            (&["Bearer "], Some(No::EmptyToken), "a scheme and no token"),
            (&[&token, &token], Some(No::RepeatedToken), "twice the same"),
            (&[&token, ""], Some(No::RepeatedToken), "and an empty one"),
            (&["Basic aWQ6c2VjcmV0", &token], Some(No::RepeatedToken), "and another scheme"),
            (&[&*format!("{token}, {token}")], Some(No::MalformedToken), "joined by a comma"),
            (&[&*format!("{token},")], Some(No::MalformedSignature), "and a comma"),
            (&[&*format!("Bearer Bearer {token}")], Some(No::MalformedHeader), "Bearer twice"),
            (&[&*format!("Bearer  {token}")], Some(No::MalformedHeader), "two spaces"),
            (&[&*format!("Bearer\t{token}")], Some(No::MalformedHeader), "a tab"),
            (&[&*format!("Bearer{token}")], Some(No::MalformedHeader), "no space"),
            (&[&*format!("Bearer:{token}")], Some(No::MalformedHeader), "a colon"),
            (&[&*format!("Bearer \"{token}\"")], Some(No::MalformedHeader), "in quotes"),
            (&[&*format!(" {token}")], Some(No::MalformedHeader), "a space in front"),
            (&[&*format!("{token} ")], Some(No::MalformedSignature), "a space behind"),
            (&[&*format!("x Bearer {token}")], Some(No::MalformedHeader), "something in front of the scheme"),
            (&[&*format!("Basic, Bearer {token}")], Some(No::MalformedHeader), "another scheme in front"),
            (&[&*format!("Basic {token}")], Some(No::MalformedHeader), "another scheme"),
            (&[&*format!("DPoP {token}")], Some(No::MalformedHeader), "another scheme"),
        ] {
            let answer = send(&layer, request("GET", "/", values)).await;
            assert_eq!(answer.reason, expected, "{why}");
            if let Some(kind) = expected {
                answer.assert_is_gateway_response(kind);
            }
        }
    }
    // A header that is folded, or split in two, does not come to us at all; nor does a name with a blank behind.
    let address = guarded::serve(layers()[0].layer(service_fn(guarded::subject))).await;
    let (front, behind) = token.split_at(100);
    for (lines, expected) in [
        (format!("authorization: {token}\r\n"), 200),
        (format!("authorization: {front}\r\n {behind}\r\n"), 400),
        (format!("authorization:\r\n {token}\r\n"), 400),
        (format!("authorization : {token}\r\n"), 400),
        (format!("authorization: {token}\0\r\n"), 400),
        (format!("authorization: {token}\r\nAuthorization: {token}\r\n"), 401),
        (format!("authorization: \r\nauthorization: {token}\r\n"), 401),
        (format!("x-authorization: {token}\r\nproxy-authorization: {token}\r\ncookie: token={token}\r\n"), 401),
    ] {
        let request = format!("GET / HTTP/1.1\r\nhost: localhost\r\n{lines}\r\n");
        let answer = Client::connect(address).await.ask(request.as_bytes()).await;
        assert_eq!(answer.map(|(status, _)| status), Some(expected), "{}", &lines[..30]);
    }
    // Where the scheme has to be there, and where it must not.
    for (bearer, bare, with_scheme) in [
        (BearerScheme::Required, Some(No::MissingScheme), None),
        (BearerScheme::Rejected, None, Some(No::MalformedHeader)),
    ] {
        let source = IdentitySource::default().with_bearer_scheme(bearer);
        let layer = scoped(&builder(&ScriptedKeys::new()).identity_source(source).build().unwrap());
        for (value, expected) in [(token.clone(), bare), (format!("Bearer {token}"), with_scheme)] {
            assert_eq!(send(&layer, request("GET", "/", &[&value])).await.reason, expected, "{bearer:?}");
        }
    }
    // The same holds for a query parameter.
    let source = http_builder(&ScriptedKeys::new()).identity_source("$request.querystring.token");
    let layer = scoped(&source.build().unwrap());
    for (query, expected) in [
        (format!("token={token}"), None),
        (format!("token={token}&token={token}"), Some(No::RepeatedToken)),
        (format!("token={token}&t%6fken="), Some(No::RepeatedToken)),
        (format!("Token={token}"), Some(No::MissingToken)),
        ("token=".to_owned(), Some(No::EmptyToken)),
        (format!("x={token}"), Some(No::MissingToken)),
    ] {
        let reason = send(&layer, request("GET", &format!("/?{query}"), &[&token])).await.reason;
        assert_eq!(reason, expected, "{}", &query[..10.min(query.len())]);
    }
}

/// What the service behind sees of a request: its headers but those of the request itself.
async fn seen(layer: &AuthorizerLayer, request: Request<Full<Bytes>>) -> (u16, Value) {
    let inner = service_fn(|request: Request<Full<Bytes>>| async move {
        let text = |value: &HeaderValue| String::from_utf8(value.as_bytes().to_vec()).unwrap();
        let headers = request.headers().iter().filter(|(name, _)| *name != "authorization");
        let headers: Vec<Value> = headers.map(|(name, value)| json!([name.as_str(), text(value)])).collect();
        Ok::<_, Infallible>(Response::new(Full::<Bytes>::from(Value::from(headers).to_string())))
    });
    let response = layer.layer(inner).oneshot(request).await.unwrap();
    let status = response.status().as_u16();
    let body = response.into_body().collect().await.unwrap().to_bytes();
    (status, serde_json::from_slice(&body).unwrap())
}

fn claim_headers() -> AuthorizerLayer {
    let headers = ClaimHeaders::builder().claim("x-user-id", "sub").claim("x-role", "custom:role");
    let headers = headers.request_context("x-context").build().unwrap();
    let authorizer = builder(&ScriptedKeys::new()).claim_headers(headers).pass_preflight(true).build().unwrap();
    authorizer
        .layer()
        .routes(RouteTable::builder().open("GET /open").scopes("GET /pets", ["pets/read"]).build().unwrap())
        .unwrap()
}

#[tokio::test]
async fn t_hdr_2_claim_headers_are_ours_alone() {
    let layer = claim_headers();
    let with_copies = |path: &str, values: &[&str]| {
        let mut request = request("GET", path, values);
        for name in [
            "x-user-id",
            "X-USER-ID",
            "x_user_id",
            "x.user.id",
            "x-user_id",
            "x-role",
            "X_Role",
            "x-context",
            "x_context",
            "x-other",
        ] {
            request.headers_mut().append(HeaderName::from_bytes(name.as_bytes()).unwrap(), "root".parse().unwrap());
        }
        request.headers_mut().append("connection", "close, X-User-Id".parse().unwrap());
        request.headers_mut().append("trailer", "x-checksum, X-Role".parse().unwrap());
        request
    };
    let token = Token::access().sign();
    let (status, headers) = seen(&layer, with_copies("/pets", &[&token])).await;
    let headers = headers.as_array().unwrap();
    let of = |name: &str| headers.iter().filter(|header| header[0] == name).collect::<Vec<_>>();
    assert_eq!((status, headers.len()), (200, 3), "{headers:?}");
    assert_eq!(of("x-user-id"), [&json!(["x-user-id", CLIENT_ID])]);
    assert_eq!(of("x-other"), [&json!(["x-other", "root"])]);
    assert!(of("x-context")[0][1].as_str().unwrap().contains(CLIENT_ID), "and `x-role` has no claim");
    // On an open route too, with a token and with none.
    for values in [&[][..], &[&*token], &["garbage"]] {
        assert_eq!(seen(&layer, with_copies("/open", values)).await, (200, json!([["x-other", "root"]])));
    }
    // A list that nobody can look through is not handed on.
    for (count, expected) in [(limits::MAX_LISTED_HEADERS, true), (limits::MAX_LISTED_HEADERS + 1, false)] {
        for (name, rows) in [("connection", 1), ("trailer", 2)] {
            let mut request = request("GET", "/open", &[]);
            for row in 0..rows {
                let names = (0..(count + row) / rows).map(|_| "x-other").collect::<Vec<_>>().join(",");
                request.headers_mut().append(name, names.parse().unwrap());
            }
            let (_, headers) = seen(&layer, request).await;
            let is_there = headers.as_array().unwrap().iter().any(|header| header[0] == name);
            assert_eq!(is_there, expected, "{count} names in {name}");
        }
    }
    // And on a preflight.
    let mut preflight = with_copies("/pets", &[]);
    *preflight.method_mut() = http::Method::OPTIONS;
    preflight.headers_mut().insert("origin", "https://page.example".parse().unwrap());
    preflight.headers_mut().insert("access-control-request-method", "GET".parse().unwrap());
    let (status, headers) = seen(&layer, preflight).await;
    assert_eq!((status, headers.as_array().unwrap().len()), (200, 3), "{headers}");
}

/// What CGI, PHP and WSGI read as `x-auth-token`, whichever they take of several.
#[tokio::test]
async fn t_hdr_8_another_name_of_the_token_does_not_reach_the_service() {
    let token = Token::access().sign();
    let table = || RouteTable::builder().open("GET /open").scopes("GET /", ["pets/read"]).build().unwrap();
    for forward in [true, false] {
        let authorizer = builder(&ScriptedKeys::new()).identity_source("method.request.header.X-Auth-Token");
        let layer = authorizer.forward_token(forward).build().unwrap().layer().routes(table()).unwrap();
        for (names, expected) in [
            (&["x-auth-token"][..], None),
            (&["x-auth-token", "x_auth_token"], Some(No::RepeatedToken)),
            (&["x_auth_token"], Some(No::MissingToken)),
        ] {
            let mut request = request("GET", "/", &[]);
            for name in names {
                request.headers_mut().insert(*name, token.parse().unwrap());
            }
            assert_eq!(send(&layer, request).await.reason, expected, "{names:?}");
        }
    }
    // A query parameter has other names too.
    let query = http_builder(&ScriptedKeys::new()).identity_source("$request.querystring.token");
    let table = RouteTable::builder().authorizer_type(AuthorizerType::Jwt).scopes("GET /", ["pets/read"]);
    let layer = query.build().unwrap().layer().routes(table.build().unwrap()).unwrap();
    for (other, expected) in [
        ("tokens", None),
        ("Token", Some(No::RepeatedToken)),
        ("+token", Some(No::RepeatedToken)),
        ("token%00x", Some(No::RepeatedToken)),
        ("token[]", Some(No::RepeatedToken)),
    ] {
        for target in [format!("/?{other}=x&token={token}"), format!("/?a=b;{other}=x&token={token}")] {
            assert_eq!(send(&layer, request("GET", &target, &[])).await.reason, expected, "{other}");
        }
    }
}

#[tokio::test]
async fn t_hdr_3_a_claim_cannot_end_its_header() {
    let layer = claim_headers();
    for (claim, expected) in [
        (json!("7"), Some("7".to_owned())),
        (json!("ä€"), Some("ä€".to_owned())),
        (json!("x".repeat(5_000)), Some("x".repeat(5_000))),
        (json!("a\r\nx-role: root"), None),
        (json!("a\nb"), None),
        (json!("a\rb"), None),
        (json!("a\0b"), None),
        (json!("a\u{7f}b"), None),
        (json!(" a"), None),
        (json!("a\t"), None),
        (json!(["a\r\n", "b"]), None),
    ] {
        let token = Token::access().with("custom:role", claim.clone()).sign();
        let (status, headers) = seen(&layer, request("GET", "/pets", &[&token])).await;
        assert_eq!(status, 200, "{claim}");
        let headers: Vec<&Value> = headers.as_array().unwrap().iter().collect();
        let role: Vec<&str> =
            headers.iter().filter(|own| own[0] == "x-role").map(|own| own[1].as_str().unwrap()).collect();
        assert_eq!(role, expected.iter().map(String::as_str).collect::<Vec<_>>(), "{claim}");
        let context = headers.iter().find(|own| own[0] == "x-context").unwrap()[1].as_str().unwrap();
        assert!(context.is_ascii() && !context.contains(['\r', '\n', '\0']), "{context}");
        let context: Value = serde_json::from_str(context).unwrap();
        assert_eq!(context["authorizer"]["claims"]["sub"], CLIENT_ID, "it is whole");
    }
    // One that is longer than any token does not come up.
    let token = Token::access().with("custom:role", "x".repeat(65_536)).sign();
    let answer = send(&layer, request("GET", "/pets", &[&token])).await;
    assert_eq!(answer.reason, Some(No::TokenTooLong));
    assert!(token.len() > limits::MAX_TOKEN_BYTES);
}

/// Behind a proxy, the requests after the upgrade would not pass the layer.
#[tokio::test]
async fn t_hdr_9_no_upgrade_to_http_2_reaches_the_service() {
    let table = RouteTable::builder().open("GET /open").build().unwrap();
    let layer = builder(&ScriptedKeys::new()).build().unwrap().layer().routes(table).unwrap();
    let service = layer.layer(service_fn(|request: Request<Full<Bytes>>| async move {
        let names = ["upgrade", "http2-settings"].map(|name| request.headers().contains_key(name));
        Ok::<_, Infallible>(Response::new(Full::<Bytes>::from(format!("{names:?}"))))
    }));
    for (upgrade, expected) in [
        ("h2c", "[false, false]"),
        ("H2C", "[false, false]"),
        ("websocket, h2c", "[false, false]"),
        ("websocket", "[true, true]"),
    ] {
        let mut request = request("GET", "/open", &[]);
        request.headers_mut().insert("upgrade", upgrade.parse().unwrap());
        request.headers_mut().insert("http2-settings", "AAMAAABkAAQAAP__".parse().unwrap());
        let response = service.clone().oneshot(request).await.unwrap();
        let body = response.into_body().collect().await.unwrap().to_bytes();
        assert_eq!(body, expected, "{upgrade}");
    }
}

#[tokio::test]
async fn t_hdr_5_a_no_never_looks_like_a_yes() {
    let layer = claim_headers();
    let forged = |authorization: &[&str]| {
        let mut request = request("GET", "/pets", authorization);
        request.headers_mut().insert("x-user-id", "root".parse().unwrap());
        request
    };
    let expired = Token::access().with("exp", 1).sign();
    let tokens = [&[][..], &["garbage"], &[&*expired]];
    for authorization in tokens {
        let inner = Strict::default();
        let calls = inner.calls();
        let response = layer.layer(inner).oneshot(forged(authorization)).await.unwrap();
        assert_eq!((response.status().as_u16(), calls.load(Ordering::SeqCst)), (401, 0), "{authorization:?}");
        let names: Vec<&str> = response.headers().keys().map(HeaderName::as_str).collect();
        assert!(!names.iter().any(|name| name.starts_with("x-user") || *name == "x-context"), "{names:?}");
    }
    // The one setting that lets a refused request pass lets it pass as nobody's.
    let shadow = layer.dangerous().shadow();
    for authorization in tokens {
        assert_eq!(seen(&shadow, forged(authorization)).await, (200, json!([])), "{authorization:?}");
    }
}

#[tokio::test]
async fn t_hdr_6_a_token_in_a_trailer_is_not_looked_at() {
    let token = Token::access().sign();
    let trailers = HeaderMap::from_iter([(http::header::AUTHORIZATION, token.parse::<HeaderValue>().unwrap())]);
    let layer = &layers()[0];
    let inner = service_fn(|request: Request<_>| async move {
        drop(request);
        Ok::<_, Infallible>(Response::new(Full::<Bytes>::default()))
    });
    let body = Full::new(Bytes::from("x")).with_trailers(async { Some(Ok(trailers)) });
    let response = layer.layer(inner).oneshot(Request::builder().body(body).unwrap()).await.unwrap();
    assert_eq!(response.status(), 401);
    // Over a socket, announced and all.
    let address = guarded::serve(layer.layer(service_fn(guarded::subject))).await;
    let head = "POST / HTTP/1.1\r\nhost: localhost\r\ntransfer-encoding: chunked\r\ntrailer: authorization\r\nte: trailers\r\n\r\n";
    let request = format!("{head}1\r\nx\r\n0\r\nauthorization: {token}\r\n\r\n");
    let answer = Client::connect(address).await.ask(request.as_bytes()).await.unwrap();
    assert_eq!(answer, (401, r#"{"message":"Unauthorized"}"#.to_owned()));
    let answer = Client::connect(address).await.ask(&get("/", &[("authorization", &token)])).await.unwrap();
    assert_eq!(answer, (200, CLIENT_ID.to_owned()), "as a header it is");
}

/// Whatever is sent, no log line and no answer holds a piece of it.
#[tokio::test]
async fn t_hdr_7_nothing_that_was_received_is_logged_or_answered() {
    const CANARY: &str = "canary";
    let log = Log::default();
    let _guard = log.capture(LevelFilter::TRACE);
    let keys = ScriptedKeys::new();
    let authorizer = builder(&keys).build().unwrap();
    let (scoped, routed) = (scoped(&authorizer), claim_headers());
    let good = Token::access();
    let mut tokens: Vec<String> =
        vec![CANARY.to_owned(), format!("Basic {CANARY}"), format!("{CANARY}.{CANARY}.{CANARY}")];
    let claims = [
        "iss",
        "sub",
        "aud",
        "exp",
        "nbf",
        "token_use",
        "client_id",
        "scope",
        "username",
        "cognito:groups",
        "custom:x",
        CANARY,
    ];
    let values =
        [json!(CANARY), json!([CANARY]), json!({CANARY: CANARY}), json!(format!("{CANARY}\r\n\u{1b}[31m{CANARY}"))];
    for value in values {
        tokens.extend(claims.iter().map(|claim| good.clone().with(claim, value.clone()).sign()));
        tokens.extend(
            ["kid", "alg", "typ", "crit", "jku"].map(|name| good.clone().with_header(name, value.clone()).sign()),
        );
    }
    tokens.push(good.clone().with("scope", CANARY).with("exp", 1).sign());
    tokens.push(format!("{}{CANARY}", good.sign()));
    tokens.push(good.clone().by(&NEXT_KEY).with("sub", CANARY).sign());
    let mut random = fastrand::Rng::with_seed(7);
    let genuine = good.with("sub", CANARY).sign();
    for _ in 0..300 {
        let mut spoiled = genuine.clone().into_bytes();
        for _ in 0..random.usize(1..4) {
            let place = random.usize(..spoiled.len());
            spoiled[place] = b' ' + random.u8(..95);
        }
        tokens.push(String::from_utf8(spoiled).unwrap());
    }
    let mut refused = 0;
    for token in &tokens {
        for (layer, path) in
            [(&scoped, "/canary?canary=canary"), (&routed, "/pets/canary"), (&routed, "/open/../canary")]
        {
            let answer = send(layer, request("GET", path, &[token])).await;
            if answer.reason.is_some() {
                refused += 1;
                let said = format!("{} {:?}", answer.body, answer.headers);
                assert!(!said.contains(CANARY) && !holds_a_piece(&said, token), "{said}");
            }
        }
    }
    // Failures of the key server hold what it sent, and that is not to be trusted either.
    keys.set(ISSUER, Answer::Document(format!(r#"{{"keys":[{{"kid":"{CANARY}","kty":"{CANARY}"}}]}}"#)));
    let fresh = builder(&keys).clock(keys::clock()).build().unwrap();
    assert!(!fresh.hydrate().await.unwrap_err().to_string().contains(CANARY));
    let text = log.text();
    let told = text.matches("request rejected").count();
    assert!(refused > 800 && told == refused, "{told} of {refused}");
    assert!(!text.contains(CANARY), "a value was logged");
    assert!(!tokens.iter().any(|token| holds_a_piece(&text, token)), "a part of a token was logged");
}

/// Whether a text holds the beginning or the end of a part of a token.
fn holds_a_piece(text: &str, token: &str) -> bool {
    let parts = token.split('.').filter(|part| part.is_ascii() && part.len() >= 24);
    parts.flat_map(|part| [&part[..12], &part[part.len() - 12..]]).any(|piece| text.contains(piece))
}
