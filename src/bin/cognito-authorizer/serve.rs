//! `cognito-authorizer serve`: the decision for proxies, or the reverse proxy, until SIGTERM or Ctrl-C.

mod local_user_pool;

mod recipes;

use std::{
    convert::Infallible,
    error::Error,
    future,
    io::{self, Write},
    path::PathBuf,
    process::ExitCode,
    sync::Arc,
    time::Duration,
};

use clap::ValueEnum;
use cognito_authorizer::{
    configuration::Configuration,
    local_user_pool::LocalUserPool,
    serve::{AccessLog, Certificate, Listen, Operations, Policy, Server, ServerSettings, TrustedProxies, Upstream},
};
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder};
use tracing::Level;

use self::{local_user_pool::LocalUserPoolArguments, recipes::Recipe};
use crate::{configuration::File, reload, reload::Reloading, signals::Signals};

#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    #[command(flatten)]
    file: File,
    /// Where to listen: an address, or `unix:PATH`.
    #[arg(long, value_name = "ADDR", env = "COGNITO_AUTHORIZER_LISTEN", default_value = "127.0.0.1:9230")]
    listen: Listen,
    /// Print how a proxy is configured for this configuration, and end. `--upstream` is then the address of the service.
    #[arg(long, value_enum, value_name = "PROXY")]
    print: Option<Recipe>,
    /// Where to answer for operations: `/livez`, `/readyz` and `/metrics`.
    #[arg(long, value_name = "ADDR", env = "COGNITO_AUTHORIZER_OPERATIONS_LISTEN")]
    operations_listen: Option<Listen>,
    /// A network of proxies that may ask, such as `10.0.0.0/8`. Proxies on this machine always may.
    #[arg(long, value_name = "NET", env = "COGNITO_AUTHORIZER_TRUSTED_PROXY", value_delimiter = ',')]
    trusted_proxy: Vec<String>,
    #[command(flatten)]
    upstream: UpstreamArguments,
    #[command(flatten)]
    tls: TlsArguments,
    #[command(flatten)]
    log: LogArguments,
    #[command(flatten)]
    local_user_pool: LocalUserPoolArguments,
}

/// The service that the reverse proxy protects.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Options for a service without a proxy")]
struct UpstreamArguments {
    /// Be the proxy of this service: `http://`, `https://` or `h2c://` with a host and a port.
    #[arg(long, value_name = "URL", env = "COGNITO_AUTHORIZER_UPSTREAM")]
    upstream: Option<String>,
    /// How many seconds to wait for the head of the service's response.
    #[arg(long, value_name = "N", env = "COGNITO_AUTHORIZER_UPSTREAM_TIMEOUT_SECONDS", default_value = "30")]
    upstream_timeout_seconds: u64,
    /// The largest body of a request to the service, in bytes.
    #[arg(long, value_name = "N", env = "COGNITO_AUTHORIZER_MAX_BODY_BYTES", default_value = "10485760")]
    max_body_bytes: u64,
}

#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Options for TLS")]
pub(crate) struct TlsArguments {
    /// The certificate and those that issued it, as PEM.
    #[arg(long, value_name = "FILE", env = "COGNITO_AUTHORIZER_TLS_CERTIFICATE", requires = "tls_key")]
    tls_certificate: Option<PathBuf>,
    /// The private key of the certificate, as PEM.
    #[arg(long, value_name = "FILE", env = "COGNITO_AUTHORIZER_TLS_KEY", requires = "tls_certificate")]
    tls_key: Option<PathBuf>,
}

#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Options for the log")]
struct LogArguments {
    /// The format of the log on standard error.
    #[arg(long, value_enum, env = "COGNITO_AUTHORIZER_LOG_FORMAT", default_value_t)]
    log_format: LogFormat,
    /// The requests that are logged.
    #[arg(long, value_enum, env = "COGNITO_AUTHORIZER_ACCESS_LOG", default_value_t)]
    access_log: AccessLogOption,
    /// A claim that is logged with each request. Claims are the data of users.
    #[arg(long, value_name = "CLAIM", env = "COGNITO_AUTHORIZER_LOG_CLAIM", value_delimiter = ',')]
    log_claim: Vec<String>,
}

#[derive(Clone, Copy, Debug, Default, ValueEnum)]
enum LogFormat {
    #[default]
    Text,
    Json,
}

#[derive(Clone, Copy, Debug, Default, ValueEnum)]
enum AccessLogOption {
    #[default]
    All,
    Rejected,
    Off,
}

impl TlsArguments {
    /// Reads the certificate, if there is one.
    pub(crate) fn certificate(&self) -> Result<Option<Certificate>, cognito_authorizer::serve::ServerError> {
        match (&self.tls_certificate, &self.tls_key) {
            (Some(certificate), Some(key)) => Certificate::read(certificate, key).map(Some),
            _ => Ok(None),
        }
    }
}

impl UpstreamArguments {
    fn upstream(&self) -> Result<Option<Upstream>, Box<dyn Error>> {
        let Some(address) = &self.upstream else { return Ok(None) };
        let timeout = Duration::from_secs(self.upstream_timeout_seconds);
        Ok(Some(Upstream::new(address)?.timeout(timeout).max_body_bytes(self.max_body_bytes)))
    }
}

impl LogArguments {
    fn start(&self) {
        let log = tracing_subscriber::fmt().with_max_level(Level::INFO).with_target(false).with_writer(io::stderr);
        match self.log_format {
            LogFormat::Text => log.init(),
            LogFormat::Json => log.json().flatten_event(true).init(),
        }
    }

    fn access_log(&self) -> AccessLog {
        match self.access_log {
            AccessLogOption::All => AccessLog::All,
            AccessLogOption::Rejected => AccessLog::Rejected,
            AccessLogOption::Off => AccessLog::Off,
        }
    }
}

pub(crate) async fn run(arguments: Arguments) -> Result<ExitCode, Box<dyn Error>> {
    if let Some(recipe) = arguments.print {
        let service = arguments.upstream.upstream.as_deref().unwrap_or("127.0.0.1:8000");
        let service = service.split_once("://").map_or(service, |(_, service)| service);
        let text = recipes::recipe(recipe, &arguments.file.configuration()?, &arguments.listen, service)?;
        io::stdout().write_all(text.as_bytes())?;
        return Ok(ExitCode::SUCCESS);
    }
    arguments.log.start();
    let mut signals = Signals::new()?;
    // Before the layers, which register their metrics once.
    let metrics = arguments.operations_listen.is_some().then(recorder).transpose()?;
    let pool = arguments.local_user_pool.start(&arguments.file).await?;
    let user_pools = pool.as_ref().map(LocalUserPool::user_pools).unwrap_or_default();
    let configuration = arguments.file.configuration_with(&user_pools)?;
    for lint in configuration.lint() {
        tracing::warn!(lint = lint.as_str(), "{lint}");
    }
    let (server, upstream) = start(&arguments, &configuration).await?;
    let operations = match &arguments.operations_listen {
        Some(listen) => Some(Operations::start(&server, listen, metrics).await?),
        None => None,
    };
    tracing::info!(
        listen = %server.address(),
        operations = operations.as_ref().map(|own| own.address().to_string()),
        upstream,
        "listening"
    );
    let (policy, file, tls) = (server.policy(), Arc::new(arguments.file), arguments.tls);
    let hydrate = async {
        // Requests are answered meanwhile: one that needs a key waits for it.
        if let Err(error) = policy.hydrate().await {
            tracing::warn!(%error, "not all keys could be fetched; they are fetched again");
        }
        future::pending::<Infallible>().await
    };
    tokio::select! {
        () = signals.end.wait() => {}
        never = reload::run(Reloading { file, user_pools, tls, server: &server }, signals.reload) => match never {},
        never = hydrate => match never {},
    }
    tracing::info!("ending: the requests under way are answered");
    server.stop().await;
    if let Some(operations) = operations {
        operations.stop().await;
    }
    if let Some(pool) = pool {
        pool.stop().await;
    }
    Ok(ExitCode::SUCCESS)
}

/// Starts the server, and returns it with the address of the service that it is the proxy of.
async fn start(
    arguments: &Arguments,
    configuration: &Configuration,
) -> Result<(Server, Option<String>), Box<dyn Error>> {
    let mut trusted = TrustedProxies::local();
    for network in &arguments.trusted_proxy {
        trusted = trusted.and(network)?;
    }
    let mut settings = ServerSettings::default()
        .trusted_proxies(trusted)
        .access_log(arguments.log.access_log())
        .logged_claims(&arguments.log.log_claim);
    if let Some(certificate) = arguments.tls.certificate()? {
        settings = settings.certificate(certificate);
    }
    let policy = Policy::new(configuration)?;
    let server = match arguments.upstream.upstream()? {
        Some(upstream) => Server::start_proxy(policy, &arguments.listen, upstream, settings).await?,
        None => Server::start(policy, &arguments.listen, settings).await?,
    };
    Ok((server, arguments.upstream.upstream.clone()))
}

/// Installs the recorder of metrics, and returns what renders them.
fn recorder() -> Result<Arc<dyn Fn() -> String + Send + Sync>, Box<dyn Error>> {
    // Fetches take milliseconds, or seconds when something is wrong.
    let buckets = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0];
    let builder = PrometheusBuilder::new().set_buckets_for_metric(Matcher::Suffix("_seconds".to_owned()), &buckets)?;
    let handle = builder.install_recorder()?;
    Ok(Arc::new(move || handle.render()))
}
