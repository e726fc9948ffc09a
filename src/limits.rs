//! The limits on input from clients, key servers and authors of definitions, each with its unit and source.
//!
//! "Ours" marks a limit that this crate chose.

use std::time::Duration;

/// Default size of the token cache, in bytes; each thread also caches a few tokens ([`CACHED_TOKENS_PER_THREAD`]). Ours: about
/// nine thousand tokens of 860 bytes.
pub const TOKEN_CACHE_BYTES: u64 = 16 * 1_024 * 1_024;

/// Longest token that is cached, in bytes. Ours: an ID token with a hundred groups fits.
pub const MAX_CACHED_TOKEN_BYTES: usize = 4_096;

/// Most tokens that one thread caches. Ours: a machine client uses one token for an hour.
pub const CACHED_TOKENS_PER_THREAD: usize = 16;

/// Smallest size that a token counts for in the token cache, in bytes, which also limits the number of tokens. Ours: no token
/// with its signature is smaller.
pub const MIN_CACHED_TOKEN_WEIGHT: u64 = 1_024;

/// Longest accepted token, in bytes.
///
/// API Gateway accepts at most 10,240 bytes of request line and headers together (REST and HTTP API quotas), so no longer token
/// works there.
pub const MAX_TOKEN_BYTES: usize = 10_240;

/// Longest JOSE header, in bytes of base64url text.
///
/// Ours: Cognito's has about 110, for a `kid` of 44 characters and `alg`.
pub const MAX_JOSE_HEADER_BYTES: usize = 1_024;

/// Longest `kid`, in bytes. Ours: Cognito's has 44 characters.
pub const MAX_KID_BYTES: usize = 256;

/// Longest identity validation expression, in bytes. Ours: three dozen app client ids fit.
pub const MAX_AUDIENCE_PATTERN_BYTES: usize = 1_024;

/// Largest compiled identity validation expression, in bytes. Ours: it limits the time for a match.
pub const MAX_AUDIENCE_PATTERN_SIZE: usize = 65_536;

/// Largest compiled identity validation expression for the raw token, in bytes. Any client can have it matched against
/// [`MAX_TOKEN_BYTES`]. Ours: a few milliseconds at worst; with [`MAX_AUDIENCE_PATTERN_SIZE`] it would be hundreds.
pub const MAX_TOKEN_PATTERN_SIZE: usize = 4_096;

/// Most app clients, or entries of an audience list (Cognito: 1,000 app clients per user pool; an HTTP API accepts only 50
/// audiences).
pub const MAX_APP_CLIENTS: usize = 1_000;

/// Longest entry of an audience list, in bytes. Ours: the identifier of a resource server has at most 256.
pub const MAX_AUDIENCE_BYTES: usize = 256;

/// Longest signature, in bytes: that of the largest accepted RSA key.
pub const MAX_SIGNATURE_BYTES: usize = MAX_RSA_MODULUS_BITS / 8;

/// Deepest nesting of arrays and objects in a JOSE header or claim set, including the outer object. Ours: a pre token
/// generation trigger can add nested claims, and none seen was deeper than 5.
pub const MAX_JSON_DEPTH: usize = 32;

/// Most members of one JSON object in a token. Ours: a user pool has at most 50 custom attributes (Cognito quotas) and about
/// thirty standard claims.
pub const MAX_JSON_MEMBERS: usize = 256;

/// Latest accepted NumericDate: 9999-12-31T23:59:59Z. A later one is not a real date.
pub const MAX_NUMERIC_DATE: u64 = 253_402_300_799;

/// Smallest RSA modulus of a signing key, in bits (RFC 7518 §3.3).
pub const MIN_RSA_MODULUS_BITS: usize = 2_048;

/// Largest RSA modulus of a signing key, in bits: the verifier's own upper bound.
pub const MAX_RSA_MODULUS_BITS: usize = 8_192;

/// Smallest RSA public exponent (FIPS 186-5 §5.4: 2^16 < e). With a smaller one, signatures can be forged if the padding check
/// is sloppy.
pub const MIN_RSA_EXPONENT: u64 = 65_537;

/// Longest JWK Set document, in bytes (HTTP API quota for a JWT authorizer).
pub const MAX_JWK_SET_BYTES: usize = 150_000;

/// Most keys in one JWK Set. Ours: Cognito publishes two, and four during a rotation.
pub const MAX_JWK_SET_KEYS: usize = 100;

/// Default time-out for fetching a JWK Set, from connection to last byte (HTTP API quota for a JWT authorizer).
pub const JWK_SET_FETCH_TIMEOUT: Duration = Duration::from_millis(1_500);

/// Longest time-out that can be configured for fetching a JWK Set. Ours: requests wait for the fetch.
pub const MAX_FETCH_TIMEOUT: Duration = Duration::from_secs(30);

/// Most fetches at the same time, over all issuers of an authorizer and of authorizers that are used together. The others wait
/// in order of arrival. Ours: a thousand user pools get their keys within seconds, and neither sockets nor the key server are
/// exhausted.
pub const MAX_CONCURRENT_FETCHES: usize = 32;

/// How many of the concurrent fetches are reserved for an issuer's first fetch, which can also use the others. Ours: forged key
/// ids can occupy the others, and a user pool's first request must not wait behind them.
pub const TURNS_OF_FIRST_FETCHES: usize = 8;

/// Time per allowed fetch of an issuer's JWK Set, for any reason (aws-jwt-verify waits as long after a fetch that did not
/// return the key).
pub const JWK_SET_COOL_DOWN: Duration = Duration::from_secs(10);

/// Most consecutive fetches before [`JWK_SET_COOL_DOWN`] limits them. Ours: a retry after a failure at startup, or a rotation
/// right after startup.
pub const JWK_SET_BURST: u32 = 2;

/// Longest wait after the first failed fetch, doubled with each failure. Ours.
pub const JWK_SET_FIRST_BACK_OFF: Duration = Duration::from_millis(250);

/// Longest wait after any failed fetch. Ours.
pub const JWK_SET_LONGEST_BACK_OFF: Duration = Duration::from_secs(30);

/// Age at which keys are fetched again on use, if the server does not set one (the JWT authorizer of a REST API caches keys for
/// about an hour).
pub const JWK_SET_SOFT_AGE: Duration = Duration::from_secs(3_600);

/// Shortest soft age that a server can set with `Cache-Control`. Ours.
pub const MIN_JWK_SET_SOFT_AGE: Duration = Duration::from_secs(300);

/// Longest soft age that a server can set with `Cache-Control` (an HTTP API caches keys for two hours).
pub const MAX_JWK_SET_SOFT_AGE: Duration = Duration::from_secs(7_200);

/// Age at which keys that could not be fetched again are no longer trusted. Ours: Cognito rarely rotates, and a day is a long
/// outage. On some systems the time during which the machine is suspended does not count.
pub const JWK_SET_HARD_AGE: Duration = Duration::from_secs(86_400);

/// Time-out for reading the last known good file, because requests wait for it. Ours: a disk responds within milliseconds or
/// not at all.
pub const LAST_KNOWN_GOOD_TIMEOUT: Duration = Duration::from_secs(1);

/// Most requests that wait for the keys of one issuer at the same time; further ones are rejected at once. Ours.
pub const MAX_WAITING_REQUESTS: usize = 20_000;

/// Longest stored `ETag`, in bytes. Ours.
pub const MAX_ETAG_BYTES: usize = 256;

/// Most segments of a request path that the route table accepts. Ours; API Gateway limits only the method ARN, to 1,600 bytes.
pub const MAX_PATH_SEGMENTS: usize = 128;

/// Longest request path that the route table accepts, in bytes. API Gateway accepts at most 10,240 bytes of request line and
/// headers together, so no longer path works there.
pub const MAX_PATH_BYTES: usize = 10_240;

/// Most readings of one path that are matched. Ours: a normal path has a few.
pub const MAX_PATH_READINGS: usize = 32;

/// Most bytes of all readings of one path together, if it has more than one. Ours: a hostile path then takes no more time than
/// a hostile token (`cargo bench --bench routes`).
pub const MAX_PATH_READING_BYTES: usize = 6_144;

/// Most values that are read as a method besides the request line's, from headers and parameters that override it. Ours: a
/// normal request has one.
pub const MAX_METHOD_OVERRIDES: usize = 8;

/// Longest header or parameter that overrides a method or a path, in bytes. Ours.
pub const MAX_OVERRIDE_BYTES: usize = 4_096;

/// Most query parameters that are searched for a method. Ours; PHP and Node's `qs` read as many.
pub const MAX_OVERRIDE_PARAMETERS: usize = 1_000;

/// Most steps for comparing routes with each other when a table is built. Routes that remain are compared for each request
/// instead. Ours: about 50 ms.
pub const MAX_CONFLICT_STEPS: usize = 500_000;

/// Longest stage or base path of a route table, in bytes (API Gateway: 128 for a stage, 300 for a base path mapping).
pub const MAX_STAGE_BYTES: usize = 300;

/// Most user pools of one authorizer (API Gateway: 1,000, not adjustable).
pub const MAX_USER_POOLS: usize = 1_000;

/// Most authorizers of one configuration. Ours (API Gateway: 10 per API).
pub const MAX_AUTHORIZERS: usize = 100;

/// Most scopes of one route of a definition or configuration. Ours (HTTP API: 10).
pub const MAX_SCOPES: usize = 100;

/// Longest name of an authorizer or user pool in a configuration, in bytes. Ours (API Gateway: 128 characters).
pub const MAX_NAME_BYTES: usize = 128;

/// Most names in a `Connection` or `Trailer` header that are compared with claim headers; a longer list is removed unread.
/// Ours.
pub const MAX_LISTED_HEADERS: usize = 100;

/// Most claim headers of one authorizer of a configuration. Ours.
pub const MAX_CLAIM_HEADERS: usize = 100;

/// Largest TOML configuration, in bytes. Ours: about 15,000 routes, more than is written by hand.
pub const MAX_TOML_BYTES: usize = 1_024 * 1_024;

/// Largest leeway. Ours: more than five minutes is not clock skew (RFC 7519 §4.1.4: "a few minutes").
pub const MAX_LEEWAY: Duration = Duration::from_secs(300);

/// Largest OpenAPI definition, in bytes (API Gateway quotas: 6 MB).
pub const MAX_DEFINITION_BYTES: usize = 6 * 1_024 * 1_024;

/// Deepest nesting of an OpenAPI definition. Ours: schemas nest deepest, and none seen was deeper than 30.
pub const MAX_DEFINITION_DEPTH: usize = 64;

/// Most values of an OpenAPI definition. An alias counts as its expansion, and sixteen bytes of text count as one more value.
/// Ours: a definition with 2,000 operations has about 90,000.
pub const MAX_DEFINITION_NODES: usize = 1_000_000;

/// Most references that are resolved in one OpenAPI definition. Ours: one for each of 2,000 paths.
pub const MAX_REFERENCES: usize = 2_000;

/// Longest chain of references. Ours: a longer one is probably a cycle.
pub const MAX_REFERENCE_CHAIN: usize = 16;

/// Most bytes of all files of an app. Ours: CloudFormation's largest template has 1 MB, and the largest apps seen have
/// less than 10 MB.
pub const MAX_APP_BYTES: u64 = 24 * 1_000_000;

/// Most values of all templates of an app, counted as in one definition. Ours: twice those of the largest definition.
pub const MAX_APP_NODES: usize = 2_000_000;

/// Most stacks of an app, nested stacks included. Ours.
pub const MAX_APP_STACKS: usize = 500;

/// Most steps for all functions of a template: one for each value that is read, and one more for every sixteen bytes of text.
/// Ours: twice the size of the largest document.
pub const MAX_FUNCTION_STEPS: usize = 2_000_000;

/// Deepest nesting of the result of a template's functions, including the values that it refers to. Ours: a document is at most
/// 64 deep.
pub const MAX_FUNCTION_DEPTH: usize = 100;

/// Most members that are searched to resolve references. Ours: `MAX_REFERENCES` into a map of 25,000.
pub const MAX_REFERENCE_STEPS: usize = 50_000_000;

/// Most steps for comparing the routes of a table with each other in the linter. Ours: about a second, for 10,000 routes.
pub const MAX_COMPARISONS: usize = 50_000_000;

/// Most problems, notes or lint warnings of one kind that are reported for one document. Ours: a longer list does not help to
/// fix it.
pub const MAX_FINDINGS: usize = 1_000;

/// Most headers, and most further origins, of a mock response. Ours: SAM and the CDK write three.
pub const MAX_MOCK_PARTS: usize = 100;

/// Most origins, methods or headers in a CORS configuration. Ours: API Gateway's own limit is not published.
pub const MAX_CORS_ENTRIES: usize = 1_000;

/// Longest word in a configuration that is compared with the known words, in characters. Ours: no known word is longer.
pub const MAX_WORD_CHARACTERS: usize = 64;

/// Most open connections of proxies to a server. Ours: a proxy keeps a few for each of its workers.
pub const MAX_SERVE_CONNECTIONS: usize = 4_096;

/// Most open connections of one address to a server, unless its proxies are trusted. Ours: browsers open six.
pub const MAX_SERVE_CONNECTIONS_OF_ADDRESS: usize = 256;

/// Longest time that a connection to a server is open without a request. Ours: longer than proxies keep them.
pub const SERVE_IDLE_TIMEOUT: Duration = Duration::from_secs(90);

/// Longest time in which a peer of a server takes nothing of what is sent to it. Ours.
pub const SERVE_WRITE_TIMEOUT: Duration = Duration::from_secs(60);

/// Longest time in which neither end of a WebSocket sends anything. That of WebSocket APIs of API Gateway.
pub const SERVE_TUNNEL_TIMEOUT: Duration = Duration::from_secs(600);

/// Most requests under way on one HTTP/2 connection to a server. Ours: what RFC 9113 §6.5.2 recommends at least.
pub const MAX_SERVE_STREAMS: u32 = 100;

/// How often a server asks whether an HTTP/2 connection is still alive. Ours: clients that are gone do not hold a place long.
pub const SERVE_PING_PERIOD: Duration = Duration::from_secs(20);

/// Largest question of Envoy over gRPC, in bytes. Ours: four times the largest head, for names and numbers of the fields.
pub const MAX_CHECK_REQUEST_BYTES: usize = 262_144;

/// Largest PEM file, in bytes. Ours: a chain of certificates is a few thousand.
pub const MAX_PEM_BYTES: usize = 1_000_000;

/// Largest body of a request that the reverse proxy takes, in bytes, unless another limit is set. API Gateway's payload
/// quota.
pub const MAX_SERVE_BODY_BYTES: u64 = 10_485_760;

/// Longest time that the reverse proxy waits for the head of the service's response, unless another limit is set. API
/// Gateway's longest integration time-out of HTTP APIs.
pub const UPSTREAM_TIMEOUT: Duration = Duration::from_secs(30);

/// Longest time in which the reverse proxy connects to the service. Ours: the service is near.
pub const UPSTREAM_CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// Largest head of a question, in bytes. Ours: four times the longest head that API Gateway takes, for what proxies add.
pub const MAX_SERVE_HEAD_BYTES: usize = 65_536;

/// Longest time to receive the head of a question. Ours: proxies are near.
pub const SERVE_HEAD_TIMEOUT: Duration = Duration::from_secs(10);

/// Longest time to answer a question, and to wait for the answers under way at the end. Ours: longer than a request waits
/// for keys.
pub const SERVE_TIMEOUT: Duration = Duration::from_secs(10);
