//! Tests the metrics and log events of a layer's decisions ([`docs::metrics`](cognito_authorizer::docs::metrics)).
use std::{collections::BTreeMap, convert::Infallible, fs};

use bytes::Bytes;
use cognito_authorizer::{AuthorizerLayer, AuthorizerType, RejectionKind, RouteTable};
use http::{Request, Response};
use http_body_util::Full;
use tower::{Layer, ServiceExt, service_fn};
use tracing::Level;
use tracing_subscriber::filter::LevelFilter;

use crate::support::{
    keys::{self, ScriptedKeys},
    log::Log,
    metrics::Metrics,
    requests::{request, send},
    tokens::*,
};

fn layer() -> AuthorizerLayer {
    let authorizer = keys::builder(&ScriptedKeys::new()).rejection_level(Level::INFO).build().unwrap();
    let routes = RouteTable::builder().open("GET /health").scopes("ANY /pets/{id}", ["pets/read"]);
    authorizer.layer().routes(routes.build().unwrap()).unwrap()
}

fn on_a_runtime(metrics: &Metrics, task: impl AsyncFnOnce()) {
    metrics::with_local_recorder(metrics, || {
        tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(task());
    });
}

fn decisions(metrics: &Metrics) -> BTreeMap<String, f64> {
    let start = "cognito_authorizer_decisions_total";
    let of_decisions = |(name, value): (String, f64)| Some((name.strip_prefix(start)?.to_owned(), value));
    metrics.told().into_iter().filter_map(of_decisions).collect()
}

#[test]
fn counts_each_decision_once_and_shows_the_others_at_zero() {
    let metrics = Metrics::default();
    on_a_runtime(&metrics, async || {
        let layer = layer();
        let series = decisions(&metrics);
        assert_eq!(series.len(), 2 + RejectionKind::ALL.len());
        assert!(series.values().all(|count| *count == 0.0), "{series:?}");
        let good = Token::access().sign();
        // The first request waits for a key fetch.
        for (path, token) in [("/pets/1", &*good), ("/pets/1", &*good), ("/pets/1", "x"), ("/health", ""), ("/x", "")] {
            send(&layer, request("GET", path, &[token])).await;
        }
        let (head, _) = request("GET", "/pets/2", &[&good]).into_parts();
        assert!(layer.check(&head).await.is_ok());
    });
    let counted: BTreeMap<String, f64> = decisions(&metrics).into_iter().filter(|(_, count)| *count > 0.0).collect();
    let expected = [
        ("{decision=allowed,reason=none}", 3.0),
        ("{decision=open,reason=none}", 1.0),
        ("{decision=rejected,reason=malformed_token}", 1.0),
        ("{decision=rejected,reason=no_route}", 1.0),
    ];
    assert_eq!(counted, expected.map(|(name, count)| (name.to_owned(), count)).into());
}

#[test]
fn cache_hits_are_published_within_a_second() {
    let metrics = Metrics::default();
    let hits = || metrics.told().get("cognito_authorizer_token_cache_requests_total{result=hit}").copied();
    on_a_runtime(&metrics, async || {
        let clock = keys::clock();
        let authorizer = keys::builder(&ScriptedKeys::new()).clock(clock.clone()).build().unwrap();
        let layer = authorizer.layer().scopes(["pets/read"]).unwrap();
        let good = Token::access().with("exp", NOW + 100).sign();
        for _ in 0..5 {
            assert_eq!(send(&layer, request("GET", "/", &[&good])).await.status, 200);
        }
        clock.advance(1);
        assert_eq!(send(&layer, request("GET", "/", &[&good])).await.status, 200);
        let counted = authorizer.token_cache_status().hits;
        assert!(counted >= 5, "{counted}");
        assert_eq!(hits(), Some(f64::from(u32::try_from(counted).unwrap())), "all of them, and no miss came since");
    });
}

#[tokio::test]
async fn logs_why_a_request_was_rejected() {
    let log = Log::default();
    let _guard = log.capture(LevelFilter::INFO);
    let layer = layer();
    let expired = Token::access().with("exp", NOW).sign();
    let answer = send(&layer, request("PATCH", "/pets/7", &[&expired])).await;
    let id = answer.headers["x-amzn-requestid"].to_str().unwrap().to_owned();
    send(&layer, request("BREW", "/secret", &[])).await;
    let text = log.text();
    let line = format!(
        r#"INFO cognito_authorizer::middleware::decisions: request rejected reason="expired" method="PATCH" route="ANY /pets/{{id}}" request_id="{id}""#
    );
    assert!(text.contains(&line), "{text}");
    assert!(text.contains(r#"reason="no_route" method="OTHER" request_id"#), "{text}");
    assert!(!text.contains("BREW") && !text.contains("secret"), "{text}");
}

#[test]
fn every_metric_says_what_it_is_and_stands_on_its_page() {
    let metrics = Metrics::default();
    on_a_runtime(&metrics, async || {
        send(&layer(), request("GET", "/pets/1", &[&Token::access().sign()])).await;
    });
    let page = fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/src/docs/metrics.md")).unwrap();
    let descriptions = metrics.descriptions();
    for name in metrics.told().keys().map(|name| name.split('{').next().unwrap()) {
        assert!(descriptions.get(name).is_some_and(|text| text.ends_with('.')), "{name} has no description");
    }
    for name in descriptions.keys() {
        assert!(page.contains(&format!("`{name}`")), "{name} is not on the page");
    }
}

#[tokio::test]
async fn a_grpc_caller_gets_the_request_id() {
    for (authorizer_type, header) in
        [(AuthorizerType::CognitoUserPools, "x-amzn-requestid"), (AuthorizerType::Jwt, "apigw-requestid")]
    {
        let authorizer = keys::builder(&ScriptedKeys::new()).authorizer_type(authorizer_type).any_app_client(true);
        let mut request = request("POST", "/pets.Pets/List", &[]);
        request.headers_mut().insert("content-type", "application/grpc".parse().unwrap());
        let answer = send(&authorizer.build().unwrap().layer(), request).await;
        assert_eq!(answer.headers["grpc-status"], "16");
        assert!(answer.headers.contains_key(header), "{:?}", answer.headers);
    }
}

/// A layer with scopes asks for an access token, one without for an ID token.
#[tokio::test]
async fn warns_once_of_stacked_layers_that_no_request_passes() {
    let log = Log::default();
    let _guard = log.capture(LevelFilter::WARN);
    let authorizer = keys::authorizer();
    let (scoped, unscoped) = (authorizer.layer().scopes(["pets/read"]).unwrap(), authorizer.layer());
    let both = authorizer.layer().scopes(["pets/write"]).unwrap();
    let service = |inner: &AuthorizerLayer| {
        let done = service_fn(|_: Request<Full<Bytes>>| async {
            Ok::<_, Infallible>(Response::new(Full::<Bytes>::default()))
        });
        scoped.layer(inner.layer(done))
    };
    let good = Token::access().sign();
    let call = |inner: &AuthorizerLayer| service(inner).oneshot(request("GET", "/", &[&good]));
    assert_eq!(call(&both).await.unwrap().status(), 200, "both scopes");
    assert_eq!(log.text(), "");
    for _ in 0..2 {
        assert_eq!(call(&unscoped).await.unwrap().status(), 401);
    }
    assert_eq!(log.text().matches("stacked layers require different kinds of token").count(), 1, "{}", log.text());
}
