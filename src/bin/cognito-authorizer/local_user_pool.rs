//! `cognito-authorizer local-user-pool`: serves a user pool for development.

use std::{error::Error, net::SocketAddr, path::PathBuf, process::ExitCode};

use cognito_authorizer::local_user_pool::{LocalUserPool, LocalUserPoolConfig};

#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// The user pool, its app clients and users, as JSON.
    #[arg(long, value_name = "FILE")]
    config: PathBuf,
    /// A loopback address and a port; port 0 takes any that is free.
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:9229")]
    listen: SocketAddr,
}

#[allow(clippy::print_stdout, reason = "where it listens is for the terminal")]
pub(crate) async fn run(arguments: Arguments) -> Result<ExitCode, Box<dyn Error>> {
    let config = LocalUserPoolConfig::from_file(&arguments.config)?;
    let pool = LocalUserPool::start(config, arguments.listen).await?;
    println!("A user pool for development, not for production: whoever reaches it may do everything.");
    println!("endpoint  {}", pool.endpoint_url());
    println!("issuer    {}", pool.issuer());
    println!("keys      {}/{}/.well-known/jwks.json", pool.endpoint_url(), pool.user_pool().id());
    println!("tokens    {}/oauth2/token", pool.domain());
    tokio::signal::ctrl_c().await?;
    pool.stop().await;
    Ok(ExitCode::SUCCESS)
}
