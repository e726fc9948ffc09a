//! Pieces of the core one by one, for benches (feature `internals`). Not for use: anything
//! here may change with any version.

use http::{HeaderMap, Method};

use crate::{
    claims::UnverifiedClaims,
    identity_source::IdentitySource,
    jose::{JwkSet, Kid, PublicKey, base64url, compact::CompactJws, header::JoseHeader},
    route::RouteTable,
    scope::ScopeSet,
};

/// Finds the token of a request. Its length.
pub fn identity_source(source: &IdentitySource, headers: &HeaderMap) -> Option<usize> {
    source.token(headers, None).ok().map(|token| token.raw().as_bytes().len())
}

/// Splits a token at its dots: header, payload, signature.
pub fn split(token: &[u8]) -> Option<[&[u8]; 3]> {
    CompactJws::parse(token).map(|jws| [jws.header, jws.payload, jws.signature])
}

/// Decodes base64url.
pub fn decode(text: &[u8]) -> Option<Vec<u8>> {
    base64url::decode(text).ok()
}

/// Reads a JOSE header. Whether it is one.
pub fn jose_header(json: &str) -> bool {
    JoseHeader::parse(json).is_ok()
}

/// Reads a claim set. Whether it is one.
pub fn claims(json: Vec<u8>) -> bool {
    UnverifiedClaims::parse(json).is_ok()
}

/// Finds a key.
pub fn key<'k>(keys: &'k JwkSet, kid: &str) -> Option<&'k PublicKey> {
    keys.find(Kid::parse(kid)?).map(|key| &**key)
}

/// Verifies a signature.
pub fn signature(key: &PublicKey, signing_input: &[u8], signature: &[u8]) -> bool {
    key.verify(signing_input, signature).is_some()
}

/// Looks for one of the scopes in a `scope` claim.
pub fn scopes(scopes: &ScopeSet, claim: &str) -> bool {
    scopes.any_in(claim)
}

/// Looks up a route.
pub fn route(table: &RouteTable, method: &Method, path: &str) -> bool {
    table.find(method, path).is_ok()
}
