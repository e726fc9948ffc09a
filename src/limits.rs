//! Every bound on what a stranger or a key server can send, each with its unit and its source.

use std::time::Duration;

/// Longest token that is looked at, in bytes.
///
/// API Gateway takes at most 10,240 bytes of request line and headers together (REST and HTTP API
/// quotas), so no token that works there is longer.
pub const MAX_TOKEN_BYTES: usize = 10_240;

/// Longest JOSE header, in bytes of base64url text.
///
/// Cognito's is about 110: a `kid` of 44 characters and `alg`. Ours.
pub const MAX_JOSE_HEADER_BYTES: usize = 1_024;

/// Longest `kid`, in bytes. Cognito's has 44 characters. Ours.
pub const MAX_KID_BYTES: usize = 256;

/// Longest signature, in bytes: that of the largest RSA key that is accepted.
pub const MAX_SIGNATURE_BYTES: usize = MAX_RSA_MODULUS_BITS / 8;

/// Deepest nesting of arrays and objects in a JOSE header or claim set, itself included. Ours: a
/// pre token generation trigger can add nested claims, and none seen went past 5.
pub const MAX_JSON_DEPTH: usize = 32;

/// Most members of one JSON object in a token. Ours: a user pool has at most 50 custom attributes
/// (Cognito quotas) besides some thirty standard claims.
pub const MAX_JSON_MEMBERS: usize = 256;

/// Latest NumericDate that is understood: 9999-12-31T23:59:59Z. Later ones are not dates but tricks.
pub const MAX_NUMERIC_DATE: u64 = 253_402_300_799;

/// Smallest RSA modulus of a signing key, in bits (RFC 7518 §3.3).
pub const MIN_RSA_MODULUS_BITS: usize = 2_048;

/// Largest RSA modulus of a signing key, in bits: the verifier's own upper bound.
pub const MAX_RSA_MODULUS_BITS: usize = 8_192;

/// Smallest RSA public exponent (FIPS 186-5 §5.4: 2^16 < e); smaller ones make forgery of sloppy
/// padding practical.
pub const MIN_RSA_EXPONENT: u64 = 65_537;

/// Longest JWK Set document, in bytes (HTTP API quota for a JWT authorizer).
pub const MAX_JWK_SET_BYTES: usize = 150_000;

/// Most keys in one JWK Set. Ours: Cognito publishes two, four while it rotates.
pub const MAX_JWK_SET_KEYS: usize = 100;

/// Time for fetching a JWK Set, connection to last byte (HTTP API quota for a JWT authorizer).
pub const JWK_SET_FETCH_TIMEOUT: Duration = Duration::from_millis(1_500);

/// Longest time-out for fetching a JWK Set that can be set. Ours: somebody waits for it.
pub const MAX_FETCH_TIMEOUT: Duration = Duration::from_secs(30);

/// Time between two fetches that unknown key ids can cause (aws-jwt-verify waits as long).
pub const JWK_SET_COOL_DOWN: Duration = Duration::from_secs(10);

/// Most segments of a request path that the route table looks at. Ours; API Gateway's own bound is
/// on the method ARN, 1,600 bytes.
pub const MAX_PATH_SEGMENTS: usize = 128;

/// Most user pools of one authorizer (API Gateway: 1,000, not adjustable).
pub const MAX_USER_POOLS: usize = 1_000;

/// Largest leeway. Ours: more than five minutes is not clock skew (RFC 7519 §4.1.4 speaks of "a few
/// minutes").
pub const MAX_LEEWAY: Duration = Duration::from_secs(300);
