//! Tests shadow mode (`dangerous().shadow()`): the layer decides, counts and logs, but every request passes.
use std::{collections::BTreeMap, convert::Infallible};

use bytes::Bytes;
use cognito_authorizer::{
    AuthorizerLayer, Claims, Rejection, RouteTable, configuration::Configuration, keys::HttpsKeySource,
    local_user_pool::LocalUserPoolConfig, request_context::ClaimHeaders,
};
use http::{Request, Response};
use http_body_util::{BodyExt, Full};
use tower::{Layer, ServiceExt, service_fn};
use tracing_subscriber::filter::LevelFilter;

use crate::support::{
    keys::{self, ScriptedKeys},
    log::Log,
    metrics::Metrics,
    requests::request,
    tokens::*,
};

fn layer(keys: &ScriptedKeys) -> AuthorizerLayer {
    let headers = ClaimHeaders::builder().claim("x-user", "sub").build().unwrap();
    let authorizer = keys::builder(keys).claim_headers(headers).build().unwrap();
    let routes = RouteTable::builder().open("GET /health").scopes("GET /pets/{id}", ["pets/read"]);
    authorizer.layer().routes(routes.build().unwrap()).unwrap().dangerous().shadow()
}

/// Returns what the inner service receives: the token's subject, the rejection reason and the claim header.
async fn seen(layer: &AuthorizerLayer, path: &str, token: &str) -> String {
    let inner = service_fn(|request: Request<Full<Bytes>>| async move {
        let claims = request.extensions().get::<Claims>().map(|claims| claims.subject().to_owned());
        let rejection = request.extensions().get::<Rejection>().map(|rejection| rejection.kind().as_str());
        let header = request.headers().get("x-user").map(|value| value.to_str().unwrap().to_owned());
        Ok::<_, Infallible>(Response::new(Full::<Bytes>::from(format!("{claims:?} {rejection:?} {header:?}"))))
    });
    let mut request = request("GET", path, &[token]);
    request.headers_mut().insert("x-user", "forged".parse().unwrap());
    let response = layer.layer(inner).oneshot(request).await.unwrap();
    assert_eq!(response.status(), 200, "{path}");
    assert!(response.extensions().get::<Rejection>().is_none(), "nothing was refused");
    String::from_utf8(response.into_body().collect().await.unwrap().to_bytes().to_vec()).unwrap()
}

#[test]
fn every_request_passes_and_what_was_decided_is_told() {
    let (log, metrics) = (Log::default(), Metrics::default());
    let _guard = log.capture(LevelFilter::INFO);
    let good = Token::access().sign();
    let expired = Token::access().with("exp", NOW).sign();
    metrics::with_local_recorder(&metrics, || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let layer = layer(&ScriptedKeys::new());
            let subject = format!("Some({CLIENT_ID:?})");
            for (path, token, expected) in [
                ("/pets/7", &*good, format!("{subject} None {subject}")),
                ("/pets/7", &*expired, r#"None Some("expired") None"#.to_owned()),
                ("/pets/7", &*expired, r#"None Some("expired") None"#.to_owned()),
                ("/pets/7", "canary", r#"None Some("malformed_token") None"#.to_owned()),
                ("/secret-path", &*good, r#"None Some("no_route") None"#.to_owned()),
                ("/pets/..", &*good, r#"None Some("ambiguous_path") None"#.to_owned()),
                ("/health", "", "None None None".to_owned()),
            ] {
                assert_eq!(seen(&layer, path, token).await, expected, "{path}");
            }
            let unreachable = ScriptedKeys::new();
            unreachable.set(ISSUER, keys::Answer::Failure);
            let without_keys = seen(&self::layer(&unreachable), "/pets/7", &good).await;
            assert_eq!(without_keys, r#"None Some("keys_unavailable") None"#, "also what waited for keys");
        });
    });
    let of = |(decision, reason, count): (&str, &str, f64)| {
        (format!("cognito_authorizer_decisions_total{{decision={decision},reason={reason}}}"), count)
    };
    let mut counted = metrics.counted();
    counted.retain(|name, _| name.contains("decisions"));
    let expected = [
        ("allowed", "none", 1.0),
        ("open", "none", 1.0),
        ("would_reject", "expired", 2.0),
        ("would_reject", "malformed_token", 1.0),
        ("would_reject", "no_route", 1.0),
        ("would_reject", "ambiguous_path", 1.0),
        ("would_reject", "keys_unavailable", 1.0),
    ];
    assert_eq!(counted, BTreeMap::from(expected.map(of)));

    let text = log.text();
    assert!(text.contains("WARN") && text.contains("a layer is in shadow mode"), "it is loud at the start: {text}");
    assert_eq!(text.matches("request would be rejected").count(), 6, "{text}");
    assert!(text.contains(r#"reason="expired" method="GET" route="GET /pets/{id}""#), "{text}");
    for received in ["canary", "secret-path", &good[..20], CLIENT_ID] {
        assert!(!text.contains(received), "{received}: {text}");
    }
}

/// Every setting that skips a check logs a warning, wherever it is set.
#[test]
fn what_weakens_a_check_says_so_in_the_log() {
    let pool = LocalUserPoolConfig::new("eu-west-1_LocalPool");
    let written = |setting: &str| {
        let text = format!(
            "user_pools: {{one: {{id: {POOL_ID}}}}}\nauthorizers: {{pool: {{type: COGNITO_USER_POOLS, user_pools: [one]}}}}\n\
             routes: [{{route: GET /a}}]\ndanger: {{{setting}: true}}\n"
        );
        let configuration = Configuration::reader().read(&text).unwrap();
        configuration.layer(&configuration.authorizers().unwrap()).map(drop).unwrap();
    };
    let says: [(&dyn Fn(), &str); 7] = [
        (&|| drop(RouteTable::builder().dangerous().paths_as_sent()), "accepts every path as sent"),
        (&|| written("paths_as_sent"), "accepts every path as sent"),
        (&|| drop(HttpsKeySource::new().unwrap().dangerous().allow_plain_http()), "fetched over plain HTTP"),
        (&|| written("plain_http"), "fetched over plain HTTP"),
        (&|| drop(keys::authorizer().layer().dangerous().shadow()), "a layer is in shadow mode"),
        (&|| written("shadow"), "a layer is in shadow mode"),
        (&|| drop(pool.clone().dangerous().listen_beyond_loopback()), "may be reachable from other machines"),
    ];
    for (call, part) in says {
        let log = Log::default();
        let guard = log.capture(LevelFilter::WARN);
        call();
        drop(guard);
        assert!(log.text().contains(" WARN ") && log.text().contains(part), "{part}: {}", log.text());
    }
}
