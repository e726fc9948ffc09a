use super::*;
use crate::{
    limits::MAX_FINDINGS,
    route::{InnerRouter, MatchRules, RouteAuthorization, RouteTable, path::HTTP},
};

const ADMIN_SCOPE: &str = "aws.cognito.signin.user.admin";

/// `GET /a` is open, `GET /a -` takes a token, `GET /a x/y z` one of these scopes; `!name` before it, of that
/// authorizer.
fn lints(rules: MatchRules, stage: &str, routes: &[&str]) -> Vec<String> {
    let table = routes.iter().fold(RouteTable::builder(), |table, text| {
        let (authorizer, text) = match text.strip_prefix('!') {
            Some(rest) => rest.split_once(' ').map(|(name, rest)| (Some(name), rest)).unwrap(),
            None => (None, *text),
        };
        let mut words = text.split(' ');
        let key = match words.next().unwrap() {
            "$default" => "$default".to_owned(),
            method => format!("{method} {}", words.next().unwrap()),
        };
        let scopes: Vec<&str> = words.collect();
        let authorization = match &*scopes {
            [] => RouteAuthorization::open(),
            ["-"] => RouteAuthorization::guarded(),
            scopes => RouteAuthorization::with_scopes(scopes).unwrap(),
        };
        match authorizer {
            Some(name) => table.route_for_authorizer(name, &key, authorization),
            None => table.route(&key, authorization),
        }
    });
    let table = if stage.is_empty() { table } else { table.stage(stage) };
    let found = table.match_rules(rules).build().unwrap().lint();
    // The form of route keys has tests of its own.
    let is_form = |lint: &RouteLint| {
        [RouteLintKind::VariableSiblings, RouteLintKind::ColonVariable, RouteLintKind::DefaultOnRestApi]
            .contains(&lint.kind())
    };
    let found: Vec<RouteLint> = found.into_iter().filter(|lint| !is_form(lint)).collect();
    let text = |lint: &RouteLint| match lint.other() {
        Some(other) => format!("{}: {} / {other}", lint.kind().as_str(), lint.route_key()),
        None => format!("{}: {}", lint.kind().as_str(), lint.route_key()),
    };
    found.iter().map(text).collect()
}

#[test]
fn names_what_is_odd_and_nothing_else() {
    let every = ["DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"].map(|method| format!("{method} /a -"));
    let mut every: Vec<&str> = every.iter().map(String::as_str).collect();
    every.push("ANY /a -");
    for (routes, expected) in [
        // What is as it should be.
        (&["GET /health", "GET /pets/{id} a/r", "POST /pets a/w", "$default -"][..], &[][..]),
        (&["GET /pets/all a/r", "GET /pets/{id} a/w"], &[]),
        (&["OPTIONS /pets", "GET /pets -", "OPTIONS /{proxy+}", "ANY /{proxy+} -"], &[]),
        (&["GET /public/{proxy+}", "ANY /{proxy+} -"], &[]),
        (&["GET /{proxy+} -", "GET /a/{b} -", "GET /a/{b}/{c+} -"], &[]),
        (&["GET /a", "POST /a -"], &[]),
        (&["ANY /{proxy+} -", "$default -"], &[]),
        (&["GET /a/{p+} -", "GET /b/c"], &[]),
        (&["GET /a/{x} x/s", "GET /b/{y} x/t"], &[]),
        (&["ANY /a x/s", "GET /a -"], &[]),
        (&["GET /a/{p+} x/s", "ANY /a/b x/t"], &[]),
        (&["ANY /{a} -", "ANY /{a}/{b} -", "ANY /{p+} -"], &[]),
        // Nothing is left for them.
        (&every, &["unreachable_route: ANY /a"]),
        (&["ANY / -", "ANY /{proxy+} -", "$default -"], &["unreachable_route: $default"]),
        (&["ANY /a/{b} -", "ANY /a/{b}/{c+} -", "ANY /a/{d+} -"], &["unreachable_route: ANY /a/{d+}"]),
        (&["ANY /{a}/b -", "ANY /{a+} -"], &[]),
        // Open by accident.
        (&["GET /pets -", "ANY /pets"], &["open_by_accident: ANY /pets / GET /pets"]),
        (&["GET /pets -", "POST /pets"], &["open_by_accident: POST /pets / GET /pets"]),
        (&["ANY /admin/{p+} -", "GET /admin/x"], &["open_by_accident: GET /admin/x / ANY /admin/{p+}"]),
        (&["GET /a/{b} -", "GET /a/c"], &["open_by_accident: GET /a/c / GET /a/{b}"]),
        (&["GET /a -", "$default"], &["open_default: $default / GET /a"]),
        (&["GET /a -", "ANY /{proxy+}"], &["open_default: ANY /{proxy+} / GET /a"]),
        (&["GET /a", "$default"], &[]),
        // Less is asked for.
        (&["ANY /a/{p+} x/s", "GET /a/b x/s x/t"], &["shadowed_route: GET /a/b / ANY /a/{p+}"]),
        (&["ANY /a/{p+} x/s", "GET /a/{b} -"], &["shadowed_route: GET /a/{b} / ANY /a/{p+}"]),
        (&["ANY /a/{p+} x/s", "GET /a/b x/t"], &[]),
        (&["!one ANY /a/{p+} x/s", "!two GET /a/b -"], &["other_authorizer: GET /a/b / ANY /a/{p+}"]),
        (&["GET /a -", "HEAD /a"], &["open_by_accident: HEAD /a / GET /a"]),
        (&["ANY /a/{p+} -", "GET /a/b x/s"], &[]),
        (&["ANY /a/{p+} -", "GET /a/b -"], &[]),
        // Which of them is meant?
        (&["GET /a/{x} x/s", "GET /{y}/b x/t"], &["ambiguous_pattern: GET /a/{x} / GET /{y}/b"]),
        (&["!one GET /a/{x} -", "!two GET /{y}/b -"], &["ambiguous_pattern: GET /a/{x} / GET /{y}/b"]),
        (&["GET /a/{x} x/s", "GET /{y}/b x/s"], &[]),
        (&["GET /a/{x} x/s", "POST /{y}/b x/t"], &[]),
        (&["GET /a/{x} x/s", "GET /{y}/b/c x/t"], &[]),
        (&["GET /a/{x+} x/s", "GET /{y}/b/c x/t"], &["ambiguous_pattern: GET /a/{x+} / GET /{y}/b/c"]),
        // What everybody has.
        (&["GET /a aws.cognito.signin.user.admin"], &["admin_scope_only: GET /a"]),
        (&["GET /a aws.cognito.signin.user.admin x/s"], &[]),
    ] {
        assert_eq!(lints(crate::route::REST, "", routes), expected, "{routes:?}");
        assert_eq!(lints(crate::route::REST, "prod", routes), expected, "below a stage: {routes:?}");
    }
}

/// Behaviour §5.2.4: there a slash at the end counts.
#[test]
fn goes_by_the_rules_of_the_kind_of_api() {
    let routes = ["ANY /a/{p+} -", "ANY /{x}/{y} -", "ANY /{x}/{y}/{z+} -", "ANY /{x} -", "ANY / -", "$default -"];
    assert_eq!(lints(crate::route::REST, "", &routes), ["unreachable_route: $default"]);
    assert_eq!(lints(HTTP, "", &routes), [""; 0], "`/x/` is left");
    let routes = ["ANY /a/{p+} -", "ANY /{x}/{y} -", "ANY /a/{x}/{y+} -"];
    assert_eq!(lints(crate::route::REST, "", &routes), [""; 0]);
    assert_eq!(lints(HTTP, "", &routes), [""; 0], "`/a/x/` is left");
}

/// Route keys that API Gateway does not have: of a REST API, and of any.
#[test]
fn names_route_keys_that_api_gateway_rejects() {
    for (routes, rest, http) in [
        (
            &["GET /pets/{id}", "GET /pets/{name}/toys"][..],
            &["variable_siblings: GET /pets/{name}/toys / GET /pets/{id}"][..],
            &[][..],
        ),
        (&["GET /{child}", "ANY /{proxy+}"], &["variable_siblings: ANY /{proxy+} / GET /{child}"], &[]),
        (&["GET /a/{id}", "GET /b/{name}", "POST /a/{id}/c/{other}"], &[], &[]),
        (&["GET /pets/:id"], &["colon_variable: GET /pets/:id"], &["colon_variable: GET /pets/:id"]),
        (&["GET /pets/a:b"], &[], &[]),
        (&["GET /pets", "$default"], &["default_on_rest_api: $default"], &[]),
    ] {
        for (rules, expected) in [(crate::route::REST, rest), (HTTP, http)] {
            let table = routes.iter().fold(RouteTable::builder(), |table, key| table.open(*key));
            let found = table.match_rules(rules).build().unwrap().form_lints();
            let text = |lint: &RouteLint| match lint.other() {
                Some(other) => format!("{}: {} / {other}", lint.kind().as_str(), lint.route_key()),
                None => format!("{}: {}", lint.kind().as_str(), lint.route_key()),
            };
            assert_eq!(found.iter().map(text).collect::<Vec<_>>(), expected, "{routes:?}");
            assert!(found.iter().all(|lint| lint.to_string().starts_with('`')), "{routes:?}");
        }
    }
}

/// Each with both of its routes, and what to do or to know.
#[test]
fn says_it_in_words() {
    let scoped = |names: &[&str]| RouteAuthorization::with_scopes(names).unwrap();
    let said = |kind: &str, routes: &[(&str, RouteAuthorization)]| {
        let table = routes.iter().fold(RouteTable::builder(), |table, (key, asks)| table.route(key, asks.clone()));
        let found = table.build().unwrap().lint();
        found
            .iter()
            .find(|lint| lint.kind().as_str() == kind)
            .unwrap_or_else(|| panic!("{kind}: {found:?}"))
            .to_string()
    };
    let token = || RouteAuthorization::guarded();
    let open = || RouteAuthorization::open();
    for (kind, routes, words) in [
        ("unreachable_route", [("ANY /{a+}", token()), ("$default", token())], &["`$default`"][..]),
        ("open_by_accident", [("GET /a", token()), ("ANY /a", open())], &["`ANY /a` is open", "`GET /a` is guarded"]),
        (
            "open_default",
            [("GET /a", token()), ("$default", open())],
            &["`$default` is open", "`GET /a` is guarded: guard it too"],
        ),
        (
            "shadowed_route",
            [("ANY /a/{p+}", scoped(&["x/s"])), ("GET /a/b", token())],
            &["`GET /a/b` takes requests", "`ANY /a/{p+}`", "require the same"],
        ),
        (
            "ambiguous_pattern",
            [("GET /a/{x}", scoped(&["x/s"])), ("GET /{y}/b", scoped(&["x/t"]))],
            &["`GET /a/{x}`", "`GET /{y}/b`", "`GET /a/{x}` applies", "add a route"],
        ),
        (
            "admin_scope_only",
            [("GET /a", scoped(&[ADMIN_SCOPE])), ("GET /b", token())],
            &["`GET /a`", "aws.cognito.signin.user.admin", "require a scope"],
        ),
    ] {
        // A root makes `ANY /{a+}` cover everything.
        let mut routes = routes.to_vec();
        routes.extend((kind == "unreachable_route").then(|| ("ANY /", token())));
        let text = said(kind, &routes);
        for part in words {
            assert!(text.contains(part), "{kind}: {text}");
        }
    }
}

#[test]
fn says_no_more_than_a_person_reads() {
    let scopes: Vec<String> =
        (0..60).flat_map(|n| [format!("GET /a{n}/{{x}} s/{n}"), format!("GET /{{y}}/b{n} t/{n}")]).collect();
    let scopes: Vec<&str> = scopes.iter().map(String::as_str).collect();
    assert_eq!(lints(crate::route::REST, "", &scopes).len(), MAX_FINDINGS);
}

/// Behaviour §10.90, T-PTH-11
#[test]
fn names_requests_that_two_routers_give_to_different_routes() {
    let table = |router| {
        let table = RouteTable::builder().open("GET /{lang}/{page}").guarded("ANY /admin/{proxy+}").stage("prod");
        table.open("GET /news/{id}").guarded("GET /{section}/drafts").inner_router(router).build().unwrap()
    };
    let conflicts = |router, rules: MatchRules| {
        let lints = table(router).under(rules).lint();
        let conflicts = lints.into_iter().filter(|lint| lint.kind() == RouteLintKind::OrderConflict);
        conflicts.map(|lint| (lint.witness().unwrap().to_owned(), lint.to_string())).collect::<Vec<_>>()
    };
    let witnesses =
        |router, rules| conflicts(router, rules).into_iter().map(|(witness, _)| witness).collect::<Vec<_>>();
    assert_eq!(witnesses(InnerRouter::LiteralFirst, crate::route::REST), [""; 0]);
    assert_eq!(witnesses(InnerRouter::MatchedRoute, HTTP), [""; 0]);
    assert_eq!(witnesses(InnerRouter::LiteralFirst, HTTP), ["GET /prod/admin/x"]);
    assert_eq!(witnesses(InnerRouter::AnyOrder, HTTP), ["GET /prod/admin/x", "GET /prod/news/drafts"]);
    let (_, text) = conflicts(InnerRouter::LiteralFirst, HTTP).remove(0);
    for part in
        ["`GET /{lang}/{page}`", "`ANY /admin/{proxy+}`", "`GET /prod/admin/x`", "rejected with 400", "`inner_router`"]
    {
        assert!(text.contains(part), "{text}");
    }
}

/// On an HTTP API a full match applies, whatever its literals are (behaviour §5.2.1).
#[test]
fn names_the_route_that_applies() {
    let table = RouteTable::builder().open("ANY /admin/{proxy+}").guarded("GET /{lang}/{page}").build().unwrap();
    let ambiguous = |rules| {
        let mut lints = table.under(rules).lint().into_iter();
        lints.find(|lint| lint.kind() == RouteLintKind::AmbiguousPattern).unwrap().to_string()
    };
    assert!(ambiguous(HTTP).contains("`GET /{lang}/{page}` applies"), "{}", ambiguous(HTTP));
    let rest = ambiguous(crate::route::REST);
    assert!(rest.contains("`ANY /admin/{proxy+}` applies"), "{rest}");
}

/// A witness is a request that no more specific route takes.
#[test]
fn names_no_conflict_that_no_request_has() {
    let table =
        RouteTable::builder().open("GET /{a}/{b}").guarded("GET /x/{p+}").guarded("GET /x/{b}").build().unwrap();
    let lints = table.under(HTTP).lint();
    assert!(lints.iter().all(|lint| lint.kind() != RouteLintKind::OrderConflict), "{lints:?}");
}

#[test]
fn names_guarded_routes_under_an_open_catch_all() {
    let rest = crate::route::REST;
    assert_eq!(lints(rest, "", &["GET /a/{p+}", "GET /a/b -"]), ["open_catch_all: GET /a/{p+} / GET /a/b"]);
    assert_eq!(lints(rest, "", &["ANY /a/{p+}", "GET /a/b/{q+} -"]), ["open_catch_all: ANY /a/{p+} / GET /a/b/{q+}"]);
    assert_eq!(lints(rest, "", &["GET /a/{p+}", "POST /a/b -"]), [""; 0], "for another method");
    assert_eq!(lints(rest, "", &["OPTIONS /a/{p+}", "ANY /a/b -"]), [""; 0], "preflights");
}
