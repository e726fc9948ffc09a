//! A route table in front of a whole service: the rules are data, and all other requests are rejected.
//!
//! ```sh
//! cargo run --example route_table -- eu-west-1_Ab129faBb
//! curl -i http://127.0.0.1:3000/health
//! curl -i http://127.0.0.1:3000/pets/7 -H "Authorization: $ACCESS_TOKEN"
//! curl -i http://127.0.0.1:3000/elsewhere    # 403 {"message":"Missing Authentication Token"}
//! ```
use axum::{Router, http::Uri};
use cognito_authorizer::{Authorizer, RouteTable};

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let user_pool = std::env::args().nth(1).ok_or("usage: route_table <user pool id>")?;
    let authorizer = Authorizer::for_user_pool(&user_pool).build()?;

    let routes = RouteTable::builder()
        .open("GET /health")
        .scopes("GET /pets/{id}", ["pets/read"])
        .scopes("ANY /admin", ["pets/admin"])
        .scopes("ANY /admin/{proxy+}", ["pets/admin"])
        .guarded("GET /me")
        .build()?;

    let service = Router::new().fallback(|uri: Uri| async move { format!("you reached {}", uri.path()) });
    let listener = tokio::net::TcpListener::bind("127.0.0.1:3000").await?;
    Ok(axum::serve(listener, service.layer(authorizer.layer().routes(routes)?)).await?)
}
