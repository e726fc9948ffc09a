//! Pieces of the core one by one, for benches and fuzzing (feature `__internals`). Not for use: anything
//! here may change with any version.

use http::{HeaderMap, Method, Uri};

use crate::{
    claims::UnverifiedClaims,
    identity_source::IdentitySource,
    jose::{JwkSet, Kid, PublicKey, base64url, compact::CompactJws, header::JoseHeader},
    route::{NoRoute, Overrides, RouteTable, step_names},
    scope::ScopeSet,
};

/// Finds the token of a request. Its length.
pub fn identity_source(source: &IdentitySource, headers: &HeaderMap) -> Option<usize> {
    source.token(headers, None).ok().map(|token| token.raw().as_bytes().len())
}

/// The token of a request, if it has one that can be looked at.
pub fn token(source: &IdentitySource, headers: &HeaderMap, query: Option<&str>) -> Option<Vec<u8>> {
    source.token(headers, query).ok().map(|token| token.raw().as_bytes().to_vec())
}

/// Takes the token out of a request.
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

/// What a JOSE header says: `alg`, `kid`, and whether it asks for an extension.
pub fn jose_header_members(json: &str) -> Option<(Option<String>, Option<String>, bool)> {
    let header = JoseHeader::parse(json).ok()?;
    let [algorithm, kid] = [header.algorithm(json), header.kid(json)].map(|text| text.map(str::to_owned));
    Some((algorithm, kid, header.changes_reading()))
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

/// A key as a `SubjectPublicKeyInfo`, in DER.
pub fn subject_public_key_info(key: &PublicKey) -> &[u8] {
    key.subject_public_key_info()
}

/// Verifies a signature.
pub fn signature(key: &PublicKey, signing_input: &[u8], signature: &[u8]) -> bool {
    key.verify(signing_input, signature).is_some()
}

/// Looks for one of the scopes in a `scope` claim.
pub fn scopes(scopes: &ScopeSet, claim: &str) -> bool {
    scopes.any_in(claim)
}

/// The names of the steps by which services read a path.
pub fn reading_steps() -> impl Iterator<Item = &'static str> {
    step_names()
}

/// Looks up a route by everything that names a path or a method. One step of reading a path may be
/// left out, by its name, to show what it is for.
pub fn route_key_without<'t>(
    table: &'t RouteTable,
    step: Option<&str>,
    (method, uri, headers): (&Method, &Uri, &HeaderMap),
) -> Result<Option<&'t str>, NoRoute> {
    let overrides = Overrides::of(headers, uri.query());
    Ok(table.find_without(step, method, uri.path(), &overrides)?.map(|route| route.key().as_str()))
}
