//! The properties of Cognito resources: those that a local user pool has, and those that change nothing in its tokens.
//!
//! Source: CloudFormation, "AWS::Cognito::UserPool" and "AWS::Cognito::UserPoolClient".

use serde_json::{Map, Value};

use crate::document::{Cursor, Findings, NodeValue, Problem};

/// The known properties of a type of resource.
#[derive(Debug)]
pub(super) struct KnownProperties {
    /// Properties that a local user pool has too, by the same name.
    supported: &'static [&'static str],
    /// Properties that change neither sign-ins nor tokens, and those that are read elsewhere.
    without_effect: &'static [&'static str],
}

impl KnownProperties {
    /// Returns the supported properties as JSON, and notes those that a local user pool lacks.
    pub(super) fn read(&self, properties: &Cursor<'_>, findings: &mut Findings) -> Result<Map<String, Value>, Problem> {
        let mut read = Map::new();
        for (name, at) in properties.entries() {
            if self.supported.contains(&name) {
                read.insert(name.to_owned(), json_of(name, &at)?);
            } else if !self.without_effect.contains(&name) && !is_off(name, &at) {
                findings.note(&at, lacks(name));
            }
        }
        Ok(read)
    }
}

/// Whether a property has the value that turns it off.
fn is_off(name: &str, at: &Cursor<'_>) -> bool {
    let is_text = |expected: &str| matches!(&at.node.value, NodeValue::Text(text) if text == expected);
    match name {
        "LambdaConfig" => at.size() == 0,
        "MfaConfiguration" => is_text("OFF"),
        "EnabledMfas" => at.size() == 0,
        "UserPoolAddOns" => {
            at.entries().all(|(_, at)| matches!(&at.node.value, NodeValue::Text(text) if text == "OFF"))
        }
        "SupportedIdentityProviders" => {
            at.items().all(|at| matches!(&at.node.value, NodeValue::Text(text) if text == "COGNITO"))
        }
        _ => false,
    }
}

fn lacks(name: &str) -> String {
    let consequence = match name {
        "LambdaConfig" => "triggers do not run, so tokens lack the claims and scopes that a trigger adds",
        "MfaConfiguration" | "EnabledMfas" => "users sign in without a second factor",
        "DeviceConfiguration" => "devices are not tracked, and tokens have no `device_key`",
        "SupportedIdentityProviders" => "users of other identity providers cannot sign in",
        _ => "the setting has no effect",
    };
    format!("the local user pool does not support `{name}`: {consequence}")
}

/// Returns a value as JSON. A text stands for a boolean or a number where the property needs one, as in CloudFormation.
pub(super) fn json_of(name: &str, at: &Cursor<'_>) -> Result<Value, Problem> {
    match &at.node.value {
        NodeValue::Bool(value) if BOOLEANS.contains(&name) => Ok(Value::Bool(*value)),
        // Every other setting is a text, such as the value of an attribute.
        NodeValue::Bool(value) => Ok(Value::String(value.to_string())),
        NodeValue::Number(text) | NodeValue::Text(text) if NUMBERS.contains(&name) => {
            // YAML and CloudFormation also write `5.0`.
            let whole = text.strip_suffix(".0").unwrap_or(text);
            whole.parse::<u64>().map(Value::from).map_err(|_| at.problem("expected a whole number, 0 or more"))
        }
        NodeValue::Text(text) if BOOLEANS.contains(&name) => match &*text.to_ascii_lowercase() {
            "true" => Ok(Value::Bool(true)),
            "false" => Ok(Value::Bool(false)),
            _ => Err(at.problem("expected true or false")),
        },
        NodeValue::Number(text) | NodeValue::Text(text) => Ok(Value::String(text.clone())),
        NodeValue::List(_) => at.items().map(|item| json_of(name, &item)).collect::<Result<_, _>>().map(Value::Array),
        NodeValue::Map(_) => {
            let members = at.entries().map(|(name, at)| Ok((name.to_owned(), json_of(name, &at)?)));
            members.collect::<Result<_, _>>().map(Value::Object)
        }
        _ => Err(at.expected("a value")),
    }
}

pub(super) const USER_POOL_PROPERTIES: KnownProperties = KnownProperties {
    supported: &[
        "AdminCreateUserConfig",
        "AliasAttributes",
        "AutoVerifiedAttributes",
        "DeletionProtection",
        "IssuerConfiguration",
        "Policies",
        "Schema",
        "UsernameAttributes",
        "UsernameConfiguration",
    ],
    without_effect: &[
        "AccountRecoverySetting",
        "EmailAuthenticationMessage",
        "EmailAuthenticationSubject",
        "EmailConfiguration",
        "EmailVerificationMessage",
        "EmailVerificationSubject",
        "SmsAuthenticationMessage",
        "SmsConfiguration",
        "SmsVerificationMessage",
        "UserAttributeUpdateSettings",
        "UserPoolName",
        "UserPoolTags",
        "UserPoolTier",
        "VerificationMessageTemplate",
        "WebAuthnRelyingPartyID",
        "WebAuthnUserVerification",
    ],
};

pub(super) const APP_CLIENT_PROPERTIES: KnownProperties = KnownProperties {
    supported: &[
        "AccessTokenValidity",
        "AllowedOAuthFlows",
        "AllowedOAuthFlowsUserPoolClient",
        "AllowedOAuthScopes",
        "AuthSessionValidity",
        "ClientName",
        "EnableTokenRevocation",
        "ExplicitAuthFlows",
        "IdTokenValidity",
        "PreventUserExistenceErrors",
        "ReadAttributes",
        "RefreshTokenRotation",
        "RefreshTokenValidity",
        "TokenValidityUnits",
        "WriteAttributes",
    ],
    without_effect: &[
        "AnalyticsConfiguration",
        "CallbackURLs",
        "DefaultRedirectURI",
        "EnablePropagateAdditionalUserContextData",
        "GenerateSecret",
        "LogoutURLs",
        "UserPoolId",
    ],
};

const BOOLEANS: [&str; 12] = [
    "AllowAdminCreateUserOnly",
    "AllowedOAuthFlowsUserPoolClient",
    "CaseSensitive",
    "DeveloperOnlyAttribute",
    "EnableTokenRevocation",
    "GenerateSecret",
    "Mutable",
    "RequireLowercase",
    "RequireNumbers",
    "RequireSymbols",
    "RequireUppercase",
    "Required",
];

const NUMBERS: [&str; 10] = [
    "AccessTokenValidity",
    "AuthSessionValidity",
    "IdTokenValidity",
    "MinimumLength",
    "PasswordHistorySize",
    "Precedence",
    "RefreshTokenValidity",
    "RetryGracePeriodSeconds",
    "TemporaryPasswordValidityDays",
    "UnusedAccountValidityDays",
];
