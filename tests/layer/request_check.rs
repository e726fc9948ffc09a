//! Tests `check`, for frameworks that are not built on tower: its decisions, changes and fetches equal those of the layer.
use std::{collections::HashSet, convert::Infallible, sync::Mutex};

use axum::{Router, routing::any};
use bytes::Bytes;
use cognito_authorizer::{
    Authorizer, AuthorizerLayer, AuthorizerType, Claims, Rejection, RejectionKind as No, RouteTable, Verdict,
    configuration::Configuration,
    local_user_pool::{AppClientConfig, KeyRotation, LocalUserPool, LocalUserPoolConfig},
    middleware::Admission,
    request_context::ClaimHeaders,
    route::MatchedRoute,
};
use http::{Request, Response, request::Parts};
use http_body_util::{BodyExt, Full};
use tower::{Layer, ServiceExt, service_fn};

use crate::support::{
    keys::{self, Answer, ScriptedKeys},
    tokens::*,
};

/// Builds a request head with these headers.
fn head(method: &str, uri: &str, headers: &[(&str, &str)]) -> Parts {
    let request = Request::builder().method(method).uri(uri);
    let request = headers.iter().fold(request, |request, (name, value)| request.header(*name, *value));
    request.body(()).unwrap().into_parts().0
}

/// Prints the request that a service receives.
fn seen(head: &Parts) -> String {
    let mut headers: Vec<String> = head.headers.iter().map(|(name, value)| format!("{name}: {value:?}")).collect();
    headers.sort();
    let claims = head.extensions.get::<Claims>().map(|claims| claims.subject().to_owned());
    let rejection = head.extensions.get::<Rejection>().map(|rejection| rejection.kind());
    let route = head.extensions.get::<MatchedRoute>().map(described);
    format!("{} {} {headers:?} {claims:?} {rejection:?} {route:?}", head.method, head.uri)
}

fn described(route: &MatchedRoute) -> String {
    let variables: Vec<(&str, &str)> = route.path_variables().collect();
    format!("{} {variables:?}", route.key())
}

/// Prints a rejection: status, headers without the random ids, body and reason.
async fn shown<B: http_body::Body<Error: std::fmt::Debug>>(response: Response<B>) -> String {
    let (mut parts, body) = response.into_parts();
    for name in ["x-amzn-requestid", "x-amz-apigw-id", "apigw-requestid"] {
        if let Some(value) = parts.headers.get_mut(name) {
            *value = "id".parse().unwrap();
        }
    }
    let reason = parts.extensions.get::<Rejection>().map(|rejection| rejection.kind());
    let body = body.collect().await.unwrap().to_bytes();
    format!("{} {:?} {body:?} {reason:?}", parts.status, parts.headers)
}

/// Sends a request through the layer, and returns what the service receives, or the gateway response.
async fn by_layer(layer: &AuthorizerLayer, head: &Parts) -> Result<String, String> {
    let inner = service_fn(|request: Request<()>| async move {
        let mut response = Response::new(Full::<Bytes>::default());
        response.extensions_mut().insert(seen(&request.into_parts().0));
        Ok::<_, Infallible>(response)
    });
    let response = layer.layer(inner).oneshot(Request::from_parts(head.clone(), ())).await.unwrap();
    match response.extensions().get::<String>() {
        Some(seen) => Ok(seen.clone()),
        None => Err(shown(response).await),
    }
}

/// Runs the check, and applies the admission both to the head and by hand.
async fn by_check(layer: &AuthorizerLayer, head: &Parts) -> Result<String, String> {
    let admission = match layer.check(head).await {
        Ok(admission) => admission,
        Err(response) => return Err(shown(response.map(Full::new)).await),
    };
    let mut applied = head.clone();
    admission.apply(&mut applied);
    assert_eq!((&by_hand(&admission, head).headers, &by_hand(&admission, head).uri), (&applied.headers, &applied.uri));
    assert_eq!(admission.claims().map(Claims::subject), applied.extensions.get::<Claims>().map(Claims::subject));
    assert_eq!(admission.rejection(), applied.extensions.get::<Rejection>().copied());
    Ok(seen(&applied))
}

/// Headers that are added between the check and its application are stripped too.
#[tokio::test]
async fn an_admission_is_applied_to_the_head_as_it_is() {
    let headers = ClaimHeaders::builder().claim("x-user", "sub").build().unwrap();
    let authorizer = keys::builder(&ScriptedKeys::new()).claim_headers(headers).build().unwrap();
    let layer = authorizer.layer().routes(routes()).unwrap();
    let mut head = Request::builder().uri("/health").body(()).unwrap().into_parts().0;
    let admission = layer.check(&head).await.unwrap();
    for (name, value) in [("x_user", "admin"), ("x-user", "admin"), ("upgrade", "h2c"), ("accept", "*/*")] {
        head.headers.insert(name, value.parse().unwrap());
    }
    admission.apply(&mut head);
    assert_eq!(head.headers.keys().map(|name| name.as_str()).collect::<Vec<_>>(), ["accept"]);
}

fn by_hand(admission: &Admission, head: &Parts) -> Parts {
    let mut changed = head.clone();
    for name in admission.removed_headers() {
        assert!(changed.headers.remove(name).is_some(), "{name} was sent");
    }
    changed.headers.extend(admission.set_headers().clone());
    if let Some(uri) = admission.uri() {
        changed.uri = uri.clone();
    }
    changed
}

/// Returns the layer's decision, which must equal that of the check.
async fn decided(layer: &AuthorizerLayer, head: &Parts) -> Result<String, String> {
    let by_layer = by_layer(layer, head).await;
    assert_eq!(by_check(layer, head).await, by_layer, "{} {}", head.method, head.uri);
    by_layer
}

fn routes() -> RouteTable {
    let routes = RouteTable::builder().open("GET /health").scopes("GET /pets/{id}", ["pets/read"]);
    let routes = routes.scopes("ANY /files/{owner}/{proxy+}", ["pets/read"]).scopes("GET /admin", ["pets/admin"]);
    routes.insert_matched_route(true).build().unwrap()
}

#[tokio::test]
async fn the_check_decides_as_the_layer_does() {
    let headers = ClaimHeaders::builder().claim("x-user", "sub").build().unwrap();
    let builder = || keys::builder(&ScriptedKeys::new()).claim_headers(headers.clone()).pass_preflight(true);
    let layers = [
        builder().build().unwrap().layer().routes(routes()).unwrap(),
        builder().forward_token(false).build().unwrap().layer().routes(routes()).unwrap(),
        builder().build().unwrap().layer().scopes(["pets/read"]).unwrap(),
        builder().build().unwrap().layer().routes(routes()).unwrap().dangerous().shadow(),
    ];
    let (good, expired) = (Token::access().sign(), Token::access().with("exp", NOW).sign());
    let (unknown, poor) = (Token::access().by(&NEXT_KEY).sign(), Token::access().with("scope", "a/b").sign());
    let (mut admitted, mut rejected) = (0, 0);
    for layer in &layers {
        for path in ["/health", "/pets/7", "/pets/a%2Fb", "/pets/..", "/files/me/a/b/", "/admin", "/none"] {
            for token in ["", "x", &good, &expired, &unknown, &poor] {
                let sent =
                    [("authorization", token), ("x-user", "forged"), ("x_user", "forged"), ("trailer", "x-user")];
                for head in [head("GET", path, &sent), head("GET", path, &[]), head("OPTIONS", path, &sent)] {
                    match decided(layer, &head).await {
                        Ok(seen) => {
                            assert!(!seen.contains("forged"), "{seen}");
                            admitted += 1;
                        }
                        Err(_) => rejected += 1,
                    }
                }
            }
            let preflight = [("origin", "https://app.example"), ("access-control-request-method", "GET")];
            let _ = decided(layer, &head("OPTIONS", path, &preflight)).await;
        }
    }
    assert!(admitted > 100 && rejected > 100, "{admitted} {rejected}");
    // Literal expectations, because both results could be wrong in the same way.
    let good = [("authorization", &*good), ("x-user", "forged")];
    assert_eq!(
        decided(&layers[1], &head("GET", "/files/me/a%2Fb/c", &good)).await.unwrap(),
        format!(
            r#"GET /files/me/a%2Fb/c ["x-user: \"{CLIENT_ID}\""] Some("{CLIENT_ID}") None Some("ANY /files/{{owner}}/{{proxy+}} [(\"owner\", \"me\"), (\"proxy\", \"a%2Fb/c\")]")"#
        )
    );
    let refused = decided(&layers[0], &head("GET", "/pets/7", &[])).await.unwrap_err();
    assert!(refused.starts_with("401") && refused.ends_with(r#"b"{\"message\":\"Unauthorized\"}" Some(MissingToken)"#));
}

#[tokio::test]
async fn a_token_in_the_query_is_removed_from_the_target() {
    let authorizer = keys::builder(&ScriptedKeys::new()).authorizer_type(AuthorizerType::Jwt).any_app_client(true);
    let authorizer = authorizer.identity_source("$request.querystring.token").forward_token(false);
    let table = RouteTable::builder().authorizer_type(AuthorizerType::Jwt).scopes("GET /pets/{id}", ["pets/read"]);
    let layer = authorizer.build().unwrap().layer().routes(table.build().unwrap()).unwrap();
    let head = head("GET", &format!("/pets/7?a=1&token={}&b=2", Token::access().sign()), &[]);
    let admission = layer.check(&head).await.unwrap();
    assert_eq!(admission.uri().unwrap(), "/pets/7?a=1&b=2");
    assert!(decided(&layer, &head).await.unwrap().starts_with("GET /pets/7?a=1&b=2 "));
    assert_eq!(admission.matched_route().unwrap().path_variable("id"), Some("7"));
    assert!(!format!("{admission:?}").contains("eyJ"), "{admission:?}");
}

/// Follows the steps that the docs of `authorize` and `hydrate` prescribe.
#[tokio::test]
async fn a_rotated_key_is_fetched_once() {
    let (keys, clock) = (ScriptedKeys::new(), keys::clock());
    let authorizer = keys::builder(&keys).clock(clock.clone()).build().unwrap();
    let layer = authorizer.layer().routes(routes()).unwrap();
    let asked = |token: &Token| head("GET", "/pets/7", &[("authorization", &token.sign())]);
    authorizer.hydrate().await.unwrap();
    assert!(layer.check(&asked(&Token::access())).await.is_ok());
    assert_eq!(keys.fetches(), 2, "both user pools, at the start");
    keys.set(ISSUER, Answer::Document(jwk_set([&*ID_KEY, &*NEXT_KEY])));
    clock.advance(10);
    let rotated = Token::access().by(&NEXT_KEY);
    let route = routes().routes()[1].authorization().clone();
    let verdict = authorizer.authorize(&route, &asked(&rotated).headers, None);
    assert!(matches!(verdict, Verdict::NeedKeys(issuer) if issuer.name() == ISSUER), "nothing is fetched");
    authorizer.hydrate().await.unwrap();
    assert_eq!(keys.fetches(), 2, "`hydrate` leaves cached keys as they are");
    let admission = layer.check(&asked(&rotated)).await.unwrap();
    assert_eq!((admission.claims().unwrap().subject(), keys.fetches()), (CLIENT_ID, 3));
    assert!(matches!(authorizer.authorize(&route, &asked(&rotated).headers, None), Verdict::Allow(Some(_))));
    let removed = layer.check(&asked(&Token::access())).await.unwrap_err();
    assert_eq!(removed.extensions().get::<Rejection>().unwrap().kind(), No::UnknownKey);
}

#[tokio::test]
async fn a_local_user_pool_may_rotate_its_keys() {
    let client = AppClientConfig::new("service", "secret").allowed_scopes(["pets/read"]);
    let config = LocalUserPoolConfig::new("eu-west-1_Local").resource_server("pets", ["read"]).app_client(client);
    let pool = LocalUserPool::start(config, "127.0.0.1:0".parse().unwrap()).await.unwrap();
    let authorizer = Authorizer::builder().user_pool(pool.user_pool()).build().unwrap();
    let layer = authorizer.layer().scopes(["pets/read"]).unwrap();
    authorizer.hydrate().await.unwrap();
    pool.rotate_keys(KeyRotation::AtOnce).await.unwrap();
    let url = format!("{}/oauth2/token?grant_type=client_credentials", pool.domain());
    let response = reqwest::Client::new().post(url).basic_auth("service", Some("secret")).send().await.unwrap();
    let answer: serde_json::Value = serde_json::from_str(&response.text().await.unwrap()).unwrap();
    let token = answer["access_token"].as_str().unwrap();
    let admission = layer.check(&head("GET", "/", &[("authorization", token)])).await.unwrap();
    assert_eq!(admission.claims().unwrap().client_id(), Some("service"));
}

/// A check may have a side effect: this one accepts each `jti` once.
#[tokio::test]
async fn the_revocation_check_is_asked_once() {
    let seen = Mutex::new(HashSet::new());
    let once = move |claims: &Claims| !seen.lock().unwrap().insert(claims.jwt_id().unwrap().to_owned());
    let layer =
        keys::builder(&ScriptedKeys::new()).revocation_check(once).build().unwrap().layer().routes(routes()).unwrap();
    let head = head("GET", "/pets/7", &[("authorization", &Token::access().sign())]);
    assert!(layer.check(&head).await.is_ok(), "after a wait for keys");
    let rejected = layer.check(&head).await.unwrap_err();
    assert_eq!(rejected.extensions().get::<Rejection>().unwrap().kind(), No::Revoked);
}

#[tokio::test]
async fn a_handler_of_axum_sees_the_matched_route() {
    async fn handler(request: axum::extract::Request) -> String {
        request.extensions().get::<MatchedRoute>().map_or("none".to_owned(), described)
    }
    let ask = |app: Router, path: &'static str| async move {
        let mut request = Request::new(axum::body::Body::empty());
        *request.uri_mut() = path.parse().unwrap();
        request.headers_mut().insert("authorization", Token::access().sign().parse().unwrap());
        let body = app.oneshot(request).await.unwrap().into_body().collect().await.unwrap().to_bytes();
        String::from_utf8(body.to_vec()).unwrap()
    };
    let table = |routes: cognito_authorizer::route::RouteTableBuilder| {
        keys::authorizer().layer().routes(routes.build().unwrap()).unwrap()
    };
    let routes = || RouteTable::builder().stage("api").open("GET /health").scopes("GET /{kind}/{id}", ["pets/read"]);
    let app = |layer| Router::new().fallback(any(handler)).layer(layer);
    for (path, expected) in [
        ("/api/pets/a%20b", r#"GET /{kind}/{id} [("kind", "pets"), ("id", "a%20b")]"#),
        ("/api/health", "GET /health []"),
    ] {
        assert_eq!(ask(app(table(routes().insert_matched_route(true))), path).await, expected);
        assert_eq!(ask(app(table(routes())), path).await, "none", "it was not asked for");
        // In a nested router the matched path is the one that the outermost router saw.
        let nested = table(routes().insert_matched_route(true)).for_nested_router();
        assert_eq!(ask(Router::new().nest("/api", app(nested)), path).await, expected);
    }
    let handed_on = table(routes().insert_matched_route(true).hand_on_unknown_routes(true));
    assert_eq!(ask(app(handed_on), "/api/none").await, "none", "no route covers it");
}

#[tokio::test]
async fn a_configuration_can_ask_for_the_matched_route() {
    for (setting, expected) in [("true", Some("GET /pets/{id} [(\"id\", \"7\")]")), ("false", None)] {
        let text = format!(
            "user_pools: {{one: {{id: {POOL_ID}}}}}\nauthorizers: {{pool: {{type: COGNITO_USER_POOLS, user_pools: [one]}}}}\n\
             routes: [{{route: 'GET /pets/{{id}}', authorization: NONE}}]\n\
             route_table: {{insert_matched_route: {setting}}}\n"
        );
        let configuration = Configuration::reader().read(&text).unwrap();
        let layer = configuration.layer(&configuration.authorizers().unwrap()).unwrap();
        let mut head = head("GET", "/pets/7", &[]);
        layer.check(&head).await.unwrap().apply(&mut head);
        assert_eq!(head.extensions.get::<MatchedRoute>().map(described).as_deref(), expected);
    }
}
