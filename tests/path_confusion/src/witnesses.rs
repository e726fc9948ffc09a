//! For each step by which the table reads requests otherwise: a request that a guarded handler of a real server answers, and
//! that the layer would let through without this step.

use std::collections::HashMap;

use cognito_authorizer::{RouteTable, internals, route::NoRoute};
use http::{HeaderMap, HeaderName, HeaderValue, Method, Uri};

use crate::{
    layout::{Layout, Rule},
    requests::{Attempt, METHOD_HEADERS, METHOD_PARAMETER, PATH_HEADERS},
    run::Guarded,
    table::{self, Reading},
};

/// Steps that no server of this harness takes, with the server and version that does.
const ELSEWHERE: [(&str, &str); 2] = [
    ("x-original-url", "Symfony HttpFoundation 2.7 to 4.1.2 (CVE-2018-14773)"),
    ("x-rewrite-url", "Symfony HttpFoundation 2.7 to 4.1.2 (CVE-2018-14773)"),
];

/// What is left out of a decision.
enum Step {
    /// One of the table's own.
    Path(&'static str),
    /// A header or a parameter that names another method or path.
    Override(&'static str),
    IgnoredCase,
    AnyOrder,
}

impl std::fmt::Display for Step {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Path(name) => f.write_str(name),
            Self::Override(name) => write!(f, "{name}"),
            Self::IgnoredCase => f.write_str("ignore_case"),
            Self::AnyOrder => f.write_str("InnerRouter::AnyOrder"),
        }
    }
}

/// How many steps have a witness, or a server that is named elsewhere, and how many have none.
pub fn find(mut guarded: Vec<Guarded>) -> (usize, usize) {
    // The shortest request says most.
    guarded.sort_by_key(|guarded| (guarded.attempt.target.len(), guarded.attempt.headers.len()));
    let mut tables = Tables::default();
    let (mut passed, mut failed) = (0, 0);
    let overrides = METHOD_HEADERS.into_iter().chain([METHOD_PARAMETER]).chain(PATH_HEADERS).map(Step::Override);
    let steps = internals::reading_steps().map(Step::Path).chain(overrides);
    for step in steps.chain([Step::IgnoredCase, Step::AnyOrder]) {
        let mut servers: Vec<&str> = Vec::new();
        let mut witness = None;
        for guarded in &guarded {
            if !servers.contains(&guarded.server) && tables.needs(&step, guarded) {
                servers.push(guarded.server);
                witness = witness.or(Some(guarded));
            }
        }
        let elsewhere = ELSEWHERE.iter().find(|(name, _)| *name == step.to_string());
        match (witness, elsewhere) {
            (Some(witness), _) => {
                let key = witness.layout.key(witness.route);
                println!(
                    "ok     {step}: without it, `{}` is answered by `{key}` of {}, {} ({}, {:?}); needed for {}",
                    witness.attempt,
                    witness.server,
                    witness.setting,
                    witness.layout.name,
                    witness.order,
                    servers.join(", ")
                );
                passed += 1;
            }
            (None, Some((_, server))) => {
                println!("ok     {step}: needed for {server}");
                passed += 1;
            }
            (None, None) => {
                println!("FAILED {step}: no server needs it");
                failed += 1;
            }
        }
    }
    (passed, failed)
}

/// The tables, built once.
#[derive(Default)]
struct Tables(HashMap<(&'static str, Reading), RouteTable>);

impl Tables {
    /// Whether the layer rejects a request that a guarded handler answers, and would not without this step.
    fn needs(&mut self, step: &Step, guarded: &Guarded) -> bool {
        let (layout, reading, attempt) = (guarded.layout, guarded.reading, &guarded.attempt);
        // What one of those names may be read otherwise than the path.
        if !matches!(step, Step::Override(_)) && attempt.without_overrides().is_some() {
            return false;
        }
        let (name, without, changed) = match step {
            Step::Path(name) => (Some(*name), reading, None),
            Step::Override(name) => match attempt.without_override(name).filter(|_| guarded.heeds_override) {
                None => return false,
                changed => (None, reading, changed),
            },
            Step::IgnoredCase if reading.ignores_case => (None, Reading { ignores_case: false, ..reading }, None),
            Step::AnyOrder if reading.any_order => (None, Reading { any_order: false, ..reading }, None),
            Step::IgnoredCase | Step::AnyOrder => return false,
        };
        let rule = layout.rule(guarded.route);
        let would_pass = self.passes(layout, without, name, changed.as_ref().unwrap_or(attempt), rule);
        would_pass && !self.passes(layout, reading, None, attempt, rule)
    }

    /// Whether the layer would call the service without the token that this rule asks for.
    fn passes(
        &mut self,
        layout: &'static Layout,
        reading: Reading,
        step: Option<&str>,
        attempt: &Attempt,
        rule: Rule,
    ) -> bool {
        let table = self.0.entry((layout.name, reading)).or_insert_with(|| table::table(layout, reading));
        match decide(table, step, attempt) {
            Some(Ok(None)) => true,
            Some(Ok(Some(key))) => {
                let chosen = layout.routes.iter().find(|(_, own)| *own == key).map_or(Rule::Open, |(rule, _)| *rule);
                // With the token of rule A in the second case.
                chosen == Rule::Open || chosen == Rule::A && rule == Rule::B
            }
            Some(Err(_)) | None => false,
        }
    }
}

/// `None` for a request that is not HTTP.
fn decide<'t>(
    table: &'t RouteTable,
    step: Option<&str>,
    attempt: &Attempt,
) -> Option<Result<Option<&'t str>, NoRoute>> {
    let method = Method::from_bytes(attempt.method.as_bytes()).ok()?;
    let uri = Uri::try_from(attempt.target.as_slice()).ok()?;
    let mut headers = HeaderMap::new();
    for (name, value) in &attempt.headers {
        headers.append(HeaderName::from_static(name), HeaderValue::from_str(value).ok()?);
    }
    Some(internals::route_key_without(table, step, (&method, &uri, &headers)))
}
