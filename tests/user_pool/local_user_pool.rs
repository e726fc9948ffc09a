//! Tests the local user pool over HTTP, and verifies its tokens independently with `jsonwebtoken`.
//!
//! Rows: `src/docs/behaviour.md` §7.
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use cognito_authorizer::{
    Authorizer,
    local_user_pool::{AppClientConfig, LocalUserPool, LocalUserPoolConfig},
};
use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode, decode_header, jwk::JwkSet};
use reqwest::{Client, Response};
use serde_json::{Value, json};
use tracing_subscriber::filter::LevelFilter;

use crate::support::log::Log;

const FORM: &str = "application/x-www-form-urlencoded";
pub(super) const GRANT: &str = "grant_type=client_credentials";

pub(super) async fn pool() -> LocalUserPool {
    let app_client =
        AppClientConfig::new("petstore", "secret").allowed_scopes(["https://pets.example/v1/read", "pets/a"]);
    let config = LocalUserPoolConfig::new("eu-west-1_LocalPool")
        .resource_server("https://pets.example/v1", ["read", "write"])
        .resource_server("pets", ["a"])
        .app_client(app_client);
    let public = json!({"ClientId": "public", "AllowedOAuthScopes": ["pets/a"]});
    let config = config.app_client(serde_json::from_value(public).unwrap());
    LocalUserPool::start(config, "127.0.0.1:0".parse().unwrap()).await.unwrap()
}

pub(super) async fn get(url: &str) -> Value {
    let response = crate::support::cognito::client().get(url).send().await.unwrap();
    assert_eq!(response.status(), 200, "{url}");
    serde_json::from_str(&response.text().await.unwrap()).unwrap()
}

pub(super) async fn ask(pool: &LocalUserPool, query: &str, form: &str) -> Response {
    let url = format!("{}/oauth2/token{query}", pool.domain());
    let request = crate::support::cognito::client().post(url).basic_auth("petstore", Some("secret"));
    request.header("content-type", FORM).body(form.to_owned()).send().await.unwrap()
}

pub(super) async fn token(pool: &LocalUserPool, query: &str) -> String {
    let response = ask(pool, query, "").await;
    let answer: Value = serde_json::from_str(&response.text().await.unwrap()).unwrap();
    answer["access_token"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn publishes_two_keys_and_where_they_are() {
    let pool = pool().await;
    assert_eq!(pool.issuer(), format!("http://{}/eu-west-1_LocalPool", pool.address()));
    let discovery = get(&format!("{}/.well-known/openid-configuration", pool.issuer())).await;
    assert_eq!(discovery["issuer"], pool.issuer());
    assert_eq!(discovery["token_endpoint"], format!("{}/oauth2/token", pool.domain()));
    let keys = get(discovery["jwks_uri"].as_str().unwrap()).await;
    let keys = keys["keys"].as_array().unwrap();
    assert_eq!(keys.len(), 2, "7.1.2: one for ID tokens, one for access tokens");
    assert_ne!(keys[0]["kid"], keys[1]["kid"]);
    for key in keys {
        assert_eq!(
            (&key["alg"], &key["kty"], &key["use"], &key["e"]),
            (&json!("RS256"), &json!("RSA"), &json!("sig"), &json!("AQAB"))
        );
        assert_eq!(key["kid"].as_str().unwrap().len(), 44, "7.1.3: standard base64");
        assert_eq!(URL_SAFE_NO_PAD.decode(key["n"].as_str().unwrap()).unwrap().len(), 256);
        assert_eq!(key.as_object().unwrap().len(), 6);
    }
}

#[tokio::test]
async fn signs_tokens_that_another_library_verifies() {
    let pool = pool().await;
    let token = token(&pool, &format!("?{GRANT}")).await;
    let keys: JwkSet = serde_json::from_value(get(&format!("{}/.well-known/jwks.json", pool.issuer())).await).unwrap();
    let kid = decode_header(&token).unwrap().kid.unwrap();
    let key = DecodingKey::from_jwk(keys.find(&kid).unwrap()).unwrap();
    let mut validation = Validation::new(Algorithm::RS256);
    validation.set_issuer(&[pool.issuer()]);
    validation.set_required_spec_claims(&["exp", "iss", "sub"]);
    let claims = decode::<Value>(&token, &key, &validation).unwrap().claims;

    assert_eq!(
        claims["scope"], "https://pets.example/v1/read pets/a",
        "7.3.4: no scope asked for, so every allowed one"
    );
    assert_eq!((&claims["sub"], &claims["client_id"]), (&json!("petstore"), &json!("petstore")), "7.2");
    assert_eq!((&claims["token_use"], &claims["version"]), (&json!("access"), &json!(2)), "7.2");
    assert_eq!(claims["exp"].as_u64().unwrap() - claims["iat"].as_u64().unwrap(), 3_600);
    assert_eq!(claims["auth_time"], claims["iat"]);
    for absent in ["username", "aud", "cognito:groups", "origin_jti", "event_id"] {
        assert_eq!(claims.get(absent), None, "7.2: {absent}");
    }

    let part = |index: usize| {
        let part = token.split('.').nth(index).unwrap();
        String::from_utf8(URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap()
    };
    let header: Value = serde_json::from_str(&part(0)).unwrap();
    assert_eq!(header.as_object().unwrap().keys().collect::<Vec<_>>(), ["alg", "kid"], "7.1.3: no typ");
    assert!(part(1).contains(r#""iss":"http:\/\/127.0.0.1"#), "7.1.4: slashes are escaped");
    assert!(!part(1).replace(r"\/", "").contains('/'), "all of them");
}

#[tokio::test]
async fn the_token_endpoint_answers_as_cognitos_does() {
    let pool = pool().await;
    let response = ask(&pool, "", &format!("{GRANT}&scope=https%3A%2F%2Fpets.example%2Fv1%2Fread")).await;
    assert_eq!(response.status(), 200);
    assert_eq!(response.headers()["content-type"], "application/json;charset=UTF-8", "7.3.6");
    assert!(response.headers().contains_key("x-amz-cognito-request-id"), "7.3.6");
    assert_eq!(response.headers()["cache-control"], "no-store");
    let body = response.text().await.unwrap();
    assert!(
        body.starts_with(r#"{"access_token":""#) && body.ends_with(r#"","expires_in":3600,"token_type":"Bearer"}"#)
    );

    for (query, form, error, why) in [
        ("", "", "invalid_request", "7.3.8: no grant type"),
        ("", "grant_type=password", "unsupported_grant_type", "7.3.8"),
        ("", "grant_type=refresh_token&refresh_token=x", "invalid_grant", "7.3.8: no such refresh token"),
        ("", "grant_type=refresh_token", "invalid_request", "7.3.8: no refresh token"),
        ("", "grant_type=authorization_code&code=x", "unauthorized_client", "7.3.8: not for this client"),
        ("", "grant_type=client_credentials&scope=pets%2Fb", "invalid_scope", "7.3.5: no such scope"),
        (
            "",
            "grant_type=client_credentials&scope=https%3A%2F%2Fpets.example%2Fv1%2Fwrite",
            "invalid_scope",
            "7.3.5: not allowed",
        ),
        ("", "grant_type=client_credentials&scope=pets%2Fa+openid", "invalid_scope", "7.3.5: one of two"),
        ("?grant_type=client_credentials", GRANT, "invalid_request", "twice"),
        ("", "grant_type=client_credentials&client_id=other", "invalid_request", "two clients"),
    ] {
        let response = ask(&pool, query, form).await;
        assert_eq!(response.status(), 400, "7.3.7: {why}");
        assert_eq!(response.text().await.unwrap(), format!(r#"{{"error":"{error}"}}"#), "{why}");
    }
    for (id, secret) in [
        ("petstore", "wrong"),
        ("petstore", ""),
        ("petstore", "secret=x"),
        ("petstore", "secret&x"),
        ("unknown", "secret"),
        ("", "secret"),
        ("public", "x"),
    ] {
        let url = format!("{}/oauth2/token?{GRANT}", pool.domain());
        let response = crate::support::cognito::client().post(url).basic_auth(id, Some(secret)).send().await.unwrap();
        assert_eq!(
            (response.status().as_u16(), &*response.text().await.unwrap()),
            (400, r#"{"error":"invalid_client"}"#),
            "7.3.9"
        );
    }
}

/// 7.3.9: an app client without a secret does not get a token from this grant.
#[tokio::test]
async fn a_public_client_is_not_authorized() {
    let pool = pool().await;
    for (id, error) in
        [("public", "unauthorized_client"), ("petstore", "invalid_client"), ("unknown", "invalid_client")]
    {
        let request = crate::support::cognito::client()
            .post(format!("{}/oauth2/token", pool.domain()))
            .header("content-type", FORM);
        let response = request.body(format!("{GRANT}&client_id={id}")).send().await.unwrap();
        assert_eq!(
            (response.status().as_u16(), response.text().await.unwrap()),
            (400, format!(r#"{{"error":"{error}"}}"#))
        );
    }
}

/// `curl --user` sends a secret unencoded; a client that follows RFC 6749 §2.3.1 encodes it.
#[tokio::test]
async fn a_secret_may_hold_any_character() {
    let secret = "a+b=c&d%20:e";
    let client = AppClientConfig::new("c+1", secret).allowed_scopes(["a/b"]);
    let config = LocalUserPoolConfig::new("eu-west-1_a").resource_server("a", ["b"]).app_client(client);
    let pool = LocalUserPool::start(config, "127.0.0.1:0".parse().unwrap()).await.unwrap();
    for (id, secret) in [("c+1", secret), ("c%2B1", "a%2Bb%3Dc%26d%2520%3Ae")] {
        let url = format!("{}/oauth2/token?{GRANT}", pool.domain());
        assert_eq!(
            crate::support::cognito::client().post(url).basic_auth(id, Some(secret)).send().await.unwrap().status(),
            200,
            "{secret}"
        );
    }
}

/// 7.1.4: this applies to every document, not only to tokens.
#[tokio::test]
async fn writes_every_slash_escaped() {
    let pool = pool().await;
    for document in ["openid-configuration", "jwks.json"] {
        let url = format!("{}/.well-known/{document}", pool.issuer());
        let text = crate::support::cognito::client().get(url).send().await.unwrap().text().await.unwrap();
        assert!(!text.replace(r"\/", "").contains('/'), "{text}");
    }
}

#[tokio::test]
async fn everything_else_is_rejected() {
    let pool = pool().await;
    let client = Client::new();
    let url = |path: &str| format!("{}{path}", pool.domain());
    for path in
        ["/", "/oauth2/token/", "/oauth2/authorize", "/eu-west-1_Other/.well-known/jwks.json", "/.well-known/jwks.json"]
    {
        assert_eq!(client.get(url(path)).send().await.unwrap().status(), 404, "{path}");
    }
    assert_eq!(client.get(url("/oauth2/token")).send().await.unwrap().status(), 405, "7.3.1: POST only");
    let jwks = format!("{}/.well-known/jwks.json", pool.issuer());
    assert_eq!(client.post(jwks).send().await.unwrap().status(), 405);
    assert_eq!(ask(&pool, "", &format!("{GRANT}&x={}", "x".repeat(70_000))).await.status(), 413);
}

/// A web page can make its own host name resolve to this machine, so requests to foreign host names are rejected.
#[tokio::test]
async fn names_of_other_machines_are_rejected() {
    let pool = pool().await;
    let ask = async |pool: &LocalUserPool, host: &str| {
        let url = format!("http://127.0.0.1:{}/eu-west-1_LocalPool/.well-known/jwks.json", pool.address().port());
        crate::support::cognito::client().get(url).header("host", host).send().await.unwrap().status().as_u16()
    };
    for (host, status) in [("localhost", 200), ("127.0.0.1:80", 200), ("pets.localhost", 200), ("rebound.example", 421)]
    {
        assert_eq!(ask(&pool, host).await, status, "{host}");
    }
    // The base URL can set another host name, and only that name is accepted.
    let config = LocalUserPoolConfig::new("eu-west-1_LocalPool").base_url("http://cognito:9229");
    let config = config.dangerous().listen_beyond_loopback();
    let open = LocalUserPool::start(config, "0.0.0.0:0".parse().unwrap()).await.unwrap();
    for (host, status) in [("cognito:9229", 200), ("10.1.2.3:9229", 200), ("rebound.example", 421)] {
        assert_eq!(ask(&open, host).await, status, "{host}");
    }
    assert_eq!(open.issuer(), "http://cognito:9229/eu-west-1_LocalPool");
    assert_eq!(
        (open.domain(), open.endpoint_url()),
        ("http://cognito:9229".to_owned(), "http://cognito:9229".to_owned())
    );
    let well_known = format!("http://127.0.0.1:{}/eu-west-1_LocalPool/.well-known", open.address().port());
    let discovery = get(&format!("{well_known}/openid-configuration")).await;
    assert_eq!(discovery["token_endpoint"], "http://cognito:9229/oauth2/token");
    // An authorizer on this machine can still fetch the keys.
    let authorizer = Authorizer::builder().user_pool(open.user_pool()).build().unwrap();
    authorizer.hydrate().await.unwrap();
    let everywhere = LocalUserPoolConfig::new("eu-west-1_LocalPool").dangerous().listen_beyond_loopback();
    let everywhere = LocalUserPool::start(everywhere, "0.0.0.0:0".parse().unwrap()).await.unwrap();
    assert_eq!(everywhere.endpoint_url(), format!("http://127.0.0.1:{}", everywhere.address().port()));
}

/// A page of another origin can make a browser send a form, so a form from an origin that is not allowed is rejected (10.34).
#[tokio::test]
async fn forms_of_other_origins_are_rejected() {
    let app_client = AppClientConfig::new("petstore", "secret").allowed_scopes(["pets/a"]);
    let config = LocalUserPoolConfig::new("eu-west-1_LocalPool")
        .resource_server("pets", ["a"])
        .app_client(app_client)
        .allowed_origin("http://localhost:3000");
    let pool = LocalUserPool::start(config, "127.0.0.1:0".parse().unwrap()).await.unwrap();
    let own = pool.endpoint_url();
    let port = pool.address().port();
    let (on_localhost, localhost) = (format!("http://localhost:{port}"), format!("localhost:{port}"));
    let post = async |path: &str, headers: &[(&str, &str)]| {
        let form = format!("{GRANT}&client_id=petstore&client_secret=secret&token=x");
        let mut request =
            crate::support::cognito::client().post(format!("{own}{path}")).header("content-type", FORM).body(form);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        request.send().await.unwrap()
    };
    for (headers, status, why) in [
        (&[][..], 200, "no browser"),
        (&[("origin", &*own)], 200, "a page of the user pool"),
        (&[("origin", &*on_localhost), ("host", &*localhost)], 200, "the same under another name"),
        (&[("origin", &*own), ("sec-fetch-site", "same-origin")], 200, "a page of the user pool"),
        (&[("sec-fetch-site", "none")], 200, "by hand"),
        (&[("origin", "http://localhost:3000"), ("sec-fetch-site", "same-site")], 200, "an origin that is allowed"),
        (&[("origin", "http://localhost:3001")], 403, "another port"),
        (&[("origin", "https://localhost:3000")], 403, "another scheme"),
        (&[("origin", &*on_localhost)], 403, "another host"),
        (&[("origin", "https://evil.example"), ("sec-fetch-site", "cross-site")], 403, "another site"),
        (&[("origin", "https://evil.example")], 403, "a browser without Fetch Metadata"),
        (&[("origin", "null")], 403, "an opaque origin"),
        (&[("origin", "")], 403, "an empty one"),
        (&[("sec-fetch-site", "cross-site")], 403, "without an origin"),
        (&[("sec-fetch-site", "same-site")], 403, "another port of the host"),
        (&[("origin", &*own), ("sec-fetch-site", "cross-site")], 403, "a contradiction"),
        (&[("origin", "http://localhost:3000"), ("origin", "https://evil.example")], 403, "two origins"),
    ] {
        let response = post("/oauth2/token", headers).await;
        assert_eq!(response.status(), status, "{why}");
        let is_allowed = headers.iter().any(|(_, value)| *value == "http://localhost:3000") && status == 200;
        let allowed = response.headers().get("access-control-allow-origin").map(|value| value.to_str().unwrap());
        assert_eq!(allowed, is_allowed.then_some("http://localhost:3000"), "{why}");
        let text = response.text().await.unwrap();
        assert_eq!(text.contains("access_token"), status == 200, "{why}: {text}");
        assert_eq!(text.contains("AllowedOrigins"), status == 403, "{why}: {text}");
        if status == 403 {
            assert_eq!(post("/oauth2/revoke", headers).await.status(), 403, "{why}");
        }
    }
    for wrong in
        ["localhost:3000", "http://localhost:3000/", "http://localhost:3000/x", "null", "*", "ftp://x", "http://"]
    {
        let config = LocalUserPoolConfig::new("eu-west-1_LocalPool").allowed_origin(wrong);
        let error = LocalUserPool::start(config, "127.0.0.1:0".parse().unwrap()).await.unwrap_err().to_string();
        assert!(error.contains(&format!("`{wrong}` is not an origin")), "{error}");
    }
}

#[tokio::test]
async fn it_says_what_it_is() {
    let log = Log::default();
    let guard = log.capture(LevelFilter::WARN);
    let config = LocalUserPoolConfig::new("eu-west-1_LocalPool").dangerous().listen_beyond_loopback();
    let _pool = LocalUserPool::start(config, "127.0.0.1:0".parse().unwrap()).await.unwrap();
    drop(guard);
    let text = log.text();
    for part in ["for development and tests, not for production", "may be reachable from other machines"] {
        assert!(text.contains(part), "{text}");
    }
}

#[tokio::test]
async fn stops_when_it_is_dropped() {
    let pool = pool().await;
    let jwks = format!("{}/.well-known/jwks.json", pool.issuer());
    let client = Client::new();
    assert_eq!(client.get(&jwks).send().await.unwrap().status(), 200);
    drop(pool);
    tokio::task::yield_now().await;
    assert!(client.get(&jwks).send().await.is_err(), "an open connection ends too");
}
