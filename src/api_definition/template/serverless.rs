//! `AWS::Serverless::Api` and `AWS::Serverless::HttpApi`, with the events that are their routes, and `Globals`.
//!
//! In: a definition, inline or in a file, or the events of functions. Out: what SAM makes of them. Refused: what SAM
//! would merge, or leave out of account. Source: SAM, specification and translator; [behaviour
//! §6.3](crate::docs::behaviour).

use std::{collections::HashSet, path::Path};

use super::{
    definition::Definition,
    events::{Event, Events},
    http_api,
    names::IMPLICIT_APIS,
    properties::{flag, note_custom_domain, note_private_endpoint, refuse_policy},
    resources::{Properties, Resource, Template},
    rest_api,
    sam_auth::Auth,
    sam_cors,
};
use crate::{
    api_definition::{
        gateway_responses::response,
        parts::{Parts, Settings},
        routes::{ANY_METHOD, METHODS},
    },
    document::{Cursor, Problem, Value},
};

/// The two APIs of SAM that are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ServerlessApi {
    Rest,
    Http,
}

/// Reads an API of SAM.
pub(super) fn read<'d>(
    api: &Resource<'d>,
    template: &Template<'d>,
    events: &Events<'d>,
    settings: &Settings<'_>,
    folder: Option<&Path>,
    parts: &mut Parts,
) -> Result<(), Problem> {
    let (kind, section, names) = match api.kind {
        "AWS::Serverless::Api" => (ServerlessApi::Rest, "Api", &API[..]),
        _ => (ServerlessApi::Http, "HttpApi", &HTTP_API[..]),
    };
    let properties = template.properties(api, names)?;
    let globals = globals(api, template, section)?;
    let own = Layered {
        own: Some(properties.cursor().map()?),
        global: globals.as_ref().map(|globals| globals.cursor().map()).transpose()?,
    };
    own.check_members(names)?;
    if let Some(global) = own.global.as_ref().and_then(|global| global.get("DefinitionUri")) {
        return Err(global.problem("SAM has no definition for all APIs: name it where the API is"));
    }
    refuse_policy(own.either("Policy"))?;
    if let Some(at) = own.either("EndpointConfiguration") {
        note_private_endpoint(&at, &mut parts.findings);
    }
    if let Some(at) = own.either("Domain") {
        note_custom_domain(&at, &mut parts.findings);
    }
    let auth = Auth::read(&own.layered("Auth")?, kind, settings, parts)?;
    let definition = definition(&own, &auth)?;
    definition.read(&auth.defaults, folder, settings, parts)?;
    let others = template.resources.iter().filter(|other| other.kind == api.kind).map(|other| other.name);
    let others: HashSet<&str> = others.chain(IMPLICIT_APIS).collect();
    // Events have the names of their sections.
    for event in events.of_type(section, &mut parts.findings) {
        if event.api == api.name {
            let added = route(&event, kind, &definition, &auth, settings, parts);
            added.unwrap_or_else(|problem| parts.findings.add(problem));
        } else if !others.contains(&*event.api) {
            let problem = format!("`{}` is no `{}` of this template", event.api, api.kind);
            parts.findings.problem(&event.properties, problem);
        }
    }
    if let Some(cors) = own.get("CorsConfiguration")? {
        parts.findings.note(&cors, "not enforced here: let the service answer preflight requests");
    }
    if let Some(cors) = own.either("Cors") {
        sam_cors::read(&cors, &auth, parts)?;
    }
    for (name, at) in own.layered("GatewayResponses")?.entries()? {
        gateway_response(name, &at, settings, parts)?;
    }
    match kind {
        ServerlessApi::Rest => rest_api::read_attached(api, template, settings, parts),
        ServerlessApi::Http => http_api::read_attached(api, template, settings, parts),
    }
    Ok(())
}

/// What `Globals` says of APIs of this kind.
fn globals<'d>(api: &Resource<'d>, template: &Template<'d>, section: &str) -> Result<Option<Properties<'d>>, Problem> {
    let globals = template.root.get("Globals").and_then(|globals| globals.get(section));
    match api.attribute("IgnoreGlobals") {
        Some(at) => match &at.node.value {
            Value::Text(all) if all == "*" => Ok(None),
            _ => Err(at.problem("only `IgnoreGlobals: \"*\"` can be read: take it out, or write the properties out")),
        },
        None => Ok(globals.map(|at| template.resolved(at))),
    }
}

/// The definition of the API, if its routes are not those of events alone.
fn definition<'n>(own: &Layered<'n>, auth: &Auth) -> Result<Definition<'n>, Problem> {
    if let Some(at) = own.get("MergeDefinitions")?
        && flag(&at)?
    {
        return Err(at.problem("a definition that events are merged into cannot be read: write one of the two"));
    }
    let definition = Definition::of(own.get("DefinitionBody")?, own.get("DefinitionUri")?)?;
    match &definition {
        Definition::None => {}
        Definition::Inline(body) => {
            if let Some(security) = body.get("security").filter(|_| auth.defaults.guard.is_some()) {
                return Err(security.problem("the API has a `DefaultAuthorizer`, and this is another: say one thing"));
            }
        }
        Definition::Referenced(_) => {
            for name in ["Auth", "Cors", "CorsConfiguration", "GatewayResponses"] {
                if let Some(at) = own.either(name) {
                    return Err(at.problem("SAM takes this with `DefinitionBody` alone: say it in the definition"));
                }
            }
        }
    }
    Ok(definition)
}

/// Adds the route that an event is.
fn route(
    event: &Event<'_>,
    kind: ServerlessApi,
    definition: &Definition<'_>,
    auth: &Auth,
    settings: &Settings<'_>,
    parts: &mut Parts,
) -> Result<(), Problem> {
    let of_rest_api = kind == ServerlessApi::Rest;
    let at = &event.properties;
    let (path, method) = (at.get("Path"), at.get("Method"));
    let route_key = match (path, method) {
        (None, None) if !of_rest_api => "$default".to_owned(),
        (Some(path), Some(method)) => {
            let name = settings.variables.text(&method)?.to_ascii_lowercase();
            let own = METHODS.iter().find(|(own, upper)| *own == name || upper.eq_ignore_ascii_case(&name));
            let (_, method) = own.ok_or_else(|| method.problem("this is no method that API Gateway has"))?;
            match (&*settings.variables.text(&path)?, *method) {
                ("$default" | "/$default", "ANY") if !of_rest_api => "$default".to_owned(),
                ("$default" | "/$default", _) => {
                    return Err(
                        path.problem(format!("the default route of an HTTP API is for every method: {ANY_METHOD}"))
                    );
                }
                (path, method) => format!("{method} {path}"),
            }
        }
        _ => return Err(at.problem("a route has a `Path` and a `Method`")),
    };
    if !matches!(definition, Definition::None) {
        if let Some(own) = at.get("Auth") {
            return Err(own.problem("the API has a definition of its own, and that counts: say it there"));
        }
        // Of an HTTP API, SAM adds what is not there to a definition that it can see.
        if parts.routes.has(&route_key) || of_rest_api || matches!(definition, Definition::Referenced(_)) {
            return Ok(());
        }
    }
    let asked = auth.asked(at, settings, parts)?;
    parts.routes.add(at, route_key, asked, &auth.defaults)
}

fn gateway_response(name: &str, at: &Cursor<'_>, settings: &Settings<'_>, parts: &mut Parts) -> Result<(), Problem> {
    let at = at.clone().map()?;
    at.check_members(&["ResponseParameters", "ResponseTemplates", "StatusCode"])?;
    let mut headers = Vec::new();
    if let Some(parameters) = at.get("ResponseParameters").map(Cursor::map).transpose()? {
        parameters.check_members(&["Headers"])?;
        let all = parameters.get("Headers").map(Cursor::map).transpose()?;
        headers.extend(all.iter().flat_map(Cursor::entries));
    }
    let response = response(at.get("StatusCode"), headers, at.get("ResponseTemplates"), settings.variables)?;
    parts.responses.add(name, &at, response)
}

/// Properties, and those that `Globals` has for all: what stands in both, SAM would merge.
#[derive(Debug)]
pub(super) struct Layered<'n> {
    own: Option<Cursor<'n>>,
    global: Option<Cursor<'n>>,
}

impl<'n> Layered<'n> {
    /// A member, of the API or of all.
    pub(super) fn get(&self, name: &str) -> Result<Option<Cursor<'n>>, Problem> {
        let layered = self.members(name);
        let is_text = |at: &Cursor<'_>| !matches!(at.node.value, Value::Map(_) | Value::List(_));
        match (layered.own, layered.global) {
            // A text of the API stands for that of all.
            (Some(own), Some(global)) if !is_text(&own) || !is_text(&global) => {
                Err(own.problem(format!("`{name}` stands in `Globals` too, and SAM would merge the two: keep one")))
            }
            (own, global) => Ok(own.or(global)),
        }
    }

    /// A member, wherever it is, to see whether it is there.
    fn either(&self, name: &str) -> Option<Cursor<'n>> {
        let layered = self.members(name);
        layered.own.or(layered.global)
    }

    /// A map of the API and that of all.
    pub(super) fn layered(&self, name: &str) -> Result<Self, Problem> {
        let layered = self.members(name);
        let (own, global) = (layered.own.map(Cursor::map), layered.global.map(Cursor::map));
        Ok(Self { own: own.transpose()?, global: global.transpose()? })
    }

    /// The members of both.
    pub(super) fn entries(&self) -> Result<Vec<(&'n str, Cursor<'n>)>, Problem> {
        let mut all: Vec<(&str, Cursor<'_>)> = self.own.iter().flat_map(Cursor::entries).collect();
        let own: HashSet<&str> = all.iter().map(|(name, _)| *name).collect();
        for (name, at) in self.global.iter().flat_map(Cursor::entries) {
            if own.contains(name) {
                return Err(
                    at.problem(format!("`{name}` stands at the API too, and SAM would merge the two: keep one"))
                );
            }
            all.push((name, at));
        }
        Ok(all)
    }

    pub(super) fn check_members(&self, names: &[&str]) -> Result<(), Problem> {
        self.own.iter().chain(&self.global).try_for_each(|at| at.check_members(names))
    }

    fn members(&self, name: &str) -> Self {
        let of = |at: &Option<Cursor<'n>>| at.as_ref().and_then(|at| at.get(name));
        Self { own: of(&self.own), global: of(&self.global) }
    }
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
