//! Where a local user pool is, and how a service trusts its tokens.

use cognito_authorizer::local_user_pool::LocalUserPool;

/// The addresses of the server.
pub(crate) fn server(pool: &LocalUserPool) -> String {
    let (endpoint, domain) = (pool.endpoint_url(), pool.domain());
    let warning = "User pools for development, not for production: any client that reaches them can do everything.";
    format!("{warning}\nendpoint  {endpoint}\ntokens    {domain}/oauth2/token\n")
}

/// The addresses of a single user pool.
pub(crate) fn addresses(pool: &LocalUserPool) -> String {
    format!("issuer    {}\nkeys      {}\n", pool.issuer(), keys(pool))
}

fn keys(pool: &LocalUserPool) -> String {
    format!("{}/{}/.well-known/jwks.json", pool.endpoint_url(), pool.user_pool().id())
}

/// The lines that make a service accept the tokens of a single user pool. With `AwsIssuer`, the keys are not at the issuer's address.
pub(super) fn how_to_trust(pool: &LocalUserPool) -> String {
    let (id, issuer, keys) = (pool.user_pool().id().to_string(), pool.issuer(), keys(pool));
    let (in_code, in_file) = if keys.starts_with(issuer) {
        (String::new(), String::new())
    } else {
        (format!(".with_jwks_uri(\"{keys}\")"), format!("  jwks_uri = \"{keys}\"\n"))
    };
    format!(
        r#"
Point a service at it, in code:

  let pool = "{id}".parse::<cognito_authorizer::UserPool>()?.with_issuer("{issuer}"){in_code};
  let authorizer = Authorizer::for_user_pool(pool).build()?;

or in authorizer.toml:

  [user_pools.local]
  id = "{id}"
  issuer = "{issuer}"
{in_file}"#
    )
}
