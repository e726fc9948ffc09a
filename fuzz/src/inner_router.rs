//! No handler of another guarded rule answers a request that passes, whatever router the inner service has.

use std::{collections::BTreeMap, convert::Infallible, sync::LazyLock};

use axum::{
    Router,
    body::Body,
    response::Response,
    routing::{MethodFilter, MethodRouter, any},
};
use cognito_authorizer::{
    Authorizer, AuthorizerType, RouteTable, internals,
    keys::{KeyFuture, KeyRequest, KeySource, KeySourceError},
    route::{InnerRouter, RouteTableBuilder},
};
use http::{HeaderMap, HeaderValue, Method, Request, Uri};
use tower::{Layer, Service};
use tower_http::normalize_path::NormalizePathLayer;

use super::{list_router::ListRouter, model_routes::ModelRoute};

/// Input: bytes that choose, one after the other, the settings, up to eight routes and up to 24 requests.
pub fn inner_router(data: &[u8]) {
    requests(data);
}

/// The same. How many requests were tried.
pub fn requests(data: &[u8]) -> usize {
    let mut choices = Choices(data);
    let settings = Settings::of(&mut choices);
    let routes = routes(&mut choices);
    let Ok(table) = settings.apply(add(RouteTable::builder(), &routes)).build() else { return 0 };
    let services = Services::new(&routes, &table, settings);
    let mut count = 0;
    while count < 24 && !choices.0.is_empty() {
        let sent = Sent::of(&mut choices);
        services.try_on(&table, settings, &sent, &mut choices);
        count += 1;
    }
    count
}

/// Bytes to choose by; zero when there are none left.
pub struct Choices<'d>(pub &'d [u8]);

impl Choices<'_> {
    pub fn below(&mut self, count: usize) -> usize {
        let Some((first, rest)) = self.0.split_first() else { return 0 };
        self.0 = rest;
        usize::from(*first) % count
    }

    pub fn flag(&mut self) -> bool {
        self.below(2) == 1
    }

    fn of<T: Copy>(&mut self, of: &[T]) -> T {
        of[self.below(of.len())]
    }
}

#[derive(Clone, Copy)]
struct Settings {
    authorizer_type: AuthorizerType,
    inner_router: InnerRouter,
    ignore_case: bool,
    hands_on: bool,
}

impl Settings {
    fn of(choices: &mut Choices<'_>) -> Self {
        Self {
            authorizer_type: choices.of(&[AuthorizerType::CognitoUserPools, AuthorizerType::Jwt]),
            inner_router: choices.of(&[InnerRouter::LiteralFirst, InnerRouter::AnyOrder]),
            ignore_case: choices.flag(),
            hands_on: choices.flag(),
        }
    }

    fn apply(self, table: RouteTableBuilder) -> RouteTableBuilder {
        let table = table.authorizer_type(self.authorizer_type).inner_router(self.inner_router);
        let table = table.ignore_case(self.ignore_case);
        if self.hands_on { table.hand_on_unknown_routes(true) } else { table }
    }
}

/// Route keys and their rules: `open`, or a scope.
fn routes(choices: &mut Choices<'_>) -> Vec<(String, &'static str)> {
    let mut routes: Vec<(String, &str)> = Vec::new();
    for _ in 0..=choices.below(8) {
        let rule = choices.of(&["open", "one", "two"]);
        let method = choices.of(&["GET", "ANY", "GET", "HEAD", "POST", "ANY", "DELETE"]);
        let mut path = String::new();
        for _ in 0..choices.below(4) {
            path.push_str(choices.of(&["/a", "/{v}", "/b", "/{v}", "/A", "/c"]));
        }
        let key = match choices.below(12) {
            0 => "$default".to_owned(),
            1..=4 => format!("{method} {path}/{{v+}}"),
            _ if path.is_empty() => format!("{method} /"),
            _ => format!("{method} {path}"),
        };
        if routes.iter().all(|(other, _)| *other != key) {
            routes.push((key, rule));
        }
    }
    routes
}

fn add(builder: RouteTableBuilder, routes: &[(String, &str)]) -> RouteTableBuilder {
    routes.iter().fold(builder, |builder, (key, rule)| match *rule {
        "open" => builder.open(key),
        scope => builder.scopes(key, [scope]),
    })
}

/// A request.
pub struct Sent {
    pub method: Method,
    pub uri: Uri,
    pub headers: HeaderMap,
}

impl Sent {
    fn of(choices: &mut Choices<'_>) -> Self {
        let method: Method = choices.of(&["GET", "GET", "HEAD", "POST", "DELETE", "OPTIONS"]).parse().unwrap();
        let mut target = String::new();
        for _ in 0..=choices.below(4) {
            target.push_str(choices.of(&["/", "/", "/", "//", "/./", "/%2f"]));
            target.push_str(choices.of(&[
                "a", "b", "c", "x", "A", "a", "b", "%61", "%41", "a%2fb", "a%2Fb", "a;x", "a.", "b%20", "b%2e", "",
                "%2561", "a%3bb", "%ffb", "%23", "c%3F", ".", "%C4%B1",
            ]));
        }
        target.push_str(choices.of(&["", "", "", "/", "//"]));
        let mut headers = HeaderMap::new();
        match choices.below(12) {
            0 => target.push_str("?_method=DELETE"),
            1 => drop(headers.insert("x-http-method-override", HeaderValue::from_static("delete"))),
            2 => drop(headers.insert("x-original-url", HeaderValue::from_static("/a/b"))),
            _ => {}
        }
        let uri = target.parse().unwrap_or_else(|_| Uri::from_static("/"));
        Self { method, uri, headers }
    }
}

/// The same routes in real routers, each handler with the place of its route.
struct Services<'r> {
    model: Vec<ModelRoute<'r>>,
    /// Only where axum can hold all the routes: plain, nested and behind both modes of `NormalizePath`.
    axum: Vec<Axum>,
    /// Nested, with the layer inside the nest.
    nested: Option<Axum>,
}

type Axum = tower::util::BoxCloneSyncService<Request<Body>, Response, Infallible>;

impl<'r> Services<'r> {
    fn new(routes: &'r [(String, &'static str)], table: &RouteTable, settings: Settings) -> Self {
        let model: Vec<ModelRoute<'r>> = routes.iter().map(|(key, rule)| ModelRoute::of(key, rule)).collect();
        let mut axum = Vec::new();
        let mut nested = None;
        if let Some(router) = router(routes, None, "") {
            axum.push(Axum::new(NormalizePathLayer::trim_trailing_slash().layer(router.clone())));
            axum.push(Axum::new(router));
        }
        if let Some(router) = router(routes, None, "/") {
            axum.push(Axum::new(NormalizePathLayer::append_trailing_slash().layer(router)));
        }
        if let Some(below) = router(routes, Some("/a"), "") {
            axum.push(Axum::new(Router::new().nest("/a", below.clone())));
            let authorizer = &AUTHORIZERS[usize::from(settings.authorizer_type == AuthorizerType::Jwt)];
            let layer = authorizer.layer().routes(table.clone()).unwrap().for_nested_router();
            nested = Some(Axum::new(Router::new().nest("/a", below.layer(layer))));
        }
        Self { model, axum, nested }
    }

    fn try_on(&self, table: &RouteTable, settings: Settings, sent: &Sent, choices: &mut Choices<'_>) {
        let Sent { method, uri, headers } = sent;
        if let Some(nested) = &self.nested
            && let Some(place) = answer(nested.clone(), sent)
        {
            let route = &self.model[place];
            assert_eq!(route.rule, "open", "{method} {uri} {headers:?}: {} answers without a token", route.key);
        }
        let found = internals::route_key_without(table, None, (method, uri, headers));
        let Ok(key) = found else { return };
        let rule = key.map_or("open", |key| self.model.iter().find(|route| route.key == key).unwrap().rule);
        let check = |place: usize, who: &dyn std::fmt::Debug| {
            let route = &self.model[place];
            assert!(
                route.rule == "open" || route.rule == rule,
                "{method} {uri} {headers:?} passes under {key:?} ({rule}), and {} ({}) answers: {who:?}",
                route.key,
                route.rule,
            );
        };
        for (number, service) in self.axum.iter().enumerate() {
            if let Some(place) = answer(service.clone(), sent) {
                check(place, &format!("axum {number}"));
            }
        }
        if settings.inner_router == InnerRouter::AnyOrder {
            let list = ListRouter::of(&self.model, settings.ignore_case, choices);
            if let Some(place) = list.answer(&self.model, sent) {
                check(place, &list);
            }
        }
    }
}

/// One authorizer of each type. Nobody has a token, so no key is ever needed.
static AUTHORIZERS: LazyLock<[Authorizer; 2]> = LazyLock::new(|| {
    let authorizer = || Authorizer::for_user_pool("eu-west-1_Ab129faBb").key_source(NoKeys);
    let http = authorizer().authorizer_type(AuthorizerType::Jwt).any_app_client(true);
    [authorizer().build().unwrap(), http.build().unwrap()]
});

#[derive(Debug)]
struct NoKeys;

impl KeySource for NoKeys {
    fn fetch(&self, _: KeyRequest) -> KeyFuture {
        Box::pin(async { Err(KeySourceError::Other("there are none".into())) })
    }
}

/// axum's router with these routes, or with those below a path, if it can hold them; each path with this at its end, but those
/// that end with a greedy variable.
fn router(routes: &[(String, &str)], below: Option<&str>, end: &str) -> Option<Router> {
    let mut known = matchit::Router::new();
    let mut paths: BTreeMap<String, MethodRouter> = BTreeMap::new();
    let mut router = Router::new();
    for (place, (key, _)) in routes.iter().enumerate() {
        let handler = move || async move { [(ROUTE, place.to_string())] };
        let Some((method, path)) = key.split_once(' ') else {
            router = if below.is_none() { router.fallback(handler) } else { router };
            continue;
        };
        let path = below.map_or(Some(path), |below| path.strip_prefix(below).filter(|rest| rest.starts_with('/')));
        let Some(mut path) = path.map(theirs) else { continue };
        if !path.contains('*') && path != "/" {
            path.push_str(end);
        }
        if !paths.contains_key(&path) {
            known.insert(path.clone(), ()).ok()?;
        }
        let methods = paths.remove(&path).unwrap_or_default();
        let methods = match MethodFilter::try_from(method.parse::<Method>().unwrap()) {
            Ok(filter) => methods.on(filter, handler),
            Err(_) => methods.merge(any(handler)),
        };
        paths.insert(path, methods);
    }
    Some(paths.into_iter().fold(router, |router, (path, methods)| router.route(&path, methods)))
}

/// A path as axum writes it; the variables of one path have different names there.
fn theirs(path: &str) -> String {
    let segments = path.split('/').skip(1).enumerate().map(|(number, segment)| match segment {
        "{v}" => format!("/{{v{number}}}"),
        "{v+}" => format!("/{{*v{number}}}"),
        literal => format!("/{literal}"),
    });
    segments.collect()
}

/// The place of the route whose handler answers.
fn answer(mut service: Axum, sent: &Sent) -> Option<usize> {
    let mut request = Request::new(Body::empty());
    *request.method_mut() = sent.method.clone();
    *request.uri_mut() = sent.uri.clone();
    *request.headers_mut() = sent.headers.clone();
    let response = now_or_never(service.call(request)).unwrap();
    response.headers().get(ROUTE)?.to_str().unwrap().parse().ok()
}

/// The response header that says which route a handler is of.
const ROUTE: &str = "x-route";

fn now_or_never<F: Future>(future: F) -> F::Output {
    let mut context = std::task::Context::from_waker(std::task::Waker::noop());
    match std::pin::pin!(future).poll(&mut context) {
        std::task::Poll::Ready(output) => output,
        std::task::Poll::Pending => panic!("nothing waits here"),
    }
}
