//! No log line, error text or `Debug` output contains a token, a secret or a claim value.
use std::collections::HashMap;

use base64::{Engine, engine::general_purpose::STANDARD};
use cognito_authorizer::{
    Authorizer, UserPool, Verdict,
    clock::UnixTime,
    configuration::Configuration,
    keys::{HttpsKeySource, JwkSet, KeyRequest},
    local_user_pool::{AppClientConfig, LocalUserPool, LocalUserPoolConfig},
    token::RawToken,
};
use tracing_subscriber::filter::LevelFilter;

use crate::support::{
    keys::{self, Answer, ScriptedKeys},
    log::Log,
    requests::{request, send},
    tokens::*,
};

/// A value for every claim and header member that could leak.
const CANARY: &str = "canary-7f3a";

fn assert_clean(text: &str, tokens: &[String], whence: &str) {
    assert!(!text.contains(CANARY), "{whence} holds a value: {text}");
    for token in tokens {
        for part in token.split('.').filter(|part| part.len() > 8) {
            assert!(!text.contains(&part[..8]), "{whence} holds a part of a token: {text}");
        }
    }
}

#[tokio::test]
async fn logs_and_errors_hold_nothing_that_was_received() {
    let log = Log::default();
    let _guard = log.capture(LevelFilter::TRACE);

    let good = Token::access().with("sub", CANARY).with("jti", CANARY).with("username", CANARY);
    let tokens = [
        good.clone(),
        good.clone().with("exp", 1),
        good.clone().with("nbf", CANARY),
        good.clone().with("iss", CANARY),
        good.clone().with("scope", CANARY),
        good.clone().with("token_use", CANARY),
        good.clone().with("client_id", CANARY),
        good.clone().with_header("kid", CANARY),
        good.clone().with_header("alg", CANARY),
        good.clone().with_header("crit", CANARY),
        good.clone().by(&OTHER_POOL_KEY),
    ];
    let mut texts: Vec<String> = tokens.iter().map(Token::sign).collect();
    texts.push(format!("{}.{CANARY}", texts[0]));
    texts.push(CANARY.repeat(2_000));
    let source = ScriptedKeys::new();
    let authorizer = keys::builder(&source).app_clients([CLIENT_ID]).build().unwrap();
    let layer = authorizer.layer().scopes(["pets/read"]).unwrap();
    for token in &texts {
        let answer = send(&layer, request("GET", &format!("/{CANARY}"), &[token])).await;
        assert!(answer.body == CANARY || answer.reason.is_some());
        if let Some(reason) = answer.reason {
            let all = format!("{answer:?} {reason} {reason:?} {}", reason.as_str());
            assert_clean(&all, &texts, "the response");
        }
    }
    source.set(ISSUER, Answer::Document(format!(r#"{{"keys":[{{"kty":"RSA","kid":"{CANARY}","n":1}}]}}"#)));
    let layer = keys::builder(&source).build().unwrap().layer().scopes(["pets/read"]).unwrap();
    assert!(send(&layer, request("GET", "/", &[&texts[0]])).await.reason.is_some());

    // The local user pool's secrets and tokens.
    let client = AppClientConfig::new("c", CANARY).allowed_scopes(["a/b"]);
    let config = LocalUserPoolConfig::new("eu-west-1_a").resource_server("a", ["b"]).app_client(client);
    assert_clean(&format!("{config:?}"), &[], "the configuration");
    let pool = LocalUserPool::start(config, "127.0.0.1:0".parse().unwrap()).await.unwrap();
    for secret in [CANARY, "wrong"] {
        let url = format!("{}/oauth2/token?grant_type=client_credentials", pool.domain());
        let response = reqwest::Client::new().post(url).basic_auth("c", Some(secret)).send().await.unwrap();
        assert_eq!(response.status() == 200, secret == CANARY);
        let answer: serde_json::Value = serde_json::from_str(&response.text().await.unwrap()).unwrap();
        texts.extend(answer["access_token"].as_str().map(str::to_owned));
        texts.push(STANDARD.encode(format!("c:{secret}")));
    }
    assert_eq!(
        texts.iter().filter(|text| text.starts_with("eyJraWQi")).count(),
        1,
        "the pool's own token is looked for"
    );
    assert_clean(&format!("{pool:?}"), &[], "the local user pool");

    let log = log.text();
    assert!(
        log.contains("request rejected") && log.contains("keys cannot be fetched"),
        "the log was not captured: {log}"
    );
    assert_clean(&log, &texts, "the log");
}

#[test]
fn debug_output_is_redacted() {
    let token = Token::access().with("sub", CANARY).sign();
    let verifier = Authorizer::for_user_pool(POOL_ID).build_verifier().unwrap();
    let set = JwkSet::parse(jwk_set([&*ACCESS_KEY]).as_bytes()).unwrap();
    let keys = HashMap::from([(ISSUER.to_owned(), set)]);
    let raw = RawToken::new(&token);
    let verdict = verifier.verify(raw, &keys, UnixTime::from_secs(NOW));
    assert!(matches!(verdict, Verdict::Allow(_)));
    assert_clean(&format!("{raw:?} {verdict:?} {verifier:?} {keys:?}"), &[token], "`Debug`");
}

/// A client may authenticate itself to a key server or to a proxy.
#[test]
fn the_headers_of_a_client_are_not_shown() {
    let headers = [("x-api-key".parse().unwrap(), CANARY.parse().unwrap())].into_iter().collect();
    let client = reqwest::Client::builder().default_headers(headers).build().unwrap();
    assert!(format!("{client:?}").contains(CANARY), "the client itself shows them");
    let source = HttpsKeySource::with_client(client);
    let builder = Authorizer::for_user_pool(POOL_ID).key_source(source.clone());
    let shown = format!("{source:?} {builder:?}");
    let authorizer = builder.build().unwrap();
    assert_clean(&format!("{shown} {authorizer:?} {:?}", authorizer.layer()), &[], "`Debug`");
}

/// Some key servers expect an API key in the query.
#[tokio::test]
async fn the_query_of_a_jwks_uri_is_not_shown() {
    let log = Log::default();
    let _guard = log.capture(LevelFilter::TRACE);
    // Nothing listens there, so the fetch fails.
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let host = listener.local_addr().unwrap();
    drop(listener);
    let jwks_uri = format!("http://{host}/jwks.json?key={CANARY}#{CANARY}");
    let user_pool = POOL_ID.parse::<UserPool>().unwrap().with_jwks_uri(&jwks_uri);
    let issuers = user_pool.issuers();
    assert_eq!(issuers[0].jwks_uri(), jwks_uri, "the address itself is whole");
    let mut shown = format!("{user_pool:?} {issuers:?} {:?}", KeyRequest::new(&issuers[0]));
    let authorizer = Authorizer::builder().user_pool(user_pool).build().unwrap();
    let error = authorizer.hydrate().await.unwrap_err();
    let status = authorizer.key_status();
    let failure = status[0].failure.as_ref().unwrap();
    assert!(failure.starts_with("no complete answer from the server"), "{failure}");
    shown += &format!("{error} {error:?} {status:?} {authorizer:?} {:?}", authorizer.layer());
    for address in ["ftp://keys.example/", "http://keys.example/", "keys.example", "https://user@keys.example/"] {
        let user_pool = POOL_ID.parse::<UserPool>().unwrap().with_jwks_uri(format!("{address}?{CANARY}"));
        let error = Authorizer::builder().user_pool(user_pool).build().unwrap_err();
        shown += &format!("{error} {error:?}");
    }
    let read = |jwks_uri: &str| {
        let text = format!(
            "user_pools: {{one: {{id: {POOL_ID}, jwks_uri: '{jwks_uri}'}}}}\n\
             authorizers: {{pool: {{type: COGNITO_USER_POOLS, user_pools: [one]}}}}\nroutes: [{{route: GET /a}}]\n"
        );
        Configuration::reader().read(&text)
    };
    shown += &format!("{:?}", read(&jwks_uri).unwrap());
    let error = read(&format!("ftp://keys.example/?{CANARY}")).unwrap_err();
    shown += &format!("{error} {error:?}");
    assert_clean(&shown, &[], "`Debug` or an error");
    let log = log.text();
    assert!(log.contains("keys cannot be fetched"), "{log}");
    assert_clean(&log, &[], "the log");
}
