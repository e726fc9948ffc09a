//! A Cognito user pool on this machine, for development and tests (feature `local-user-pool`).
//!
//! It signs real tokens with real keys, so the authorizer in front of a service does all that it
//! does in production: there is no mode that skips a check. Like Cognito it has two keys, one for ID tokens and
//! one for access tokens, and writes every `/` in its JSON as `\/`.
//!
//! - `/`: the JSON protocol of the Cognito API, for the AWS CLI and the SDKs (`--endpoint-url`): users who sign up and
//!   in with a password, administrators, groups, and user pools with their app clients and resource servers
//!   ([behaviour §7.4](crate::docs::behaviour) lists the operations). Signatures of requests are not looked at.
//! - `/oauth2/token` for the client credentials and the refresh token grant, `/oauth2/revoke`
//! - `/<user pool id>/.well-known/jwks.json` and `…/openid-configuration`
//!
//! In a test it issues tokens made to order ([`TestToken`]), takes new keys, and fails when it is told to
//! ([testing](crate::docs::testing)).
//!
//! **Not for production**: whoever reaches it may do everything, client secrets stand in its configuration, and the
//! code that confirms a new user is always the same. It listens on loopback addresses only.

mod claims;

mod config;

mod cryptography;

mod directory;

mod endpoints;

mod error;

mod json_api;

mod keys;

mod oauth2;

mod password;

mod revocation;

mod seed;

mod server;

mod store;

mod switches;

mod test_token;

mod token;

use std::{
    net::SocketAddr,
    sync::{Arc, OnceLock},
};

use tokio::task::{JoinHandle, spawn_blocking};

pub use self::{
    config::{LocalUserPoolConfig, UserConfig},
    directory::{AppClientConfig, AppClientMistake},
    error::LocalUserPoolError,
    switches::{KeyRotation, Outage},
    test_token::TestToken,
};
use self::{
    cryptography::SigningKey, directory::Pool, endpoints::Endpoints, keys::Keys, server::Served, store::Store,
    switches::Switches,
};
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
    served: Arc<Served>,
    /// A key that is in no JWK Set, made when it is first asked for.
    unpublished: OnceLock<SigningKey>,
    server: JoinHandle<()>,
}

impl LocalUserPool {
    /// Makes two RSA keys and serves the user pool on `address`; port 0 takes any that is free.
    ///
    /// # Errors
    ///
    /// [`LocalUserPoolError`] if the configuration holds a mistake, the address is not a loopback
    /// one or cannot be bound, or the state file cannot be used.
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
        let listener = server::bind(address, config.beyond_loopback).await?;
        let address = listener.local_addr().map_err(|source| LocalUserPoolError::Bind { address, source })?;
        let base_url = config.base_url.clone().unwrap_or_else(|| format!("http://{address}"));
        let issuer = format!("{base_url}/{user_pool_id}");
        tracing::warn!(%address, issuer, "local user pool: for development and tests, not for production");
        let (confirmation_code, beyond_loopback) = (config.confirmation_code.clone(), config.beyond_loopback);
        let (id, now) = (user_pool_id.clone(), clock.now().as_secs());
        // Keys are made and passwords hashed: that takes a while.
        let store = spawn_blocking(move || {
            let store = Store::open(config.state_file.as_deref())?;
            seed::seed(&store, &config, id.as_str(), now).map(|()| store)
        });
        let store = store.await.map_err(|_| LocalUserPoolError::Key)??;
        let endpoints = Arc::new(Endpoints { store, base_url, confirmation_code, beyond_loopback });
        let served = Arc::new(Served { endpoints, switches: Switches::default(), clock: Arc::new(clock) });
        let server = tokio::spawn(server::serve(listener, Arc::clone(&served)));
        Ok(Self { address, user_pool_id, issuer, served, unpublished: OnceLock::new(), server })
    }

    /// Issues a token made to order, good or wrong on purpose.
    ///
    /// # Errors
    ///
    /// [`LocalUserPoolError::Key`] if it cannot be signed, or somebody deleted the user pool.
    pub fn issue(&self, token: &TestToken) -> Result<String, LocalUserPoolError> {
        let directory = self.served.endpoints.store.read();
        let pool = directory.pool(self.user_pool_id.as_str()).ok_or(LocalUserPoolError::Key)?;
        let unpublished = if token.by_unpublished_key { Some(self.unpublished_key()?) } else { None };
        token.issue(pool, &self.issuer, unpublished, self.served.clock.now())
    }

    /// Takes new keys, and signs with them from now on.
    ///
    /// # Errors
    ///
    /// [`LocalUserPoolError::Key`] if they cannot be made, or somebody deleted the user pool;
    /// [`LocalUserPoolError::File`] if they cannot be kept.
    pub async fn rotate_keys(&self, rotation: KeyRotation) -> Result<(), LocalUserPoolError> {
        let (endpoints, id) = (Arc::clone(&self.served.endpoints), self.user_pool_id.clone());
        let rotated = spawn_blocking(move || {
            let new = Keys::generate()?;
            endpoints.store.change(|directory| {
                let pool: &mut Pool = directory.pool_mut(id.as_str()).ok_or(LocalUserPoolError::Key)?;
                pool.keys = pool.keys.rotated(new, rotation);
                Ok(())
            })
        });
        rotated.await.map_err(|_| LocalUserPoolError::Key)?
    }

    /// Fails to answer in this way from now on; `None` ends it. Requests that hang go on hanging.
    pub fn set_outage(&self, outage: Option<Outage>) {
        self.served.switches.set_outage(outage);
    }

    /// The address that it listens on.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The user pool, for an authorizer.
    pub fn user_pool(&self) -> UserPool {
        let jwks_uri = format!("{}/{}/.well-known/jwks.json", self.endpoint_url(), self.user_pool_id);
        UserPool::from(self.user_pool_id.clone()).with_issuer(&self.issuer).with_jwks_uri(jwks_uri)
    }

    /// What `iss` says in its tokens: `http://<address>/<user pool id>`, unless there is a base URL.
    pub fn issuer(&self) -> &str {
        &self.issuer
    }

    /// The domain, to which `/oauth2/token` is added: `http://<address>`.
    pub fn domain(&self) -> String {
        self.endpoint_url()
    }

    /// For `--endpoint-url` of the AWS CLI and `endpoint_url` of the SDKs: `http://<address>`.
    pub fn endpoint_url(&self) -> String {
        format!("http://{}", self.address)
    }

    fn unpublished_key(&self) -> Result<&SigningKey, LocalUserPoolError> {
        if let Some(key) = self.unpublished.get() {
            return Ok(key);
        }
        let key = SigningKey::generate()?;
        Ok(self.unpublished.get_or_init(|| key))
    }
}

impl Drop for LocalUserPool {
    fn drop(&mut self) {
        self.server.abort();
    }
}
