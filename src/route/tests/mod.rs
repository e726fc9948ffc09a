use http::Method;
use proptest::{collection::vec, prelude::*, sample::select};

use super::{
    key::{ANY, Pattern, RouteMethod, Segment},
    *,
};

mod paths;

/// Tells routes apart by a scope that is the route key's own number.
fn table(keys: &[&str]) -> RouteTable {
    let builder = keys
        .iter()
        .enumerate()
        .fold(RouteTable::builder(), |builder, (index, key)| builder.scopes(key, [index.to_string()]));
    builder.build().unwrap()
}

fn find<'k>(keys: &[&'k str], request: &str) -> Result<&'k str, NoRoute> {
    let (method, path) = request.split_once(' ').unwrap();
    let method = Method::from_bytes(method.as_bytes()).unwrap();
    let table = table(keys);
    let scope = table.find(&method, path)?.unwrap().authorization().scope_names().next().unwrap();
    Ok(keys[scope.parse::<usize>().unwrap()])
}

/// What the route for a path asks for; nothing, if the path is handed on.
fn rule(table: &RouteTable, path: &str) -> Result<RouteAuthorization, NoRoute> {
    Ok(table.find(&Method::GET, path)?.map_or(RouteAuthorization::open(), |route| route.authorization().clone()))
}

#[test]
fn the_most_specific_route_with_the_method_applies() {
    const MISS: Result<&str, NoRoute> = Err(NoRoute::NotFound);
    let pets = ["GET /pets", "GET /pets/{id}", "GET /pets/dog", "ANY /pets/{proxy+}", "POST /{proxy+}"];
    let greedy_sibling = ["GET /part1", "GET /part1/hardcoded-value", "GET /{param+}"];
    let by_method = ["POST /test", "OPTIONS /{proxy+}"];
    let cases: &[(&[&str], &str, Result<&str, NoRoute>, &str)] = &[
        (&pets, "GET /pets", Ok("GET /pets"), "literal"),
        (&pets, "GET /pets/dog", Ok("GET /pets/dog"), "literal before variable"),
        (&pets, "GET /pets/cat", Ok("GET /pets/{id}"), "variable before greedy"),
        (&pets, "GET /pets/cat/1", Ok("ANY /pets/{proxy+}"), "greedy takes more than one segment"),
        (&pets, "POST /pets/dog", Ok("ANY /pets/{proxy+}"), "5.1.3: a route without the method gives way"),
        (&pets, "POST /pets", Ok("POST /{proxy+}"), "5.1.3: up to the root"),
        (&pets, "DELETE /pets", MISS, "5.1.6: a greedy variable needs a segment"),
        (&pets, "HEAD /pets", MISS, "5.1.4: GET does not imply HEAD"),
        (&pets, "TRACE /pets/cat/1", MISS, "5.1.4: ANY is the seven methods"),
        (&pets, "get /pets", MISS, "methods are case-sensitive"),
        (&pets, "GET /PETS", MISS, "5.1.10: paths are case-sensitive"),
        (&greedy_sibling, "GET /part1/random-value", Ok("GET /{param+}"), "5.1.2: backtracking"),
        (&greedy_sibling, "GET /part1/hardcoded-value", Ok("GET /part1/hardcoded-value"), "5.1.2"),
        (&by_method, "OPTIONS /test", Ok("OPTIONS /{proxy+}"), "5.1.3"),
        (&by_method, "GET /test", MISS, "no route has the method"),
        (&["GET /a/{x}/c", "GET /a/b/{y}"], "GET /a/b/c", Ok("GET /a/b/{y}"), "compared from the left"),
        (&["GET /a/{x}/c", "GET /a/b/d"], "GET /a/b/c", Ok("GET /a/{x}/c"), "out of a dead end"),
        (&["GET /a/{p+}", "GET /a/b/{p+}"], "GET /a/b/c", Ok("GET /a/b/{p+}"), "5.1.5: the longer parent"),
        (&["ANY /a", "GET /a"], "GET /a", Ok("GET /a"), "5.1.4: exact before ANY"),
        (&["ANY /a", "GET /a"], "PUT /a", Ok("ANY /a"), "5.1.4"),
        (&["GET /{proxy+}"], "GET /", MISS, "5.1.6: the root needs its own route"),
        (&["GET /"], "GET /", Ok("GET /"), "the root"),
        (&["GET /a"], "GET /a/", Ok("GET /a"), "5.1.7: a slash at the end is ignored"),
        (&["GET /a"], "GET //a", Ok("GET /a"), "5.1.8: slashes at the start collapse"),
        (&["GET /a/b"], "GET /a//b", MISS, "5.1.8: inside they do not"),
        (&["GET /a/{x}/b"], "GET /a//b", MISS, "a variable is never empty"),
        (&["GET /a/{p+}"], "GET /a//b", Ok("GET /a/{p+}"), "5.1.8: they stay in a greedy value"),
        (&["GET /a/b"], "GET /a%2Fb", MISS, "5.1.9: not decoded"),
        (&["GET /{x}"], "GET /a%2Fb", Ok("GET /{x}"), "5.1.9: one segment"),
        (&["GET /{x}"], "GET /a;b=c", Ok("GET /{x}"), "a path parameter is part of its segment"),
        (&["$default"], "GET /", Ok("$default"), "covers the root"),
        (&["$default"], "PUT /x//y/", Ok("$default"), "any path"),
        (&["$default"], "PURGE /x", MISS, "10.8: the seven methods"),
        (&["$default"], "get /x", MISS, "10.8: in capitals"),
        (&["GET /a", "$default"], "POST /a", Ok("$default"), "when no route has the method"),
        (&["ANY /{p+}", "$default"], "OPTIONS *", MISS, "not a path"),
        (&["ANY /{p+}", "$default"], "CONNECT a:1", MISS, "not a path"),
        (&["GET /a"], "HEAD /a", MISS, "5.1.4: no route has the method"),
        (
            &["GET /a", "$default"],
            "HEAD /a",
            Err(NoRoute::Ambiguous),
            "10.9: GET has another rule, and may answer HEAD",
        ),
        (&["GET /a", "HEAD /a", "$default"], "HEAD /a", Ok("HEAD /a"), "10.9: unless HEAD has too"),
        (&["ANY /a", "GET /b"], "HEAD /a", Ok("ANY /a"), "10.9: one rule for both"),
    ];
    for (keys, request, expected, why) in cases {
        assert_eq!(find(keys, request), *expected, "{request} in {keys:?}: {why}");
    }
}

#[test]
fn a_stage_has_at_most_300_bytes() {
    assert!(RouteTable::builder().stage(&"s".repeat(300)).build().is_ok());
    assert!(RouteTable::builder().stage(&"s".repeat(301)).build().is_err());
}

#[test]
fn a_table_says_whether_it_hands_on_unknown_routes() {
    assert!(RouteTable::builder().hand_on_unknown_routes(true).build().unwrap().hands_on_unknown_routes());
    assert!(!RouteTable::builder().build().unwrap().hands_on_unknown_routes());
}

#[test]
fn routes_are_equal_if_key_and_rule_are() {
    let route = |key: &str, authorization, authorizer: &str| {
        let table = RouteTable::builder().open("GET /first").route_for_authorizer(authorizer, key, authorization);
        table.build().unwrap().routes()[1].clone()
    };
    let token = RouteAuthorization::guarded;
    let own = route("GET /a", token(), "one");
    for (other, expected, why) in [
        (route("GET /a", token(), "one"), true, "the same key and rule"),
        (own.clone().at(7), true, "at another place"),
        (route("GET /b", token(), "one"), false, "another key"),
        (route("GET /a", RouteAuthorization::with_scopes(["x"]).unwrap(), "one"), false, "another authorization"),
        (route("GET /a", token(), "two"), false, "another authorizer"),
        (route("GET /b", token(), "two"), false, "another key and authorizer"),
    ] {
        assert_eq!(own == other, expected, "{why}");
        assert_eq!(own != other, !expected, "{why}");
    }
}

/// Behaviour §5.1.2 and §5.2.1: the routes that apply before others stand before them.
#[test]
fn routes_are_listed_in_the_order_in_which_they_apply() {
    let table = table(&[
        "$default",
        "ANY /{proxy+}",
        "ANY /a/{x}",
        "GET /a/{x}",
        "ANY /a/b",
        "POST /a/b",
        "GET /a/b",
        "GET /a/{p+}",
        "GET /{y}/b",
        "GET /",
    ]);
    let listed =
        |rules| table.under(rules).by_precedence().iter().map(|route| route.key().to_owned()).collect::<Vec<_>>();
    let mut expected = [
        "GET /",
        "GET /a/b",
        "POST /a/b",
        "ANY /a/b",
        "GET /a/{x}",
        "ANY /a/{x}",
        "GET /a/{p+}",
        "GET /{y}/b",
        "ANY /{proxy+}",
        "$default",
    ];
    assert_eq!(listed(super::REST), expected);
    // On an HTTP API a route without greedy variable comes first.
    expected.swap(6, 7);
    assert_eq!(listed(super::MatchRules { full_match_first: true, ..super::REST }), expected);
}

#[test]
fn rejects_bad_route_keys_and_names_them() {
    for key in [
        "",
        "/pets",
        "GET",
        "GET pets",
        "GET  /pets",
        "get /pets",
        "PURGE /pets",
        "GET /pets/",
        "GET //pets",
        "GET /a//b",
        "GET /a/../b",
        "GET /%2e/b",
        "GET /pets/{id",
        "GET /pets/id}",
        "GET /pets/{}",
        "GET /pets/{+}",
        "GET /pets/{a b}",
        "GET /pets/x{id}",
        "GET /pets/{p+}/x",
        "GET /pets/*",
        "GET /pets;x",
        "GET /p%65ts",
        "GET /pets?x=1",
        "GET /pets#x",
        "GET /a b",
        "GET /ü",
        "$DEFAULT",
        "ANY $default",
    ] {
        let error = RouteTable::builder().open(key).build().unwrap_err().to_string();
        assert!(error.contains(&format!("`{key}`")), "{error}");
    }
}

#[test]
fn rejects_two_equal_routes_and_names_both() {
    for (first, second) in
        [("GET /a", "GET /a"), ("ANY /a/{x}", "ANY /a/{y}"), ("GET /{a+}", "GET /{b+}"), ("$default", "$default")]
    {
        let error = RouteTable::builder().guarded(first).open("GET /other").open(second).build().unwrap_err();
        let equal = RouteTableMistake::Equal { first: first.to_owned(), second: second.to_owned() };
        assert_eq!(error.mistakes(), [equal]);
    }
    let all =
        RouteTable::builder().stage("a//b").guarded("GET a").scopes("GET /b", ["x y"]).open("GET /c").open("GET /c");
    let all = all.build().unwrap_err().to_string();
    assert_eq!(all.lines().count(), 4, "{all}");
    let scopes = RouteTable::builder().scopes("GET /a", ["x y"]).build().unwrap_err().to_string();
    assert!(scopes.contains("`GET /a`") && scopes.contains("`x y`"), "{scopes}");
}

/// The documented precedence, read off plainly: among the routes that cover the request, the one
/// whose segments are the most specific from the left, then the exact method before `ANY`.
fn linear_scan<'k>(
    keys: &'k [RouteKey],
    method: &Method,
    segments: &[&str],
    full_match_first: bool,
) -> Option<&'k RouteKey> {
    let covers = |key: &&RouteKey| match &key.pattern {
        Pattern::Default => ANY.contains(method),
        Pattern::Path { method: own, segments: pattern } => {
            let by_method = match own {
                RouteMethod::Any => ANY.contains(method),
                RouteMethod::Exact(own) => own == method,
            };
            let greedy = pattern.last() == Some(&Segment::Greedy);
            let rest = segments.get(pattern.len().saturating_sub(1)..).unwrap_or_default();
            let by_length = if greedy { !matches!(rest, [] | [""]) } else { segments.len() == pattern.len() };
            by_method
                && by_length
                && pattern.iter().zip(segments).all(|(pattern, segment)| match pattern {
                    Segment::Literal(text) => **text == **segment,
                    Segment::Variable => !segment.is_empty(),
                    Segment::Greedy => true,
                })
        }
    };
    keys.iter().filter(covers).min_by_key(|key| match &key.pattern {
        Pattern::Default => (2, Vec::new(), false),
        Pattern::Path { method, segments } => {
            let is_greedy = segments.last() == Some(&Segment::Greedy);
            (usize::from(full_match_first && is_greedy), segments.clone(), *method == RouteMethod::Any)
        }
    })
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn agrees_with_a_linear_scan(
        keys in vec((select(vec!["GET", "POST", "ANY"]), vec(select(vec!["a", "b", "{x}"]), 0..4), any::<bool>()), 1..12),
        with_default in any::<bool>(),
        (significant, trailing, full_match_first) in any::<(bool, bool, bool)>(),
        method in select(vec![Method::GET, Method::POST, Method::PUT, Method::TRACE]),
        path in vec(select(vec!["a", "b", "c"]), 0..5),
    ) {
        let mut texts: Vec<String> = keys
            .into_iter()
            .map(|(method, mut segments, greedy)| {
                if greedy { segments.push("{p+}") }
                format!("{method} /{}", segments.join("/"))
            })
            .collect();
        if with_default { texts.push("$default".to_owned()) }
        texts.sort_unstable();
        texts.dedup();
        let parsed: Vec<RouteKey> = texts.iter().map(|text| text.parse().unwrap()).collect();
        let builder = texts
            .iter()
            .enumerate()
            .fold(RouteTable::builder(), |builder, (index, key)| builder.scopes(key, [index.to_string()]));
        let slash = if significant { TrailingSlash::Significant } else { TrailingSlash::Ignored };
        let table = builder.trailing_slash(slash).build().unwrap();

        let mut segments = path.clone();
        if trailing && significant && !path.is_empty() { segments.push("") }
        let expected = linear_scan(&parsed, &method, &segments, full_match_first);
        let with_other_slash: Vec<&str> = if significant { path.clone() } else { path.iter().copied().chain([""]).collect() };
        let is_doubtful = trailing && !path.is_empty();
        // 10.90: axum's router has an order of its own. 10.15: a service may read the slash the other way.
        let others = [
            linear_scan(&parsed, &method, &segments, false),
            linear_scan(&parsed, &method, &with_other_slash, full_match_first).filter(|_| is_doubtful),
            linear_scan(&parsed, &method, &with_other_slash, false).filter(|_| is_doubtful),
        ];
        let text = format!("/{}{}", path.join("/"), if trailing && !path.is_empty() { "/" } else { "" });
        let table = table.under(MatchRules { trailing_slash: TrailingSlash::Ignored, full_match_first });
        let found = table.find(&method, &text);
        match expected {
            Some(key) if others.into_iter().flatten().any(|other| other != key) => {
                prop_assert_eq!(found.err(), Some(NoRoute::Ambiguous));
            }
            Some(key) => prop_assert_eq!(found.unwrap().unwrap().key(), key),
            None => prop_assert_eq!(found.err(), Some(NoRoute::NotFound)),
        }
    }

    /// T-PTH-1: a service that decodes, strips, collapses and cuts in an order of its own never comes
    /// to a guarded route under another rule.
    #[test]
    fn no_reading_leads_to_another_rule(
        path in vec(select(vec!["/", "//", "a", "admin", "%61", "%2F", "%2f", ";", "x", "%3B", "%25", "%3F", "%23", "b"]), 1..7),
        steps in vec(0..4_usize, 0..5),
    ) {
        let keys = ["ANY /admin", "ANY /admin/{p+}", "ANY /a/{x}", "ANY /x/b/{p+}", "$default"];
        let path = format!("/{}", path.concat());
        let Ok(rule) = find(&keys, &format!("GET {path}")) else { return Ok(()) };
        let mut seen = path.clone();
        for step in steps {
            seen = match step {
                0 => {
                    let decode = [("%61", "a"), ("%2F", "/"), ("%2f", "/"), ("%3B", ";"), ("%3F", "?"), ("%23", "#")];
                    let decoded = decode.iter().fold(seen.replace("%25", "\0"), |text, (from, to)| text.replace(from, to));
                    decoded.replace('\0', "%")
                }
                1 => seen.split('/').map(|segment| segment.split(';').next().unwrap()).collect::<Vec<_>>().join("/"),
                2 => {
                    let segments: Vec<_> = seen.split('/').filter(|segment| !segment.is_empty()).collect();
                    format!("/{}", segments.join("/"))
                }
                _ => seen.split(['?', '#']).next().unwrap().to_owned(),
            };
        }
        // Read plainly, as a router does: no escape, parameter or doubled slash has a meaning here.
        let segments: Vec<&str> = seen.split('/').skip(1).collect();
        let reached = match segments[..] {
            ["admin"] | ["admin", ""] => "ANY /admin",
            ["admin", ..] => "ANY /admin/{p+}",
            ["a", x] | ["a", x, ""] if !x.is_empty() => "ANY /a/{x}",
            ["x", "b", first, ..] if !first.is_empty() || segments.len() > 3 => "ANY /x/b/{p+}",
            _ => "$default",
        };
        // Slashes at either end count for more here than for some routers (5.1.7, 5.1.8): then the rule
        // that was applied is that of the route, and what is reached is nothing in particular.
        prop_assert!(reached == rule || reached == "$default", "{path} under {rule} is read as {seen}");
    }
}
