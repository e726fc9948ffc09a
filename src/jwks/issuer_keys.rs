//! The keys of one issuer: those in use, and what is known about getting newer ones.

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

/// How keys are obtained, the same for every issuer of an authorizer.
#[derive(Clone, Debug)]
pub(crate) struct FetchSettings {
    pub(crate) fetch_timeout: Duration,
    /// Age from which keys are not trusted any more.
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
    /// Shared with the other issuers of the authorizer, and with authorizers that it is used together with.
    turns: ArcSwap<Turns>,
    /// Read without a lock by every request. There is a set here exactly if `refresh` knows of keys
    /// in use; both change together, under the lock.
    current: ArcSwapOption<KeySet>,
    /// How often keys were taken into use: also those that were in use already, when the server says that they are still
    /// the ones. Whoever missed a key sees by it whether to look again.
    times_taken: AtomicU64,
    /// Whether the last fetch was answered, and the answer was that there are no such keys for us.
    is_denied: AtomicBool,
    /// Whether a fetch has had its turn.
    was_fetched: AtomicBool,
    /// When the keys in use are worth a look next, in milliseconds of the monotonic clock.
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
    /// Counts the documents that differ.
    generation: u64,
    /// Why the last fetch brought nothing, if it did not.
    failure: Option<String>,
}

/// What to do about a key that is not cached.
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

    /// Whether the keys in use are worth a [look](Self::look).
    #[inline]
    pub(super) fn is_time_to_look(&self, now: Duration) -> bool {
        millis(now) >= self.next_look.load(Ordering::Relaxed)
    }

    /// The keys in use, whatever their age.
    #[inline]
    pub(super) fn current(&self) -> Guard<Option<Arc<KeySet>>> {
        self.current.load()
    }

    /// How often keys were taken into use, also the same ones again.
    pub(super) fn times_taken(&self) -> u64 {
        self.times_taken.load(Ordering::Acquire)
    }

    pub(super) fn note_denial(&self, is_denied: bool) {
        self.is_denied.store(is_denied, Ordering::Release);
    }

    /// Whether the server has no keys of this issuer, and never gave any.
    pub(super) fn are_denied(&self) -> bool {
        self.is_denied.load(Ordering::Acquire) && self.times_taken() == 0
    }

    /// What to do about a key that is not cached: nothing, while it is too early for another fetch, and if keys were taken
    /// into use since `seen`, since the key may be there then.
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

    /// Tells when fetches end.
    pub(super) fn ends(&self) -> watch::Receiver<Sequence> {
        self.ended.subscribe()
    }

    /// Time until another fetch may start.
    pub(super) fn cool_down(&self) -> Duration {
        let now = self.settings.clock.monotonic();
        self.lock().refresh.may_start_at().saturating_sub(now)
    }

    /// Whether a fetch has had its turn: the first one waits less.
    pub(super) fn was_fetched(&self) -> bool {
        self.was_fetched.load(Ordering::Acquire)
    }

    /// The turns that its fetches wait for.
    pub(super) fn turns(&self) -> Arc<Turns> {
        self.turns.load_full()
    }

    /// From now on fetches wait for these turns.
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

    /// A fetch has its turn: its time begins.
    pub(super) fn begun(&self, sequence: Sequence) {
        self.was_fetched.store(true, Ordering::Release);
        let now = self.settings.clock.monotonic();
        self.lock().refresh.on(RefreshEvent::Begun { sequence }, now);
    }

    /// A fetch brought keys. Says whether they are in use now.
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

    /// A fetch brought nothing.
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

    /// A fetch was dropped on the way: the authorizer or the runtime ends.
    pub(super) fn given_up(&self, sequence: Sequence) {
        let now = self.settings.clock.monotonic();
        self.lock().refresh.on(RefreshEvent::Dropped { sequence }, now);
        KeyEvents(&self.issuer).fetch("dropped");
    }

    /// Keys of this age were found in a file.
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

    /// The same, to keep.
    pub(super) fn in_use(&self) -> Option<Arc<KeySet>> {
        self.current.load_full()
    }

    /// Tells those who wait that the fetch has ended.
    pub(super) fn tell_ended(&self, sequence: Sequence) {
        self.ended.send_modify(|ended| *ended = sequence.max(*ended));
    }

    /// The keys in use are about to be used, and it is time to see whether they are still good. Returns the fetch to start, if
    /// they are to be fetched anew.
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

    /// Nothing panics while the lock is held: what is done under it is ours alone, and small; the clock, which
    /// may be anybody's, is asked before.
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// How long a fetch may be under way before it is given up: its time-out, a look at the last known
/// good file, and some more for a runtime that is busy.
fn patience(fetch_timeout: Duration) -> Duration {
    fetch_timeout.saturating_add(LAST_KNOWN_GOOD_TIMEOUT).saturating_add(Duration::from_millis(500))
}

fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}
