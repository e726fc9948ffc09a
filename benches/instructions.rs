//! Runs one operation a given number of times, to count instructions: see `benches/instructions.py`.
#![allow(clippy::expect_used, clippy::indexing_slicing, clippy::panic, clippy::unwrap_used, reason = "a bench")]

#[path = "../tests/support/mod.rs"]
mod tests;

mod support;

use bytes::Bytes;
use cognito_authorizer::{
    Authorizer, RouteTable,
    middleware::{AuthorizerService, ResponseBody},
};
use http::{Request, Response, StatusCode};
use http_body_util::Empty;
use tower::{Layer, Service};

use support::{Noop, authorizer, now, request, token};
use tests::tokens::*;

fn main() {
    let mut arguments = std::env::args().skip(1).filter(|argument| argument != "--bench");
    let (Some(scenario), Some(times)) = (arguments.next(), arguments.next()) else { return };
    let times: usize = times.parse().expect("how many times");
    match scenario.as_str() {
        "cached" => call(&authorizer(1 << 24), &token(), StatusCode::OK, times),
        "uncached" => call(&authorizer(0), &token(), StatusCode::OK, times),
        "missing" => call(&authorizer(1 << 24), "", StatusCode::UNAUTHORIZED, times),
        "malformed" => call(&authorizer(1 << 24), &"a".repeat(860), StatusCode::UNAUTHORIZED, times),
        "oversized" => call(&authorizer(1 << 24), &"a".repeat(20_000), StatusCode::UNAUTHORIZED, times),
        "foreign" => {
            let token = Token::access().with("iss", "https://idp.example").sign();
            call(&authorizer(1 << 24), &token, StatusCode::UNAUTHORIZED, times);
        }
        "forbidden" => {
            let token = Token::access().with("scope", "pets/none").sign();
            call(&authorizer(1 << 24), &token, StatusCode::UNAUTHORIZED, times);
        }
        other => panic!("no such scenario: {other}"),
    }
}

/// Calls the layer with a route table, around an empty service.
fn call(authorizer: &Authorizer, token: &str, expected: StatusCode, times: usize) {
    let table = RouteTable::builder().scopes("GET /pets", ["pets/read"]).build().unwrap();
    let mut service = authorizer.layer().routes(table).unwrap().layer(Noop);
    for _ in 0..3 {
        assert_eq!(now(service.call(request(token))).unwrap().status(), expected);
    }
    for _ in 0..times {
        let response = measured(&mut service, request(token));
        assert_eq!(response.status(), expected);
    }
}

type Answer = Response<ResponseBody<Empty<Bytes>>>;

/// The measured call, without building the request or dropping the response.
#[inline(never)]
fn measured(service: &mut AuthorizerService<Noop>, request: Request<()>) -> Answer {
    now(service.call(request)).unwrap()
}
