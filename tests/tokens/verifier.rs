//! Tests the verifier without clock, network or async: it verifies a token once and permits it per route.
use std::{collections::HashMap, time::Duration};

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use cognito_authorizer::{
    Authorizer, AuthorizerBuilder, AuthorizerType, BuildMistake, Claims, RejectionKind as No, UserPool, Verdict,
    Verifier,
    clock::UnixTime,
    keys::{FixedKeySource, JwkSet},
    limits,
    route::RouteAuthorization,
    token::{AudiencePattern, ExpectedTokenUse, PatternTarget, RawToken},
    verifier::VerifierMistake,
};
use http::{HeaderMap, HeaderName, HeaderValue};
use serde_json::json;

use crate::support::{requests::denied, tokens::*};

fn builder() -> AuthorizerBuilder {
    Authorizer::for_user_pool(POOL_ID).user_pool(OTHER_POOL_ID)
}

fn verifier() -> Verifier {
    builder().build_verifier().unwrap()
}

/// Returns the only mistake of these settings.
fn mistake(builder: AuthorizerBuilder) -> VerifierMistake {
    let error = builder.build_verifier().unwrap_err();
    match error.mistakes() {
        [BuildMistake::Verifier(mistake)] => mistake.clone(),
        mistakes => panic!("{mistakes:?}"),
    }
}

fn keys() -> HashMap<String, JwkSet> {
    let set = |document: String| JwkSet::parse(document.as_bytes()).unwrap();
    HashMap::from([
        (ISSUER.to_owned(), set(jwk_set([&*ID_KEY, &*ACCESS_KEY]))),
        (other_form(), set(jwk_set([&*ID_KEY, &*ACCESS_KEY]))),
        (OTHER_ISSUER.to_owned(), set(jwk_set([&*OTHER_POOL_KEY]))),
    ])
}

/// Returns Cognito's other form of the issuer.
fn other_form() -> String {
    ISSUER.replace("cognito-idp", "issuer-cognito-idp")
}

fn verify_at(token: &Token, now: u64) -> Verdict<Claims> {
    verifier().verify(RawToken::new(&token.sign()), &keys(), UnixTime::from_secs(now))
}

fn claims(token: &Token) -> Claims {
    match verify_at(token, NOW) {
        Verdict::Allow(claims) => claims,
        other => panic!("{other:?}"),
    }
}

fn scopes(names: &[&str]) -> RouteAuthorization {
    RouteAuthorization::with_scopes(names).unwrap()
}

#[test]
fn verifying_looks_at_the_time() {
    for (now, expected) in [(EXPIRES_AT - 1, None), (EXPIRES_AT, Some(No::Expired)), (u64::MAX, Some(No::Expired))] {
        assert_eq!(denied(verify_at(&Token::access(), now)), expected, "at {now}");
    }
}

/// Verified claims that were stored for a while are checked against the time again (T-CCH-2).
#[test]
fn permitting_looks_at_the_time_again() {
    let claims = claims(&Token::access());
    let permit = |now| verifier().permit(&claims, &scopes(&["pets/read"]), UnixTime::from_secs(now));
    assert_eq!(permit(EXPIRES_AT - 1), Ok(()));
    assert_eq!(permit(EXPIRES_AT).unwrap_err().kind(), No::Expired);
}

/// A token that one route permits is not permitted by another route because of it (T-CCH-3).
#[test]
fn each_route_decides_for_itself() {
    let (access, id) = (claims(&Token::access()), claims(&Token::id()));
    let now = UnixTime::from_secs(NOW);
    let permit = |claims, route| verifier().permit(claims, &route, now).err().map(|rejection| rejection.kind());
    assert_eq!(permit(&access, scopes(&["pets/read"])), None);
    assert_eq!(permit(&access, scopes(&["pets/admin"])), Some(No::InsufficientScope));
    assert_eq!(permit(&access, scopes(&["pets/admin", "pets/write"])), None);
    assert_eq!(permit(&access, RouteAuthorization::guarded()), Some(No::WrongTokenUse));
    assert_eq!(permit(&id, RouteAuthorization::guarded()), None);
    assert_eq!(permit(&id, scopes(&["pets/read"])), Some(No::WrongTokenUse));
    assert_eq!(permit(&access, RouteAuthorization::open()), None);
}

#[test]
fn says_whose_keys_it_needs() {
    let unknown = Token::access().by(&NEXT_KEY);
    for (token, user_pool, name) in [
        (unknown.clone(), POOL_ID, ISSUER),
        (unknown.clone().with("iss", other_form()), POOL_ID, &other_form()),
        (unknown.with("iss", OTHER_ISSUER), OTHER_POOL_ID, OTHER_ISSUER),
    ] {
        let Verdict::NeedKeys(issuer) = verify_at(&token, NOW) else { panic!("{:?}", token.claims) };
        assert_eq!((issuer.user_pool().as_str(), issuer.name()), (user_pool, name));
        assert_eq!(issuer.jwks_uri(), format!("{name}/.well-known/jwks.json"));
    }
}

/// Cognito has two issuer forms, and both belong to one user pool.
#[test]
fn takes_either_form_of_the_issuer() {
    let claims = claims(&Token::access().with("iss", other_form()));
    assert_eq!((claims.user_pool().as_str(), claims.issuer()), (POOL_ID, &*other_form()));
}

/// Valid claims of one service's users are not valid for the verifier of another service.
#[test]
fn permits_only_claims_of_its_own_user_pools() {
    let claims = claims(&Token::access());
    let other = Authorizer::for_user_pool(OTHER_POOL_ID).build_verifier().unwrap();
    let now = UnixTime::from_secs(NOW);
    assert_eq!(other.permit(&claims, &scopes(&["pets/read"]), now).unwrap_err().kind(), No::UnknownIssuer);
}

/// Behaviour §10.86: a good token does not help, and no token is asked for.
#[test]
fn a_route_with_an_unsupported_authorization_permits_nothing() {
    let (claims, now) = (claims(&Token::access()), UnixTime::from_secs(NOW));
    let unsupported = RouteAuthorization::unsupported();
    let rejection = verifier().permit(&claims, &unsupported, now).unwrap_err();
    assert_eq!(rejection.kind(), No::UnsupportedAuthorization);
    let keys = HashMap::<String, JwkSet>::new();
    let verdict = verifier().authorize(&unsupported, &HeaderMap::new(), None, &keys, now);
    assert_eq!(denied(verdict), Some(No::UnsupportedAuthorization));
}

#[test]
fn claims_tell_what_the_token_says() {
    let access = Token::user_access().with("nbf", NOW).with("aud", "https://api.example");
    let access = claims(&access);
    assert_eq!((access.username(), access.jwt_id()), (Some("janedoe"), Some("11111111-2222-3333-4444-555555555555")));
    assert_eq!(access.issued_at(), Some(UnixTime::from_secs(ISSUED_AT)));
    assert_eq!(access.not_before(), Some(UnixTime::from_secs(NOW)));
    assert_eq!(access.audience().collect::<Vec<_>>(), ["https://api.example"]);
    assert_eq!(access.groups().collect::<Vec<_>>(), ["admin", "a,b"]);
    let id = claims(&Token::id());
    assert_eq!((id.username(), id.client_id(), id.not_before()), (Some("janedoe"), None, None));
    assert_eq!(id.audience().collect::<Vec<_>>(), [CLIENT_ID]);
    // T-CLM-9: groups with another structure are ignored.
    for groups in [json!("admin"), json!(1), json!(null), json!([["admin"]]), json!(["admin", 1])] {
        assert_eq!(claims(&Token::id().with("cognito:groups", groups.clone())).groups().count(), 0, "{groups}");
    }
    let machine = claims(&Token::access());
    assert_eq!((machine.username(), machine.subject()), (None, CLIENT_ID), "no user");
}

/// An HTTP API requires an audience to be configured (behaviour §10.16).
#[test]
fn an_http_api_asks_for_an_audience() {
    let claims = claims(&Token::access());
    let jwt = || builder().authorizer_type(AuthorizerType::Jwt);
    assert_eq!(mistake(jwt()), VerifierMistake::NoAudience);
    for (builder, expected) in [
        (jwt().any_app_client(true), None),
        (jwt().app_clients(["2example"]), Some(No::WrongAppClient)),
        (jwt().app_clients(["2example", CLIENT_ID]), None),
        (builder(), None),
    ] {
        let route = scopes(&["pets/read"]);
        let permitted = builder.build_verifier().unwrap().permit(&claims, &route, UnixTime::from_secs(NOW));
        assert_eq!(permitted.err().map(|rejection| rejection.kind()), expected);
    }
}

/// Tests the complete decision, as a service without the layer uses it.
#[test]
fn authorizes_a_request() {
    let good = Token::access();
    let unknown = Token::access().by(&NEXT_KEY);
    let asks = scopes(&["pets/read"]);
    for (token, query, route, expected, why) in [
        (None, None, &RouteAuthorization::open(), Ok(None), "an open route"),
        (Some(&unknown), None, &RouteAuthorization::open(), Ok(None), "an open route does not look at the token"),
        (None, None, &asks, Err(Some(No::MissingToken)), "no token"),
        (None, Some(&good), &asks, Err(Some(No::MissingToken)), "a token elsewhere"),
        (Some(&good), None, &asks, Ok(Some(CLIENT_ID)), "a good one"),
        (Some(&good), None, &scopes(&["pets/admin"]), Err(Some(No::InsufficientScope)), "another scope"),
        (Some(&good), None, &RouteAuthorization::guarded(), Err(Some(No::WrongTokenUse)), "of the other kind"),
        (Some(&good.clone().with("exp", NOW)), None, &asks, Err(Some(No::Expired)), "expired"),
        (Some(&unknown), None, &asks, Err(None), "by a key that is not at hand"),
    ] {
        let mut headers = HeaderMap::new();
        if let Some(token) = token {
            let value = HeaderValue::from_str(&format!("Bearer {}", token.sign())).unwrap();
            headers.insert(HeaderName::from_static("authorization"), value);
        }
        let query = query.map(|token| format!("authorization={}", token.sign()));
        let verdict = verifier().authorize(route, &headers, query.as_deref(), &keys(), UnixTime::from_secs(NOW));
        let found = match &verdict {
            Verdict::Allow(claims) => Ok(claims.as_ref().map(Claims::subject)),
            Verdict::Deny(rejection) => Err(Some(rejection.kind())),
            Verdict::NeedKeys(_) => Err(None),
        };
        assert_eq!(found, expected, "{why}");
    }
}

/// A token with another `token_use` does not belong to any app client, even if its kind is not checked.
#[test]
fn without_a_kind_there_is_no_app_client() {
    let unchecked = || builder().token_use(ExpectedTokenUse::Unchecked);
    let verifier = unchecked().build_verifier().unwrap();
    let listed = unchecked().app_clients([CLIENT_ID]).build_verifier().unwrap();
    for token_use in [json!("refresh"), json!(1)] {
        let claims = claims(&Token::access().with("aud", CLIENT_ID).with("token_use", token_use.clone()));
        let permit = |verifier: &Verifier| verifier.permit(&claims, &scopes(&["pets/read"]), UnixTime::from_secs(NOW));
        assert_eq!(permit(&verifier), Ok(()), "{token_use}");
        assert_eq!(permit(&listed).unwrap_err().kind(), No::WrongAppClient, "{token_use}");
    }
}

#[test]
fn the_bound_on_the_header_is_exact() {
    let token = Token::access();
    let claims = URL_SAFE_NO_PAD.encode(token.claims_text());
    let verify = |length: usize| {
        let text = token.header_text();
        let header = format!("{text}{}", " ".repeat(length / 4 * 3 - text.len()));
        let header = URL_SAFE_NO_PAD.encode(header);
        assert_eq!(header.len(), length);
        verifier().verify(RawToken::new(&token.sign_parts(&header, &claims)), &keys(), UnixTime::from_secs(NOW))
    };
    assert!(matches!(verify(limits::MAX_JOSE_HEADER_BYTES), Verdict::Allow(_)));
    let Verdict::Deny(rejection) = verify(limits::MAX_JOSE_HEADER_BYTES + 4) else { panic!("a longer one") };
    assert_eq!(rejection.kind(), No::MalformedHeader);
}

#[test]
fn the_bounds_on_the_settings_are_exact() {
    let pools = |count: usize| {
        let ids = (0..count).map(|number| format!("eu-west-1_a{number}"));
        ids.fold(Authorizer::builder(), |builder, id| builder.user_pool(id))
    };
    let (most, count) = (limits::MAX_USER_POOLS, limits::MAX_USER_POOLS + 1);
    assert_eq!(mistake(pools(0)), VerifierMistake::NoUserPool);
    assert_eq!(pools(most).build_verifier().unwrap().issuers().len(), 2 * most);
    assert_eq!(mistake(pools(count)), VerifierMistake::TooManyUserPools { count });

    let clients = |count: usize| builder().app_clients((0..count).map(|number| format!("a{number}")));
    let count = limits::MAX_APP_CLIENTS + 1;
    assert_eq!(mistake(clients(0)), VerifierMistake::NoAppClient);
    assert!(clients(limits::MAX_APP_CLIENTS).build_verifier().is_ok());
    assert_eq!(mistake(clients(count)), VerifierMistake::TooManyAppClients { count });
    assert_eq!(mistake(clients(1).any_app_client(true)), VerifierMistake::AppClients);

    let leeway = limits::MAX_LEEWAY + Duration::from_nanos(1);
    assert!(builder().leeway(limits::MAX_LEEWAY).build_verifier().is_ok());
    assert_eq!(mistake(builder().leeway(leeway)), VerifierMistake::Leeway { leeway });
    assert!(builder().not_before_leeway(limits::MAX_LEEWAY).build_verifier().is_ok());
    assert_eq!(mistake(builder().not_before_leeway(leeway)), VerifierMistake::Leeway { leeway });

    let (shortest, lifetime) = (Duration::from_secs(1), Duration::from_nanos(999_999_999));
    assert!(builder().max_lifetime(shortest).build_verifier().is_ok());
    assert_eq!(mistake(builder().max_lifetime(lifetime)), VerifierMistake::MaxLifetime { lifetime });
}

#[test]
fn reports_every_mistake_of_the_settings() {
    let builder = Authorizer::for_user_pool(POOL_ID).app_clients(["a", "?", "!"]).identity_source("x");
    let error = builder.audience_pattern("(").key_source_for("z", FixedKeySource::new()).build().unwrap_err();
    let text = error.to_string();
    for part in ["`?`", "`!`", "`x`", "`(`", "`z`"] {
        assert!(text.lines().any(|line| line.starts_with(part)), "{part}: {text}");
    }
    assert_eq!(error.mistakes().len(), 5, "what is missing by a mistake is not another one: {text}");
    let builder = Authorizer::for_user_pool("local_1").leeway(Duration::MAX).fetch_timeout(Duration::ZERO);
    let text = builder.max_lifetime(Duration::ZERO).audience(["a"; 0]).build().unwrap_err().to_string();
    assert_eq!(text.lines().count(), 5, "{text}");
}

/// An issuer must identify one user pool and the address of its keys.
#[test]
fn an_issuer_is_an_address_of_one_user_pool() {
    let pool = |id: &str, issuer: &str| id.parse::<UserPool>().unwrap().with_issuer(issuer);
    let other = "http://localhost/b";
    for issuer in ["https://idp.example/a", "http://localhost/a"] {
        let two = Authorizer::for_user_pool(pool(OTHER_POOL_ID, issuer)).user_pool(pool(POOL_ID, other));
        let verifier = two.build_verifier().unwrap();
        let mut names: Vec<&str> = verifier.issuers().iter().map(|issuer| issuer.name()).collect();
        assert!(names.is_sorted(), "{names:?}");
        names.retain(|name| *name == issuer);
        assert_eq!(names, [issuer]);
        let shared = Authorizer::for_user_pool(pool(POOL_ID, issuer)).user_pool(pool(POOL_ID, other));
        let shared = shared.user_pool(pool(OTHER_POOL_ID, issuer));
        assert_eq!(mistake(shared), VerifierMistake::SharedIssuer { issuer: issuer.to_owned() });
    }
    for issuer in ["joe", "", "ftp://idp.example/a", "//idp.example/a", "xhttps://idp.example/a"] {
        let refused = mistake(Authorizer::for_user_pool(pool(POOL_ID, issuer)));
        assert_eq!(refused, VerifierMistake::InvalidIssuer { issuer: issuer.to_owned() });
    }
    for issuer in [
        "https://user:secret@idp.example/a",
        "http://secret@localhost",
        "https://u:secr/et@idp.example",
        "u:secret@idp.example",
    ] {
        let refused = mistake(Authorizer::for_user_pool(pool(POOL_ID, issuer)));
        assert_eq!(refused, VerifierMistake::IssuerCredentials { id: POOL_ID.to_owned() }, "{issuer}");
        assert!(!refused.to_string().contains("secr"), "{refused}");
    }
}

/// RFC 7519 §4.1.4 and §4.1.5: `exp` and `nbf` have separate leeways.
#[test]
fn the_two_leeways_are_apart() {
    let (exp, nbf) = (Duration::from_secs(10), Duration::from_secs(3));
    for (builder, late, early) in [
        (builder(), 0, 0),
        (builder().leeway(exp), 10, 10),
        (builder().leeway(exp).not_before_leeway(nbf), 10, 3),
        (builder().not_before_leeway(nbf), 0, 3),
    ] {
        let verifier = builder.build_verifier().unwrap();
        let verify = |claim: &str, value: u64| {
            let token = Token::access().with(claim, value).sign();
            match verifier.verify(RawToken::new(&token), &keys(), UnixTime::from_secs(NOW)) {
                Verdict::Allow(_) => None,
                Verdict::Deny(rejection) => Some(rejection.kind()),
                Verdict::NeedKeys(_) => Some(No::UnknownKey),
            }
        };
        assert_eq!(verify("exp", NOW + 1 - late), None, "{late}");
        assert_eq!(verify("exp", NOW - late), Some(No::Expired), "{late}");
        assert_eq!(verify("nbf", NOW + early), None, "{early}");
        assert_eq!(verify("nbf", NOW + early + 1), Some(No::NotYetValid), "{early}");
    }
}

#[test]
fn any_claim_is_read_by_its_name() {
    let token = Token::access().with("custom:n", 7).with("nested", json!({"custom:n": 8})).with("a\"b", "c");
    let claims = claims(&token);
    assert_eq!(claims.get::<u8>("custom:n").unwrap(), Some(7), "not the nested one");
    assert_eq!(claims.get::<String>("a\"b").unwrap().as_deref(), Some("c"), "a name with an escape");
    assert_eq!(
        claims.get::<String>("scope").unwrap().as_deref(),
        Some("pets/read pets/write"),
        "one with a method, too"
    );
    assert_eq!(claims.get::<u8>("custom:").unwrap(), None);
    assert_eq!(claims.get::<u8>("").unwrap(), None);
    let refused = claims.get::<String>("custom:n").unwrap_err().to_string();
    assert_eq!(refused, "the claim `custom:n` is not of the requested type");
    let all: HashMap<String, serde_json::Value> = claims.deserialize().unwrap();
    assert_eq!(all.len(), token.claims.len());
    assert_eq!(all["nested"], json!({"custom:n": 8}));
    let refused = claims.deserialize::<Vec<u8>>().unwrap_err().to_string();
    assert_eq!(refused, "the claims are not of the requested type");
}

/// An unverified token is untrusted input.
#[test]
fn an_expression_for_the_token_as_it_was_sent_is_small() {
    for (expression, is_small) in [("[a-z]+", true), ("[a-z]{200}", false)] {
        let pattern = expression.parse::<AudiencePattern>().unwrap();
        assert!(
            builder().audience_pattern(&pattern).build_verifier().is_ok(),
            "{expression}: an audience was verified"
        );
        let for_token = builder().audience_pattern(pattern.with_target(PatternTarget::RawToken));
        if is_small {
            assert!(for_token.build_verifier().is_ok(), "{expression}");
        } else {
            assert_eq!(mistake(for_token), VerifierMistake::TokenPattern, "{expression}");
        }
    }
}

/// 1.5.4: user pool ids of emulators match the pattern of AWS. They need an explicit issuer, because none can be derived.
#[test]
fn a_user_pool_of_an_emulator_needs_an_issuer() {
    let issuer = "http://localhost:9229/local_2D4gvA2k";
    let pool = "local_2D4gvA2k".parse::<UserPool>().unwrap();
    assert_eq!((pool.id().as_str(), pool.id().region()), ("local_2D4gvA2k", "local"));
    let verifier = Authorizer::for_user_pool(pool.clone().with_issuer(issuer)).build_verifier().unwrap();
    let token = Token::access().with("iss", issuer).sign();
    let keys = HashMap::from([(issuer.to_owned(), JwkSet::parse(jwk_set([&*ACCESS_KEY]).as_bytes()).unwrap())]);
    let verdict = verifier.verify(RawToken::new(&token), &keys, UnixTime::from_secs(NOW));
    assert_eq!(denied(verdict), None);
    for given in [pool.clone(), pool.with_jwks_uri("http://localhost:9229/local_2D4gvA2k/.well-known/jwks.json")] {
        let error = mistake(Authorizer::for_user_pool(given)).to_string();
        assert!(error.contains("`local_2D4gvA2k`") && error.contains("set the issuer"), "{error}");
    }
}
