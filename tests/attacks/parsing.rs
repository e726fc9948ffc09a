//! Section 2 of the attack list: parsing.

use std::{convert::Infallible, time::Duration};

use bytes::Bytes;
use cognito_authorizer::{Claims, RejectionKind as No, Verdict, limits, token::RawToken};
use http::{Request, Response};
use http_body_util::{BodyExt, Full};
use serde_json::{Value, json};
use tower::{Layer, ServiceExt, service_fn};

use crate::{
    rows::{Row, builder, hold, http_builder, layers, row},
    support::{
        counting,
        keys::ScriptedKeys,
        requests::{reason, request, scoped, send},
        tokens::*,
    },
};

pub(crate) fn rows() -> Vec<Row> {
    let parts = [
        parts(),
        spellings(),
        no_objects(),
        repetitions(),
        wrong_types(),
        super::parsing_bounds::beyond_bounds(),
        as_cognito_writes(),
    ];
    parts.into_iter().flatten().collect()
}

/// Claims with one member more, as text: `"name":value`.
pub(super) fn claims_and(member: &str) -> String {
    let token = Token::access();
    let claims = token.claims_text();
    token.sign_texts(&token.header_text(), &format!("{},{member}}}", claims.strip_suffix('}').unwrap()))
}

pub(super) fn header_and(member: &str) -> String {
    let token = Token::access();
    let header = token.header_text();
    token.sign_texts(&format!("{},{member}}}", header.strip_suffix('}').unwrap()), &token.claims_text())
}

fn parts() -> Vec<Row> {
    let token = Token::access().sign();
    let (input, signature) = token.rsplit_once('.').unwrap();
    let (header, payload) = input.split_once('.').unwrap();
    let all_dots = ".".repeat(limits::MAX_TOKEN_BYTES);
    let not_tokens = [
        (input.to_owned(), "two parts"),
        (format!("{token}.x"), "four parts"),
        (format!("{token}."), "four parts, one of them empty"),
        (format!(".{token}"), "an empty part in front"),
        (format!("{token}.."), "five parts"),
        (format!("{header}..{payload}.{signature}"), "an empty part inside"),
        (format!("{header}..{signature}"), "no claims"),
        (format!(".{payload}.{signature}"), "no header"),
        (format!("{header}.{payload}."), "no signature"),
        ("..".to_owned(), "three empty parts"),
        (".".to_owned(), "two empty parts"),
        (header.to_owned(), "one part"),
        (all_dots.clone(), "as many dots as may be"),
    ];
    let mut rows: Vec<Row> = not_tokens.into_iter().map(|(text, why)| row(text, No::MalformedToken, why)).collect();
    rows.push(row(format!("{all_dots}."), No::TokenTooLong, "one more"));
    rows.push(row(".".repeat(1_000_000), No::TokenTooLong, "a million dots"));
    // Genuine but for its length, which is looked at before anything else.
    let longest = claims_and(&format!(r#""x":"{}""#, "a".repeat(limits::MAX_TOKEN_BYTES)));
    rows.push(row(longest, No::TokenTooLong, "a genuine token that is too long"));
    rows
}

#[tokio::test]
async fn t_par_1_dots_cost_nothing() {
    hold(&parts()).await;
    // A hundred megabytes of dots, a thousand times: who looked at them would not be done today.
    let dots = vec![b'.'; 100_000_000];
    for cache in [0, limits::TOKEN_CACHE_BYTES] {
        let authorizer = builder(&ScriptedKeys::new()).token_cache_bytes(cache).build().unwrap();
        authorizer.hydrate().await.unwrap();
        let ask = || match authorizer.verify(RawToken::new(&dots)) {
            Verdict::Deny(rejection) => assert_eq!(rejection.kind(), No::TokenTooLong),
            other => panic!("{other:?}"),
        };
        assert_eq!(counting::allocations(ask), 0);
        let clock = cognito_authorizer::clock::SystemClock::new();
        (0..1_000).for_each(|_| ask());
        let took = cognito_authorizer::clock::Clock::monotonic(&clock);
        assert!(took < Duration::from_secs(5), "{took:?}");
    }
}

fn spellings() -> Vec<Row> {
    let token = Token::access().sign();
    let (input, signature) = token.rsplit_once('.').unwrap();
    let (header, payload) = input.split_once('.').unwrap();
    // 256 octets leave four bits unused in the last character of base64url.
    let last = signature.chars().last().unwrap();
    let front = &signature[..signature.len() - 1];
    let respelled = char::from(u8::try_from(last).unwrap() + 1);
    // Whatever stands there, another alphabet writes it otherwise.
    let other_alphabet = |text: &str| text.replace('-', "+").replace('_', "/");
    let mut rows = vec![
        row(format!("{token}="), No::MalformedSignature, "padding"),
        row(format!("{token}=="), No::MalformedSignature, "padding"),
        row(format!("{input}.{front}{respelled}"), No::MalformedSignature, "a trailing bit"),
        row(format!("{input}.{signature}AAA"), No::MalformedSignature, "a length of 4n + 1"),
        row(
            format!("{input}.{}", other_alphabet(&format!("-_{signature}"))),
            No::MalformedSignature,
            "the standard alphabet",
        ),
        row(format!("{header}=.{payload}.{signature}"), No::MalformedHeader, "padding of the header"),
        row(format!("{header}A.{payload}.{signature}"), No::MalformedHeader, "a character more in the header"),
        row(format!("{header}.{payload}=.{signature}"), No::MalformedClaims, "padding of the claims"),
        row(format!("{header}.{payload}+/8.{signature}"), No::MalformedClaims, "the standard alphabet in the claims"),
    ];
    for (character, name) in [
        (' ', "a space"),
        ('\t', "a tab"),
        ('\u{a0}', "a no-break space"),
        ('\u{ff21}', "a full-width A"),
        ('\u{410}', "a Cyrillic A"),
        ('%', "a percent sign"),
        ('\u{200b}', "a zero-width space"),
    ] {
        rows.push(row(
            format!("{input}.{}{character}{}", &signature[..9], &signature[9..]),
            No::MalformedSignature,
            name,
        ));
        rows.push(row(format!("{header}.{payload}{character}x.{signature}"), No::MalformedClaims, name));
        rows.push(row(format!("{character}{token}"), No::MalformedHeader, name));
        // As many characters as before.
        rows.push(row(format!("{input}.{character}{}", &signature[1..]), No::MalformedSignature, name));
    }
    rows
}

#[tokio::test]
async fn t_par_2_a_token_has_one_spelling() {
    hold(&spellings()).await;
    // Line breaks and NUL reach us only by way of a query.
    let source = http_builder(&ScriptedKeys::new()).identity_source("$request.querystring.token");
    let layer = scoped(&source.build().unwrap());
    let token = Token::access().sign();
    let (input, signature) = token.rsplit_once('.').unwrap();
    for (value, expected) in [
        (token.clone(), None),
        (format!("{token}%0a"), Some(No::MalformedSignature)),
        (format!("{token}%00"), Some(No::MalformedSignature)),
        (format!("%0a{token}"), Some(No::MalformedHeader)),
        (format!("{input}.{}%0d%0a{}", &signature[..8], &signature[8..]), Some(No::MalformedSignature)),
        (format!("{input}.{}%00{}", &signature[..8], &signature[8..]), Some(No::MalformedSignature)),
        (format!("{input}%00.{signature}"), Some(No::MalformedClaims)),
        (format!("{input}.{}+{}", &signature[..8], &signature[8..]), Some(No::MalformedSignature)),
        // Escapes are undone once, so this is the same text; the other one is not.
        (token.replace('.', "%2e"), None),
        (token.replace('.', "%252e"), Some(No::MalformedToken)),
    ] {
        let answer = send(&layer, request("GET", &format!("/?token={value}"), &[])).await;
        assert_eq!(answer.reason, expected, "{value}");
    }
}

/// Texts that are no JSON object, or not one alone.
const NO_OBJECTS: [&str; 16] = [
    "null",
    "true",
    "0",
    r#""a""#,
    "[]",
    r#"[{"alg":"RS256"}]"#,
    r#"[["alg","RS256"]]"#,
    "{",
    "}",
    "{}{}",
    "{} x",
    "\u{feff}{}",
    "{,}",
    r#"{"a":1,}"#,
    "{a:1}",
    "'a'",
];

fn no_objects() -> Vec<Row> {
    let token = Token::access();
    let (header, claims) = (token.header_text(), token.claims_text());
    let mut rows = Vec::new();
    for text in NO_OBJECTS {
        rows.push(row(token.sign_texts(text, &claims), No::MalformedHeader, format!("the header is {text}")));
        rows.push(row(token.sign_texts(&header, text), No::MalformedClaims, format!("the claims are {text}")));
    }
    // Good ones with something around them.
    for (text, why) in [
        (format!("[{claims}]"), "in an array"),
        (format!("{claims}{claims}"), "twice"),
        (format!("{claims},"), "and a comma"),
    ] {
        rows.push(row(token.sign_texts(&header, &text), No::MalformedClaims, format!("claims {why}")));
    }
    rows.push(row(token.sign_texts(&format!("[{header}]"), &claims), No::MalformedHeader, "a header in an array"));
    rows
}

#[tokio::test]
async fn t_par_3_only_an_object_is_a_header_or_claims() {
    hold(&no_objects()).await;
}

fn repetitions() -> Vec<Row> {
    let mut rows = Vec::new();
    for member in [
        r#""alg":"none""#,
        r#""alg":"RS256""#,
        r#""kid":"x""#,
        r#""a\u006cg":"none""#,
        r#""\u006b\u0069\u0064":"x""#,
        r#""x":1,"x":1"#,
    ] {
        rows.push(row(header_and(member), No::MalformedHeader, member));
    }
    let header = Token::access().header_text().replacen('{', r#"{"alg":"none","#, 1);
    let first = Token::access().sign_texts(&header, &Token::access().claims_text());
    rows.push(row(first, No::MalformedHeader, "the other way round"));
    for member in [
        r#""iss":"https:\/\/evil.example""#,
        r#""exp":253402300799"#,
        r#""e\u0078p":253402300799"#,
        r#""nbf":0,"nbf":0"#,
        r#""scope":"pets\/admin""#,
        r#""s\u0063ope":"pets\/admin""#,
        r#""client_id":"other""#,
        r#""token_use":"id""#,
        r#""sub":"other""#,
        r#""sub":null"#,
        r#""aud":"a","aud":"b""#,
        r#""cognito:groups":["a"],"cognito:groups":["b"]"#,
        r#""custom":1,"custom":2"#,
        r#""custom":1,"c\u0075stom":1"#,
        r#""nested":{"a":1,"a":2}"#,
        r#""nested":[{"a":{"b":1,"\u0062":2}}]"#,
    ] {
        rows.push(row(claims_and(member), No::MalformedClaims, member));
    }
    let token = Token::access();
    let expired = token.claims_text().replacen('{', r#"{"exp":1,"#, 1);
    rows.push(row(token.sign_texts(&token.header_text(), &expired), No::MalformedClaims, "exp, the other way round"));
    rows.push(row(claims_and(r#""a":{"x":1},"b":{"x":1}"#), None, "one name in two objects is no repetition"));
    rows
}

#[tokio::test]
async fn t_par_4_a_name_stands_once() {
    hold(&repetitions()).await;
}

fn wrong_types() -> Vec<Row> {
    let good = Token::access();
    let mut rows = Vec::new();
    for expiry in [
        r#""1718722804""#,
        "1718722804.0",
        "1718722804.9",
        "1.7e9",
        "17e8",
        "1e400",
        "-1",
        "-0",
        "9223372036854775807",
        "9223372036854775808",
        "18446744073709551615",
        "18446744073709551616",
        "253402300800",
        "true",
        "false",
        "null",
        "[1718722804]",
        "{}",
        r#""NaN""#,
        r#""Infinity""#,
        r#"{"$serde_json::private::Number":"1718722804"}"#,
    ] {
        let claims = good.claims_text().replace(&format!(r#""exp":{EXPIRES_AT}"#), &format!(r#""exp":{expiry}"#));
        assert_ne!(claims, good.claims_text());
        rows.push(row(good.sign_texts(&good.header_text(), &claims), No::MissingExpiry, format!("exp {expiry}")));
    }
    for expiry in ["NaN", "Infinity", "01718722804", "+1718722804", "0x66716C34"] {
        let claims = good.claims_text().replace(&format!(r#""exp":{EXPIRES_AT}"#), &format!(r#""exp":{expiry}"#));
        rows.push(row(good.sign_texts(&good.header_text(), &claims), No::MalformedClaims, format!("exp {expiry}")));
    }
    for value in [json!("x"), json!("0"), json!(null), json!(0.5), json!(-1), json!([0]), json!(false)] {
        rows.push(row(Token::access().with("nbf", value.clone()).sign(), No::NotYetValid, format!("nbf {value}")));
    }
    for value in [json!(null), json!(1), json!([ISSUER]), json!({"iss": ISSUER}), json!(true)] {
        rows.push(row(Token::access().with("iss", value.clone()).sign(), No::UnknownIssuer, format!("iss {value}")));
    }
    for name in ["scope", "client_id", "username", "cognito:username", "aud"] {
        for value in [json!(null), json!(1), json!(true), json!({"a": "pets/read"}), json!([1]), json!([["pets/read"]])]
        {
            rows.push(row(
                Token::access().with(name, value.clone()).sign(),
                No::MalformedClaims,
                format!("{name} {value}"),
            ));
        }
    }
    for (name, value) in [("scope", json!(["pets/read"])), ("client_id", json!([CLIENT_ID]))] {
        rows.push(row(Token::access().with(name, value).sign(), No::MalformedClaims, format!("{name} as an array")));
    }
    for value in [json!(["access"]), json!(null), json!(1), json!({"access": true})] {
        rows.push(row(
            Token::access().with("token_use", value.clone()).sign(),
            No::WrongTokenUse,
            format!("token_use {value}"),
        ));
    }
    for value in [json!(null), json!(1), json!(["a"]), json!({})] {
        rows.push(row(Token::access().with("sub", value.clone()).sign(), No::MissingSubject, format!("sub {value}")));
        rows.push(row(
            Token::access().with_header("kid", value.clone()).sign(),
            No::MissingKid,
            format!("kid {value}"),
        ));
    }
    rows.push(row(Token::access().without("sub").sign(), No::MissingSubject, "no sub"));
    rows.push(row(Token::access().without_header("kid").sign(), No::MissingKid, "no kid"));
    rows.push(row(Token::access().without("iss").sign(), No::UnknownIssuer, "no iss"));
    rows
}

#[tokio::test]
async fn t_par_5_another_type_is_not_absence() {
    hold(&wrong_types()).await;
    // `iat`, which an HTTP API looks at, and `aud`, which it prefers to `client_id`.
    let layer = scoped(&http_builder(&ScriptedKeys::new()).build().unwrap());
    let of = |name, value: Value| Token::access().with(name, value).sign();
    for (token, expected, why) in [
        (Token::access().sign(), None, "a good one"),
        (Token::access().without("iat").sign(), None, "no iat"),
        (of("iat", json!("0")), Some(No::IssuedInFuture), "iat as a string"),
        (of("iat", json!(null)), Some(No::IssuedInFuture), "iat null"),
        (of("aud", json!([])), Some(No::WrongAppClient), "an empty aud is not absent"),
        (of("aud", json!({"a": CLIENT_ID})), Some(No::MalformedClaims), "aud as an object"),
    ] {
        assert_eq!(send(&layer, request("GET", "/", &[&token])).await.reason, expected, "{why}");
    }
}

fn as_cognito_writes() -> Vec<Row> {
    // Tokens are signed as Cognito writes them, with `\/`.
    let good = Token::access();
    assert!(good.header_text().contains(r"\/") && good.claims_text().contains(r"https:\/\/"));
    let plain = |text: String| text.replace(r"\/", "/");
    let escaped = |text: String| text.replace(r"\/", r"\u002f");
    let [header, claims] = [good.header_text(), good.claims_text()];
    vec![
        row(good.sign(), None, r"with \/"),
        row(good.sign_texts(&plain(header.clone()), &plain(claims.clone())), None, "with /"),
        row(good.sign_texts(&escaped(header.clone()), &escaped(claims.clone())), None, r"with \u002f"),
        row(good.sign_texts(&header, &claims.replace(r"\/", r"\\/")), No::UnknownIssuer, r"with \\/"),
        row(good.sign_texts(&header.replace(r"\/", r"\\/"), &claims), No::UnknownKey, r"kid with \\/"),
    ]
}

#[tokio::test]
async fn t_par_7_an_escaped_solidus_is_a_solidus() {
    hold(&as_cognito_writes()).await;
}

#[tokio::test]
async fn t_par_8_names_that_mean_something_elsewhere_are_names() {
    let members = json!({"__proto__": {"scope": "pets/admin"}, "constructor": "x", "toString": null, "$ref": "#"});
    let inner = service_fn(|request: Request<Full<Bytes>>| async move {
        let claims = request.extensions().get::<Claims>().unwrap();
        let names = ["__proto__", "constructor", "toString", "$ref"];
        let values: Vec<Option<Value>> = names.iter().map(|name| claims.get(name).unwrap()).collect();
        let body = json!([values, claims.scope()]).to_string();
        Ok::<_, Infallible>(Response::new(Full::<Bytes>::from(body)))
    });
    let members = members.as_object().unwrap();
    let token = members.iter().fold(Token::access(), |token, (name, value)| token.with(name, value.clone()));
    for layer in layers() {
        let response = layer.layer(inner).oneshot(request("GET", "/", &[&token.sign()])).await.unwrap();
        let body = response.into_body().collect().await.unwrap().to_bytes();
        let expected = json!([[{"scope": "pets/admin"}, "x", null, "#"], "pets/read pets/write"]);
        assert_eq!(serde_json::from_slice::<Value>(&body).unwrap(), expected);
    }
    let admin = builder(&ScriptedKeys::new()).build().unwrap().layer().scopes(["pets/admin"]).unwrap();
    assert_eq!(reason(&admin, &token.sign()).await, Some(No::InsufficientScope));
}
