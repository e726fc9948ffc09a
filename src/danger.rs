//! What weakens a check. Nothing here is needed against Cognito.

use crate::jwks::HttpsKeySource;

/// Lets a key source fetch JWK Sets by plain HTTP from any host.
///
/// Whoever can change what travels between the two can then let anybody in. Only for a network that
/// nobody else is on, such as the one between two containers of a test.
///
/// ```
/// use cognito_authorizer::{Authorizer, HttpsKeySource, UserPool, danger};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let emulator = UserPool::parse("us-east-1_Ab129faBb")?.with_issuer("http://cognito:9229/us-east-1_Ab129faBb");
/// let keys = danger::allow_plain_http(HttpsKeySource::new()?);
/// let authorizer = Authorizer::builder().with_user_pool(emulator).key_source(keys).build()?;
/// # Ok(())
/// # }
/// ```
pub fn allow_plain_http(source: HttpsKeySource) -> HttpsKeySource {
    tracing::warn!("JWK Sets may be fetched by plain HTTP: whoever is on the network can forge tokens");
    source.allow_plain_http()
}
