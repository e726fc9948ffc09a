//! `cognito-authorizer serve`: the decision for proxies, until SIGTERM or Ctrl-C.

use std::{convert::Infallible, error::Error, future, io, process::ExitCode, sync::Arc};

use clap::ValueEnum;
use cognito_authorizer::serve::{Listen, Operations, Policy, Server, TrustedProxies};
use tracing::Level;

use crate::{configuration::File, reload, signals::Signals};

#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    #[command(flatten)]
    file: File,
    /// Where to answer proxies: an address, or `unix:PATH`.
    #[arg(long, value_name = "ADDR", env = "COGNITO_AUTHORIZER_LISTEN", default_value = "127.0.0.1:9230")]
    listen: Listen,
    /// Where to answer for operations: `/livez` and `/readyz`.
    #[arg(long, value_name = "ADDR", env = "COGNITO_AUTHORIZER_OPERATIONS_LISTEN")]
    operations_listen: Option<Listen>,
    /// A network of proxies that may ask, such as `10.0.0.0/8`. Proxies on this machine always may.
    #[arg(long, value_name = "NET", env = "COGNITO_AUTHORIZER_TRUSTED_PROXY", value_delimiter = ',')]
    trusted_proxy: Vec<String>,
    /// The format of the log on standard error.
    #[arg(long, value_enum, env = "COGNITO_AUTHORIZER_LOG_FORMAT", default_value_t)]
    log_format: LogFormat,
}

#[derive(Clone, Copy, Debug, Default, ValueEnum)]
enum LogFormat {
    #[default]
    Text,
    Json,
}

pub(crate) async fn run(arguments: Arguments) -> Result<ExitCode, Box<dyn Error>> {
    let log = tracing_subscriber::fmt().with_max_level(Level::INFO).with_target(false).with_writer(io::stderr);
    match arguments.log_format {
        LogFormat::Text => log.init(),
        LogFormat::Json => log.json().flatten_event(true).init(),
    }
    let mut signals = Signals::new()?;
    let mut trusted = TrustedProxies::local();
    for network in &arguments.trusted_proxy {
        trusted = trusted.and(network)?;
    }
    let file = Arc::new(arguments.file);
    let configuration = file.configuration()?;
    for lint in configuration.lint() {
        tracing::warn!(lint = lint.as_str(), "{lint}");
    }
    let policy = Policy::new(&configuration)?;
    let hydration = policy.clone();
    let server = Server::start(policy, &arguments.listen, trusted).await?;
    let operations = match &arguments.operations_listen {
        Some(listen) => Some(Operations::start(&server, listen, None).await?),
        None => None,
    };
    tracing::info!(
        listen = %server.address(),
        operations = operations.as_ref().map(|own| own.address().to_string()),
        "answering proxies"
    );
    let hydrate = async {
        // Questions are answered meanwhile: one that needs a key waits for it.
        if let Err(error) = hydration.hydrate().await {
            tracing::warn!(%error, "not all keys could be fetched; they are fetched again");
        }
        future::pending::<Infallible>().await
    };
    tokio::select! {
        () = signals.end.wait() => {}
        never = reload::run(Arc::clone(&file), &server, signals.reload) => match never {},
        never = hydrate => match never {},
    }
    tracing::info!("ending: the questions under way are answered");
    server.stop().await;
    if let Some(operations) = operations {
        operations.stop().await;
    }
    Ok(ExitCode::SUCCESS)
}
