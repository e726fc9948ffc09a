//! Settings that weaken a check. No service needs them with Cognito.
//!
//! Each is behind `dangerous()`, so a search for that word finds all of them in a program.
//!
//! Some settings that accept more than API Gateway have their own names, because services need them: `token_use`, `leeway`,
//! `any_app_client`, `accept_sender_constrained_tokens`, `pass_preflight`, `hand_on_unknown_routes`,
//! `InnerRouter::MatchedRoute`, and an identity validation expression for the raw token. The command's `check` lists those that
//! a configuration uses.
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

/// A value whose checks can be weakened. The value's `dangerous()` method returns this type.
#[derive(Clone, Debug)]
#[must_use]
pub struct Dangerous<T>(T);

#[cfg(feature = "reqwest")]
impl HttpsKeySource {
    /// Gives access to settings that weaken a check.
    pub fn dangerous(self) -> Dangerous<Self> {
        Dangerous(self)
    }
}

#[cfg(feature = "reqwest")]
impl Dangerous<HttpsKeySource> {
    /// Fetches JWK Sets over plain HTTP from any host.
    ///
    /// An attacker who can change the traffic can then forge any token. Use it only on a network without other users, such as
    /// one between two containers of a test.
    ///
    /// ```
    /// use cognito_authorizer::{Authorizer, UserPool, keys::HttpsKeySource};
    ///
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let emulator = "us-east-1_Ab129faBb"
    ///     .parse::<UserPool>()?
    ///     .with_issuer("http://cognito:9229/us-east-1_Ab129faBb");
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
    /// Gives access to settings that weaken a check.
    pub fn dangerous(self) -> Dangerous<Self> {
        Dangerous(self)
    }
}

impl Dangerous<RouteTableBuilder> {
    /// Matches every path exactly as it was sent, including paths with `..`, `%2e%2e` or `\\`.
    ///
    /// If the inner service resolves such a path, it may serve a resource that has another rule. Use it only for a service that
    /// compares every path byte by byte.
    ///
    /// Still rejected: paths that a router matching empty variables would match differently, such as `/pets//notes` for
    /// `/pets/{id}/notes`. With [`ignore_case`](RouteTableBuilder::ignore_case), as in a configuration, paths that have another
    /// rule in another case are rejected too.
    ///
    /// ```
    /// use cognito_authorizer::RouteTable;
    ///
    /// let routes =
    ///     RouteTable::builder().open("GET /files/{proxy+}").dangerous().paths_as_sent().build()?;
    /// assert!(routes.find(&http::Method::GET, "/files/../a").is_ok());
    /// # Ok::<(), cognito_authorizer::route::RouteTableError>(())
    /// ```
    pub fn paths_as_sent(self) -> RouteTableBuilder {
        tracing::warn!(
            "a route table accepts every path as sent: the layer does not check how the inner service normalizes `..`"
        );
        self.0.paths_as_sent()
    }
}

impl AuthorizerLayer {
    /// Gives access to settings that weaken a check.
    pub fn dangerous(self) -> Dangerous<Self> {
        Dangerous(self)
    }
}

impl Dangerous<AuthorizerLayer> {
    /// Accepts every request, including those that the layer would reject, to observe a service's clients before it is
    /// protected.
    ///
    /// The layer decides as usual and counts the decisions (`cognito_authorizer_decisions_total`, `would_reject`). It logs an
    /// event for each request that it would have rejected, with the reason and the route key
    /// ([metrics and events](crate::docs::metrics)). Such a request has the [`Rejection`](crate::Rejection) in its extensions,
    /// and no [`Claims`](crate::Claims). A request that waits for keys waits as long as usual.
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
    /// Gives access to settings that weaken a check.
    pub fn dangerous(self) -> Dangerous<Self> {
        Dangerous(self)
    }
}

#[cfg(feature = "local-user-pool")]
impl Dangerous<LocalUserPoolConfig> {
    /// Lets the local user pool listen on any address, such as `0.0.0.0` in a container.
    ///
    /// Any client that reaches it can read the client secrets, create users and get tokens for them. A service that trusts its
    /// tokens accepts all of them. Use it only on a network without other users.
    ///
    /// Services that reach the pool by a host name need that name in the [`base_url`](LocalUserPoolConfig::base_url): of host
    /// names, the pool accepts only that one and `localhost` names.
    ///
    /// ```
    /// use cognito_authorizer::local_user_pool::LocalUserPoolConfig;
    ///
    /// let config = LocalUserPoolConfig::new("us-east-1_LocalPool").base_url("http://cognito:9229");
    /// let config = config.dangerous().listen_beyond_loopback();
    /// ```
    pub fn listen_beyond_loopback(self) -> LocalUserPoolConfig {
        tracing::warn!(
            "the local user pool may be reachable from other machines: any client that reaches it has full control \
             over it"
        );
        self.0.listen_beyond_loopback()
    }
}
