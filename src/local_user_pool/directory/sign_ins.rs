//! The sign-ins and challenges of a user pool's users.

use std::collections::BTreeMap;

use super::{
    Challenge, Pool, SignIn,
    limits::{MAX_CHALLENGES_OF_USER, MAX_SIGN_INS, MAX_SIGN_INS_OF_USER},
};
use crate::local_user_pool::cryptography::fingerprint;

impl Pool {
    /// Adds a sign-in. Drops sign-ins whose tokens have all expired, and the oldest sign-ins above the limits.
    pub(crate) fn insert_sign_in(&mut self, refresh_token: &str, mut sign_in: SignIn, now: u64) {
        // An access token of the last refresh is valid for up to one day longer than the refresh token.
        self.sign_ins.retain(|_, sign_in| sign_in.expires_at.saturating_add(86_400) > now);
        let is_of_user = |own: &SignIn| own.sub == sign_in.sub;
        drop_oldest(&mut self.sign_ins, MAX_SIGN_INS_OF_USER, is_of_user, |own| own.number);
        drop_oldest(&mut self.sign_ins, MAX_SIGN_INS, |_| true, |own| own.number);
        sign_in.number = self.next_number();
        self.sign_ins.insert(fingerprint(refresh_token), sign_in);
    }

    /// Returns the sign-in of an access token.
    pub(crate) fn sign_in_of_event(&self, event_id: &str) -> Option<&SignIn> {
        self.sign_ins.values().find(|sign_in| sign_in.event_id == event_id)
    }

    /// Revokes all sign-ins of a user, including pending ones.
    pub(crate) fn sign_out(&mut self, sub: &str) {
        self.sign_ins.values_mut().filter(|own| own.sub == sub).for_each(|own| own.is_revoked = true);
        self.forget_challenges(sub);
        if let Some(user) = self.subject_mut(sub) {
            user.sign_outs = user.sign_outs.saturating_add(1);
        }
    }

    pub(crate) fn insert_challenge(&mut self, session: &str, mut challenge: Challenge, now: u64) {
        self.challenges.retain(|_, challenge| challenge.expires_at > now);
        let is_open = |own: &Challenge| own.sub == challenge.sub && !own.is_used;
        drop_oldest(&mut self.challenges, MAX_CHALLENGES_OF_USER, is_open, |own| own.number);
        challenge.number = self.next_number();
        self.challenges.insert(fingerprint(session), challenge);
    }

    pub(super) fn next_number(&mut self) -> u64 {
        self.counted = self.counted.saturating_add(1);
        self.counted
    }

    pub(crate) fn challenge(&self, session: &str) -> Option<&Challenge> {
        self.challenges.get(&fingerprint(session))
    }

    /// Marks a challenge as answered.
    pub(crate) fn use_challenge(&mut self, session: &str) {
        if let Some(challenge) = self.challenges.get_mut(&fingerprint(session)) {
            challenge.is_used = true;
        }
    }

    /// Drops the open challenges of a user: a new password invalidates them.
    pub(crate) fn forget_challenges(&mut self, sub: &str) {
        self.challenges.retain(|_, challenge| challenge.sub != sub || challenge.is_used);
    }
}

/// Removes the oldest counted items until there is room for one more.
fn drop_oldest<T>(all: &mut BTreeMap<String, T>, most: usize, counts: impl Fn(&T) -> bool, age: impl Fn(&T) -> u64) {
    while all.values().filter(|one| counts(one)).count() >= most {
        let oldest = all.iter().filter(|(_, one)| counts(one)).min_by_key(|(_, one)| age(one));
        let Some(key) = oldest.map(|(key, _)| key.clone()) else { return };
        all.remove(&key);
    }
}
