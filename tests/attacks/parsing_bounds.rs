//! Section 2 of the attack list: bounds on what is parsed, and the time that it takes.

use super::parsing::{claims_and, header_and};
use crate::{
    rows::{Row, builder, hold, layers, row},
    support::{
        counting,
        keys::ScriptedKeys,
        requests::{reason, scoped},
        tokens::*,
    },
};
use cognito_authorizer::{
    RejectionKind as No,
    clock::{Clock, SystemClock},
    limits,
    token::{AudiencePattern, PatternTarget},
};
use serde_json::json;

pub(super) fn beyond_bounds() -> Vec<Row> {
    let nested = |depth: usize| format!(r#""x":{}1{}"#, "[".repeat(depth), "]".repeat(depth));
    let in_objects = |depth: usize| format!(r#""x":{}1{}"#, r#"{"a":"#.repeat(depth), "}".repeat(depth));
    let members = |count: usize| (0..count).map(|number| format!(r#""{number}":0"#)).collect::<Vec<_>>().join(",");
    let good = Token::access();
    let (header, claims) = (good.header_text(), good.claims_text());
    let octets = |header: &[u8], claims: &[u8]| {
        use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
        let input = format!("{}.{}", URL_SAFE_NO_PAD.encode(header), URL_SAFE_NO_PAD.encode(claims));
        format!("{input}.{}", ACCESS_KEY.sign(&input))
    };
    let with_octets = |member: &[u8]| [&claims.as_bytes()[..claims.len() - 1], member, b"}"].concat();
    vec![
        row(claims_and(&nested(31)), None, "as deep as may be"),
        row(claims_and(&nested(32)), No::MalformedClaims, "one deeper"),
        row(claims_and(&nested(3_000)), No::MalformedClaims, "as deep as fits"),
        row(claims_and(&in_objects(1_000)), No::MalformedClaims, "as deep as fits, in objects"),
        row(claims_and(&nested(10_000)), No::TokenTooLong, "ten thousand deep"),
        row(claims_and(&members(200)), None, "many claims"),
        row(claims_and(&members(257)), No::MalformedClaims, "more than there may be"),
        row(claims_and(&members(100_000)), No::TokenTooLong, "a hundred thousand claims"),
        row(claims_and(&format!(r#""x":"{}""#, "a".repeat(1_000_000))), No::TokenTooLong, "a claim of a megabyte"),
        row(header_and(&nested(32)), No::MalformedHeader, "a deep header"),
        row(header_and(&format!(r#""x":"{}""#, "a".repeat(1_000))), No::MalformedHeader, "a long header"),
        row(octets(header.as_bytes(), &with_octets(b",\"x\":\"\xff\"")), No::MalformedClaims, "invalid UTF-8"),
        row(octets(header.as_bytes(), &with_octets(b",\"x\":\"\xc0\xaf\"")), No::MalformedClaims, "overlong UTF-8"),
        row(
            octets(header.as_bytes(), &with_octets(b",\"x\":\"\xed\xa0\x80\"")),
            No::MalformedClaims,
            "a surrogate as UTF-8",
        ),
        row(
            octets(&[&header.as_bytes()[..header.len() - 1], b",\"x\":\"\xff\"}"].concat(), claims.as_bytes()),
            No::MalformedHeader,
            "invalid UTF-8 in the header",
        ),
        row(claims_and(r#""x":"\ud800""#), No::MalformedClaims, "half a surrogate"),
        row(claims_and(r#""\udc00":1"#), No::MalformedClaims, "half a surrogate as a name"),
        row(claims_and("\"x\":\"a\nb\""), No::MalformedClaims, "a line break in a string"),
        row(good.sign_texts(&header, &format!("\u{feff}{claims}")), No::MalformedClaims, "a byte order mark"),
        row(good.sign_texts(&header, &format!("{claims}\0")), No::MalformedClaims, "NUL behind"),
        row(good.sign_texts(&format!("{header} x"), &claims), No::MalformedHeader, "something behind the header"),
    ]
}

#[tokio::test]
async fn t_par_6_bounds_hold_before_work_is_done() {
    hold(&beyond_bounds()).await;
    // What the worst of them takes in memory, gateway response and all.
    for layer in layers() {
        for Row(token, expected, why) in beyond_bounds() {
            let (answered, most) = counting::most(reason(&layer, &token)).await;
            assert_eq!(answered, expected);
            // The request holds the token itself.
            let beyond = most - i64::try_from(token.len()).unwrap();
            assert!(beyond < 128 * 1_024, "{why}: {beyond} bytes");
        }
    }
}

#[tokio::test]
async fn t_par_9_an_expression_takes_time_in_proportion() {
    for expression in
        ["", "(", "a)|(b", &"a".repeat(limits::MAX_AUDIENCE_PATTERN_BYTES + 1), "(a{1000}){1000}", r"(a)\1", "(?=a)"]
    {
        assert!(expression.parse::<AudiencePattern>().is_err(), "{expression}");
    }
    // With backtracking each of them would not be done today.
    for expression in ["(a+)+b", "(a|a)*b", "(a|aa)+b", "(.*)*x", "(a*)*(a*)*(a*)*b"] {
        let pattern = expression.parse::<AudiencePattern>().unwrap().with_target(PatternTarget::RawToken);
        let authorizer = builder(&ScriptedKeys::new()).audience_pattern(pattern).build().unwrap();
        let asked = reason(&scoped(&authorizer), &"a".repeat(limits::MAX_TOKEN_BYTES)).await;
        assert_eq!(asked, Some(No::TokenPatternMismatch), "{expression}");
    }
    // Anybody can have one for the token as it was sent matched, so what it takes is bounded besides.
    let of_token = |expression: &str| {
        let pattern = expression.parse::<AudiencePattern>().unwrap();
        let builder = builder(&ScriptedKeys::new()).audience_pattern(pattern.with_target(PatternTarget::RawToken));
        builder.build().map(|authorizer| scoped(&authorizer))
    };
    for expression in ["[A-Za-z0-9_-]{1,500}x", "(?:a{1,20}){40}b", "(?:(?:a)*){500}b"] {
        let error = of_token(expression).unwrap_err().to_string();
        assert!(error.contains("too large to match unverified tokens"), "{expression}: {error}");
    }
    for expression in
        ["(?:a?){30}b", "(?:.?){25}x", "(?:(?:a)*){40}b", "Bearer [A-Za-z0-9_=-]+(?:\\.[A-Za-z0-9_=-]+){2}"]
    {
        let (layer, clock) = (of_token(expression).unwrap(), SystemClock::new());
        let begun = clock.monotonic();
        let asked = reason(&layer, &"a".repeat(limits::MAX_TOKEN_BYTES)).await;
        println!("{expression}: {:?}", clock.monotonic() - begun);
        assert_eq!(asked, Some(No::TokenPatternMismatch), "{expression}");
    }
    // One that has matched a token matches the next one from its start.
    let pattern = "Bearer .*".parse::<AudiencePattern>().unwrap().with_target(PatternTarget::RawToken);
    for cache in [0, limits::TOKEN_CACHE_BYTES] {
        let authorizer = builder(&ScriptedKeys::new()).audience_pattern(pattern.clone()).token_cache_bytes(cache);
        let layer = scoped(&authorizer.build().unwrap());
        let token = Token::access().sign();
        for _ in 0..4 {
            assert_eq!(reason(&layer, &format!("Bearer {token}")).await, None);
            assert_eq!(reason(&layer, &token).await, Some(No::TokenPatternMismatch));
        }
    }
    let pattern = CLIENT_ID.parse::<AudiencePattern>().unwrap();
    let layer = scoped(&builder(&ScriptedKeys::new()).audience_pattern(pattern).build().unwrap());
    for (audience, expected) in [
        (json!(CLIENT_ID), None),
        (json!(["x", CLIENT_ID]), None),
        (json!(format!("{CLIENT_ID}x")), Some(No::AudiencePatternMismatch)),
        (json!(format!("x\n{CLIENT_ID}")), Some(No::AudiencePatternMismatch)),
        (json!([]), Some(No::AudiencePatternMismatch)),
    ] {
        let token = Token::access().with("aud", audience.clone()).sign();
        assert_eq!(reason(&layer, &token).await, expected, "{audience}");
    }
    assert_eq!(reason(&layer, &Token::access().sign()).await, Some(No::AudiencePatternMismatch), "no aud");
}
