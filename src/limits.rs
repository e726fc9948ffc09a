//! Every bound on what a stranger, a key server or the writer of a definition can send, each with its unit and its source.

use std::time::Duration;

/// What the token cache may hold, in bytes, unless it is set; besides, each thread keeps a few tokens of its
/// own ([`CACHED_TOKENS_PER_THREAD`]). Ours: some nine thousand tokens of 860 bytes.
pub const TOKEN_CACHE_BYTES: u64 = 16 * 1_024 * 1_024;

/// Longest token that the token cache keeps, in bytes. Ours: an ID token with a hundred groups fits.
pub const MAX_CACHED_TOKEN_BYTES: usize = 4_096;

/// Most tokens that one thread keeps for itself. Ours: a machine client has one for an hour.
pub const CACHED_TOKENS_PER_THREAD: usize = 16;

/// The least that one token counts for in the token cache, in bytes; so it also bounds their number. Ours:
/// no token is smaller with its signature.
pub const MIN_CACHED_TOKEN_WEIGHT: u64 = 1_024;

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

/// Longest identity validation expression, in bytes. Ours: three dozen app client ids fit.
pub const MAX_AUDIENCE_PATTERN_BYTES: usize = 1_024;

/// Largest identity validation expression in its compiled form, in bytes. Ours: it bounds the time for a match.
pub const MAX_AUDIENCE_PATTERN_SIZE: usize = 65_536;

/// The same of one for the token as it was sent, which anybody can have matched, against [`MAX_TOKEN_BYTES`]. Ours: some
/// milliseconds at worst, where [`MAX_AUDIENCE_PATTERN_SIZE`] would be hundreds.
pub const MAX_TOKEN_PATTERN_SIZE: usize = 4_096;

/// Most app clients, or entries of an audience list (Cognito: 1,000 app clients of a user pool; an
/// HTTP API itself takes 50 audiences).
pub const MAX_APP_CLIENTS: usize = 1_000;

/// Longest entry of an audience list, in bytes. Ours: the identifier of a resource server has at most 256.
pub const MAX_AUDIENCE_BYTES: usize = 256;

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

/// Most fetches at a time, over all issuers of an authorizer and of authorizers that are used together; the others wait for
/// their turn, in the order in which they came. Ours: a thousand user pools have their keys within seconds, and neither
/// sockets nor the key server run out.
pub const MAX_CONCURRENT_FETCHES: usize = 32;

/// How many of them are for issuers that were never asked before, which can have any other turn too. Ours: made-up key ids
/// can keep the others busy, and a user pool's first request does not wait behind them.
pub const TURNS_OF_FIRST_FETCHES: usize = 8;

/// One fetch of an issuer's JWK Set is allowed per this time, whatever the reason for it
/// (aws-jwt-verify waits as long after a fetch that did not bring the key).
pub const JWK_SET_COOL_DOWN: Duration = Duration::from_secs(10);

/// Fetches that may follow each other at once before [`JWK_SET_COOL_DOWN`] slows them down. Ours: a
/// second try after a failure at the start, or a rotation right after the start.
pub const JWK_SET_BURST: u32 = 2;

/// Longest wait after the first failed fetch. It doubles with each failure. Ours.
pub const JWK_SET_FIRST_BACK_OFF: Duration = Duration::from_millis(250);

/// Longest wait after any failed fetch. Ours.
pub const JWK_SET_LONGEST_BACK_OFF: Duration = Duration::from_secs(30);

/// Age from which keys are fetched anew when they are used, if the server does not say (the JWT
/// authorizer of a REST API keeps keys for about an hour).
pub const JWK_SET_SOFT_AGE: Duration = Duration::from_secs(3_600);

/// Shortest soft age that a server can ask for by `Cache-Control`. Ours.
pub const MIN_JWK_SET_SOFT_AGE: Duration = Duration::from_secs(300);

/// Longest soft age that a server can ask for by `Cache-Control` (HTTP API: keys are cached for two
/// hours).
pub const MAX_JWK_SET_SOFT_AGE: Duration = Duration::from_secs(7_200);

/// Age from which keys are not trusted any more, if they could not be fetched anew. Ours: Cognito
/// rarely rotates, and an outage of a day is a long one. Time during which the machine is suspended
/// does not count on every system.
pub const JWK_SET_HARD_AGE: Duration = Duration::from_secs(86_400);

/// Time for a look at the last known good file, which somebody waits for. Ours: a disk answers in
/// milliseconds, or not at all.
pub const LAST_KNOWN_GOOD_TIMEOUT: Duration = Duration::from_secs(1);

/// Most requests that wait for the keys of one issuer at a time; more are refused at once. Ours.
pub const MAX_WAITING_REQUESTS: usize = 20_000;

/// Longest `ETag` that is kept, in bytes. Ours.
pub const MAX_ETAG_BYTES: usize = 256;

/// Most segments of a request path that the route table looks at. Ours; API Gateway's own bound is
/// on the method ARN, 1,600 bytes.
pub const MAX_PATH_SEGMENTS: usize = 128;

/// Longest request path that the route table looks at, in bytes. API Gateway takes at most 10,240
/// bytes of request line and headers together, so no path that works there is longer.
pub const MAX_PATH_BYTES: usize = 10_240;

/// Most readings of one path that are looked up. Ours: an honest path has a handful.
pub const MAX_PATH_READINGS: usize = 32;

/// Most bytes of all readings of one path together, where it has more than one. Ours: it bounds the time that one hostile path
/// can take to that of one hostile token (`cargo bench --bench routes`).
pub const MAX_PATH_READING_BYTES: usize = 6_144;

/// Most texts that are read as a method besides that of the request line, in headers and parameters that override it. Ours: an
/// honest request has one.
pub const MAX_METHOD_OVERRIDES: usize = 8;

/// Longest header or parameter that overrides a method or a path, in bytes. Ours.
pub const MAX_OVERRIDE_BYTES: usize = 4_096;

/// Most parameters of a query that are looked at for a method. Ours; PHP and Node's `qs` read as many.
pub const MAX_OVERRIDE_PARAMETERS: usize = 1_000;

/// Most steps in which routes are compared with each other when a table is built; routes that are not reached are compared for
/// each request instead. Ours: some 50 ms.
pub const MAX_CONFLICT_STEPS: usize = 500_000;

/// Longest stage or base path of a route table, in bytes. API Gateway: 128 for a stage, 300 for a base
/// path mapping.
pub const MAX_STAGE_BYTES: usize = 300;

/// Most user pools of one authorizer (API Gateway: 1,000, not adjustable).
pub const MAX_USER_POOLS: usize = 1_000;

/// Most authorizers of one configuration. Ours (API Gateway: 10 of one API).
pub const MAX_AUTHORIZERS: usize = 100;

/// Most scopes of one route of a definition or configuration. Ours (HTTP API: 10).
pub const MAX_SCOPES: usize = 100;

/// Longest name of an authorizer or user pool in a configuration, in bytes. Ours (API Gateway: 128 characters).
pub const MAX_NAME_BYTES: usize = 128;

/// Most names in a `Connection` or `Trailer` header that are compared with those of claim headers; a longer list is removed
/// unread. Ours.
pub const MAX_LISTED_HEADERS: usize = 100;

/// Most claim headers of one authorizer of a configuration. Ours.
pub const MAX_CLAIM_HEADERS: usize = 100;

/// Largest configuration in TOML, in bytes. Ours: some 15,000 routes, more than somebody writes.
pub const MAX_TOML_BYTES: usize = 1_024 * 1_024;

/// Largest leeway. Ours: more than five minutes is not clock skew (RFC 7519 §4.1.4 speaks of "a few
/// minutes").
pub const MAX_LEEWAY: Duration = Duration::from_secs(300);

/// Largest OpenAPI definition, in bytes (API Gateway quotas: 6 MB).
pub const MAX_DEFINITION_BYTES: usize = 6 * 1_024 * 1_024;

/// Deepest nesting of an OpenAPI definition. Ours: schemas, which nest most, were not seen past 30.
pub const MAX_DEFINITION_DEPTH: usize = 64;

/// Most values of an OpenAPI definition, an alias counted as what it stands for, and sixteen bytes of text as one more.
/// Ours: one of 2,000 operations has some 90,000.
pub const MAX_DEFINITION_NODES: usize = 1_000_000;

/// Most references that are followed in one OpenAPI definition. Ours: one for each of 2,000 paths.
pub const MAX_REFERENCES: usize = 2_000;

/// Most references that lead from one to the next. Ours: whoever goes round in a circle gets nowhere.
pub const MAX_REFERENCE_CHAIN: usize = 16;

/// Most steps that the functions of a template take in all: one for each value that is looked at, and one more for every
/// sixteen bytes of text. Ours: twice what the largest document has.
pub const MAX_FUNCTION_STEPS: usize = 2_000_000;

/// Deepest nesting of what the functions of a template come to, and of what that refers to. Ours: a document is nested at
/// most 64 deep.
pub const MAX_FUNCTION_DEPTH: usize = 100;

/// Most members that are passed on the way to what references name. Ours: `MAX_REFERENCES` into a map
/// of 25,000.
pub const MAX_REFERENCE_STEPS: usize = 50_000_000;

/// Most steps in which the routes of a table are compared with each other. Ours: a second or so, which is 10,000 routes.
pub const MAX_COMPARISONS: usize = 50_000_000;

/// Most problems, notes or oddities of one kind that are told of one document. Ours: whoever has a thousand things to mend
/// has more to do than to read on.
pub const MAX_FINDINGS: usize = 1_000;

/// Most characters of a word in a configuration that is compared with those that are known. Ours: none of them is longer.
pub const MAX_WORD_CHARACTERS: usize = 64;
