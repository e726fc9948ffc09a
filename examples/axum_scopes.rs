//! Authorization scopes per route of an axum router.
//!
//! ```sh
//! cargo run --example axum_scopes -- eu-west-1_Ab129faBb
//! curl -i http://127.0.0.1:3000/health
//! curl -i http://127.0.0.1:3000/pets -H "Authorization: $ACCESS_TOKEN"
//! curl -i http://127.0.0.1:3000/me -H "Authorization: $ID_TOKEN"
//! ```
//!
//! `route_layer` protects the routes that exist and leaves 404 and 405 to axum. `layer` would answer 401 to unknown paths and
//! methods too.
use axum::{
    Router,
    routing::{get, post},
};
use cognito_authorizer::{Authorizer, Claims};

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let user_pool = std::env::args().nth(1).ok_or("usage: axum_scopes <user pool id>")?;
    let app = app(&Authorizer::for_user_pool(&user_pool).build()?)?;
    let listener = tokio::net::TcpListener::bind("127.0.0.1:3000").await?;
    Ok(axum::serve(listener, app).await?)
}

fn app(authorizer: &Authorizer) -> Result<Router, cognito_authorizer::BuildError> {
    let reader = authorizer.layer().scopes(["pets/read"])?;
    // One of the scopes is enough.
    let writer = authorizer.layer().scopes(["pets/write", "pets/admin"])?;
    Ok(Router::new()
        .route("/pets", get(list).route_layer(reader))
        .route("/pets", post(create).route_layer(writer))
        // Without scopes the route accepts ID tokens, as on API Gateway.
        .route("/me", get(me).route_layer(authorizer.layer()))
        .route("/health", get(|| async { "ok" })))
}

async fn list(claims: Claims) -> String {
    format!("pets for {}", claims.client_id().unwrap_or("nobody"))
}

async fn create() -> &'static str {
    "created"
}

async fn me(claims: Claims) -> String {
    claims.username().unwrap_or(claims.subject()).to_owned()
}
