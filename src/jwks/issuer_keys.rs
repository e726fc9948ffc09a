//! The keys of one issuer, and the state of their fetches.

use std::{
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Duration,
};

use arc_swap::{ArcSwap, ArcSwapOption, Guard};
use tokio::sync::watch;

use super::{
    KeySource, KeyState, KeyStatus,
    events::KeyEvents,
    key_set::KeySet,
    last_known_good::LastKnownGood,
    refresh::{Action, Refresh, RefreshEvent, Sequence},
    turns::Turns,
};
use crate::{
    clock::Clock,
    limits::{LAST_KNOWN_GOOD_TIMEOUT, MAX_WAITING_REQUESTS},
    user_pool::Issuer,
};

/// How to fetch keys, for every issuer of an authorizer.
#[derive(Clone, Debug)]
pub(crate) struct FetchSettings {
    pub(crate) fetch_timeout: Duration,
    /// The age from which keys are no longer trusted.
    pub(crate) hard_age: Duration,
    pub(crate) last_known_good: Option<LastKnownGood>,
    pub(crate) clock: Arc<dyn Clock>,
}

/// The keys of one issuer.
#[derive(Debug)]
pub(super) struct IssuerKeys {
    pub(super) issuer: Arc<Issuer>,
    pub(super) source: Arc<dyn KeySource>,
    pub(super) settings: FetchSettings,
    /// Shared by all issuers of the authorizer, and by authorizers that are used together.
    turns: ArcSwap<Turns>,
    /// Every request reads this field without a lock. It holds a set exactly when `refresh` has keys in use; both
    /// change together, under the lock.
    current: ArcSwapOption<KeySet>,
    /// Counts how often keys were put into use, including each time the server confirms that they are unchanged. Lets a
    /// request that missed a key detect newer keys.
    times_taken: AtomicU64,
    /// Whether the server answered the last fetch with status 403 or 404.
    is_denied: AtomicBool,
    /// Whether a fetch has had its turn.
    was_fetched: AtomicBool,
    /// When to look at the keys next, in milliseconds of the monotonic clock.
    next_look: AtomicU64,
    state: Mutex<State>,
    /// The latest fetch that has ended.
    ended: watch::Sender<Sequence>,
    /// The latest fetch whose keys were written to the last known good file.
    pub(super) written: tokio::sync::Mutex<Sequence>,
}

#[derive(Debug)]
struct State {
    refresh: Refresh,
    /// Counts the different documents.
    generation: u64,
    /// Why the last fetch failed, if it did.
    failure: Option<String>,
}

/// The action for a key that is not cached.
pub(super) enum Missed {
    /// Start this fetch.
    Start(Sequence),
    /// Wait for this fetch, which is under way.
    Join(Sequence),
}

impl IssuerKeys {
    pub(super) fn new(
        issuer: Arc<Issuer>,
        source: Arc<dyn KeySource>,
        mut settings: FetchSettings,
        turns: Turns,
    ) -> Self {
        settings.last_known_good = settings.last_known_good.filter(|_| source.is_persistable());
        let patience = patience(settings.fetch_timeout);
        let refresh = Refresh::new(settings.hard_age, patience, turns.rounds());
        Self {
            issuer,
            source,
            settings,
            turns: ArcSwap::from_pointee(turns),
            current: ArcSwapOption::empty(),
            times_taken: AtomicU64::new(0),
            is_denied: AtomicBool::new(false),
            was_fetched: AtomicBool::new(false),
            next_look: AtomicU64::new(u64::MAX),
            state: Mutex::new(State { refresh, generation: 0, failure: None }),
            ended: watch::Sender::new(0),
            written: tokio::sync::Mutex::new(0),
        }
    }

    /// Whether to [look](Self::look) at the keys in use.
    #[inline]
    pub(super) fn is_time_to_look(&self, now: Duration) -> bool {
        millis(now) >= self.next_look.load(Ordering::Relaxed)
    }

    /// Returns the keys in use, whatever their age.
    #[inline]
    pub(super) fn current(&self) -> Guard<Option<Arc<KeySet>>> {
        self.current.load()
    }

    /// Returns how often keys were put into use, unchanged keys included.
    pub(super) fn times_taken(&self) -> u64 {
        self.times_taken.load(Ordering::Acquire)
    }

    pub(super) fn note_denial(&self, is_denied: bool) {
        self.is_denied.store(is_denied, Ordering::Release);
    }

    /// Whether the server answered 403 or 404 for this issuer, and no keys were ever in use.
    pub(super) fn are_denied(&self) -> bool {
        self.is_denied.load(Ordering::Acquire) && self.times_taken() == 0
    }

    /// Returns the action for a key that is not cached.
    ///
    /// Returns `None` if no fetch can start yet, or if keys were put into use since `seen`: they may include the key.
    pub(super) fn missed(&self, seen: u64) -> Option<Missed> {
        if self.ended.receiver_count() >= MAX_WAITING_REQUESTS {
            return None;
        }
        let now = self.settings.clock.monotonic();
        let mut state = self.lock();
        if self.times_taken() != seen {
            return None;
        }
        match state.refresh.on(RefreshEvent::KeyMissed, now) {
            Action::Join(sequence) => Some(Missed::Join(sequence)),
            Action::Start(sequence) => Some(Missed::Start(sequence)),
            _ => None,
        }
    }

    /// Returns a receiver that reports when fetches end.
    pub(super) fn ends(&self) -> watch::Receiver<Sequence> {
        self.ended.subscribe()
    }

    /// Returns the time until another fetch may start.
    pub(super) fn cool_down(&self) -> Duration {
        let now = self.settings.clock.monotonic();
        self.lock().refresh.may_start_at().saturating_sub(now)
    }

    /// Whether a fetch has had its turn. The first fetch of an issuer waits less.
    pub(super) fn was_fetched(&self) -> bool {
        self.was_fetched.load(Ordering::Acquire)
    }

    /// Returns the turns that fetches of this issuer wait for.
    pub(super) fn turns(&self) -> Arc<Turns> {
        self.turns.load_full()
    }

    /// Makes fetches wait for these turns from now on.
    pub(super) fn share_turns(&self, turns: &Turns) {
        let now = self.settings.clock.monotonic();
        self.lock().refresh.set_rounds(turns.rounds(), now);
        self.turns.store(Arc::new(turns.clone()));
    }

    pub(super) fn status(&self) -> KeyStatus {
        let now = self.settings.clock.monotonic();
        let state = self.lock();
        let current = self.current.load();
        let current = current.as_ref().filter(|_| state.refresh.is_trusted(now));
        KeyStatus {
            issuer: Arc::clone(&self.issuer),
            state: match current {
                None => KeyState::Missing,
                Some(_) if state.refresh.is_fresh(now) => KeyState::Fresh,
                Some(_) => KeyState::Stale,
            },
            keys: current.map_or(0, |keys| keys.set.len()),
            age: current.and_then(|_| state.refresh.age(now)),
            generation: state.generation,
            failure: state.failure.clone(),
        }
    }

    /// Records that a fetch got its turn: its time begins.
    pub(super) fn begun(&self, sequence: Sequence) {
        self.was_fetched.store(true, Ordering::Release);
        let now = self.settings.clock.monotonic();
        self.lock().refresh.on(RefreshEvent::Begun { sequence }, now);
    }

    /// Records the keys of a fetch, and returns whether they are in use now.
    pub(super) fn fetched(&self, sequence: Sequence, keys: KeySet, max_age: Option<Duration>) -> bool {
        let now = self.settings.clock.monotonic();
        let events = KeyEvents(&self.issuer);
        let mut state = self.lock();
        if state.refresh.on(RefreshEvent::Fetched { sequence, max_age }, now) != Action::Take {
            drop(state);
            events.fetch("late");
            return false;
        }
        let is_new = self.current.load().as_ref().is_none_or(|current| current.document != keys.document);
        state.generation += u64::from(is_new);
        let has_recovered = state.failure.take().is_some();
        let keys = self.use_keys(keys, &state, now);
        let generation = state.generation;
        drop(state);
        if is_new {
            events.dropped(keys.set.dropped());
        }
        if is_new || has_recovered {
            events.obtained(&keys.set, generation);
        }
        events.fetch(if is_new { "taken" } else { "unchanged" });
        events.in_use(keys.set.len(), keys.obtained);
        true
    }

    /// Records that a fetch failed.
    pub(super) fn failed(&self, sequence: Sequence, reason: &str) {
        let event = RefreshEvent::Failed { sequence, jitter: fastrand::u8(..) };
        let now = self.settings.clock.monotonic();
        let events = KeyEvents(&self.issuer);
        let mut state = self.lock();
        let counts = state.refresh.on(event, now) != Action::Leave;
        let was_failing = state.failure.is_some();
        if counts {
            state.failure = Some(reason.to_owned());
        }
        drop(state);
        events.fetch("failed");
        if counts && !was_failing {
            events.failing(reason, self.current.load().is_some());
        } else {
            events.still_failing(reason);
        }
    }

    /// Records that a fetch was dropped because the authorizer or the runtime ends.
    pub(super) fn given_up(&self, sequence: Sequence) {
        let now = self.settings.clock.monotonic();
        self.lock().refresh.on(RefreshEvent::Dropped { sequence }, now);
        KeyEvents(&self.issuer).fetch("dropped");
    }

    /// Records keys of this age from the last known good file.
    pub(super) fn found(&self, keys: KeySet, age: Duration) {
        let now = self.settings.clock.monotonic();
        let events = KeyEvents(&self.issuer);
        let mut state = self.lock();
        if state.refresh.on(RefreshEvent::Found { age }, now) != Action::Take {
            return;
        }
        state.generation += 1;
        let keys = self.use_keys(keys, &state, now);
        drop(state);
        events.found(&keys.set, age);
        events.in_use(keys.set.len(), keys.obtained);
    }

    /// Returns the keys in use, as a reference that the caller may keep.
    pub(super) fn in_use(&self) -> Option<Arc<KeySet>> {
        self.current.load_full()
    }

    /// Wakes the requests that wait for the fetch.
    pub(super) fn tell_ended(&self, sequence: Sequence) {
        self.ended.send_modify(|ended| *ended = sequence.max(*ended));
    }

    /// Checks the keys in use before they are used. Returns the fetch to start if a refresh is due.
    pub(super) fn look(&self, now: Duration) -> Option<Sequence> {
        let mut state = self.lock();
        let action = state.refresh.on(RefreshEvent::KeysUsed, now);
        if action == Action::Distrust {
            self.current.store(None);
        }
        self.next_look.store(millis(state.refresh.next_look(now)), Ordering::Relaxed);
        drop(state);
        match action {
            Action::Distrust => KeyEvents(&self.issuer).distrusted(self.settings.hard_age),
            Action::Start(sequence) => return Some(sequence),
            _ => {}
        }
        None
    }

    fn use_keys(&self, keys: KeySet, state: &State, now: Duration) -> Arc<KeySet> {
        let keys = Arc::new(KeySet { generation: state.generation, ..keys });
        self.current.store(Some(Arc::clone(&keys)));
        self.times_taken.fetch_add(1, Ordering::Release);
        self.next_look.store(millis(state.refresh.next_look(now)), Ordering::Relaxed);
        keys
    }

    /// Locks the state. No code panics under the lock: it is small and part of this crate. The clock may be custom, so
    /// it is read before the lock is taken.
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Returns how long a fetch may be under way before it is given up: its time-out, a read of the last known good file,
/// and a margin for a busy runtime.
fn patience(fetch_timeout: Duration) -> Duration {
    fetch_timeout.saturating_add(LAST_KNOWN_GOOD_TIMEOUT).saturating_add(Duration::from_millis(500))
}

fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}
