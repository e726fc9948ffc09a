//! A greeting for users who signed in, and the user pool that knows them, both on this machine:
//! `cargo run --example hello`.
//!
//! It prints the lines to paste into another terminal: the AWS CLI signs a user up and in, `/hello` answers to the ID
//! token, and neither to nobody nor to the access token. `POOL_ADDR` and `API_ADDR` set the addresses; with `STATE_FILE`
//! users and keys outlive a restart.
use std::{env, net::SocketAddr};

use axum::{Router, routing::get};
use cognito_authorizer::{
    Authorizer,
    local_user_pool::{AppClientConfig, LocalUserPool, LocalUserPoolConfig},
};

const USER_POOL_ID: &str = "us-east-1_HelloPool";
const CLIENT_ID: &str = "1example23456789";

#[tokio::main]
#[allow(clippy::print_stdout, reason = "what to paste is for the terminal")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    // The user pool: users sign up with an email address, and in with a password.
    let flows = ["ALLOW_USER_PASSWORD_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"];
    let mut config = LocalUserPoolConfig::new(USER_POOL_ID)
        .sign_in_with_email()
        .app_client(AppClientConfig::public(CLIENT_ID).explicit_auth_flows(flows));
    if let Some(path) = env::var_os("STATE_FILE") {
        config = config.state_file(path);
    }
    let pool = LocalUserPool::start(config, address("POOL_ADDR", "127.0.0.1:9229")?).await?;

    // The service: without scopes, a route takes an ID token.
    let authorizer = Authorizer::builder().user_pool(pool.user_pool()).app_clients([CLIENT_ID]).build()?;
    let hello = get(|| async { r#""Hello from Lambda!""# }).route_layer(authorizer.layer());
    let listener = tokio::net::TcpListener::bind(address("API_ADDR", "127.0.0.1:3000")?).await?;

    println!("# A user pool for development, not for production, and a service are up. Paste into another terminal;");
    println!("# Ctrl-C ends them here.\n");
    println!("export POOL_URL='{}' API_URL='http://{}'", pool.endpoint_url(), listener.local_addr()?);
    println!("export USER_POOL_ID='{USER_POOL_ID}' CLIENT_ID='{CLIENT_ID}'");
    print!("{}", include_str!("hello.sh"));
    Ok(axum::serve(listener, Router::new().route("/hello", hello)).await?)
}

fn address(variable: &str, default: &str) -> Result<SocketAddr, String> {
    let text = env::var(variable).unwrap_or(default.to_owned());
    text.parse().map_err(|_| format!("{variable}=`{text}` is not an address: expected something like {default}"))
}
