use http::{HeaderMap, HeaderName, HeaderValue, Method};

use super::*;
use crate::route::{MatchRules, NoRoute, Overrides, REST, RouteTableBuilder, path::HTTP};

/// Lines of a table: `open METHOD /path`, or a scope in the place of `open`.
fn table(lines: &[&str]) -> RouteTableBuilder {
    lines.iter().fold(RouteTable::builder(), |table, line| match line.split_once(' ').unwrap() {
        ("open", key) => table.open(key),
        (scope, key) => table.scopes(key, [scope]),
    })
}

/// The key of the route that a request passes under.
fn passes<'t>(table: &'t RouteTable, request: &str, rules: MatchRules) -> Result<&'t str, NoRoute> {
    let (method, path) = request.split_once(' ').unwrap();
    let method = Method::from_bytes(method.as_bytes()).unwrap();
    let place = table.under(rules).find(&method, path)?.map(Route::place);
    Ok(place.map_or("handed on", |place| table.routes()[place].key().as_str()))
}

const REJECTED: Result<&str, NoRoute> = Err(NoRoute::Ambiguous);

/// T-PTH-11, behaviour §10.90: on AWS the match picks the integration; here the service's router picks the handler.
#[test]
fn rejects_a_full_match_that_a_literal_first_router_gives_to_a_greedy_route() {
    let table =
        table(&["open GET /{lang}/{page}", "admin ANY /admin/{proxy+}", "x GET /{lang}/{page}/x"]).build().unwrap();
    for (request, expected, why) in [
        ("GET /admin/users", REJECTED, "axum calls the handler of `ANY /admin/{proxy+}`"),
        ("GET /en/users", Ok("GET /{lang}/{page}"), "no other route covers it"),
        ("POST /admin/users", Ok("ANY /admin/{proxy+}"), "5.2.1: no full match has the method"),
        ("GET /admin/a/b", Ok("ANY /admin/{proxy+}"), "5.2.1: no full match"),
        ("GET /admin/a/x", REJECTED, "two guarded routes with different rules"),
    ] {
        assert_eq!(passes(&table, request, HTTP), expected, "{request}: {why}");
    }
    assert_eq!(passes(&table, "GET /admin/users", REST), Ok("ANY /admin/{proxy+}"), "a REST API is literal first too");
}

/// T-PTH-11
#[test]
fn rejects_requests_of_two_orders_whatever_the_rules_are() {
    let unknown_routes = table(&["a GET /x/{p+}", "open GET /{a}/{b}"]).hand_on_unknown_routes(true).build().unwrap();
    assert_eq!(passes(&unknown_routes, "GET /x/y", HTTP), REJECTED, "with unknown routes handed on");
    let scopes = table(&["a GET /x/{p+}", "b GET /{a}/{b}"]).build().unwrap();
    assert_eq!(passes(&scopes, "GET /x/y", HTTP), REJECTED, "between two scopes");
    let same = table(&["a GET /x/{p+}", "a GET /{a}/{b}"]).build().unwrap();
    assert_eq!(passes(&same, "GET /x/y", HTTP), Ok("GET /{a}/{b}"), "one rule");
    let open = table(&["open GET /x/{p+}", "b GET /{a}/{b}"]).build().unwrap();
    assert_eq!(passes(&open, "GET /x/y", HTTP), Ok("GET /{a}/{b}"), "the other one is open");
}

/// T-PTH-12: axum's `get(…)` and many others answer HEAD.
#[test]
fn a_route_for_head_speaks_for_get_only_where_get_covers_all_its_paths() {
    for (lines, request, expected, why) in [
        (
            &["open HEAD /{proxy+}", "a GET /reports/{id}"][..],
            "HEAD /reports/1",
            REJECTED,
            "GET's route is more specific",
        ),
        (
            &["open HEAD /{proxy+}", "a GET /reports/{id}"],
            "HEAD /other",
            Ok("HEAD /{proxy+}"),
            "GET has no route there",
        ),
        (&["open HEAD /{proxy+}", "open GET /reports/{id}"], "HEAD /reports/1", Ok("HEAD /{proxy+}"), "GET is open"),
        (&["open HEAD /health", "a GET /{proxy+}"], "HEAD /health", Ok("HEAD /health"), "GET's route covers it"),
        (&["open HEAD /a", "a GET /a"], "HEAD /a", Ok("HEAD /a"), "the same path"),
        (&["open HEAD /a", "a ANY /a"], "HEAD /a", Ok("HEAD /a"), "the same path for any method"),
        (&["open HEAD /a/{x}", "a GET /{y}/b"], "HEAD /a/b", REJECTED, "neither covers the other"),
        (&["open ANY /{p+}", "a GET /a"], "HEAD /a", REJECTED, "no route names HEAD"),
        (&["open HEAD /", "open GET /", "a GET /{x}"], "HEAD //a", Err(NoRoute::NotFound), "HEAD has no route there"),
        (&["open HEAD /", "a GET /{a}/{b}"], "HEAD //", REJECTED, "10.2: two empty variables"),
    ] {
        for router in [InnerRouter::LiteralFirst, InnerRouter::AnyOrder] {
            let table = table(lines).inner_router(router).build().unwrap();
            assert_eq!(passes(&table, request, REST), expected, "{request} in {lines:?}: {why}, {router:?}");
        }
    }
}

/// T-PTH-1: a service that does not take slashes at the start for one finds another route.
#[test]
fn rejects_what_has_another_rule_with_all_its_slashes_at_the_start() {
    for router in [InnerRouter::LiteralFirst, InnerRouter::AnyOrder] {
        let table = table(&["a ANY /pets/{p+}", "b $default"]).inner_router(router).build().unwrap();
        assert_eq!(passes(&table, "GET //pets/x", REST), REJECTED, "`$default` covers the path as it was sent");
        assert_eq!(passes(&table, "GET /pets/x", REST), Ok("ANY /pets/{p+}"));
    }
    let table = table(&["a GET /pets", "a $default"]).build().unwrap();
    assert_eq!(passes(&table, "GET //pets", REST), Ok("GET /pets"), "5.1.8: one rule");
}

/// T-PTH-13: tower-http's `NormalizePath::trim_trailing_slash` removes all of them.
#[test]
fn rejects_what_is_guarded_without_its_slashes_at_the_end() {
    let table = table(&["a GET /users/{id}/notes/{note}", "a GET /admin", "open $default"]).build().unwrap();
    for rules in [REST, HTTP] {
        for path in ["/users//notes/1//", "/users/1/notes/2/", "/users/1/notes/2///", "/admin//", "/admin/"] {
            let found = passes(&table, &format!("GET {path}"), rules);
            let is_own = rules.trailing_slash == TrailingSlash::Ignored && path.matches("//").count() == 0;
            assert!(
                if is_own { found.is_ok_and(|key| key != "$default") } else { found == REJECTED },
                "{path}: {found:?}"
            );
        }
        assert_eq!(passes(&table, "GET /other//", rules), Ok("$default"));
    }
}

/// T-PTH-14: Caddy removes them from the end of a path, Windows from the end of each name.
#[test]
fn rejects_what_is_guarded_without_dots_and_blanks_at_the_end_of_a_segment() {
    let table = table(&["open ANY /{proxy+}", "a ANY /admin", "a ANY /admin/{p+}"]).build().unwrap();
    for path in [
        "/admin.",
        "/admin%20",
        "/admin...",
        "/admin%20.%20",
        "/admin%2e",
        "/admin./users",
        "/x//../admin",
        "/admin%2520",
    ] {
        assert_eq!(passes(&table, &format!("GET {path}"), REST), REJECTED, "{path}");
    }
    for path in ["/report.", "/a./b%20", "/.admin", "/%20admin", "/adm.in"] {
        assert_eq!(passes(&table, &format!("GET {path}"), REST), Ok("ANY /{proxy+}"), "{path}");
    }
}

/// Behaviour §10.90: a token that was checked lets a request go where no token is needed.
#[test]
fn a_guarded_request_may_also_be_read_as_an_open_or_an_unknown_route() {
    let table = table(&["a GET /files/{name}", "open OPTIONS /{proxy+}", "open GET /{proxy+}"]).build().unwrap();
    assert_eq!(passes(&table, "GET /files/a%2Fb", REST), Ok("GET /files/{name}"));
    assert_eq!(passes(&table, "GET /files%2Fa", REST), REJECTED, "an open rule stands in for nothing");
}

/// Behaviour §10.91: the first one that was added, or any other order.
#[test]
fn in_any_order_every_other_route_has_the_rule_or_is_open_or_wider() {
    const MIXED: &[&str] = &["open GET /news/{id}", "a GET /{section}/drafts", "b GET /{p+}"];
    for (lines, request, expected, why) in [
        (MIXED, "GET /news/drafts", REJECTED, "`GET /{section}/drafts` covers it, but not all of `GET /news/{id}`"),
        (MIXED, "GET /news/1", Ok("GET /news/{id}"), "`GET /{p+}` covers all of it"),
        (MIXED, "GET /other", Ok("GET /{p+}"), "no other route covers it"),
        (&["a ANY /api/{p+}", "open GET /{p+}"], "GET /api/x", Ok("ANY /api/{p+}"), "the other one is open"),
        (&["a ANY /api/{p+}", "open GET /{p+}"], "GET /x", Ok("GET /{p+}"), "no other route covers it"),
        (&["a ANY /api/{p+}", "b GET /{p+}"], "GET /api/x", REJECTED, "`GET /{p+}` does not cover POST"),
        (&["a ANY /api/{p+}", "b ANY /{p+}"], "GET /api/x", Ok("ANY /api/{p+}"), "wider"),
        (&["open GET /a", "a $default"], "GET /a", Ok("GET /a"), "wider"),
        (&["open GET /", "a ANY /{p+}"], "GET /", Ok("GET /"), "5.1.6: no other route covers it"),
        (
            &["open GET /pets", "a ANY /pets/{p+}"],
            "GET /pets/",
            REJECTED,
            "Express's `/pets/*` takes the empty segment",
        ),
        (&["open GET /pets", "a ANY /pets/{p+}"], "GET /pets", Ok("GET /pets"), "the plain path"),
        (
            &["open GET /pets", "a GET /pets/{id}"],
            "GET /pets/",
            REJECTED,
            "Fastify's `/pets/:id` takes the empty segment",
        ),
        (
            &["a GET /users/{id}", "a GET /users/{id}/x", "b $default"],
            "GET /users/1%2Fx",
            REJECTED,
            "which may be `$default`",
        ),
        (&["a GET /a/{x}", "a GET /{y}/b"], "GET /a/b", Ok("GET /a/{x}"), "one rule"),
        (&["open $default", "a GET /{id}"], "GET /", REJECTED, "Fastify's `/:id` takes nothing"),
        (&["a ANY /{p+}", "b $default"], "GET /%2f", REJECTED, "`/` is `$default` where `/{p+}` takes no nothing"),
        (&["open $default", "a GET /{id}"], "GET /a/b", Ok("$default"), "no other route covers it"),
    ] {
        for rules in [REST, HTTP] {
            if request.ends_with('/') && request != "GET /" && rules.trailing_slash == TrailingSlash::Significant {
                continue;
            }
            let table = table(lines).inner_router(InnerRouter::AnyOrder).build().unwrap();
            assert_eq!(passes(&table, request, rules), expected, "{request} in {lines:?}: {why}");
        }
    }
}

/// Behaviour §10.92: Express, Caddy and IIS take `/Admin` for `/admin`.
#[test]
fn rejects_what_is_guarded_in_another_case_if_case_is_ignored() {
    let lines = ["a ANY /admin", "b GET /Users/{id}", "open ANY /{proxy+}"];
    for router in [InnerRouter::LiteralFirst, InnerRouter::AnyOrder] {
        let table = table(&lines).inner_router(router).ignore_case(true).build().unwrap();
        for path in ["/Admin", "/ADMIN", "/adm%49n", "/users/1", "/adm\u{131}n"] {
            assert_eq!(passes(&table, &format!("GET {path}"), REST), REJECTED, "{path} {router:?}");
        }
        for (path, expected) in [
            ("/admin", "ANY /admin"),
            ("/Users/Jo", "GET /Users/{id}"),
            ("/Other", "ANY /{proxy+}"),
            ("/other", "ANY /{proxy+}"),
        ] {
            assert_eq!(passes(&table, &format!("GET {path}"), REST), Ok(expected), "{path} {router:?}");
        }
    }
    let by_case = table(&lines).build().unwrap();
    assert_eq!(passes(&by_case, "GET /Admin", REST), Ok("ANY /{proxy+}"), "5.1.10: case counts");
    let stage = table(&["a GET /x", "open GET /{p+}"]).stage("Prod").ignore_case(true).build().unwrap();
    assert_eq!(passes(&stage, "GET /Prod/X", REST), REJECTED);
    assert_eq!(passes(&stage, "GET /prod/x", REST), Err(NoRoute::UnknownStage));
}

/// Behaviour §10.90: there is nothing to agree about.
#[test]
fn a_service_that_dispatches_by_the_matched_route_may_take_any_request() {
    let table = table(&["open GET /{lang}/{page}", "a ANY /admin/{p+}", "b GET /a/{x}/c"]);
    let table = table.inner_router(InnerRouter::MatchedRoute).build().unwrap();
    for request in ["GET /admin/users", "GET /%61dmin/users", "HEAD /admin/users"] {
        let expected = if request.starts_with("HEAD") { "ANY /admin/{p+}" } else { "GET /{lang}/{page}" };
        assert_eq!(passes(&table, request, HTTP), Ok(expected), "{request}");
    }
    assert_eq!(passes(&table, "GET /a/../admin", HTTP), REJECTED, "10.1 holds all the same");
}

/// T-PTH-17, behaviour §10.93.
#[test]
fn rejects_what_is_guarded_under_another_name_of_its_method_or_path() {
    let table =
        table(&["open POST /items", "a DELETE /items", "b GET /secret", "open GET /public", "c PUT /files/{name}"]);
    let table = table.build().unwrap();
    let found = |method: &Method, path: &str, headers: &[(&str, &str)], query: Option<&str>| {
        let headers: HeaderMap = headers
            .iter()
            .map(|(name, value)| (name.parse::<HeaderName>().unwrap(), HeaderValue::from_str(value).unwrap()))
            .collect();
        table.find_overridden(method, path, &Overrides::of(&headers, query)).map(|route| route.unwrap().key().as_str())
    };
    let post = |headers: &[(&str, &str)], query| found(&Method::POST, "/items", headers, query);
    for header in ["x-http-method-override", "X-HTTP-Method", "x-method-override", "x_http_method_override"] {
        assert_eq!(post(&[(header, "DELETE")], None), REJECTED, "{header}");
        assert_eq!(post(&[(header, "delete")], None), REJECTED, "{header}");
        assert_eq!(post(&[(header, "POST"), (header, "DELETE")], None), REJECTED, "{header}: the second one");
        assert_eq!(post(&[(header, "POST, DELETE")], None), REJECTED, "{header}: a list");
        assert_eq!(post(&[(header, "PURGE")], None), REJECTED, "{header}: an open rule stands in for nothing");
        assert_eq!(post(&[(header, "POST")], None), Ok("POST /items"), "{header}: its own method");
        assert_eq!(post(&[(header, "")], None), Ok("POST /items"), "{header}: no method");
    }
    let (blanks, index) = (format!("{}_method=DELETE", "+".repeat(96)), format!("_method[{}é]=DELETE", "a".repeat(87)));
    for query in [
        &*blanks,
        &*index,
        "_method=DELETE",
        "a=b&_Method=delete",
        "_method=POST&_method=DELETE",
        "%5fmethod=%44ELETE",
        "_method[]=DELETE",
        "a;_method=DELETE",
        "+_method=DELETE",
        "%20_method=DELETE",
        "_method%00x=DELETE",
        "%5Fmethod%5Baaaaaaaaaaaaaaaaaaaaaa%5D=DELETE",
        "X-HTTP-Method-Override=DELETE",
    ] {
        assert_eq!(post(&[], Some(query)), REJECTED, "{query}");
    }
    for query in ["method=DELETE", "_methods=DELETE", "x=_method=DELETE", "_method=post"] {
        assert_eq!(post(&[], Some(query)), Ok("POST /items"), "{query}");
    }
    let get = |header: &str, value: &str| found(&Method::GET, "/public", &[(header, value)], None);
    for header in ["X-Original-URL", "x-rewrite-url", "x-original_url", "x.original-url"] {
        for value in [
            "/secret",
            "/%73ecret",
            "https://host.example/secret?x",
            "/secret#x",
            "secret",
            "/unknown",
            "/secret?u=https://e/public",
            "/secret#://h/public",
        ] {
            assert_eq!(get(header, value), REJECTED, "{header}: {value}");
        }
        for value in ["/public", "https://host.example/public?x=1"] {
            assert_eq!(get(header, value), Ok("GET /public"), "{header}: {value}");
        }
    }
    let put = |value: &str| found(&Method::PUT, "/files/x", &[("x-http-method-override", value)], None);
    assert_eq!(put("PATCH"), Ok("PUT /files/{name}"), "where a token was checked, no route is none");
    let many: Vec<String> = (0..9).map(|number| format!("M{number}")).collect();
    assert_eq!(put(&many[..8].join(",")), Ok("PUT /files/{name}"));
    assert_eq!(put(&many.join(",")), REJECTED, "more than are looked at");
    assert_eq!(put(&"PATCH,".repeat(9)), REJECTED, "also the same one again");
    assert_eq!(put(&" ".repeat(4_097)), REJECTED, "longer than is looked at");
    let [most, too_many] = [999, 1_000].map(|count| "a&".repeat(count));
    assert_eq!(post(&[], Some(&most)), Ok("POST /items"));
    assert_eq!(post(&[], Some(&too_many)), REJECTED, "more parameters than are looked at");
}

/// Behaviour §10.91: where the root is a path of a greedy variable, or may be.
#[test]
fn the_root_may_be_taken_by_a_variable() {
    let table = |builder: RouteTableBuilder| builder.inner_router(InnerRouter::AnyOrder).build().unwrap();
    let covered = table(self::table(&["open ANY /", "a GET /{proxy+}"]).proxy_covers_root(true));
    assert_eq!(passes(&covered, "GET /", REST), REJECTED, "`GET /{{proxy+}}` does not cover POST");
    assert_eq!(passes(&covered, "POST /", REST), Ok("ANY /"));
    let handed_on = table(self::table(&["a ANY /{proxy+}"]).hand_on_unknown_routes(true));
    assert_eq!(passes(&handed_on, "GET /", REST), Err(NoRoute::NotFound), "Express 5 answers with `/{{*proxy}}`");
    let staged = table(self::table(&["open $default", "a GET /{id}"]).stage("prod"));
    assert_eq!(passes(&staged, "GET /prod", REST), REJECTED);
    assert_eq!(passes(&staged, "GET /prod/", REST), REJECTED);
}

/// Behaviour §10.25 and §10.92: guarded for another method once case is ignored.
#[test]
fn hands_on_nothing_that_is_guarded_in_another_case() {
    let table = table(&["a POST /Admin"]).hand_on_unknown_routes(true).ignore_case(true);
    let table = table.inner_router(InnerRouter::AnyOrder).build().unwrap();
    assert_eq!(passes(&table, "GET /Admin", REST), Err(NoRoute::NotFound));
    for path in ["/ADMIN", "/admin"] {
        assert_eq!(passes(&table, &format!("GET {path}"), REST), REJECTED, "{path}");
    }
    assert_eq!(passes(&table, "GET /other", REST), Ok("handed on"));
}

/// Behaviour §10.93: the header of a proxy may name the path with the stage or without it.
#[test]
fn rejects_the_path_of_a_header_with_and_without_the_stage() {
    let table = table(&["a GET /me", "b GET /admin"]).stage("prod").build().unwrap();
    let found = |value: &'static str| {
        let headers = [(HeaderName::from_static("x-original-url"), HeaderValue::from_static(value))];
        let overrides = Overrides::of(&headers.into_iter().collect(), None);
        table.find_overridden(&Method::GET, "/prod/me", &overrides).map(|route| route.unwrap().key().as_str())
    };
    assert_eq!((found("/admin"), found("/prod/admin")), (REJECTED, REJECTED));
    assert_eq!((found("/me"), found("/prod/me")), (Ok("GET /me"), Ok("GET /me")));
}

/// Tables of the README, the examples and the walk-throughs, and what is common besides: nothing changes for plain requests.
#[test]
fn tables_of_real_services_keep_working() {
    const README: &[&str] =
        &["open GET /health", "a GET /pets/{id}", "b ANY /admin", "b ANY /admin/{proxy+}", "c $default"];
    const PETSTORE: &[&str] =
        &["a GET /pets", "b POST /pets", "c GET /pets/{petId}", "d DELETE /pets/{petId}", "open GET /"];
    const PROXY: &[&str] = &["open GET /{proxy+}", "a ANY /api/{proxy+}", "open OPTIONS /{proxy+}"];
    const FILES: &[&str] = &["a GET /files/{name}", "open OPTIONS /{proxy+}", "open GET /"];
    for (lines, request, expected) in [
        (README, "GET /health", "GET /health"),
        (README, "GET /", "$default"),
        (README, "GET /pets/7", "GET /pets/{id}"),
        (README, "DELETE /admin", "ANY /admin"),
        (README, "GET /admin/a/b", "ANY /admin/{proxy+}"),
        (README, "PUT /other/x", "$default"),
        (README, "GET /", "$default"),
        (PETSTORE, "GET /", "GET /"),
        (PETSTORE, "GET /pets", "GET /pets"),
        (PETSTORE, "POST /pets", "POST /pets"),
        (PETSTORE, "GET /pets/7", "GET /pets/{petId}"),
        (PETSTORE, "DELETE /pets/a-B_c.d", "DELETE /pets/{petId}"),
        (PROXY, "GET /index.html", "GET /{proxy+}"),
        (PROXY, "GET /api/me", "ANY /api/{proxy+}"),
        (PROXY, "POST /api/Orders/17", "ANY /api/{proxy+}"),
        (PROXY, "OPTIONS /x/y", "OPTIONS /{proxy+}"),
        (FILES, "GET /files/a%2Fb", "GET /files/{name}"),
        (FILES, "GET /files/My%20Report.PDF", "GET /files/{name}"),
        (FILES, "OPTIONS /files/x", "OPTIONS /{proxy+}"),
    ] {
        for (router, ignore_case) in [(InnerRouter::LiteralFirst, false), (InnerRouter::AnyOrder, true)] {
            let table = table(lines).inner_router(router).ignore_case(ignore_case);
            let (staged, table) = (table.clone().stage("prod").build().unwrap(), table.build().unwrap());
            let below_stage = request.replacen(" /", " /prod/", 1);
            for rules in [REST, HTTP] {
                assert_eq!(passes(&table, request, rules), Ok(expected), "{request} in {lines:?}, {router:?}");
                assert_eq!(passes(&staged, &below_stage, rules), Ok(expected), "{below_stage}, {router:?}");
            }
        }
    }
}

/// A plain request needs one lookup, and one more in lower case, only where the closer look agrees with the route.
#[test]
fn one_lookup_accepts_what_the_closer_look_accepts() {
    const KEYS: [&str; 8] =
        ["$default", "GET /{p+}", "GET /{v}", "GET /x", "GET /x/{v}", "GET /{v}/x", "ANY /x/{p+}", "POST /{v}/y"];
    const RULES: [&str; 3] = ["open", "a", "b"];
    const SETTINGS: [(InnerRouter, bool, MatchRules); 3] = [
        (InnerRouter::AnyOrder, true, REST),
        (InnerRouter::AnyOrder, false, HTTP),
        (InnerRouter::LiteralFirst, false, HTTP),
    ];
    let paths = ["/X", "/Q", "/x/X", "/X/x", "/X/Q", "/Q/X", "/Q/y", "/X/Y", "/Q/R", "/x/Q/R", "/x/x", "/x/", "/"];
    let mut answers = [[0; 3]; SETTINGS.len()];
    for places in 0..KEYS.len().pow(3) {
        let places = [places % 8, places / 8 % 8, places / 64];
        if !places.is_sorted_by(|one, next| one < next) {
            continue;
        }
        for rules in 0..RULES.len().pow(3) {
            let rules = [rules % 3, rules / 3 % 3, rules / 9];
            let lines: Vec<_> =
                rules.iter().zip(places).map(|(rule, place)| format!("{} {}", RULES[*rule], KEYS[place])).collect();
            let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
            for ((router, ignore_case, api), answers) in SETTINGS.into_iter().zip(&mut answers) {
                let table = table(&lines).inner_router(router).ignore_case(ignore_case).match_rules(api);
                // As sent, a path with a slash at its end has one reading.
                let table = table.hand_on_unknown_routes(api == HTTP).paths_as_sent().build().unwrap();
                for (path, method) in paths.iter().flat_map(|path| [(path, Method::GET), (path, Method::POST)]) {
                    let Ok(chosen) = table.choose(&method, path) else { continue };
                    let agreement = Agreement { table: &table, chosen };
                    let holds = agreement.holds(&[&method], path, Marks::of(path));
                    assert_eq!(table.find(&method, path).is_ok(), holds, "{lines:?}, {router:?}: {method} {path}");
                    let is_guarded = chosen.is_some_and(|chosen| !chosen.is_open());
                    answers[usize::from(holds) + usize::from(holds && is_guarded)] += 1;
                }
            }
        }
    }
    assert!(answers.as_flattened().iter().all(|count| *count > 50), "{answers:?}");
}

/// Behaviour §10.91: with paths as they were sent, too, a variable may take what a slash at the end leaves.
#[test]
fn rejects_an_empty_variable_at_the_end_of_a_path_as_it_was_sent() {
    let table = |lines: &[&str]| {
        let table = table(lines).inner_router(InnerRouter::AnyOrder).ignore_case(true);
        table.paths_as_sent().build().unwrap()
    };
    let greedy = table(&["open ANY /{proxy+}", "a GET /{section}/{id}"]);
    let short = table(&["open GET /{section}", "a GET /{section}/{id}"]);
    for path in ["/docs/", "/Docs/"] {
        assert_eq!(passes(&greedy, &format!("GET {path}"), HTTP), REJECTED, "{path}");
        assert_eq!(passes(&short, &format!("GET {path}"), REST), REJECTED, "{path}");
    }
    assert_eq!(passes(&short, "GET /docs", REST), Ok("GET /{section}"));
}

/// Behaviour §5.1.7: where paths are read as sent, an ignored slash starts no segment. The HEAD request and the path in capitals
/// need more than one lookup.
#[test]
fn an_ignored_slash_at_the_end_of_a_path_as_sent_is_ignored_for_every_request() {
    let table = table(&["open ANY /docs", "open ANY /API", "a ANY /{proxy+}"]).ignore_case(true).paths_as_sent();
    let table = table.build().unwrap();
    for (request, expected) in [
        ("GET /docs/", "ANY /docs"),
        ("HEAD /docs/", "ANY /docs"),
        ("GET /API/", "ANY /API"),
        ("GET /x/", "ANY /{proxy+}"),
    ] {
        assert_eq!(passes(&table, request, REST), Ok(expected), "{request}");
    }
}
