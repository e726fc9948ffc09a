//! Reads the `Events` of functions and state machines that are routes of an API (types `Api` and `HttpApi`).
//!
//! Turns `AWS::Serverless::Function` and `AWS::Serverless::StateMachine` into events, and into the APIs that the events
//! imply. Rejects events that cannot be resolved. Source: SAM, "EventSource".

use super::{
    functions::text_of,
    names::{IMPLICIT_APIS, named},
    resources::{Properties, Resource, Template},
};
use crate::document::{Cursor, Findings, NodeValue, Problem};

/// The events of all functions.
#[derive(Debug)]
pub(super) struct Events<'d>(Vec<FunctionEvents<'d>>);

#[derive(Debug)]
struct FunctionEvents<'d> {
    events: Properties<'d>,
    /// The events as written, with functions; SAM reads them in this form.
    written: Cursor<'d>,
    is_present: bool,
}

/// One event.
#[derive(Debug)]
pub(super) struct Event<'n> {
    /// The logical ID of the event's API.
    pub(super) api: String,
    pub(super) properties: Cursor<'n>,
    /// The properties as written; `None` where SAM cannot see them.
    pub(super) written: Option<Cursor<'n>>,
    /// Whether the condition of the event's function is true.
    pub(super) function_is_present: bool,
}

impl<'d> Events<'d> {
    pub(super) fn read(template: &Template<'d>, findings: &mut Findings) -> Self {
        let mut all = Vec::new();
        for function in template.resources.iter().filter(|resource| FUNCTIONS.contains(&resource.kind)) {
            match of_function(function, template, findings) {
                Ok(Some((events, is_present))) => {
                    let resolved = template.resolved(events.clone());
                    all.push(FunctionEvents { events: resolved, written: events, is_present });
                }
                Ok(None) => {}
                Err(problem) => findings.add(problem),
            }
        }
        Self(all)
    }

    /// Returns the APIs that SAM creates for events that name no API.
    pub(super) fn implicit_apis(&self, section: &Cursor<'d>) -> Vec<Resource<'d>> {
        let mut found = Vec::new();
        for (name, kind, of_events) in [
            (IMPLICIT_APIS[0], "AWS::Serverless::Api", "Api"),
            (IMPLICIT_APIS[1], "AWS::Serverless::HttpApi", "HttpApi"),
        ] {
            let mut ignored = Findings::default();
            let events = self.of_type(of_events, &mut ignored);
            if events.iter().any(|event| event.api == name && event.function_is_present) {
                found.push(Resource { name, kind, at: section.clone(), is_implicit: true });
            }
        }
        found
    }

    /// Returns the events of a type in the order of the template, including those of absent functions.
    pub(super) fn of_type(&self, kind: &str, findings: &mut Findings) -> Vec<Event<'_>> {
        let mut found = Vec::new();
        for function in &self.0 {
            match function.events.cursor().map() {
                Ok(events) => {
                    for (name, at) in events.entries() {
                        match event(at, kind, function.written.get(name).as_ref(), function.is_present) {
                            Ok(Some(event)) => found.push(event),
                            Ok(None) => {}
                            Err(problem) => findings.add(problem),
                        }
                    }
                }
                Err(problem) => findings.add(problem),
            }
        }
        found
    }
}

/// Returns the events of a function, if it has any, and whether the function is present.
fn of_function<'d>(
    function: &Resource<'d>,
    template: &Template<'d>,
    findings: &mut Findings,
) -> Result<Option<(Cursor<'d>, bool)>, Problem> {
    let Some(properties) = function.attribute("Properties") else { return Ok(None) };
    let properties = properties.map()?;
    findings.check_spelling(&properties, &["Events"]);
    if let Some((name, at)) = properties.entries().find(|(name, _)| name.starts_with("Fn::")) {
        return Err(at.problem(format!(
            "`{name}` is not evaluated here: run SAM or CloudFormation first and import the processed template"
        )));
    }
    // The condition of a function without events does not matter.
    let Some(events) = properties.get("Events") else { return Ok(None) };
    Ok(Some((events, template.is_present(function)?)))
}

/// Returns the event if it has this type.
fn event<'n>(
    at: Cursor<'n>,
    kind: &str,
    written: Option<&Cursor<'n>>,
    function_is_present: bool,
) -> Result<Option<Event<'n>>, Problem> {
    let at = at.map()?;
    let own = at.get("Type").ok_or_else(|| at.problem("`Type` is missing"))?;
    let own = text_of(own.node).map_err(|unknown| own.problem(unknown.why))?;
    if own != kind {
        if own.eq_ignore_ascii_case(kind) {
            return Err(at.problem(format!("`{own}` has the wrong case: write `{kind}`, or remove it")));
        }
        return Ok(None);
    }
    at.check_members(&["Type", "Properties"])?;
    let (implicit, property, names) = match kind {
        "Api" => (IMPLICIT_APIS[0], "RestApiId", &API[..]),
        _ => (IMPLICIT_APIS[1], "ApiId", &HTTP_API[..]),
    };
    let written = written.and_then(|written| written.get("Properties"));
    let Some(properties) = at.get("Properties") else {
        return Ok(Some(Event { api: implicit.to_owned(), properties: at, written, function_is_present }));
    };
    let properties = properties.map()?;
    properties.check_members(names)?;
    let api = match properties.get(property) {
        None => implicit.to_owned(),
        Some(at) => match &at.node.value {
            NodeValue::Text(name) => name.clone(),
            _ => named(&at, &[""])?.to_owned(),
        },
    };
    Ok(Some(Event { api, properties, written, function_is_present }))
}

const FUNCTIONS: [&str; 2] = ["AWS::Serverless::Function", "AWS::Serverless::StateMachine"];

const API: [&str; 9] = [
    "Auth",
    "Method",
    "Path",
    "RequestModel",
    "RequestParameters",
    "ResponseTransferMode",
    "RestApiId",
    "TimeoutInMillis",
    "UnescapeMappingTemplate",
];

const HTTP_API: [&str; 7] =
    ["ApiId", "Auth", "Method", "Path", "PayloadFormatVersion", "RouteSettings", "TimeoutInMillis"];
