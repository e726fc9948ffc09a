//! The argument of `Fn::GetStackOutput`: an output of another stack, by the name, the region and the account of the stack
//! ([behaviour §6.4.16](crate::docs::behaviour)).

use super::steps::unknown;
use crate::document::{Node, NodeValue, Unknown};

/// What `Fn::GetStackOutput` asks for.
#[derive(Clone, Debug)]
pub(crate) struct StackOutput {
    /// The name of the stack in CloudFormation.
    pub(crate) stack: String,
    pub(crate) output: String,
    /// The region, or else that of the stack that asks.
    pub(crate) region: Option<String>,
    /// The account of `RoleArn`, or else that of the stack that asks.
    pub(crate) account: Option<String>,
}

impl StackOutput {
    /// Reads the argument. `text` evaluates a member.
    pub(super) fn read(argument: &Node, text: impl Fn(&Node) -> Result<String, Unknown>) -> Result<Self, Unknown> {
        let members: &[_] = if let NodeValue::Map(members) = &argument.value { members } else { &[] };
        if let Some((name, _)) = members.iter().find(|(name, _)| !MEMBERS.contains(&&**name)) {
            return Err(unknown(format!("Fn::GetStackOutput has no member `{name}`")));
        }
        let member = |name: &str| {
            let found = members.iter().find(|(own, node)| own == name && !(name == "Region" && is_own_region(node)));
            found.map(|(_, node)| text(node)).transpose()
        };
        let (Some(stack), Some(output)) = (member("StackName")?, member("OutputName")?) else {
            return Err(unknown("Fn::GetStackOutput takes the members StackName and OutputName"));
        };
        // The role is one of the stack's account: `arn:aws:iam::account:role/name`.
        let account = member("RoleArn")?.map(|role| role.split(':').nth(4).unwrap_or_default().to_owned());
        Ok(Self { stack, output, region: member("Region")?, account })
    }

    /// Returns the variable that gives the value: `STACK.OUTPUT`, after the account and the region that are asked for.
    pub(crate) fn variable(&self) -> String {
        let place = [&self.account, &self.region].into_iter().flatten().map(|part| format!("{part}:"));
        format!("{}{}.{}", place.collect::<String>(), self.stack, self.output)
    }

    /// Returns the region and the account that are asked for, for a problem.
    pub(super) fn place(&self) -> String {
        let region = self.region.as_ref().map(|region| format!(" in the region `{region}`")).unwrap_or_default();
        let account = self.account.as_ref().map(|account| format!(" in the account `{account}`")).unwrap_or_default();
        region + &account
    }
}

/// The CDK names the region of the stack itself where there is no other one.
fn is_own_region(node: &Node) -> bool {
    let NodeValue::Map(members) = &node.value else { return false };
    matches!(&**members, [(name, Node { value: NodeValue::Text(own), .. })] if name == "Ref" && own == "AWS::Region")
}

const MEMBERS: [&str; 4] = ["StackName", "OutputName", "Region", "RoleArn"];
