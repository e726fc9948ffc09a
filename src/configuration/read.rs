//! From the parts of a configuration file to its settings.

use std::{
    cell::RefCell,
    collections::HashMap,
    path::{Path, PathBuf},
};

use super::{
    read_authorizer::{authorizer, options},
    section::{Section, listed},
    settings::{
        AuthorizerOptions, BASE_PATHS, DangerSettings, KeySettings, RouteSettings, RouteTableSettings, Settings,
        TRAILING_SLASHES, UserPoolSettings,
    },
};
use crate::{
    api_definition::BasePath,
    authorizer_type::ResponseType,
    document::{Cursor, Findings, Value},
    gateway_response::{CorsHeaders, GatewayResponse, GatewayResponses},
    limits::{MAX_AUTHORIZERS, MAX_FETCH_TIMEOUT, MAX_JWK_SET_SOFT_AGE, MAX_SCOPES, MAX_USER_POOLS},
    route::{RouteAuthorization, RouteTable},
    scope::{Scope, ScopeSet},
    user_pool::UserPool,
};

/// A configuration file, before what it refers to was read.
#[derive(Debug)]
pub(super) struct File<'d> {
    pub(super) settings: Settings,
    /// The API definition that has the routes and the authorizers.
    pub(super) definition: Option<DefinitionReference<'d>>,
}

/// What is said of an API definition.
#[derive(Debug)]
pub(super) struct DefinitionReference<'d> {
    /// Where it is named.
    pub(super) at: Cursor<'d>,
    pub(super) file: String,
    /// Which API of a template.
    pub(super) api: Option<String>,
    pub(super) base_path: BasePath,
    pub(super) ignores_root_security: bool,
    /// For authorizers of the definition.
    pub(super) options: Vec<(Cursor<'d>, &'d str, AuthorizerOptions)>,
}

/// Reads a configuration file. Relative paths in it are below `directory`.
pub(super) fn file<'d>(root: &Cursor<'d>, directory: &Path, findings: &RefCell<Findings>) -> Option<File<'d>> {
    let root = Section::new(root.clone(), findings)?;
    // For editors.
    root.member("$schema");
    if !root.is_bounded("user_pools", MAX_USER_POOLS) || !root.is_bounded("authorizers", MAX_AUTHORIZERS) {
        return None;
    }
    let mut settings = Settings {
        user_pools: root
            .sections("user_pools")
            .into_iter()
            .filter_map(|(name, at)| user_pool(name, at, directory))
            .collect(),
        route_table: root.section("route_table").map(route_table).unwrap_or_default(),
        keys: root.section("keys").map(|section| keys(section, directory)).unwrap_or_default(),
        token_cache_bytes: root.section("token_cache").and_then(|section| {
            let bytes = section.number("bytes");
            section.end();
            bytes
        }),
        danger: root.section("danger").map(danger).unwrap_or_default(),
        gateway_responses: gateway_responses(&root),
        ..Settings::default()
    };
    let definition = root.section("definition").and_then(definition);
    let sections = root.sections("authorizers");
    let definition = match definition {
        Some(definition) => {
            let own = sections.into_iter().map(|(name, section)| {
                let (at, options) = (section.at.clone(), options(&section));
                section.end();
                (at, name, options)
            });
            if root.member("routes").is_some() {
                root.problem_of("routes", "the routes are those of the definition: take either out");
            }
            Some(DefinitionReference { options: own.collect(), ..definition })
        }
        None => {
            // Also those with a mistake of their own.
            let names = |part: &str| -> Vec<&str> {
                root.at.get(part).iter().flat_map(Cursor::entries).map(|(name, _)| name).collect()
            };
            let (user_pools, authorizers) = (names("user_pools"), names("authorizers"));
            let own = sections.into_iter().filter_map(|(name, at)| authorizer(name, at, &user_pools));
            settings.authorizers = own.collect();
            settings.routes = root.items("routes").into_iter().filter_map(|at| route(at, &authorizers)).collect();
            repeated_routes(&root);
            None
        }
    };
    root.end();
    Some(File { settings, definition })
}

fn user_pool(name: &str, section: Section<'_, '_>, directory: &Path) -> Option<UserPoolSettings> {
    section.require("id", "the id of the user pool, or its ARN");
    let id = section.parsed("id", UserPool::parse);
    let (issuer, jwks_uri) = (section.text("issuer"), section.text("jwks_uri"));
    let jwks_file = section.text("jwks_file").map(|file| below(directory, &file));
    if jwks_uri.is_some() && jwks_file.is_some() {
        section.problem_of("jwks_file", "the keys come from one place: take `jwks_uri` or `jwks_file` out");
    }
    let has_servers = section.member("resource_servers").is_some();
    let scopes = section.items("resource_servers").into_iter().flat_map(resource_server).collect();
    section.end();
    let user_pool = id?;
    let user_pool = issuer.into_iter().fold(user_pool, UserPool::with_issuer);
    let user_pool = jwks_uri.into_iter().fold(user_pool, UserPool::with_jwks_uri);
    Some(UserPoolSettings { name: name.to_owned(), user_pool, jwks_file, scopes: has_servers.then_some(scopes) })
}

/// The full names of the scopes of a resource server.
fn resource_server(section: Section<'_, '_>) -> Vec<String> {
    section.require("identifier", "what stands before the slash of a scope");
    let identifier = section.text("identifier");
    let identifier = identifier.unwrap_or_default();
    let mut scopes = Vec::new();
    for (at, name) in section.texts("scopes").unwrap_or_default() {
        match Scope::parse(&format!("{identifier}/{name}")) {
            Ok(scope) => scopes.push(scope.as_str().to_owned()),
            Err(error) => section.findings().problem(&at, error.to_string()),
        }
    }
    section.end();
    scopes
}

fn route(section: Section<'_, '_>, authorizers: &[&str]) -> Option<RouteSettings> {
    section.require("route", "a method and a path, such as `GET /pets/{id}`, or `$default`");
    let route = section.text("route");
    let is_open = section.choice("authorization", &[("NONE", true)]).is_some();
    let authorizer = section.parsed("authorizer", |name| match authorizers.contains(&name) {
        true => Ok(name.to_owned()),
        false => Err(format!("there is no authorizer of this name: expected {}", listed(authorizers, name))),
    });
    let is_bounded = section.is_bounded("scopes", MAX_SCOPES);
    let scopes = section.texts("scopes");
    if is_open && (scopes.is_some() || section.at.get("authorizer").is_some()) {
        section.problem("a route with `authorization = \"NONE\"` is open: take that out, or what asks for a token");
    }
    if !is_open && section.at.get("authorizer").is_none() && authorizers.len() != 1 {
        let message = match authorizers {
            [] => "nothing guards this route: define an authorizer, or write `authorization = \"NONE\"`".to_owned(),
            several => format!("`authorizer` is missing: expected {}", listed(several, "")),
        };
        section.problem(message);
    }
    let authorization = match scopes {
        _ if is_open => Some(RouteAuthorization::None),
        None => Some(RouteAuthorization::Token),
        Some(_) if !is_bounded => None,
        Some(scopes) if scopes.is_empty() => {
            section.problem_of("scopes", "the list is empty: leave it out for a token without a scope");
            None
        }
        Some(scopes) => match ScopeSet::new(scopes.iter().map(|(_, scope)| scope)) {
            Ok(scopes) => Some(RouteAuthorization::Scopes(scopes)),
            Err(error) => {
                section.problem_of("scopes", error.to_string());
                None
            }
        },
    };
    if let Some(route) = &route
        && let Err(error) = RouteTable::builder().open(route).build()
    {
        section.problem_of("route", error.to_string());
    }
    section.end();
    let (route, authorization) = (route?, authorization?);
    let authorizer = authorizer.or_else(|| authorizers.first().map(|&name| name.to_owned())).filter(|_| !is_open);
    Some(RouteSettings { route, authorization, authorizer })
}

/// Routes that are the same, whatever their variables are called.
fn repeated_routes(root: &Section<'_, '_>) {
    let mut seen: HashMap<String, usize> = HashMap::new();
    for item in root.at.get("routes").iter().flat_map(Cursor::items) {
        let Some(Value::Text(route)) = item.get("route").map(|at| &at.node.value) else { continue };
        let unnamed = |segment: &str| match (segment.starts_with('{'), segment.ends_with("+}")) {
            (true, true) => "{+}".to_owned(),
            (true, false) => "{}".to_owned(),
            (false, _) => segment.to_owned(),
        };
        let shape: Vec<String> = route.split('/').map(unnamed).collect();
        if let Some(line) = seen.insert(shape.join("/"), item.node.line) {
            root.findings().problem(&item, format!("the same route as that at line {line}: keep one"));
        }
    }
}

/// A path of the file, wherever the process that uses it is.
fn below(directory: &Path, path: &str) -> PathBuf {
    let path = directory.join(path);
    std::path::absolute(&path).unwrap_or(path)
}

fn route_table(section: Section<'_, '_>) -> RouteTableSettings {
    let settings = RouteTableSettings {
        stage: section.parsed("stage", |stage| {
            RouteTable::builder().stage(stage).build().map(|_| stage.to_owned()).map_err(|error| error.to_string())
        }),
        trailing_slash: section.choice("trailing_slash", &TRAILING_SLASHES),
        proxy_covers_root: section.flag("proxy_covers_root").unwrap_or_default(),
        strict_paths: section.flag("strict_paths").unwrap_or_default(),
        hand_on_unknown_routes: section.flag("hand_on_unknown_routes").unwrap_or_default(),
    };
    section.end();
    settings
}

fn keys(section: Section<'_, '_>, directory: &Path) -> KeySettings {
    let settings = KeySettings {
        fetch_timeout_milliseconds: section.number("fetch_timeout_milliseconds"),
        max_age_seconds: section.number("max_age_seconds"),
        last_known_good_directory: section.text("last_known_good_directory").map(|path| below(directory, &path)),
    };
    let most = u64::try_from(MAX_FETCH_TIMEOUT.as_millis()).unwrap_or(u64::MAX);
    if settings.fetch_timeout_milliseconds.is_some_and(|timeout| timeout == 0 || timeout > most) {
        section.problem_of("fetch_timeout_milliseconds", format!("choose 1 to {most}"));
    }
    let least = MAX_JWK_SET_SOFT_AGE.as_secs();
    if settings.max_age_seconds.is_some_and(|age| age < least) {
        section.problem_of("max_age_seconds", format!("choose at least {least}"));
    }
    section.end();
    settings
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

fn definition<'d>(section: Section<'d, '_>) -> Option<DefinitionReference<'d>> {
    section.require("file", "the API definition, relative to this file");
    let file = section.text("file");
    let reference = DefinitionReference {
        at: section.at.clone(),
        file: file.unwrap_or_default(),
        api: section.text("api"),
        base_path: section.choice("base_path", &BASE_PATHS).unwrap_or_default(),
        ignores_root_security: section.flag("ignore_root_security").unwrap_or_default(),
        options: Vec::new(),
    };
    section.end();
    Some(reference).filter(|reference| !reference.file.is_empty())
}

/// Gateway responses, what their templates call stage variables, and CORS.
fn gateway_responses(root: &Section<'_, '_>) -> GatewayResponses {
    let mut builder = GatewayResponses::builder();
    for (_, name, value) in root.named_texts("variables") {
        builder = builder.stage_variable(name, value);
    }
    for (name, section) in root.sections("gateway_responses") {
        let response_type: Option<ResponseType> = match name.parse() {
            Ok(response_type) => Some(response_type),
            Err(_) => {
                let names = ResponseType::ALL.map(ResponseType::name);
                let message = format!("`{name}` is not a type of gateway response: expected {}", listed(&names, name));
                section.problem(message);
                None
            }
        };
        let mut response = GatewayResponse::new();
        if let Some(status) = section.number("status") {
            response = response.status(u16::try_from(status).unwrap_or(u16::MAX));
        }
        for (_, header, value) in section.named_texts("headers") {
            response = response.header(header, value);
        }
        for (_, content_type, template) in section.named_texts("templates") {
            response = response.template(content_type, template);
        }
        if let Some(response_type) = response_type {
            // By itself, so that what is wrong is found where it stands.
            match GatewayResponses::builder().response(response_type, response.clone()).build() {
                Ok(_) => builder = builder.response(response_type, response),
                Err(error) => section.problem(error.to_string()),
            }
        }
        section.end();
    }
    if let Some(cors) = root.section("cors").and_then(cors) {
        builder = builder.cors(cors);
    }
    // Each was built by itself already.
    builder.build().unwrap_or_default()
}

fn cors(section: Section<'_, '_>) -> Option<CorsHeaders> {
    section.require("origins", "a list such as [\"https://app.example\"], or [\"*\"]");
    let origins = section.texts("origins");
    let credentials = section.flag("credentials").unwrap_or_default();
    let origins: Vec<&str> = origins?.into_iter().map(|(_, origin)| origin).collect();
    let cors = match (&*origins, credentials) {
        (["*"], false) => Ok(CorsHeaders::any_origin()),
        (_, false) => CorsHeaders::origins(&origins),
        (_, true) => CorsHeaders::origins_with_credentials(&origins),
    };
    let cors = cors.map_err(|error| section.problem_of("origins", error.to_string())).ok();
    section.end();
    cors
}
