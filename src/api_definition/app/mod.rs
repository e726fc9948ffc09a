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

mod outside;

mod stack_file;

use std::{cell::OnceCell, collections::HashMap, rc::Rc};

pub(crate) use self::stack_file::{AppSettings, Environment};
pub(super) use self::{
    assembly::is_assembly, deployed::Deployed, files::AppFiles, loader::problem, stack_file::StackFile,
};
use super::{
    assumed::{ASSUMED_REGION, AssumedValue, Assumptions},
    template::{Functions, OutsideValue, StepBudget, kind, missing_variable, unknown},
};
use crate::document::{Cursor, Node, NodeValue, Unknown, Variables};

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
    // Set by `prepare`, in this order. The names of exports are themselves the results of functions, which cannot know the
    // exports yet. They cache the values of conditions, so the others are new.
    naming: OnceCell<Vec<Functions<'d>>>,
    exports: OnceCell<Values<'d>>,
    stored: OnceCell<Values<'d>>,
    functions: OnceCell<Vec<Functions<'d>>>,
    /// The budget of all functions, which the lookups of the app use too.
    steps: Rc<StepBudget>,
}

/// Values by name. Several stacks may define the same name, each in another environment.
type Values<'d> = HashMap<String, Vec<StackValue<'d>>>;

/// A value that a stack defines.
#[derive(Clone, Copy, Debug)]
struct StackValue<'d> {
    stack: usize,
    /// The name, if the value is an output.
    output: Option<&'d str>,
    /// The condition of the output or of the resource.
    condition: Option<&'d Node>,
    node: &'d Node,
}

impl<'d> App<'d> {
    pub(super) fn new(stacks: &'d [StackFile], context: AppContext<'d>) -> Self {
        let (naming, functions) = (OnceCell::new(), OnceCell::new());
        let steps = Rc::new(StepBudget::new());
        Self { stacks, context, naming, exports: OnceCell::new(), stored: OnceCell::new(), functions, steps }
    }

    /// Reads the names of all stacks. Until then, no value is known.
    pub(super) fn prepare(&'d self) {
        let functions = || -> Vec<Functions<'d>> {
            let stacks = self.stacks.iter().enumerate();
            let of_stack = stacks.map(|(number, stack)| {
                let root = Cursor::root(&stack.document);
                Functions::of_template(&root, self.context.variables, (self, number), Rc::clone(&self.steps))
            });
            of_stack.collect()
        };
        // A second call changes nothing.
        drop(self.naming.set(functions()));
        drop(self.exports.set(self.all_exports()));
        drop(self.stored.set(self.all_stored()));
        drop(self.functions.set(functions()));
    }

    pub(super) fn stacks(&self) -> &'d [StackFile] {
        self.stacks
    }

    /// Returns the functions of a stack, once the app is prepared.
    pub(super) fn functions(&self, stack: usize) -> Option<&Functions<'d>> {
        self.functions.get().or_else(|| self.naming.get())?.get(stack)
    }

    fn root(&self, stack: usize) -> Option<Cursor<'d>> {
        self.stacks.get(stack).map(|stack| Cursor::root(&stack.document))
    }

    /// Returns the members of a section of a template.
    pub(super) fn section(&self, stack: usize, name: &str) -> Vec<(&'d str, Cursor<'d>)> {
        self.root(stack).and_then(|root| root.get(name)).map(|section| section.entries().collect()).unwrap_or_default()
    }

    /// Whether the condition of an output or a resource is true.
    fn is_present(&self, stack: usize, condition: Option<&Node>, depth: usize) -> Result<bool, Unknown> {
        match (condition.map(|node| &node.value), self.functions(stack)) {
            (None, _) => Ok(true),
            (Some(NodeValue::Text(name)), Some(functions)) => functions.condition(name, depth + 1),
            (Some(_), _) => Err(unknown("expected the name of a condition")),
        }
    }

    fn all_exports(&self) -> Values<'d> {
        let mut all = Values::new();
        for stack in 0..self.stacks.len() {
            for (output, at) in self.section(stack, "Outputs") {
                let name = at.get("Export").and_then(|export| export.get("Name"));
                let (Some(name), Some(value)) = (name, at.get("Value")) else { continue };
                if let Some(Ok(name)) = self.value(stack, name.node, 1) {
                    let condition = at.get("Condition").map(|at| at.node);
                    let value = StackValue { stack, output: Some(output), condition, node: value.node };
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
                let Some(properties) = at.get("Properties") else { continue };
                let condition = at.get("Condition").map(|at| at.node);
                let value = |node| StackValue { stack, output: None, condition, node };
                match kind(&at) {
                    "AWS::SSM::Parameter" => {
                        let (Some(name), Some(own)) = (properties.get("Name"), properties.get("Value")) else {
                            continue;
                        };
                        if let Some(Ok(name)) = self.value(stack, name.node, 1) {
                            all.entry(name).or_default().push(value(own.node));
                        }
                    }
                    EXPORT_WRITER => {
                        let exports = properties.get("WriterProps").and_then(|writer| writer.get("exports"));
                        for (name, at) in exports.iter().flat_map(Cursor::entries) {
                            all.entry(name.to_owned()).or_default().push(value(at.node));
                        }
                    }
                    _ => {}
                }
            }
        }
        all
    }

    /// Evaluates a node of a stack. An unknown value of another stack names no resource of the stack that asks.
    fn value(&self, stack: usize, node: &Node, depth: usize) -> OutsideValue {
        let value = self.functions(stack)?.text(node, depth + 1);
        Some(value.map_err(|reason| Unknown { names: None, ..reason }))
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
        if let Err(reason) = self.steps.take(all.len(), depth) {
            return Some(Err(reason));
        }
        let shared = |value: &StackValue<'_>| self.shared_path(stack, value.stack);
        let mut near: Vec<StackValue<'d>> = Vec::new();
        for value in all.iter().filter(|value| self.is_same_environment(stack, value.stack)) {
            match self.is_present(value.stack, value.condition, depth) {
                Ok(true) => near.push(*value),
                Ok(false) => {}
                Err(reason) => return Some(Err(reason)),
            }
        }
        let most = near.iter().map(shared).max()?;
        match &*near.into_iter().filter(|value| shared(value) == most).collect::<Vec<_>>() {
            [value] => self.stack_value(*value, depth),
            _ => Some(Err(missing_variable(format_args!("several stacks of the app define `{name}`"), name))),
        }
    }

    /// Whether two stacks can be in the same environment.
    fn is_same_environment(&self, one: usize, other: usize) -> bool {
        let fits = |setting: fn(&Environment) -> Option<&String>| {
            let (one, other) = (self.of_environment(one, setting), self.of_environment(other, setting));
            one.is_none() || other.is_none() || one == other
        };
        fits(|own| own.region.as_ref()) && fits(|own| own.account.as_ref())
    }

    /// Returns how many names the paths of two stacks share, from the start.
    fn shared_path(&self, one: usize, other: usize) -> usize {
        let path = |stack: usize| self.stacks.get(stack).map_or("", |stack| &*stack.id).split('/');
        path(one).zip(path(other)).take_while(|(one, other)| one == other).count()
    }

    /// Returns the name of a stack in CloudFormation, if it is known.
    fn name(&self, stack: usize) -> Option<&str> {
        self.stacks.get(stack)?.name.as_deref().or(self.context.deployed.name(stack))
    }

    /// Evaluates an output of a stack.
    fn output(&self, stack: usize, output: &str, depth: usize) -> OutsideValue {
        let outputs = self.root(stack)?.get("Outputs")?;
        if let Err(reason) = self.steps.take(self.stacks.len() + outputs.size(), depth) {
            return Some(Err(reason));
        }
        let at = outputs.get(output)?;
        let condition = at.get("Condition").map(|at| at.node);
        match self.is_present(stack, condition, depth) {
            Ok(true) => {}
            Ok(false) => return None,
            Err(reason) => return Some(Err(reason)),
        }
        self.stack_value(StackValue { stack, output: Some(output), condition, node: at.get("Value")?.node }, depth)
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

/// The custom resources by which CDK passes values to stacks in other regions.
const EXPORT_WRITER: &str = "Custom::CrossRegionExportWriter";

const EXPORT_READER: &str = "Custom::CrossRegionExportReader";
