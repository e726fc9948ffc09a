//! The user pools of the app, in the process of the server: `serve --local-user-pool`.

use std::{
    error::Error,
    io::{self, Write},
    net::SocketAddr,
    path::PathBuf,
};

use cognito_authorizer::{
    configuration::ConfigurationError,
    local_user_pool::{LocalUserPool, LocalUserPoolConfig},
};

use crate::{
    configuration::File,
    local_user_pool::{addresses, app_client_lines, beyond_loopback, reachable_as, server},
    printable::printable,
    problems,
};

#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Options for development")]
pub(crate) struct LocalUserPoolArguments {
    /// Serve the user pools of the app too, and accept their tokens in place of those of AWS.
    #[arg(long, env = "COGNITO_AUTHORIZER_LOCAL_USER_POOL")]
    local_user_pool: bool,
    /// The user pool to serve, as JSON, if the configuration names no app.
    #[arg(long, value_name = "FILE", env = "COGNITO_AUTHORIZER_LOCAL_USER_POOL_CONFIG", requires = "local_user_pool")]
    local_user_pool_config: Option<PathBuf>,
    /// A loopback address and a port for the user pools; port 0 takes any that is free.
    #[arg(
        long,
        value_name = "ADDR",
        env = "COGNITO_AUTHORIZER_LOCAL_USER_POOL_LISTEN",
        default_value = "127.0.0.1:9229"
    )]
    local_user_pool_listen: SocketAddr,
    /// The URL by which others reach the user pools, such as `http://cognito:9229` in a network of containers.
    #[arg(long, value_name = "URL", env = "COGNITO_AUTHORIZER_LOCAL_USER_POOL_BASE_URL")]
    local_user_pool_base_url: Option<String>,
    /// Let other machines reach the user pools, without a password.
    #[arg(long, env = "COGNITO_AUTHORIZER_LOCAL_USER_POOL_BEYOND_LOOPBACK")]
    local_user_pool_beyond_loopback: bool,
}

impl LocalUserPoolArguments {
    /// Starts the user pools, and prints how to get tokens, if they are wanted.
    pub(super) async fn start(&self, file: &File) -> Result<Option<LocalUserPool>, Box<dyn Error>> {
        if !self.local_user_pool {
            return Ok(None);
        }
        let (app, config) = match &self.local_user_pool_config {
            Some(path) => (None, LocalUserPoolConfig::from_file(path)?),
            None => {
                let app = file.reader().app_user_pools(file.paths()).map_err(|error| self.described(&error, file))?;
                for note in app.notes() {
                    tracing::warn!(%note, "a setting that the local user pool lacks");
                }
                let config = app.config()?;
                (Some(app), config)
            }
        };
        let config = reachable_as(config, self.local_user_pool_base_url.as_deref());
        let config = beyond_loopback(config, self.local_user_pool_beyond_loopback);
        let pool = LocalUserPool::start(config, self.local_user_pool_listen).await;
        let pool = pool.map_err(|error| crate::local_user_pool::named(error, "--local-user-pool-beyond-loopback"))?;
        let clients = app.as_ref().map_or_else(|| addresses(&pool), |app| app_client_lines(app, &pool));
        io::stdout().write_all(printable(&format!("{}{clients}\n", server(&pool))).as_bytes())?;
        Ok(Some(pool))
    }

    fn described(&self, error: &ConfigurationError, file: &File) -> String {
        let lines = problems::lines(error, file.paths());
        if lines.contains("names no app") {
            format!("{lines}; name a user pool with `--local-user-pool-config`")
        } else {
            lines
        }
    }
}
