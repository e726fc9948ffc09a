//! Section 7 of the attack list: claims that are kept.

use std::{
    collections::HashMap,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use cognito_authorizer::{
    Authorizer, RejectionKind as No, Verdict, clock::UnixTime, keys::JwkSet, limits, route::RouteAuthorization,
    token::RawToken,
};

use crate::{
    rows::builder,
    support::{
        counting,
        keys::{self, Answer, ScriptedKeys},
        requests::{denied, reason, request, scoped, send},
        soon,
        tokens::*,
    },
};

async fn hydrated(authorizer: cognito_authorizer::AuthorizerBuilder) -> Authorizer {
    let authorizer = authorizer.build().unwrap();
    authorizer.hydrate().await.unwrap();
    authorizer
}

#[tokio::test]
async fn t_cch_1_no_token_has_anothers_claims() {
    let authorizer = hydrated(builder(&ScriptedKeys::new())).await;
    let layer = scoped(&authorizer);
    // Two hundred tokens on the sixteen places of a thread: each pair, again and again.
    let tokens: Vec<(String, String)> = (0..200)
        .map(|number| (format!("user-{number:03}"), Token::access().with("sub", format!("user-{number:03}")).sign()))
        .collect();
    let subject = |token: &str| match authorizer.verify(RawToken::new(token)) {
        Verdict::Allow(claims) => claims.subject().to_owned(),
        other => panic!("{other:?}"),
    };
    for (one, first) in &tokens {
        for (other, second) in &tokens {
            assert_eq!((subject(first), subject(first), subject(second)), (one.clone(), one.clone(), other.clone()));
        }
    }
    for (one, token) in &tokens {
        assert_eq!(send(&layer, request("GET", "/", &[token])).await.body, *one, "through the layer");
    }
    // Every other byte in every place of one that is remembered; the end of it is where a thread looks for it.
    let token = &tokens[0].1;
    assert_eq!(subject(token), "user-000");
    let hits = authorizer.token_cache_status().hits;
    for place in 0..token.len() {
        for byte in [b'A', b'z', b'-', b'.', b'='] {
            let mut other = token.clone().into_bytes();
            if std::mem::replace(&mut other[place], byte) != byte {
                assert!(
                    matches!(authorizer.verify(RawToken::new(&other)), Verdict::Deny(_) | Verdict::NeedKeys(_)),
                    "{place}"
                );
            }
        }
        let (shorter, longer) = (&token[..place], format!("{}A{}", &token[..place], &token[place..]));
        assert!(!matches!(authorizer.verify(RawToken::new(shorter)), Verdict::Allow(_)), "{place}");
        assert!(!matches!(authorizer.verify(RawToken::new(&longer)), Verdict::Allow(_)), "{place}");
    }
    assert_eq!(authorizer.token_cache_status().hits, hits, "none was taken for it");
    // Differences that a careless comparison would not see.
    let (input, signature) = token.rsplit_once('.').unwrap();
    let last = signature.chars().last().unwrap();
    let respelled = format!("{input}.{}{}", &signature[..341], char::from(u8::try_from(last).unwrap() + 1));
    for other in [
        token.to_lowercase(),
        format!("{token}="),
        respelled,
        Token::access().with("sub", "user-000").with_header("alg", "rs256").sign(),
        Token::access().with("sub", "user-000").with_header("kid", ACCESS_KEY.kid.to_lowercase()).sign(),
    ] {
        assert!(reason(&layer, &other).await.is_some());
    }
}

#[tokio::test]
async fn t_cch_2_what_is_cached_expires() {
    let clock = keys::clock();
    let authorizer = hydrated(builder(&ScriptedKeys::new()).clock(clock.clone())).await;
    let layer = scoped(&authorizer);
    let token = Token::access().with("nbf", NOW).without("iat").sign();
    for _ in 0..4 {
        assert_eq!(reason(&layer, &token).await, None);
    }
    for (now, expected) in [
        (EXPIRES_AT - 1, None),
        (EXPIRES_AT, Some(No::Expired)),
        (NOW - 1, Some(No::NotYetValid)),
        (NOW, None),
        (u64::MAX, Some(No::Expired)),
        (0, Some(No::NotYetValid)),
    ] {
        clock.set(UnixTime::from_secs(now));
        assert_eq!(reason(&layer, &token).await, expected, "{now}");
        assert_eq!(denied(authorizer.verify(RawToken::new(&token))), expected, "without a layer, {now}");
    }
    assert_eq!(authorizer.token_cache_status().misses, 1, "all of it by one signature");
    // Claims that somebody keeps are looked at again for each route.
    let verifier = Authorizer::for_user_pool(POOL_ID).build_verifier().unwrap();
    let keys = HashMap::from([(ISSUER.to_owned(), JwkSet::parse(jwk_set([&*ACCESS_KEY]).as_bytes()).unwrap())]);
    let verdict = verifier.verify(RawToken::new(&token), &keys, UnixTime::from_secs(NOW));
    let Verdict::Allow(claims) = verdict else { panic!("refused") };
    let route = RouteAuthorization::with_scopes(["pets/read"]).unwrap();
    for (now, expected) in [(NOW, None), (EXPIRES_AT, Some(No::Expired)), (NOW - 1, Some(No::NotYetValid))] {
        let rejection = verifier.permit(&claims, &route, UnixTime::from_secs(now)).err();
        assert_eq!(rejection.map(|rejection| rejection.kind()), expected, "{now}");
    }
}

#[tokio::test]
async fn t_cch_3_each_route_decides_for_itself() {
    let authorizer = hydrated(builder(&ScriptedKeys::new())).await;
    let (read, admin) = (scoped(&authorizer), authorizer.layer().scopes(["pets/admin"]).unwrap());
    let (access, id) = (Token::access().sign(), Token::id().sign());
    for _ in 0..4 {
        assert_eq!(reason(&read, &access).await, None);
        assert_eq!(reason(&admin, &access).await, Some(No::InsufficientScope));
        assert_eq!(reason(&authorizer.layer(), &access).await, Some(No::WrongTokenUse));
        assert_eq!(reason(&authorizer.layer(), &id).await, None);
        assert_eq!(reason(&read, &id).await, Some(No::WrongTokenUse));
    }
    assert_eq!(authorizer.token_cache_status().misses, 2);
}

#[tokio::test]
async fn t_cch_4_entries_die_with_what_vouched_for_them() {
    let (source, clock, is_revoked) = (ScriptedKeys::new(), keys::clock(), Arc::new(AtomicBool::new(false)));
    let check = Arc::clone(&is_revoked);
    let settings = builder(&source).clock(clock.clone()).revocation_check(move |_| check.load(Ordering::SeqCst));
    let authorizer = hydrated(settings).await;
    let layer = scoped(&authorizer);
    let token = Token::access().with("exp", EXPIRES_AT + 100_000).sign();
    for _ in 0..4 {
        assert_eq!(reason(&layer, &token).await, None);
    }
    is_revoked.store(true, Ordering::SeqCst);
    assert_eq!(reason(&layer, &token).await, Some(No::Revoked), "at once");
    is_revoked.store(false, Ordering::SeqCst);
    assert_eq!(reason(&layer, &token).await, None);
    let misses = authorizer.token_cache_status().misses;
    authorizer.flush_token_cache();
    assert_eq!(authorizer.token_cache_status().entries, 0);
    assert_eq!((reason(&layer, &token).await, authorizer.token_cache_status().misses), (None, misses + 1));
    source.set(ISSUER, Answer::Document(jwk_set([&*ID_KEY])));
    clock.advance(limits::JWK_SET_SOFT_AGE.as_secs());
    let _ = reason(&layer, &token).await;
    soon(|| authorizer.key_status()[0].generation == 2).await;
    assert_eq!(reason(&layer, &token).await, Some(No::UnknownKey), "its key is gone");
    // Another authorizer of the same thread knows nothing of what one remembers.
    let (one, other) = (hydrated(builder(&ScriptedKeys::new())).await, Authorizer::for_user_pool(OTHER_POOL_ID));
    let other = hydrated(other.key_source(ScriptedKeys::new()).clock(keys::clock())).await;
    for _ in 0..4 {
        assert!(matches!(one.verify(RawToken::new(&token)), Verdict::Allow(_)));
        let Verdict::Deny(rejection) = other.verify(RawToken::new(&token)) else { panic!("it was let in") };
        assert_eq!(rejection.kind(), No::UnknownIssuer);
    }
}

#[tokio::test]
async fn t_cch_5_bad_tokens_push_nothing_out() {
    let authorizer = hydrated(builder(&ScriptedKeys::new()).token_cache_bytes(8_192)).await;
    let layer = scoped(&authorizer);
    let good = Token::access().sign();
    assert_eq!(reason(&layer, &good).await, None);
    let (input, signature) = good.rsplit_once('.').unwrap();
    let expired = Token::access().with("exp", NOW - 1).sign();
    for number in 0..2_000 {
        let forged = format!("{input}.{number:04}{}", &signature[4..]);
        assert_eq!(reason(&layer, &forged).await, Some(No::InvalidSignature));
        assert_eq!(reason(&layer, &expired).await, Some(No::Expired));
    }
    let status = authorizer.token_cache_status();
    assert_eq!((status.entries, status.evictions), (1, 0));
    assert_eq!((reason(&layer, &good).await, authorizer.token_cache_status().hits), (None, status.hits + 1));
}

#[tokio::test]
async fn t_cch_6_the_bound_holds() {
    const BYTES: u64 = 64 * 1_024;
    let authorizer = hydrated(builder(&ScriptedKeys::new()).token_cache_bytes(BYTES)).await;
    let layer = scoped(&authorizer);
    let before = counting::held();
    for number in 0..200_usize {
        // As large as is kept, as small as can be, and larger than is kept.
        let long = "x".repeat([1_500, 0, 7_000][number % 3]);
        let token = Token::access().with("jti", number).with("custom:x", long).sign();
        assert!(token.len() <= limits::MAX_TOKEN_BYTES);
        assert_eq!(reason(&layer, &token).await, None);
        let status = authorizer.token_cache_status();
        assert!(status.bytes <= BYTES && status.entries <= BYTES / limits::MIN_CACHED_TOKEN_WEIGHT, "{status:?}");
    }
    assert!(authorizer.token_cache_status().evictions > 50);
    // Not only by its own account. Besides, this thread remembers a few of them.
    let held = counting::held() - before;
    assert!(held < 2 * 64 * 1_024, "{held} bytes are held");
}
