//! The user pool's endpoints: request in, response out, the time given.

use bytes::Bytes;
use http::{
    HeaderValue, Method, Request, Response, StatusCode,
    header::{ALLOW, CACHE_CONTROL, CONTENT_TYPE},
};
use serde::Serialize;

use super::{
    config::{AppClientConfig, LocalUserPoolConfig},
    signing_key::secrets_equal,
    token::{Issuer, to_json, uuid},
    token_request::{ErrorCode, TokenRequest},
};
use crate::time::UnixTime;

/// A user pool that answers.
#[derive(Debug)]
pub(super) struct Endpoints {
    config: LocalUserPoolConfig,
    issuer: Issuer,
    /// What the paths of the domain's endpoints are added to.
    domain: String,
}

impl Endpoints {
    pub(super) fn new(config: LocalUserPoolConfig, issuer: Issuer, domain: String) -> Self {
        Self { config, issuer, domain }
    }

    pub(super) fn issuer(&self) -> &Issuer {
        &self.issuer
    }

    pub(super) fn respond(&self, request: &Request<Bytes>, now: UnixTime) -> Response<Bytes> {
        let of_issuer = format!("{}{}", self.domain, request.uri().path());
        let well_known = of_issuer.strip_prefix(self.issuer.name()).and_then(|path| path.strip_prefix("/.well-known/"));
        match (well_known, request.uri().path()) {
            (Some("jwks.json"), _) => self.document(request.method(), self.issuer.jwk_set().into()),
            (Some("openid-configuration"), _) => self.document(request.method(), self.discovery().into()),
            (None, "/oauth2/token") => self.token_endpoint(request, now),
            _ => empty(StatusCode::NOT_FOUND),
        }
    }

    fn document(&self, method: &Method, document: Bytes) -> Response<Bytes> {
        if ![Method::GET, Method::HEAD].contains(method) {
            return not_allowed("GET, HEAD");
        }
        let mut response = json(StatusCode::OK, document);
        response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("public, max-age=86400"));
        response
    }

    /// OpenID Connect Discovery §4.2, for the endpoints that are here.
    fn discovery(&self) -> String {
        to_json(&Discovery {
            id_token_signing_alg_values_supported: ["RS256"],
            issuer: self.issuer.name(),
            jwks_uri: format!("{}/.well-known/jwks.json", self.issuer.name()),
            response_types_supported: ["token"],
            grant_types_supported: ["client_credentials"],
            scopes_supported: self.config.scopes().collect(),
            subject_types_supported: ["public"],
            token_endpoint: format!("{}/oauth2/token", self.domain),
            token_endpoint_auth_methods_supported: ["client_secret_basic", "client_secret_post"],
        })
    }

    fn token_endpoint(&self, request: &Request<Bytes>, now: UnixTime) -> Response<Bytes> {
        if request.method() != Method::POST {
            return not_allowed("POST");
        }
        let query = request.uri().query().unwrap_or_default();
        let granted = TokenRequest::parse(query, request.headers(), request.body())
            .and_then(|token_request| self.grant(&token_request));
        let (status, body) = match granted {
            Ok((app_client, scope)) => match self.issuer.client_credentials_token(app_client, &scope, now) {
                Ok(access_token) => {
                    let expires_in = app_client.access_token_seconds();
                    (StatusCode::OK, to_json(&TokenResponse { access_token, expires_in, token_type: "Bearer" }))
                }
                Err(_) => return empty(StatusCode::INTERNAL_SERVER_ERROR),
            },
            Err(error) => (StatusCode::BAD_REQUEST, to_json(&ErrorResponse { error })),
        };
        let mut response = json(status, body.into());
        response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
        response
    }

    /// The app client that the credentials belong to.
    fn authenticate(&self, request: &TokenRequest) -> Option<&AppClientConfig> {
        request.credentials.iter().find_map(|credentials| {
            let app_client = self.config.find_app_client(&credentials.client_id)?;
            let holds = match (&app_client.client_secret, &credentials.client_secret) {
                (Some(own), Some(sent)) => secrets_equal(&own.0, &sent.0),
                (None, None) => true,
                (Some(_), None) | (None, Some(_)) => false,
            };
            holds.then_some(app_client)
        })
    }

    /// Which app client gets which scopes.
    fn grant(&self, request: &TokenRequest) -> Result<(&AppClientConfig, String), ErrorCode> {
        let app_client = self.authenticate(request).ok_or(ErrorCode::InvalidClient)?;
        if app_client.client_secret.is_none() || !request.is_client_credentials {
            return Err(ErrorCode::UnauthorizedClient);
        }
        let Some(scope) = &request.scope else { return Ok((app_client, app_client.allowed_scopes.join(" "))) };
        let names: Vec<&str> = scope.split(' ').filter(|name| !name.is_empty()).collect();
        let is_allowed = |name: &&str| app_client.allowed_scopes.iter().any(|allowed| allowed == name);
        if names.is_empty() || !names.iter().all(is_allowed) {
            return Err(ErrorCode::InvalidScope);
        }
        Ok((app_client, names.join(" ")))
    }
}

#[derive(Serialize)]
struct TokenResponse {
    access_token: String,
    expires_in: u64,
    token_type: &'static str,
}

#[derive(Serialize)]
struct ErrorResponse {
    error: ErrorCode,
}

#[derive(Serialize)]
struct Discovery<'a> {
    id_token_signing_alg_values_supported: [&'a str; 1],
    issuer: &'a str,
    jwks_uri: String,
    response_types_supported: [&'a str; 1],
    grant_types_supported: [&'a str; 1],
    scopes_supported: Vec<String>,
    subject_types_supported: [&'a str; 1],
    token_endpoint: String,
    token_endpoint_auth_methods_supported: [&'a str; 2],
}

fn json(status: StatusCode, body: Bytes) -> Response<Bytes> {
    let mut response = Response::new(body);
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json;charset=UTF-8"));
    if let Ok(request_id) = HeaderValue::from_str(&uuid()) {
        headers.insert("x-amz-cognito-request-id", request_id);
    }
    response
}

fn empty(status: StatusCode) -> Response<Bytes> {
    let mut response = Response::new(Bytes::new());
    *response.status_mut() = status;
    response
}

fn not_allowed(allowed: &'static str) -> Response<Bytes> {
    let mut response = empty(StatusCode::METHOD_NOT_ALLOWED);
    response.headers_mut().insert(ALLOW, HeaderValue::from_static(allowed));
    response
}
