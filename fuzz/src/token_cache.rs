//! A token that is remembered is judged as one that is not: by the keys of its user pool that are in use, the time, and the
//! whole of it.

use std::{
    collections::{HashMap, HashSet},
    sync::LazyLock,
    time::Duration,
};

use cognito_authorizer::{
    Claims, Verdict,
    clock::{Clock, UnixTime},
    keys::JwkSet,
    limits::{JWK_SET_HARD_AGE, MAX_CACHED_TOKEN_BYTES},
    token::RawToken,
};
use serde_json::json;

use super::{
    engine::{Answered, Engine},
    key_source::{Answer, Ended},
    tokens::{ACCESS, CLIENT_ID, ID, ISSUERS, Key, NOW, OTHER, jwk_set},
};

/// `a` to `n`: tokens that are good, not yet or no longer good, large, alike, and forged; the last two of another user pool.
static TOKENS: LazyLock<Vec<String>> = LazyLock::new(|| {
    let of = |issuer: &str, key: &Key, exp: u64, nbf: u64, filling: usize| {
        let claims = json!({
            "sub": "s", "iss": issuer, "exp": exp, "nbf": nbf, "client_id": CLIENT_ID, "token_use": "access",
            "scope": "pets/read", "x": "y".repeat(filling),
        });
        key.sign_claims(claims.to_string().as_bytes())
    };
    let token = |key: &Key, exp: u64, nbf: u64, filling: usize| of(ISSUERS[0], key, exp, nbf, filling);
    let far = NOW + 1_000_000;
    vec![
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
        of(ISSUERS[1], &OTHER, far, NOW, 0),
        of(ISSUERS[1], &ACCESS, far, NOW, 0),
    ]
});

/// What a server gives.
static DOCUMENTS: LazyLock<[String; 4]> = LazyLock::new(|| {
    [&[&*ACCESS, &*ID][..], &[&*ACCESS], &[&*ID], &[&*OTHER, &*ID]].map(|keys| jwk_set(keys.iter().copied()))
});

/// Names a key that nobody has.
static UNKNOWN: LazyLock<[String; 2]> = LazyLock::new(|| {
    ISSUERS.map(|issuer| {
        let claims = json!({"sub": "s", "iss": issuer, "exp": NOW + 1_000_000, "client_id": CLIENT_ID});
        ACCESS.sign(br#"{"alg":"RS256","kid":"unknown"}"#, claims.to_string().as_bytes())
    })
});

/// Input: what happens, a letter each. `a` to `n` a token is sent, `A` to `N` one with another last character; `1` to `5`
/// the keys that a server has, and `@` which server that is, or the other one again; `?` a key of its user pool that is not
/// at hand is asked for, `;` the same, and it is not waited for; `[` fetches are held from now on, `]` they are not, `(` lets
/// the first of those go that are held, `)` the last; `+` half a minute passes, `-` the clock is set back as much, `!` an
/// hour passes; `*` the cache is emptied. A `$` at the start makes the cache small.
pub fn token_cache(data: &[u8]) {
    let is_small = data.first() == Some(&b'$');
    let bytes = if is_small { 8 * 1_024 } else { 1_024 * 1_024 };
    let engine = Engine::new(|builder| builder.token_cache_bytes(bytes));
    engine.source.set(0, Answer::Document(DOCUMENTS[0].clone()));
    engine.source.set(1, Answer::Document(DOCUMENTS[3].clone()));
    engine.wait(engine.authorizer.hydrate()).0.unwrap();
    let mut model = Model::default();
    model.fetched(&engine);
    let mut server = 0;
    for letter in data.iter().take(300) {
        match letter {
            b'a'..=b'n' => model.send(&engine, &TOKENS[usize::from(letter - b'a')], is_small),
            b'A'..=b'N' => {
                let mut token = TOKENS[usize::from(letter - b'A')].clone();
                let last = token.pop();
                token.push(if last == Some('A') { 'Q' } else { 'A' });
                model.send(&engine, &token, is_small);
            }
            b'1'..=b'4' => engine.source.set(server, Answer::Document(DOCUMENTS[usize::from(letter - b'1')].clone())),
            b'5' => engine.source.set(server, Answer::Failure),
            b'@' => server = 1 - server,
            b'?' | b';' => {
                let ask = || engine.send(*letter, &UNKNOWN[server]);
                let answered = match letter {
                    b';' => engine.step(ask).1,
                    _ => {
                        ask();
                        engine.wait(async {}).1
                    }
                };
                model.refused(&engine, answered);
            }
            b'[' => engine.source.set_holds(true),
            b']' => engine.source.set_holds(false),
            b'(' | b')' => {
                let answered = engine.step(|| engine.source.let_go(*letter == b'(')).1;
                model.refused(&engine, answered);
            }
            b'+' => engine.clock.advance(30),
            b'!' => engine.clock.advance(3_600),
            b'-' => engine.clock.set(UnixTime::from_secs(engine.clock.now().as_secs() - 30)),
            b'*' => {
                engine.authorizer.flush_token_cache();
                model.forget();
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
    user_pools: [InUse; 2],
    /// The JWK Sets in use, by the name of their issuer.
    keys: HashMap<String, JwkSet>,
    hits: u64,
    misses: u64,
}

/// The keys of a user pool, and what follows from them.
#[derive(Default)]
struct InUse {
    document: String,
    /// The fetch that brought it, and when.
    number: u64,
    since: Duration,
    /// Tokens that were found good since the keys changed or the cache was emptied.
    remembered: HashSet<String>,
}

impl Model {
    fn send(&mut self, engine: &Engine, token: &str, is_small: bool) {
        for (own, issuer) in self.user_pools.iter_mut().zip(ISSUERS) {
            if engine.clock.monotonic() - own.since >= JWK_SET_HARD_AGE {
                *own = InUse { number: own.number, since: own.since, ..InUse::default() };
                self.keys.remove(issuer);
            }
        }
        let now = engine.clock.now();
        let expected = engine.authorizer.verifier().verify(RawToken::new(token), &self.keys, now);
        let (verdict, answered) = engine.step(|| engine.authorizer.verify(RawToken::new(token)));
        assert_eq!(shown(&verdict), shown(&expected), "with the cache, and without");
        let status = engine.authorizer.token_cache_status();
        let (is_hit, is_miss) = (status.hits > self.hits, status.misses > self.misses);
        let needs_keys = matches!(verdict, Verdict::NeedKeys(_));
        assert_eq!(u8::from(is_hit) + u8::from(is_miss) + u8::from(needs_keys), 1, "{status:?}");
        let is_persistable = self.user_pools.iter().any(|own| own.remembered.contains(token));
        assert!(!is_hit || is_persistable, "found, and it was never put there");
        assert!(is_hit || !is_persistable || is_small, "forgotten");
        if let Verdict::Allow(claims) = &verdict
            && token.len() <= MAX_CACHED_TOKEN_BYTES
        {
            let user_pool = ISSUERS.iter().position(|issuer| *issuer == claims.issuer()).expect("an issuer");
            self.user_pools[user_pool].remembered.insert(token.to_owned());
        }
        self.refused(engine, answered);
    }

    /// Answers to those who asked for a key that nobody has: refusals like any other. Takes over what the cache has counted,
    /// and the keys that were fetched meanwhile.
    fn refused(&mut self, engine: &Engine, answered: Vec<Answered>) {
        for answer in answered {
            let status = answer.response.status();
            assert!(status.is_client_error() || status.is_server_error());
        }
        let status = engine.authorizer.token_cache_status();
        (self.hits, self.misses) = (status.hits, status.misses);
        self.fetched(engine);
    }

    fn fetched(&mut self, engine: &Engine) {
        for event in engine.source.take_events() {
            let Some(Ended { answer: Answer::Document(document), .. }) = event.ended else { continue };
            let own = &mut self.user_pools[event.user_pool];
            // What was asked for earlier, and comes late, is left.
            if event.number < own.number {
                continue;
            }
            (own.number, own.since) = (event.number, event.at);
            if document != own.document {
                let keys = JwkSet::parse(document.as_bytes()).unwrap();
                self.keys.insert(ISSUERS[event.user_pool].to_owned(), keys);
                own.document = document;
                own.remembered.clear();
            }
        }
    }

    fn forget(&mut self) {
        for own in &mut self.user_pools {
            own.remembered.clear();
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
