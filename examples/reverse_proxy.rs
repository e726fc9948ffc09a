//! A reverse proxy in one's own program: the layer of a configuration in front of a service in any language.
//!
//! ```sh
//! python3 examples/sidecar/service.py &
//! cargo run --features serve --example reverse_proxy -- examples/sidecar/authorizer.toml http://127.0.0.1:8000
//! curl -i http://127.0.0.1:3000/health
//! curl -i http://127.0.0.1:3000/pets
//! ```
//!
//! `cognito-authorizer serve --upstream` does the same, with a log, metrics, TLS and reload.
use std::time::Duration;

use cognito_authorizer::{
    configuration::Configuration,
    serve::{AccessLog, Policy, Server, ServerSettings, Upstream},
};

#[tokio::main]
#[allow(clippy::print_stderr, clippy::print_stdout, reason = "what happens is for the terminal")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let usage = "usage: reverse_proxy <configuration> <address of the service>";
    let (file, service) = (arguments.next().ok_or(usage)?, arguments.next().ok_or(usage)?);

    // Everything that is wrong with the configuration is said before the first request.
    let configuration = Configuration::reader().read_file(&file)?;
    for lint in configuration.lint() {
        eprintln!("warning: {lint}");
    }
    let policy = Policy::new(&configuration)?;
    if let Err(error) = policy.hydrate().await {
        eprintln!("warning: {error}");
    }

    let upstream = Upstream::new(&service)?.timeout(Duration::from_secs(10));
    let settings = ServerSettings::default().access_log(AccessLog::Off);
    let listen = "127.0.0.1:3000".parse()?;
    let proxy = Server::start_proxy(policy, &listen, upstream, settings).await?;
    println!("http://{} is the address of {service}", proxy.address());

    tokio::signal::ctrl_c().await?;
    // The requests under way are answered first.
    proxy.stop().await;
    Ok(())
}
