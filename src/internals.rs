//! Exposes parts of the core for benchmarks and fuzzing (feature `__internals`). Do not use this module: anything in it may
//! change in any version.

use http::{HeaderMap, Method, Uri};

use crate::{
    claims::UnverifiedClaims,
    identity_source::IdentitySource,
    jose::{JwkSet, Kid, PublicKey, base64url, compact::CompactJws, header::JoseHeader},
    route::{NoRoute, Overrides, RouteTable, step_names},
    scope::ScopeSet,
};

/// Finds the token of a request, and returns its length.
pub fn identity_source(source: &IdentitySource, headers: &HeaderMap) -> Option<usize> {
    source.token(headers, None).ok().map(|token| token.raw().as_bytes().len())
}

/// Returns the token of a request, if the identity source finds one.
pub fn token(source: &IdentitySource, headers: &HeaderMap, query: Option<&str>) -> Option<Vec<u8>> {
    source.token(headers, query).ok().map(|token| token.raw().as_bytes().to_vec())
}

/// Strips the token from a request.
pub fn strip_token(source: &IdentitySource, headers: &mut HeaderMap, uri: &mut Uri) {
    if let Some(name) = source.header() {
        headers.remove(name);
    }
    if let Some(without) = source.strip_query(uri) {
        *uri = without;
    }
}

/// Splits a token at its dots: header, payload, signature.
pub fn split(token: &[u8]) -> Option<[&[u8]; 3]> {
    CompactJws::parse(token).map(|jws| [jws.header, jws.payload, jws.signature])
}

/// Decodes base64url.
pub fn decode(text: &[u8]) -> Option<Vec<u8>> {
    base64url::decode(text).ok()
}

/// Decodes base64url into the start of a buffer.
pub fn decode_into<'b>(text: &[u8], buffer: &'b mut [u8]) -> Option<&'b [u8]> {
    base64url::decode_into(text, buffer).ok()
}

/// Parses a JOSE header, and returns `alg`, `kid`, and whether the header asks for an extension.
pub fn jose_header_members(json: &str) -> Option<(Option<String>, Option<String>, bool)> {
    let header = JoseHeader::parse(json).ok()?;
    let [algorithm, kid] = [header.algorithm(json), header.kid(json)].map(|text| text.map(str::to_owned));
    Some((algorithm, kid, header.changes_reading()))
}

/// Parses a JOSE header, and returns whether it is valid.
pub fn jose_header(json: &str) -> bool {
    JoseHeader::parse(json).is_ok()
}

/// Parses a claim set, and returns whether it is valid.
pub fn claims(json: Vec<u8>) -> bool {
    UnverifiedClaims::parse(json).is_ok()
}

/// Finds a key by its `kid`.
pub fn key<'k>(keys: &'k JwkSet, kid: &str) -> Option<&'k PublicKey> {
    keys.find(Kid::parse(kid)?).map(|key| &**key)
}

/// Returns a key as a `SubjectPublicKeyInfo`, in DER.
pub fn subject_public_key_info(key: &PublicKey) -> &[u8] {
    key.subject_public_key_info()
}

/// Verifies a signature.
pub fn signature(key: &PublicKey, signing_input: &[u8], signature: &[u8]) -> bool {
    key.verify(signing_input, signature).is_some()
}

/// Returns whether a `scope` claim contains any of the scopes.
pub fn scopes(scopes: &ScopeSet, claim: &str) -> bool {
    scopes.any_in(claim)
}

/// Returns the names of the steps by which services read a path.
pub fn reading_steps() -> impl Iterator<Item = &'static str> {
    step_names()
}

/// Finds a route by the method, the path, and the headers and query parameters that override them.
///
/// If `step` names a step of reading a path, that step is left out, to show its purpose.
pub fn route_key_without<'t>(
    table: &'t RouteTable,
    step: Option<&str>,
    (method, uri, headers): (&Method, &Uri, &HeaderMap),
) -> Result<Option<&'t str>, NoRoute> {
    let overrides = Overrides::of(headers, uri.query());
    Ok(table.find_without(step, method, uri.path(), &overrides)?.map(|route| route.key().as_str()))
}
