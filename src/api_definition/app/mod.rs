//! The stacks of one app, and the values that they take from each other.
//!
//! The input is the templates of the stacks, with what is known of the deployment. [`App`] answers what a template asks
//! of its outside: exports, values in SSM Parameter Store, parameters and outputs of nested stacks, and the ids of user
//! pools and app clients. Sources: CloudFormation, "Fn::ImportValue", "Nested stacks" and "SSM parameter types"; CDK,
//! "References" and its cross-region references.

mod assembly;

mod deployed;

mod files;

mod loader;

mod stack_file;

use std::{cell::OnceCell, collections::HashMap, rc::Rc};

pub(crate) use self::stack_file::{AppSettings, Environment};
pub(super) use self::{
    assembly::is_assembly, deployed::Deployed, files::AppFiles, loader::problem, stack_file::StackFile,
};
use super::{
    assumed::{APP_CLIENT, ASSUMED_ACCOUNT, ASSUMED_REGION, ASSUMED_STACK_NAME, AssumedValue, Assumptions, USER_POOL},
    template::{Functions, Outside, OutsideValue, StepBudget, kind, unknown},
};
use crate::{
    document::{Cursor, Node, NodeValue, Variables},
    user_pool::partition,
};

/// What is known of an app besides its templates.
#[derive(Debug)]
pub(super) struct AppContext<'d> {
    pub(super) variables: &'d Variables,
    pub(super) deployed: &'d Deployed,
    pub(super) assumptions: &'d Assumptions,
    /// The environment of stacks that have none of their own.
    pub(super) environment: &'d Environment,
}

/// The stacks of an app.
#[derive(Debug)]
pub(super) struct App<'d> {
    stacks: &'d [StackFile],
    context: AppContext<'d>,
    // Set by `prepare`, in this order: the names of exports are themselves the results of functions.
    functions: OnceCell<Vec<Functions<'d>>>,
    exports: OnceCell<Values<'d>>,
    stored: OnceCell<Values<'d>>,
}

/// Values by name. Several stacks may define the same name, each in another environment.
type Values<'d> = HashMap<String, Vec<StackValue<'d>>>;

/// A value that a stack defines.
#[derive(Clone, Copy, Debug)]
struct StackValue<'d> {
    stack: usize,
    /// The name, if the value is an output.
    output: Option<&'d str>,
    node: &'d Node,
}

impl<'d> App<'d> {
    pub(super) fn new(stacks: &'d [StackFile], context: AppContext<'d>) -> Self {
        Self { stacks, context, functions: OnceCell::new(), exports: OnceCell::new(), stored: OnceCell::new() }
    }

    /// Reads the names of all stacks. Until then, no value is known.
    pub(super) fn prepare(&'d self) {
        let steps = Rc::new(StepBudget::new());
        let functions = self.stacks.iter().enumerate().map(|(number, stack)| {
            let root = Cursor::root(&stack.document);
            Functions::of_template(&root, self.context.variables, (self, number), Rc::clone(&steps))
        });
        // A second call changes nothing.
        drop(self.functions.set(functions.collect()));
        drop(self.exports.set(self.all_exports()));
        drop(self.stored.set(self.all_stored()));
    }

    pub(super) fn stacks(&self) -> &'d [StackFile] {
        self.stacks
    }

    /// Returns the functions of a stack, once the app is prepared.
    pub(super) fn functions(&self, stack: usize) -> Option<&Functions<'d>> {
        self.functions.get()?.get(stack)
    }

    fn root(&self, stack: usize) -> Option<Cursor<'d>> {
        self.stacks.get(stack).map(|stack| Cursor::root(&stack.document))
    }

    /// Returns the members of a section of a template.
    pub(super) fn section(&self, stack: usize, name: &str) -> Vec<(&'d str, Cursor<'d>)> {
        self.root(stack).and_then(|root| root.get(name)).map(|section| section.entries().collect()).unwrap_or_default()
    }

    /// Whether the condition of an output or a resource is true. A part whose condition is unknown defines no value.
    fn is_present(&self, stack: usize, at: &Cursor<'_>) -> bool {
        match at.get("Condition").map(|at| &at.node.value) {
            None => true,
            Some(NodeValue::Text(name)) => {
                self.functions(stack).is_some_and(|functions| functions.condition(name, 1).unwrap_or(false))
            }
            Some(_) => false,
        }
    }

    fn all_exports(&self) -> Values<'d> {
        let mut all = Values::new();
        for stack in 0..self.stacks.len() {
            for (output, at) in self.section(stack, "Outputs") {
                let name = at.get("Export").and_then(|export| export.get("Name"));
                let (Some(name), Some(value)) = (name, at.get("Value")) else { continue };
                let name = self.value(stack, name.node, 1);
                if let Some(Ok(name)) = name.filter(|_| self.is_present(stack, &at)) {
                    let value = StackValue { stack, output: Some(output), node: value.node };
                    all.entry(name).or_default().push(value);
                }
            }
        }
        all
    }

    /// Returns the parameters in SSM Parameter Store: resources, and those that CDK writes for other regions.
    fn all_stored(&self) -> Values<'d> {
        let mut all = Values::new();
        for stack in 0..self.stacks.len() {
            for (_, at) in self.section(stack, "Resources") {
                let Some(properties) = at.get("Properties").filter(|_| self.is_present(stack, &at)) else { continue };
                match kind(&at) {
                    "AWS::SSM::Parameter" => {
                        let (Some(name), Some(value)) = (properties.get("Name"), properties.get("Value")) else {
                            continue;
                        };
                        if let Some(Ok(name)) = self.value(stack, name.node, 1) {
                            all.entry(name).or_default().push(StackValue { stack, output: None, node: value.node });
                        }
                    }
                    EXPORT_WRITER => {
                        let exports = properties.get("WriterProps").and_then(|writer| writer.get("exports"));
                        for (name, at) in exports.iter().flat_map(Cursor::entries) {
                            let value = StackValue { stack, output: None, node: at.node };
                            all.entry(name.to_owned()).or_default().push(value);
                        }
                    }
                    _ => {}
                }
            }
        }
        all
    }

    /// Evaluates a node of a stack.
    fn value(&self, stack: usize, node: &Node, depth: usize) -> OutsideValue {
        Some(self.functions(stack)?.text(node, depth + 1))
    }

    fn stack_value(&self, value: StackValue<'_>, depth: usize) -> OutsideValue {
        let known = value.output.and_then(|output| self.context.deployed.output(value.stack, output));
        match known {
            Some(known) => Some(Ok(known.to_owned())),
            None => self.value(value.stack, value.node, depth),
        }
    }

    /// Evaluates the value of this name that a stack sees: in its environment, and the nearest one in the app.
    fn nearest(&self, values: &OnceCell<Values<'d>>, name: &str, stack: usize, depth: usize) -> OutsideValue {
        let all = values.get()?.get(name)?;
        let is_near = |value: &&StackValue<'_>| self.is_same_environment(stack, value.stack);
        let shared = |value: &StackValue<'_>| self.shared_path(stack, value.stack);
        let near: Vec<StackValue<'d>> = all.iter().filter(is_near).copied().collect();
        let most = near.iter().map(shared).max()?;
        match &*near.into_iter().filter(|value| shared(value) == most).collect::<Vec<_>>() {
            [value] => self.stack_value(*value, depth),
            _ => Some(Err(unknown(format!("several stacks of the app define `{name}`: set the variable `{name}`")))),
        }
    }

    /// Whether two stacks can be in the same environment.
    fn is_same_environment(&self, one: usize, other: usize) -> bool {
        let (Some(one), Some(other)) = (self.stacks.get(one), self.stacks.get(other)) else { return false };
        let fits = |one: &Option<String>, other: &Option<String>| one.is_none() || other.is_none() || one == other;
        fits(&one.environment.region, &other.environment.region)
            && fits(&one.environment.account, &other.environment.account)
    }

    /// Returns how many names the paths of two stacks share, from the start.
    fn shared_path(&self, one: usize, other: usize) -> usize {
        let path = |stack: usize| self.stacks.get(stack).map_or("", |stack| &*stack.id).split('/');
        path(one).zip(path(other)).take_while(|(one, other)| one == other).count()
    }

    fn child(&self, stack: usize, logical_id: &str) -> Option<usize> {
        let is_child = |other: &StackFile| {
            other.parent.as_ref().is_some_and(|parent| parent.stack == stack && parent.logical_id == logical_id)
        };
        self.stacks.iter().position(is_child)
    }

    /// Returns a setting of the environment of a stack or of the stack that contains it, or of the whole app.
    fn of_environment(&self, stack: usize, setting: impl Fn(&Environment) -> Option<&String>) -> Option<String> {
        let mut place = Some(stack);
        while let Some(number) = place {
            let source = self.stacks.get(number)?;
            let deployed = self.context.deployed.environment(number);
            if let Some(known) = setting(&source.environment).or_else(|| setting(deployed?)) {
                return Some(known.clone());
            }
            place = source.parent.as_ref().map(|parent| parent.stack);
        }
        setting(self.context.environment).cloned()
    }

    /// Returns the region of a stack, and whether it is assumed.
    pub(super) fn region(&self, stack: usize) -> (String, bool) {
        let given = self.context.variables.get("AWS::Region").map(str::to_owned);
        match given.or_else(|| self.of_environment(stack, |environment| environment.region.as_ref())) {
            Some(region) => (region, false),
            None => (ASSUMED_REGION.to_owned(), true),
        }
    }

    fn used_region(&self, stack: usize) -> Option<String> {
        match self.region(stack) {
            (region, false) => Some(region),
            (region, true) => {
                let assumed = AssumedValue::Region { stack: self.id(stack).to_owned() };
                self.context.assumptions.assume(assumed, &region)
            }
        }
    }

    /// Returns the path of a stack; empty for a single template.
    pub(super) fn id(&self, stack: usize) -> &'d str {
        self.stacks.get(stack).map_or("", |stack| &stack.id)
    }

    /// Returns a property of a resource, which may hold functions.
    fn property(&self, stack: usize, logical_id: &str, name: &str) -> Option<&'d Node> {
        let resource = self.root(stack)?.get("Resources")?.get(logical_id)?;
        resource.get("Properties")?.get(name).map(|at| at.node)
    }
}

impl Outside for App<'_> {
    fn pseudo_parameter(&self, stack: usize, name: &str) -> Option<String> {
        let of_stack = self.id(stack).to_owned();
        let assume = |value, text| self.context.assumptions.assume(value, text);
        match name {
            "AWS::Region" => self.used_region(stack),
            "AWS::Partition" => self.used_region(stack).map(|region| partition(&region).0.to_owned()),
            "AWS::URLSuffix" => self.used_region(stack).map(|region| partition(&region).1.to_owned()),
            "AWS::AccountId" => {
                let known = self.of_environment(stack, |environment| environment.account.as_ref());
                known.or_else(|| assume(AssumedValue::Account { stack: of_stack }, ASSUMED_ACCOUNT))
            }
            "AWS::StackName" => {
                let known = self.stacks.get(stack)?.name.as_deref().or(self.context.deployed.name(stack));
                let known = known.map(str::to_owned);
                known.or_else(|| assume(AssumedValue::StackName { stack: of_stack }, ASSUMED_STACK_NAME))
            }
            _ => None,
        }
    }

    fn parameter(&self, stack: usize, name: &str, depth: usize) -> OutsideValue {
        let source = self.stacks.get(stack)?;
        if let Some(parent) = &source.parent {
            let parameters = self.root(parent.stack)?.get("Resources")?.get(&parent.logical_id)?.get("Properties")?;
            let given = parameters.get("Parameters")?.get(name)?;
            return self.value(parent.stack, given.node, depth);
        }
        source.parameters.iter().find(|(own, _)| own == name).map(|(_, value)| Ok(value.clone()))
    }

    fn export(&self, stack: usize, name: &str, depth: usize) -> OutsideValue {
        self.nearest(&self.exports, name, stack, depth)
    }

    fn stored(&self, stack: usize, name: &str, depth: usize) -> OutsideValue {
        self.nearest(&self.stored, name, stack, depth)
    }

    fn reference(&self, stack: usize, logical_id: &str, kind: &str, depth: usize) -> OutsideValue {
        if let Some(id) = self.context.deployed.id(stack, logical_id) {
            return Some(Ok(id.to_owned()));
        }
        let property = match kind {
            USER_POOL => {
                return self.context.assumptions.user_pool(&self.region(stack).0, self.id(stack), logical_id).map(Ok);
            }
            APP_CLIENT => return self.context.assumptions.app_client(self.id(stack), logical_id).map(Ok),
            "AWS::Cognito::UserPoolDomain" => "Domain",
            "AWS::Cognito::UserPoolGroup" => "GroupName",
            "AWS::Cognito::UserPoolResourceServer" => "Identifier",
            "AWS::Cognito::UserPoolUser" => "Username",
            "AWS::SSM::Parameter" => "Name",
            _ => return None,
        };
        self.value(stack, self.property(stack, logical_id, property)?, depth)
    }

    fn is_read(&self, stack: usize, logical_id: &str) -> bool {
        self.child(stack, logical_id).is_some()
    }

    fn attribute(&self, stack: usize, logical_id: &str, kind: &str, attribute: &str, depth: usize) -> OutsideValue {
        match (kind, attribute.strip_prefix("Outputs.")) {
            ("AWS::CloudFormation::Stack" | "AWS::Serverless::Application", Some(output)) => {
                let child = self.child(stack, logical_id)?;
                let outputs = self.section(child, "Outputs");
                let (output, at) = outputs.into_iter().find(|(name, _)| *name == output)?;
                let node = at.get("Value").filter(|_| self.is_present(child, &at))?.node;
                self.stack_value(StackValue { stack: child, output: Some(output), node }, depth)
            }
            (EXPORT_READER, _) => {
                // The writer is in another region, so only the name decides.
                match self.stored.get()?.get(attribute).map(Vec::as_slice)? {
                    [value] => self.stack_value(*value, depth),
                    _ => None,
                }
            }
            ("AWS::SSM::Parameter", None) if attribute == "Value" => {
                self.value(stack, self.property(stack, logical_id, "Value")?, depth)
            }
            _ => None,
        }
    }
}

/// The custom resources by which CDK passes values to stacks in other regions.
const EXPORT_WRITER: &str = "Custom::CrossRegionExportWriter";

const EXPORT_READER: &str = "Custom::CrossRegionExportReader";
