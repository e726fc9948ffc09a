//! Sections 3 and 6 of the attack list: what only a setting, or a publisher's mistake, lets in.

use std::time::Duration;

use cognito_authorizer::{Authorizer, AuthorizerBuilder, RejectionKind as No, UserPool, limits};
use serde_json::{Value, json};
use tracing_subscriber::filter::LevelFilter;

use crate::{
    rows::{builder, http_builder},
    support::{
        keys::{self, Answer, ScriptedKeys},
        log::Log,
        requests::{ask, reason, request, scoped, send},
        soon,
        tokens::*,
    },
};

#[tokio::test]
async fn t_clm_10_a_bound_token_is_not_a_bearer_token() {
    let confirmations = [
        json!({"jkt": "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I"}),
        json!({"x5t#S256": "bwcK0esc3ACC3DB2Y5_lESsXE8o9ltc05O89jdN-dg2"}),
        json!({}),
        json!(null),
        json!("x"),
        json!([]),
    ];
    for cache in [0, limits::TOKEN_CACHE_BYTES] {
        let rest = builder(&ScriptedKeys::new()).token_cache_bytes(cache);
        let http = http_builder(&ScriptedKeys::new()).token_cache_bytes(cache);
        let layers = [scoped(&rest.build().unwrap()), scoped(&http.build().unwrap())];
        let accepts = builder(&ScriptedKeys::new()).accept_sender_constrained_tokens(true).token_cache_bytes(cache);
        let accepts = scoped(&accepts.build().unwrap());
        for confirmation in &confirmations {
            let token = Token::access().with("cnf", confirmation.clone()).sign();
            // Seen for the first time, and cached.
            for _ in 0..2 {
                for layer in &layers {
                    let answer = send(layer, request("GET", "/", &[&token])).await;
                    assert_eq!(answer.reason, Some(No::SenderConstrained), "{confirmation}");
                    assert_eq!((answer.status.as_u16(), &*answer.body), (401, r#"{"message":"Unauthorized"}"#));
                }
                assert_eq!(reason(&accepts, &token).await, None, "{confirmation}");
            }
        }
        let nested = Token::access().with("x", json!({"cnf": {}})).sign();
        assert_eq!(reason(&layers[0], &nested).await, None, "another claim's member");
    }
    let escaped = Token::access();
    let claims = escaped.claims_text().replacen('{', r#"{"\u0063nf":{},"#, 1);
    let token = escaped.sign_texts(&escaped.header_text(), &claims);
    let layer = scoped(&builder(&ScriptedKeys::new()).build().unwrap());
    assert_eq!(reason(&layer, &token).await, Some(No::SenderConstrained), "a name with an escape");
}

#[tokio::test]
async fn t_clm_11_a_lifetime_is_bounded_where_that_is_wanted() {
    const DAY: u64 = 86_400;
    let year_9999 = 253_402_300_799_u64;
    let token = |iat: Value, exp: u64| Token::access().with("iat", iat).with("exp", exp);
    let bounded = |own: AuthorizerBuilder| scoped(&own.max_lifetime(Duration::from_secs(DAY)).build().unwrap());
    for cache in [0, limits::TOKEN_CACHE_BYTES] {
        let source = ScriptedKeys::new();
        let unbounded = scoped(&builder(&source).token_cache_bytes(cache).build().unwrap());
        let rest = bounded(builder(&source).token_cache_bytes(cache));
        let lenient = bounded(builder(&source).token_cache_bytes(cache).not_before_leeway(Duration::from_secs(60)));
        for (token, expected, with_leeway, why) in [
            (token(json!(NOW), NOW + DAY), None, None, "a day to the second"),
            (token(json!(NOW), NOW + DAY + 1), Some(No::LifetimeTooLong), Some(No::LifetimeTooLong), "a second more"),
            (token(json!(NOW), year_9999), Some(No::LifetimeTooLong), Some(No::LifetimeTooLong), "the year 9999"),
            (Token::access().without("iat"), Some(No::LifetimeTooLong), Some(No::LifetimeTooLong), "no iat"),
            (token(json!("x"), EXPIRES_AT), Some(No::LifetimeTooLong), Some(No::LifetimeTooLong), "iat is no number"),
            (token(json!(NOW + 60), NOW + 60 + DAY), Some(No::LifetimeTooLong), None, "within the leeway"),
            (
                token(json!(year_9999 - 1), year_9999),
                Some(No::LifetimeTooLong),
                Some(No::LifetimeTooLong),
                "iat is late",
            ),
        ] {
            let token = token.sign();
            for _ in 0..2 {
                assert_eq!(reason(&rest, &token).await, expected, "{why}");
                assert_eq!(reason(&lenient, &token).await, with_leeway, "{why}");
                assert_eq!(reason(&unbounded, &token).await, None, "{why}: off by default, as on API Gateway");
            }
        }
    }
    let http = bounded(http_builder(&ScriptedKeys::new()));
    let endless = token(json!(NOW), year_9999).sign();
    assert_eq!(send(&http, request("GET", "/", &[&endless])).await.reason, Some(No::LifetimeTooLong));
    let zero = builder(&ScriptedKeys::new()).max_lifetime(Duration::from_millis(999)).build().unwrap_err();
    assert_eq!(zero.to_string(), "a maximum lifetime of 999ms rejects every token: choose at least one second");
}

#[tokio::test]
async fn t_jwk_10_a_key_that_everybody_can_sign_with_is_dropped() {
    let log = Log::default();
    let _guard = log.capture(LevelFilter::ERROR);
    let with = |name: &str, value: Value| {
        let mut jwk = ACCESS_KEY.jwk();
        jwk[name] = value;
        jwk
    };
    for name in ["d", "p", "q", "dp", "dq", "qi", "oth", "k"] {
        for value in [json!("canary-7f3a"), json!(null), json!([{"r": "canary-7f3a"}])] {
            let source = ScriptedKeys::new();
            let keys = json!({"keys": [with(name, value.clone()), ID_KEY.jwk()]});
            source.set(ISSUER, Answer::Document(keys.to_string()));
            let authorizer = builder(&source).build().unwrap();
            let dropped = reason(&scoped(&authorizer), &Token::access().sign()).await;
            assert_eq!(dropped, Some(No::UnknownKey), "{name}: {value}");
            assert_eq!(reason(&authorizer.layer(), &Token::id().sign()).await, None, "the good one beside it");
        }
    }
    assert_eq!(log.text().matches("JWK Set publishes private key material").count(), 8 * 3, "{}", log.text());
    // The only key of a set.
    let source = ScriptedKeys::new();
    source.set(ISSUER, Answer::Document(json!({"keys": [with("d", json!("canary-7f3a"))]}).to_string()));
    let authorizer = builder(&source).build().unwrap();
    assert_eq!(reason(&scoped(&authorizer), &Token::access().sign()).await, Some(No::KeysUnavailable));
    let log = log.text();
    assert_eq!(log.matches("JWK Set publishes private key material").count(), 8 * 3 + 1, "{log}");
    assert!(log.contains("ERROR") && !log.contains("canary"), "{log}");
    let status = authorizer.key_status();
    let failure = status.iter().find_map(|status| status.failure.as_deref());
    assert_eq!(failure, Some("the JWK Set holds no usable key: key 0 publishes private key material"));
}

#[tokio::test]
async fn t_jwk_11_many_user_pools_do_not_open_many_connections() {
    let (source, count) = (ScriptedKeys::new(), limits::MAX_CONCURRENT_FETCHES + 8);
    assert_eq!(count, 40);
    let issuer = |number: usize| format!("https://idp.example/eu-west-1_Pool{number}");
    let mut own = Authorizer::builder().key_source(source.clone()).clock(keys::clock());
    for number in 0..count {
        let user_pool = format!("eu-west-1_Pool{number}").parse::<UserPool>().unwrap();
        own = own.user_pool(user_pool.with_issuer(issuer(number)));
        source.set(&issuer(number), Answer::Document(jwk_set([&*ACCESS_KEY])));
    }
    let layer = scoped(&own.fetch_timeout(Duration::from_secs(20)).build().unwrap());
    source.hold();
    let forged: Vec<_> = (0..count)
        .map(|number| ask(&layer, &Token::access().with("iss", issuer(number)).with_header("kid", "made-up").sign()))
        .collect();
    soon(|| source.fetches() == 32).await;
    for _ in 0..100 {
        tokio::task::yield_now().await;
    }
    assert_eq!(source.fetches(), 32, "the others wait for their turn");
    source.release_one();
    soon(|| source.fetches() == 33).await;
    source.release();
    for request in forged {
        assert_eq!(request.await.unwrap(), Some(No::UnknownKey));
    }
    assert_eq!(source.fetches(), 40, "none was lost");
    for number in 0..count {
        assert_eq!(reason(&layer, &Token::access().with("iss", issuer(number)).sign()).await, None);
    }
    // Fetched again and again for made-up ids, they do not hold up a user pool that was never asked for its keys.
    let last = "eu-west-1_Pool40".parse::<UserPool>().unwrap().with_issuer(issuer(count));
    source.set(&issuer(count), Answer::Document(jwk_set([&*ACCESS_KEY])));
    let clock = keys::clock();
    let own = (0..count).fold(Authorizer::builder().user_pool(last), |own, number| {
        let user_pool = format!("eu-west-1_Pool{number}").parse::<UserPool>().unwrap();
        own.user_pool(user_pool.with_issuer(issuer(number)))
    });
    let own = own.key_source(source.clone()).clock(clock).fetch_timeout(Duration::from_secs(20));
    let layer = scoped(&own.build().unwrap());
    let made_up = |kid: &str| -> Vec<_> {
        let token = |number| Token::access().with("iss", issuer(number)).with_header("kid", kid).sign();
        (0..count).map(|number| ask(&layer, &token(number))).collect()
    };
    for request in made_up("first") {
        assert_eq!(request.await.unwrap(), Some(No::UnknownKey));
    }
    let before = source.fetches();
    source.hold();
    let forged = made_up("second");
    soon(|| source.fetches() == before + 24).await;
    let first = ask(&layer, &Token::access().with("iss", issuer(count)).sign());
    soon(|| source.fetches() == before + 25).await;
    source.release();
    assert_eq!(first.await.unwrap(), None);
    for request in forged {
        assert_eq!(request.await.unwrap(), Some(No::UnknownKey));
    }
}
