//! What the servers have given, and what follows from it, for the target `keys`.

use std::{sync::LazyLock, time::Duration};

use cognito_authorizer::{Rejection, RejectionKind, Verdict, clock::Clock, keys::KeyState};

use super::{
    engine::{Answered, Engine},
    key_source::{Answer, Ended},
    tokens::{ACCESS, ID, OTHER},
};

pub const HARD_AGE: Duration = Duration::from_secs(6 * 3_600);
/// After that long without a fetch another one may start, whatever was before.
const LONG: Duration = Duration::from_secs(60);

#[derive(Default)]
pub struct Model {
    pub is_revoked: bool,
    user_pools: [UserPoolKeys; 2],
}

#[derive(Default)]
struct UserPoolKeys {
    taken: Option<Taken>,
    fetches: u64,
    changes: u64,
    last_event: Option<Duration>,
    /// A fetch began in this step.
    has_begun: bool,
    /// The keys after each fetch that ended in this step.
    after: Vec<Option<Usable>>,
}

/// The answer with a usable key that was asked for last.
struct Taken {
    number: u64,
    document: String,
    usable: Usable,
    /// When it was given or said to be still the one.
    since: Duration,
    soft_age: Duration,
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
            b'a' | b'c' => self.access,
            b'i' => self.id,
            b'o' | b'b' => self.other,
            _ => false,
        }
    }

    /// Whether the key that a token names is there, if not the one that it is signed with.
    fn names(self, token: u8) -> bool {
        match token {
            b'a' | b'o' | b'b' | b'c' => self.access || self.other,
            b'i' => self.id,
            _ => false,
        }
    }
}

/// Keys next to a token.
#[derive(Clone, Copy, Debug)]
pub struct KeysFor {
    keys: Option<Usable>,
    token: u8,
}

impl KeysFor {
    fn names(self) -> bool {
        self.keys.is_some_and(|keys| keys.names(self.token))
    }

    /// What is said of the token by these keys, if nothing newer is waited for; `None` if it is good.
    fn refusal(self, is_revoked: bool) -> Option<RejectionKind> {
        match self.keys {
            None => Some(RejectionKind::KeysUnavailable),
            Some(keys) if keys.has(self.token) => is_revoked.then_some(RejectionKind::Revoked),
            Some(keys) if keys.names(self.token) => Some(RejectionKind::InvalidSignature),
            Some(_) => Some(RejectionKind::UnknownKey),
        }
    }

    pub fn judge<T>(self, verdict: Verdict<T>, is_revoked: bool) {
        match verdict {
            Verdict::Allow(_) => assert_eq!(self.refusal(is_revoked), None, "passes, with {self:?}"),
            Verdict::Deny(rejection) => {
                assert_eq!(self.refusal(is_revoked), Some(rejection.kind()), "with {self:?}");
            }
            // What is known never waits.
            Verdict::NeedKeys(_) => assert!(!self.names(), "a known key is missed, with {self:?}"),
        }
    }
}

/// Which user pool a token is of.
fn user_pool_of(token: u8) -> usize {
    usize::from(matches!(token, b'b' | b'c'))
}

impl Model {
    /// Does something, and judges what follows from it in no time.
    pub fn step<T>(&mut self, engine: &Engine, then: impl FnOnce() -> T) -> T {
        let before = self.user_pools.each_ref().map(|own| own.keys(engine));
        let (output, answered) = engine.step(then);
        self.note(engine);
        for answer in answered {
            let after = &self.user_pools[user_pool_of(answer.name)].after;
            // One that has waited goes on when a fetch has ended.
            let before = answer.is_new.then_some(before[user_pool_of(answer.name)]);
            self.judge(&answer, before, after);
        }
        for name in engine.waiting() {
            assert!(engine.source.is_asked(user_pool_of(name)), "a request waits, and no fetch is under way");
        }
        output
    }

    /// Does something that is waited for, and judges it and all that waits.
    pub fn wait<T>(&mut self, engine: &Engine, then: impl Future<Output = T>) -> T {
        let before = self.user_pools.each_ref().map(|own| own.keys(engine));
        let (output, answered) = engine.wait(then);
        self.note(engine);
        for answer in answered {
            let after = &self.user_pools[user_pool_of(answer.name)].after;
            // One may also have waited for too long.
            self.judge(&answer, Some(before[user_pool_of(answer.name)]), after);
        }
        output
    }

    /// Does something that uses the keys for a token: they are fetched anew exactly if they are stale.
    pub fn use_keys<T>(&mut self, engine: &Engine, token: u8, then: impl FnOnce() -> T) -> T {
        let now = engine.clock.monotonic();
        let own = &self.user_pools[user_pool_of(token)];
        let has_keys = own.keys(engine).is_some();
        let is_stale = has_keys && own.taken.as_ref().is_some_and(|taken| now - taken.since >= taken.soft_age);
        let may_begin = own.last_event.is_none_or(|at| now - at >= LONG);
        let output = self.step(engine, then);
        let has_begun = self.user_pools[user_pool_of(token)].has_begun;
        assert!(is_stale || !has_begun, "keys that are fresh, or that are not there, are fetched by their use");
        assert!(has_begun || !is_stale || !may_begin, "keys that are stale are not fetched");
        output
    }

    pub fn keys_for(&self, engine: &Engine, token: u8) -> KeysFor {
        KeysFor { keys: self.user_pools[user_pool_of(token)].keys(engine), token }
    }

    pub fn has_all_keys(&self, engine: &Engine) -> bool {
        self.user_pools.iter().all(|own| own.keys(engine).is_some())
    }

    /// Whether in the last step no fetch began or ended.
    pub fn is_quiet(&self) -> bool {
        self.user_pools.iter().all(|own| !own.has_begun && own.after.is_empty())
    }

    fn note(&mut self, engine: &Engine) {
        for own in &mut self.user_pools {
            own.has_begun = false;
            own.after.clear();
        }
        for event in engine.source.take_events() {
            let own = &mut self.user_pools[event.user_pool];
            own.last_event = Some(event.at);
            match event.ended {
                None => {
                    own.has_begun = true;
                    own.fetches += 1;
                    // Two at once, then one in ten seconds.
                    assert!(own.fetches <= 2 + event.at.as_secs() / 10, "{} fetches in {:?}", own.fetches, event.at);
                }
                Some(ended) => {
                    own.take(event.number, event.at, ended);
                    let keys = own.keys(engine);
                    own.after.push(keys);
                }
            }
        }
    }

    /// An answer of the layer, next to the keys that were there when it could be decided.
    fn judge(&self, answer: &Answered, before: Option<Option<Usable>>, after: &[Option<Usable>]) {
        let kind = answer.response.extensions().get::<Rejection>().map(|rejection| rejection.kind());
        assert_eq!(kind.is_none(), answer.response.status() == 200);
        let by = |keys| KeysFor { keys, token: answer.name };
        // A known key never waits for one that is newer.
        let after = if answer.is_new && before.is_some_and(|keys| by(keys).names()) { &[] } else { after };
        let possible: Vec<KeysFor> = before.into_iter().chain(after.iter().copied()).map(by).collect();
        let is_right = possible.iter().any(|keys| keys.refusal(self.is_revoked) == kind);
        assert!(is_right, "{kind:?}, with one of {possible:?}");
    }

    pub fn compare_status(&self, engine: &Engine) {
        let now = engine.clock.monotonic();
        let status = engine.authorizer.key_status();
        assert_eq!(status.len(), 2);
        for (own, status) in self.user_pools.iter().zip(status) {
            match (own.keys(engine), &own.taken) {
                (Some(keys), Some(taken)) => {
                    let age = now - taken.since;
                    let state = if age < taken.soft_age { KeyState::Fresh } else { KeyState::Stale };
                    assert_eq!((status.state, status.age), (state, Some(age)));
                    let count = [keys.access, keys.id, keys.other].iter().filter(|usable| **usable).count();
                    assert_eq!(status.keys, count);
                }
                _ => assert_eq!((status.state, status.keys, status.age), (KeyState::Missing, 0, None)),
            }
            assert!(status.generation <= own.changes, "generation {} of {}", status.generation, own.changes);
        }
    }
}

impl UserPoolKeys {
    /// The keys that are to be used now.
    fn keys(&self, engine: &Engine) -> Option<Usable> {
        let taken = self.taken.as_ref()?;
        Some(taken.usable).filter(|_| engine.clock.monotonic() - taken.since < HARD_AGE)
    }

    /// Takes what a fetch brought over, unless what is there was asked for later.
    fn take(&mut self, number: u64, at: Duration, ended: Ended) {
        let document = match ended.answer {
            Answer::Document(document) => Some(document),
            // Of the document that was asked about, whatever came since then.
            Answer::NotModified => ended.known,
            Answer::Failure | Answer::Never => None,
        };
        let Some((document, usable)) = document.and_then(|document| Usable::of(&document).map(|own| (document, own)))
        else {
            return;
        };
        if self.taken.as_ref().is_some_and(|taken| taken.number > number) {
            return;
        }
        let is_known = |taken: &Taken| taken.document == document && at - taken.since < HARD_AGE;
        self.changes += u64::from(!self.taken.as_ref().is_some_and(is_known));
        // Behaviour §10.13.
        let [shortest, usual, longest] = [300, 3_600, 7_200].map(Duration::from_secs);
        let soft_age = ended.max_age.unwrap_or(usual).clamp(shortest, longest);
        self.taken = Some(Taken { number, document, usable, since: at, soft_age });
    }
}
