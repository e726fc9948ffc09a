//! Runs a Cognito user pool on this machine, for development and tests (feature `local-user-pool`).
//!
//! The user pool signs real tokens with real keys, so the authorizer performs every check that it performs in
//! production. There is no mode that skips a check. Like Cognito, the user pool has one key for ID tokens and one key
//! for access tokens, and writes every `/` in its tokens and documents as `\/`.
//!
//! The API of this module may change in any release before 1.0.
//!
//! - `/`: the JSON protocol of the Cognito API, for the AWS CLI and the SDKs (`--endpoint-url`): sign-up and sign-in
//!   with a password, administration of users, groups, and user pools with their app clients and resource servers
//!   ([behaviour §7.4](crate::docs::behaviour) lists the operations). Request signatures are not verified.
//! - `/oauth2/token` for the client credentials grant and the refresh token grant, `/oauth2/revoke`
//! - `/<user pool id>/.well-known/jwks.json` and `…/openid-configuration`
//!
//! In tests, the user pool issues valid or deliberately broken tokens ([`TestToken`]), rotates its keys, and simulates
//! outages ([testing](crate::docs::testing)).
//!
//! **Not for production**: any client that reaches the address may call every operation, the configuration contains
//! client secrets, and the code that confirms a new user is always the same. The user pool listens on loopback
//! addresses only, unless `dangerous().listen_beyond_loopback()` is used.

mod claims;

mod config;

mod cryptography;

mod directory;

mod endpoints;

mod error;

mod form_origin;

mod json_api;

mod keys;

mod oauth2;

mod password;

mod renewal;

mod response;

mod revocation;

mod seed;

mod server;

mod store;

mod switches;

mod test_token;

mod text;

mod token;

mod user_config;

use std::{
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    sync::{Arc, OnceLock},
};

use tokio::task::{JoinError, JoinHandle, spawn_blocking};

pub use self::{
    config::LocalUserPoolConfig,
    directory::{AppClientConfig, AppClientMistake},
    error::LocalUserPoolError,
    switches::{KeyRotation, Outage},
    test_token::TestToken,
    user_config::UserConfig,
};
use self::{cryptography::SigningKey, endpoints::Endpoints, server::Server, store::Store, token::TokenSigner};
use crate::{
    clock::{Clock, SystemClock},
    user_pool::{UserPool, UserPoolId},
};

/// A running local user pool.
///
/// Dropping the value stops the server without waiting for pending requests; [`stop`](Self::stop) waits.
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
///     .app_client(
///         AppClientConfig::new("petstore", "not-a-secret").allowed_scopes(["pets/read"]),
///     );
/// let pool = LocalUserPool::start(config, "127.0.0.1:0".parse()?).await?;
///
/// let authorizer = Authorizer::builder().user_pool(pool.user_pool()).build()?;
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct LocalUserPool {
    address: SocketAddr,
    main: ServedUserPool,
    further: Vec<ServedUserPool>,
    served: Arc<Server>,
    /// A key that is not in the JWK Set, generated on first use.
    unpublished: OnceLock<SigningKey>,
    server: JoinHandle<()>,
}

/// A configured user pool, as it was at the start.
#[derive(Debug)]
struct ServedUserPool {
    id: UserPoolId,
    issuer: String,
}

impl LocalUserPool {
    /// Starts the user pool on `address`; port 0 selects a free port. The keys are new, unless a state file contains
    /// keys.
    ///
    /// # Errors
    ///
    /// Returns [`LocalUserPoolError`] if the configuration is invalid, the address is not a loopback address or cannot
    /// be bound, or the state file cannot be used.
    pub async fn start(config: LocalUserPoolConfig, address: SocketAddr) -> Result<Self, LocalUserPoolError> {
        Self::start_with_clock(config, address, SystemClock::new()).await
    }

    /// Starts the user pool with a clock other than the system clock; tokens are issued by this clock.
    ///
    /// # Errors
    ///
    /// As for [`start`](Self::start).
    pub async fn start_with_clock(
        config: LocalUserPoolConfig,
        address: SocketAddr,
        clock: impl Clock,
    ) -> Result<Self, LocalUserPoolError> {
        let user_pool_ids = config.check()?;
        let listener = server::bind(address, config.beyond_loopback).await?;
        let address = listener.local_addr().map_err(|reason| LocalUserPoolError::Bind { address, reason })?;
        let base_url = config.base_url.clone().unwrap_or_else(|| format!("http://{}", reachable(address)));
        tracing::warn!(%address, user_pools = ?user_pool_ids, "local user pool: for development and tests, not for production");
        let (aws_issuer, confirmation_code) = (config.aws_issuer, config.confirmation_code.clone());
        let allowed_origins = config.allowed_origins.clone();
        let (ids, now) = (user_pool_ids.clone(), clock.now().as_secs());
        // Hashing passwords blocks, and so does generating keys for a state file.
        let store = spawn_blocking(move || {
            let store = Store::open(config.state_file.as_deref())?;
            let seeded = config.all().zip(&ids).try_for_each(|(own, id)| seed::seed(&store, own, id.as_str(), now));
            seeded.map(|()| store)
        });
        let store = store.await.unwrap_or_else(passed_on)?;
        let endpoints = Endpoints { store, base_url, aws_issuer, confirmation_code, allowed_origins };
        let directory = endpoints.store.read();
        let mut user_pools = user_pool_ids.into_iter().map(|id| {
            let issuer = directory.pool(id.as_str()).map(|pool| endpoints.issuer(pool));
            issuer.ok_or_else(|| no_user_pool(&id)).map(|issuer| ServedUserPool { id, issuer })
        });
        let main = user_pools.next().unwrap_or(Err(LocalUserPoolError::Key))?;
        let further = user_pools.collect::<Result<Vec<_>, _>>()?;
        drop(directory);
        let served = Arc::new(Server::new(endpoints, clock));
        let server = tokio::spawn(server::serve(listener, Arc::clone(&served)));
        Ok(Self { address, main, further, served, unpublished: OnceLock::new(), server })
    }

    /// Stops the user pool and waits until it has stopped. The address and the state file are then free, and nothing is
    /// written any more.
    pub async fn stop(mut self) {
        self.served.end();
        // The server was told to end, so its result does not matter.
        drop((&mut self.server).await);
        self.served.rest().await;
    }

    /// Issues a test token, valid or deliberately broken.
    ///
    /// # Errors
    ///
    /// Returns [`LocalUserPoolError::Key`] if the token cannot be signed, or [`LocalUserPoolError::NoUserPool`] if the
    /// user pool was deleted.
    pub fn issue(&self, token: &TestToken) -> Result<String, LocalUserPoolError> {
        let directory = self.served.endpoints.store.read();
        let pool = directory.pool(self.main.id.as_str()).ok_or_else(|| no_user_pool(&self.main.id))?;
        let unpublished = if token.by_unpublished_key { Some(self.unpublished_key()?) } else { None };
        let name = self.served.endpoints.issuer(pool);
        token.issue(TokenSigner { pool, name: &name, now: self.served.clock.now() }, unpublished)
    }

    /// Rotates the keys; new tokens are signed with the new keys.
    ///
    /// # Errors
    ///
    /// Returns [`LocalUserPoolError::File`] if the keys cannot be generated or written to the state file, or
    /// [`LocalUserPoolError::NoUserPool`] if the user pool was deleted.
    pub async fn rotate_keys(&self, rotation: KeyRotation) -> Result<(), LocalUserPoolError> {
        let id = self.main.id.clone();
        let work = self.served.work(move |endpoints| {
            endpoints.store.change(|directory| {
                let pool = directory.pool_mut(id.as_str()).ok_or_else(|| no_user_pool(&id))?;
                pool.keys = pool.keys.rotated(rotation);
                Ok(())
            })
        });
        match work.await {
            Some(done) => done.unwrap_or_else(passed_on),
            // Unreachable: the server does not stop while `self` exists.
            None => Err(LocalUserPoolError::Key),
        }
    }

    /// Simulates an outage from now on; `None` ends the outage. Requests that already hang keep hanging.
    pub fn set_outage(&self, outage: Option<Outage>) {
        self.served.switches.set_outage(outage);
    }

    /// Returns the address that the user pool listens on.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Returns the user pool to configure an authorizer on this machine with.
    pub fn user_pool(&self) -> UserPool {
        self.of(&self.main)
    }

    /// Returns all configured user pools, [`user_pool`](Self::user_pool) first.
    pub fn user_pools(&self) -> Vec<UserPool> {
        std::iter::once(&self.main).chain(&self.further).map(|own| self.of(own)).collect()
    }

    fn of(&self, own: &ServedUserPool) -> UserPool {
        let jwks_uri = format!("http://{}/{}/.well-known/jwks.json", reachable(self.address), own.id);
        UserPool::from(&own.id).with_issuer(&own.issuer).with_jwks_uri(jwks_uri)
    }

    /// Returns the `iss` claim of the issued tokens: `<endpoint URL>/<user pool id>`, or the AWS issuer if the
    /// configuration asks for it. The issuer is fixed at the start; `UpdateUserPool` does not change this value.
    pub fn issuer(&self) -> &str {
        &self.main.issuer
    }

    /// Returns the URL of the domain, to which clients append `/oauth2/token`. This is the endpoint URL.
    pub fn domain(&self) -> String {
        self.endpoint_url()
    }

    /// Returns the URL for `--endpoint-url` of the AWS CLI and `endpoint_url` of the SDKs: `http://<address>`, or the
    /// base URL of the configuration.
    pub fn endpoint_url(&self) -> String {
        self.served.endpoints.base_url.clone()
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

/// Replaces an unspecified address with the loopback address, so that clients can connect.
fn reachable(address: SocketAddr) -> SocketAddr {
    match address.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => (Ipv4Addr::LOCALHOST, address.port()).into(),
        IpAddr::V6(ip) if ip.is_unspecified() => (Ipv6Addr::LOCALHOST, address.port()).into(),
        IpAddr::V4(_) | IpAddr::V6(_) => address,
    }
}

fn no_user_pool(id: &UserPoolId) -> LocalUserPoolError {
    LocalUserPoolError::NoUserPool { id: id.to_string() }
}

/// Resumes a panic of a background task in the task that waits for it.
fn passed_on<T>(error: JoinError) -> T {
    match error.try_into_panic() {
        Ok(panic) => std::panic::resume_unwind(panic),
        Err(error) => std::panic::resume_unwind(Box::new(error)),
    }
}
