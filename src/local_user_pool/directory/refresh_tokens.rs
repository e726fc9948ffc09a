//! The state and rotation of refresh tokens.
//!
//! 1. The newest token of a sign-in is valid until the sign-in expires.
//! 2. A rotated-out token is valid within its grace period. A retry issues a newer token, and the previously newest
//!    token is rotated out without a grace period.
//! 3. The first and the newest token revoke the sign-in with all of its tokens; any other token revokes nothing.
//!
//! Source: Cognito, "Refresh tokens", and measurements ([behaviour §7.4.15](crate::docs::behaviour)).

use std::{collections::BTreeMap, mem};

use super::{
    Pool, RefreshTokenState, SignIn,
    limits::MAX_REPLACED_TOKENS,
    sign_in::{RotatedToken, Rotation},
};
use crate::local_user_pool::cryptography::fingerprint;

impl Pool {
    pub(crate) fn refresh_token(&self, token: &str, client_id: &str, now: u64) -> RefreshTokenState<'_> {
        let token = fingerprint(token);
        match self.sign_in_of(&token) {
            Some((_, sign_in)) if sign_in.client_id != client_id => RefreshTokenState::Unknown,
            Some((_, sign_in)) if sign_in.is_revoked => RefreshTokenState::Revoked,
            Some((_, sign_in)) if sign_in.expires_at <= now => RefreshTokenState::Expired,
            Some((_, sign_in)) if sign_in.is_replaced(&token, now) => RefreshTokenState::Reused,
            Some((_, sign_in)) => RefreshTokenState::Good(sign_in),
            None => RefreshTokenState::Unknown,
        }
    }

    /// Replaces a refresh token with a new one; the old one can be retried for `grace_seconds`.
    pub(crate) fn rotate(&mut self, token: &str, new: &str, grace_seconds: u64, now: u64) {
        let (token, new, number) = (fingerprint(token), fingerprint(new), self.next_number());
        let Some(first) = self.sign_in_of(&token).map(|(first, _)| first.clone()) else { return };
        let Some(sign_in) = self.sign_ins.get_mut(&first) else { return };
        let rotation = sign_in.rotation.get_or_insert_with(|| Rotation { newest: first, replaced: BTreeMap::new() });
        let retried_until = if rotation.newest == token { now.saturating_add(grace_seconds) } else { now };
        let newest = mem::replace(&mut rotation.newest, new);
        rotation.replaced.insert(newest, RotatedToken { number, retried_until });
        while rotation.replaced.len() > MAX_REPLACED_TOKENS {
            let oldest = rotation.replaced.iter().min_by_key(|(_, one)| one.number).map(|(token, _)| token.clone());
            let Some(oldest) = oldest else { return };
            rotation.replaced.remove(&oldest);
        }
    }

    /// Revokes the sign-in of a refresh token, if the token is the first or the newest one.
    pub(crate) fn revoke(&mut self, refresh_token: &str) {
        let token = fingerprint(refresh_token);
        let Some((first, sign_in)) = self.sign_in_of(&token) else { return };
        let is_newest = sign_in.rotation.as_ref().is_some_and(|rotation| rotation.newest == token);
        if *first == token || is_newest {
            let first = first.clone();
            if let Some(sign_in) = self.sign_ins.get_mut(&first) {
                sign_in.is_revoked = true;
            }
        }
    }

    /// Finds a sign-in by the fingerprint of any of its refresh tokens; also returns the fingerprint of the first one.
    fn sign_in_of(&self, token: &str) -> Option<(&String, &SignIn)> {
        let is_of = |(_, sign_in): &(&String, &SignIn)| {
            sign_in.rotation.as_ref().is_some_and(|own| own.newest == token || own.replaced.contains_key(token))
        };
        self.sign_ins.get_key_value(token).or_else(|| self.sign_ins.iter().find(is_of))
    }
}

impl SignIn {
    /// Whether a refresh token was rotated out and its grace period is over.
    fn is_replaced(&self, token: &str, now: u64) -> bool {
        self.rotation.as_ref().is_some_and(|rotation| {
            rotation.newest != token && rotation.replaced.get(token).is_none_or(|own| own.retried_until <= now)
        })
    }
}
