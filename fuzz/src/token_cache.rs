//! A token that is remembered is judged as one that is not: by the keys in use, the time, and the whole of it.

use std::{
    collections::{HashMap, HashSet},
    sync::LazyLock,
    time::Duration,
};

use cognito_authorizer::{
    Claims, Clock, JwkSet, RawToken, UnixTime, Verdict,
    limits::{JWK_SET_HARD_AGE, MAX_CACHED_TOKEN_BYTES},
};
use http::Request;
use serde_json::json;

use super::{
    engine::{Answer, Engine},
    requests,
    tokens::{ACCESS, CLIENT_ID, ID, ISSUER, Key, NOW, OTHER, jwk_set},
};

/// `a` to `l`: tokens that are good, not yet or no longer good, large, alike, and forged.
static TOKENS: LazyLock<Vec<String>> = LazyLock::new(|| {
    let token = |key: &Key, exp: u64, nbf: u64, filling: usize| {
        let claims = json!({
            "sub": "s", "iss": ISSUER, "exp": exp, "nbf": nbf, "client_id": CLIENT_ID, "token_use": "access",
            "scope": "pets/read", "x": "y".repeat(filling),
        });
        key.sign_claims(claims.to_string().as_bytes())
    };
    let far = NOW + 1_000_000;
    let mut tokens = vec![
        token(&ACCESS, far, NOW, 0),
        token(&ACCESS, far, NOW, 1),
        token(&ID, far, NOW, 0),
        token(&ACCESS, NOW + 60, NOW, 0),
        token(&ACCESS, NOW + 61, NOW, 0),
        token(&ID, NOW + 3_600, NOW, 0),
        token(&ACCESS, far, NOW + 60, 0),
        token(&ACCESS, far, NOW - 60, 0),
        token(&ACCESS, far, NOW, 2_000),
        token(&ACCESS, far, NOW, 4_000),
        token(&OTHER, far, NOW, 0),
        token(&ACCESS, NOW, NOW, 0),
    ];
    tokens.dedup();
    tokens
});

/// What the server gives.
static DOCUMENTS: LazyLock<[String; 4]> = LazyLock::new(|| {
    [&[&*ACCESS, &*ID][..], &[&*ACCESS], &[&*ID], &[&*OTHER, &*ID]].map(|keys| jwk_set(keys.iter().copied()))
});

/// Names a key that nobody has.
static UNKNOWN: LazyLock<String> = LazyLock::new(|| {
    let claims = json!({"sub": "s", "iss": ISSUER, "exp": NOW + 1_000_000, "client_id": CLIENT_ID});
    ACCESS.sign(br#"{"alg":"RS256","kid":"unknown"}"#, claims.to_string().as_bytes())
});

/// Input: what happens, a letter each. `a` to `l` a token is sent, `A` to `L` one with another last character; `1` to `5`
/// the keys that the server has; `?` a key that is not at hand is asked for; `+` half a minute passes, `-` the clock is
/// set back as much, `!` an hour passes; `*` the cache is emptied. A `$` at the start makes the cache small.
pub fn token_cache(data: &[u8]) {
    let is_small = data.first() == Some(&b'$');
    let bytes = if is_small { 8 * 1_024 } else { 1_024 * 1_024 };
    let engine = Engine::new(|builder| builder.token_cache_bytes(bytes));
    engine.source.set(Answer::Document(DOCUMENTS[0].clone()));
    engine.run(engine.authorizer.hydrate()).unwrap();
    let mut model = Model::default();
    model.fetched(&engine);
    for byte in data.iter().take(300) {
        match byte {
            b'a'..=b'l' => model.send(&engine, &TOKENS[usize::from(byte - b'a')], is_small),
            b'A'..=b'L' => {
                let mut token = TOKENS[usize::from(byte - b'A')].clone();
                let last = token.pop();
                token.push(if last == Some('A') { 'Q' } else { 'A' });
                model.send(&engine, &token, is_small);
            }
            b'1'..=b'4' => engine.source.set(Answer::Document(DOCUMENTS[usize::from(byte - b'1')].clone())),
            b'5' => engine.source.set(Answer::Failure),
            b'?' => {
                let request = Request::builder().header("authorization", &*UNKNOWN).body(()).unwrap();
                let response = engine.run(requests::send(&engine.layer, request));
                assert!(response.status().is_client_error() || response.status().is_server_error());
                // A refusal like any other, unless there were no keys to judge by.
                model.note(&engine);
            }
            b'+' => engine.clock.advance(30),
            b'!' => engine.clock.advance(3_600),
            b'-' => engine.clock.set(UnixTime::from_secs(engine.clock.now().as_secs() - 30)),
            b'*' => {
                engine.authorizer.flush_token_cache();
                model.remembered.clear();
                assert_eq!(engine.authorizer.token_cache_status().entries, 0);
            }
            _ => {}
        }
        let status = engine.authorizer.token_cache_status();
        assert!(status.bytes <= bytes, "{status:?}");
        assert!(status.entries <= TOKENS.len() as u64 && status.entries * 1_024 <= bytes, "{status:?}");
    }
}

/// What has to be the case.
#[derive(Default)]
struct Model {
    /// The JWK Set in use, and when it was given.
    document: String,
    since: Duration,
    keys: HashMap<String, JwkSet>,
    /// Tokens that were found good since the keys changed or the cache was emptied.
    remembered: HashSet<String>,
    hits: u64,
    misses: u64,
}

impl Model {
    fn send(&mut self, engine: &Engine, token: &str, is_small: bool) {
        if engine.clock.monotonic() - self.since >= JWK_SET_HARD_AGE {
            *self = Self { hits: self.hits, misses: self.misses, ..Self::default() };
        }
        let now = engine.clock.now();
        let expected = engine.authorizer.verifier().verify(RawToken::new(token), &self.keys, now);
        let verdict = engine.run(async { engine.authorizer.verify(RawToken::new(token)) });
        assert_eq!(shown(&verdict), shown(&expected), "with the cache, and without");
        let status = engine.authorizer.token_cache_status();
        let (is_hit, is_miss) = (status.hits > self.hits, status.misses > self.misses);
        let needs_keys = matches!(verdict, Verdict::NeedKeys(_));
        assert_eq!(u8::from(is_hit) + u8::from(is_miss) + u8::from(needs_keys), 1, "{status:?}");
        let is_remembered = self.remembered.contains(token);
        assert!(!is_hit || is_remembered, "found, and it was never put there");
        assert!(is_hit || !is_remembered || is_small, "forgotten");
        if matches!(verdict, Verdict::Allow(_)) && token.len() <= MAX_CACHED_TOKEN_BYTES {
            self.remembered.insert(token.to_owned());
        }
        self.note(engine);
    }

    /// Takes over what the cache has counted, and the keys that were fetched meanwhile.
    fn note(&mut self, engine: &Engine) {
        let status = engine.authorizer.token_cache_status();
        (self.hits, self.misses) = (status.hits, status.misses);
        self.fetched(engine);
    }

    fn fetched(&mut self, engine: &Engine) {
        for (at, answer) in engine.source.take_answered() {
            let Answer::Document(document) = answer else { continue };
            self.since = at;
            if document != self.document {
                self.keys = HashMap::from([(ISSUER.to_owned(), JwkSet::parse(document.as_bytes()).unwrap())]);
                self.document = document;
                self.remembered.clear();
            }
        }
    }
}

fn shown(verdict: &Verdict<Claims>) -> String {
    match verdict {
        Verdict::Allow(claims) => format!("{:?}", claims.deserialize::<serde_json::Value>()),
        Verdict::Deny(rejection) => format!("{:?}", rejection.kind()),
        Verdict::NeedKeys(issuer) => issuer.name().to_owned(),
    }
}
