//! When to fetch: what has happened so far and the time in, what to do out. Nothing is fetched here.

use std::time::Duration;

use crate::limits::JWK_SET_COOL_DOWN;

/// What happened so far to the keys of one user pool.
#[derive(Debug, Default)]
pub(super) struct Refresh {
    is_under_way: bool,
    /// When the last fetch ended.
    ended_at: Option<Duration>,
}

/// What to do about a key that is not at hand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Action {
    /// Fetch, and wait for the end of it.
    Start,
    /// A fetch is under way: wait for its end.
    Join,
    /// Do without: the last fetch ended too short a while ago.
    CoolDown,
}

impl Refresh {
    /// A token names a key that is not at hand.
    pub(super) fn key_missed(&mut self, now: Duration) -> Action {
        if self.is_under_way {
            return Action::Join;
        }
        if self.ended_at.is_some_and(|ended_at| now.saturating_sub(ended_at) < JWK_SET_COOL_DOWN) {
            return Action::CoolDown;
        }
        self.is_under_way = true;
        Action::Start
    }

    /// The fetch that was started ended, with keys or without.
    pub(super) fn fetch_ended(&mut self, now: Duration) {
        self.is_under_way = false;
        self.ended_at = Some(now);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_fetch_at_a_time_and_a_cool_down_between_two() {
        let mut refresh = Refresh::default();
        let at = Duration::from_secs;
        assert_eq!(refresh.key_missed(at(0)), Action::Start);
        assert_eq!(refresh.key_missed(at(0)), Action::Join);
        assert_eq!(refresh.key_missed(at(60)), Action::Join, "however long it takes");
        refresh.fetch_ended(at(61));
        assert_eq!(refresh.key_missed(at(61)), Action::CoolDown);
        assert_eq!(refresh.key_missed(at(70)), Action::CoolDown);
        assert_eq!(refresh.key_missed(at(71)), Action::Start);
        assert_eq!(refresh.key_missed(at(71)), Action::Join);
    }
}
