//! actix-web: a list of resources; the first that covers a request answers. Plain, and behind each mode of `NormalizePath`.

use std::net::TcpListener;

use actix_web::{
    App, HttpResponse, HttpServer,
    middleware::{Condition, NormalizePath, TrailingSlash},
    rt, web,
};

use super::{Running, Site, written};
use crate::layout::Route;

pub fn plain(sites: Vec<(Site, TcpListener)>) -> Running {
    start(sites, None)
}

pub fn trimmed(sites: Vec<(Site, TcpListener)>) -> Running {
    start(sites, Some(TrailingSlash::Trim))
}

pub fn merged(sites: Vec<(Site, TcpListener)>) -> Running {
    start(sites, Some(TrailingSlash::MergeOnly))
}

/// In a thread of its own, which ends with what is returned.
fn start(sites: Vec<(Site, TcpListener)>, slashes: Option<TrailingSlash>) -> Running {
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    std::thread::spawn(move || {
        rt::System::new().block_on(async move {
            let mut handles = Vec::new();
            for (site, listener) in sites {
                let routes = site.routes;
                let server = HttpServer::new(move || {
                    let normalize = NormalizePath::new(slashes.unwrap_or(TrailingSlash::MergeOnly));
                    App::new()
                        .wrap(Condition::new(slashes.is_some(), normalize))
                        .configure(|config| configure(config, &routes))
                });
                let server = server.workers(1).disable_signals().listen(listener).expect("a listener").run();
                handles.push(server.handle());
                rt::spawn(server);
            }
            let _ = stopped.await;
            for handle in handles {
                handle.stop(false).await;
            }
        });
    });
    Running { stop: Some(stop), ..Running::default() }
}

fn configure(config: &mut web::ServiceConfig, routes: &[Route]) {
    for route in routes {
        let index = route.index;
        let handler = move || async move { HttpResponse::Ok().insert_header(("x-route", index.to_string())).finish() };
        let Some(path) = &route.path else {
            config.default_service(web::route().to(handler));
            continue;
        };
        let path = written(path, |place| format!("{{p{place}}}"), |_| "{rest:.*}".to_owned());
        let own = match route.method {
            None => web::route(),
            Some(method) => web::method(method.parse().expect("a method")),
        };
        config.route(&path, own.to(handler));
    }
}
