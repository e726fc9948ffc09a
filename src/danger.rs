//! Settings that weaken a check, and that no service needs against Cognito.
//!
//! Each is behind `dangerous()`, so that a search for that word finds all of them in a program. Some settings accept more than API
//! Gateway does and have names of their own, because services need them: `token_use`, `leeway`, `any_app_client`,
//! `accept_sender_constrained_tokens`, `pass_preflight`, `hand_on_unknown_routes`, `InnerRouter::MatchedRoute`, and an
//! identity validation expression for the raw token. The command's `check` lists those that a configuration uses.
//!
//! ```
//! use cognito_authorizer::Authorizer;
//!
//! let authorizer = Authorizer::for_user_pool("eu-west-1_Ab129faBb").build()?;
//! let layer = authorizer.layer().scopes(["pets/read"])?.dangerous().shadow();
//! # Ok::<(), cognito_authorizer::BuildError>(())
//! ```

#[cfg(feature = "reqwest")]
use crate::jwks::HttpsKeySource;
#[cfg(feature = "local-user-pool")]
use crate::local_user_pool::LocalUserPoolConfig;
use crate::{middleware::AuthorizerLayer, route::RouteTableBuilder};

/// A value whose checks can be weakened; from its `dangerous()`.
#[derive(Clone, Debug)]
#[must_use]
pub struct Dangerous<T>(T);

#[cfg(feature = "reqwest")]
impl HttpsKeySource {
    /// Settings that weaken a check.
    pub fn dangerous(self) -> Dangerous<Self> {
        Dangerous(self)
    }
}

#[cfg(feature = "reqwest")]
impl Dangerous<HttpsKeySource> {
    /// Fetches JWK Sets over plain HTTP from any host.
    ///
    /// An attacker who can change the traffic can then forge any token. Only for a network without other users, such as the
    /// one between two containers of a test.
    ///
    /// ```
    /// use cognito_authorizer::{Authorizer, UserPool, keys::HttpsKeySource};
    ///
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let emulator = "us-east-1_Ab129faBb".parse::<UserPool>()?.with_issuer("http://cognito:9229/us-east-1_Ab129faBb");
    /// let keys = HttpsKeySource::new()?.dangerous().allow_plain_http();
    /// let authorizer = Authorizer::builder().user_pool(emulator).key_source(keys).build()?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn allow_plain_http(self) -> HttpsKeySource {
        self.0.allow_plain_http()
    }
}

impl RouteTableBuilder {
    /// Settings that weaken a check.
    pub fn dangerous(self) -> Dangerous<Self> {
        Dangerous(self)
    }
}

impl Dangerous<RouteTableBuilder> {
    /// Matches every path exactly as it was sent, also paths with `..`, `%2e%2e` or `\\`.
    ///
    /// A service that resolves such a path then serves something that another rule guards. Only for a service that reads
    /// every path byte by byte.
    /// Still rejected: paths that a router matching empty variables would match differently, such as `/pets//notes` for
    /// `/pets/{id}/notes`; and with [`ignore_case`](RouteTableBuilder::ignore_case), as in a configuration, paths that have
    /// another rule in another case.
    ///
    /// ```
    /// use cognito_authorizer::RouteTable;
    ///
    /// let routes = RouteTable::builder().open("GET /files/{proxy+}").dangerous().paths_as_sent().build()?;
    /// assert!(routes.find(&http::Method::GET, "/files/../a").is_ok());
    /// # Ok::<(), cognito_authorizer::route::RouteTableError>(())
    /// ```
    pub fn paths_as_sent(self) -> RouteTableBuilder {
        tracing::warn!(
            "a route table takes every path as it was sent: what a service behind makes of `..` is not looked at"
        );
        self.0.paths_as_sent()
    }
}

impl AuthorizerLayer {
    /// Settings that weaken a check.
    pub fn dangerous(self) -> Dangerous<Self> {
        Dangerous(self)
    }
}

impl Dangerous<AuthorizerLayer> {
    /// Passes every request, also those that the layer rejects: to look at the callers of a service before it is protected.
    ///
    /// The layer decides as usual, counts the decisions (`cognito_authorizer_decisions_total`, `would_reject`), and logs an event for
    /// each request that it would have rejected, with the reason and the route key
    /// ([metrics and events](crate::docs::metrics)). The service finds the [`Rejection`](crate::Rejection) in the extensions
    /// of such a request, and no [`Claims`](crate::Claims). A request that waits for keys waits as long as usual.
    ///
    /// ```
    /// use cognito_authorizer::Authorizer;
    ///
    /// let authorizer = Authorizer::for_user_pool("eu-west-1_Ab129faBb").build()?;
    /// let layer = authorizer.layer().scopes(["pets/read"])?.dangerous().shadow();
    /// # Ok::<(), cognito_authorizer::BuildError>(())
    /// ```
    pub fn shadow(self) -> AuthorizerLayer {
        self.0.shadow()
    }
}

#[cfg(feature = "local-user-pool")]
impl LocalUserPoolConfig {
    /// Settings that weaken a check.
    pub fn dangerous(self) -> Dangerous<Self> {
        Dangerous(self)
    }
}

#[cfg(feature = "local-user-pool")]
impl Dangerous<LocalUserPoolConfig> {
    /// Lets the local user pool listen on any address, such as `0.0.0.0` in a container.
    ///
    /// Any client that reaches it can read the client secrets, create users and get tokens for them, and a service that
    /// trusts its tokens accepts all of them. Only for a network without other users. Services that reach it by a name need
    /// that name in the [`base_url`](LocalUserPoolConfig::base_url): it answers to no other.
    ///
    /// ```
    /// use cognito_authorizer::local_user_pool::LocalUserPoolConfig;
    ///
    /// let config = LocalUserPoolConfig::new("us-east-1_LocalPool").base_url("http://cognito:9229");
    /// let config = config.dangerous().listen_beyond_loopback();
    /// ```
    pub fn listen_beyond_loopback(self) -> LocalUserPoolConfig {
        tracing::warn!(
            "the local user pool may be reached from other machines: whoever does may do everything with it"
        );
        self.0.listen_beyond_loopback()
    }
}
