//! `cognito-authorizer local-user-pool`: serves user pools for development.

mod app;

mod banner;

mod sample;

use std::{
    error::Error,
    io::{self, Write},
    net::SocketAddr,
    path::PathBuf,
    process::ExitCode,
};

use cognito_authorizer::{
    api_definition::AppUserPools,
    local_user_pool::{LocalUserPool, LocalUserPoolConfig, LocalUserPoolError},
};
use tracing::Level;

pub(crate) use self::{
    app::app_client_lines,
    banner::{addresses, server},
    sample::{CLIENT_ID, CLIENT_SECRET},
};
use self::{
    app::{described, is_app, user_pools},
    banner::how_to_trust,
    sample::{how_to_get_a_token, sample},
};
use crate::{
    configuration::{App, variable},
    printable::printable,
    signals::Signals,
    style::PLAIN,
};

#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// A user pool with its app clients and users as JSON, or an app: the directory that `cdk synth` wrote, or its templates.
    /// Without it, a user pool with two app clients and a user.
    #[arg(long, value_name = "PATH")]
    config: Vec<PathBuf>,
    /// A loopback address and a port; port 0 takes any that is free.
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:9229")]
    listen: SocketAddr,
    /// The value of a parameter or a resource of a template.
    #[arg(long, value_name = "NAME=VALUE", value_parser = variable)]
    variable: Vec<(String, String)>,
    /// The URL by which others reach the user pools, such as `http://cognito:9229` in a network of containers.
    #[arg(long, value_name = "URL", env = "COGNITO_AUTHORIZER_LOCAL_USER_POOL_BASE_URL")]
    base_url: Option<String>,
    /// Let other machines reach the user pools, without a password.
    #[arg(long)]
    listen_beyond_loopback: bool,
    /// Do not start if the app has a setting that the local user pool lacks.
    #[arg(long)]
    strict: bool,
    #[command(flatten)]
    app: App,
}

#[allow(clippy::print_stderr, reason = "notes are for the terminal")]
pub(crate) async fn run(arguments: Arguments) -> Result<ExitCode, Box<dyn Error>> {
    tracing_subscriber::fmt().with_max_level(Level::INFO).with_target(false).with_writer(io::stderr).init();
    let app = if is_app(&arguments.config) { Some(user_pools(&arguments)?) } else { None };
    let config = match (&app, &*arguments.config) {
        (Some(app), _) => app.config()?,
        (None, [file]) => LocalUserPoolConfig::from_file(file)?,
        (None, _) => sample(),
    };
    if let Some(app) = &app {
        for note in app.notes() {
            anstream::eprintln!("{PLAIN}note{PLAIN:#}: {}", printable(&note.to_string()));
        }
        if arguments.strict && !app.notes().is_empty() {
            return Err(
                "the app has settings that the local user pool lacks: leave `--strict` out to start without them"
                    .into(),
            );
        }
    }
    let config = reachable_as(config, arguments.base_url.as_deref());
    let config = beyond_loopback(config, arguments.listen_beyond_loopback);
    let mut signals = Signals::new()?;
    let pool = LocalUserPool::start(config, arguments.listen).await;
    let pool = pool.map_err(|error| named(error, "--listen-beyond-loopback"))?;
    io::stdout().write_all(printable(&banner(app.as_ref(), &pool, &arguments)).as_bytes())?;
    signals.end.wait().await;
    pool.stop().await;
    Ok(ExitCode::SUCCESS)
}

/// Sets the URL by which others reach the user pools.
pub(crate) fn reachable_as(config: LocalUserPoolConfig, base_url: Option<&str>) -> LocalUserPoolConfig {
    base_url.into_iter().fold(config, LocalUserPoolConfig::base_url)
}

/// Lets other machines reach the user pools, if that is wanted.
pub(crate) fn beyond_loopback(config: LocalUserPoolConfig, is_wanted: bool) -> LocalUserPoolConfig {
    if is_wanted { config.dangerous().listen_beyond_loopback() } else { config }
}

/// Names the option that allows an address.
pub(crate) fn named(error: LocalUserPoolError, option: &str) -> String {
    match error {
        LocalUserPoolError::NotLoopback { address } => {
            format!(
                "`{address}` can be reached from other machines, without a password: add `{option}` if that is meant"
            )
        }
        error => error.to_string(),
    }
}

/// Where the user pools are, and how to use them.
fn banner(app: Option<&AppUserPools>, pool: &LocalUserPool, arguments: &Arguments) -> String {
    let rest = match app {
        Some(app) => described(app, pool, arguments),
        None if arguments.config.is_empty() => addresses(pool) + &how_to_trust(pool) + &how_to_get_a_token(pool),
        None => addresses(pool) + &how_to_trust(pool),
    };
    server(pool) + &rest + "\nRequests are logged below. Ctrl-C ends the user pools.\n"
}
