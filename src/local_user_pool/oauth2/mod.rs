//! The OAuth 2.0 endpoints of a domain: `/oauth2/token` (RFC 6749 §3.2) and `/oauth2/revoke` (RFC 7009 §2), as
//! described in [behaviour §7.3](crate::docs::behaviour).

mod request;

use bytes::Bytes;
use http::{HeaderValue, Method, Request, Response, StatusCode, header::CACHE_CONTROL};
use serde::Serialize;

use self::request::{ClientRequest, ErrorCode, Grant};
use super::{
    LocalUserPoolError,
    cryptography::secrets_equal,
    directory::{AppClient, Directory, Pool},
    endpoints::Endpoints,
    renewal::{self, RenewalError},
    response::{empty, json, not_allowed},
    revocation::{self, RevocationError},
    token::{TokenSigner, to_json},
};
use crate::time::UnixTime;

/// The endpoints at a given time.
pub(super) struct OAuth2<'a> {
    pub(super) endpoints: &'a Endpoints,
    /// The user pool whose domain was requested; `None` means all user pools.
    pub(super) user_pool_id: Option<&'a str>,
    pub(super) now: UnixTime,
}

/// The reason why a request is rejected.
enum OAuthError {
    Error(ErrorCode),
    Failed(LocalUserPoolError),
}

impl From<ErrorCode> for OAuthError {
    fn from(error: ErrorCode) -> Self {
        Self::Error(error)
    }
}

impl From<LocalUserPoolError> for OAuthError {
    fn from(error: LocalUserPoolError) -> Self {
        Self::Failed(error)
    }
}

impl From<RenewalError> for OAuthError {
    fn from(error: RenewalError) -> Self {
        match error {
            RenewalError::Failed(error) => Self::Failed(error),
            _ => Self::Error(ErrorCode::InvalidGrant),
        }
    }
}

impl OAuth2<'_> {
    pub(super) fn token(&self, request: &Request<Bytes>) -> Response<Bytes> {
        if request.method() != Method::POST {
            return not_allowed("POST");
        }
        match self.grant(request) {
            Ok(granted) => no_store(json(StatusCode::OK, to_json(&granted).into())),
            // Cognito responds with 400 where RFC 6749 would allow 401.
            Err(error) => error_response(error, StatusCode::BAD_REQUEST),
        }
    }

    pub(super) fn revoke(&self, request: &Request<Bytes>) -> Response<Bytes> {
        if request.method() != Method::POST {
            return not_allowed("POST");
        }
        match self.revoke_token(request) {
            Ok(()) => no_store(empty(StatusCode::OK)),
            Err(error) => error_response(error, StatusCode::UNAUTHORIZED),
        }
    }

    fn grant(&self, request: &Request<Bytes>) -> Result<Granted, OAuthError> {
        let query = request.uri().query().unwrap_or_default();
        let request = ClientRequest::parse(query, request.headers(), request.body())?;
        let grant = request.grant()?;
        let directory = self.endpoints.store.read();
        let (pool, client) = self.authenticate(&directory, &request).ok_or(ErrorCode::InvalidClient)?;
        let name = self.endpoints.issuer(pool);
        let issuer = TokenSigner { pool, name: &name, now: self.now };
        match grant {
            Grant::ClientCredentials { scope } => {
                let scope = client_scope(client, scope.as_deref())?;
                let expires_in = client.settings.access_token_seconds();
                let access_token = issuer.client_token(client, &scope)?;
                Ok(Granted { access_token, id_token: None, refresh_token: None, expires_in, token_type: "Bearer" })
            }
            Grant::RefreshToken { refresh_token } => {
                if !client.settings.can_refresh() && !client.settings.allows_grant("code") {
                    return Err(ErrorCode::UnauthorizedClient.into());
                }
                let renewed = renewal::renew(&self.endpoints.store, issuer, client, &refresh_token)?;
                Ok(Granted {
                    access_token: renewed.tokens.access_token,
                    id_token: Some(renewed.tokens.id_token),
                    refresh_token: renewed.refresh_token,
                    expires_in: renewed.tokens.expires_in,
                    token_type: "Bearer",
                })
            }
            // There is no sign-in page, so there are no codes either.
            Grant::AuthorizationCode if client.settings.allows_grant("code") => Err(ErrorCode::InvalidGrant.into()),
            Grant::AuthorizationCode => Err(ErrorCode::UnauthorizedClient.into()),
        }
    }

    fn revoke_token(&self, request: &Request<Bytes>) -> Result<(), OAuthError> {
        let query = request.uri().query().unwrap_or_default();
        let request = ClientRequest::parse(query, request.headers(), request.body())?;
        let token = request.parameter("token")?.ok_or(ErrorCode::InvalidRequest)?;
        let directory = self.endpoints.store.read();
        let (pool, client) = self.authenticate(&directory, &request).ok_or(ErrorCode::InvalidClient)?;
        match revocation::revoke(&self.endpoints.store, pool, client, token, self.now) {
            Ok(()) => Ok(()),
            Err(RevocationError::Disabled) => Err(ErrorCode::InvalidRequest.into()),
            Err(RevocationError::NotARefreshToken) => Err(ErrorCode::UnsupportedTokenType.into()),
            Err(RevocationError::Failed(error)) => Err(error.into()),
        }
    }

    /// Returns the app client that the credentials belong to.
    fn authenticate<'d>(
        &self,
        directory: &'d Directory,
        request: &ClientRequest<'_>,
    ) -> Option<(&'d Pool, &'d AppClient)> {
        request.credentials.iter().find_map(|credentials| {
            let (pool, client) = directory.app_client(&credentials.client_id)?;
            let holds = match (&client.settings.client_secret, &credentials.client_secret) {
                (Some(own), Some(sent)) => secrets_equal(&own.0, &sent.0),
                (None, None) => true,
                (Some(_), None) | (None, Some(_)) => false,
            };
            (holds && self.user_pool_id.is_none_or(|id| id == pool.id)).then_some((pool, client))
        })
    }
}

/// Returns the scopes of a client credentials grant.
fn client_scope(client: &AppClient, asked: Option<&str>) -> Result<String, ErrorCode> {
    let settings = &client.settings;
    if settings.client_secret.is_none() || !settings.allows_grant("client_credentials") {
        return Err(ErrorCode::UnauthorizedClient);
    }
    let Some(asked) = asked else { return Ok(settings.allowed_scopes.join(" ")) };
    let names: Vec<&str> = asked.split(' ').filter(|name| !name.is_empty()).collect();
    let is_allowed = |name: &&str| settings.allowed_scopes.iter().any(|allowed| allowed == name);
    if names.is_empty() || !names.iter().all(is_allowed) {
        return Err(ErrorCode::InvalidScope);
    }
    Ok(names.join(" "))
}

#[derive(Serialize)]
struct Granted {
    access_token: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    id_token: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    refresh_token: Option<String>,
    expires_in: u64,
    token_type: &'static str,
}

#[derive(Serialize)]
struct ErrorResponse {
    error: ErrorCode,
}

/// Returns an error response; `of_client` is the status for a client that cannot be authenticated.
fn error_response(error: OAuthError, of_client: StatusCode) -> Response<Bytes> {
    match error {
        OAuthError::Error(error) => {
            let status = if error == ErrorCode::InvalidClient { of_client } else { StatusCode::BAD_REQUEST };
            no_store(json(status, to_json(&ErrorResponse { error }).into()))
        }
        OAuthError::Failed(error) => {
            tracing::error!(%error, "local user pool");
            empty(StatusCode::INTERNAL_SERVER_ERROR)
        }
    }
}

fn no_store(mut response: Response<Bytes>) -> Response<Bytes> {
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}
