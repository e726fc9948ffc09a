//! A route table finds what a look at one route after the other finds, and what axum's router finds.

use cognito_authorizer::{
    AuthorizerType, RouteTable,
    route::{NoRoute, RouteAuthorization, RouteLint, RouteLintKind, RouteTableBuilder, TrailingSlash},
};
use http::Method;

use super::{
    first_line,
    model_routes::{Lookup, METHODS, ModelRoute, below_stage, find, literal_first, segments},
};

/// Input: letters for settings (`j` an HTTP API, `t` a slash at the end is significant, `i` it is ignored, `o` a greedy
/// variable at the root covers it, `h` unknown routes are handed on, `@stage`); then lines `rule METHOD /path`, where the
/// rule is `open`, `token`, `!` and the name of an authorizer, or a scope; and lines `> METHOD /path` for requests.
pub fn route_table(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let (first, rest) = first_line(text);
    let settings = Settings::of(first);
    let mut routes = Vec::new();
    let mut requests = Vec::new();
    for line in rest.lines().take(200) {
        match line.split_once(' ') {
            Some((">", request)) => requests.extend(request.split_once(' ')),
            Some((rule, key)) => routes.push((rule, key)),
            None => {}
        }
    }
    let Ok(table) = add(settings.apply(RouteTable::builder()), &routes).build() else { return };
    let model: Vec<ModelRoute<'_>> = routes.iter().map(|(rule, key)| ModelRoute::of(key, rule)).collect();
    assert!(table.routes().iter().map(|route| route.key()).eq(routes.iter().map(|(_, key)| *key)));
    // A look at every route takes a while.
    let unreachable = match routes.len() {
        0..=20 => unreachable_routes(&table),
        _ => Vec::new(),
    };
    let router = router(&routes).filter(|_| settings.stage.is_empty());
    for (method, path) in &requests {
        let Ok(sent) = Method::from_bytes(method.as_bytes()) else { continue };
        let found = table.find(&sent, path).map(|route| route.map(|route| route.key().as_str()));
        settings.compare(&model, method, path, found);
        if let (Some(router), Ok(key)) = (&router, found) {
            let of_route = |key| model.iter().find(|route| route.key == key).expect("a route of the table").rule;
            let served = router.at(path).ok().and_then(|matched| served(&model, matched.value, method));
            // A request that passes with a token may also be answered by an open route (behaviour §10.90).
            let served = served.filter(|route| route.rule != "open");
            if let Some(route) = served {
                assert_eq!(key.map_or("open", of_route), route.rule, "{method} {path}: axum serves {}", route.key);
            }
        }
        // Which does not think of what only nothing between two slashes reaches.
        let is_unreachable = |key: &str| !path.contains("//") && unreachable.iter().any(|own| own == key);
        assert!(
            !found.is_ok_and(|key| key.is_some_and(is_unreachable)),
            "{method} {path}: {found:?} is said to be never used"
        );
    }
    compare_with_router(&routes, &requests);
}

/// The keys of the routes that no request falls under, by the lint.
fn unreachable_routes(table: &RouteTable) -> Vec<String> {
    let is_unreachable = |lint: &RouteLint| lint.kind() == RouteLintKind::UnreachableRoute;
    table.lint().into_iter().filter(is_unreachable).map(|lint| lint.route_key().to_string()).collect()
}

struct Settings<'t> {
    lookup: Lookup,
    trailing_slash: Option<TrailingSlash>,
    hands_on: bool,
    stage: &'t str,
}

impl<'t> Settings<'t> {
    fn of(text: &'t str) -> Self {
        let (letters, stage) = text.split_once('@').unwrap_or((text, ""));
        let trailing_slash = match letters {
            _ if letters.contains('t') => Some(TrailingSlash::Significant),
            _ if letters.contains('i') => Some(TrailingSlash::Ignored),
            _ => None,
        };
        let lookup = Lookup { is_http_api: letters.contains('j'), covers_root: letters.contains('o') };
        Self { lookup, trailing_slash, hands_on: letters.contains('h'), stage }
    }

    fn apply(&self, mut builder: RouteTableBuilder) -> RouteTableBuilder {
        builder = builder.proxy_covers_root(self.lookup.covers_root);
        if self.lookup.is_http_api {
            builder = builder.authorizer_type(AuthorizerType::Jwt);
        }
        if !self.stage.is_empty() {
            builder = builder.stage(self.stage);
        }
        if let Some(slash) = self.trailing_slash {
            builder = builder.trailing_slash(slash);
        }
        if self.hands_on { builder.hand_on_unknown_routes(true) } else { builder }
    }

    fn ignores_slash(&self) -> bool {
        self.trailing_slash.map_or(!self.lookup.is_http_api, |slash| slash == TrailingSlash::Ignored)
    }

    fn compare(&self, model: &[ModelRoute<'_>], method: &str, path: &str, found: Result<Option<&str>, NoRoute>) {
        let below = |ignores_slash: bool| {
            let segments = segments(path.as_bytes(), ignores_slash).ok_or(NoRoute::NotFound)?;
            Ok(below_stage(&segments, self.stage).ok_or(NoRoute::UnknownStage)?.to_vec())
        };
        let own = below(self.ignores_slash())
            .and_then(|segments| find(model, method, &segments, self.lookup).ok_or(NoRoute::NotFound));
        let own_rule = own.as_ref().map_or("open", |route| route.rule);
        // What the inner service may answer with, in either order (behaviour §10.90); nothing without the stage.
        let answers = |method: &str, ignores_slash: bool| -> Vec<&str> {
            let Ok(segments) = below(ignores_slash) else { return Vec::new() };
            let orders = [self.lookup, Lookup { is_http_api: false, ..self.lookup }];
            orders.into_iter().flat_map(|order| literal_first(model, method, &segments, order)).collect()
        };
        let is_unguarded = |ignores_slash| {
            METHODS.iter().all(|method| answers(method, ignores_slash).iter().all(|rule| *rule == "open"))
        };
        let has_slash = path.trim_start_matches('/').ends_with('/');
        let is_doubtful = [self.ignores_slash(), !self.ignores_slash()].into_iter().any(|ignores_slash| {
            let is_own_slash = ignores_slash == self.ignores_slash();
            let answers = answers(method, ignores_slash);
            // Ignoring the slash means that there is no route with it (5.1.7).
            let stands_in = !is_own_slash && self.ignores_slash() && own.is_ok();
            let is_missing = answers.is_empty() && own_rule == "open" && !stands_in;
            (is_own_slash || has_slash)
                && (answers.iter().any(|rule| *rule != own_rule && *rule != "open")
                    || is_missing && !(self.hands_on && is_unguarded(ignores_slash)))
        });
        match (found, own) {
            (Ok(Some(key)), Ok(route)) => {
                assert_eq!(key, route.key, "{method} {path}");
                assert!(!is_doubtful, "{method} {path} means two things");
            }
            (Ok(None), Err(NoRoute::NotFound)) => {
                let is_handed_on = self.hands_on && is_unguarded(self.ignores_slash()) && !is_doubtful;
                assert!(is_handed_on, "{method} {path} is handed on");
            }
            (Err(NoRoute::UnknownStage), Err(NoRoute::UnknownStage)) => {}
            (Err(NoRoute::NotFound), Err(NoRoute::NotFound)) => {
                let is_handed_on = self.hands_on && is_unguarded(self.ignores_slash()) && path.starts_with('/');
                assert!(!is_handed_on, "{method} {path} is not handed on");
            }
            // The target `paths` says which of them have to be.
            (Err(NoRoute::Ambiguous), _) => assert!(is_doubtful || !is_plain(path), "{method} {path} means one thing"),
            (found, own) => panic!("{method} {path}: {found:?}, and not {:?}", own.map(|route| route.key)),
        }
    }
}

fn add(builder: RouteTableBuilder, routes: &[(&str, &str)]) -> RouteTableBuilder {
    routes.iter().fold(builder, |builder, (rule, key)| match *rule {
        "open" => builder.open(key),
        "token" => builder.guarded(key),
        name if name.starts_with('!') => builder.route_for_authorizer(&name[1..], key, RouteAuthorization::guarded()),
        scope => builder.scopes(key, [scope]),
    })
}

/// A path that nobody reads otherwise.
fn is_plain(path: &str) -> bool {
    let is_dots = |segment: &str| segment.ends_with('.');
    path.len() < 10_000
        && path.split('/').count() < 128
        && path.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_~./:@!$&'()*+,=".contains(&byte))
        && !path.contains("//")
        && !path.split('/').any(is_dots)
}

/// The router that axum has, if it can hold all these paths: not two variables of one name, nor a variable beside a greedy one.
fn router<'k>(routes: &[(&str, &'k str)]) -> Option<matchit::Router<&'k str>> {
    let mut router = matchit::Router::new();
    paths(routes).iter().all(|path| is_inserted(&mut router, path)).then_some(router)
}

/// The route of this path that axum has for a method.
fn served<'m, 'k>(model: &'m [ModelRoute<'k>], path: &str, method: &str) -> Option<&'m ModelRoute<'k>> {
    let of = |own: &str| model.iter().find(|route| route.key.split_once(' ') == Some((own, path)));
    let get = || of("GET").filter(|_| method == "HEAD");
    of(method).or_else(get).or_else(|| of("ANY").filter(|_| METHODS.contains(&method)))
}

fn paths<'k>(routes: &[(&str, &'k str)]) -> Vec<&'k str> {
    let mut paths: Vec<&str> = routes.iter().filter_map(|(_, key)| Some(key.split_once(' ')?.1)).collect();
    paths.sort_unstable();
    paths.dedup();
    paths
}

/// Whether that router can hold a path: it panics at 26 variables.
fn is_inserted<'k>(router: &mut matchit::Router<&'k str>, path: &'k str) -> bool {
    path.matches('{').count() < 26 && router.insert(theirs(path), path).is_ok()
}

/// A path as that router writes it.
fn theirs(path: &str) -> String {
    match path.rfind("{").filter(|_| path.ends_with("+}")) {
        Some(start) => format!("{}{{*{}}}", &path[..start], &path[start + 1..path.len() - 2]),
        None => path.to_owned(),
    }
}

/// The same paths, for every method, in a table and in the router that axum has.
fn compare_with_router(routes: &[(&str, &str)], requests: &[(&str, &str)]) {
    let mut router = matchit::Router::new();
    let mut table = RouteTable::builder().dangerous().paths_as_sent().trailing_slash(TrailingSlash::Significant);
    for path in paths(routes) {
        // What it cannot hold is in neither.
        if is_inserted(&mut router, path) {
            table = table.guarded(format!("ANY {path}"));
        }
    }
    let Ok(table) = table.build() else { return };
    for (_, path) in requests.iter().filter(|(_, path)| path.starts_with('/') && !path.starts_with("//")) {
        if path.len() > 10_000 || path.split('/').count() > 128 {
            continue;
        }
        let found = table.find(&Method::GET, path).ok().flatten();
        let found = found.and_then(|route| route.key().as_str().strip_prefix("ANY "));
        let matched = router.at(path).ok();
        // A variable takes nothing there, and never does on API Gateway.
        if matched.as_ref().is_some_and(|matched| matched.params.iter().any(|(_, value)| value.is_empty())) {
            continue;
        }
        assert_eq!(found, matched.map(|matched| *matched.value), "{path}");
    }
}
