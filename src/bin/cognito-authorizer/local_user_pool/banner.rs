//! Where a local user pool is, and how a service trusts its tokens.

use cognito_authorizer::local_user_pool::LocalUserPool;

/// Prints the addresses of the server.
#[allow(clippy::print_stdout, reason = "the command's answer")]
pub(super) fn print_server(pool: &LocalUserPool) {
    println!("A user pool for development, not for production: any client that reaches it can do everything.");
    println!("endpoint  {}", pool.endpoint_url());
    println!("issuer    {}", pool.issuer());
    println!("keys      {}", keys(pool));
    println!("tokens    {}/oauth2/token", pool.domain());
}

/// Prints the lines that make a service accept the tokens of a single user pool.
#[allow(clippy::print_stdout, reason = "the command's answer")]
pub(super) fn print_trust(pool: &LocalUserPool) {
    print!("{}", how_to_trust(pool));
}

fn keys(pool: &LocalUserPool) -> String {
    format!("{}/{}/.well-known/jwks.json", pool.endpoint_url(), pool.user_pool().id())
}

/// The lines that make a service accept the user pool's tokens. With `AwsIssuer`, the keys are not at the issuer's address.
fn how_to_trust(pool: &LocalUserPool) -> String {
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
