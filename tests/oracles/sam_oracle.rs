//! Random SAM templates, imported and compared route by route with what SAM's own translator makes of them.
//!
//! `.ci/sam-oracle` installs the translator (`aws-sam-translator`, the code that AWS runs), and has `tests/sam_oracle/oracle.py`
//! write one template a line, with the routes of SAM's result. A route may be stricter here only where a row of
//! `src/docs/behaviour.md` says so; it is never more open, and never there alone.
#![allow(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "tests"
)]

use std::{
    collections::{BTreeMap, BTreeSet},
    env, fs,
};

use cognito_authorizer::{
    AuthorizerType,
    api_definition::{ApiDefinition, AuthorizerDefinition},
    route::RouteAuthorization,
};
use serde::Deserialize;

const BEHAVIOUR: &str = include_str!("../../src/docs/behaviour.md");

/// A template, and what SAM makes of it.
#[derive(Deserialize)]
struct Case {
    seed: u64,
    api: String,
    template: String,
    #[serde(default)]
    routes: BTreeMap<String, SamRoute>,
    /// The rows that say why a route is stricter here, by route key.
    #[serde(default)]
    stricter: BTreeMap<String, String>,
    rejected: Option<String>,
}

/// What a route of SAM's result requires.
#[derive(Deserialize)]
#[serde(untagged)]
enum SamRoute {
    Authorizer { authorizer: String, scopes: BTreeSet<String>, tokens: String },
    Other { other: String },
    Open { open: bool },
}

/// What a request has to bring.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Required {
    /// There is no route.
    NoRoute,
    Nothing,
    /// A token of an authorizer, with one of the scopes, if there are any.
    Token {
        authorizer: String,
        tokens: String,
        scopes: BTreeSet<String>,
    },
    /// Something that cannot be checked here.
    Other(String),
}

type Routes = BTreeMap<String, Required>;

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Comparison {
    Equal,
    Stricter,
    MoreOpen,
}

impl Required {
    /// How this, on the left, compares with what SAM's result requires.
    fn compared(&self, sam: &Self) -> Comparison {
        match (self, sam) {
            (ours, sam) if ours == sam => Comparison::Equal,
            (Self::NoRoute, _) | (Self::Token { .. }, Self::Nothing) => Comparison::Stricter,
            (Self::Token { tokens, scopes, .. }, Self::Token { tokens: same_tokens, scopes: sam_scopes, .. }) => {
                let is_narrower = sam_scopes.is_empty() || !scopes.is_empty() && scopes.is_subset(sam_scopes);
                if tokens == same_tokens && is_narrower { Comparison::Stricter } else { Comparison::MoreOpen }
            }
            _ => Comparison::MoreOpen,
        }
    }
}

fn of_sam(routes: BTreeMap<String, SamRoute>) -> Routes {
    let required = |route| match route {
        SamRoute::Authorizer { authorizer, scopes, tokens } => Required::Token { authorizer, tokens, scopes },
        SamRoute::Other { other } => Required::Other(other),
        SamRoute::Open { open } => {
            assert!(open);
            Required::Nothing
        }
    };
    routes.into_iter().map(|(key, route)| (key, required(route))).collect()
}

fn of_definition(definition: &ApiDefinition) -> Routes {
    let routes = definition.routes().iter().map(|route| {
        let required = match route.authorizer() {
            None => {
                assert_eq!(*route.authorization(), RouteAuthorization::open());
                Required::Nothing
            }
            Some(name) => {
                let authorizer = definition.authorizers().iter().find(|own| own.name() == name).unwrap();
                assert!(!route.authorization().is_open(), "{name}");
                let scopes: BTreeSet<String> = route.authorization().scope_names().map(str::to_owned).collect();
                Required::Token { authorizer: name.to_owned(), tokens: tokens(authorizer), scopes }
            }
        };
        (route.route_key().to_string(), required)
    });
    routes.collect()
}

/// The header of the token, the user pools and the audience, in one line.
fn tokens(authorizer: &AuthorizerDefinition) -> String {
    let pools: Vec<String> = authorizer.user_pools().iter().map(|pool| pool.id().to_string()).collect();
    let source = authorizer.identity_source().to_string();
    let header = source.strip_prefix("method.request.header.").unwrap();
    let mut line = format!("{header} {}", pools.join(","));
    if authorizer.authorizer_type() == AuthorizerType::Jwt {
        line += &format!(" {}", authorizer.audience().iter().map(|own| own.as_str()).collect::<Vec<_>>().join(","));
    }
    line.to_lowercase()
}

/// The route for a request, and its key: the method before `ANY`, the path before a greedy variable, the default route last.
fn route_for<'r>(routes: &'r Routes, method: &str, path: &str) -> (&'r str, &'r Required) {
    let mut paths = vec![path.to_owned()];
    for (end, _) in path.match_indices('/').rev() {
        paths.push(format!("{}/{{proxy+}}", &path[..end]));
    }
    let keys = paths.iter().flat_map(|path| [format!("{method} {path}"), format!("ANY {path}")]);
    let found = keys.chain(["$default".to_owned()]).find_map(|key| routes.get_key_value(&key));
    found.map_or(("", &Required::NoRoute), |(key, required)| (key, required))
}

/// Every method of every path of one or the other, and a path that neither has.
fn requests(ours: &Routes, sam: &Routes) -> BTreeSet<(&'static str, String)> {
    let keys = ours.keys().chain(sam.keys());
    let paths = keys.filter_map(|key| Some(key.split_once(' ')?.1.to_owned())).chain(["/neither".to_owned()]);
    let methods = ["GET", "PUT", "POST", "DELETE", "OPTIONS", "HEAD", "PATCH"];
    paths.flat_map(|path| methods.map(|method| (method, path.clone()))).collect()
}

/// An error without names and places.
fn kind(error: &str) -> String {
    let first = error.lines().next().unwrap();
    let message = first.split_once(": ").map_or(first, |(_, message)| message);
    let parts = message.split('`').enumerate();
    parts.map(|(number, part)| if number % 2 == 1 { "…" } else { part }).collect()
}

#[derive(Default)]
struct Report {
    compared: usize,
    requests: usize,
    stricter: BTreeMap<String, usize>,
    rejected_here: BTreeMap<String, usize>,
    rejected_by_sam: usize,
    failures: Vec<String>,
}

impl Report {
    fn add(&mut self, case: Case) {
        if case.rejected.is_some() {
            self.rejected_by_sam += 1;
            return;
        }
        let reader = ApiDefinition::reader().variable("AWS::Region", "eu-west-1").api(case.api);
        let definition = match reader.read(&case.template) {
            Ok(definition) => definition,
            Err(error) => {
                *self.rejected_here.entry(kind(&error.to_string())).or_default() += 1;
                return;
            }
        };
        self.compared += 1;
        let (ours, sam) = (of_definition(&definition), of_sam(case.routes));
        for (method, path) in requests(&ours, &sam) {
            self.requests += 1;
            let (our_key, our_rule) = route_for(&ours, method, &path);
            let (sam_key, sam_rule) = route_for(&sam, method, &path);
            let row = match our_rule.compared(sam_rule) {
                Comparison::Equal => continue,
                Comparison::Stricter => case.stricter.get(sam_key),
                Comparison::MoreOpen => None,
            };
            if let Some(row) = row {
                assert!(BEHAVIOUR.contains(&format!("\n| {row} |")), "there is no row {row}");
                *self.stricter.entry(row.clone()).or_default() += 1;
                continue;
            }
            let what = our_rule.compared(sam_rule);
            self.failures.push(format!(
                "{what:?}: {method} {path} (seed {}): here `{our_key}` {our_rule:?}, SAM `{sam_key}` {sam_rule:?}\n{}",
                case.seed, case.template
            ));
            // One request of a template is enough to look at.
            return;
        }
    }

    fn print(&self) {
        let rejected_here: usize = self.rejected_here.values().sum();
        println!(
            "{} templates compared in {} requests, {rejected_here} rejected here alone, {} by SAM",
            self.compared, self.requests, self.rejected_by_sam
        );
        println!("stricter here, by row of behaviour.md: {:?}", self.stricter);
        for (kind, count) in &self.rejected_here {
            println!("{count:5} rejected here: {kind}");
        }
    }
}

#[test]
#[ignore = "needs aws-sam-translator: .ci/sam-oracle"]
fn no_route_is_more_open_than_in_the_result_of_sam() {
    let file = env::var_os("SAM_ORACLE").expect("SAM_ORACLE: run .ci/sam-oracle");
    let mut report = Report::default();
    for line in fs::read_to_string(file).unwrap().lines() {
        report.add(serde_json::from_str(line).unwrap());
    }
    report.print();
    let count = report.failures.len();
    assert!(count == 0, "{count} templates; the first ones:\n{}", report.failures[..count.min(5)].join("\n"));
    // Otherwise next to nothing is compared.
    let rejected_here: usize = report.rejected_here.values().sum();
    assert!(
        report.compared * 4 > (report.compared + rejected_here + report.rejected_by_sam),
        "{} compared",
        report.compared
    );
    assert!(rejected_here * 10 < (report.compared + rejected_here) * 4, "{rejected_here} rejected here alone");
}
