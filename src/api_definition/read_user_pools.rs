//! Reads the Cognito resources of an app (`AWS::Cognito::…`).
//!
//! The input is the stacks of an app, and the output the configuration of a local user pool for each user pool, by the names
//! of the Cognito API. A setting that a local user pool lacks becomes a note. Rejects a resource that cannot be resolved, and one
//! that a local user pool cannot have. Source: CloudFormation, "AWS::Cognito".

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::{
    ApiDefinitionError,
    app::App,
    assumed::{APP_CLIENT, USER_POOL, derived_client_secret},
    template::{Outside, kind},
    user_pool_draft::{UserDraft, UserPoolDraft, in_file},
    user_pool_properties::{APP_CLIENT_PROPERTIES, USER_POOL_PROPERTIES, json_of},
    user_pools::{AppUserPools, DefinedAppClient},
};
use crate::{
    document::{Cursor, Findings, Node, NodeValue, Problem},
    user_pool::UserPoolId,
};

/// Reads all user pools of an app.
pub(super) fn read_user_pools(app: &App<'_>) -> Result<AppUserPools, ApiDefinitionError> {
    let mut reader = Reader { app, user_pools: Vec::new(), problems: Vec::new(), notes: Vec::new() };
    // Resources refer to user pools of any stack, so those come first; an attachment refers to a user.
    for pass in [Pass::UserPools, Pass::Parts, Pass::Attachments] {
        for stack in 0..app.stacks().len() {
            reader.read_stack(stack, pass);
        }
    }
    let mut user_pools = Vec::new();
    for draft in std::mem::take(&mut reader.user_pools) {
        match draft.finish(app) {
            Ok(user_pool) => user_pools.push(user_pool),
            Err(problem) => reader.problems.push(problem),
        }
    }
    let Reader { problems, notes, .. } = reader;
    if problems.is_empty() { Ok(AppUserPools { user_pools, notes }) } else { Err(ApiDefinitionError::of(problems)) }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Pass {
    UserPools,
    Parts,
    Attachments,
}

#[derive(Debug)]
struct Reader<'a, 'd> {
    app: &'a App<'d>,
    user_pools: Vec<UserPoolDraft<'d>>,
    problems: Vec<Problem>,
    notes: Vec<Problem>,
}

/// A Cognito resource with its functions resolved.
struct Resource<'n> {
    stack: usize,
    logical_id: &'n str,
    kind: &'n str,
    properties: Cursor<'n>,
}

impl Resource<'_> {
    /// Returns the text of a property.
    fn text(&self, name: &str) -> Result<Option<String>, Problem> {
        self.properties.get(name).map(|at| text_of(&at)).transpose()
    }

    /// Returns the text of a property, or the logical id: CloudFormation makes up a name for a resource without one.
    fn name(&self, property: &str) -> Result<String, Problem> {
        Ok(self.text(property)?.unwrap_or_else(|| self.logical_id.to_owned()))
    }
}

impl<'d> Reader<'_, 'd> {
    fn read_stack(&mut self, stack: usize, pass: Pass) {
        let app = self.app;
        let Some(functions) = app.functions(stack) else { return };
        for (logical_id, at) in app.section(stack, "Resources") {
            let kind = kind(&at);
            let of_pass = match kind {
                USER_POOL => Pass::UserPools,
                ATTACHMENT => Pass::Attachments,
                kind if kind.starts_with("AWS::Cognito::") => Pass::Parts,
                _ => continue,
            };
            if of_pass != pass {
                continue;
            }
            let mut findings = Findings::default();
            let read = at.get("Condition").map_or(Ok(true), |condition| match &condition.node.value {
                NodeValue::Text(name) => functions.condition(name, 1).map_err(|unknown| condition.unknown(&unknown)),
                _ => Err(condition.problem("expected the name of a condition")),
            });
            let read = read.and_then(|is_present| {
                let empty = Node::of_members(Vec::new(), at.node.line);
                let properties = at.get("Properties");
                let resolved = functions.resolved(properties.as_ref().map_or(&empty, |at| at.node));
                let properties = properties.unwrap_or_else(|| at.clone());
                let resource = Resource { stack, logical_id, kind, properties: properties.with(&resolved) };
                if is_present { self.read(&resource, &at, logical_id, &mut findings) } else { Ok(()) }
            });
            if let Err(problem) = read {
                findings.add(problem);
            }
            self.problems.extend(findings.problems.into_iter().map(|problem| in_file(app, stack, problem)));
            self.notes.extend(findings.notes.into_iter().map(|note| in_file(app, stack, note)));
        }
    }

    fn read(
        &mut self,
        resource: &Resource<'_>,
        at: &Cursor<'d>,
        logical_id: &'d str,
        findings: &mut Findings,
    ) -> Result<(), Problem> {
        match resource.kind {
            USER_POOL => {
                let draft = self.user_pool(resource, at, logical_id, findings)?;
                self.user_pools.push(draft);
                Ok(())
            }
            APP_CLIENT => self.app_client(resource, findings),
            "AWS::Cognito::UserPoolResourceServer" => self.resource_server(resource, findings),
            "AWS::Cognito::UserPoolDomain" => {
                let domain = resource.text("Domain")?;
                if let Some(own) = self.owner(resource, findings)? {
                    own.domain = domain.filter(|domain| !domain.contains('.')).or(own.domain.take());
                }
                Ok(())
            }
            "AWS::Cognito::UserPoolGroup" => self.group(resource, findings),
            "AWS::Cognito::UserPoolUser" => self.user(resource, findings),
            ATTACHMENT => self.attachment(resource, findings),
            kind => {
                findings.note(&resource.properties, format!("the local user pool does not support `{kind}`"));
                Ok(())
            }
        }
    }

    fn user_pool(
        &self,
        resource: &Resource<'_>,
        at: &Cursor<'d>,
        logical_id: &'d str,
        findings: &mut Findings,
    ) -> Result<UserPoolDraft<'d>, Problem> {
        let id = self.app.reference(resource.stack, logical_id, USER_POOL, 1);
        let id = id.unwrap_or_else(|| Ok(String::new())).unwrap_or_default();
        let id = id.parse::<UserPoolId>().map_err(|error| at.problem(error.to_string()))?;
        let mut settings = USER_POOL_PROPERTIES.read(&resource.properties, findings)?;
        settings.insert("PoolName".to_owned(), Value::String(resource.name("UserPoolName")?));
        drop_unsupported_policies(&mut settings, &resource.properties, findings);
        Ok(UserPoolDraft {
            id,
            stack: resource.stack,
            at: at.clone(),
            logical_id,
            settings,
            domain: None,
            resource_servers: Vec::new(),
            app_clients: Vec::new(),
            groups: Vec::new(),
            users: BTreeMap::new(),
        })
    }

    /// Returns the user pool that a resource belongs to. A user pool outside the app is noted.
    fn owner(
        &mut self,
        resource: &Resource<'_>,
        findings: &mut Findings,
    ) -> Result<Option<&mut UserPoolDraft<'d>>, Problem> {
        let Some(at) = resource.properties.get("UserPoolId") else {
            return Err(resource.properties.problem("`UserPoolId` is missing"));
        };
        let id = text_of(&at)?.parse::<UserPoolId>().map_err(|error| at.problem(error.to_string()))?;
        let own = self.user_pools.iter_mut().find(|own| own.id == id);
        if own.is_none() {
            findings
                .note(&at, format!("`{id}` is not a user pool of this app, so the local user pool does not have this"));
        }
        Ok(own)
    }

    fn app_client(&mut self, resource: &Resource<'_>, findings: &mut Findings) -> Result<(), Problem> {
        let (stack, logical_id) = (resource.stack, resource.logical_id);
        let client_id = self.app.reference(stack, logical_id, APP_CLIENT, 1);
        let client_id = client_id.unwrap_or_else(|| Ok(String::new())).unwrap_or_default();
        let secret = match resource.properties.get("GenerateSecret") {
            Some(at) if json_of("GenerateSecret", &at)? == Value::Bool(true) => {
                Some(derived_client_secret(self.app.id(stack), logical_id))
            }
            _ => None,
        };
        let mut settings = APP_CLIENT_PROPERTIES.read(&resource.properties, findings)?;
        settings.insert("ClientId".to_owned(), Value::String(client_id.clone()));
        settings.entry("ClientName").or_insert_with(|| Value::String(logical_id.to_owned()));
        // Without this property, Cognito ignores the OAuth flows.
        settings.entry("AllowedOAuthFlowsUserPoolClient").or_insert(Value::Bool(false));
        if let Some(secret) = &secret {
            settings.insert("ClientSecret".to_owned(), Value::String(secret.clone()));
        }
        note_sign_in(&settings, &resource.properties, findings);
        let scopes = settings.get("AllowedOAuthScopes").and_then(Value::as_array).into_iter().flatten();
        let scopes = scopes.filter_map(Value::as_str).map(str::to_owned).collect();
        let shown = DefinedAppClient { client_id, logical_id: logical_id.to_owned(), secret, scopes };
        if let Some(own) = self.owner(resource, findings)? {
            own.app_clients.push((shown, settings));
        }
        Ok(())
    }

    fn resource_server(&mut self, resource: &Resource<'_>, findings: &mut Findings) -> Result<(), Problem> {
        let identifier = resource.text("Identifier")?;
        let identifier = identifier.ok_or_else(|| resource.properties.problem("`Identifier` is missing"))?;
        let mut scopes = Vec::new();
        for at in resource.properties.get("Scopes").iter().flat_map(Cursor::items) {
            scopes.push(json_of("Scopes", &at.map()?)?);
        }
        let server = json!({"Identifier": identifier, "Name": resource.name("Name")?, "Scopes": scopes});
        if let Some(own) = self.owner(resource, findings)? {
            own.resource_servers.push(server);
        }
        Ok(())
    }

    fn group(&mut self, resource: &Resource<'_>, findings: &mut Findings) -> Result<(), Problem> {
        let mut group = Map::from_iter([("GroupName".to_owned(), Value::String(resource.name("GroupName")?))]);
        for name in ["Description", "RoleArn", "Precedence"] {
            // The role is often a resource whose ARN is not known, and does not matter here.
            if let Some(value) = resource.properties.get(name).and_then(|at| json_of(name, &at).ok()) {
                group.insert(name.to_owned(), value);
            }
        }
        if let Some(own) = self.owner(resource, findings)? {
            own.groups.push(Value::Object(group));
        }
        Ok(())
    }

    fn user(&mut self, resource: &Resource<'_>, findings: &mut Findings) -> Result<(), Problem> {
        let username = resource.name("Username")?;
        let attributes = resource.properties.get("UserAttributes");
        let attributes = attributes.map_or_else(|| Ok(json!([])), |at| json_of("UserAttributes", &at))?;
        let user = UserDraft { logical_id: resource.logical_id.to_owned(), attributes, groups: Vec::new() };
        if let Some(own) = self.owner(resource, findings)? {
            own.users.insert(username, user);
        }
        Ok(())
    }

    fn attachment(&mut self, resource: &Resource<'_>, findings: &mut Findings) -> Result<(), Problem> {
        let (username, group) = (resource.name("Username")?, resource.name("GroupName")?);
        let Some(own) = self.owner(resource, findings)? else { return Ok(()) };
        match own.users.get_mut(&username) {
            Some(user) => user.groups.push(group),
            None => {
                findings.note(&resource.properties, "the user is not a resource of this app: the user is not created")
            }
        }
        Ok(())
    }
}

/// Notes that users of an app client cannot sign in here: the local user pool has sign-in with a password only.
fn note_sign_in(settings: &Map<String, Value>, properties: &Cursor<'_>, findings: &mut Findings) {
    let texts =
        |name: &str| settings.get(name).and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str);
    let is_machine = texts("AllowedOAuthFlows").any(|flow| flow == "client_credentials");
    let has_password = texts("ExplicitAuthFlows").any(|flow| flow.contains("PASSWORD"));
    if !is_machine && !has_password {
        findings.note(
            properties,
            "users cannot sign in with this app client here: the local user pool has no SRP; add ALLOW_USER_PASSWORD_AUTH to \
             `ExplicitAuthFlows`",
        );
    }
}

/// Drops policies that a local user pool cannot enforce, with a note.
fn drop_unsupported_policies(settings: &mut Map<String, Value>, properties: &Cursor<'_>, findings: &mut Findings) {
    let Some(policies) = settings.get_mut("Policies").and_then(Value::as_object_mut) else { return };
    if policies.get("SignInPolicy").is_some_and(|own| own["AllowedFirstAuthFactors"] != json!(["PASSWORD"])) {
        policies.remove("SignInPolicy");
        findings.note(properties, "the local user pool does not support `SignInPolicy`: users sign in with a password");
    }
    let password_policy = policies.get_mut("PasswordPolicy").and_then(Value::as_object_mut);
    if let Some(size) = password_policy.and_then(|policy| policy.remove("PasswordHistorySize"))
        && size != json!(0)
    {
        findings
            .note(properties, "the local user pool does not support `PasswordHistorySize`: passwords can be reused");
    }
}

fn text_of(at: &Cursor<'_>) -> Result<String, Problem> {
    match &at.node.value {
        NodeValue::Text(text) | NodeValue::Number(text) => Ok(text.clone()),
        _ => Err(at.expected("a string")),
    }
}

/// The resource that adds a user to a group.
const ATTACHMENT: &str = "AWS::Cognito::UserPoolUserToGroupAttachment";
