//! A Cognito user pool on this machine, for development and tests (feature `local-user-pool`).
//!
//! It signs real tokens with real keys, so the authorizer in front of a service does all that it
//! does in production: there is no mode that skips a check. It publishes the JWK Set and the
//! discovery document and has the token endpoint for the client credentials grant, as
//! [behaviour §7](crate::docs::behaviour) says. Like Cognito it has two keys, one for ID tokens and
//! one for access tokens, and writes every `/` in its JSON as `\/`.
//!
//! In a test it issues tokens made to order ([`TestToken`]), takes new keys, and fails when it is told to
//! ([testing](crate::docs::testing)).
//!
//! **Not for production**: it listens on loopback addresses only, its keys live as long as the
//! process, and client secrets stand in its configuration.

mod config;

mod endpoints;

mod server;

mod signing_key;

mod switches;

mod test_token;

mod token;

mod token_request;

use std::{net::SocketAddr, sync::Arc};

use tokio::task::{JoinHandle, spawn_blocking};

pub use self::{
    config::{AppClientConfig, LocalUserPoolConfig, LocalUserPoolError},
    switches::{KeyRotation, Outage},
    test_token::TestToken,
};
use self::{endpoints::Endpoints, server::Pool, switches::Switches, token::Issuer};
use crate::{
    clock::{Clock, SystemClock},
    user_pool::{UserPool, UserPoolId},
};

/// A user pool that is being served. It stops when this is dropped.
///
/// ```no_run
/// use cognito_authorizer::{
///     Authorizer,
///     local_user_pool::{AppClientConfig, LocalUserPool, LocalUserPoolConfig},
/// };
///
/// # async fn run() -> Result<(), Box<dyn std::error::Error>> {
/// let config = LocalUserPoolConfig::new("us-east-1_LocalPool")
///     .resource_server("pets", ["read", "write"])
///     .app_client(AppClientConfig::new("petstore", "not-a-secret").allowed_scopes(["pets/read"]));
/// let pool = LocalUserPool::start(config, "127.0.0.1:0".parse()?).await?;
///
/// let authorizer = Authorizer::builder().with_user_pool(pool.user_pool()).build()?;
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct LocalUserPool {
    address: SocketAddr,
    user_pool_id: UserPoolId,
    issuer: String,
    pool: Arc<Pool>,
    server: JoinHandle<()>,
}

impl LocalUserPool {
    /// Makes two RSA keys and serves the user pool on `address`; port 0 takes any that is free.
    ///
    /// # Errors
    ///
    /// [`LocalUserPoolError`] if the configuration holds a mistake, or the address is not a loopback
    /// one or cannot be bound.
    pub async fn start(config: LocalUserPoolConfig, address: SocketAddr) -> Result<Self, LocalUserPoolError> {
        Self::start_with_clock(config, address, SystemClock::new()).await
    }

    /// The same, with another clock than the system's: by it tokens are issued.
    ///
    /// # Errors
    ///
    /// As for [`start`](Self::start).
    pub async fn start_with_clock(
        config: LocalUserPoolConfig,
        address: SocketAddr,
        clock: impl Clock,
    ) -> Result<Self, LocalUserPoolError> {
        let user_pool_id = config.check()?;
        let listener = server::bind(address).await?;
        let address = listener.local_addr().map_err(|source| LocalUserPoolError::Bind { address, source })?;
        let name = format!("http://{address}/{user_pool_id}");
        // Making a key takes a while.
        let issuer = spawn_blocking({
            let name = name.clone();
            || Issuer::new(name)
        });
        let issuer = issuer.await.map_err(|_| LocalUserPoolError::Key)??;
        tracing::warn!(issuer = name, "local user pool: for development and tests, not for production");
        let endpoints = Endpoints::new(config, issuer, format!("http://{address}"));
        let pool = Arc::new(Pool { endpoints, switches: Switches::default(), clock: Arc::new(clock) });
        let server = tokio::spawn(server::serve(listener, Arc::clone(&pool)));
        Ok(Self { address, user_pool_id, issuer: name, pool, server })
    }

    /// Issues a token made to order, good or wrong on purpose.
    ///
    /// # Errors
    ///
    /// [`LocalUserPoolError::Key`] if it cannot be signed.
    pub fn issue(&self, token: &TestToken) -> Result<String, LocalUserPoolError> {
        self.pool.endpoints.issuer().issue(token, self.pool.clock.now())
    }

    /// Takes new keys, and signs with them from now on.
    ///
    /// # Errors
    ///
    /// [`LocalUserPoolError::Key`] if they cannot be made.
    pub async fn rotate_keys(&self, rotation: KeyRotation) -> Result<(), LocalUserPoolError> {
        let pool = Arc::clone(&self.pool);
        let rotated = spawn_blocking(move || pool.endpoints.issuer().rotate_keys(rotation));
        rotated.await.map_err(|_| LocalUserPoolError::Key)?
    }

    /// Fails to answer in this way from now on; `None` ends it. Requests that hang go on hanging.
    pub fn set_outage(&self, outage: Option<Outage>) {
        self.pool.switches.set_outage(outage);
    }

    /// The address that it listens on.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The user pool, for an authorizer.
    pub fn user_pool(&self) -> UserPool {
        UserPool::from(self.user_pool_id.clone()).with_issuer(&self.issuer)
    }

    /// What `iss` says in its tokens: `http://<address>/<user pool id>`.
    pub fn issuer(&self) -> &str {
        &self.issuer
    }

    /// The domain, to which `/oauth2/token` is added: `http://<address>`.
    pub fn domain(&self) -> String {
        format!("http://{}", self.address)
    }
}

impl Drop for LocalUserPool {
    fn drop(&mut self) {
        self.server.abort();
    }
}
