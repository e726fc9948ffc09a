//! Each rejected request has its own reason, and a REST API's response to the byte.
//!
//! Rows: `src/docs/behaviour.md`, sections 1 and 2.1; attack ids: `src/docs/attacks.md`.
use std::time::Duration;

use cognito_authorizer::{AuthorizerLayer, RejectionKind as No, RouteTable, limits, token::ExpectedTokenUse};
use http::{HeaderValue, StatusCode};
use serde_json::{Value, json};

use crate::support::{
    keys::{self, Answer, ScriptedKeys},
    requests::{reason, request, send},
    tokens::*,
};

pub(super) fn scoped() -> AuthorizerLayer {
    keys::authorizer().layer().scopes(["pets/read"]).unwrap()
}

pub(super) fn unscoped() -> AuthorizerLayer {
    keys::authorizer().layer()
}

#[tokio::test]
async fn takes_what_api_gateway_takes() {
    let (access, id) = (Token::access().sign(), Token::id().sign());
    for (layer, value, why) in [
        (scoped(), access.clone(), "1.1.4: the bare token"),
        (scoped(), format!("Bearer {access}"), "1.1.5"),
        (scoped(), format!("bearer {access}"), "1.1.7"),
        (scoped(), Token::access().with("scope", "openid pets/read").sign(), "1.4.1: any one"),
        (scoped(), Token::access().with("aud", "https://api.example").sign(), "7.2: resource binding"),
        (scoped(), Token::access().with("nbf", NOW).sign(), "from `nbf` on"),
        (scoped(), Token::access().with("iat", NOW + 1).sign(), "1.5.9: `iat` is not looked at"),
        (scoped(), Token::access().without("iat").sign(), "1.5.11"),
        (scoped(), Token::access().with_header("typ", "JWT").sign(), "other header members are ignored"),
        (scoped(), Token::access().with_header("jku", "https://evil.example/").sign(), "1.5.14: never followed"),
        (scoped(), Token::access().with("__proto__", json!({"constructor": 1})).sign(), "T-PAR-8: data"),
        (unscoped(), id.clone(), "1.3.1"),
        (unscoped(), format!("Bearer {id}"), "1.3.1"),
        (unscoped(), Token::id().with("exp", NOW + 1).sign(), "until `exp`"),
    ] {
        let answer = send(&layer, request("GET", "/", &[&value])).await;
        assert_eq!((answer.status, answer.reason), (StatusCode::OK, None), "{why}");
        assert_ne!(answer.body, "nobody", "{why}");
    }
}

#[tokio::test]
async fn rejects_a_request_without_one_token() {
    let token = Token::access().sign();
    for (values, expected, why) in [
        (&[][..], No::MissingToken, "1.1.10"),
        (&[""], No::EmptyToken, "1.1.10"),
        (&["Bearer "], No::EmptyToken, "1.1.10"),
        (&[&*token, &*token], No::RepeatedToken, "1.1.9"),
        (&["Bearer a", "Basic b"], No::RepeatedToken, "T-HDR-1"),
    ] {
        let answer = send(&scoped(), request("GET", "/", values)).await;
        assert_eq!(answer.reason, Some(expected), "{why}");
        answer.assert_is_gateway_response(expected);
    }
}

#[tokio::test]
async fn rejects_what_is_not_a_token() {
    let token = Token::access().sign();
    let longest = "a".repeat(limits::MAX_TOKEN_BYTES);
    for (value, expected, why) in [
        ("garbage".to_owned(), No::MalformedToken, "2.1: malformed"),
        (format!(" {token}"), No::MalformedHeader, "1.1.7: a space in front"),
        (format!("Bearer  {token}"), No::MalformedHeader, "1.1.7: two spaces"),
        (format!("Bearer\t{token}"), No::MalformedHeader, "1.1.7: a tab"),
        (format!("Bearer Bearer {token}"), No::MalformedHeader, "T-HDR-1"),
        (format!("{token}, {token}"), No::MalformedToken, "T-HDR-1: comma-joined"),
        (format!("{token} "), No::MalformedSignature, "1.1.7: a space behind"),
        ("Basic aWQ6c2VjcmV0".to_owned(), No::MalformedToken, "another scheme"),
        ("AWS4-HMAC-SHA256 Credential=a/b/c, Signature=d".to_owned(), No::MalformedToken, "1.1.11"),
        (format!("{token}."), No::MalformedToken, "1.3.6: four parts"),
        ("a.b.c.d.e".to_owned(), No::MalformedToken, "1.3.6: five parts"),
        ("..".to_owned(), No::MalformedToken, "T-PAR-1: empty parts"),
        (".".repeat(1_000_000), No::TokenTooLong, "T-PAR-1: 1 MB of dots"),
        (".".repeat(limits::MAX_TOKEN_BYTES), No::MalformedToken, "T-PAR-1: as many dots as may be"),
        (longest.clone(), No::MalformedToken, "the longest"),
        (format!("{longest}a"), No::TokenTooLong, "one byte more"),
        (format!("Bearer {longest}a"), No::TokenTooLong, "one byte more, with a scheme"),
        (format!(r#"{{"payload":"{token}","signatures":[]}}"#), No::MalformedHeader, "T-ALG-11: JSON Serialization"),
    ] {
        let answer = send(&scoped(), request("GET", "/", &[&value])).await;
        assert_eq!(answer.reason, Some(expected), "{why}");
        answer.assert_is_gateway_response(expected);
    }
}

#[tokio::test]
async fn rejects_a_token_out_of_its_time() {
    for (token, expected, why) in [
        (Token::access().with("exp", NOW), No::Expired, "T-CLM-5: on `exp`"),
        (Token::access().with("exp", NOW - 1), No::Expired, "1.5.8"),
        (Token::access().with("exp", 0), No::Expired, "the epoch"),
        (Token::access().without("exp"), No::MissingExpiry, "1.5.10"),
        (Token::access().with("nbf", NOW + 1), No::NotYetValid, "T-CLM-6"),
        (Token::access().with("nbf", "0"), No::NotYetValid, "T-PAR-5: nbf no number"),
        (Token::access().with("nbf", Value::Null), No::NotYetValid, "T-PAR-5: nbf null"),
    ] {
        assert_eq!(reason(&scoped(), &token.sign()).await, Some(expected), "{why}");
    }
    let good = Token::access();
    for expiry in [
        r#""1718722804""#,
        "1718722804.0",
        "1718722804.5",
        "1.7e9",
        "-1",
        "-0",
        "9223372036854775808",
        "18446744073709551616",
        "253402300800",
        "true",
        "null",
        "[1718722804]",
        r#"{"$serde_json::private::Number":"1718722804"}"#,
    ] {
        let claims = good.claims_text().replace(&format!(r#""exp":{EXPIRES_AT}"#), &format!(r#""exp":{expiry}"#));
        assert_ne!(claims, good.claims_text());
        let token = good.sign_texts(&good.header_text(), &claims);
        assert_eq!(reason(&scoped(), &token).await, Some(No::MissingExpiry), "T-PAR-5: {expiry}");
    }
    // A forged token reveals nothing, not even that it has expired.
    let expired = Token::access().with("exp", NOW).sign();
    let forged = format!("{}.AA", expired.rsplit_once('.').unwrap().0);
    assert_eq!(reason(&scoped(), &forged).await, Some(No::InvalidSignature), "10.7");
}

#[tokio::test]
async fn leeway_moves_both_edges_and_no_further() {
    let layer = keys::builder(&ScriptedKeys::new())
        .leeway(Duration::from_secs(30))
        .build()
        .unwrap()
        .layer()
        .scopes(["pets/read"])
        .unwrap();
    for (token, expected) in [
        (Token::access().with("exp", NOW - 29), None),
        (Token::access().with("exp", NOW - 30), Some(No::Expired)),
        (Token::access().with("nbf", NOW + 30), None),
        (Token::access().with("nbf", NOW + 31), Some(No::NotYetValid)),
    ] {
        assert_eq!(reason(&layer, &token.sign()).await, expected, "{:?}", token.claims);
    }
}

#[tokio::test]
async fn rejects_the_wrong_kind_of_token() {
    for (layer, token, expected, why) in [
        (scoped(), Token::id(), Some(No::WrongTokenUse), "1.3.5: ID token on a scoped route"),
        (scoped(), Token::id().with("scope", "pets/read"), Some(No::WrongTokenUse), "1.3.7: a scope does not help"),
        (unscoped(), Token::access(), Some(No::WrongTokenUse), "1.3.2: access token on an unscoped route"),
        (scoped(), Token::access().without("token_use"), Some(No::WrongTokenUse), "1.3.7: missing"),
        (scoped(), Token::access().with("token_use", "ACCESS"), Some(No::WrongTokenUse), "case"),
        (scoped(), Token::access().with("token_use", "refresh"), Some(No::WrongTokenUse), "T-CLM-3"),
        (scoped(), Token::access().with("token_use", json!(["access"])), Some(No::WrongTokenUse), "T-PAR-5"),
        (scoped(), Token::access().without("sub"), Some(No::MissingSubject), "10.3"),
        (scoped(), Token::access().with("sub", 1), Some(No::MissingSubject), "10.3"),
    ] {
        assert_eq!(reason(&layer, &token.sign()).await, expected, "{why}");
    }
    let expecting = |expected| keys::builder(&ScriptedKeys::new()).token_use(expected).build().unwrap();
    for (expected, access, id) in [
        (ExpectedTokenUse::ByScopes, false, true),
        (ExpectedTokenUse::Access, true, false),
        (ExpectedTokenUse::Id, false, true),
        (ExpectedTokenUse::Either, true, true),
    ] {
        let layer = expecting(expected).layer();
        assert_eq!(reason(&layer, &Token::access().sign()).await.is_none(), access, "{expected:?}");
        assert_eq!(reason(&layer, &Token::id().sign()).await.is_none(), id, "{expected:?}");
    }
    let either = expecting(ExpectedTokenUse::Either).layer();
    assert_eq!(reason(&either, &Token::access().without("token_use").sign()).await, Some(No::WrongTokenUse));
}

#[tokio::test]
async fn rejects_another_app_client_if_some_are_listed() {
    let authorizer = keys::builder(&ScriptedKeys::new()).app_clients([CLIENT_ID, "second"]).build().unwrap();
    let (scoped, unscoped) = (authorizer.layer().scopes(["pets/read"]).unwrap(), authorizer.layer());
    for (layer, token, expected, why) in [
        (&scoped, Token::access(), None, "listed"),
        (&scoped, Token::access().with("client_id", "second"), None, "listed"),
        (&scoped, Token::access().with("client_id", "third"), Some(No::WrongAppClient), "T-CLM-4"),
        (&scoped, Token::access().without("client_id"), Some(No::WrongAppClient), "T-CLM-4: no client_id"),
        (&scoped, Token::access().with("client_id", json!([CLIENT_ID])), Some(No::MalformedClaims), "T-PAR-5"),
        (
            &scoped,
            Token::access().with("client_id", "third").with("aud", CLIENT_ID),
            Some(No::WrongAppClient),
            "T-CLM-4: aud",
        ),
        (&unscoped, Token::id(), None, "listed"),
        (&unscoped, Token::id().with("aud", json!(["x", CLIENT_ID])), None, "1.2.6: any element"),
        (&unscoped, Token::id().with("aud", "third"), Some(No::WrongAppClient), "T-CLM-4"),
        (&unscoped, Token::id().with("aud", "third").with("client_id", CLIENT_ID), Some(No::WrongAppClient), "T-CLM-4"),
        (&unscoped, Token::id().without("aud"), Some(No::WrongAppClient), "no aud"),
        (&unscoped, Token::id().with("aud", json!({"a": CLIENT_ID})), Some(No::MalformedClaims), "T-PAR-5"),
    ] {
        assert_eq!(reason(layer, &token.sign()).await, expected, "{why}");
    }
}

#[tokio::test]
async fn rejects_a_token_without_the_scope() {
    for (scope, why) in [
        (json!("pets/write"), "1.3.4"),
        (json!("pets/read2"), "T-CLM-7: prefix"),
        (json!("PETS/READ"), "T-CLM-7: case"),
        (json!("read"), "1.4.3: suffix"),
        (json!("x,pets/read"), "T-CLM-7: comma"),
        (json!("x\tpets/read"), "T-CLM-7: tab"),
        (json!("x\u{a0}pets/read"), "T-CLM-7: no-break space"),
        (json!(""), "empty"),
        (json!("aws.cognito.signin.user.admin"), "T-CLM-8: SDK sign-in"),
    ] {
        let token = Token::access().with("scope", scope).sign();
        assert_eq!(reason(&scoped(), &token).await, Some(No::InsufficientScope), "{why}");
    }
    let token = Token::access().without("scope").with("scp", "pets/read").sign();
    assert_eq!(reason(&scoped(), &token).await, Some(No::InsufficientScope), "1.4.6: scp is another API's");
}

/// An optional claim with the wrong type does not count as absent.
#[tokio::test]
async fn rejects_claims_of_another_type() {
    for name in ["scope", "client_id", "username", "cognito:username", "aud"] {
        for value in [json!(null), json!(1), json!(true), json!({"a": "pets/read"}), json!([1]), json!([["pets/read"]])]
        {
            let token = Token::access().with(name, value.clone()).sign();
            assert_eq!(reason(&scoped(), &token).await, Some(No::MalformedClaims), "T-PAR-5: {name} {value}");
        }
    }
    for name in ["scope", "client_id", "username"] {
        let token = Token::access().with(name, json!(["pets/read"])).sign();
        assert_eq!(reason(&scoped(), &token).await, Some(No::MalformedClaims), "T-PAR-5: {name}");
    }
}

#[tokio::test]
async fn routes_come_first() {
    let table = RouteTable::builder()
        .open("GET /health")
        .scopes("GET /pets/{id}", ["pets/read"])
        .scopes("ANY /admin/{proxy+}", ["pets/admin"])
        .guarded("GET /me")
        .build()
        .unwrap();
    let layer = keys::authorizer().layer().routes(table).unwrap();
    let (access, id) = (Token::access().sign(), Token::id().sign());
    for (method, path, authorization, expected) in [
        ("GET", "/health", &[][..], None),
        ("GET", "/health", &["garbage"], None),
        ("GET", "/pets/7?x=/admin", &[&*access], None),
        ("GET", "/pets/7", &[], Some(No::MissingToken)),
        ("POST", "/pets/7", &[&*access], Some(No::NoRoute)),
        ("GET", "/admin/x", &[&*access], Some(No::InsufficientScope)),
        ("GET", "/me", &[&*id], None),
        ("GET", "/me", &[&*access], Some(No::WrongTokenUse)),
        ("GET", "/other", &[&*access], Some(No::NoRoute)),
        ("GET", "/pets/../admin", &[&*access], Some(No::AmbiguousPath)),
        ("GET", "/admin/%2e%2e/health", &[], Some(No::AmbiguousPath)),
    ] {
        let answer = send(&layer, request(method, path, authorization)).await;
        assert_eq!(answer.reason, expected, "{method} {path}");
        if let Some(kind) = expected {
            answer.assert_is_gateway_response(kind);
        }
    }
}

#[tokio::test]
async fn the_responses_are_those_of_a_rest_api() {
    let unavailable = ScriptedKeys::new();
    unavailable.set(ISSUER, Answer::Failure);
    let unavailable = keys::builder(&unavailable).build().unwrap().layer().scopes(["pets/read"]).unwrap();
    let routes = keys::authorizer().layer().routes(RouteTable::builder().guarded("GET /me").build().unwrap()).unwrap();
    let token = Token::access().sign();
    for (layer, path, authorization, status, body, error_type, why) in [
        (&scoped(), "/", "", 401, r#"{"message":"Unauthorized"}"#, "UnauthorizedException", "empty"),
        (&scoped(), "/", "x", 401, r#"{"message":"Unauthorized"}"#, "UnauthorizedException", "malformed"),
        (
            &scoped(),
            "/",
            &*Token::access().with("scope", "a").sign(),
            401,
            r#"{"message":"Unauthorized"}"#,
            "UnauthorizedException",
            "1.3.4: scope",
        ),
        (
            &scoped(),
            "/",
            &*Token::access().with("exp", NOW).sign(),
            401,
            r#"{"message":"The incoming token has expired"}"#,
            "UnauthorizedException",
            "expired",
        ),
        (&unavailable, "/", &*token, 500, r#"{"message":null}"#, "AuthorizerConfigurationException", "no keys"),
        (
            &routes,
            "/other",
            &*token,
            403,
            r#"{"message":"Missing Authentication Token"}"#,
            "MissingAuthenticationTokenException",
            "unknown route",
        ),
        (&routes, "/../me", &*token, 400, r#"{"message":"Bad Request"}"#, "BadRequestException", "10.1"),
    ] {
        let answer = send(layer, request("GET", path, &[authorization])).await;
        assert_eq!((answer.status.as_u16(), &*answer.body), (status, body), "{why}");
        assert_eq!(answer.headers.get("content-type").unwrap(), "application/json", "{why}");
        assert_eq!(answer.headers.get("x-amzn-errortype").unwrap(), error_type, "{why}");
        assert_uuid(answer.headers.get("x-amzn-requestid").unwrap());
        let extended = answer.headers.get("x-amz-apigw-id").unwrap().to_str().unwrap();
        assert!(extended.len() == 16 && extended.ends_with('=') && !extended.ends_with("=="), "{extended}");
        assert!(!answer.headers.contains_key("www-authenticate"), "{why}");
        assert_eq!(answer.headers.len(), 4, "{why}: {:?}", answer.headers);
    }
    let ids = [(); 2].map(|()| async { send(&scoped(), request("GET", "/", &[])).await });
    let [first, second] = ids;
    assert_ne!(first.await.headers.get("x-amzn-requestid"), second.await.headers.get("x-amzn-requestid"));
}

fn assert_uuid(value: &HeaderValue) {
    let text = value.to_str().unwrap();
    let groups: Vec<usize> = text.split('-').map(str::len).collect();
    assert_eq!(groups, [8, 4, 4, 4, 12], "{text}");
    assert!(text.bytes().all(|byte| matches!(byte, b'-' | b'0'..=b'9' | b'a'..=b'f')), "{text}");
    assert!(
        text.as_bytes()[14] == b'4' && matches!(text.as_bytes()[19], b'8' | b'9' | b'a' | b'b'),
        "{text}: version 4"
    );
}
