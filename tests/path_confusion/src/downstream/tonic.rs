//! tonic, with services of the layout `grpc`, over HTTP/2.

use std::{
    convert::Infallible,
    net::TcpListener,
    task::{Context, Poll},
};

use http::{Request, Response};
use hyper_util::{
    rt::{TokioExecutor, TokioIo},
    service::TowerToHyperService,
};
use tonic::{body::Body, server::NamedService, service::Routes};
use tower::Service;

use super::{Running, Site};

/// A service as code generated from a `.proto` file has it: it compares whole paths.
#[derive(Clone, Copy)]
struct Methods<const SERVICE: usize>;

const PATHS: [&[(&str, usize)]; 3] = [
    &[("/grpc.health.v1.Health/Check", 0)],
    &[("/shop.Pets/List", 1), ("/shop.Pets/Create", 2)],
    &[("/shop.Admin/Get", 3), ("/shop.Admin/Drop", 4)],
];

impl NamedService for Methods<0> {
    const NAME: &'static str = "grpc.health.v1.Health";
}

impl NamedService for Methods<1> {
    const NAME: &'static str = "shop.Pets";
}

impl NamedService for Methods<2> {
    const NAME: &'static str = "shop.Admin";
}

impl<const SERVICE: usize> Service<Request<Body>> for Methods<SERVICE> {
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = std::future::Ready<Result<Response<Body>, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        let found = PATHS[SERVICE].iter().find(|(path, _)| *path == request.uri().path());
        let response = Response::builder().header("content-type", "application/grpc");
        let response = match found {
            Some((_, index)) => response.header("grpc-status", "0").header("x-route", *index),
            None => response.header("grpc-status", "12"),
        };
        std::future::ready(Ok(response.body(Body::empty()).expect("a response")))
    }
}

pub fn start(sites: Vec<(Site, TcpListener)>) -> Running {
    Running { tasks: sites.into_iter().map(serve).collect(), ..Running::default() }
}

fn serve((_, listener): (Site, TcpListener)) -> tokio::task::JoinHandle<()> {
    let mut routes = Routes::builder();
    routes.add_service(Methods::<0>).add_service(Methods::<1>).add_service(Methods::<2>);
    let routes = routes.routes().prepare();
    listener.set_nonblocking(true).expect("a listener");
    let listener = tokio::net::TcpListener::from_std(listener).expect("a listener");
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let _ = stream.set_nodelay(true);
            let service = TowerToHyperService::new(routes.clone());
            let server = hyper::server::conn::http2::Builder::new(TokioExecutor::new());
            tokio::spawn(server.serve_connection(TokioIo::new(stream), service));
        }
    })
}
