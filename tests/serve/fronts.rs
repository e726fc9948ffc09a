//! What each proxy asks and gets: the decision of the layer, in its words.
use reqwest::Method;

use crate::served::{Seen, Served};

/// Requests, with headers besides the token.
const CORPUS: &[(&str, &str, &[(&str, &str)])] = &[
    ("GET", "/pets", &[]),
    ("GET", "/pets?page=2", &[]),
    ("GET", "/pets/7", &[]),
    ("POST", "/pets/7", &[]),
    ("DELETE", "/pets", &[]),
    ("GET", "/open", &[]),
    ("GET", "/open", &[("x-user", "admin"), ("x-scope", "all")]),
    ("GET", "/iam", &[]),
    ("GET", "/nothing", &[]),
    ("GET", "/pets%2f7", &[]),
    ("GET", "//pets", &[]),
    ("GET", "/pets/../open", &[]),
    ("GET", "/open", &[("x-http-method-override", "DELETE")]),
    ("GET", "/open", &[("x-original-url", "/pets")]),
    ("OPTIONS", "/pets", &[("origin", "https://app.example"), ("access-control-request-method", "GET")]),
];

/// Every request, without a token, with a token, and with one that lacks the scope.
pub fn requests(served: &Served) -> Vec<(&'static str, &'static str, Vec<(&'static str, String)>)> {
    let tokens = [None, Some(served.token("pets/read")), Some(served.token("other")), Some("nonsense".to_owned())];
    let mut all = Vec::new();
    for (method, target, headers) in CORPUS {
        for token in &tokens {
            let own = headers.iter().map(|(name, value)| (*name, (*value).to_owned()));
            let token = token.iter().map(|token| ("authorization", token.clone()));
            all.push((*method, *target, own.chain(token).collect()));
        }
    }
    all
}

pub fn borrowed<'h>(headers: &'h [(&'static str, String)]) -> Vec<(&'h str, &'h str)> {
    headers.iter().map(|(name, value)| (*name, &**value)).collect()
}

/// What a proxy has to get where the layer calls the service: 200 with all claim headers.
fn permission(layer: &Seen) -> Vec<String> {
    layer
        .headers
        .iter()
        .filter(|header| header.starts_with("x-user") || header.starts_with("x-scope"))
        .cloned()
        .collect()
}

#[tokio::test]
async fn every_front_decides_as_the_layer_does() {
    let served = Served::new("").await;
    let (mut passed, mut rejected) = (0, 0);
    for (method, target, headers) in requests(&served) {
        let headers = borrowed(&headers);
        let layer = served.layer(method, target, &headers).await;
        let forward_auth = served.forward_auth(method, target, &headers).await;
        let ask = served.forwarded("/ask", method, target, &headers).await;
        let answer = served.forwarded("/answer", method, target, &headers).await;
        let ext_authz = served.ask(method.parse().unwrap(), &format!("/ext-authz{target}"), &headers).await;
        let what = format!("{method} {target} {headers:?}");
        if layer.body == "service" {
            passed += 1;
            for seen in [&forward_auth, &ask] {
                assert_eq!((seen.status, &seen.headers), (200, &permission(&layer)), "{what}");
            }
            assert_eq!((ext_authz.status, permission(&ext_authz)), (200, permission(&layer)), "{what}");
            assert_eq!((answer.status, answer.header("retry-after")), (503, Some("1")), "{what}");
        } else {
            rejected += 1;
            assert_eq!(forward_auth, layer, "{what}");
            assert_eq!(answer, layer, "{what}");
            if !target.starts_with("/pets/..") {
                // The client of this test normalizes the path.
                assert_eq!(ext_authz, layer, "{what}");
            }
            let expected = if layer.status == 401 { 401 } else { 403 };
            assert_eq!((ask.status, &*ask.headers, &*ask.body), (expected, &[][..], ""), "{what}");
        }
    }
    assert!(passed > 8 && rejected > 30, "{passed} {rejected}");
}

/// What a client sends in place of a claim is replaced, on open routes too.
#[tokio::test]
async fn a_permission_replaces_every_claim_header() {
    let served = Served::new("").await;
    let imitated = [("x-user", "admin"), ("x-scope", "all")];
    let open = served.forward_auth("GET", "/open", &imitated).await;
    assert_eq!(open.headers, ["x-scope: ", "x-user: "]);
    let token = served.token("pets/read");
    let guarded = served.forward_auth("GET", "/pets", &[&imitated[..], &[("authorization", &token)]].concat()).await;
    assert_eq!(guarded.headers, ["x-scope: pets/read", "x-user: client"]);
    // Envoy removes what it is told to.
    let open = served.ask(Method::GET, "/ext-authz/open", &[("x_user", "admin")]).await;
    assert_eq!(open.header("x-envoy-auth-headers-to-remove"), Some("x-scope,x-user,x_user"));
    // The token too, unless the service receives it.
    let stripping = Served::stripping().await;
    let token = stripping.token("pets/read");
    let passed = stripping.ask(Method::GET, "/ext-authz/pets", &[("authorization", &token)]).await;
    assert_eq!(passed.header("x-envoy-auth-headers-to-remove"), Some("authorization"));
}

/// 401 in place of a permission for nothing: the question has to be clear.
#[tokio::test]
async fn a_question_that_is_not_clear_is_rejected() {
    let served = Served::new("").await;
    for headers in [
        &[][..],
        &[("x-forwarded-method", "GET")],
        &[("x-forwarded-uri", "/open")],
        &[("x-forwarded-method", "GET"), ("x-forwarded-uri", "/open"), ("x-forwarded-uri", "/pets")],
        &[("x-forwarded-method", "GET"), ("x-forwarded-method", "GET"), ("x-forwarded-uri", "/open")],
        &[("x-forwarded-method", "G T"), ("x-forwarded-uri", "/open")],
        &[("x-forwarded-method", "GET"), ("x-forwarded-uri", "")],
        &[("x-forwarded-method", "GET"), ("x-forwarded-uri", "open")],
        &[("x-forwarded-method", "GET"), ("x-forwarded-uri", "http://elsewhere/open")],
        &[
            ("x-forwarded-method", "GET"),
            ("x-forwarded-uri", "/open"),
            ("x-forwarded-host", "a"),
            ("x-forwarded-host", "b"),
        ],
    ] {
        assert_eq!(served.ask(Method::GET, "/forward-auth", headers).await.status, 400, "{headers:?}");
        assert_eq!(served.ask(Method::GET, "/answer", headers).await.status, 400, "{headers:?}");
        assert_eq!(served.ask(Method::GET, "/ask", headers).await.status, 403, "{headers:?}");
    }
    // What describes the request is no header of the request.
    let open = served.forward_auth("GET", "/open", &[("x-forwarded-host", "service.example")]).await;
    assert_eq!(open.status, 200);
    for path in ["/", "/open", "/ext-authzopen", "/forward-auth/open", "/ASK"] {
        assert_eq!(served.ask(Method::GET, path, &[]).await.status, 404, "{path}");
    }
}

/// What the layer answers itself, where a status of 200 to 299 is a permission.
#[tokio::test]
async fn answers_of_the_layer_itself_are_no_permission() {
    let served = Served::new("[cors]\norigins = [\"https://app.example\"]\n").await;
    let preflight = [("origin", "https://app.example"), ("access-control-request-method", "GET")];
    let layer = served.layer("OPTIONS", "/pets", &preflight).await;
    assert_eq!((layer.status, layer.header("access-control-allow-origin")), (204, Some("https://app.example")));
    // No route covers it, so it does not reach the service.
    assert_eq!(served.forward_auth("OPTIONS", "/pets", &preflight).await.status, 403);
    assert_eq!(served.forwarded("/ask", "OPTIONS", "/pets", &preflight).await.status, 403);
    // nginx and Envoy can give the answer.
    assert_eq!(served.forwarded("/answer", "OPTIONS", "/pets", &preflight).await, layer);
    assert_eq!(served.ask(Method::OPTIONS, "/ext-authz/pets", &preflight).await, layer);
    // An open route with a mock response.
    let mock = served.layer("OPTIONS", "/mock", &[]).await;
    assert_eq!((mock.status, &*mock.body), (200, "{}"));
    assert_eq!(served.forward_auth("OPTIONS", "/mock", &[]).await.headers, ["x-scope: ", "x-user: "]);
    assert_eq!(served.forwarded("/ask", "OPTIONS", "/mock", &[]).await.status, 403);
    assert_eq!(served.forwarded("/answer", "OPTIONS", "/mock", &[]).await, mock);
    // Envoy would take 200 for a permission.
    let ext_authz = served.ask(Method::OPTIONS, "/ext-authz/mock", &[]).await;
    assert_eq!((ext_authz.status, &*ext_authz.body), (204, ""));
}

/// A rejected gRPC call has the status 200, and a gateway response can have any: neither is a permission.
#[tokio::test]
async fn a_rejection_with_status_200_is_no_permission() {
    let grpc = [("content-type", "application/grpc")];
    let served = Served::new("").await;
    let layer = served.layer("POST", "/pets/7", &grpc).await;
    assert_eq!((layer.status, layer.header("grpc-status")), (200, Some("16")));
    for (kind, path) in [("a token is missing", "/pets/7"), ("no route", "/nothing")] {
        let status = if path == "/pets/7" { 401 } else { 403 };
        let forward_auth = served.forward_auth("POST", path, &grpc).await;
        let ext_authz = served.ask(Method::POST, &format!("/ext-authz{path}"), &grpc).await;
        assert_eq!((forward_auth.status, ext_authz.status), (status, status), "{kind}");
        assert!(forward_auth.header("grpc-status").is_some() && ext_authz.header("grpc-status").is_some(), "{kind}");
        assert!([401, 403].contains(&served.forwarded("/ask", "POST", path, &grpc).await.status), "{kind}");
    }
    // `/answer` is shown to the client, and reaches no service.
    assert_eq!(served.forwarded("/answer", "POST", "/pets/7", &grpc).await, layer);

    let shown = "[gateway_responses.UNAUTHORIZED]\nstatus = 200\n[gateway_responses.MISSING_AUTHENTICATION_TOKEN]\nstatus = 204\n";
    let served = Served::new(shown).await;
    assert_eq!(served.layer("GET", "/pets", &[]).await.status, 200);
    for path in ["/pets", "/nothing"] {
        for seen in [
            served.forward_auth("GET", path, &[]).await,
            served.forwarded("/ask", "GET", path, &[]).await,
            served.ask(Method::GET, &format!("/ext-authz{path}"), &[]).await,
        ] {
            assert!([401, 403].contains(&seen.status), "{path}: {seen:?}");
        }
    }
}

/// In shadow mode every request passes, without claims, and the log says what would have been rejected.
#[tokio::test]
async fn shadow_mode_lets_every_request_pass() {
    let served = Served::new("[danger]\nshadow = true\n").await;
    for target in ["/pets", "/nothing", "/iam"] {
        let told = served.forward_auth("GET", target, &[("x-user", "admin")]).await;
        assert_eq!(
            (told.status, &*told.headers),
            (200, &["x-scope: ".to_owned(), "x-user: ".to_owned()][..]),
            "{target}"
        );
    }
    let token = served.token("pets/read");
    let passed = served.forward_auth("GET", "/pets", &[("authorization", &token)]).await;
    assert_eq!(passed.header("x-user"), Some("client"));
}

/// A proxy does not say whether a request has a body, and one with a body is no preflight request.
#[tokio::test]
async fn a_preflight_passes_no_front_without_a_route() {
    let served = Served::passing_preflight().await;
    let preflight = [("origin", "https://app.example"), ("access-control-request-method", "GET")];
    assert_eq!(served.layer("OPTIONS", "/pets", &preflight).await.body, "service");
    assert_eq!(served.forward_auth("OPTIONS", "/pets", &preflight).await.status, 403);
    assert_eq!(served.forwarded("/ask", "OPTIONS", "/pets", &preflight).await.status, 403);
    assert_eq!(served.forwarded("/answer", "OPTIONS", "/pets", &preflight).await.status, 403);
    assert_eq!(served.ask(Method::OPTIONS, "/ext-authz/pets", &preflight).await.status, 403);
}
