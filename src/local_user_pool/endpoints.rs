//! Routes requests to the endpoints; the current time is a parameter.

use std::{fmt, net::IpAddr};

use bytes::Bytes;
use http::{
    HeaderValue, Method, Request, Response, StatusCode,
    header::{CACHE_CONTROL, HOST},
};
use serde::Serialize;

use super::{
    directory::Pool,
    form_origin::{self, FormOrigin},
    json_api::Api,
    oauth2::OAuth2,
    response::{empty, json, not_allowed, text},
    store::Store,
    token::to_json,
};
use crate::{
    time::UnixTime,
    user_pool::{UserPool, UserPoolId},
};

/// The endpoints of a running local user pool.
pub(super) struct Endpoints {
    pub(super) store: Store,
    /// The URL that clients use, without a trailing slash.
    pub(super) base_url: String,
    pub(super) aws_issuer: bool,
    pub(super) confirmation_code: String,
    /// Origins of browser pages that may use the OAuth 2.0 endpoints.
    pub(super) allowed_origins: Vec<String>,
}

impl fmt::Debug for Endpoints {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Endpoints")
            .field("store", &self.store)
            .field("base_url", &self.base_url)
            .finish_non_exhaustive()
    }
}

impl Endpoints {
    /// Returns the `iss` claim of a user pool's tokens. AWS issuers have two forms; the user pool's settings select
    /// one.
    pub(super) fn issuer(&self, pool: &Pool) -> String {
        let mut issuers = self.issuers(&pool.id);
        let is_last = pool.settings.has_updated_issuer();
        if is_last { issuers.pop() } else { issuers.into_iter().next() }.unwrap_or_default()
    }

    /// Returns all accepted forms of the issuer, the original one before the updated one. A base URL has one form.
    pub(super) fn issuers(&self, user_pool_id: &str) -> Vec<String> {
        let of_aws = user_pool_id.parse::<UserPoolId>().ok().filter(|_| self.aws_issuer).map(UserPool::from);
        let issuers = of_aws.as_ref().map(UserPool::issuers).unwrap_or_default();
        if issuers.is_empty() {
            return vec![format!("{}/{user_pool_id}", self.base_url)];
        }
        issuers.iter().map(|issuer| issuer.name().to_owned()).collect()
    }

    /// Responds without blocking: to a request for a document of a user pool, or to a request for another host. Returns
    /// `None` for all other requests, and for keys that are not yet generated.
    pub(super) fn document(&self, request: &Request<Bytes>) -> Option<Response<Bytes>> {
        if !self.is_meant(host(request)) {
            tracing::warn!(
                base_url = self.base_url,
                "local user pool: a request for another host was rejected; make that host the base URL to accept it"
            );
            return Some(text(StatusCode::MISDIRECTED_REQUEST, OTHER_HOST));
        }
        if request.uri().path() == "/health" {
            return Some(text(StatusCode::OK, "ok\n"));
        }
        let (id, name) = document_name(request)?;
        let directory = self.store.read();
        Some(match (directory.pool(id), name) {
            (Some(pool), "jwks.json") => document(request.method(), to_json(&pool.keys.jwk_set()?).into()),
            (Some(pool), "openid-configuration") => document(request.method(), self.discovery(pool).into()),
            _ => empty(StatusCode::NOT_FOUND),
        })
    }

    /// Responds to all other requests.
    pub(super) fn respond(&self, request: &Request<Bytes>, now: UnixTime) -> Response<Bytes> {
        match request.uri().path() {
            "/" if request.method() == Method::POST && request.headers().contains_key("x-amz-target") => {
                Api { endpoints: self, now }.respond(request)
            }
            path @ ("/oauth2/token" | "/oauth2/revoke") => self.of_domain(path, request, now),
            _ => self.with_new_keys(request).unwrap_or_else(|| empty(StatusCode::NOT_FOUND)),
        }
    }

    /// Returns the requested JWK Set; generates the keys first.
    fn with_new_keys(&self, request: &Request<Bytes>) -> Option<Response<Bytes>> {
        let (id, "jwks.json") = document_name(request)? else { return None };
        let directory = self.store.read();
        let keys = &directory.pool(id)?.keys;
        if keys.make().is_err() {
            return Some(empty(StatusCode::INTERNAL_SERVER_ERROR));
        }
        Some(document(request.method(), to_json(&keys.jwk_set()?).into()))
    }

    /// Responds to an OAuth 2.0 request. `<domain>.localhost` is the domain of one user pool; any other host name means
    /// all user pools.
    fn of_domain(&self, path: &str, request: &Request<Bytes>, now: UnixTime) -> Response<Bytes> {
        let directory = self.store.read();
        let name = name(host(request)).to_ascii_lowercase();
        let user_pool_id = match name.strip_suffix(".localhost").filter(|_| name != self.own_name()) {
            Some(domain) => match directory.domain(domain) {
                Some(pool) => Some(&*pool.id),
                None => return empty(StatusCode::NOT_FOUND),
            },
            None => None,
        };
        let form_origin = FormOrigin::of(request.headers(), host(request), &self.base_url, &self.allowed_origins);
        if form_origin == FormOrigin::Other {
            tracing::warn!(
                path,
                "local user pool: a form of another origin was rejected; add the origin to AllowedOrigins to accept it"
            );
            return form_origin::rejection();
        }
        let endpoints = OAuth2 { endpoints: self, user_pool_id, now };
        let response = if path == "/oauth2/token" { endpoints.token(request) } else { endpoints.revoke(request) };
        form_origin.shown(response)
    }

    /// Whether a request is for this machine: by IP address, by a name that always means the local machine (RFC 6761
    /// §6.3), or by the host of the base URL. This prevents DNS rebinding: otherwise a web page could point its own
    /// host name at this address and read the responses.
    fn is_meant(&self, host: &str) -> bool {
        let name = name(host).to_ascii_lowercase();
        let address = name.strip_prefix('[').and_then(|name| name.strip_suffix(']')).unwrap_or(&name);
        let is_local = name == "localhost" || name.ends_with(".localhost");
        is_local || address.parse::<IpAddr>().is_ok() || (!name.is_empty() && name == self.own_name())
    }

    /// Returns the host of the base URL.
    fn own_name(&self) -> String {
        let rest = self.base_url.split_once("://").map_or("", |(_, rest)| rest);
        name(rest.split('/').next().unwrap_or_default()).to_ascii_lowercase()
    }

    /// Returns the discovery document (OpenID Connect Discovery §4.2) for the supported endpoints.
    fn discovery(&self, pool: &Pool) -> String {
        let base_url = &self.base_url;
        to_json(&Discovery {
            id_token_signing_alg_values_supported: ["RS256"],
            issuer: self.issuer(pool),
            jwks_uri: format!("{base_url}/{}/.well-known/jwks.json", pool.id),
            response_types_supported: ["token"],
            revocation_endpoint: format!("{base_url}/oauth2/revoke"),
            grant_types_supported: ["client_credentials", "refresh_token"],
            scopes_supported: pool.scopes(),
            subject_types_supported: ["public"],
            token_endpoint: format!("{base_url}/oauth2/token"),
            token_endpoint_auth_methods_supported: ["client_secret_basic", "client_secret_post"],
        })
    }
}

/// The answer to a request for another host. It does not repeat the host, and does not tell the own one.
const OTHER_HOST: &str = "This user pool has another host. Give it the base URL by which it is reached: `BaseUrl` in its \
                          configuration, or `--base-url`.\n";

#[derive(Serialize)]
struct Discovery<'a> {
    id_token_signing_alg_values_supported: [&'a str; 1],
    issuer: String,
    jwks_uri: String,
    response_types_supported: [&'a str; 1],
    revocation_endpoint: String,
    grant_types_supported: [&'a str; 2],
    scopes_supported: Vec<String>,
    subject_types_supported: [&'a str; 1],
    token_endpoint: String,
    token_endpoint_auth_methods_supported: [&'a str; 2],
}

/// Returns the user pool id and the document name of a request.
fn document_name(request: &Request<Bytes>) -> Option<(&str, &str)> {
    request.uri().path().strip_prefix('/')?.split_once("/.well-known/")
}

fn document(method: &Method, document: Bytes) -> Response<Bytes> {
    if ![Method::GET, Method::HEAD].contains(method) {
        return not_allowed("GET, HEAD");
    }
    let mut response = json(StatusCode::OK, document);
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static("public, max-age=86400"));
    response
}

/// Returns host and port of the request.
fn host(request: &Request<Bytes>) -> &str {
    let header = || request.headers().get(HOST).and_then(|host| host.to_str().ok());
    request.uri().authority().map(|authority| authority.as_str()).or_else(header).unwrap_or_default()
}

/// Returns the host without the port.
fn name(host: &str) -> &str {
    match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => name,
        _ => host,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_this_machine_are_known_from_others() {
        let of = |base_url: &str| Endpoints {
            store: Store::open(None).unwrap(),
            base_url: base_url.to_owned(),
            aws_issuer: false,
            confirmation_code: String::new(),
            allowed_origins: Vec::new(),
        };
        let endpoints = of("http://Cognito:9229/x");
        for host in [
            "127.0.0.1",
            "127.0.0.1:9229",
            "10.0.0.7:80",
            "[::1]",
            "[::1]:80",
            "localhost",
            "LOCALHOST:1",
            "api.localhost:9",
            "cognito",
            "COGNITO:1",
        ] {
            assert!(endpoints.is_meant(host), "{host}");
        }
        for host in [
            "",
            ":80",
            "example.com",
            "localhost.example.com",
            "127.0.0.1.example.com",
            "notlocalhost",
            "cognito.example",
        ] {
            assert!(!endpoints.is_meant(host), "{host}");
        }
        assert!(!of("http://127.0.0.1:80").is_meant("cognito"));
    }
}
