//! The decision by itself, without clock, network or async: verify once, permit for each route.
#![allow(clippy::expect_used, clippy::indexing_slicing, clippy::panic, clippy::unwrap_used, reason = "tests")]

mod support;

use cognito_authorizer::{
    Claims, JwkSet, NeedKeys, RawToken, RejectionKind as No, RouteAuthorization, ScopeSet, UnixTime, UserPool, Verdict,
    Verifier,
};

use support::tokens::*;

fn verifier() -> Verifier {
    Verifier::new([POOL_ID, OTHER_POOL_ID].map(|id| UserPool::parse(id).unwrap())).unwrap()
}

fn keys() -> [JwkSet; 2] {
    let pools = [jwk_set([&*ID_KEY, &*ACCESS_KEY]), jwk_set([&*OTHER_POOL_KEY])];
    pools.map(|document| JwkSet::parse(document.as_bytes()).unwrap())
}

fn verify_at(token: &Token, now: u64) -> Verdict<Claims> {
    verifier().verify(RawToken::new(&token.sign()), &keys(), UnixTime::from_secs(now))
}

fn claims(token: &Token) -> Claims {
    match verify_at(token, NOW) {
        Verdict::Allow(claims) => claims,
        other => panic!("{other:?}"),
    }
}

fn scopes(names: &[&str]) -> RouteAuthorization {
    RouteAuthorization::Scopes(ScopeSet::new(names).unwrap())
}

#[test]
fn verifying_looks_at_the_time() {
    for (now, expected) in [(EXPIRES_AT - 1, None), (EXPIRES_AT, Some(No::Expired)), (u64::MAX, Some(No::Expired))] {
        let denied = match verify_at(&Token::access(), now) {
            Verdict::Allow(_) => None,
            Verdict::Deny(rejection) => Some(rejection.kind()),
            Verdict::NeedKeys(need) => panic!("{need:?}"),
        };
        assert_eq!(denied, expected, "at {now}");
    }
}

/// Claims that were verified and kept for a while are looked at again (T-CCH-2).
#[test]
fn permitting_looks_at_the_time_again() {
    let claims = claims(&Token::access());
    let permit = |now| verifier().permit(&claims, &scopes(&["pets/read"]), UnixTime::from_secs(now));
    assert_eq!(permit(EXPIRES_AT - 1), Ok(()));
    assert_eq!(permit(EXPIRES_AT).unwrap_err().kind(), No::Expired);
}

/// What was found out about a token for one route opens no other (T-CCH-3).
#[test]
fn each_route_decides_for_itself() {
    let (access, id) = (claims(&Token::access()), claims(&Token::id()));
    let now = UnixTime::from_secs(NOW);
    let permit = |claims, route| verifier().permit(claims, &route, now).err().map(|rejection| rejection.kind());
    assert_eq!(permit(&access, scopes(&["pets/read"])), None);
    assert_eq!(permit(&access, scopes(&["pets/admin"])), Some(No::InsufficientScope));
    assert_eq!(permit(&access, scopes(&["pets/admin", "pets/write"])), None);
    assert_eq!(permit(&access, RouteAuthorization::Token), Some(No::WrongTokenUse));
    assert_eq!(permit(&id, RouteAuthorization::Token), None);
    assert_eq!(permit(&id, scopes(&["pets/read"])), Some(No::WrongTokenUse));
    assert_eq!(permit(&access, RouteAuthorization::None), None);
}

#[test]
fn says_whose_keys_it_needs() {
    let unknown = Token::access().by(&NEXT_KEY);
    let other_form = ISSUER.replace("cognito-idp", "issuer-cognito-idp");
    for (token, user_pool, issuer) in [
        (unknown.clone(), 0, 0),
        (unknown.clone().with("iss", other_form), 0, 1),
        (unknown.with("iss", OTHER_ISSUER), 1, 0),
    ] {
        let Verdict::NeedKeys(need) = verify_at(&token, NOW) else { panic!("{:?}", token.claims) };
        let NeedKeys { user_pool: of_pool, issuer: of_issuer, .. } = need;
        assert_eq!((of_pool, of_issuer), (user_pool, issuer));
    }
}

/// Cognito has two forms of issuer, and both belong to one user pool.
#[test]
fn takes_either_form_of_the_issuer() {
    let token = Token::access().with("iss", ISSUER.replace("cognito-idp", "issuer-cognito-idp"));
    assert_eq!(claims(&token).user_pool().as_str(), POOL_ID);
}
