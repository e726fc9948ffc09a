//! What weakens a check. Nothing here is needed against Cognito.

#[cfg(feature = "reqwest")]
use crate::jwks::HttpsKeySource;
#[cfg(feature = "local-user-pool")]
use crate::local_user_pool::LocalUserPoolConfig;
use crate::{middleware::AuthorizerLayer, route::RouteTableBuilder};

/// Lets a key source fetch JWK Sets by plain HTTP from any host.
///
/// Whoever can change what travels between the two can then let anybody in. Only for a network that
/// nobody else is on, such as the one between two containers of a test.
///
/// ```
/// use cognito_authorizer::{Authorizer, UserPool, danger, keys::HttpsKeySource};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let emulator = UserPool::parse("us-east-1_Ab129faBb")?.with_issuer("http://cognito:9229/us-east-1_Ab129faBb");
/// let keys = danger::allow_plain_http(HttpsKeySource::new()?);
/// let authorizer = Authorizer::builder().with_user_pool(emulator).key_source(keys).build()?;
/// # Ok(())
/// # }
/// ```
#[cfg(feature = "reqwest")]
pub fn allow_plain_http(source: HttpsKeySource) -> HttpsKeySource {
    source.allow_plain_http()
}

/// Lets a route table match every path exactly as it was sent, also those with `..`, `%2e%2e` or `\\` in
/// them.
///
/// A service that resolves such a path then serves something that another rule was meant to guard. Only for a
/// service that never reads a path otherwise than byte by byte.
/// Refused is still what a router whose variables take nothing, such as axum's, finds under another rule: `/pets//notes`
/// for `/pets/{id}/notes`.
///
/// ```
/// use cognito_authorizer::{RouteTable, danger};
///
/// let routes = danger::paths_as_sent(RouteTable::builder().open("GET /files/{proxy+}")).build()?;
/// assert!(routes.find(&http::Method::GET, "/files/../a").is_ok());
/// # Ok::<(), cognito_authorizer::route::RouteTableError>(())
/// ```
pub fn paths_as_sent(routes: RouteTableBuilder) -> RouteTableBuilder {
    tracing::warn!(
        "a route table takes every path as it was sent: what a service behind makes of `..` is not looked at"
    );
    routes.paths_as_sent()
}

/// Lets a layer pass every request, also those that it refuses: for a service that is to be guarded soon, and whose
/// callers are to be looked at first.
///
/// It decides as it would, counts what it decided (`cognito_authorizer_shadow_decisions_total`), and logs an event for
/// each request that it would have refused, with the reason and the route key
/// ([metrics and events](crate::docs::metrics)). The service finds the [`Rejection`](crate::Rejection) in the extensions
/// of such a request, and no [`Claims`](crate::Claims). A request that waits for keys waits as long as it would.
///
/// ```
/// use cognito_authorizer::{Authorizer, danger};
///
/// let authorizer = Authorizer::for_user_pool("eu-west-1_Ab129faBb")?.build()?;
/// let layer = danger::shadow(authorizer.authorization_scopes(["pets/read"])?);
/// # Ok::<(), cognito_authorizer::BuildError>(())
/// ```
pub fn shadow(layer: AuthorizerLayer) -> AuthorizerLayer {
    layer.shadow()
}

/// Lets a local user pool listen on any address, such as `0.0.0.0` in a container.
///
/// Whoever reaches it may then do everything with it: read the client secrets, make users and get tokens for them. A
/// service that trusts its tokens lets all of them in. Only for a network that nobody else is on. Services that reach
/// it by a name need that name in the [`base_url`](LocalUserPoolConfig::base_url): it answers to no other.
///
/// ```
/// use cognito_authorizer::{danger, local_user_pool::LocalUserPoolConfig};
///
/// let config = LocalUserPoolConfig::new("us-east-1_LocalPool").base_url("http://cognito:9229");
/// let config = danger::listen_beyond_loopback(config);
/// ```
#[cfg(feature = "local-user-pool")]
pub fn listen_beyond_loopback(config: LocalUserPoolConfig) -> LocalUserPoolConfig {
    tracing::warn!("the local user pool may be reached from other machines: whoever does may do everything with it");
    config.listen_beyond_loopback()
}
