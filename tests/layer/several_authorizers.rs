//! Tests an API whose routes use different authorizers.
//!
//! Rows: `src/docs/behaviour.md` §10.48; attack ids: `src/docs/attacks.md`, T-CLM-2, T-PTH-1, T-PTH-5 and T-HDR-2.
use cognito_authorizer::{
    Authorizer, AuthorizerLayer, AuthorizerType, Authorizers, RejectionKind as No, RouteTable,
    gateway_response::{GatewayResponse, GatewayResponses, ResponseType},
    request_context::ClaimHeaders,
    route::{RouteAuthorization, RouteTableBuilder},
};
use http::Request;
use http_body_util::Full;
use tower::{Layer, ServiceExt, service_fn};

use crate::support::{
    keys::{self, ScriptedKeys},
    requests::{request, send},
    soon,
    tokens::*,
};

/// Builds an authorizer for the tokens of one user pool.
fn of_pool(id: &str) -> Authorizer {
    let builder = Authorizer::for_user_pool(id);
    builder.key_source(ScriptedKeys::new()).clock(keys::clock()).build().unwrap()
}

fn scopes(scope: &str) -> RouteAuthorization {
    RouteAuthorization::with_scopes([scope]).unwrap()
}

fn table() -> RouteTableBuilder {
    RouteTable::builder()
        .open("GET /health")
        .route_for_authorizer("one", "GET /pets/{id}", scopes("pets/read"))
        .route_for_authorizer("other", "GET /pets/all", scopes("pets/read"))
        .route_for_authorizer("other", "ANY /staff", scopes("pets/read"))
        .route_for_authorizer("one", "GET /staff", scopes("pets/read"))
}

fn layer() -> AuthorizerLayer {
    let authorizers = Authorizers::new([("one", of_pool(POOL_ID)), ("other", of_pool(OTHER_POOL_ID))]);
    authorizers.unwrap().layer(table().build().unwrap()).unwrap()
}

/// T-HDR-7: the response of one authorizer does not contain the token of another.
#[test]
fn no_gateway_response_holds_the_token_of_another_authorizer() {
    let of = |source: &str, response: GatewayResponse| {
        let builder = Authorizer::for_user_pool(POOL_ID).identity_source(source);
        let responses = GatewayResponses::builder().response(ResponseType::Unauthorized, response).build().unwrap();
        builder.gateway_responses(responses).key_source(ScriptedKeys::new()).build().unwrap()
    };
    let plain = || of("method.request.header.Authorization", GatewayResponse::new());
    let header = GatewayResponse::new().header("x-sent", "method.request.header.authorization");
    let body = GatewayResponse::new().template("text/plain", "$method.request.header.Authorization");
    for echoing in [header, body] {
        for order in [false, true] {
            let mut named = [("one", of("method.request.header.X-Token", echoing.clone())), ("other", plain())];
            if order {
                named.reverse();
            }
            let error = Authorizers::new(named).unwrap_err();
            let said = "of `one` contains `method.request.header.authorization`, which is the token of `other`";
            assert!(error.to_string().contains(said), "{error}");
        }
    }
    let named = [("one", of("method.request.header.X-Token", GatewayResponse::new())), ("other", plain())];
    assert!(Authorizers::new(named).is_ok());
}

#[tokio::test]
async fn each_route_asks_its_own_authorizer() {
    let layer = layer();
    let (one, other) = (Token::access().sign(), Token::access().with("iss", OTHER_ISSUER).by(&OTHER_POOL_KEY).sign());
    for (method, path, token, expected) in [
        ("GET", "/pets/7", &*one, None),
        ("GET", "/pets/7", &*other, Some(No::UnknownIssuer)),
        ("GET", "/pets/all", &*other, None),
        ("GET", "/pets/all", &*one, Some(No::UnknownIssuer)),
        ("POST", "/staff", &*other, None),
        ("POST", "/staff", &*one, Some(No::UnknownIssuer)),
        ("GET", "/staff", &*one, None),
        ("GET", "/health", "", None),
        ("GET", "/none", &*one, Some(No::NoRoute)),
        // T-PTH-1: a service that decodes the path would serve the route of the other authorizer.
        ("GET", "/pets/%61ll", &*one, Some(No::AmbiguousPath)),
        // T-PTH-5: a service that answers HEAD as GET would serve the route of the first authorizer.
        ("HEAD", "/staff", &*other, Some(No::AmbiguousPath)),
    ] {
        let answer = send(&layer, request(method, path, &[token])).await;
        assert_eq!(answer.reason, expected, "{method} {path}");
        if let Some(kind) = answer.reason {
            answer.assert_is_gateway_response(kind);
        }
    }
}

#[test]
fn rejects_a_table_whose_routes_name_an_unknown_authorizer() {
    let error = of_pool(POOL_ID).layer().routes(table().build().unwrap()).unwrap_err();
    assert!(error.to_string().contains("`one`"), "{error}");
}

#[test]
fn authorizers_that_do_not_go_together_are_rejected() {
    let http_api = || {
        let builder = Authorizer::for_user_pool(POOL_ID).authorizer_type(AuthorizerType::Jwt);
        builder.any_app_client(true).build().unwrap()
    };
    let one = || of_pool(POOL_ID);
    let error = |named: Vec<(&str, Authorizer)>| Authorizers::new(named).unwrap_err().to_string();
    assert!(error(vec![]).contains("the list of authorizers is empty"));
    assert!(error(vec![("a", one()), ("b", one()), ("a", one())]).contains("the name `a`"));
    assert!(error(vec![("a", one()), ("b", one()), ("c", http_api())]).contains("must have the same type"));

    let two = Authorizers::new([("one", one()), ("two", one())]).unwrap();
    let alone = Authorizers::new([("one", one())]).unwrap();
    let token = |routes: RouteTableBuilder| routes.guarded("GET /a").build().unwrap();
    let unknown = two.layer(table().build().unwrap()).unwrap_err().to_string();
    assert_eq!(
        unknown,
        "the route `GET /pets/all` names the unknown authorizer `other`: name one of `one`, `two`\n\
         the route `ANY /staff` names the unknown authorizer `other`: name one of `one`, `two`"
    );
    let unsaid = two.layer(token(RouteTable::builder())).unwrap_err().to_string();
    assert_eq!(unsaid, "the route `GET /a` names no authorizer: name one of `one`, `two`");
    assert!(alone.layer(token(RouteTable::builder())).is_ok(), "there is but one to ask");
    assert!(two.layer(RouteTable::builder().open("GET /a").build().unwrap()).is_ok(), "nobody is asked");
}

/// T-HDR-2: the claim headers of every authorizer are stripped from every request.
#[tokio::test]
async fn claim_headers_of_one_cannot_be_sent_to_the_routes_of_another() {
    let headers = |name: &str| ClaimHeaders::builder().claim(name, "sub").build().unwrap();
    let of = |id: &str, name: &str| {
        let builder = Authorizer::for_user_pool(id).claim_headers(headers(name));
        builder.key_source(ScriptedKeys::new()).clock(keys::clock()).build().unwrap()
    };
    let authorizers = Authorizers::new([("one", of(POOL_ID, "x-one")), ("other", of(OTHER_POOL_ID, "x-other"))]);
    let layer = authorizers.unwrap().layer(table().build().unwrap()).unwrap();
    let echo = service_fn(|request: Request<Full<bytes::Bytes>>| async move {
        let of = |name: &str| request.headers().get(name).map(|value| value.to_str().unwrap().to_owned());
        Ok::<_, std::convert::Infallible>(http::Response::new(Full::<bytes::Bytes>::from(format!(
            "{:?} {:?}",
            of("x-one"),
            of("x-other")
        ))))
    });
    for (path, expected) in [("/pets/7", format!("Some({CLIENT_ID:?}) None")), ("/health", "None None".to_owned())] {
        let mut request = request("GET", path, &[&Token::access().sign()]);
        for name in ["x-one", "x-other", "x_other"] {
            request.headers_mut().insert(name, "forged".parse().unwrap());
        }
        let response = layer.layer(echo).oneshot(request).await.unwrap();
        let body = http_body_util::BodyExt::collect(response.into_body()).await.unwrap().to_bytes();
        assert_eq!(body, expected, "{path}");
    }
}

#[tokio::test]
async fn each_answers_as_it_is_set_and_the_first_where_none_is_asked() {
    let answering = |id: &str, status: u16| {
        let own = GatewayResponse::new().status(status);
        let responses = GatewayResponses::builder().response(ResponseType::Default4xx, own).build().unwrap();
        let builder = Authorizer::for_user_pool(id).gateway_responses(responses);
        builder.key_source(ScriptedKeys::new()).clock(keys::clock()).build().unwrap()
    };
    let authorizers = Authorizers::new([("one", answering(POOL_ID, 418)), ("other", answering(OTHER_POOL_ID, 451))]);
    let layer = authorizers.unwrap().layer(table().build().unwrap()).unwrap();
    for (path, status) in [("/pets/7", 418), ("/pets/all", 451), ("/none", 418)] {
        assert_eq!(send(&layer, request("GET", path, &[])).await.status.as_u16(), status, "{path}");
    }
}

/// The route's authorizer decides whether a preflight request passes. Without a route, all authorizers must allow it.
#[tokio::test]
async fn a_preflight_passes_as_the_route_has_it() {
    let of = |id: &str, passes: bool| {
        let builder = Authorizer::for_user_pool(id).pass_preflight(passes);
        builder.key_source(ScriptedKeys::new()).clock(keys::clock()).build().unwrap()
    };
    let routes = || {
        RouteTable::builder().route_for_authorizer("one", "ANY /one", scopes("a/b")).route_for_authorizer(
            "other",
            "ANY /other",
            scopes("a/b"),
        )
    };
    for (one, other, expected) in [
        (true, false, [200, 401, 403]),
        (false, true, [401, 200, 403]),
        (true, true, [200, 200, 200]),
        (false, false, [401, 401, 403]),
    ] {
        let authorizers = Authorizers::new([("one", of(POOL_ID, one)), ("other", of(OTHER_POOL_ID, other))]).unwrap();
        let layer = authorizers.layer(routes().build().unwrap()).unwrap();
        let mut statuses = Vec::new();
        for path in ["/one", "/other", "/none"] {
            let mut request = request("OPTIONS", path, &[]);
            for (name, value) in [("origin", "https://app.example"), ("access-control-request-method", "GET")] {
                request.headers_mut().insert(name, value.parse().unwrap());
            }
            statuses.push(send(&layer, request).await.status.as_u16());
        }
        assert_eq!(statuses, expected, "{one} {other}");
    }
}

#[tokio::test]
async fn the_keys_of_all_are_fetched() {
    let authorizers = Authorizers::new([("one", of_pool(POOL_ID)), ("other", of_pool(OTHER_POOL_ID))]).unwrap();
    assert!(!authorizers.is_ready());
    authorizers.hydrate().await.unwrap();
    assert!(authorizers.is_ready() && authorizers.iter().all(|(_, own)| own.is_ready()));

    let broken = ScriptedKeys::new();
    broken.set(OTHER_ISSUER, keys::Answer::Failure);
    let other = Authorizer::for_user_pool(OTHER_POOL_ID).key_source(broken).clock(keys::clock());
    let authorizers = Authorizers::new([("one", of_pool(POOL_ID)), ("other", other.build().unwrap())]).unwrap();
    let error = authorizers.hydrate().await.unwrap_err().to_string();
    assert!(error.contains(OTHER_POOL_ID) && !authorizers.is_ready(), "{error}");
}

/// The fetches of all authorizers run concurrently, including those of the second form of their issuers.
#[tokio::test]
async fn all_that_lack_keys_are_named_at_once() {
    let keys = ScriptedKeys::new();
    for issuer in [ISSUER, OTHER_ISSUER] {
        keys.set(issuer, keys::Answer::Failure);
    }
    let of_pool =
        |id: &str| Authorizer::for_user_pool(id).key_source(keys.clone()).clock(keys::clock()).build().unwrap();
    let authorizers = [("one", of_pool(OTHER_POOL_ID)), ("other", of_pool(POOL_ID)), ("again", of_pool(POOL_ID))];
    let authorizers = Authorizers::new(authorizers).unwrap();
    keys.hold();
    let hydrating = tokio::spawn(async move { authorizers.hydrate().await });
    soon(|| keys.fetches() == 3).await;
    for _ in 0..3 {
        keys.release_one();
    }
    soon(|| keys.fetches() == 6).await;
    keys.release();
    let error = hydrating.await.unwrap().unwrap_err();
    let mut expected = [POOL_ID, OTHER_POOL_ID];
    expected.sort_unstable();
    assert_eq!(error.user_pools().map(|id| id.as_str()).collect::<Vec<_>>(), expected);
    assert_eq!(error.to_string().matches("503").count(), 2, "{error}");
}
