//! One policy in front of any service: the decision of the layer, for the proxies that ask it.
//!
//! A [`Policy`] is the layer of a configuration. A [`Server`] answers the questions of proxies
//! with it:
//!
//! | path | proxy | the request is described by |
//! |---|---|---|
//! | `/forward-auth` | Caddy `forward_auth`, Traefik `forwardAuth` | `X-Forwarded-Method`, `X-Forwarded-Uri`, `X-Forwarded-Host` |
//! | `/ask`, then `/answer` | nginx `auth_request`, `error_page` | the same |
//! | `/envoy.service.auth.v3.Authorization/Check` | Envoy gRPC `ext_authz` (feature `ext-authz`) | the message |
//! | `/ext-authz/…` | Envoy HTTP `ext_authz`, the Gateway API's `ExternalAuth` | the method and the path after the prefix |
//!
//! In front of one service, [`Server::start_proxy`] is the proxy itself.
//!
//! The guide [`docs::serve`](crate::docs::serve) has the configuration of each proxy.

mod access_log;

mod error;

#[cfg(feature = "ext-authz")]
mod ext_authz;

mod first_bytes;

mod front;

mod hop_by_hop;

mod listener;

mod operations;

mod original;

mod peer;

mod places;

mod policy;

mod proxy;

mod questions;

mod reload;

mod reply;

mod running;

mod server;

mod settings;

mod tls;

mod upstream;

pub use self::{
    access_log::AccessLog,
    error::ServerError,
    operations::Operations,
    peer::{Listen, ListenError, TrustedProxies},
    policy::Policy,
    reload::{Reload, ReloadError},
    server::Server,
    settings::ServerSettings,
    tls::Certificate,
    upstream::Upstream,
};
