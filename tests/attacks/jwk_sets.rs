//! Section 6 of the attack list: JWK Sets.

use std::{fs, io::Write, os::unix::fs::PermissionsExt, path::PathBuf, time::Duration};

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use cognito_authorizer::{
    Authorizer, RejectionKind as No, UserPool,
    keys::{JwkSet, KeyState},
    limits,
};
use flate2::{Compression, write::GzEncoder};
use serde_json::{Value, json};
use tracing_subscriber::filter::LevelFilter;

use crate::{
    rows::builder,
    support::{
        counting,
        keys::{self, Answer, ScriptedKeys},
        log::Log,
        metrics::Metrics,
        requests::{ask, is_refused, reason, scoped},
        server::{Behaviour, Server, publishes, says},
        soon,
        tokens::*,
    },
};

fn published(keys: &[&Key]) -> Answer {
    Answer::Document(jwk_set(keys.iter().copied()))
}

fn gzip(text: &str) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(text.as_bytes()).unwrap();
    encoder.finish().unwrap()
}

/// A token with this key id, and the rest of a good one. Its signature does not hold.
fn with_kid(kid: &str, good: &str) -> String {
    let header = json!({"alg": "RS256", "kid": kid}).to_string();
    format!("{}.{}", URL_SAFE_NO_PAD.encode(header), good.split_once('.').unwrap().1)
}

/// A twentieth of the number of `tests/key_flood.rs`.
#[tokio::test]
async fn t_jwk_1_random_kids_cost_little() {
    let (source, clock) = (ScriptedKeys::new(), keys::clock());
    let layer = scoped(&builder(&source).clock(clock.clone()).build().unwrap());
    let good = Token::access().sign();
    assert_eq!(reason(&layer, &good).await, None);
    let flood = async |from: u32| {
        for number in from..from + 10_000 {
            assert!(
                is_refused(&layer, &with_kid(&format!("{:016x}", number.wrapping_mul(2_654_435_761)), &good)).await
            );
            if number % 2_000 == 0 {
                assert_eq!(reason(&layer, &good).await, None, "good tokens pass all the while");
            }
        }
    };
    flood(0).await;
    clock.advance(limits::JWK_SET_COOL_DOWN.as_secs());
    let before = counting::held();
    flood(10_000).await;
    assert!(counting::held() - before < 16 * 1_024, "{} bytes are left of them", counting::held() - before);
    assert_eq!(source.fetches(), 3, "the first, the rest of the burst, one after a cool-down");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn t_jwk_2_a_herd_at_a_cold_start_is_one_fetch() {
    let (source, clock) = (ScriptedKeys::new(), keys::clock());
    let layer = scoped(&builder(&source).clock(clock).fetch_timeout(Duration::from_secs(20)).build().unwrap());
    let (good, forged) = (Token::access().sign(), Token::access().by(&OTHER_POOL_KEY).sign());
    source.hold();
    let herd: Vec<_> = (0..10_000).map(|number| ask(&layer, if number % 100 == 7 { &forged } else { &good })).collect();
    soon(|| source.fetches() > 0).await;
    source.release();
    for (number, answer) in herd.into_iter().enumerate() {
        let answer = tokio::time::timeout(Duration::from_secs(20), answer).await.expect("all are answered").unwrap();
        assert_eq!(answer, (number % 100 == 7).then_some(No::InvalidSignature), "{number}");
    }
    assert_eq!(source.fetches(), 1);
}

/// More behaviours, and the memory that they take, are in `tests/key_flood.rs`.
#[tokio::test]
async fn t_jwk_3_whatever_the_server_says_the_keys_stay() {
    let (server, clock) = (Server::start(publishes(&[&ID_KEY, &ACCESS_KEY])).await, keys::clock());
    let elsewhere = Server::start(publishes(&[&NEXT_KEY])).await;
    let authorizer = server.authorizer(&clock);
    let layer = scoped(&authorizer);
    let lasting = Token::access().with("exp", EXPIRES_AT + 100_000);
    let (good, unknown) = (lasting.sign(), lasting.by(&NEXT_KEY).sign());
    assert_eq!(reason(&layer, &good).await, None);
    let next = jwk_set([&*NEXT_KEY]);
    let many = json!({"keys": vec![NEXT_KEY.jwk(); limits::MAX_JWK_SET_KEYS + 1]}).to_string();
    for (behaviour, why) in [
        (says("500 Internal Server Error", "", next.as_bytes()), "500"),
        (says("403 Forbidden", "", next.as_bytes()), "403"),
        (says("206 Partial Content", "", next.as_bytes()), "206"),
        (says("302 Found", &format!("location: {}\r\n", elsewhere.jwks_uri), b""), "a redirect"),
        (
            says("302 Found", "location: http://169.254.169.254/latest/meta-data/\r\n", b""),
            "a redirect to the metadata",
        ),
        (says("200 OK", "", b"<html></html>"), "HTML"),
        (says("200 OK", "content-encoding: gzip\r\n", &gzip(&next)), "compressed, which was not asked for"),
        (says("200 OK", "", br#"{"keys":[]}"#), "no keys"),
        (says("200 OK", "", format!("{}{next}", " ".repeat(limits::MAX_JWK_SET_BYTES)).as_bytes()), "too long"),
        (says("200 OK", "", many.as_bytes()), "too many keys"),
        (Behaviour::Says(format!("HTTP/1.1 200 OK\r\ncontent-length: 9999\r\n\r\n{next}").into_bytes()), "half a body"),
        (Behaviour::Trickles, "a byte a second"),
        (Behaviour::Floods, "a gigabyte"),
        (Behaviour::HangsUp, "a connection that is closed at once"),
    ] {
        server.becomes(behaviour);
        clock.advance(40);
        let fetches = server.fetches();
        let answer = tokio::time::timeout(Duration::from_secs(3), reason(&layer, &unknown)).await;
        assert_eq!(answer.expect("the wait is bounded"), Some(No::UnknownKey), "{why}");
        // A connection that breaks before an answer is tried once more.
        let connections = if why == "a connection that is closed at once" { 2 } else { 1 };
        assert_eq!((server.fetches(), elsewhere.fetches()), (fetches + connections, 0), "{why}");
        assert_eq!((reason(&layer, &good).await, authorizer.is_ready()), (None, true), "{why}");
    }
    server.becomes(publishes(&[&NEXT_KEY]));
    clock.advance(40);
    assert_eq!(reason(&layer, &unknown).await, None, "and it recovers");
    // Servers that cannot be talked to at all: no TLS, and no address.
    let of = |jwks_uri: &str| {
        let pool = POOL_ID.parse::<UserPool>().unwrap().with_issuer(ISSUER).with_jwks_uri(jwks_uri);
        let builder = Authorizer::builder().user_pool(pool).clock(clock.clone());
        scoped(&builder.fetch_timeout(Duration::from_millis(500)).build().unwrap())
    };
    // A label of more than 63 octets is no name (RFC 1035 §2.3.4), so nobody is asked for it.
    let nameless = format!("https://{}.invalid/jwks.json", "a".repeat(64));
    for jwks_uri in [server.jwks_uri.replace("http://", "https://"), nameless] {
        let answer = tokio::time::timeout(Duration::from_secs(3), reason(&of(&jwks_uri), &unknown)).await;
        assert_eq!(answer.expect("the wait is bounded"), Some(No::KeysUnavailable), "{jwks_uri}");
    }
    // A key source of somebody's own has no bound of its own.
    let source = ScriptedKeys::new();
    source.set(ISSUER, Answer::Document(format!("{}{next}", " ".repeat(limits::MAX_JWK_SET_BYTES))));
    assert_eq!(reason(&scoped(&builder(&source).build().unwrap()), &unknown).await, Some(No::KeysUnavailable));
}

#[tokio::test]
async fn t_jwk_4_each_key_is_judged_by_itself() {
    let with = |name: &str, value: Value| {
        let mut jwk = ACCESS_KEY.jwk();
        jwk[name] = value;
        jwk
    };
    let without = |name: &str| {
        let mut jwk = ACCESS_KEY.jwk();
        jwk.as_object_mut().unwrap().remove(name);
        jwk
    };
    let mut namesake = OTHER_POOL_KEY.jwk();
    namesake["kid"] = ACCESS_KEY.kid.into();
    let passes = None;
    let dropped = Some(No::UnknownKey);
    for (keys, expected, why) in [
        (vec![ACCESS_KEY.jwk()], passes, "as Cognito publishes it"),
        (vec![json!({}), ACCESS_KEY.jwk()], passes, "beside one that is none"),
        (vec![json!("x"), json!(null), json!([1]), ACCESS_KEY.jwk()], passes, "beside what is no object"),
        (
            vec![json!({"kty": "OKP", "crv": "Ed25519", "x": "AA", "kid": "x"}), ACCESS_KEY.jwk()],
            passes,
            "beside another kind",
        ),
        (vec![json!({"kty": "future", "kid": "x"}), ACCESS_KEY.jwk()], passes, "beside an unknown kind"),
        (vec![ACCESS_KEY.jwk(), ACCESS_KEY.jwk()], passes, "twice the same"),
        (vec![without("alg")], passes, "no alg"),
        (vec![without("use")], passes, "no use"),
        (vec![with("key_ops", json!(["verify"]))], passes, "for verifying"),
        (vec![ACCESS_KEY.jwk(), namesake.clone()], dropped, "two keys of one name: neither"),
        (vec![namesake, ACCESS_KEY.jwk()], dropped, "the other way round"),
        (vec![ACCESS_KEY.jwk(), with("alg", json!("RS512"))], dropped, "one key for two algorithms: for neither"),
        (vec![with("use", json!("enc"))], dropped, "for encrypting"),
        (vec![with("key_ops", json!(["encrypt", "wrapKey"]))], dropped, "not for verifying"),
        (vec![with("alg", json!("RS1"))], dropped, "an unknown algorithm"),
        (vec![with("alg", json!("RSA-OAEP"))], dropped, "an algorithm for encrypting"),
        (vec![with("kty", json!("oct"))], dropped, "another kind"),
        (vec![without("kid")], dropped, "no kid"),
        (vec![with("kid", json!("k".repeat(limits::MAX_KID_BYTES + 1)))], dropped, "a kid that is too long"),
        (vec![without("n")], dropped, "no n"),
        (vec![with("n", json!("!!!"))], dropped, "n is not base64url"),
        (vec![with("n", json!(7))], dropped, "n is a number"),
    ] {
        let source = ScriptedKeys::new();
        let keys: Vec<Value> = keys.into_iter().chain([ID_KEY.jwk()]).collect();
        source.set(ISSUER, Answer::Document(json!({ "keys": keys }).to_string()));
        let authorizer = builder(&source).build().unwrap();
        assert_eq!(reason(&scoped(&authorizer), &Token::access().sign()).await, expected, "{why}");
        assert_eq!(reason(&authorizer.layer(), &Token::id().sign()).await, None, "the good one beside it: {why}");
    }
    assert!(JwkSet::parse(br#"{"keys":{}}"#).is_err() && JwkSet::parse(br#"{"keys":[],"keys":[]}"#).is_err());
}

#[tokio::test]
async fn t_jwk_5_a_key_that_was_withdrawn_opens_nothing() {
    for cache in [0, limits::TOKEN_CACHE_BYTES] {
        let (source, clock) = (ScriptedKeys::new(), keys::clock());
        let authorizer = builder(&source).clock(clock.clone()).token_cache_bytes(cache).build().unwrap();
        let layer = scoped(&authorizer);
        let lasting = Token::access().with("exp", EXPIRES_AT + 100_000);
        let (old, new) = (lasting.sign(), lasting.clone().by(&NEXT_KEY).sign());
        for _ in 0..4 {
            assert_eq!(reason(&layer, &old).await, None);
        }
        source.set(ISSUER, published(&[&ID_KEY, &NEXT_KEY]));
        clock.advance(10);
        assert_eq!(reason(&layer, &new).await, None, "a token that names the new key has it fetched");
        assert_eq!(reason(&layer, &old).await, Some(No::UnknownKey), "and so the old one is gone");
        // Without such a token: at the first use after the soft age.
        source.set(ISSUER, published(&[&ID_KEY]));
        clock.advance(limits::JWK_SET_SOFT_AGE.as_secs());
        let fetches = source.fetches();
        let _ = reason(&layer, &new).await;
        soon(|| source.fetches() > fetches && authorizer.key_status().iter().any(|status| status.generation == 3))
            .await;
        assert_eq!(reason(&layer, &new).await, Some(No::UnknownKey));
    }
}

const KIDS: [&str; 14] = [
    "../../admin",
    "..%2f..%2f",
    "x?y=z",
    "x#y",
    "a\r\nx-injected: b",
    "a\nb",
    "\0",
    "'; DROP TABLE keys; --",
    "${jndi:ldap://x/y}",
    "{{7*7}}",
    "https://evil.example/jwks.json",
    "/etc/passwd",
    "canary-kid \u{1b}[31m",
    "канарейка",
];

#[test]
fn t_jwk_6_a_kid_is_compared_and_nothing_else() {
    let (log, metrics) = (Log::default(), Metrics::default());
    let _guard = log.capture(LevelFilter::TRACE);
    metrics::with_local_recorder(&metrics, || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let (server, clock) = (Server::start(publishes(&[&ID_KEY, &ACCESS_KEY])).await, keys::clock());
            let layer = scoped(&server.authorizer(&clock));
            let good = Token::access().sign();
            assert_eq!(reason(&layer, &good).await, None);
            for kid in KIDS {
                clock.advance(10);
                let fetches = server.fetches();
                assert_eq!(
                    reason(&layer, &Token::access().with_header("kid", kid).sign()).await,
                    Some(No::UnknownKey),
                    "{kid}"
                );
                assert_eq!(server.fetches(), fetches + 1, "{kid}: it could be a new key");
                let asked = server.request.lock().unwrap().clone();
                assert!(asked.starts_with("GET /jwks.json HTTP/1.1\r\n") && !asked.contains(kid), "{asked}");
            }
            // One that is no key's is not even looked for.
            clock.advance(10);
            let fetches = server.fetches();
            for (kid, expected) in [
                (String::new(), No::UnknownKey),
                ("k".repeat(limits::MAX_KID_BYTES + 1), No::UnknownKey),
                ("k".repeat(1_000), No::MalformedHeader),
                ("k".repeat(1_000_000), No::TokenTooLong),
            ] {
                assert_eq!(reason(&layer, &with_kid(&kid, &good)).await, Some(expected), "{} bytes", kid.len());
            }
            assert_eq!(server.fetches(), fetches);
            // Nor is a name that begins like one.
            for kid in [
                &ACCESS_KEY.kid[1..],
                &ACCESS_KEY.kid[..20],
                &format!("{}x", ACCESS_KEY.kid),
                &ACCESS_KEY.kid.to_lowercase(),
            ] {
                clock.advance(10);
                assert_eq!(
                    reason(&layer, &Token::access().with_header("kid", kid).sign()).await,
                    Some(No::UnknownKey),
                    "{kid}"
                );
            }
        });
    });
    let (log, labels) = (log.text(), format!("{:?}", metrics.told()));
    for kid in KIDS {
        assert!(kid == "\0" || !log.contains(kid), "{kid} was logged");
        assert!(!labels.contains(kid), "{kid} is a label");
    }
    assert!(log.contains("keys fetched") && labels.contains("fetches_total"));
}

#[tokio::test]
async fn t_jwk_7_keys_that_are_too_old_are_not_trusted() {
    for cache in [0, limits::TOKEN_CACHE_BYTES] {
        let (source, clock) = (ScriptedKeys::new(), keys::clock());
        let authorizer = builder(&source).clock(clock.clone()).token_cache_bytes(cache).build().unwrap();
        let layer = scoped(&authorizer);
        let token = Token::access().with("exp", NOW + 1_000_000).sign();
        for _ in 0..3 {
            assert_eq!(reason(&layer, &token).await, None);
        }
        source.set(ISSUER, Answer::Failure);
        clock.advance(limits::JWK_SET_HARD_AGE.as_secs() - 1);
        assert_eq!((reason(&layer, &token).await, authorizer.is_ready()), (None, true));
        clock.advance(1);
        assert_eq!((reason(&layer, &token).await, authorizer.is_ready()), (Some(No::KeysUnavailable), false));
        source.set(ISSUER, published(&[&ACCESS_KEY]));
        clock.advance(limits::JWK_SET_LONGEST_BACK_OFF.as_secs());
        soon(|| authorizer.is_ready()).await;
        assert_eq!(reason(&layer, &token).await, None, "it recovers alone");
    }
}

/// More ways to spoil the file are in `tests/key_sources/sources.rs`.
#[tokio::test]
async fn t_jwk_8_a_last_known_good_file_is_trusted_only_if_it_is_ours() {
    let directory = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("attacks-keys-{}", std::process::id()));
    let _ = fs::remove_dir_all(&directory);
    fs::create_dir_all(&directory).unwrap();
    fs::set_permissions(&directory, fs::Permissions::from_mode(0o700)).unwrap();
    let start = |answer: Option<Answer>| {
        let source = ScriptedKeys::new();
        if let Some(answer) = answer {
            source.set(ISSUER, answer);
        }
        builder(&source).last_known_good_directory(&directory).build().unwrap()
    };
    let first = start(None);
    first.hydrate().await.unwrap();
    let find = || {
        let files = fs::read_dir(&directory).unwrap().map(|entry| entry.unwrap().path());
        files.into_iter().find(|path| path.extension().is_some_and(|ending| ending == "json"))
    };
    soon(|| find().is_some()).await;
    let file = find().unwrap();
    let good = fs::read_to_string(&file).unwrap();
    let mode = |mode| fs::set_permissions(&file, fs::Permissions::from_mode(mode)).unwrap();
    let elsewhere = directory.join("elsewhere");
    let spoil: [(&str, &dyn Fn()); 7] = [
        ("as it was written", &|| {}),
        ("truncated", &|| fs::write(&file, &good[..good.len() / 2]).unwrap()),
        ("another user pool's", &|| fs::write(&file, good.replace(POOL_ID, OTHER_POOL_ID)).unwrap()),
        ("too old", &|| fs::write(&file, good.replace(&NOW.to_string(), "1000000000")).unwrap()),
        ("writable by the group", &|| mode(0o620)),
        ("writable by others", &|| mode(0o602)),
        ("a link", &|| {
            fs::rename(&file, &elsewhere).unwrap();
            std::os::unix::fs::symlink(&elsewhere, &file).unwrap();
        }),
    ];
    for (why, spoil) in spoil {
        let _ = fs::remove_file(&file);
        fs::write(&file, &good).unwrap();
        mode(0o600);
        spoil();
        let log = Log::default();
        let _guard = log.capture(LevelFilter::WARN);
        let answer = reason(&scoped(&start(Some(Answer::Failure))), &Token::access().sign()).await;
        assert_eq!(answer, (why != "as it was written").then_some(No::KeysUnavailable), "{why}");
        let is_ignored = log.text().contains("the last known good file was ignored or not written");
        assert_eq!(is_ignored, why != "as it was written", "{why}: {}", log.text());
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn t_jwk_9_fetches_that_cross_do_not_lock_each_other_out() {
    for round in 0..20 {
        let (source, clock) = (ScriptedKeys::new(), keys::clock());
        let authorizer = keys::builder(&source).clock(clock.clone()).build().unwrap();
        let layer = scoped(&authorizer);
        let (one, other) = (Token::access(), Token::access().with("iss", OTHER_ISSUER).by(&OTHER_POOL_KEY).sign());
        let hydrating: Vec<_> = (0..4)
            .map(|_| {
                let authorizer = authorizer.clone();
                tokio::spawn(async move { authorizer.hydrate().await })
            })
            .collect();
        let asking: Vec<_> =
            (0..8).map(|number| ask(&layer, if number % 2 == 0 { &other } else { HELD.as_str() })).collect();
        for task in hydrating {
            bounded(task).await.expect("it ends").unwrap().unwrap();
        }
        for answer in asking {
            assert_eq!(bounded(answer).await.expect("it ends").unwrap(), None, "round {round}");
        }
        assert_eq!(source.fetches(), 2, "one for each user pool");
        // A rotation of one while both are asked for again.
        source.set(ISSUER, published(&[&NEXT_KEY]));
        clock.advance(10);
        let new = one.by(&NEXT_KEY).sign();
        let asking: Vec<_> = (0..8).map(|number| ask(&layer, if number % 2 == 0 { &other } else { &new })).collect();
        authorizer.hydrate().await.unwrap();
        for answer in asking {
            assert_eq!(bounded(answer).await.expect("it ends").unwrap(), None, "round {round}");
        }
    }
    // An authorizer that is dropped ends its fetch, and those who wait are told.
    let source = ScriptedKeys::new();
    source.set(ISSUER, Answer::Never);
    let authorizer = builder(&source).fetch_timeout(Duration::from_secs(30)).build().unwrap();
    let hydrating = tokio::spawn({
        let authorizer: Authorizer = authorizer.clone();
        async move { authorizer.hydrate().await }
    });
    soon(|| source.fetches() > 0).await;
    assert_eq!(authorizer.key_status()[0].state, KeyState::Missing);
    hydrating.abort();
    drop(authorizer);
    let alive = tokio::runtime::Handle::current().metrics();
    assert!(bounded(hydrating).await.expect("it ends").unwrap_err().is_cancelled());
    soon(|| alive.num_alive_tasks() == 0).await;
}

fn bounded<F: Future>(what: F) -> tokio::time::Timeout<F> {
    tokio::time::timeout(Duration::from_secs(20), what)
}

/// A good token, made once.
static HELD: std::sync::LazyLock<String> = std::sync::LazyLock::new(|| Token::access().sign());
