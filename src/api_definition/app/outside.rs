//! What the stacks of an app give to one template: the environment, parameters, exports, stored values and ids.

use super::{App, EXPORT_READER};
use crate::{
    api_definition::{
        assumed::{APP_CLIENT, ASSUMED_ACCOUNT, ASSUMED_STACK_NAME, AssumedValue, USER_POOL},
        template::{Outside, OutsideValue, StackOutput, missing_variable},
    },
    user_pool::partition,
};

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
                let known = self.name(stack).map(str::to_owned);
                known.or_else(|| assume(AssumedValue::StackName { stack: of_stack }, ASSUMED_STACK_NAME))
            }
            _ => None,
        }
    }

    fn parameter(&self, stack: usize, name: &str, depth: usize) -> OutsideValue {
        let source = self.stacks.get(stack)?;
        if let Some(parent) = &source.parent {
            let section = self.root(parent.stack)?.get("Resources")?;
            if let Err(reason) = self.steps.take(section.size(), depth) {
                return Some(Err(reason));
            }
            let parameters = self.root(parent.stack)?.get("Resources")?.get(&parent.logical_id)?.get("Properties")?;
            let given = parameters.get("Parameters")?.get(name)?;
            return self.value(parent.stack, given.node, depth);
        }
        source.parameters.iter().find(|(own, _)| own == name).map(|(_, value)| Ok(value.clone()))
    }

    fn export(&self, stack: usize, name: &str, depth: usize) -> OutsideValue {
        self.nearest(&self.exports, name, stack, depth)
    }

    fn stack_output(&self, stack: usize, asked: &StackOutput, depth: usize) -> OutsideValue {
        if let Err(reason) = self.steps.take(self.stacks.len(), depth) {
            return Some(Err(reason));
        }
        // A region or an account that is asked for must be known to be that of the other stack.
        let fits = |asked: Option<&String>, own: Option<String>, other: Option<String>| match asked {
            Some(asked) => other.as_ref() == Some(asked),
            None => own.is_none() || other.is_none() || own == other,
        };
        let account = |stack: usize| self.of_environment(stack, |environment| environment.account.as_ref());
        let region =
            |stack: usize| Some(self.region(stack)).filter(|(_, is_assumed)| !is_assumed).map(|(region, _)| region);
        let is_it = |other: &usize| {
            self.name(*other) == Some(&*asked.stack)
                && fits(asked.region.as_ref(), region(stack), region(*other))
                && fits(asked.account.as_ref(), account(stack), account(*other))
        };
        let all: Vec<usize> = (0..self.stacks.len()).filter(is_it).collect();
        // Stages for several accounts may use one name: the nearest stack counts.
        let most = all.iter().map(|other| self.shared_path(stack, *other)).max()?;
        match &*all.into_iter().filter(|other| self.shared_path(stack, *other) == most).collect::<Vec<_>>() {
            [other] => self.output(*other, &asked.output, depth),
            _ => {
                let why = format_args!("several stacks of the app have the name `{}`", asked.stack);
                Some(Err(missing_variable(why, &asked.variable())))
            }
        }
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
                self.output(self.child(stack, logical_id)?, output, depth)
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
