//! axum: plain, with nested routers, and behind both modes of tower-http's `NormalizePath`.

use std::{collections::BTreeMap, convert::Infallible, net::TcpListener};

use axum::{
    Router,
    routing::{MethodFilter, MethodRouter, any, on},
};
use http::{Request, Response};
use hyper::body::Incoming;
use hyper_util::{rt::TokioIo, service::TowerToHyperService};
use tower::{Layer, Service};
use tower_http::normalize_path::NormalizePathLayer;

use super::{Running, Site, by_path, written};
use crate::layout::{Layout, Order, Route, Segment};

/// axum's router refuses some paths beside each other.
pub fn holds(layout: &Layout) -> bool {
    let mut router = matchit::Router::new();
    let routes = layout.routes(Order::AsListed);
    let paths = by_path(&routes);
    let mut paths = paths.iter().filter_map(|(path, _)| *path);
    !layout.is_grpc() && paths.all(|path| router.insert(written_path(path), ()).is_ok())
}

pub fn plain(sites: Vec<(Site, TcpListener)>) -> Running {
    serve(sites, |routes| router(routes, ""))
}

pub fn trimmed(sites: Vec<(Site, TcpListener)>) -> Running {
    serve(sites, |routes| NormalizePathLayer::trim_trailing_slash().layer(router(routes, "")))
}

/// Its routes end in a slash.
pub fn appended(sites: Vec<(Site, TcpListener)>) -> Running {
    serve(sites, |routes| NormalizePathLayer::append_trailing_slash().layer(router(routes, "/")))
}

/// Routes whose first segments are the same literals stand in routers of their own.
pub fn nested(sites: Vec<(Site, TcpListener)>) -> Running {
    serve(sites, nested_router)
}

fn serve<S>(sites: Vec<(Site, TcpListener)>, service: fn(&[Route]) -> S) -> Running
where
    S: Service<Request<Incoming>, Response = Response<axum::body::Body>, Error = Infallible> + Clone + Send + 'static,
    S::Future: Send,
{
    let serve = |(site, listener): (Site, TcpListener)| {
        let service = service(&site.routes);
        listener.set_nonblocking(true).expect("a listener");
        let listener = tokio::net::TcpListener::from_std(listener).expect("a listener");
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let _ = stream.set_nodelay(true);
                let service = TowerToHyperService::new(service.clone());
                let connection = hyper::server::conn::http1::Builder::new();
                let connection = connection.serve_connection(TokioIo::new(stream), service);
                tokio::spawn(connection);
            }
        })
    };
    Running { tasks: sites.into_iter().map(serve).collect(), ..Running::default() }
}

fn written_path(path: &[Segment]) -> String {
    written(path, |place| format!("{{p{place}}}"), |_| "{*rest}".to_owned())
}

fn router(routes: &[Route], end: &str) -> Router {
    let mut router = Router::new();
    for (path, routes) in by_path(routes) {
        let methods = methods(&routes);
        router = match path.map(written_path) {
            None => router.fallback_service(methods),
            Some(path) if path.ends_with('/') => router.route(&path, methods),
            Some(path) if path.ends_with("{*rest}") => router.route(&path, methods),
            Some(path) => router.route(&format!("{path}{end}"), methods),
        };
    }
    router
}

fn methods(routes: &[&Route]) -> MethodRouter {
    let handler = |index: usize| move || async move { [("x-route", index.to_string())] };
    let all = routes.iter().find(|route| route.method.is_none());
    let mut methods = all.map_or_else(MethodRouter::new, |route| any(handler(route.index)));
    for route in routes {
        let Some(method) = route.method else { continue };
        let method = http::Method::from_bytes(method.as_bytes()).expect("a method");
        methods = methods.merge(on(MethodFilter::try_from(method).expect("a method"), handler(route.index)));
    }
    methods
}

fn nested_router(routes: &[Route]) -> Router {
    let mut here = Vec::new();
    let mut below: BTreeMap<&'static str, Vec<Route>> = BTreeMap::new();
    for route in routes {
        match route.path.as_deref() {
            Some([Segment::Literal(first), rest @ ..]) if !rest.is_empty() => {
                below.entry(first).or_default().push(Route { path: Some(rest.to_vec()), ..route.clone() });
            }
            _ => here.push(route.clone()),
        }
    }
    // A router of one route is not worth one.
    let mut router = Router::new();
    for (first, nested) in below {
        let is_taken = here.iter().any(|route| route.path.as_deref() == Some(&[Segment::Literal(first)]));
        let has_root = nested.iter().any(|route| route.path.as_deref().is_some_and(<[Segment]>::is_empty));
        if is_taken || has_root || nested.len() < 2 {
            let back = |route: Route| {
                let path = route.path.map(|path| [vec![Segment::Literal(first)], path].concat());
                Route { path, ..route }
            };
            here.extend(nested.into_iter().map(back));
        } else {
            router = router.nest(&format!("/{first}"), nested_router(&nested));
        }
    }
    router.merge(self::router(&here, ""))
}
