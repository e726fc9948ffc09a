//! The user pool to start with, for a first token.

use cognito_authorizer::local_user_pool::{AppClientConfig, LocalUserPool, LocalUserPoolConfig, UserConfig};

pub(crate) const CLIENT_ID: &str = "localservice";
pub(crate) const CLIENT_SECRET: &str = "local-secret";
const APP_ID: &str = "localapp";
const USERNAME: &str = "jane";
const PASSWORD: &str = "Passw0rd!";

/// A user pool to start with: an app client for services, one for users, and a user.
pub(super) fn sample() -> LocalUserPoolConfig {
    let service = AppClientConfig::new(CLIENT_ID, CLIENT_SECRET).allowed_scopes(["pets/read", "pets/write"]);
    let app =
        AppClientConfig::public(APP_ID).explicit_auth_flows(["ALLOW_USER_PASSWORD_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"]);
    LocalUserPoolConfig::new("us-east-1_LocalPool")
        .resource_server("pets", ["read", "write"])
        .app_client(service)
        .app_client(app)
        .user(UserConfig::new(USERNAME, PASSWORD).attribute("email", "jane@example.com").group("admin"))
}

/// How to get a token of the sample user pool.
pub(super) fn how_to_get_a_token(pool: &LocalUserPool) -> String {
    let (endpoint, domain) = (pool.endpoint_url(), pool.domain());
    format!(
        r#"
Get an access token with a scope (pets/read, pets/write), and call the service:

  TOKEN=$(cognito-authorizer token --endpoint {endpoint} --scope pets/read)
  curl -i -H "Authorization: $TOKEN" http://127.0.0.1:3000/pets

The same by curl:

  curl -s -u {CLIENT_ID}:{CLIENT_SECRET} -d 'grant_type=client_credentials&scope=pets/read' {domain}/oauth2/token

Get the ID token of the user {USERNAME}:

  cognito-authorizer token --endpoint {endpoint} --client-id {APP_ID} --username {USERNAME} --password '{PASSWORD}' --id
"#
    )
}
