//! Tests that each setting of a configuration has its effect.

use super::configuration::{read, with_keys};
use crate::support::{
    keys::{self, ScriptedKeys},
    requests::{request, send},
    soon,
    tokens::*,
};
use bytes::Bytes;
use cognito_authorizer::{AuthorizerBuilder, configuration::Configuration};
use http_body_util::{BodyExt, Full};
use serde_json::json;
use std::{convert::Infallible, fs, os::unix::fs::PermissionsExt, path::Path, time::Duration};
use tower::{Layer, ServiceExt, service_fn};

/// Sends a request to a service behind a configuration. The service answers 200 and the headers that are checked.
async fn answer(text: impl AsRef<str>, request: http::Request<Full<Bytes>>) -> (u16, http::HeaderMap, String) {
    let text = text.as_ref();
    let configuration = read(text).unwrap_or_else(|error| panic!("{text}\n{error}"));
    let layer = configuration.layer(&configuration.authorizers_with(with_keys).unwrap()).unwrap();
    let inner = service_fn(|request: http::Request<Full<Bytes>>| async move {
        let seen = ["x-user", "x-context", "authorization"].map(|name| request.headers().get(name).cloned());
        let seen = seen.map(|value| value.map(|value| value.to_str().unwrap().chars().take(12).collect::<String>()));
        Ok::<_, Infallible>(http::Response::new(Full::<Bytes>::from(format!("{seen:?}"))))
    });
    let (parts, body) = layer.layer(inner).oneshot(request).await.unwrap().into_parts();
    let body = String::from_utf8(body.collect().await.unwrap().to_bytes().to_vec()).unwrap();
    (parts.status.as_u16(), parts.headers, body)
}

/// Builds an authorizer with this setting, and one route with these additional lines.
fn with(setting: &str, route: &str) -> String {
    let kind =
        if setting.contains("\ntype") || setting.starts_with("type") { "" } else { "type = \"COGNITO_USER_POOLS\"\n" };
    format!(
        "[user_pools.one]\nid = \"{POOL_ID}\"\n[authorizers.a]\n{kind}user_pools = [\"one\"]\n{setting}\n[[routes]]\n{route}\n"
    )
}

/// Each of these settings changes which tokens are accepted.
#[tokio::test]
async fn what_is_set_decides_about_tokens() {
    let access = Token::access();
    let good = access.sign();
    let late = access.clone().with("exp", NOW - 4).sign();
    let ahead = access.clone().with("nbf", NOW + 8).sign();
    let id = Token::id().sign();
    let poor = access.clone().with("scope", "a/b").sign();
    let bearer = format!("bearer {id}");
    let bound = access.clone().with("cnf", json!({"jkt": "x"})).sign();
    let scoped = "route = \"GET /\"\nscopes = [\"pets/read\"]";
    let plain = "route = \"GET /\"";
    for (setting, route, tokens, expected) in [
        ("", scoped, &[&*good][..], 200),
        ("", plain, &[&good], 401),
        ("", scoped, &[&late], 401),
        ("leeway_seconds = 5", scoped, &[&late], 200),
        ("leeway_seconds = 5", scoped, &[&ahead], 401),
        ("not_before_leeway_seconds = 10", scoped, &[&ahead], 200),
        ("max_lifetime_seconds = 3600", scoped, &[&good], 200),
        ("max_lifetime_seconds = 3599", scoped, &[&good], 401),
        ("", scoped, &[&bound], 401),
        ("accept_sender_constrained_tokens = true", scoped, &[&bound], 200),
        ("token_use = \"access\"", plain, &[&good], 200),
        ("token_use = \"id\"", plain, &[&good], 401),
        ("token_use = \"either\"", plain, &[&id], 200),
        ("token_use = \"unchecked\"", plain, &[&good], 200),
        ("insufficient_scope = 403", scoped, &[&poor], 403),
        ("app_clients = [\"other\"]", plain, &[&id], 401),
        ("app_clients = [\"1example23456789\"]", plain, &[&id], 200),
        ("audience = [\"1example23456789\"]", plain, &[&id], 200),
        ("type = \"JWT\"\nany_app_client = true", plain, &[&good], 200),
        ("type = \"JWT\"\naudience = [\"other\"]", plain, &[&good], 401),
        ("identity_validation_expression = \"1ex\"", plain, &[&id], 401),
        ("identity_validation_expression = \"1ex.*\"", plain, &[&id], 200),
        ("identity_validation_expression = \"ey.*\"\nidentity_validation_target = \"raw_token\"", plain, &[&id], 200),
        ("identity_source = \"method.request.header.x-token\"", plain, &[&id], 401),
        ("bearer_scheme = \"required\"", plain, &[&id], 401),
        ("", plain, &[&bearer], 200),
        ("", plain, &[&id, "x"], 401),
    ] {
        let (status, ..) = answer(with(setting, route), request("GET", "/", tokens)).await;
        assert_eq!(status, expected, "{setting} {route}");
    }
}

/// Each of these settings changes the response or the forwarded request.
#[tokio::test]
async fn what_is_set_shows_in_answers_and_requests() {
    let id = Token::id().sign();
    let plain = "route = \"GET /\"";
    let (_, headers, _) = answer(with("", plain), request("GET", "/", &[])).await;
    assert!(!headers.contains_key("www-authenticate"));
    for (setting, expected) in [("api_gateway", "Bearer"), ("rfc_6750", "Bearer")] {
        let (_, headers, _) =
            answer(with(&format!("challenges = \"{setting}\""), plain), request("GET", "/", &[])).await;
        assert_eq!(headers["www-authenticate"], expected);
    }
    let seen = |setting: &str| answer(with(setting, plain), request("GET", "/", &[&id]));
    let sent = format!("Some({:?})", &id[..12]);
    assert_eq!(seen("").await.2, format!("[None, None, {sent}]"));
    assert_eq!(seen("forward_token = false").await.2, "[None, None, None]");
    let user = format!("Some({:?})", &SUBJECT[..12]);
    assert_eq!(seen("claim_headers = { x-user = \"sub\" }").await.2, format!("[{user}, None, {sent}]"));
    let context = seen("request_context_header = \"x-context\"").await.2;
    assert_eq!(context, format!("[None, Some({:?}), {sent}]", "{\"authorizer"));

    let preflight = || {
        let mut request = request("OPTIONS", "/", &[]);
        for (name, value) in [("origin", "https://app.example"), ("access-control-request-method", "GET")] {
            request.headers_mut().insert(name, value.parse().unwrap());
        }
        request
    };
    let any = "route = \"ANY /\"";
    assert_eq!(answer(with("", any), preflight()).await.0, 401);
    assert_eq!(answer(with("pass_preflight = true", any), preflight()).await.0, 200);

    let unknown = |setting: &str| answer(with(setting, plain), request("GET", "/none", &[&id]));
    assert!(unknown("").await.2.contains("Missing Authentication Token"));
    assert!(unknown("mimic_sigv4_fallback = true").await.2.contains("Invalid key=value pair"));
    let cors = |lines: &str| {
        let mut request = request("GET", "/", &[]);
        request.headers_mut().insert("origin", "https://app.example".parse().unwrap());
        let text = with("", plain) + lines;
        async move { answer(&text, request).await.1.get("access-control-allow-origin").cloned() }
    };
    assert_eq!(cors("").await, None);
    assert_eq!(cors("[cors]\norigins = [\"*\"]\n").await, Some("*".parse().unwrap()));
    assert_eq!(
        cors("[cors]\norigins = [\"https://app.example\"]\ncredentials = true\n").await,
        Some("https://app.example".parse().unwrap())
    );

    let broken = ScriptedKeys::new();
    broken.set(ISSUER, keys::Answer::Failure);
    for (setting, status) in [("", 500), ("when_keys_unavailable = 503", 503), ("when_keys_unavailable = 401", 401)] {
        let configuration = read(&with(setting, plain)).unwrap();
        let source = broken.clone();
        let authorizers = configuration.authorizers_with(|_, own| own.key_source(source.clone()).clock(keys::clock()));
        let layer = configuration.layer(&authorizers.unwrap()).unwrap();
        assert_eq!(send(&layer, request("GET", "/", &[&id])).await.status.as_u16(), status, "{setting}");
    }
}

/// The settings for matching paths: 5.1.6, 5.1.7, 10.2, 10.25, 10.90 to 10.92.
#[tokio::test]
async fn what_is_set_decides_about_paths() {
    let id = Token::id().sign();
    let proxy = "route = \"GET /{proxy+}\"";
    let pets = "route = \"GET /pets\"";
    let open = "route = \"GET /files/{proxy+}\"\nauthorization = \"NONE\"";
    let mixed = "route = \"GET /files/{name}\"\nauthorization = \"NONE\"\n\n\
                 [[routes]]\nroute = \"GET /{section}/drafts\"\n\n[[routes]]\nroute = \"GET /files/admin\"";
    for (lines, route, path, expected) in [
        ("", pets, "/pets/", 200),
        ("[route_table]\ntrailing_slash = \"significant\"\n", pets, "/pets/", 403),
        ("", proxy, "/", 403),
        ("[route_table]\nproxy_covers_root = true\n", proxy, "/", 200),
        ("", proxy, "/a%2fb", 200),
        ("[route_table]\nstrict_paths = true\n", proxy, "/a%2fb", 400),
        ("", pets, "/none", 403),
        ("[route_table]\nhand_on_unknown_routes = true\n", pets, "/none", 200),
        ("[route_table]\nstage = \"prod\"\n", pets, "/prod/pets", 200),
        ("", open, "/files/../x", 400),
        ("[danger]\npaths_as_sent = true\n", open, "/files/../x", 200),
        ("", mixed, "/files/drafts", 400),
        ("", mixed, "/files/x", 200),
        ("[route_table]\ninner_router = \"literal_first\"\n", mixed, "/files/drafts", 200),
        ("[route_table]\ninner_router = \"matched_route\"\n", mixed, "/files/drafts", 200),
        ("", mixed, "/files/ADMIN", 400),
        ("[route_table]\nignore_case = false\n", mixed, "/files/ADMIN", 200),
    ] {
        let text = with("", route) + lines;
        assert_eq!(answer(&text, request("GET", path, &[&id])).await.0, expected, "{lines} {path}");
    }
}

/// The limits and sources of keys, read from the authorizer's status.
#[tokio::test]
async fn what_is_set_decides_about_keys() {
    let plain = "route = \"GET /\"";
    let text = |lines: &str| with("", plain) + lines;
    let id = Token::id().sign();
    for (lines, tokens) in [("", 1), ("[token_cache]\nbytes = 0\n", 0)] {
        let configuration = read(&text(lines)).unwrap();
        let authorizers = configuration.authorizers_with(with_keys).unwrap();
        let layer = configuration.layer(&authorizers).unwrap();
        assert_eq!(send(&layer, request("GET", "/", &[&id])).await.status, 200);
        assert_eq!(authorizers.get("a").unwrap().token_cache_status().entries, tokens, "{lines}");
    }
    // A fetch without an answer ends at the configured timeout.
    let silent = ScriptedKeys::new();
    silent.set(ISSUER, keys::Answer::Never);
    let configuration = read(&text("[keys]\nfetch_timeout_milliseconds = 1\n")).unwrap();
    let authorizers = configuration.authorizers_with(|_, own| own.key_source(silent.clone())).unwrap();
    let hydrated = tokio::time::timeout(Duration::from_millis(1_200), authorizers.hydrate()).await;
    assert!(hydrated.expect("before the time-out that is usual").is_err());
    // Keys expire at the configured age.
    let (source, clock) = (ScriptedKeys::new(), keys::clock());
    let configuration = read(&text("[keys]\nmax_age_seconds = 7200\n")).unwrap();
    let set = |_: &str, own: AuthorizerBuilder| own.key_source(source.clone()).clock(clock.clone());
    let authorizers = configuration.authorizers_with(set).unwrap();
    authorizers.hydrate().await.unwrap();
    source.set(ISSUER, keys::Answer::Failure);
    clock.advance(7_100);
    assert!(authorizers.is_ready());
    clock.advance(200);
    assert!(!authorizers.is_ready());
    // The password of a proxy is not shown.
    let proxied = read(&text("[keys]\nproxy = \"http://user:canary-7f3a@proxy.example:3128\"\n")).unwrap();
    assert!(proxied.authorizers().is_ok() && !format!("{proxied:?}").contains("canary"), "{proxied:?}");
    let error = read(&text("[keys]\nproxy = \"socks5://user:canary-7f3a@proxy\"\n")).unwrap_err();
    assert!(!format!("{error} {error:?}").contains("canary"), "{error:?}");
    assert!(error.to_string().contains("the address of the proxy cannot be used"), "{error}");
    // Plain HTTP to a remote host must be enabled explicitly.
    let afar = text("").replace("[authorizers", "issuer = \"http://idp.example/eu-west-1_Ab129faBb\"\n[authorizers");
    assert!(read(&afar).is_err());
    assert!(read(&(afar + "[danger]\nplain_http = true\n")).unwrap().authorizers().is_ok());
}

/// Keys from a file are not stored as last known good keys. Otherwise they would stay valid for a user pool of this id after
/// their removal.
#[tokio::test]
async fn keys_of_a_file_do_not_become_the_last_known_good_ones() {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("configuration-{}", std::process::id()));
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(folder.join("kept")).unwrap();
    fs::set_permissions(folder.join("kept"), fs::Permissions::from_mode(0o700)).unwrap();
    fs::write(folder.join("keys.json"), jwk_set([&*ID_KEY])).unwrap();
    let keys = "[keys]\nlast_known_good_directory = \"kept\"\n";
    let fetched = with("", "route = \"GET /\"") + keys;
    let given = fetched.replace("[authorizers", "jwks_file = \"keys.json\"\n[authorizers");
    let reader = Configuration::reader().directory(&folder);
    let clocked = |_: &str, own: AuthorizerBuilder| own.clock(keys::clock());
    let configuration = reader.read_toml(&given).unwrap();
    let authorizers = configuration.authorizers_with(clocked).unwrap();
    authorizers.hydrate().await.unwrap();
    let layer = configuration.layer(&authorizers).unwrap();
    assert_eq!(send(&layer, request("GET", "/", &[&Token::id().sign()])).await.status, 200);
    assert_eq!(fs::read_dir(folder.join("kept")).unwrap().count(), 0);

    // Fetched keys are stored.
    let configuration = reader.read_toml(&fetched).unwrap();
    let authorizers = configuration.authorizers_with(with_keys).unwrap();
    authorizers.hydrate().await.unwrap();
    soon(|| fs::read_dir(folder.join("kept")).unwrap().count() == 1).await;
}
