//! A hyper service with the layer, for a client outside: one thread, one token in a file.

use std::{convert::Infallible, net::SocketAddr};

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::Full;
use hyper::{body::Incoming, server::conn::http1};
use hyper_util::{rt::TokioIo, service::TowerToHyperService};
use tokio::net::TcpListener;
use tower::{Layer, service_fn};

use crate::tokens::{ACCESS_KEY, jwk_set};

/// Prints the token and the JWK Set as JSON, and answers until it is ended.
pub async fn serve(address: SocketAddr, remembers: bool) {
    let authorizer = crate::authorizer(if remembers { 1 << 24 } else { 0 });
    authorizer.hydrate().await.unwrap();
    let set: serde_json::Value = serde_json::from_str(&jwk_set([&*ACCESS_KEY])).unwrap();
    let listener = TcpListener::bind(address).await.unwrap();
    println!("{}", serde_json::json!({ "token": crate::token(0), "jwks": set, "issuer": crate::tokens::ISSUER }));
    let inner =
        service_fn(|_: Request<Incoming>| async { Ok::<_, Infallible>(Response::new(Full::<Bytes>::from("ok"))) });
    let service = authorizer.layer().scopes(["pets/read"]).unwrap().layer(inner);
    loop {
        let (stream, _) = listener.accept().await.unwrap();
        stream.set_nodelay(true).unwrap();
        let service = TowerToHyperService::new(service.clone());
        tokio::spawn(async move {
            // A client that goes away is no mistake of anybody's.
            let _ = http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
        });
    }
}
