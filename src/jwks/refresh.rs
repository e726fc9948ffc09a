//! Decides when to fetch keys: takes events with their times, and returns actions. This module does not fetch.
//!
//! Each issuer has one `Refresh`. It guarantees, whatever events arrive:
//!
//! 1. At most one fetch is under way.
//! 2. Fetches start no faster than the budget allows: [`JWK_SET_BURST`] at once, then one for each
//!    [`JWK_SET_COOL_DOWN`]. After a failure, the next fetch also waits for a back-off, which doubles with each failure
//!    and has jitter.
//! 3. The result of a fetch is used only if the fetch started later than the fetch of the keys in use.
//! 4. Using cached keys can start a fetch, but never waits for one.
//! 5. Keys are not used beyond their hard maximum age.
//!
//! Times are durations since a fixed moment, by a monotonic clock. If the clock goes back nevertheless, the guarantees
//! still hold.

use std::time::Duration;

use crate::limits::{
    JWK_SET_BURST, JWK_SET_COOL_DOWN, JWK_SET_FIRST_BACK_OFF, JWK_SET_LONGEST_BACK_OFF, JWK_SET_SOFT_AGE,
    MAX_JWK_SET_SOFT_AGE, MIN_JWK_SET_SOFT_AGE,
};

/// Numbers fetches in the order in which they start, from 1.
pub(super) type Sequence = u64;

/// The refresh state of one issuer's keys.
#[derive(Debug)]
pub(super) struct Refresh {
    /// The age from which keys are no longer trusted.
    hard_age: Duration,
    /// The time after which a fetch that has begun but not ended is given up.
    patience: Duration,
    /// The factor by which a fetch that still waits for its turn may take longer.
    rounds: u32,
    under_way: Option<UnderWay>,
    last_sequence: Sequence,
    /// When the whole budget is available again.
    budget_full_at: Duration,
    failures: u32,
    backs_off_until: Duration,
    /// The latest fetch whose keys were put into use; 0 before the first one.
    taken: Sequence,
    keys: Option<InUse>,
}

#[derive(Clone, Copy, Debug)]
struct UnderWay {
    sequence: Sequence,
    lost_at: Duration,
}

/// The times of the keys in use.
#[derive(Clone, Copy, Debug)]
struct InUse {
    /// When the keys were put into use. `age_then` is separate, because keys from a file can be older than the clock.
    since: Duration,
    age_then: Duration,
    fresh_until: Duration,
    trusted_until: Duration,
}

/// An event that affects when to fetch.
#[derive(Clone, Copy, Debug)]
pub(super) enum RefreshEvent {
    /// A token names a key that is not cached.
    KeyMissed,
    /// The keys are about to be used.
    KeysUsed,
    /// A fetch got its turn among the fetches of all issuers.
    Begun { sequence: Sequence },
    /// A fetch returned usable keys, or confirmed that the keys in use are unchanged. `max_age` is how long the server
    /// declares them fresh.
    Fetched { sequence: Sequence, max_age: Option<Duration> },
    /// A fetch failed. `jitter` is random.
    Failed { sequence: Sequence, jitter: u8 },
    /// A fetch was dropped before it ended, for a reason unrelated to the server.
    Dropped { sequence: Sequence },
    /// Keys of this age were read from the last known good file.
    Found { age: Duration },
}

/// The action that an event requires.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Action {
    /// Do nothing.
    Nothing,
    /// Start this fetch. A request that missed a key waits for the fetch to end.
    Start(Sequence),
    /// Wait for the end of this fetch, which is under way.
    Join(Sequence),
    /// Continue without a fetch: it is too early for another one.
    CoolDown,
    /// Use the new keys.
    Take,
    /// Discard the result: the keys in use are newer, or the new ones are too old.
    Leave,
    /// Stop using the keys in use: they are too old.
    Distrust,
}

impl Refresh {
    pub(super) fn new(hard_age: Duration, patience: Duration, rounds: u32) -> Self {
        Self {
            hard_age,
            patience,
            rounds,
            under_way: None,
            last_sequence: 0,
            budget_full_at: Duration::ZERO,
            failures: 0,
            backs_off_until: Duration::ZERO,
            taken: 0,
            keys: None,
        }
    }

    /// Sets how many fetches in a row a fetch waits for at most, itself included. A fetch under way may wait that long
    /// from now on.
    pub(super) fn set_rounds(&mut self, rounds: u32, now: Duration) {
        self.rounds = rounds;
        let lost_at = now.saturating_add(self.patience.saturating_mul(rounds));
        if let Some(fetch) = &mut self.under_way {
            fetch.lost_at = fetch.lost_at.max(lost_at);
        }
    }

    /// Handles an event, and returns the action to take.
    pub(super) fn on(&mut self, event: RefreshEvent, now: Duration) -> Action {
        match event {
            RefreshEvent::KeyMissed => self.key_missed(now),
            RefreshEvent::KeysUsed => self.keys_used(now),
            RefreshEvent::Begun { sequence } => {
                self.begun(sequence, now);
                Action::Nothing
            }
            RefreshEvent::Fetched { sequence, max_age } => self.fetched(sequence, max_age, now),
            RefreshEvent::Failed { sequence, jitter } => self.failed(sequence, jitter, now),
            RefreshEvent::Dropped { sequence } => {
                self.ended(sequence);
                Action::Nothing
            }
            RefreshEvent::Found { age } => self.found(age, now),
        }
    }

    /// Returns when to report [`RefreshEvent::KeysUsed`] next.
    pub(super) fn next_look(&self, now: Duration) -> Duration {
        let Some(keys) = self.keys else { return Duration::MAX };
        let may_fetch = keys.fresh_until.max(self.may_start_at());
        let given_up = self.under_way.map(|fetch| fetch.lost_at);
        // A fetch can wait for the next second; distrust cannot.
        keys.trusted_until.min(given_up.unwrap_or(may_fetch).max(now.saturating_add(Duration::from_secs(1))))
    }

    /// Returns when the back-off is over and the budget allows another fetch.
    pub(super) fn may_start_at(&self) -> Duration {
        self.backs_off_until
            .max(self.budget_full_at.saturating_sub(JWK_SET_COOL_DOWN.saturating_mul(JWK_SET_BURST - 1)))
    }

    /// Returns the age of the keys in use.
    pub(super) fn age(&self, now: Duration) -> Option<Duration> {
        self.keys.map(|keys| keys.age_then.saturating_add(now.saturating_sub(keys.since)))
    }

    /// Whether keys are in use and not too old.
    pub(super) fn is_trusted(&self, now: Duration) -> bool {
        self.keys.is_some_and(|keys| now < keys.trusted_until)
    }

    /// Whether keys are in use and no refresh is due.
    pub(super) fn is_fresh(&self, now: Duration) -> bool {
        self.keys.is_some_and(|keys| now < keys.fresh_until.min(keys.trusted_until))
    }

    fn key_missed(&mut self, now: Duration) -> Action {
        match self.fetch_under_way(now) {
            Some(sequence) => Action::Join(sequence),
            None => self.start(now).map_or(Action::CoolDown, Action::Start),
        }
    }

    fn keys_used(&mut self, now: Duration) -> Action {
        if self.keys.is_some() && !self.is_trusted(now) {
            self.keys = None;
            return Action::Distrust;
        }
        if self.keys.is_none() || self.is_fresh(now) || self.fetch_under_way(now).is_some() {
            return Action::Nothing;
        }
        self.start(now).map_or(Action::Nothing, Action::Start)
    }

    fn fetched(&mut self, sequence: Sequence, max_age: Option<Duration>, now: Duration) -> Action {
        self.ended(sequence);
        if self.taken >= sequence {
            return Action::Leave;
        }
        self.taken = sequence;
        self.failures = 0;
        self.backs_off_until = Duration::ZERO;
        let soft_age = max_age.unwrap_or(JWK_SET_SOFT_AGE).clamp(MIN_JWK_SET_SOFT_AGE, MAX_JWK_SET_SOFT_AGE);
        let (fresh_until, trusted_until) = (now.saturating_add(soft_age), now.saturating_add(self.hard_age));
        self.keys = Some(InUse { since: now, age_then: Duration::ZERO, fresh_until, trusted_until });
        Action::Take
    }

    fn failed(&mut self, sequence: Sequence, jitter: u8, now: Duration) -> Action {
        self.ended(sequence);
        if self.taken > sequence {
            return Action::Leave;
        }
        let doubled = JWK_SET_FIRST_BACK_OFF.saturating_mul(1 << self.failures.min(16));
        let longest = doubled.min(JWK_SET_LONGEST_BACK_OFF);
        // Between half and all of `longest`, so that many services do not retry at the same time.
        let back_off = longest / 2 + (longest / 2) * u32::from(jitter) / u32::from(u8::MAX);
        self.failures = self.failures.saturating_add(1);
        self.backs_off_until = now.saturating_add(back_off);
        Action::Nothing
    }

    fn found(&mut self, age: Duration, now: Duration) -> Action {
        // Only before the first keys: distrusted keys must not come back from the file.
        if self.keys.is_some() || self.taken > 0 || age >= self.hard_age {
            return Action::Leave;
        }
        let trusted_until = now.saturating_add(self.hard_age.saturating_sub(age));
        self.keys = Some(InUse { since: now, age_then: age, fresh_until: now, trusted_until });
        Action::Take
    }

    /// Returns the fetch under way. An overdue fetch counts as lost, so another one may start.
    fn fetch_under_way(&mut self, now: Duration) -> Option<Sequence> {
        self.under_way = self.under_way.filter(|fetch| now < fetch.lost_at);
        self.under_way.map(|fetch| fetch.sequence)
    }

    /// Starts a fetch if the back-off is over and the budget allows it.
    fn start(&mut self, now: Duration) -> Option<Sequence> {
        if now < self.may_start_at() {
            return None;
        }
        self.budget_full_at = self.budget_full_at.max(now).saturating_add(JWK_SET_COOL_DOWN);
        self.last_sequence += 1;
        let lost_at = now.saturating_add(self.patience.saturating_mul(self.rounds));
        self.under_way = Some(UnderWay { sequence: self.last_sequence, lost_at });
        Some(self.last_sequence)
    }

    fn begun(&mut self, sequence: Sequence, now: Duration) {
        if let Some(fetch) = self.under_way.as_mut().filter(|fetch| fetch.sequence == sequence) {
            fetch.lost_at = now.saturating_add(self.patience);
        }
    }

    fn ended(&mut self, sequence: Sequence) {
        self.under_way = self.under_way.filter(|fetch| fetch.sequence != sequence);
    }
}

#[cfg(test)]
mod tests;
