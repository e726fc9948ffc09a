//! `cognito-authorizer local-user-pool`: serves a user pool for development.

use std::{error::Error, io, net::SocketAddr, path::PathBuf, process::ExitCode};

use cognito_authorizer::local_user_pool::{AppClientConfig, LocalUserPool, LocalUserPoolConfig, UserConfig};
use tracing::Level;

#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// The user pool, its app clients and users, as JSON; without it, a user pool with two app clients and a user.
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// A loopback address and a port; port 0 takes any that is free.
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:9229")]
    listen: SocketAddr,
}

#[allow(clippy::print_stdout, reason = "where it listens is for the terminal")]
pub(crate) async fn run(arguments: Arguments) -> Result<ExitCode, Box<dyn Error>> {
    tracing_subscriber::fmt().with_max_level(Level::INFO).with_target(false).with_writer(io::stderr).init();
    let config = match &arguments.config {
        Some(file) => LocalUserPoolConfig::from_file(file)?,
        None => sample(),
    };
    let pool = LocalUserPool::start(config, arguments.listen).await?;
    println!("A user pool for development, not for production: any client that reaches it can do everything.");
    println!("endpoint  {}", pool.endpoint_url());
    println!("issuer    {}", pool.issuer());
    println!("keys      {}", keys(&pool));
    println!("tokens    {}/oauth2/token", pool.domain());
    print!("{}", how_to_trust(&pool));
    if arguments.config.is_none() {
        print!("{}", how_to_get_a_token(&pool));
    }
    println!("\nRequests are logged below. Ctrl-C ends the user pool.");
    tokio::signal::ctrl_c().await?;
    pool.stop().await;
    Ok(ExitCode::SUCCESS)
}

pub(crate) const CLIENT_ID: &str = "localservice";
pub(crate) const CLIENT_SECRET: &str = "local-secret";
const APP_ID: &str = "localapp";
const USERNAME: &str = "jane";
const PASSWORD: &str = "Passw0rd!";

/// A user pool to start with: an app client for services, one for users, and a user.
fn sample() -> LocalUserPoolConfig {
    let service = AppClientConfig::new(CLIENT_ID, CLIENT_SECRET).allowed_scopes(["pets/read", "pets/write"]);
    let app =
        AppClientConfig::public(APP_ID).explicit_auth_flows(["ALLOW_USER_PASSWORD_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"]);
    LocalUserPoolConfig::new("us-east-1_LocalPool")
        .resource_server("pets", ["read", "write"])
        .app_client(service)
        .app_client(app)
        .user(UserConfig::new(USERNAME, PASSWORD).attribute("email", "jane@example.com").group("admin"))
}

fn keys(pool: &LocalUserPool) -> String {
    format!("{}/{}/.well-known/jwks.json", pool.endpoint_url(), pool.user_pool().id())
}

/// The lines that make a service accept the user pool's tokens. With `AwsIssuer`, the keys are not at the issuer's address.
fn how_to_trust(pool: &LocalUserPool) -> String {
    let (id, issuer, keys) = (pool.user_pool().id().to_string(), pool.issuer(), keys(pool));
    let (in_code, in_file) = if keys.starts_with(issuer) {
        (String::new(), String::new())
    } else {
        (format!(".with_jwks_uri(\"{keys}\")"), format!("  jwks_uri = \"{keys}\"\n"))
    };
    format!(
        r#"
Point a service at it, in code:

  let pool = "{id}".parse::<cognito_authorizer::UserPool>()?.with_issuer("{issuer}"){in_code};
  let authorizer = Authorizer::for_user_pool(pool).build()?;

or in authorizer.toml:

  [user_pools.local]
  id = "{id}"
  issuer = "{issuer}"
{in_file}"#
    )
}

fn how_to_get_a_token(pool: &LocalUserPool) -> String {
    let (endpoint, domain) = (pool.endpoint_url(), pool.domain());
    format!(
        r#"
Get an access token with a scope (pets/read, pets/write), and call the service:

  TOKEN=$(cognito-authorizer token --endpoint {endpoint} --scope pets/read)
  curl -i -H "Authorization: $TOKEN" http://127.0.0.1:3000/pets

The same by curl:

  curl -s -u {CLIENT_ID}:{CLIENT_SECRET} -d 'grant_type=client_credentials&scope=pets/read' {domain}/oauth2/token

Get the ID token of the user {USERNAME}:

  cognito-authorizer token --endpoint {endpoint} --client-id {APP_ID} --username {USERNAME} --password '{PASSWORD}' --id
"#
    )
}
