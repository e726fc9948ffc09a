//! Reads `AWS::Serverless::Api` and `AWS::Serverless::HttpApi`, with the events that are their routes, and `Globals`.
//!
//! The routes come from a definition, inline or in a file, or from the events of functions, as SAM translates them.
//! Rejects properties that SAM would merge or ignore. Source: SAM, specification and translator; [behaviour
//! §6.3](crate::docs::behaviour).

use std::{
    collections::{HashMap, HashSet},
    path::Path,
};

use super::{
    definition::Definition,
    events::{Event, Events},
    http_api,
    names::IMPLICIT_APIS,
    properties::{note_custom_domain, note_private_endpoint, reject_policy},
    resources::{Properties, Resource, Template},
    rest_api,
    sam_auth::{Auth, sam_flag},
    sam_cors,
    sam_routes::EventRoutes,
    sam_view::WrittenPaths,
    with_globals::{ServerlessApi, WithGlobals},
};
use crate::{
    api_definition::{
        cors::{any_origin, cors},
        gateway_responses::response,
        parts::{ImportSettings, Parts},
    },
    document::{Cursor, Findings, NodeValue, Problem},
    gateway_response::Cors,
};

/// Reads a SAM API.
pub(super) fn read<'d>(
    api: &Resource<'d>,
    template: &Template<'d>,
    template_events: &Events<'d>,
    settings: &ImportSettings<'_>,
    folder: Option<&Path>,
    parts: &mut Parts,
) -> Result<(), Problem> {
    let (kind, section, names) = match api.kind {
        "AWS::Serverless::Api" => (ServerlessApi::Rest, "Api", &API[..]),
        _ => (ServerlessApi::Http, "HttpApi", &HTTP_API[..]),
    };
    let properties = template.properties(api, names)?;
    let globals = globals(api, template, section)?;
    let own = WithGlobals {
        own: Some(properties.cursor().map()?),
        global: globals.as_ref().map(|globals| globals.cursor().map()).transpose()?,
    };
    own.check_members(names)?;
    if let Some(global) = own.global.as_ref().and_then(|global| global.get("DefinitionUri")) {
        return Err(global.problem("SAM does not support `DefinitionUri` in `Globals`: set it on the API"));
    }
    reject_policy(own.either("Policy"))?;
    note_front(&own, &mut parts.findings);
    let written = WithGlobals {
        own: api.attribute("Properties"),
        global: globals.as_ref().map(|globals| globals.written().clone()),
    };
    let mut auth = Auth::read(&own.layered("Auth")?, &written.layered("Auth")?, kind, settings, parts)?;
    let definition = definition(&own, &written, template, &mut auth, settings)?;
    definition.read(&auth.defaults, template, folder, settings, parts)?;
    // The type of an event equals the name of its section in `Globals`.
    let events = template_events.of_type(section, &mut parts.findings);
    let paths = WrittenPaths::of(api);
    let resolved: HashMap<&str, Cursor<'_>> = match &definition {
        Definition::Inline(body) => body.get("paths").iter().flat_map(Cursor::entries).collect(),
        _ => HashMap::new(),
    };
    let mut routes = EventRoutes {
        kind,
        definition: &definition,
        written: &paths,
        resolved: &resolved,
        auth: &auth,
        settings,
        claimed: HashSet::new(),
    };
    add_events(api, template, &events, &mut routes, parts);
    reject_events_of_other_kind(api, template_events, kind, parts);
    add_cors(api, [&own, &written], &events, &routes, parts)?;
    for (name, at) in own.layered("GatewayResponses")?.entries()? {
        gateway_response(name, &at, settings, parts)?;
    }
    match kind {
        ServerlessApi::Rest => rest_api::read_attached(api, template, settings, parts),
        ServerlessApi::Http => http_api::read_attached(api, template, settings, parts),
    }
    Ok(())
}

/// Notes a private endpoint and a custom domain, which are not enforced here.
fn note_front(own: &WithGlobals<'_>, findings: &mut Findings) {
    if let Some(at) = own.either("EndpointConfiguration") {
        note_private_endpoint(&at, findings);
    }
    if let Some(at) = own.either("Domain") {
        note_custom_domain(&at, findings);
    }
}

/// Adds the routes of the API's events. An event that names an API outside this template is a problem.
fn add_events(
    api: &Resource<'_>,
    template: &Template<'_>,
    events: &[Event<'_>],
    routes: &mut EventRoutes<'_, '_>,
    parts: &mut Parts,
) {
    let apis = template.resources.iter().filter(|other| other.kind == api.kind).map(|other| other.name);
    let apis: HashSet<&str> = apis.chain(IMPLICIT_APIS).collect();
    for event in events {
        if event.api == api.name {
            routes.add(event, parts).unwrap_or_else(|problem| parts.findings.add(problem));
        } else if event.function_is_present && !apis.contains(&*event.api) {
            let problem = format!("`{}` is not an `{}` of this template", event.api, api.kind);
            parts.findings.problem(&event.properties, problem);
        }
    }
}

/// Adds the preflight routes of `Cors`. `own` has the properties with functions resolved; `written` has them as
/// written.
fn add_cors(
    api: &Resource<'_>,
    [own, written]: [&WithGlobals<'_>; 2],
    events: &[Event<'_>],
    routes: &EventRoutes<'_, '_>,
    parts: &mut Parts,
) -> Result<(), Problem> {
    if let Some(at) = own.either("CorsConfiguration") {
        parts.cors = http_api_cors(&at, own, routes.settings)?;
    }
    let Some(cors) = sam_cors::enabled(own, written)? else { return Ok(()) };
    match routes.definition {
        Definition::Inline(_) => {
            sam_cors::add_to_definition(&cors, routes.resolved, routes.written, routes.auth, routes.settings, parts)
        }
        _ => {
            let own = events.iter().filter(|event| event.api == api.name);
            sam_cors::add_to_events(&cors, own, routes.auth, routes.settings, parts)
        }
    }
}

/// Reads `CorsConfiguration` of a SAM HTTP API: a map, or `true` for every origin.
fn http_api_cors(
    at: &Cursor<'_>,
    own: &WithGlobals<'_>,
    settings: &ImportSettings<'_>,
) -> Result<Option<Cors>, Problem> {
    match &at.node.value {
        NodeValue::Bool(true) => any_origin(at).map(Some),
        NodeValue::Bool(false) => Ok(None),
        _ => {
            // SAM merges the members of `Globals` with those of the API.
            let members = own.layered("CorsConfiguration")?.entries()?;
            cors(at, members, settings.variables)
        }
    }
}

/// Rejects events of the other API type that name this API. SAM applies some of them, even if their function is absent.
fn reject_events_of_other_kind(api: &Resource<'_>, events: &Events<'_>, kind: ServerlessApi, parts: &mut Parts) {
    let other = match kind {
        ServerlessApi::Rest => "HttpApi",
        ServerlessApi::Http => "Api",
    };
    let mut ignored = Findings::default();
    for event in events.of_type(other, &mut ignored).iter().filter(|event| event.api == api.name) {
        let problem =
            format!("an event of type `{other}` cannot belong to an `{}`: use the event type of the API", api.kind);
        parts.findings.problem(&event.properties, problem);
    }
}

/// Returns the section of `Globals` for this type of API, unless the API ignores it.
fn globals<'d>(api: &Resource<'d>, template: &Template<'d>, section: &str) -> Result<Option<Properties<'d>>, Problem> {
    let globals = template.root.get("Globals").and_then(|globals| globals.get(section));
    match api.attribute("IgnoreGlobals") {
        Some(at) => match &at.node.value {
            NodeValue::Text(all) if all == "*" => Ok(None),
            _ => {
                Err(at.problem("only `IgnoreGlobals: \"*\"` is supported: remove it, or set the properties on the API"))
            }
        },
        None => Ok(globals.map(|at| template.resolved(at))),
    }
}

/// Returns the definition of the API; [`Definition::None`] if all routes come from events.
fn definition<'n>(
    own: &WithGlobals<'n>,
    written: &WithGlobals<'_>,
    template: &Template<'_>,
    auth: &mut Auth,
    settings: &ImportSettings<'_>,
) -> Result<Definition<'n>, Problem> {
    if let Some(at) = written.either("MergeDefinitions")
        && sam_flag(&at)?
    {
        return Err(at.problem("`MergeDefinitions` is not supported: use either the definition or the events"));
    }
    let (body, location) = (own.get("DefinitionBody")?, own.get("DefinitionUri")?);
    let definition = Definition::of(body, location, written.either("DefinitionBody"), template)?;
    match &definition {
        Definition::None => {}
        Definition::Inline(body) => {
            if let Some(security) = body.get("security").filter(|_| auth.defaults.guard.is_some()) {
                return Err(security.problem(
                    "the root `security` conflicts with the `DefaultAuthorizer` of the API: remove one of the two",
                ));
            }
            auth.join(body, own.get("OpenApiVersion")?, settings)?;
        }
        Definition::Referenced(_) | Definition::Included(..) => {
            for name in ["Auth", "Cors", "CorsConfiguration", "GatewayResponses"] {
                if let Some(at) = own.either(name) {
                    return Err(at.problem(format!(
                        "SAM supports `{name}` only with `DefinitionBody`: set it in the definition"
                    )));
                }
            }
        }
    }
    Ok(definition)
}

fn gateway_response(
    name: &str,
    at: &Cursor<'_>,
    settings: &ImportSettings<'_>,
    parts: &mut Parts,
) -> Result<(), Problem> {
    let at = at.clone().map()?;
    at.check_members(&["ResponseParameters", "ResponseTemplates", "StatusCode"])?;
    let mut headers = Vec::new();
    if let Some(parameters) = at.get("ResponseParameters").map(Cursor::map).transpose()? {
        parameters.check_members(&["Headers", "Paths", "QueryStrings"])?;
        for at in ["Paths", "QueryStrings"].iter().filter_map(|name| parameters.get(name)) {
            parts
                .findings
                .note(&at, "a gateway response has no path and no query string: only `Headers` is reproduced");
        }
        let all = parameters.get("Headers").map(Cursor::map).transpose()?;
        headers.extend(all.iter().flat_map(Cursor::entries));
    }
    let response = response(at.get("StatusCode"), headers, at.get("ResponseTemplates"), settings.variables)?;
    parts.responses.add(name, &at, response)
}

const API: [&str; 32] = [
    "AccessLogSetting",
    "AlwaysDeploy",
    "ApiKeySourceType",
    "Auth",
    "BinaryMediaTypes",
    "CacheClusterEnabled",
    "CacheClusterSize",
    "CanarySetting",
    "Cors",
    "DefinitionBody",
    "DefinitionUri",
    "Description",
    "DisableExecuteApiEndpoint",
    "Domain",
    "EndpointAccessMode",
    "EndpointConfiguration",
    "FailOnWarnings",
    "GatewayResponses",
    "MergeDefinitions",
    "MethodSettings",
    "MinimumCompressionSize",
    "Mode",
    "Models",
    "Name",
    "OpenApiVersion",
    "Policy",
    "PropagateTags",
    "SecurityPolicy",
    "StageName",
    "Tags",
    "TracingEnabled",
    "Variables",
];

const HTTP_API: [&str; 16] = [
    "AccessLogSettings",
    "Auth",
    "CorsConfiguration",
    "DefaultRouteSettings",
    "DefinitionBody",
    "DefinitionUri",
    "Description",
    "DisableExecuteApiEndpoint",
    "Domain",
    "FailOnWarnings",
    "Name",
    "PropagateTags",
    "RouteSettings",
    "StageName",
    "StageVariables",
    "Tags",
];
