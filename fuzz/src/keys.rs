//! Keys are those that the server gave last, and no others; a known one never waits, and none outlives its time.

use std::{sync::LazyLock, time::Duration};

use cognito_authorizer::{Clock, KeyState, RawToken, Rejection, RejectionKind, RouteAuthorization, ScopeSet, Verdict};
use http::{HeaderMap, Request};
use serde_json::json;

use super::{
    engine::{Answer, Engine},
    requests,
    tokens::{ACCESS, CLIENT_ID, ID, ISSUER, Key, NOW, OTHER, jwk_set},
};

/// Tokens for ever: `a` by the access key, `i` by the ID key, `o` by another key of the access key's name, `x` by a key
/// of no name that is known.
static TOKENS: LazyLock<[(u8, String); 4]> = LazyLock::new(|| {
    let claims = json!({
        "sub": "s", "iss": ISSUER, "exp": 253_402_300_799_u64, "client_id": CLIENT_ID, "token_use": "access",
        "scope": "pets/read",
    });
    let claims = claims.to_string().into_bytes();
    let of = |key: &Key| key.sign_claims(&claims);
    let unknown = ACCESS.sign(br#"{"alg":"RS256","kid":"unknown"}"#, &claims);
    [(b'a', of(&ACCESS)), (b'i', of(&ID)), (b'o', of(&OTHER)), (b'x', unknown)]
});

/// What the server gives: all keys, one fewer, one in place of another, none, no JWK Set, two of one name.
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

const HARD_AGE: Duration = Duration::from_secs(6 * 3_600);

/// Input: what happens, a letter each. `a`, `i`, `o`, `x` a token is verified; `A`, `I`, `O`, `X` the same through the
/// layer, which may fetch; `0` to `8` what the server answers from now on; `s`, `t`, `m`, `h` a second, ten seconds, ten
/// minutes or an hour pass; `H` the keys are hydrated, `r` it is asked whether the service is ready; `R` the token's user
/// is revoked, or that is taken back; `*` the cache is emptied.
pub fn keys(data: &[u8]) {
    fastrand::seed(7);
    let is_revoked = std::sync::Arc::new(std::sync::atomic::AtomicBool::new(false));
    let revoked = std::sync::Arc::clone(&is_revoked);
    let engine = Engine::new(|builder| {
        let builder = builder.max_key_age(HARD_AGE);
        builder.revocation_check(move |_| revoked.load(std::sync::atomic::Ordering::SeqCst))
    });
    let mut model = Model::default();
    for byte in data.iter().take(300) {
        match byte {
            b'0' => engine.source.set(Answer::Failure),
            b'1'..=b'6' => engine.source.set(Answer::Document(DOCUMENTS[usize::from(byte - b'1')].clone())),
            b'7' => engine.source.set(Answer::Never),
            b'8' => engine.source.set(Answer::NotModified),
            b's' => engine.clock.advance(1),
            b't' => engine.clock.advance(10),
            b'm' => engine.clock.advance(600),
            b'h' => engine.clock.advance(3_600),
            b'H' => {
                let had_keys = model.keys(&engine).is_some();
                let hydrated = engine.run(engine.authorizer.hydrate()).is_ok();
                model.note(&engine);
                assert!(hydrated || !had_keys);
                assert_eq!(hydrated, model.keys(&engine).is_some());
            }
            b'r' => {
                let is_ready = engine.run(async { engine.authorizer.is_ready() });
                assert_eq!(is_ready, model.keys(&engine).is_some());
            }
            b'R' => drop(is_revoked.fetch_xor(true, std::sync::atomic::Ordering::SeqCst)),
            b'*' => engine.authorizer.flush_token_cache(),
            byte => {
                let is_revoked = is_revoked.load(std::sync::atomic::Ordering::SeqCst);
                if let Some((name, token)) = TOKENS.iter().find(|(name, _)| name.eq_ignore_ascii_case(byte)) {
                    match byte.is_ascii_lowercase() {
                        true => model.verify(&engine, *name, token, is_revoked),
                        false => model.ask(&engine, *name, token, is_revoked),
                    }
                }
            }
        }
        model.note(&engine);
        model.compare_status(&engine);
    }
}

/// What the server has given, and what follows from it.
#[derive(Default)]
struct Model {
    /// The last set with a usable key, what is usable in it, and when it was given or said to be still the one.
    taken: Option<(String, Usable, Duration)>,
    fetches: u64,
    changes: u64,
}

/// Whose tokens are good.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Usable {
    access: bool,
    id: bool,
    other: bool,
}

impl Usable {
    fn of(document: &str) -> Option<Self> {
        static MODULI: LazyLock<[String; 3]> =
            LazyLock::new(|| [&*ACCESS, &*ID, &*OTHER].map(|key| key.modulus_and_exponent().0));
        let [access, id, other] = MODULI.each_ref().map(|modulus| document.contains(modulus));
        // Two keys of one name: neither is used.
        let usable = Self { access: access && !other, id, other: other && !access };
        (usable.access || usable.id || usable.other).then_some(usable)
    }

    fn has(self, token: u8) -> bool {
        match token {
            b'a' => self.access,
            b'i' => self.id,
            b'o' => self.other,
            _ => false,
        }
    }

    /// Whether the key that a token names is there, if not the one that it is signed with.
    fn names(self, token: u8) -> bool {
        match token {
            b'a' | b'o' => self.access || self.other,
            b'i' => self.id,
            _ => false,
        }
    }
}

impl Model {
    fn note(&mut self, engine: &Engine) {
        for (at, answer) in engine.source.take_answered() {
            self.fetches += 1;
            // Two at once, then one in ten seconds.
            assert!(self.fetches <= 2 + at.as_secs() / 10, "{} fetches in {at:?}", self.fetches);
            match answer {
                Answer::Document(document) => {
                    let Some(usable) = Usable::of(&document) else { continue };
                    let is_known = |(known, _, since): &(String, _, _)| *known == document && at - *since < HARD_AGE;
                    self.changes += u64::from(!self.taken.as_ref().is_some_and(is_known));
                    self.taken = Some((document, usable, at));
                }
                Answer::NotModified => {
                    if let Some((_, _, since)) = &mut self.taken
                        && at - *since < HARD_AGE
                    {
                        *since = at;
                    }
                }
                Answer::Failure | Answer::Never => {}
            }
        }
    }

    /// The keys that are to be used now.
    fn keys(&self, engine: &Engine) -> Option<Usable> {
        let (_, usable, since) = self.taken.as_ref()?;
        Some(*usable).filter(|_| engine.clock.monotonic() - *since < HARD_AGE)
    }

    /// With the keys at hand, and with whatever is remembered: the token by itself, and then all that is asked of it.
    fn verify(&mut self, engine: &Engine, name: u8, token: &str, is_revoked: bool) {
        let keys = self.keys(engine);
        let verdict = engine.run(async { engine.authorizer.verify(RawToken::new(token)) });
        judge(verdict, keys, name, false);
        // The look at the keys may have brought newer ones.
        self.note(engine);
        let keys = self.keys(engine);
        let scopes = RouteAuthorization::Scopes(ScopeSet::new(["pets/read"]).unwrap());
        let headers = HeaderMap::from_iter([(http::header::AUTHORIZATION, token.parse().unwrap())]);
        let verdict = engine.run(async { engine.authorizer.authorize(&scopes, &headers, None) });
        judge(verdict, keys, name, is_revoked);
    }

    /// Through the layer: a key that is missed may be fetched.
    fn ask(&mut self, engine: &Engine, name: u8, token: &str, is_revoked: bool) {
        let before = self.keys(engine);
        let request = Request::builder().header("authorization", token).body(()).unwrap();
        let response = engine.run(requests::send(&engine.layer, request));
        let kind = response.extensions().get::<Rejection>().map(|rejection| rejection.kind());
        self.note(engine);
        let after = self.keys(engine);
        let holds = |keys: Option<Usable>, test: fn(Usable, u8) -> bool| keys.is_some_and(|keys| test(keys, name));
        let has = holds(before, Usable::has) || holds(after, Usable::has);
        match kind {
            None => assert!(has && !is_revoked && response.status() == 200),
            Some(RejectionKind::Revoked) => assert!(has && is_revoked),
            Some(RejectionKind::InvalidSignature) => {
                assert!(holds(before, Usable::names) || holds(after, Usable::names));
                assert!(!(holds(before, Usable::has) && holds(after, Usable::has)));
            }
            Some(RejectionKind::UnknownKey) => assert!(!holds(before, Usable::names), "a known key is missed"),
            Some(RejectionKind::KeysUnavailable) => assert!(before.is_none(), "there are keys"),
            Some(kind) => panic!("{kind:?}"),
        }
        assert!(name != b'x' || kind.is_some());
    }

    fn compare_status(&self, engine: &Engine) {
        let status = engine.authorizer.key_status();
        let [status] = &status[..] else { panic!("{} issuers", status.len()) };
        match self.keys(engine) {
            None => assert_eq!((status.state, status.keys), (KeyState::Missing, 0)),
            Some(keys) => {
                assert_ne!(status.state, KeyState::Missing);
                assert_eq!(status.keys, [keys.access, keys.id, keys.other].iter().filter(|usable| **usable).count());
                let age = status.age.expect("keys have an age");
                assert!(age < HARD_AGE, "keys of {age:?}");
            }
        }
        assert!(status.generation <= self.changes.max(1), "generation {} of {}", status.generation, self.changes);
        assert!(NOW <= engine.clock.now().as_secs());
    }
}

/// A verdict next to the keys that it is given by.
fn judge<T>(verdict: Verdict<T>, keys: Option<Usable>, name: u8, is_revoked: bool) {
    let names = keys.is_some_and(|keys| keys.names(name));
    let has = keys.is_some_and(|keys| keys.has(name));
    match verdict {
        Verdict::Allow(_) => assert!(has && !is_revoked, "passes by {keys:?}, revoked: {is_revoked}"),
        Verdict::Deny(rejection) => {
            let kind = rejection.kind();
            let expected = if has { RejectionKind::Revoked } else { RejectionKind::InvalidSignature };
            assert!(names && kind == expected && has == (has && is_revoked), "{kind:?} by {keys:?}");
        }
        // What is known never waits.
        Verdict::NeedKeys(_) => assert!(!names, "a known key is missed, of {keys:?}"),
    }
}
