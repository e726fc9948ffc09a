//! Reads the settings from the sections of a configuration file.

use std::{cell::RefCell, collections::HashMap, path::Path, sync::Arc, time::Duration};

use super::{
    read_authorizer::{authorizer, options},
    read_definition::{DefinitionReference, definition},
    read_gateway_responses::{cors, gateway_responses},
    read_routes::{repeated_routes, route},
    section::{Section, below},
    settings::{DangerSettings, ProxyAddress, Settings, UserPoolSettings},
};
#[cfg(feature = "reqwest")]
use crate::jwks::{HttpsKeySource, HttpsKeySourceError};
use crate::{
    api_definition::has_derived_form,
    authorizer::AuthorizerSettings,
    document::{Cursor, Findings},
    limits::{MAX_AUTHORIZERS, MAX_FETCH_TIMEOUT, MAX_JWK_SET_SOFT_AGE, MAX_NAME_BYTES, MAX_USER_POOLS},
    route::{PathPolicy, TableSettings},
    scope::Scope,
    user_pool::UserPool,
};

/// A configuration file, before its API definition is read.
#[derive(Debug)]
pub(super) struct File<'d> {
    pub(super) settings: Settings,
    /// The API definition that has the routes and the authorizers, if the file names one.
    pub(super) definition: Option<DefinitionReference<'d>>,
}

/// The members of a configuration, except `$schema`.
pub(super) const MEMBERS: [&str; 11] = [
    "user_pools",
    "authorizers",
    "route_table",
    "routes",
    "gateway_responses",
    "variables",
    "cors",
    "keys",
    "token_cache",
    "danger",
    "definition",
];

/// Reads a configuration file. Its relative paths start at `directory`.
pub(super) fn file<'d>(
    root: &Cursor<'d>,
    directory: &Path,
    variables: &[(String, String)],
    findings: &RefCell<Findings>,
) -> Option<File<'d>> {
    let root = Section::new(root.clone(), findings)?;
    // Editors use `$schema`, so its name is known.
    root.member("$schema");
    if !root.is_bounded("user_pools", MAX_USER_POOLS) || !root.is_bounded("authorizers", MAX_AUTHORIZERS) {
        return None;
    }
    let mut settings = Settings::default();
    let user_pools = root.sections("user_pools").into_iter();
    settings.user_pools = user_pools.filter_map(|(name, at)| user_pool(name, at, directory)).collect();
    if let Some(section) = root.section("route_table") {
        settings.route_table = route_table(section, settings.route_table);
    }
    settings.shared = shared(&root, directory, variables);
    settings.proxy = root.section("keys").and_then(|section| section.parsed("proxy", proxy));
    settings.cors = root.section("cors").and_then(cors);
    settings.danger = root.section("danger").map(danger).unwrap_or_default();
    check_names(&root);
    repeated_user_pools(&root, &settings.user_pools);
    let definition = match root.section("definition").and_then(|section| definition(section, directory)) {
        Some(definition) => Some(DefinitionReference { options: options_of_definition(&root), ..definition }),
        None => {
            authorizers_and_routes(&root, &mut settings);
            None
        }
    };
    root.end();
    Some(File { settings, definition })
}

/// Reads the settings that all authorizers share.
fn shared(root: &Section<'_, '_>, directory: &Path, variables: &[(String, String)]) -> AuthorizerSettings {
    let shared =
        AuthorizerSettings { gateway_responses: gateway_responses(root, variables), ..AuthorizerSettings::default() };
    let shared = match root.section("keys") {
        Some(section) => keys(section, directory, shared),
        None => shared,
    };
    let token_cache_bytes = root.section("token_cache").and_then(|section| {
        let bytes = section.number("bytes");
        section.end();
        bytes
    });
    AuthorizerSettings { token_cache_bytes, ..shared }
}

/// Reads the settings that the file adds to authorizers of a definition.
fn options_of_definition<'d>(root: &Section<'d, '_>) -> Vec<(Cursor<'d>, &'d str, AuthorizerSettings)> {
    let own = root.sections("authorizers").into_iter().map(|(name, section)| {
        let (at, options) = (section.at.clone(), options(&section));
        section.end();
        (at, name, options)
    });
    let own = own.collect();
    if root.member("routes").is_some() {
        root.problem_at("routes", "the definition already has the routes: remove `routes` or `definition`");
    }
    own
}

/// Reads the authorizers and routes of a file without a definition.
fn authorizers_and_routes(root: &Section<'_, '_>, settings: &mut Settings) {
    // Include sections with errors, so that a reference to one is not reported as unknown.
    let names = |part: &str| -> Vec<&str> {
        root.at.get(part).iter().flat_map(Cursor::entries).map(|(name, _)| name).collect()
    };
    let (user_pools, authorizers) = (names("user_pools"), names("authorizers"));
    let own = root.sections("authorizers").into_iter();
    settings.authorizers = own.filter_map(|(name, at)| authorizer(name, at, &user_pools)).collect();
    settings.routes = root.items("routes").into_iter().filter_map(|at| route(at, &authorizers)).collect();
    repeated_routes(root);
}

fn check_names(root: &Section<'_, '_>) {
    for part in ["user_pools", "authorizers"] {
        for (name, at) in root.at.get(part).iter().flat_map(Cursor::entries) {
            if name.is_empty() || name.len() > MAX_NAME_BYTES || name.chars().any(char::is_control) {
                let message = format!("a name must have 1 to {MAX_NAME_BYTES} bytes, and no control characters");
                root.findings().problem(&at, message);
            }
        }
    }
}

fn user_pool(name: &str, section: Section<'_, '_>, directory: &Path) -> Option<UserPoolSettings> {
    section.require("id", "the id of the user pool, or its ARN");
    let id = section.parsed("id", str::parse::<UserPool>);
    let (issuer, jwks_uri) = (section.text("issuer"), section.text("jwks_uri"));
    let jwks_file = section.text("jwks_file").map(|file| below(directory, &file));
    if jwks_uri.is_some() && jwks_file.is_some() {
        section.problem_at("jwks_file", "`jwks_uri` and `jwks_file` are both set: remove one");
    }
    let has_servers = section.member("resource_servers").is_some();
    let scopes: Arc<[String]> = section.items("resource_servers").into_iter().flat_map(resource_server).collect();
    let issuer_is_set = issuer.is_some();
    let user_pool = id.map(|user_pool| issuer.into_iter().fold(user_pool, UserPool::with_issuer));
    if let Some(user_pool) = user_pool.as_ref().filter(|own| own.issuers().is_empty()) {
        let message = "has no AWS region, so its issuer cannot be derived: set the issuer with `issuer`";
        section.problem_at("id", format!("`{}` {message}", user_pool.id()));
    }
    let has_own_keys = issuer_is_set || jwks_uri.is_some() || jwks_file.is_some();
    if user_pool.as_ref().is_some_and(|own| has_derived_form(own.id())) && !has_own_keys {
        let message = "this is the derived id of a local user pool: set `issuer` to the issuer of the local user pool";
        section.problem_at("id", message);
    }
    section.end();
    let user_pool = jwks_uri.into_iter().fold(user_pool?, UserPool::with_jwks_uri);
    Some(UserPoolSettings { name: name.to_owned(), user_pool, jwks_file, scopes: has_servers.then_some(scopes) })
}

/// Reports two user pools with one issuer: the keys of one must not verify tokens of the other.
fn repeated_user_pools(root: &Section<'_, '_>, user_pools: &[UserPoolSettings]) {
    let mut seen: HashMap<String, &str> = HashMap::new();
    for own in user_pools {
        for issuer in own.user_pool.issuers() {
            if let Some(other) = seen.insert(issuer.name().to_owned(), &own.name) {
                let at = root.at.get("user_pools").and_then(|at| at.get(&own.name));
                let message = format!("duplicate of the user pool `{other}`: keep one");
                root.findings().problem(at.as_ref().unwrap_or(&root.at), message);
                break;
            }
        }
    }
}

/// Reads a resource server, and returns the full names of its scopes.
fn resource_server(section: Section<'_, '_>) -> Vec<String> {
    section.require("identifier", "the part of a scope before the slash");
    let identifier = section.text("identifier");
    let identifier = identifier.unwrap_or_default();
    let mut scopes = Vec::new();
    for (at, name) in section.texts("scopes").unwrap_or_default() {
        match format!("{identifier}/{name}").parse::<Scope>() {
            Ok(scope) => scopes.push(scope.as_str().to_owned()),
            Err(error) => section.findings().problem(&at, error.to_string()),
        }
    }
    section.end();
    scopes
}

fn route_table(section: Section<'_, '_>, default: TableSettings) -> TableSettings {
    let policy = if section.flag("strict_paths") == Some(true) { PathPolicy::Strict } else { default.policy };
    let settings = TableSettings {
        stage: section.parsed("stage", str::parse).unwrap_or_default(),
        trailing_slash: section.word("trailing_slash"),
        proxy_covers_root: section.flag("proxy_covers_root").unwrap_or_default(),
        policy,
        hands_on_unknown: section.flag("hand_on_unknown_routes").unwrap_or_default(),
        inner_router: section.word("inner_router").unwrap_or(default.inner_router),
        ignores_case: section.flag("ignore_case").unwrap_or(default.ignores_case),
        inserts_matched_route: section.flag("insert_matched_route").unwrap_or_default(),
        ..default
    };
    section.end();
    settings
}

fn keys(section: Section<'_, '_>, directory: &Path, shared: AuthorizerSettings) -> AuthorizerSettings {
    // `file` reads the proxy.
    section.member("proxy");
    let (timeout, age) = (section.number("fetch_timeout_milliseconds"), section.number("max_age_seconds"));
    let most = u64::try_from(MAX_FETCH_TIMEOUT.as_millis()).unwrap_or(u64::MAX);
    if timeout.is_some_and(|timeout| timeout == 0 || timeout > most) {
        section.problem_at("fetch_timeout_milliseconds", format!("choose 1 to {most}"));
    }
    let least = MAX_JWK_SET_SOFT_AGE.as_secs();
    if age.is_some_and(|age| age < least) {
        section.problem_at("max_age_seconds", format!("choose at least {least}"));
    }
    let directory = section.text("last_known_good_directory").map(|path| below(directory, &path));
    section.end();
    AuthorizerSettings {
        fetch_timeout: timeout.map(Duration::from_millis),
        max_key_age: age.map(Duration::from_secs),
        last_known_good_directory: directory,
        ..shared
    }
}

/// Parses the address of a proxy. Errors do not repeat the address, because it may contain a password.
#[cfg(feature = "reqwest")]
fn proxy(address: &str) -> Result<ProxyAddress, HttpsKeySourceError> {
    HttpsKeySource::through_proxy(address).map(|_| ProxyAddress(address.to_owned()))
}

#[cfg(not(feature = "reqwest"))]
fn proxy(_: &str) -> Result<ProxyAddress, &'static str> {
    Err("this build has no key source that supports a proxy: enable the feature `reqwest`")
}

fn danger(section: Section<'_, '_>) -> DangerSettings {
    let settings = DangerSettings {
        plain_http: section.flag("plain_http").unwrap_or_default(),
        paths_as_sent: section.flag("paths_as_sent").unwrap_or_default(),
        shadow: section.flag("shadow").unwrap_or_default(),
    };
    section.end();
    settings
}
