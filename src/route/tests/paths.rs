//! Paths that another reader could take for one with another rule.

use super::*;

#[test]
fn rejects_paths_that_mean_two_things() {
    let keys = ["GET /{proxy+}", "$default"];
    let (long, climbing) = ("/a".repeat(129), format!("/{}admin", "x/../".repeat(70)));
    for path in [
        &long,
        &climbing,
        "/a/%252e%252e/b",
        "/a/..%2fb",
        "/a/%2e%2e%2Fb",
        "/a%2f..%2fb",
        "/%c0%ae/b",
        "/a%c1%9cb",
        "/a/../b",
        "/a/./b",
        "/..",
        "/.",
        "/a/..",
        "/a/%2e%2e/b",
        "/a/%2E./b",
        "/a/.%2e/",
        "/%2e",
        "/a\\b",
        "/a%5cb",
        "/a%5C..%5Cb",
        "/a%00",
        "/a%0d%0a",
        "/a%7f",
        "/a/..;/b",
        "/a/..;x=1/b",
        "/\u{1}",
    ] {
        assert_eq!(find(&keys, &format!("GET {path}")), Err(NoRoute::Ambiguous), "{path}");
    }
    for path in ["/a..b", "/a.../b", "/a.", "/.well-known/x", "/a%2fb", "/caf%e9", "/a;b/c", "/100%", "/%zz", "/a%2"] {
        assert_eq!(find(&keys, &format!("GET {path}")), Ok("GET /{proxy+}"), "{path}");
    }
}

#[test]
fn rejects_another_spelling_only_where_it_would_change_the_rule() {
    let keys = ["ANY /admin", "ANY /admin/{p+}", "GET /users/{name}", "GET /items:all", "GET /health/{p+}", "$default"];
    for path in [
        "/%61dmin",
        "/%75sers/jo",
        "/admin%2Fusers",
        "/admin%2fusers/x",
        "/items%3Aall",
        "/admin;x=1",
        "/admin;x/users",
        "/;/admin/users",
        "/x//../admin",
        "/users//jo",
        "//health/admin",
        "/admin%3bx",
        "/users/%2Fjo",
        "/%61dmin;%2Fx",
        "//x/%61dmin",
        "/%2Fx/admin",
        "///x/admin",
        "/admin%3Fx",
        "/admin%23x",
        "/admin%2F%2F;x",
        "/%2561dmin",
        "/%252561dmin",
    ] {
        assert_eq!(find(&keys, &format!("GET {path}")), Err(NoRoute::Ambiguous), "{path}");
    }
    for (path, expected) in [
        ("/users/%7Ejo", "GET /users/{name}"),
        ("/users/jo;v=1", "GET /users/{name}"),
        ("/admin//users", "ANY /admin/{p+}"),
        ("/admin/a%2Fb", "ANY /admin/{p+}"),
        ("/a%2Bb%2f", "$default"),
        ("/x//y;z", "$default"),
        ("//users/jo", "GET /users/{name}"),
    ] {
        let keys = keys.into_iter().filter(|key| *key != "$default" || expected == "$default").collect::<Vec<_>>();
        assert_eq!(find(&keys, &format!("GET {path}")), Ok(expected), "{path}");
    }
    assert_eq!(
        find(&["GET /users/{name}"], "GET /users/a%2Fb"),
        Ok("GET /users/{name}"),
        "5.1.9: nothing else is guarded"
    );
}

/// Behaviour §10.2: what decodes each segment by itself finds as many of them as were sent.
#[test]
fn rejects_what_is_guarded_once_only_some_escapes_are_decoded() {
    let table = RouteTable::builder().open("ANY /public/{p+}").open("GET /public/$x/{p+}");
    let table = table.guarded("GET /public/{id}/secret").guarded("GET /public/{id}/items:all").build().unwrap();
    let found = |path: &str| rule(&table, path);
    for (path, why) in [
        ("/public/a%2fb/%73ecret", "`{id}` is `a/b` where slashes are not decoded"),
        ("/public/a%2Fb/secre%74", "in either case"),
        ("/public/a%252fb/%73ecret", "decoded twice, or once and then all but slashes"),
        ("/public/a%2fb/items%3Aall", "the same, and what is decoded is not unreserved"),
        ("/public/%24x%2fsecret", "`{id}` is `%24x` where only slashes are decoded"),
        ("/public/%24x%2f%73ecret", "and then unreserved characters"),
        ("/public/%24x/%73ecret", "`{id}` is `%24x` where only unreserved characters are decoded"),
        ("/public/x/%ffsecret", "what is not UTF-8 is left out"),
        ("/public/x/secre%25fft", "decoded twice, and then the same"),
    ] {
        assert_eq!(found(path), Err(NoRoute::Ambiguous), "{path}: {why}");
    }
    for path in ["/public/a%2fb/x", "/public/%24x/x", "/public/%24x%2fx", "/public/x/J%e4ger"] {
        assert_eq!(found(path), Ok(RouteAuthorization::open()), "{path}: nothing else is guarded");
    }
}

#[test]
fn rejects_what_is_the_root_after_a_host_or_keeps_its_slash_once_collapsed() {
    for (keys, path, why) in [
        (&["GET /", "GET /health"][..], "//health", "after the host there is nothing but the root"),
        (&["GET /admin/{p+}", "GET /{p+}"], "/admin///", "`/admin/` is none of `/admin/{p+}` where that slash counts"),
    ] {
        assert_eq!(find(keys, &format!("GET {path}")), Err(NoRoute::Ambiguous), "{path}: {why}");
    }
    assert_eq!(find(&["GET /health"], "GET //health"), Ok("GET /health"), "5.1.8: the root has no other rule");
    assert_eq!(find(&["GET /admin/{p+}"], "GET /admin///"), Ok("GET /admin/{p+}"), "nothing else is guarded");
}

/// Behaviour §10.2: axum's router takes nothing for the value of a variable, but at the end of a path.
#[test]
fn rejects_what_is_guarded_once_a_variable_takes_nothing() {
    let table =
        RouteTable::builder().open("ANY /{p+}").guarded("GET /pets/{id}/notes").guarded("GET /{tenant}/{id}/all/x");
    for (table, why) in [(table.clone(), "whatever it reads"), (table.paths_as_sent(), "also as it was sent")] {
        let table = table.build().unwrap();
        let found = |path: &str| rule(&table, path);
        for path in ["/pets//notes", "/a//all/x", "//a/all/x", "///all/x"] {
            assert_eq!(found(path), Err(NoRoute::Ambiguous), "{path}: {why}");
        }
        for path in ["/pets/", "/pets//other", "/pets///notes", "/a//b"] {
            assert_eq!(found(path), Ok(RouteAuthorization::open()), "{path}: nothing else is guarded, {why}");
        }
    }
    let table = RouteTable::builder().open("ANY /{p+}").open("ANY /").guarded("GET /a/{b}/c/{d}/e").build().unwrap();
    assert_eq!(table.find(&Method::GET, "//a//c//e"), Err(NoRoute::Ambiguous), "once those at the start are one");
    let handed_on = RouteTable::builder().guarded("GET /pets/{id}/notes").hand_on_unknown_routes(true).build().unwrap();
    assert_eq!(handed_on.find(&Method::GET, "/pets//notes"), Err(NoRoute::Ambiguous));
    assert_eq!(rule(&handed_on, "/pets//other"), Ok(RouteAuthorization::open()));
}

/// Behaviour §10.2: `prod` may be a host, and then the path has another stage.
#[test]
fn rejects_what_is_open_where_a_reading_leaves_the_stage() {
    let table = RouteTable::builder().stage("prod").open("GET /a").guarded("GET /b").build().unwrap();
    assert_eq!(rule(&table, "/prod/a"), Ok(RouteAuthorization::open()));
    assert_eq!(table.find(&Method::GET, "//prod/a"), Err(NoRoute::Ambiguous));
    assert_eq!(rule(&table, "//prod/b"), Ok(RouteAuthorization::guarded()), "whoever gets there had a token");
}

#[test]
fn a_path_as_it_was_sent_ends_as_it_was_sent() {
    let table = RouteTable::builder().guarded("GET /{a}").open("$default").trailing_slash(TrailingSlash::Significant);
    assert_eq!(table.clone().build().unwrap().find(&Method::GET, "/x/"), Err(NoRoute::Ambiguous));
    let table = table.paths_as_sent().build().unwrap();
    assert_eq!(rule(&table, "/x/"), Ok(RouteAuthorization::open()));
    assert_eq!(rule(&table, "/x"), Ok(RouteAuthorization::guarded()));
}

/// A route for a part of a path does not speak for the whole that is guarded otherwise.
#[test]
#[cfg(feature = "axum")]
fn knows_what_is_guarded_otherwise_for_any_method() {
    for (whole, path, expected, why) in [
        ("GET /api/x", "/api/x", true, "for GET"),
        ("POST /api/x", "/api/x", true, "for another method"),
        ("POST /api/x", "/api/x/", true, "with a slash at the end that does not count"),
        ("POST /api/x", "/%61pi/x", true, "once it is decoded"),
        ("POST /api/x", "/api/..%2fapi/x", true, "what cannot be looked up is guarded"),
        ("POST /api/y", "/api/x", false, "elsewhere"),
        ("POST /api/{p+}", "/api", false, "below it"),
    ] {
        let table = RouteTable::builder().open("GET /x").guarded("GET /t").guarded(whole).build().unwrap();
        let [open, guarded] = [0, 1].map(|place| &table.routes()[place]);
        assert_eq!(table.guards_otherwise(path, open), expected, "{whole} and {path}: {why}");
        let is_same = !path.contains("..");
        assert_eq!(table.guards_otherwise(path, guarded), !is_same, "{path}: by the same rule");
    }
    let either_slash = RouteTable::builder().open("GET /x").open("POST /api/x").guarded("POST /{p+}").build().unwrap();
    assert!(!either_slash.guards_otherwise("/api/x", &either_slash.routes()[0]));
    assert!(either_slash.guards_otherwise("/api/x/", &either_slash.routes()[0]), "or it counts");
    let table = RouteTable::builder().open("GET /x").open("POST /api/x").build().unwrap();
    assert!(!table.guards_otherwise("/api/x", &table.routes()[0]), "open is not guarded");
}

/// Behaviour §10.9, read otherwise: what answers HEAD there is what is guarded for GET.
#[test]
fn rejects_head_where_a_reading_is_guarded_for_get() {
    for (keys, path) in [
        (&["ANY /{p+}", "GET /secret"][..], "/%73ecret"),
        (&["ANY /{p+}", "GET /secret/x"], "/secret%2fx"),
        (&["ANY /{p+}", "GET /secret"], "/secret;x"),
        (&["ANY /{p+}", "ANY /a/{id}", "GET /a/{p+}"], "/a/x/"),
    ] {
        assert_eq!(find(keys, &format!("HEAD {path}")), Err(NoRoute::Ambiguous), "{path}");
    }
    assert_eq!(find(&["ANY /{p+}", "GET /secret"], "HEAD /public%2fx"), Ok("ANY /{p+}"), "nothing else is guarded");
    assert_eq!(find(&["ANY /{p+}", "HEAD /secret"], "HEAD /%73ecret"), Err(NoRoute::Ambiguous), "HEAD itself is");
}

#[test]
fn bounds_the_readings() {
    // Each of these alone is plain; what a service could make of all of them together is too much.
    let many = (0..40).map(|depth| format!("/a%{}3Bb", "25".repeat(depth))).collect::<String>();
    assert_eq!(find(&["$default"], &format!("GET {many}")), Err(NoRoute::Ambiguous));
    assert_eq!(find(&["$default"], "GET /a%3Bb/c%253Bd;e"), Ok("$default"));
    // Escaped once more, it is one reading more: 32 of them are looked at.
    let escaped = |times: usize| format!("GET /%{}41", "25".repeat(times));
    assert_eq!(find(&["$default"], &escaped(30)), Ok("$default"));
    assert_eq!(find(&["$default"], &escaped(31)), Err(NoRoute::Ambiguous));
    // Together they have 6,143 bytes, and then three more.
    let together = |length: usize| format!("GET /{}%41", "a".repeat(length));
    assert_eq!(find(&["$default"], &together(2_045)), Ok("$default"));
    assert_eq!(find(&["$default"], &together(2_046)), Err(NoRoute::Ambiguous));
}

#[test]
fn bounds_the_segments() {
    let many = "/a".repeat(crate::limits::MAX_PATH_SEGMENTS);
    assert_eq!(find(&["GET /{p+}"], &format!("GET {many}")), Ok("GET /{p+}"));
    assert_eq!(find(&["GET /{p+}"], &format!("GET {many}/a")), Err(NoRoute::Ambiguous));
    let longest = format!("/{}", "a".repeat(crate::limits::MAX_PATH_BYTES - 1));
    assert_eq!(find(&["GET /{p+}"], &format!("GET {longest}")), Ok("GET /{p+}"));
    assert_eq!(find(&["GET /{p+}"], &format!("GET {longest}a")), Err(NoRoute::Ambiguous));
}

/// Strict paths are the same and more (behaviour §10.1): nothing that is refused without them passes.
#[test]
fn strict_paths_reject_separators_and_all_that_is_rejected_without_them() {
    let strict = RouteTable::builder().guarded("GET /{proxy+}").strict_paths(true).build().unwrap();
    for (path, expected) in [
        ("/a/b", Ok(())),
        ("/a%20b/%41", Ok(())),
        ("/a%2fb", Err(NoRoute::Ambiguous)),
        ("/a;b", Err(NoRoute::Ambiguous)),
        ("/a/../b", Err(NoRoute::Ambiguous)),
        ("/a/%2e%2E/b", Err(NoRoute::Ambiguous)),
        ("/.", Err(NoRoute::Ambiguous)),
        ("/a%00", Err(NoRoute::Ambiguous)),
        ("/a%0d%0ab", Err(NoRoute::Ambiguous)),
        ("/a%7f", Err(NoRoute::Ambiguous)),
    ] {
        assert_eq!(strict.find(&Method::GET, path).map(drop), expected, "{path}");
    }
}
