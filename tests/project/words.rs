//! What types say of themselves: names for programs, which stay, and texts for people, which hold no more of what was
//! received than its length.
use std::collections::{BTreeSet, HashMap};

use cognito_authorizer::{
    Authorizer, AuthorizerType, Claims, Rejection, RejectionKind as No, UserPoolId, Verdict,
    claims::TokenUse,
    clock::UnixTime,
    gateway_response::{CorsHeaders, GatewayResponses, ResponseType},
    keys::{JwkSet, Kid},
    request_context::AuthorizerContext,
    route::RouteAuthorization,
    token::{AudiencePattern, IdentitySource, PatternTarget, RawToken},
};

use crate::support::tokens::*;

fn claims(token: &Token) -> Claims {
    let set = JwkSet::parse(jwk_set([&*ACCESS_KEY]).as_bytes()).unwrap();
    let verifier = Authorizer::for_user_pool(POOL_ID).build_verifier().unwrap();
    let keys = HashMap::from([(ISSUER.to_owned(), set)]);
    match verifier.verify(RawToken::new(&token.sign()), &keys, UnixTime::from_secs(NOW)) {
        Verdict::Allow(claims) => claims,
        other => panic!("{other:?}"),
    }
}

#[test]
fn every_reason_has_a_code_that_stays() {
    let codes = [
        (No::AmbiguousPath, "ambiguous_path"),
        (No::UnknownStage, "unknown_stage"),
        (No::NoRoute, "no_route"),
        (No::UnsupportedAuthorization, "unsupported_authorization"),
        (No::MissingToken, "missing_token"),
        (No::RepeatedToken, "repeated_token"),
        (No::EmptyToken, "empty_token"),
        (No::MissingScheme, "missing_scheme"),
        (No::TokenPatternMismatch, "token_pattern_mismatch"),
        (No::TokenTooLong, "token_too_long"),
        (No::MalformedToken, "malformed_token"),
        (No::MalformedHeader, "malformed_header"),
        (No::MalformedClaims, "malformed_claims"),
        (No::MalformedSignature, "malformed_signature"),
        (No::UnsupportedExtension, "unsupported_extension"),
        (No::UnsupportedAlgorithm, "unsupported_algorithm"),
        (No::UnknownIssuer, "unknown_issuer"),
        (No::MissingKid, "missing_kid"),
        (No::KeysUnavailable, "keys_unavailable"),
        (No::UnknownKey, "unknown_key"),
        (No::InvalidSignature, "invalid_signature"),
        (No::MissingExpiry, "missing_expiry"),
        (No::Expired, "expired"),
        (No::NotYetValid, "not_yet_valid"),
        (No::IssuedInFuture, "issued_in_future"),
        (No::LifetimeTooLong, "lifetime_too_long"),
        (No::MissingSubject, "missing_subject"),
        (No::SenderConstrained, "sender_constrained"),
        (No::WrongTokenUse, "wrong_token_use"),
        (No::WrongAppClient, "wrong_app_client"),
        (No::AudiencePatternMismatch, "audience_pattern_mismatch"),
        (No::InsufficientScope, "insufficient_scope"),
        (No::Revoked, "revoked"),
    ];
    for (kind, code) in codes {
        assert_eq!(kind.as_str(), code);
        assert_eq!(Rejection::from(kind).to_string(), format!("request rejected: {kind}"));
        assert_eq!(Rejection::from(kind).retry_after(), None);
    }
    let texts: BTreeSet<String> = codes.iter().map(|(kind, _)| kind.to_string()).collect();
    assert_eq!(texts.len(), codes.len(), "two reasons read alike");
}

#[test]
fn names_are_those_of_aws() {
    assert_eq!([TokenUse::Access, TokenUse::Id].map(TokenUse::as_str), ["access", "id"]);
    let types = [AuthorizerType::CognitoUserPools, AuthorizerType::Jwt];
    assert_eq!(types.map(AuthorizerType::as_str), ["COGNITO_USER_POOLS", "JWT"]);
}

#[test]
fn an_identity_source_says_where_the_token_is() {
    for (text, header, parameter, shown) in [
        ("method.request.header.X-Token", Some("x-token"), None, "method.request.header.x-token"),
        ("$request.header.authorization", Some("authorization"), None, "method.request.header.authorization"),
        ("$request.querystring.Token", None, Some("Token"), "$request.querystring.Token"),
    ] {
        let source: IdentitySource = text.parse().unwrap();
        assert_eq!(source.header().map(|name| name.as_str()), header, "{text}");
        assert_eq!(source.query_parameter(), parameter, "{text}");
        assert_eq!(source.to_string(), shown, "{text}");
        assert_eq!(shown.parse::<IdentitySource>().unwrap(), source, "{text}: what it says is one again");
    }
}

#[test]
fn debug_shows_what_is_there_and_no_value() {
    assert_eq!(format!("{:?}", RawToken::new("a.b.c")), "RawToken(5 bytes)");
    assert_eq!(format!("{:?}", Kid::parse("secret").unwrap()), "Kid(6 bytes)");
    let claims = claims(&Token::access());
    assert_eq!(format!("{claims:?}"), format!("Claims {{ user_pool: {POOL_ID}, .. }}"));
    let context = AuthorizerContext::new(&claims, AuthorizerType::Jwt, &RouteAuthorization::guarded());
    assert_eq!(format!("{context:?}"), "AuthorizerContext { .. }");
    let key = JwkSet::parse(jwk_set([&*RS384_KEY]).as_bytes()).unwrap();
    let key = key.find(Kid::parse(RS384_KEY.kid).unwrap()).unwrap();
    assert_eq!(format!("{key:?}"), "PublicKey { algorithm: Rs384, .. }");
}

#[test]
fn debug_shows_the_settings() {
    let id = POOL_ID.parse::<UserPoolId>().unwrap();
    assert_eq!((format!("{id:?}"), id.to_string()), (POOL_ID.to_owned(), POOL_ID.to_owned()));
    let pattern = "a.*".parse::<AudiencePattern>().unwrap().with_target(PatternTarget::RawToken);
    let shown = r#"AudiencePattern { expression: "a.*", target: RawToken }"#;
    assert_eq!(format!("{pattern:?}"), shown);
    let responses = GatewayResponses::builder().cors(CorsHeaders::any_origin()).build().unwrap();
    let shown = format!("{responses:?}");
    assert!(shown.contains("cors: Some") && shown.contains("renders_otherwise: false"), "{shown}");
    let rendered = GatewayResponses::builder().render_with(|_, response| response).build().unwrap();
    assert!(format!("{rendered:?}").contains("renders_otherwise: true"), "{rendered:?}");
    for response_type in [ResponseType::Default4xx, ResponseType::Default5xx] {
        assert_eq!(response_type.status(), None, "a catch-all has none of its own");
    }
}

/// Behaviour §3.2: an HTTP API hands on the scopes of the token where the route asks for some.
#[test]
fn the_scopes_of_a_token_are_handed_on_where_some_are_asked_for() {
    let token = Token::access().with("scope", "a  b").with("scp", serde_json::json!(["c d", "e"]));
    let claims = claims(&token);
    let scopes = RouteAuthorization::with_scopes(["a"]).unwrap();
    let of = |authorizer_type, route| {
        let context = AuthorizerContext::new(&claims, authorizer_type, route);
        context.scopes().map(|scopes| scopes.join(","))
    };
    assert_eq!(of(AuthorizerType::Jwt, &scopes).as_deref(), Some("a,b,c,d,e"));
    assert_eq!(of(AuthorizerType::Jwt, &RouteAuthorization::guarded()), None);
}
