//! Keys are those that the server of their own user pool gave last, and no others; a known one never waits, none outlives
//! its time, and requests that wait for one fetch are judged by what it brought.

use std::{
    sync::{
        Arc, LazyLock,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use cognito_authorizer::{clock::Clock, route::RouteAuthorization, token::RawToken};
use http::HeaderMap;
use serde_json::json;

use super::{
    engine::Engine,
    key_model::{HARD_AGE, Model},
    key_source::Answer,
    tokens::{ACCESS, CLIENT_ID, ID, ISSUERS, Key, NOW, OTHER, jwk_set},
};

/// Tokens for ever: `a` by the access key, `i` by the ID key, `o` by another key of the access key's name, `x` by a key
/// of no name that is known; `b` of the second user pool by that other key, `c` of it by the access key.
static TOKENS: LazyLock<[(u8, String); 6]> = LazyLock::new(|| {
    let claims = |issuer: &str| {
        let claims = json!({
            "sub": "s", "iss": issuer, "exp": 253_402_300_799_u64, "client_id": CLIENT_ID, "token_use": "access",
            "scope": "pets/read",
        });
        claims.to_string().into_bytes()
    };
    let of = |key: &Key, user_pool: usize| key.sign_claims(&claims(ISSUERS[user_pool]));
    let unknown = ACCESS.sign(br#"{"alg":"RS256","kid":"unknown"}"#, &claims(ISSUERS[0]));
    [
        (b'a', of(&ACCESS, 0)),
        (b'i', of(&ID, 0)),
        (b'o', of(&OTHER, 0)),
        (b'x', unknown),
        (b'b', of(&OTHER, 1)),
        (b'c', of(&ACCESS, 1)),
    ]
});

/// What a server gives: all keys, one fewer, one in place of another, none, no JWK Set, two of one name.
static DOCUMENTS: LazyLock<[String; 6]> = LazyLock::new(|| {
    [
        jwk_set([&*ACCESS, &*ID]),
        jwk_set([&*ACCESS]),
        jwk_set([&*OTHER, &*ID]),
        jwk_set([]),
        "<html>".to_owned(),
        jwk_set([&*ACCESS, &*OTHER, &*ID]),
    ]
});

/// Input: what happens, a letter each. `a`, `i`, `o`, `x`, `b`, `c` a token is verified; in capitals the same through the
/// layer, which may fetch, and the answer is waited for; after `&` it is not waited for, and `~` drops the request that has
/// waited longest. `0` to `8` what a server answers from now on, and `@` which one that is, or the other one again; `M` how
/// long the answers are fresh. `[` fetches are held from now on, `]` they are not, `(` lets the first of those go that are
/// held, `)` the last. `s`, `t`, `m`, `h` a second, ten seconds, ten minutes or an hour pass; `H` the keys are hydrated, `r`
/// it is asked whether the service is ready; `R` the tokens' user is revoked, or that is taken back; `*` the cache is emptied.
pub fn keys(data: &[u8]) {
    fastrand::seed(7);
    let is_revoked = Arc::new(AtomicBool::new(false));
    let revoked = Arc::clone(&is_revoked);
    let engine = Engine::new(|builder| {
        let builder = builder.max_key_age(HARD_AGE).token_cache_bytes(64 * 1_024);
        builder.revocation_check(move |_| revoked.load(Ordering::SeqCst))
    });
    engine.source.set(1, Answer::Document(DOCUMENTS[2].clone()));
    let mut model = Model::default();
    let (mut server, mut max_ages) = (0, [60, 1_200, 100_000].map(Duration::from_secs).into_iter().map(Some));
    let mut letters = data.iter().copied().take(300);
    while let Some(letter) = letters.next() {
        model.is_revoked = is_revoked.load(Ordering::SeqCst);
        match letter {
            b'0' => engine.source.set(server, Answer::Failure),
            b'1'..=b'6' => engine.source.set(server, Answer::Document(DOCUMENTS[usize::from(letter - b'1')].clone())),
            b'7' => engine.source.set(server, Answer::Never),
            b'8' => engine.source.set(server, Answer::NotModified),
            b'@' => server = 1 - server,
            b'M' => engine.source.set_max_age(max_ages.next().flatten()),
            b'[' => engine.source.set_holds(true),
            b']' => engine.source.set_holds(false),
            b'(' | b')' => model.step(&engine, || engine.source.let_go(letter == b'(')),
            b's' => engine.clock.advance(1),
            b't' => engine.clock.advance(10),
            b'm' => engine.clock.advance(600),
            b'h' => engine.clock.advance(3_600),
            b'H' => {
                let had_keys = model.has_all_keys(&engine);
                let hydrated = model.wait(&engine, engine.authorizer.hydrate()).is_ok();
                assert!(hydrated || !had_keys);
                assert_eq!(hydrated, model.has_all_keys(&engine));
            }
            b'r' => {
                let had_keys = model.has_all_keys(&engine);
                assert_eq!(model.step(&engine, || engine.authorizer.is_ready()), had_keys);
            }
            b'R' => drop(is_revoked.fetch_xor(true, Ordering::SeqCst)),
            b'*' => engine.authorizer.flush_token_cache(),
            b'~' => {
                let status =
                    || (format!("{:?}", engine.authorizer.key_status()), engine.authorizer.token_cache_status());
                let before = status();
                model.step(&engine, || engine.drop_first());
                assert_eq!(status(), before, "a request that is dropped leaves a trace");
                assert!(model.is_quiet(), "a fetch ends with the request that asked for it");
            }
            b'&' => {
                let Some((name, token)) = letters.next().and_then(token) else { continue };
                model.step(&engine, || engine.send(name, token));
            }
            letter => match token(letter) {
                Some((name, token)) if letter.is_ascii_lowercase() => verify(&engine, &mut model, name, token),
                Some((name, token)) => {
                    engine.send(name, token);
                    model.wait(&engine, async {});
                }
                None => {}
            },
        }
        model.compare_status(&engine);
        assert!(NOW <= engine.clock.now().as_secs());
    }
}

fn token(letter: u8) -> Option<(u8, &'static str)> {
    let mut all = TOKENS.iter().map(|(name, token)| (*name, &**token));
    all.find(|(name, _)| name.eq_ignore_ascii_case(&letter))
}

/// With the keys at hand, and with whatever is remembered: the token by itself, and then all that is asked of it.
fn verify(engine: &Engine, model: &mut Model, name: u8, token: &str) {
    let keys = model.keys_for(engine, name);
    let verdict = model.use_keys(engine, name, || engine.authorizer.verify(RawToken::new(token)));
    keys.judge(verdict, false);
    // The look at the keys may have brought newer ones.
    let keys = model.keys_for(engine, name);
    let scopes = RouteAuthorization::with_scopes(["pets/read"]).unwrap();
    let headers = HeaderMap::from_iter([(http::header::AUTHORIZATION, token.parse().unwrap())]);
    let verdict = model.use_keys(engine, name, || engine.authorizer.authorize(&scopes, &headers, None));
    keys.judge(verdict, model.is_revoked);
}
