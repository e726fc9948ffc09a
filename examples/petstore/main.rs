//! The PetStore API, guarded as its OpenAPI definition says, and the user pool that gives tokens for it, both on this
//! machine: `cargo run --example petstore`.
//!
//! It prints the lines to paste into another terminal, and with `newman` (npm) or Postman the collection beside it runs
//! against it. `POOL_ADDR` and `API_ADDR` set the addresses, an argument another definition.
use std::{env, net::SocketAddr};

use axum::{Router, extract::Path, routing::get};
use cognito_authorizer::{
    AuthorizerLayer,
    api_definition::ApiDefinition,
    local_user_pool::{AppClientConfig, LocalUserPool, LocalUserPoolConfig},
};
use tower_http::cors::{Any, CorsLayer};

const PETS: &str = r#"[{"id":1,"type":"dog","price":249.99},{"id":2,"type":"cat","price":124.99}]"#;

#[tokio::main]
#[allow(clippy::print_stdout, reason = "what to paste is for the terminal")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    // The user pool: the API is a resource server with two scopes.
    let api = "https://petstore.example/v1";
    let client = AppClientConfig::new("1example23456789", "9example87654321");
    let client = client.allowed_scopes([format!("{api}/read"), format!("{api}/write")]);
    let config =
        LocalUserPoolConfig::new("us-east-1_PetStore").resource_server(api, ["read", "write"]).app_client(client);
    let pool = LocalUserPool::start(config, address("POOL_ADDR", "127.0.0.1:9229")?).await?;

    // The service: whatever the definition says of it.
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/examples/petstore/petstore.yaml").to_owned();
    let reader = ApiDefinition::reader().variable("userPoolId", "us-east-1_PetStore").user_pool(pool.user_pool());
    let definition = reader.read_file(env::args().nth(1).unwrap_or(file))?;
    let authorizer = definition.authorizer()?.build()?;
    let layer = authorizer.layer().routes(definition.route_table().stage("v1").build()?)?;
    // Of an HTTP API. A REST API answers preflight requests by its `OPTIONS` methods.
    let layer = definition.cors().into_iter().cloned().fold(layer, AuthorizerLayer::cors);
    let pets = Router::new()
        .route("/v1/", get(|| async { "Pets, for those who may see them." }))
        .route("/v1/pets", get(|| async { PETS }).post(|pet: String| async { pet }))
        .route("/v1/pets/{id}", get(|Path(id): Path<u32>| async move { format!(r#"{{"id":{id}}}"#) }))
        .layer(CorsLayer::new().allow_origin(Any))
        .layer(layer);
    let listener = tokio::net::TcpListener::bind(address("API_ADDR", "127.0.0.1:3000")?).await?;

    println!(
        "# The PetStore is open, with a user pool for development, not for production. Paste into another terminal;"
    );
    println!("# Ctrl-C ends them here.\n");
    println!("export DOMAIN='{}' API='http://{}/v1'", pool.domain(), listener.local_addr()?);
    println!("export CLIENT_ID='1example23456789' CLIENT_SECRET='9example87654321'");
    print!("{}", include_str!("petstore.sh"));
    Ok(axum::serve(listener, pets).await?)
}

fn address(variable: &str, default: &str) -> Result<SocketAddr, String> {
    let text = env::var(variable).unwrap_or(default.to_owned());
    text.parse().map_err(|_| format!("{variable}=`{text}` is not an address: expected something like {default}"))
}
