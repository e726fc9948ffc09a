//! Section 3 of the attack list: claims.

use std::{collections::HashMap, convert::Infallible, time::Duration};

use bytes::Bytes;
use cognito_authorizer::{
    Authorizer, AuthorizerType, BuildMistake, Claims, RejectionKind as No, UserPool, Verdict,
    clock::UnixTime,
    configuration::{Configuration, ConfigurationError},
    keys::JwkSet,
    route::RouteAuthorization,
    token::{ExpectedTokenUse, RawToken},
    verifier::VerifierMistake,
};
use http::{Request, Response};
use http_body_util::{BodyExt, Full};
use serde_json::json;
use tower::{Layer, ServiceExt, service_fn};

use crate::{
    rows::{Row, builder, hold, http_builder, layers, row},
    support::{
        keys::{self, ScriptedKeys},
        requests::{denied, reason, request, scoped, send},
        tokens::*,
    },
};

pub(crate) fn rows() -> Vec<Row> {
    [issuers(), token_uses(), times(), scopes(), vec![own_account()]].into_iter().flatten().collect()
}

fn issuers() -> Vec<Row> {
    let host = "cognito-idp.eu-west-1.amazonaws.com";
    let other_names = [
        OTHER_ISSUER.to_owned(),
        "https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_Unknown".to_owned(),
        format!("https://cognito-idp.us-east-1.amazonaws.com/{POOL_ID}"),
        format!("https://cognito-idp.us-east-1.amazonaws.com/{}", POOL_ID.replace("eu-west", "us-east")),
        format!("https://cognito-idp.eu-west-1.amazonaws.com.cn/{POOL_ID}"),
        format!("https://cognito-idp.eu-west-1.amazonaws.com.evil.example/{POOL_ID}"),
        format!("https://evil.example/{ISSUER}"),
        format!("https://evil.example/{POOL_ID}"),
        format!("https://evil.example#{ISSUER}"),
        format!("https://{host}@evil.example/{POOL_ID}"),
        format!("https://user@{host}/{POOL_ID}"),
        format!("https://{host}:443/{POOL_ID}"),
        format!("https://{host}./{POOL_ID}"),
        format!("https://{host}%2F{POOL_ID}"),
        format!("https://{host}//{POOL_ID}"),
        format!("https://{host}/x/../{POOL_ID}"),
        format!("http://{host}/{POOL_ID}"),
        format!("HTTPS://{host}/{POOL_ID}"),
        format!("https://{}/{POOL_ID}", host.to_uppercase()),
        format!("https://{host}/{}", POOL_ID.to_uppercase()),
        format!("{ISSUER}/"),
        format!("{ISSUER} "),
        format!(" {ISSUER}"),
        format!("{ISSUER}\0"),
        format!("{ISSUER}?"),
        format!("{ISSUER}#"),
        format!("{ISSUER}.evil"),
        format!("{ISSUER}x"),
        ISSUER[..ISSUER.len() - 1].to_owned(),
        POOL_ID.to_owned(),
        String::new(),
    ];
    let mut rows: Vec<Row> = Vec::new();
    for name in other_names {
        rows.push(row(Token::access().with("iss", name.clone()).sign(), No::UnknownIssuer, name));
    }
    rows
}

/// The signature is genuine: nothing but the issuer is wrong.
#[tokio::test]
async fn t_clm_1_an_issuer_is_compared_as_a_whole() {
    hold(&issuers()).await;
}

#[tokio::test]
async fn t_clm_2_keys_belong_to_their_user_pool() {
    // Both user pools name their keys alike.
    for cache in [0, 1 << 20] {
        let authorizer = keys::builder(&ScriptedKeys::new()).token_cache_bytes(cache).build().unwrap();
        let layer = scoped(&authorizer);
        let other = Token::access().with("iss", OTHER_ISSUER);
        for _ in 0..3 {
            for (token, expected, why) in [
                (Token::access(), None, "one user pool"),
                (other.clone().by(&OTHER_POOL_KEY), None, "the other one"),
                (Token::access().by(&OTHER_POOL_KEY), Some(No::InvalidSignature), "the other one's key"),
                (other.clone(), Some(No::InvalidSignature), "the other way round"),
                (other.clone().with_header("kid", ID_KEY.kid), Some(No::UnknownKey), "a key of the first alone"),
            ] {
                assert_eq!(reason(&layer, &token.sign()).await, expected, "{why}");
            }
        }
    }
    // Claims that a verifier of other user pools found good are nothing to this one.
    let verifier = |id: &str| Authorizer::for_user_pool(id).build_verifier().unwrap();
    let keys = HashMap::from([(ISSUER.to_owned(), JwkSet::parse(jwk_set([&*ACCESS_KEY]).as_bytes()).unwrap())]);
    let (now, token) = (UnixTime::from_secs(NOW), Token::access().sign());
    let Verdict::Allow(claims) = verifier(POOL_ID).verify(RawToken::new(&token), &keys, now) else { panic!("refused") };
    let route = RouteAuthorization::with_scopes(["pets/read"]).unwrap();
    assert_eq!(verifier(POOL_ID).permit(&claims, &route, now), Ok(()));
    let refused = verifier(OTHER_POOL_ID).permit(&claims, &route, now).unwrap_err();
    assert_eq!(refused.kind(), No::UnknownIssuer);
    // Nor of another user pool that says it is of the same issuer.
    let namesake = OTHER_POOL_ID.parse::<UserPool>().unwrap().with_issuer(ISSUER);
    let refused =
        Authorizer::for_user_pool(namesake).build_verifier().unwrap().permit(&claims, &route, now).unwrap_err();
    assert_eq!(refused.kind(), No::UnknownIssuer);
}

fn token_uses() -> Vec<Row> {
    let mut rows = vec![
        row(Token::id().sign(), No::WrongTokenUse, "an ID token"),
        row(Token::id().with("scope", "pets/read").sign(), No::WrongTokenUse, "an ID token with a scope"),
        row(Token::access().without("token_use").sign(), No::WrongTokenUse, "no token_use"),
    ];
    for name in ["id", "refresh", "ID", "ACCESS", "Access", "access ", " access", "access\0", ""] {
        rows.push(row(
            Token::access().with("token_use", name).sign(),
            No::WrongTokenUse,
            format!("token_use {name:?}"),
        ));
    }
    rows
}

#[tokio::test]
async fn t_clm_3_a_token_is_used_for_what_it_is() {
    hold(&token_uses()).await;
    let of = |expected| builder(&ScriptedKeys::new()).token_use(expected).build().unwrap();
    let (access, id) = (Token::access().sign(), Token::id().sign());
    let without = Token::access().without("token_use").sign();
    for (expected, access_passes, id_passes) in [
        (ExpectedTokenUse::ByScopes, false, true),
        (ExpectedTokenUse::Access, true, false),
        (ExpectedTokenUse::Id, false, true),
        (ExpectedTokenUse::Either, true, true),
    ] {
        let layer = of(expected).layer();
        assert_eq!(reason(&layer, &access).await.is_none(), access_passes, "{expected:?}");
        assert_eq!(reason(&layer, &id).await.is_none(), id_passes, "{expected:?}");
        assert_eq!(reason(&layer, &without).await, Some(No::WrongTokenUse), "{expected:?}");
        let refresh = Token::access().with("token_use", "refresh").sign();
        assert_eq!(reason(&layer, &refresh).await, Some(No::WrongTokenUse), "{expected:?}");
    }
}

#[tokio::test]
async fn t_clm_4_a_token_of_another_app_client() {
    let rest = builder(&ScriptedKeys::new()).app_clients([CLIENT_ID]).build().unwrap();
    let (scoped_rest, unscoped) = (scoped(&rest), rest.layer());
    let (access, id) = (Token::access(), Token::id());
    for (layer, token, expected, why) in [
        (&scoped_rest, access.clone(), None, "listed"),
        (&unscoped, id.clone(), None, "listed"),
        (&unscoped, id.clone().with("aud", json!(["x", CLIENT_ID])), None, "any one of several"),
        (&scoped_rest, access.clone().with("client_id", "other"), Some(No::WrongAppClient), "another one's"),
        (&scoped_rest, access.clone().with("client_id", CLIENT_ID.to_uppercase()), Some(No::WrongAppClient), "case"),
        (&scoped_rest, access.clone().with("client_id", format!("{CLIENT_ID}x")), Some(No::WrongAppClient), "longer"),
        (&scoped_rest, access.clone().without("client_id"), Some(No::WrongAppClient), "nobody's"),
        (
            &scoped_rest,
            access.clone().with("client_id", "other").with("aud", CLIENT_ID),
            Some(No::WrongAppClient),
            "aud does not stand in",
        ),
        (&unscoped, id.clone().with("aud", "other"), Some(No::WrongAppClient), "another one's"),
        (
            &unscoped,
            id.clone().with("aud", "other").with("client_id", CLIENT_ID),
            Some(No::WrongAppClient),
            "nor does client_id",
        ),
        (&unscoped, id.clone().with("aud", json!([])), Some(No::WrongAppClient), "nobody's"),
        (&unscoped, id.without("aud"), Some(No::WrongAppClient), "nobody's"),
    ] {
        assert_eq!(reason(layer, &token.sign()).await, expected, "{why}");
    }
    let http = scoped(&http_builder(&ScriptedKeys::new()).build().unwrap());
    for (token, expected, why) in [
        (access.clone(), None, "client_id"),
        (access.clone().with("client_id", "other").with("aud", CLIENT_ID), None, "aud comes first"),
        (access.clone().with("aud", "other"), Some(No::WrongAppClient), "also where client_id is listed"),
        (access.clone().with("client_id", "other"), Some(No::WrongAppClient), "another one's"),
        (access.without("client_id"), Some(No::WrongAppClient), "nobody's"),
    ] {
        assert_eq!(send(&http, request("GET", "/", &[&token.sign()])).await.reason, expected, "HTTP API: {why}");
    }
    // Leaving the list out does not open an HTTP API to everybody.
    let unsaid = || Authorizer::for_user_pool(POOL_ID).authorizer_type(AuthorizerType::Jwt);
    for error in [unsaid().build().unwrap_err(), unsaid().build_verifier().unwrap_err()] {
        assert!(matches!(error.mistakes(), [BuildMistake::Verifier(VerifierMistake::NoAudience)]), "{error}");
    }
}

fn times() -> Vec<Row> {
    vec![
        row(Token::access().with("exp", NOW + 1).sign(), None, "until exp"),
        row(Token::access().with("exp", NOW).sign(), No::Expired, "on exp"),
        row(Token::access().with("exp", NOW - 1).sign(), No::Expired, "after exp"),
        row(Token::access().with("exp", 0).sign(), No::Expired, "the epoch"),
        row(Token::access().without("exp").sign(), No::MissingExpiry, "no exp"),
        row(Token::access().with("nbf", NOW).sign(), None, "from nbf on"),
        row(Token::access().with("nbf", NOW + 1).sign(), No::NotYetValid, "before nbf"),
        row(Token::access().with("nbf", 253_402_300_799_u64).sign(), No::NotYetValid, "never"),
        row(Token::access().with("iat", NOW + 1_000).sign(), None, "a REST API does not look at iat"),
    ]
}

#[tokio::test]
async fn t_clm_5_a_token_ends_when_it_says_so() {
    hold(&times()).await;
    // Without a layer, and without a route: verifying looks at the time by itself.
    for cache in [0, 1 << 20] {
        let authorizer = builder(&ScriptedKeys::new()).token_cache_bytes(cache).build().unwrap();
        authorizer.hydrate().await.unwrap();
        for Row(token, expected, why) in times() {
            assert_eq!(denied(authorizer.verify(RawToken::new(&token))), expected, "{why}");
        }
    }
    let with_leeway = |leeway| builder(&ScriptedKeys::new()).leeway(leeway).build();
    let layer = scoped(&with_leeway(Duration::from_secs(30)).unwrap());
    for (claim, value, expected) in [
        ("exp", NOW - 29, None),
        ("exp", NOW - 30, Some(No::Expired)),
        ("nbf", NOW + 30, None),
        ("nbf", NOW + 31, Some(No::NotYetValid)),
    ] {
        assert_eq!(reason(&layer, &Token::access().with(claim, value).sign()).await, expected, "{claim} {value}");
    }
    assert_eq!(reason(&layer, &Token::access().without("exp").sign()).await, Some(No::MissingExpiry));
    // A leeway is a duration, so it is a number and not negative; one that is as good as none is refused.
    for leeway in [Duration::from_secs(301), Duration::MAX] {
        let error = with_leeway(leeway).unwrap_err();
        assert!(matches!(error.mistakes(), [BuildMistake::Verifier(VerifierMistake::Leeway { .. })]), "{leeway:?}");
        assert!(builder(&ScriptedKeys::new()).not_before_leeway(leeway).build().is_err(), "{leeway:?}");
    }
    // A configuration has more ways to write one.
    let reader = Configuration::reader();
    let [in_toml, in_yaml] = ["nan inf -inf -1 1e3 30.0 \"30\" true 301", ".nan .inf -.inf -1 1e3 30.0 '30' ~x 301"];
    for name in ["leeway_seconds", "not_before_leeway_seconds"] {
        let toml = in_toml.split(' ').map(|value| (value, reader.read_toml(&toml_with(name, value))));
        let yaml = in_yaml.split(' ').map(|value| (value, reader.read(&yaml_with(name, value))));
        for (value, read) in toml.chain(yaml) {
            let problems = read.as_ref().err().map(ConfigurationError::problems).unwrap_or_default();
            assert!(problems.len() == 1 && problems[0].pointer().ends_with(name), "{value}: {read:?}");
        }
        assert!(reader.read_toml(&toml_with(name, "30")).is_ok());
        assert!(reader.read(&yaml_with(name, "30")).is_ok());
    }
}

#[tokio::test]
async fn t_clm_6_a_clock_that_steps_lets_no_request_pass() {
    let rest = |clock| builder(&ScriptedKeys::new()).clock(clock);
    let http = |clock| http_builder(&ScriptedKeys::new()).clock(clock);
    for cache in [0, 1 << 20] {
        let (rest_clock, http_clock) = (keys::clock(), keys::clock());
        let rest = scoped(&rest(rest_clock.clone()).token_cache_bytes(cache).build().unwrap());
        let http = scoped(&http(http_clock.clone()).token_cache_bytes(cache).build().unwrap());
        let token = Token::access().with("nbf", NOW - 10).with("iat", NOW - 5).sign();
        for (now, of_rest, of_http) in [
            (NOW, None, None),
            (NOW - 5, None, None),
            (NOW - 6, None, Some(No::IssuedInFuture)),
            (NOW - 11, Some(No::NotYetValid), Some(No::NotYetValid)),
            (0, Some(No::NotYetValid), Some(No::NotYetValid)),
            (EXPIRES_AT - 1, None, None),
            (EXPIRES_AT, Some(No::Expired), Some(No::Expired)),
            (u64::MAX, Some(No::Expired), Some(No::Expired)),
            (NOW, None, None),
        ] {
            rest_clock.set(UnixTime::from_secs(now));
            http_clock.set(UnixTime::from_secs(now));
            assert_eq!(reason(&rest, &token).await, of_rest, "at {now}");
            assert_eq!(send(&http, request("GET", "/", &[&token])).await.reason, of_http, "at {now}, HTTP API");
        }
    }
}

fn scopes() -> Vec<Row> {
    let many: String = (0..500).map(|number| format!("a/{number} ")).collect();
    let mut rows = vec![
        row(Token::access().with("scope", "x pets/read").sign(), None, "one of several"),
        row(Token::access().with("scope", "pets/read pets/read").sign(), None, "twice"),
        row(Token::access().with("scope", format!("{many}pets/read")).sign(), None, "the last of very many"),
        row(Token::access().with("scope", many).sign(), No::InsufficientScope, "none of very many"),
        row(Token::access().with("scope", "a ".repeat(10_000)).sign(), No::TokenTooLong, "ten thousand"),
        row(Token::access().without("scope").sign(), No::InsufficientScope, "no scope"),
        row(Token::access().without("scope").with("scp", "pets/read").sign(), No::InsufficientScope, "scp"),
        row(Token::access().without("scope").with("scopes", "pets/read").sign(), No::InsufficientScope, "scopes"),
    ];
    for scope in [
        "",
        " ",
        "pets/read2",
        "pets/rea",
        "xpets/read",
        "PETS/READ",
        "Pets/read",
        "read",
        "pets",
        "pets/",
        "pets/*",
        "*",
        "pets/read/x",
        "pets/read,x",
        "x,pets/read",
        "x\tpets/read",
        "x\npets/read",
        "x\u{a0}pets/read",
        "x\u{2003}pets/read",
        "pets\\/read",
        "pets%2Fread",
        "\"pets/read\"",
        "pets/read\0",
        "pets/write",
    ] {
        rows.push(row(Token::access().with("scope", scope).sign(), No::InsufficientScope, format!("scope {scope:?}")));
    }
    rows
}

#[tokio::test]
async fn t_clm_7_a_scope_is_a_whole_word() {
    hold(&scopes()).await;
    let http = scoped(&http_builder(&ScriptedKeys::new()).build().unwrap());
    for (token, expected) in [
        (Token::access().without("scope").with("scp", "pets/read"), None),
        (Token::access().without("scope").with("scp", json!(["x", "pets/read"])), None),
        (Token::access().without("scope").with("scp", json!(["pets/read2", "pets"])), Some(No::InsufficientScope)),
        (Token::access().without("scope").with("scp", json!([["pets/read"]])), Some(No::InsufficientScope)),
    ] {
        assert_eq!(send(&http, request("GET", "/", &[&token.sign()])).await.reason, expected, "an HTTP API reads scp");
    }
}

#[tokio::test]
async fn t_clm_8_what_every_user_has_opens_no_custom_scope() {
    assert!(Token::user_access().claims_text().contains("aws.cognito.signin.user.admin"));
    hold(&[own_account()]).await;
    let token = own_account().0;
    let authorizer = builder(&ScriptedKeys::new()).build().unwrap();
    let named = authorizer.layer().scopes(["aws.cognito.signin.user.admin"]).unwrap();
    assert_eq!(reason(&named, &token).await, None, "only where a route names it");
    let configuration = toml_with("claim_headers", "{ x-user = \"sub\" }")
        + "[[routes]]\nroute = \"GET /pets\"\nscopes = [\"aws.cognito.signin.user.admin\"]\n";
    let lints = Configuration::reader().read_toml(&configuration).unwrap().lint();
    assert!(lints.iter().any(|lint| lint.as_str() == "admin_scope_only"), "whoever writes it is told: {lints:?}");
}

/// A configuration with a setting of its authorizer.
fn toml_with(name: &str, value: &str) -> String {
    format!(
        "[user_pools.own]\nid = \"{POOL_ID}\"\n[authorizers.own]\ntype = \"COGNITO_USER_POOLS\"\nuser_pools = [\"own\"]\n{name} = {value}\n"
    )
}

fn yaml_with(name: &str, value: &str) -> String {
    format!(
        "user_pools: {{own: {{id: {POOL_ID}}}}}\nauthorizers:\n  own: {{type: COGNITO_USER_POOLS, user_pools: [own], {name}: {value}}}\n"
    )
}

fn own_account() -> Row {
    row(Token::user_access().sign(), No::InsufficientScope, "a user who signed in through the SDK")
}

#[tokio::test]
async fn t_clm_9_groups_of_another_shape_are_no_groups() {
    let inner = service_fn(|request: Request<Full<Bytes>>| async move {
        let claims = request.extensions().get::<Claims>().unwrap();
        let groups: Vec<String> = claims.groups().map(str::to_owned).collect();
        Ok::<_, Infallible>(Response::new(Full::<Bytes>::from(groups.join("|"))))
    });
    for (groups, expected) in [
        (json!(["admin", "a,b"]), "admin|a,b"),
        (json!([]), ""),
        (json!("admin"), ""),
        (json!(1), ""),
        (json!(null), ""),
        (json!([["admin"]]), ""),
        (json!(["admin", 1]), ""),
        (json!({"admin": true}), ""),
    ] {
        let token = Token::user_access().with("scope", "pets/read").with("cognito:groups", groups.clone()).sign();
        for layer in layers() {
            let response = layer.layer(inner).oneshot(request("GET", "/", &[&token])).await.unwrap();
            assert_eq!(response.status(), 200, "{groups}");
            assert_eq!(response.into_body().collect().await.unwrap().to_bytes(), expected, "{groups}");
        }
    }
    // A revocation check that asks for a group is asked each time, and of the same claims.
    let admins_only =
        builder(&ScriptedKeys::new()).revocation_check(|claims| !claims.groups().any(|own| own == "admin"));
    let layer = scoped(&admins_only.build().unwrap());
    for (groups, expected) in
        [(json!(["admin"]), None), (json!("admin"), Some(No::Revoked)), (json!(null), Some(No::Revoked))]
    {
        let token = Token::user_access().with("scope", "pets/read").with("cognito:groups", groups).sign();
        for _ in 0..3 {
            assert_eq!(reason(&layer, &token).await, expected);
        }
    }
}
