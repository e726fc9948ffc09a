//! Reads what a deployment decided: outputs and physical ids of resources.
//!
//! `cdk deploy --outputs-file` writes the outputs of each stack. `aws cloudformation describe-stack-resources` and
//! `list-stack-resources` print the physical ids. Rejects a file that belongs to no stack of the app, or that could
//! belong to several.

use std::{collections::HashMap, path::Path};

use super::{
    loader::problem,
    stack_file::{AppSettings, Environment, StackFile},
};
use crate::{
    api_definition::{ApiDefinitionError, template::kind},
    document::{self, Cursor, Node, NodeValue, Problem},
};

/// The values that a deployment decided, by the number of the stack.
#[derive(Debug, Default)]
pub(crate) struct Deployed {
    /// The physical ids, by stack and logical id.
    ids: HashMap<(usize, String), String>,
    /// The values of outputs, by stack and output.
    outputs: HashMap<(usize, String), String>,
    environments: HashMap<usize, Environment>,
    /// The names of stacks in CloudFormation.
    names: HashMap<usize, String>,
}

impl Deployed {
    /// Reads all files.
    pub(crate) fn read(settings: &AppSettings, stacks: &[StackFile]) -> Result<Self, ApiDefinitionError> {
        let AppSettings { outputs, resources, .. } = settings;
        let mut deployed = Self::default();
        let nested = nested(stacks);
        let mut names: Vec<Option<String>> = stacks.iter().map(|stack| stack.name.clone()).collect();
        let mut files = Vec::new();
        for path in resources {
            files.push((path, StackResources::read(path)?));
        }
        // The file of a stack names its nested stacks, so it comes before the files of those.
        while let Some(place) = files.iter().position(|(_, file)| file.stack_of(stacks, &names).is_some()) {
            let (path, file) = files.remove(place);
            let Some(stack) = file.stack_of(stacks, &names) else { break };
            deployed.add_resources(stack, file, &nested, &mut names, path)?;
        }
        if let Some((path, file)) = files.first() {
            return Err(problem(&path.display().to_string(), file.objection()));
        }
        for path in outputs {
            deployed.add_outputs(path, stacks, &names, settings)?;
        }
        Ok(deployed)
    }

    pub(crate) fn id(&self, stack: usize, logical_id: &str) -> Option<&str> {
        self.ids.get(&(stack, logical_id.to_owned())).map(String::as_str)
    }

    pub(crate) fn output(&self, stack: usize, name: &str) -> Option<&str> {
        self.outputs.get(&(stack, name.to_owned())).map(String::as_str)
    }

    pub(crate) fn name(&self, stack: usize) -> Option<&str> {
        self.names.get(&stack).map(String::as_str)
    }

    pub(crate) fn environment(&self, stack: usize) -> Option<&Environment> {
        self.environments.get(&stack)
    }

    fn add_resources(
        &mut self,
        stack: usize,
        file: StackResources,
        nested: &Nested<'_>,
        names: &mut [Option<String>],
        path: &Path,
    ) -> Result<(), ApiDefinitionError> {
        if let Some(arn) = &file.stack_arn {
            self.environments.insert(stack, environment_of(arn));
        }
        if let Some(name) = file.stack_name {
            self.names.insert(stack, name);
        }
        for StackResource { logical_id, physical_id, .. } in file.resources {
            if let Some(name) = nested.get(&(stack, &*logical_id)).and_then(|child| names.get_mut(*child)) {
                *name = physical_id.split('/').nth(1).map(str::to_owned);
            }
            let known = self.ids.insert((stack, logical_id.clone()), physical_id.clone());
            if known.is_some_and(|known| known != physical_id) {
                let message =
                    format!("`{logical_id}` has another physical id in another file: give one file for each stack");
                return Err(problem(&path.display().to_string(), message));
            }
        }
        Ok(())
    }

    /// Adds outputs, and the physical ids that they show.
    fn add_outputs(
        &mut self,
        path: &Path,
        stacks: &[StackFile],
        names: &[Option<String>],
        settings: &AppSettings,
    ) -> Result<(), ApiDefinitionError> {
        let selected = settings.stack.as_deref();
        let shown = path.display().to_string();
        let document = json(path)?;
        let root = Cursor::root(&document);
        let mut is_used = false;
        for (name, outputs) in root.entries() {
            let named =
                (0..stacks.len()).filter(|stack| names.get(*stack).is_some_and(|own| own.as_deref() == Some(name)));
            let stack = match &*named.collect::<Vec<_>>() {
                [stack] => *stack,
                [] if root.size() == 1 && is_only_stack_with(&outputs, stacks) => 0,
                [] => continue,
                // Stages for several accounts may use one name.
                several => in_stage(several, stacks, selected).ok_or_else(|| {
                    let message = format!(
                        "several stacks of the app have the name `{name}`: select the stage with the option `stack`"
                    );
                    problem(&shown, message)
                })?,
            };
            is_used = true;
            self.names.insert(stack, name.to_owned());
            let Some(source) = stacks.get(stack) else { continue };
            let (defined, resources) = (members(&source.document, "Outputs"), members(&source.document, "Resources"));
            for (output, value) in outputs.entries() {
                let NodeValue::Text(value) = &value.node.value else { continue };
                self.outputs.insert((stack, output.to_owned()), value.clone());
                let shows = defined.get(output).and_then(|at| at.get("Value"));
                if let Some((logical_id, id)) = shows.and_then(|at| shown_id(&at, &resources, value)) {
                    // Without the name of its stack, a template could be given the outputs of another region.
                    let region = settings.environment.region.as_deref().filter(|_| source.name.is_none());
                    let of_id = id.split_once('_').map(|(region, _)| region);
                    if let (Some(region), Some(own)) = (region, of_id)
                        && region != own
                        && own.contains('-')
                    {
                        let message = format!("the output `{output}` is of the region `{own}`, and not of `{region}`");
                        return Err(problem(&shown, message));
                    }
                    self.ids.entry((stack, logical_id)).or_insert(id);
                }
            }
        }
        if is_used {
            return Ok(());
        }
        let listed = root.entries().map(|(name, _)| format!("`{name}`")).collect::<Vec<_>>().join(", ");
        Err(problem(&shown, format!("the file has no outputs of a stack of this app: it has {listed}")))
    }
}

/// The nested stacks, by parent and logical id.
type Nested<'s> = HashMap<(usize, &'s str), usize>;

fn nested(stacks: &[StackFile]) -> Nested<'_> {
    let children = stacks.iter().enumerate().filter_map(|(number, stack)| {
        let parent = stack.parent.as_ref()?;
        Some(((parent.stack, &*parent.logical_id), number))
    });
    // The first of two with one name, as everywhere.
    children.rev().collect()
}

/// Returns the members of a section of a template, by name.
fn members<'d>(document: &'d Node, section: &str) -> HashMap<&'d str, Cursor<'d>> {
    let section = Cursor::root(document).get(section);
    section.map(|section| section.entries().collect()).unwrap_or_default()
}

/// Whether the app is one template without a name, which defines all of these outputs, and there are some.
fn is_only_stack_with(outputs: &Cursor<'_>, stacks: &[StackFile]) -> bool {
    let mut own = stacks.iter().filter(|stack| stack.parent.is_none());
    let (Some(StackFile { name: None, document, .. }), None) = (own.next(), own.next()) else { return false };
    let defined = members(document, "Outputs");
    outputs.size() > 0 && outputs.entries().all(|(output, _)| defined.contains_key(output))
}

/// Returns the only one of these stacks that is in the stage of the selected stack.
fn in_stage(several: &[usize], stacks: &[StackFile], selected: Option<&str>) -> Option<usize> {
    let stage = selected?.split('/').next();
    let mut found =
        several.iter().filter(|stack| stacks.get(**stack).is_some_and(|own| own.id.split('/').next() == stage));
    let first = found.next()?;
    found.next().is_none().then_some(*first)
}

/// Returns the resource whose physical id an output shows, and the id.
fn shown_id(at: &Cursor<'_>, resources: &HashMap<&str, Cursor<'_>>, value: &str) -> Option<(String, String)> {
    if let Some(name) = at.get("Ref") {
        let NodeValue::Text(name) = &name.node.value else { return None };
        resources.get(&**name)?;
        return Some((name.clone(), value.to_owned()));
    }
    let (logical_id, attribute) = match &at.get("Fn::GetAtt")?.node.value {
        NodeValue::Text(text) => {
            text.split_once('.').map(|(name, attribute)| (name.to_owned(), attribute.to_owned()))?
        }
        NodeValue::List(items) => match &**items {
            [Node { value: NodeValue::Text(name), .. }, Node { value: NodeValue::Text(attribute), .. }] => {
                (name.clone(), attribute.clone())
            }
            _ => return None,
        },
        _ => return None,
    };
    let kind = kind(resources.get(&*logical_id)?);
    match (kind, &*attribute) {
        ("AWS::Cognito::UserPool", "Arn" | "UserPoolId" | "ProviderName" | "ProviderURL") => {
            let id = value.rsplit('/').next().unwrap_or_default();
            Some((logical_id, id.to_owned()))
        }
        ("AWS::Cognito::UserPoolClient", "ClientId") => Some((logical_id, value.to_owned())),
        _ => None,
    }
}

/// The resources of one stack, as the AWS CLI prints them.
#[derive(Debug)]
struct StackResources {
    /// The stack, if the file names it.
    stack_name: Option<String>,
    stack_arn: Option<String>,
    resources: Vec<StackResource>,
}

#[derive(Debug)]
struct StackResource {
    logical_id: String,
    physical_id: String,
    kind: String,
}

impl StackResources {
    fn read(path: &Path) -> Result<Self, ApiDefinitionError> {
        let shown = path.display().to_string();
        let document = json(path)?;
        let root = Cursor::root(&document);
        let Some(all) = root.get("StackResources").or_else(|| root.get("StackResourceSummaries")) else {
            let expected = "`aws cloudformation describe-stack-resources` or `list-stack-resources`";
            return Err(problem(&shown, format!("the file has no stack resources: expected the output of {expected}")));
        };
        let first = all.items().next();
        let of_first = |name: &str| first.as_ref().and_then(|at| text(at, name)).map(str::to_owned);
        let (stack_name, stack_arn) = (of_first("StackName"), of_first("StackId"));
        let mut resources = Vec::new();
        for at in all.items() {
            if text(&at, "StackName").map(str::to_owned) != stack_name {
                return Err(problem(
                    &shown,
                    "the file has the resources of several stacks: give one file for each stack",
                ));
            }
            let (logical_id, physical_id) = (text(&at, "LogicalResourceId"), text(&at, "PhysicalResourceId"));
            let (Some(logical_id), Some(physical_id)) = (logical_id, physical_id) else { continue };
            resources.push(StackResource {
                logical_id: logical_id.to_owned(),
                physical_id: physical_id.to_owned(),
                kind: text(&at, "ResourceType").unwrap_or_default().to_owned(),
            });
        }
        Ok(Self { stack_name, stack_arn, resources })
    }

    /// Returns the number of the only stack that the file can belong to.
    fn stack_of(&self, stacks: &[StackFile], names: &[Option<String>]) -> Option<usize> {
        let of_arn = self.stack_arn.as_deref().map(environment_of).unwrap_or_default();
        let is_there = |stack: &usize| {
            let own = stacks.get(*stack).map(|stack| &stack.environment);
            let is =
                |known: Option<&String>, other: Option<&String>| known.is_none() || other.is_none() || known == other;
            own.is_some_and(|own| {
                is(own.region.as_ref(), of_arn.region.as_ref()) && is(own.account.as_ref(), of_arn.account.as_ref())
            })
        };
        let fits = |stack: &usize| match (&self.stack_name, names.get(*stack).and_then(Option::as_deref)) {
            (Some(own), Some(name)) => own == name,
            _ => stacks.get(*stack).is_some_and(|stack| self.are_all_in(&members(&stack.document, "Resources"))),
        };
        let mut fitting = (0..stacks.len()).filter(fits).filter(is_there);
        let first = fitting.next()?;
        fitting.next().is_none().then_some(first)
    }

    /// Whether the Cognito resources of the file are all in this template, and the file has some.
    fn are_all_in(&self, resources: &HashMap<&str, Cursor<'_>>) -> bool {
        let own = self.resources.iter().filter(|own| READ.contains(&&*own.kind)).collect::<Vec<_>>();
        let is_in = |own: &&StackResource| resources.get(&*own.logical_id).is_some_and(|at| kind(at) == own.kind);
        !own.is_empty() && own.iter().all(is_in)
    }

    fn objection(&self) -> String {
        match &self.stack_name {
            Some(name) => format!(
                "the app has no stack `{name}` in the region and account of the file, or several: give the resources of a stack \
                 of this app"
            ),
            None => "the file can belong to no stack of this app, or to several: give the output of \
                     `aws cloudformation describe-stack-resources`, which names the stack"
                .to_owned(),
        }
    }
}

/// The resources by which the stack of a file is found.
const READ: [&str; 3] = ["AWS::CloudFormation::Stack", "AWS::Cognito::UserPool", "AWS::Cognito::UserPoolClient"];

/// Returns region and account from `arn:aws:cloudformation:region:account:stack/name/id`.
fn environment_of(arn: &str) -> Environment {
    let mut parts = arn.split(':').skip(3);
    let mut part = || parts.next().filter(|part| !part.is_empty()).map(str::to_owned);
    Environment { region: part(), account: part() }
}

fn json(path: &Path) -> Result<Node, ApiDefinitionError> {
    let text =
        document::read_file(path).map_err(|reason| ApiDefinitionError::File { path: path.to_owned(), reason })?;
    let shown = path.display().to_string();
    let document = document::parse(&text)
        .map_err(|malformed| ApiDefinitionError::of(vec![Problem::from(malformed).in_file(&shown)]))?;
    match document.value {
        NodeValue::Map(_) => Ok(document),
        _ => Err(problem(&shown, "expected a JSON object")),
    }
}

fn text<'d>(at: &Cursor<'d>, name: &str) -> Option<&'d str> {
    match &at.get(name)?.node.value {
        NodeValue::Text(text) => Some(text),
        _ => None,
    }
}
