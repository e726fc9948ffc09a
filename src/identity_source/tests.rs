use http::HeaderValue;

use super::*;

fn token_of(source: &IdentitySource, values: &[&[u8]], query: Option<&str>) -> Result<Vec<u8>, NoToken> {
    let mut headers = HeaderMap::new();
    for value in values {
        headers.append("authorization", HeaderValue::from_bytes(value).unwrap());
    }
    source.token(&headers, query).map(|token| token.raw().as_bytes().to_vec())
}

fn token(values: &[&[u8]]) -> Result<Vec<u8>, NoToken> {
    token_of(&IdentitySource::default(), values, Some("Authorization=x&authorization=y"))
}

#[test]
fn takes_the_bare_token_and_one_scheme() {
    let rows: [(&[&[u8]], Result<&[u8], NoToken>, &str); 14] = [
        (&[], Err(NoToken::Missing), "1.1.10"),
        (&[b""], Err(NoToken::Empty), "1.1.10"),
        (&[b"Bearer "], Err(NoToken::Empty), "scheme and nothing"),
        (&[b"a.b.c"], Ok(b"a.b.c"), "1.1.4"),
        (&[b"Bearer a.b.c"], Ok(b"a.b.c"), "1.1.5"),
        (&[b"bearer a.b.c"], Ok(b"a.b.c"), "1.1.7: case"),
        (&[b"BEARER a.b.c"], Ok(b"a.b.c"), "1.1.7: case"),
        (&[b"Bearer  a.b.c"], Ok(b" a.b.c"), "1.1.7: the second space stays, and no token holds one"),
        (&[b"Bearer\ta.b.c"], Ok(b"Bearer\ta.b.c"), "a tab is no space"),
        (&[b"Bearer Bearer a.b.c"], Ok(b"Bearer a.b.c"), "one scheme only"),
        (&[b"x Bearer a.b.c"], Ok(b"x Bearer a.b.c"), "nothing is skipped"),
        (&[b"Bearer"], Ok(b"Bearer"), "no space, so a token of that name"),
        (&[b"a.b.c", b"a.b.c"], Err(NoToken::Repeated), "1.1.9: even the same"),
        (&[b"", b"a.b.c"], Err(NoToken::Repeated), "1.1.9"),
    ];
    for (values, expected, why) in rows {
        assert_eq!(token(values).as_deref(), expected.as_ref().copied(), "{why}");
    }
}

#[test]
fn takes_it_otherwise_if_told_so() {
    let source = IdentitySource::default;
    let required = source().with_bearer_scheme(BearerScheme::Required);
    let refused = source().with_bearer_scheme(BearerScheme::Rejected);
    let rows: [(&IdentitySource, &[&[u8]], Result<&[u8], NoToken>); 6] = [
        (&required, &[b"Bearer a"], Ok(b"a")),
        (&required, &[b"bearer a"], Ok(b"a")),
        (&required, &[b"a"], Err(NoToken::NoScheme)),
        (&required, &[b"Bearer "], Err(NoToken::Empty)),
        (&refused, &[b"Bearer a"], Ok(b"Bearer a")),
        (&refused, &[b"a"], Ok(b"a")),
    ];
    for (source, values, expected) in rows {
        assert_eq!(token_of(source, values, None).as_deref(), expected.as_ref().copied(), "{source:?}");
    }
}

/// Behaviour §10.94
#[test]
fn counts_headers_that_a_service_takes_for_its_own() {
    let source: IdentitySource = "method.request.header.X-Auth-Token".parse().unwrap();
    for (names, expected) in [
        (&["x-auth-token"][..], Ok(b"0".to_vec())),
        (&["x-auth-token", "x_auth_token"], Err(NoToken::Repeated)),
        (&["x.auth-token", "x-auth-token"], Err(NoToken::Repeated)),
        (&["x_auth_token"], Err(NoToken::Missing)),
        (&["x-auth-token", "xauthtoken", "x-auth-tokens", "authorization"], Ok(b"0".to_vec())),
    ] {
        let mut headers = HeaderMap::new();
        for (place, name) in names.iter().enumerate() {
            headers.append(HeaderName::from_static(name), HeaderValue::from(place));
        }
        assert_eq!(source.token(&headers, None).map(|token| token.raw().as_bytes().to_vec()), expected, "{names:?}");
    }
}

#[test]
fn takes_a_query_parameter() {
    let source: IdentitySource = "$request.querystring.token".parse().unwrap();
    let rows: [(Option<&str>, Result<&[u8], NoToken>, &str); 16] = [
        (None, Err(NoToken::Missing), "no query"),
        (Some("x=1"), Err(NoToken::Missing), "another parameter"),
        (Some("Token=a"), Err(NoToken::Missing), "names are case-sensitive"),
        (Some("x=1;token=a&token=b"), Err(NoToken::Repeated), "10.94: some servers take `;` for `&`"),
        (Some("Token=a&token=b"), Err(NoToken::Repeated), "10.94: ASP.NET ignores case"),
        (Some("token%00=a&token=b"), Err(NoToken::Repeated), "10.94: PHP ends a name at NUL"),
        (Some("+token=a&token=b"), Err(NoToken::Repeated), "10.94: PHP skips blanks before a name"),
        (Some("token[]=a&token=b"), Err(NoToken::Repeated), "10.94: a list of values"),
        (Some("x=1&token=a.b.c&y"), Ok(b"a.b.c"), "4.1.1"),
        (Some("token=Bearer%20a.b.c"), Ok(b"a.b.c"), "4.1.2"),
        (Some("token=Bearer+a.b.c"), Ok(b"a.b.c"), "4.1.2"),
        (Some("tok%65n=a%2Eb.c"), Ok(b"a.b.c"), "escapes are undone, as the service behind does"),
        (Some("token=a&tok%65n=b"), Err(NoToken::Repeated), "1.1.9"),
        (Some("token=a&token=a"), Err(NoToken::Repeated), "1.1.9"),
        (Some("token="), Err(NoToken::Empty), "1.1.10"),
        (Some("token"), Err(NoToken::Empty), "1.1.10"),
    ];
    for (query, expected, why) in rows {
        assert_eq!(token_of(&source, &[b"x.y.z"], query).as_deref(), expected.as_ref().copied(), "{why}");
    }
}

#[test]
fn takes_the_parameter_out_and_leaves_the_rest_as_it_was() {
    for (uri, expected) in [
        ("/a?token=x", Some("/a")),
        ("/a?token=x&b=1", Some("/a?b=1")),
        ("/a?b=%31&tok%65n=x&c&token=y", Some("/a?b=%31&c")),
        ("https://api.example/a?b&token", Some("https://api.example/a?b")),
        ("/a?Token=x&b=token", Some("/a?b=token")),
        ("/a?b=1;token=y&token=x&c", Some("/a?c")),
        ("/a?b=token", None),
        ("/a?", None),
        ("/a", None),
    ] {
        let without = without_parameter(&uri.parse().unwrap(), "token");
        assert_eq!(without.map(|uri| uri.to_string()).as_deref(), expected, "{uri}");
    }
}

#[test]
fn bounds_the_value() {
    let longest = vec![b'a'; MAX_TOKEN_BYTES + SCHEME.len()];
    assert!(token(&[&longest]).is_ok(), "the exact bound is the verifier's");
    assert_eq!(token(&[&[&longest[..], b"a"].concat()]), Err(NoToken::TooLong));
}

#[test]
fn names_a_bad_identity_source() {
    for text in [
        "",
        "Authorization",
        "method.request.header.",
        "method.request.header.a b",
        "$request.body.x",
        "$request.querystring.",
        "method.request.querystring.x",
    ] {
        let error = text.parse::<IdentitySource>().unwrap_err().to_string();
        assert!(error.contains(&format!("`{text}`")), "{error}");
    }
}
