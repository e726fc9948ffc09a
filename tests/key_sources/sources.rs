//! Tests the sources of keys, the files in which keys are stored, and the reported status.
//!
//! Attack ids: `src/docs/attacks.md`, section 6.
use std::{
    collections::BTreeMap,
    fs,
    os::unix::fs::{MetadataExt, PermissionsExt, symlink},
    path::PathBuf,
    time::Duration,
};

use cognito_authorizer::{
    Authorizer, AuthorizerBuilder, BuildMistake, RejectionKind as No, UserPool,
    clock::ManualClock,
    gateway_response::WhenKeysUnavailable,
    keys::{FixedKeySource, HttpsKeySource, KeyState},
};
use tracing_subscriber::filter::LevelFilter;

use crate::support::{
    keys::{self, Answer, ScriptedKeys},
    log::Log,
    metrics::Metrics,
    requests::{reason, request, scoped, send},
    soon,
    tokens::*,
};

/// Creates an empty, private directory for one test.
fn directory(name: &str) -> PathBuf {
    let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("{name}-{}", std::process::id()));
    let _ = fs::remove_dir_all(&path);
    fs::create_dir_all(&path).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o700)).unwrap();
    path
}

#[tokio::test]
async fn keys_can_be_given_as_text_or_file() {
    let file = directory("fixed").join("other.json");
    fs::write(&file, jwk_set([&*OTHER_POOL_KEY])).unwrap();
    let source = FixedKeySource::new().with_jwk_set(POOL_ID, jwk_set([&*ACCESS_KEY])).unwrap();
    let source = source.with_file(OTHER_POOL_ID, &file).unwrap();
    let clock = keys::clock();
    let builder = Authorizer::for_user_pool(POOL_ID).user_pool(OTHER_POOL_ID);
    let authorizer = builder.key_source(source).clock(clock.clone()).build().unwrap();
    authorizer.hydrate().await.unwrap();
    let layer = scoped(&authorizer);
    let lasting = Token::access().with("exp", EXPIRES_AT + 100_000);
    let other = lasting.clone().with("iss", OTHER_ISSUER);
    assert_eq!(reason(&layer, &lasting.clone().sign()).await, None);
    assert_eq!(reason(&layer, &other.clone().by(&OTHER_POOL_KEY).sign()).await, None);
    assert_eq!(reason(&layer, &other.clone().sign()).await, Some(No::InvalidSignature), "T-CLM-2");
    // A file that is replaced is read again.
    fs::write(&file, jwk_set([&*NEXT_KEY])).unwrap();
    clock.advance(30);
    assert_eq!(reason(&layer, &other.by(&NEXT_KEY).sign()).await, None);
}

#[test]
fn a_mistake_in_given_keys_is_named() {
    let new = FixedKeySource::new;
    let missing = directory("missing").join("none.json");
    for (error, named) in [
        (new().with_jwk_set("nonsense", "{}").unwrap_err(), "`nonsense`"),
        (new().with_jwk_set(POOL_ID, "{").unwrap_err(), "cannot be used: the document is not a JWK Set"),
        (new().with_jwk_set(POOL_ID, r#"{"keys":[]}"#).unwrap_err(), "no usable key: it is empty"),
        (
            new().with_jwk_set(POOL_ID, r#"{"keys":[{"kty":"EC"}]}"#).unwrap_err(),
            "no usable key: key 0 is not an RSA key",
        ),
        (new().with_file(POOL_ID, &missing).unwrap_err(), missing.to_str().unwrap()),
        (
            new().with_jwk_set(POOL_ID, jwk_set([&*ID_KEY])).unwrap().with_jwk_set(POOL_ID, "{}").unwrap_err(),
            "two JWK Sets",
        ),
    ] {
        assert!(error.to_string().contains(named), "{error}");
    }
}

#[tokio::test]
async fn each_user_pool_can_have_a_source_of_its_own() {
    let given = FixedKeySource::new().with_jwk_set(POOL_ID, jwk_set([&*ACCESS_KEY])).unwrap();
    let builder = || Authorizer::for_user_pool(POOL_ID).clock(keys::clock());
    let own = builder().key_source_for(POOL_ID, given.clone());
    assert_eq!(reason(&scoped(&own.build().unwrap()), &Token::access().sign()).await, None);
    let scripted = ScriptedKeys::new();
    let mixed = builder().user_pool(OTHER_POOL_ID).key_source_for(POOL_ID, given.clone());
    let layer = scoped(&mixed.key_source(scripted.clone()).build().unwrap());
    assert_eq!(reason(&layer, &Token::access().sign()).await, None);
    assert_eq!(scripted.fetches(), 0);
    let other = Token::access().with("iss", OTHER_ISSUER).by(&OTHER_POOL_KEY).sign();
    assert_eq!((reason(&layer, &other).await, scripted.fetches()), (None, 1));
    let error = builder().key_source_for(OTHER_POOL_ID, given).build().unwrap_err();
    assert!(
        matches!(error.mistakes(), [BuildMistake::KeySourceWithoutUserPool { .. }])
            && error.to_string().contains(OTHER_POOL_ID)
    );
}

/// `hydrate` fetches for all user pools concurrently at startup, and the service decides how to handle failures.
#[tokio::test]
async fn hydrates_every_user_pool_at_once() {
    let keys = ScriptedKeys::new();
    let authorizer = keys::builder(&keys).build().unwrap();
    keys.hold();
    let hydrating = tokio::spawn({
        let authorizer = authorizer.clone();
        async move { authorizer.hydrate().await }
    });
    // The fetches do not wait for each other.
    soon(|| keys.fetches() == 2).await;
    assert!(!authorizer.is_ready());
    keys.release();
    hydrating.await.unwrap().unwrap();
    assert!(authorizer.is_ready());
    authorizer.hydrate().await.unwrap();
    assert_eq!(keys.fetches(), 2, "keys at hand are left as they are, and the other form of issuer alone");

    // One of the two fetches fails: the service can start anyway, and the keys are fetched later.
    let (keys, clock) = (ScriptedKeys::new(), keys::clock());
    keys.set(OTHER_ISSUER, Answer::Failure);
    let authorizer = keys::builder(&keys).clock(clock.clone()).build().unwrap();
    let error = authorizer.hydrate().await.unwrap_err();
    assert_eq!(error.user_pools().map(|id| id.as_str()).collect::<Vec<_>>(), [OTHER_POOL_ID]);
    assert_eq!(
        error.to_string(),
        format!("no keys for {OTHER_POOL_ID} (the server answered with status 503; expected 200)")
    );
    assert_eq!(reason(&scoped(&authorizer), &Token::access().sign()).await, None);
    assert!(!authorizer.is_ready());
    keys.set(OTHER_ISSUER, Answer::Document(jwk_set([&*OTHER_POOL_KEY])));
    clock.advance(10);
    // A service that is not ready gets no requests, so `is_ready` alone must start the fetch.
    soon(|| authorizer.is_ready()).await;
    let other = Token::access().with("iss", OTHER_ISSUER).by(&OTHER_POOL_KEY).sign();
    assert_eq!(reason(&scoped(&authorizer), &other).await, None);

    // A user pool that was switched to the other issuer form publishes its keys there.
    let keys = ScriptedKeys::new();
    keys.set(ISSUER, Answer::Failure);
    keys.set(&ISSUER.replace("cognito-idp", "issuer-cognito-idp"), Answer::Document(jwk_set([&*ACCESS_KEY])));
    let authorizer = Authorizer::for_user_pool(POOL_ID).key_source(keys).clock(clock).build().unwrap();
    authorizer.hydrate().await.unwrap();
    assert!(authorizer.is_ready());
}

#[tokio::test]
async fn keys_that_cannot_be_had_can_answer_503() {
    let (keys, clock) = (ScriptedKeys::new(), keys::clock());
    keys.set(ISSUER, Answer::Failure);
    let builder =
        keys::builder(&keys).clock(clock.clone()).when_keys_unavailable(WhenKeysUnavailable::ServiceUnavailable);
    let layer = scoped(&builder.build().unwrap());
    let token = Token::access().sign();
    for (advance, retry_after) in [(0, "1"), (1, "9"), (4, "5")] {
        clock.advance(advance);
        let answer = send(&layer, request("GET", "/", &[&token])).await;
        assert_eq!((answer.status.as_u16(), &*answer.body), (503, r#"{"message":"Service Unavailable"}"#));
        assert_eq!(answer.headers["x-amzn-errortype"], "ServiceUnavailableException");
        assert_eq!(answer.headers["retry-after"], retry_after, "after {advance} s");
    }
}

#[tokio::test]
async fn plain_http_needs_a_word() {
    let user_pool = POOL_ID.parse::<UserPool>().unwrap().with_issuer("http://cognito.invalid/x");
    let builder = || Authorizer::builder().user_pool(user_pool.clone());
    let error = builder().build().unwrap_err().to_string();
    assert!(error.contains("`http://cognito.invalid/x/.well-known/jwks.json`"), "{error}");
    let source = HttpsKeySource::with_client(reqwest::Client::new()).dangerous().allow_plain_http();
    builder().key_source(source).build().unwrap();
}

/// Returns a builder of an authorizer that stores its keys in a directory.
fn remembering(keys: &ScriptedKeys, clock: &ManualClock, directory: &PathBuf) -> AuthorizerBuilder {
    let builder = Authorizer::for_user_pool(POOL_ID).key_source(keys.clone());
    builder.clock(clock.clone()).last_known_good_directory(directory)
}

/// Lets an authorizer fetch and store keys, and returns the file.
async fn written(directory: &PathBuf) -> PathBuf {
    let authorizer = remembering(&ScriptedKeys::new(), &keys::clock(), directory).build().unwrap();
    authorizer.hydrate().await.unwrap();
    let file = async {
        loop {
            let files = fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path());
            if let Some(file) = files.into_iter().find(|path| path.extension().is_some_and(|ending| ending == "json")) {
                return file;
            }
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(5), file).await.unwrap()
}

#[tokio::test]
async fn starts_from_the_last_known_good_file_without_network() {
    let directory = directory("last-known-good");
    let file = written(&directory).await;
    let metadata = fs::metadata(&file).unwrap();
    assert_eq!(metadata.mode() & 0o777, 0o600);
    assert_eq!(fs::read_dir(&directory).unwrap().count(), 1, "nothing else is left there");

    let (keys, clock) = (ScriptedKeys::new(), keys::clock());
    clock.advance(86_000);
    keys.set(ISSUER, Answer::Failure);
    let authorizer = remembering(&keys, &clock, &directory).build().unwrap();
    let layer = scoped(&authorizer);
    let token = Token::access().with("exp", EXPIRES_AT + 1_000_000).sign();
    assert_eq!(reason(&layer, &token).await, None);
    let status = &authorizer.key_status()[0];
    assert_eq!((status.state, status.age), (KeyState::Stale, Some(Duration::from_secs(86_000))));
    clock.advance(400);
    assert_eq!(reason(&layer, &token).await, Some(No::KeysUnavailable), "their age counts from the file");
    keys.set(ISSUER, Answer::Document(jwk_set([&*ACCESS_KEY])));
    clock.advance(40);
    assert_eq!(reason(&layer, &token).await, None);
    assert_eq!(authorizer.key_status()[0].state, KeyState::Fresh);
}

/// The directory was private, and was opened to other users later.
#[tokio::test]
async fn a_directory_that_was_opened_to_others_is_not_trusted() {
    let directory = directory("opened");
    written(&directory).await;
    let keys = ScriptedKeys::new();
    keys.set(ISSUER, Answer::Failure);
    let layer = scoped(&remembering(&keys, &keys::clock(), &directory).build().unwrap());
    fs::set_permissions(&directory, fs::Permissions::from_mode(0o777)).unwrap();
    assert_eq!(reason(&layer, &Token::access().sign()).await, Some(No::KeysUnavailable));
}

/// Removed keys must not return: a file that cannot be replaced is removed.
#[tokio::test]
async fn a_file_that_cannot_be_replaced_does_not_stay() {
    let directory = directory("not-replaced");
    let file = written(&directory).await;
    // A directory at the path of the new file prevents its creation.
    fs::create_dir(file.with_extension("tmp")).unwrap();
    let (keys, clock) = (ScriptedKeys::new(), keys::clock());
    keys.set(ISSUER, Answer::Document(jwk_set([&*NEXT_KEY])));
    remembering(&keys, &clock, &directory).build().unwrap().hydrate().await.unwrap();
    soon(|| !file.exists()).await;
}

/// T-JWK-8
#[tokio::test]
async fn a_file_that_is_not_to_be_trusted_is_ignored() {
    let directory = directory("not-trusted");
    let file = written(&directory).await;
    let good = fs::read_to_string(&file).unwrap();
    let mode = |path: &PathBuf, mode| fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
    let elsewhere = directory.join("elsewhere");
    let spoil: [(&str, &dyn Fn()); 12] = [
        ("truncated", &|| fs::write(&file, &good[..good.len() / 2]).unwrap()),
        ("empty", &|| fs::write(&file, "").unwrap()),
        ("no keys", &|| fs::write(&file, good.replace("RS256", "HS256")).unwrap()),
        ("another pool's", &|| fs::write(&file, good.replace(POOL_ID, OTHER_POOL_ID)).unwrap()),
        ("too old", &|| fs::write(&file, good.replace(&NOW.to_string(), "1000000000")).unwrap()),
        ("from the future", &|| fs::write(&file, good.replace(&NOW.to_string(), "9000000000")).unwrap()),
        ("long", &|| fs::write(&file, format!("{}{good}", " ".repeat(400_000))).unwrap()),
        ("writable by the group", &|| mode(&file, 0o620)),
        ("writable by others", &|| mode(&file, 0o602)),
        ("of another address", &|| fs::write(&file, good.replace("jwks.json", "other.json")).unwrap()),
        ("a link", &|| {
            fs::rename(&file, &elsewhere).unwrap();
            symlink(&elsewhere, &file).unwrap();
        }),
        ("a directory", &|| fs::create_dir(&file).unwrap()),
    ];
    for (why, spoil) in spoil {
        let _ = fs::remove_file(&file);
        let _ = fs::remove_file(&elsewhere);
        mode(&directory, 0o700);
        fs::write(&file, &good).unwrap();
        mode(&file, 0o600);
        if why == "a directory" {
            fs::remove_file(&file).unwrap();
        }
        let start = || async {
            let keys = ScriptedKeys::new();
            keys.set(ISSUER, Answer::Failure);
            let authorizer = remembering(&keys, &keys::clock(), &directory).build().unwrap();
            reason(&scoped(&authorizer), &Token::access().sign()).await
        };
        if why != "a directory" {
            assert_eq!(start().await, None, "before it was spoiled: {why}");
        }
        spoil();
        let log = Log::default();
        let _guard = log.capture(LevelFilter::WARN);
        assert_eq!(start().await, Some(No::KeysUnavailable), "{why}");
        assert!(log.text().contains("the last known good file was ignored or not written"), "{why}: {}", log.text());
    }
}

#[test]
fn the_directory_has_to_be_there_and_private() {
    let missing = directory("no-directory").join("none");
    let error =
        |directory| remembering(&ScriptedKeys::new(), &keys::clock(), directory).build().unwrap_err().to_string();
    assert!(error(&missing).contains(missing.to_str().unwrap()));
    // Other users could add a file to this directory, or replace ours.
    let open = directory("open-directory");
    for mode in [0o777, 0o770, 0o702] {
        fs::set_permissions(&open, fs::Permissions::from_mode(mode)).unwrap();
        assert!(error(&open).contains(open.to_str().unwrap()), "{mode:o}");
    }
    assert_eq!(fs::read_dir(&open).unwrap().count(), 0, "nothing is left behind");
}

/// Logs one event per change of state, for any number of requests.
#[tokio::test]
async fn tells_of_changes_and_not_of_requests() {
    let log = Log::default();
    let _guard = log.capture(LevelFilter::INFO);
    let (keys, clock) = (ScriptedKeys::new(), keys::clock());
    let layer =
        scoped(&Authorizer::for_user_pool(POOL_ID).key_source(keys.clone()).clock(clock.clone()).build().unwrap());
    let (token, unknown) =
        (Token::access().with("exp", EXPIRES_AT + 1_000_000).sign(), Token::access().by(&NEXT_KEY).sign());
    for answer in [None, Some(Answer::Failure), Some(Answer::Document(jwk_set([&*ACCESS_KEY])))] {
        if let Some(answer) = answer {
            keys.set(ISSUER, answer);
        }
        for _ in 0..20 {
            clock.advance(31);
            assert_eq!(reason(&layer, &token).await, None);
            assert!(reason(&layer, &unknown).await.is_some());
        }
    }
    keys.set(ISSUER, Answer::Failure);
    clock.advance(86_400);
    for _ in 0..20 {
        assert_eq!(reason(&layer, &token).await, Some(No::KeysUnavailable));
    }
    let text = log.text();
    let told: Vec<&str> = text.lines().filter_map(|line| line.split(": ").nth(1)?.split(" issuer=").next()).collect();
    assert!(text.contains("has_keys=true") && text.contains("has_keys=false"), "{text}");
    assert_eq!(
        told,
        [
            "keys fetched",
            "keys cannot be fetched",
            "keys fetched",
            "keys are too old and no longer trusted",
            "keys cannot be fetched",
        ],
        "{text}"
    );
}

#[test]
fn counts_fetches_and_keys() {
    let metrics = Metrics::default();
    metrics::with_local_recorder(&metrics, || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let (keys, clock) = (ScriptedKeys::new(), keys::clock());
            let builder = Authorizer::for_user_pool(POOL_ID).key_source(keys.clone());
            let layer = scoped(&builder.clock(clock.clone()).build().unwrap());
            let unknown = Token::access().with_header("kid", "never in a label").sign();
            for answer in [None, None, Some(Answer::Failure), Some(Answer::Document(jwk_set([&*ACCESS_KEY])))] {
                if let Some(answer) = answer {
                    keys.set(ISSUER, answer);
                }
                assert!(reason(&layer, &unknown).await.is_some());
                clock.advance(31);
            }
        });
    });
    let of = |name: &str, labels: &str| format!("cognito_authorizer_jwk_set_{name}{{issuer={ISSUER}{labels}}}");
    let expected = BTreeMap::from([
        (of("fetches_total", ",result=taken"), 2.0),
        (of("fetches_total", ",result=unchanged"), 1.0),
        (of("fetches_total", ",result=failed"), 1.0),
        (of("fetch_duration_seconds", ""), 4.0),
        (of("keys", ""), 1.0),
        (of("obtained_timestamp_seconds", ""), f64::from(u32::try_from(NOW + 93).unwrap())),
    ]);
    let mut counted = metrics.counted();
    counted.retain(|name, _| name.contains("jwk_set"));
    assert_eq!(counted, expected);
    let newer = ISSUER.replace("cognito-idp", "issuer-cognito-idp");
    let other = format!("cognito_authorizer_jwk_set_fetches_total{{issuer={newer},result=failed}}");
    assert_eq!(metrics.told().get(&other), Some(&0.0), "every series is there from the start");
}
