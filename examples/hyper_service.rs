//! A hyper service without a framework.
//!
//! ```sh
//! cargo run --example hyper_service -- eu-west-1_Ab129faBb pets/read
//! curl -i http://127.0.0.1:3000/ -H "Authorization: $ACCESS_TOKEN"
//! ```
use std::convert::Infallible;

use bytes::Bytes;
use cognito_authorizer::{Authorizer, Claims};
use http_body_util::Full;
use hyper::{Request, Response, body::Incoming, server::conn::http1};
use hyper_util::{rt::TokioIo, service::TowerToHyperService};
use tower::{Layer, service_fn};

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let user_pool = arguments.next().ok_or("usage: hyper_service <user pool id> <scope>...")?;
    let layer = Authorizer::for_user_pool(&user_pool).build()?.layer().scopes(arguments)?;

    let service = TowerToHyperService::new(layer.layer(service_fn(hello)));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:3000").await?;
    loop {
        let (stream, _) = listener.accept().await?;
        let connection = http1::Builder::new().serve_connection(TokioIo::new(stream), service.clone());
        tokio::spawn(async move { drop(connection.await) });
    }
}

async fn hello(request: Request<Incoming>) -> Result<Response<Full<Bytes>>, Infallible> {
    let subject = request.extensions().get::<Claims>().map_or("nobody", Claims::subject);
    Ok(Response::new(format!("hello {subject}").into()))
}
