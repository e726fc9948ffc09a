//! hyper with a router of `matchit` for each method, as a service without a framework has it.

use std::{collections::HashMap, convert::Infallible, net::TcpListener, sync::Arc};

use bytes::Bytes;
use http::{Response, StatusCode};
use http_body_util::Empty;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;

use super::{Running, Site, written};

/// The routes of each method.
type Routers = HashMap<&'static str, matchit::Router<usize>>;

const METHODS: [&str; 7] = ["DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"];

pub fn start(sites: Vec<(Site, TcpListener)>) -> Running {
    Running { tasks: sites.into_iter().map(serve).collect(), ..Running::default() }
}

fn serve((site, listener): (Site, TcpListener)) -> tokio::task::JoinHandle<()> {
    let mut routers = Routers::new();
    let mut default = None;
    let mut routes = site.routes.clone();
    // A route for all methods leaves out those that have a route of their own at its path.
    routes.sort_by_key(|route| route.method.is_none());
    for route in &routes {
        let Some(path) = &route.path else {
            default = Some(route.index);
            continue;
        };
        let path = written(path, |place| format!("{{p{place}}}"), |_| "{*rest}".to_owned());
        for method in METHODS.iter().filter(|method| route.method.is_none_or(|own| own == **method)) {
            let added = routers.entry(method).or_default().insert(&path, route.index);
            assert!(added.is_ok() || route.method.is_none(), "{path}: {added:?}");
        }
    }
    let routers = Arc::new(routers);
    listener.set_nonblocking(true).expect("a listener");
    let listener = tokio::net::TcpListener::from_std(listener).expect("a listener");
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let _ = stream.set_nodelay(true);
            let routers = Arc::clone(&routers);
            let service = service_fn(move |request: http::Request<hyper::body::Incoming>| {
                let found = find(&routers, request.method().as_str(), request.uri().path()).or(default);
                async move { Ok::<_, Infallible>(answer(found)) }
            });
            tokio::spawn(hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), service));
        }
    })
}

/// HEAD is answered with what there is for GET.
fn find(routers: &Routers, method: &str, path: &str) -> Option<usize> {
    let of = |method: &str| routers.get(method)?.at(path).ok().map(|found| *found.value);
    let get = || if method == "HEAD" { of("GET") } else { None };
    of(method).or_else(get)
}

fn answer(found: Option<usize>) -> Response<Empty<Bytes>> {
    let mut response = Response::new(Empty::new());
    match found {
        Some(index) => {
            response.headers_mut().insert("x-route", index.into());
        }
        None => *response.status_mut() = StatusCode::NOT_FOUND,
    }
    response
}
