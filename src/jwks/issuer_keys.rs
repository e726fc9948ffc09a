//! The keys of one issuer: those in use, and what is known about getting newer ones.

use std::{
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use arc_swap::{ArcSwapOption, Guard};
use bytes::Bytes;
use tokio::{runtime::Handle, sync::watch, task::AbortHandle, time::timeout};

use super::{
    KeySource, KeyState, KeyStatus,
    fetch::Fetch,
    last_known_good::LastKnownGood,
    refresh::{Action, Event, Refresh, Sequence},
};
use crate::{clock::Clock, jose::JwkSet, user_pool::Issuer};

/// How keys are obtained, the same for every issuer of an authorizer.
#[derive(Clone, Debug)]
pub(crate) struct KeySettings {
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
    pub(super) settings: KeySettings,
    /// Read without a lock by every request.
    current: ArcSwapOption<KeySet>,
    /// When the keys in use are worth a look next, in milliseconds of the monotonic clock.
    next_look: AtomicU64,
    state: Mutex<State>,
    /// The latest fetch that has ended.
    ended: watch::Sender<Sequence>,
}

/// Keys in use.
#[derive(Debug)]
pub(super) struct KeySet {
    pub(super) set: JwkSet,
    pub(super) document: Bytes,
    pub(super) etag: Option<String>,
    /// By the monotonic clock. Keys that were found in a file were obtained before it began.
    obtained_at: Duration,
    age_then: Duration,
}

#[derive(Debug)]
struct State {
    refresh: Refresh,
    /// Counts the sets of keys that differ: what one vouched for, the next need not.
    generation: u64,
    /// Whether the last fetch brought nothing: told once, not each time.
    is_failing: bool,
    /// The fetch under way, to be ended with the authorizer.
    task: Option<AbortHandle>,
}

/// Keys that a fetch brought.
pub(super) struct Fetched {
    /// `None` if the document in use is still the one.
    pub(super) new: Option<(JwkSet, Bytes)>,
    pub(super) etag: Option<String>,
    pub(super) max_age: Option<Duration>,
}

/// Tells when a fetch has ended, well or not.
#[derive(Debug)]
pub(crate) struct Refreshed {
    ended: watch::Receiver<Sequence>,
    sequence: Sequence,
    at_most: Duration,
    /// Whether the fetch was under way before it was asked for, so that it may bring what was
    /// published before then.
    pub(crate) is_joined: bool,
}

impl Refreshed {
    /// Waits for the end of the fetch. That is never further away than its time-out; the bound here
    /// is for a runtime that does not get round to it.
    pub(crate) async fn wait(mut self) {
        let ended = self.ended.wait_for(|ended| *ended >= self.sequence);
        // Whether it ended, the authorizer is gone or it took too long: there is nothing to wait for.
        let _ = timeout(self.at_most, ended).await;
    }
}

impl IssuerKeys {
    pub(super) fn new(issuer: Arc<Issuer>, source: Arc<dyn KeySource>, settings: KeySettings) -> Self {
        let state = State {
            refresh: Refresh::new(settings.hard_age, patience(settings.fetch_timeout)),
            generation: 0,
            is_failing: false,
            task: None,
        };
        Self {
            issuer,
            source,
            settings,
            current: ArcSwapOption::empty(),
            next_look: AtomicU64::new(u64::MAX),
            state: Mutex::new(state),
            ended: watch::Sender::new(0),
        }
    }

    /// The keys in use. If it is time, newer ones are fetched in the background, or these are not
    /// trusted any more.
    pub(super) fn current(self: &Arc<Self>) -> Guard<Option<Arc<KeySet>>> {
        let now = self.settings.clock.monotonic();
        if millis(now) >= self.next_look.load(Ordering::Relaxed) {
            self.look(now);
        }
        self.current.load()
    }

    /// Has newer keys fetched, unless it is too early for that.
    pub(super) fn refresh(self: &Arc<Self>) -> Option<Refreshed> {
        let action = self.lock().refresh.on(Event::KeyMissed, self.settings.clock.monotonic());
        let (sequence, is_joined) = match action {
            Action::Join(sequence) => (sequence, true),
            Action::Start(sequence) => {
                self.start(sequence);
                (sequence, false)
            }
            _ => return None,
        };
        let at_most = patience(self.settings.fetch_timeout);
        Some(Refreshed { ended: self.ended.subscribe(), sequence, at_most, is_joined })
    }

    /// Time until another fetch may start.
    pub(super) fn cool_down(&self) -> Duration {
        let now = self.settings.clock.monotonic();
        self.lock().refresh.may_start_at().saturating_sub(now)
    }

    /// Ends the fetch under way, if there is one.
    pub(super) fn shut_down(&self) {
        if let Some(task) = self.lock().task.take() {
            task.abort();
        }
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
            age: current.map(|keys| keys.age_then.saturating_add(now.saturating_sub(keys.obtained_at))),
            generation: state.generation,
        }
    }

    /// A fetch brought keys.
    pub(super) fn fetched(&self, sequence: Sequence, fetched: Fetched) {
        let now = self.settings.clock.monotonic();
        let mut state = self.lock();
        let current = self.current.load_full();
        let unchanged = current.as_ref().map(|current| (current.set.clone(), current.document.clone()));
        let Some((set, document)) = fetched.new.or(unchanged) else {
            drop(state);
            return self.failed(sequence, "the document is said to be the same, and the one at hand is too old by now");
        };
        let action = state.refresh.on(Event::Fetched { sequence, max_age: fetched.max_age }, now);
        if action != Action::Take {
            self.count_fetch("late");
            return;
        }
        let is_new = current.is_none_or(|current| current.document != document);
        let issuer = self.issuer.name();
        if is_new {
            state.generation += 1;
            for dropped in set.dropped() {
                tracing::warn!(issuer, index = dropped.index(), reason = %dropped.reason(), "key of the JWK Set dropped");
            }
        }
        if is_new || state.is_failing {
            tracing::info!(issuer, keys = set.len(), generation = state.generation, "keys obtained");
        }
        self.count_fetch(if is_new { "taken" } else { "unchanged" });
        state.is_failing = false;
        let (etag, age_then) = (fetched.etag, Duration::ZERO);
        self.use_keys(KeySet { set, document, etag, obtained_at: now, age_then }, &state, now);
    }

    /// A fetch was dropped on the way: the authorizer or the runtime ends.
    pub(super) fn given_up(&self, sequence: Sequence) {
        self.lock().refresh.on(Event::Failed { sequence, jitter: 0 }, self.settings.clock.monotonic());
    }

    /// A fetch brought nothing.
    pub(super) fn failed(&self, sequence: Sequence, reason: &str) {
        let jitter = fastrand::u8(..);
        let mut state = self.lock();
        state.refresh.on(Event::Failed { sequence, jitter }, self.settings.clock.monotonic());
        self.count_fetch("failed");
        let issuer = self.issuer.name();
        if state.is_failing {
            tracing::debug!(issuer, reason, "keys still cannot be obtained");
        } else {
            let has_keys = self.current.load().is_some();
            tracing::warn!(issuer, reason, has_keys, "keys cannot be obtained; the ones at hand stay in use");
        }
        state.is_failing = true;
    }

    /// Keys of this age were found in a file.
    pub(super) fn found(&self, set: JwkSet, document: Bytes, age: Duration) {
        let now = self.settings.clock.monotonic();
        let mut state = self.lock();
        if state.refresh.on(Event::Found { age }, now) != Action::Take {
            return;
        }
        state.generation += 1;
        let issuer = self.issuer.name();
        tracing::warn!(issuer, keys = set.len(), seconds = age.as_secs(), "keys taken from the last known good file");
        let keys = KeySet { set, document, etag: None, obtained_at: now, age_then: age };
        self.use_keys(keys, &state, now);
    }

    /// Whether keys are in use, whatever their age.
    pub(super) fn has_keys(&self) -> bool {
        self.current.load().is_some()
    }

    /// The document in use.
    pub(super) fn document(&self) -> Option<Bytes> {
        self.current.load().as_ref().map(|keys| keys.document.clone())
    }

    /// The `ETag` of the document in use.
    pub(super) fn etag(&self) -> Option<String> {
        self.current.load().as_ref().and_then(|keys| keys.etag.clone())
    }

    /// Tells those who wait that the fetch has ended.
    pub(super) fn tell_ended(&self, sequence: Sequence) {
        self.ended.send_modify(|ended| *ended = sequence.max(*ended));
    }

    /// The keys in use are about to be used, and it is time to see whether they are still good.
    fn look(self: &Arc<Self>, now: Duration) {
        let mut state = self.lock();
        let action = state.refresh.on(Event::KeysUsed, now);
        if action == Action::Distrust {
            let seconds = self.settings.hard_age.as_secs();
            tracing::error!(issuer = self.issuer.name(), seconds, "keys are too old and not trusted any more");
            self.current.store(None);
            self.gauge_keys(0);
        }
        self.next_look.store(millis(state.refresh.next_look(now)), Ordering::Relaxed);
        drop(state);
        if let Action::Start(sequence) = action {
            self.start(sequence);
        }
    }

    fn start(self: &Arc<Self>, sequence: Sequence) {
        // Made before the task is spawned: whoever drops it, those who wait are told.
        let fetch = Fetch::new(Arc::clone(self), sequence);
        match Handle::try_current() {
            Ok(runtime) => {
                let task = runtime.spawn(fetch.run());
                self.lock().task = Some(task.abort_handle());
            }
            Err(_) => fetch.fail("keys are fetched on a tokio runtime, and there is none"),
        }
    }

    fn use_keys(&self, keys: KeySet, state: &State, now: Duration) {
        self.gauge_keys(keys.set.len());
        let obtained = self.settings.clock.now().as_secs().saturating_sub(keys.age_then.as_secs());
        let gauge = metrics::gauge!("cognito_authorizer_jwk_set_obtained_timestamp_seconds", "issuer" => self.label());
        gauge.set(u32::try_from(obtained).unwrap_or(u32::MAX));
        self.current.store(Some(Arc::new(keys)));
        self.next_look.store(millis(state.refresh.next_look(now)), Ordering::Relaxed);
    }

    fn gauge_keys(&self, keys: usize) {
        let gauge = metrics::gauge!("cognito_authorizer_jwk_set_keys", "issuer" => self.label());
        gauge.set(u32::try_from(keys).unwrap_or(u32::MAX));
    }

    fn count_fetch(&self, result: &'static str) {
        let name = "cognito_authorizer_jwk_set_fetches_total";
        metrics::counter!(name, "issuer" => self.label(), "result" => result).increment(1);
    }

    fn label(&self) -> String {
        self.issuer.name().to_owned()
    }

    /// A panic while the lock was held left nothing half done: each step is one assignment.
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// How long a fetch may be under way before it is given up: its time-out, and some more for a
/// runtime that is busy and for a look at the last known good file.
fn patience(fetch_timeout: Duration) -> Duration {
    fetch_timeout.saturating_mul(2).saturating_add(Duration::from_secs(1))
}

fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}
