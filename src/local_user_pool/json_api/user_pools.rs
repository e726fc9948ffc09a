//! Operations on user pools and their domains.

use serde_json::{Map, Value, json};

use super::{
    Answer, Api, bad_setting, check_room, date, exception::Exception, listed, lookup::pool, object,
    parameters::Parameters,
};
use crate::{
    local_user_pool::{
        cryptography::random_name,
        directory::{DeletionProtection, Pool, PoolSettings, full_schema, limits::MAX_USER_POOLS},
        text::{DOMAIN, FRIENDLY_NAME, USER_POOL_ID},
    },
    user_pool::UserPoolId,
};

/// Settings that would change sign-in or tokens, and that are not supported.
const UNSUPPORTED: [&str; 6] = [
    "AcrConfiguration",
    "DcrConfiguration",
    "DeviceConfiguration",
    "LambdaConfig",
    "MfaConfiguration",
    "UserPoolAddOns",
];

/// Members of a user pool's description that are not settings. As in Cognito, operations ignore them, so that a
/// description can be sent back.
const NO_SETTINGS: [&str; 14] = [
    "Arn",
    "CreationDate",
    "CustomDomain",
    "Domain",
    "EmailConfigurationFailure",
    "EstimatedNumberOfUsers",
    "Id",
    "LastModifiedDate",
    "Name",
    "SchemaAttributes",
    "SmsConfigurationFailure",
    "Status",
    "UserPoolId",
    "MfaConfiguration",
];

impl Api<'_> {
    pub(super) fn create_user_pool(&self, parameters: &Parameters, region: Option<String>) -> Answer {
        parameters.text("PoolName", &FRIENDLY_NAME)?;
        let (settings, others) = settings(parameters)?;
        // The id starts with the region that the request is signed for, if an id can contain that region.
        let name = random_name(9)?;
        let is_id = |id: &String| id.parse::<UserPoolId>().is_ok_and(|id| id.names_region());
        let id = region.map(|region| format!("{region}_{name}")).filter(is_id);
        let id = id.unwrap_or_else(|| format!("us-east-1_{name}"));
        check_room(self.read().pools().len(), MAX_USER_POOLS)?;
        let mut pool = Pool::new(id, settings, self.secs());
        pool.others = others;
        let answer = json!({ "UserPool": shown(&pool) });
        self.store().change(|directory| {
            check_room(directory.pools().len(), MAX_USER_POOLS)?;
            directory.insert(pool);
            Ok(answer)
        })
    }

    /// Resets settings that the request does not contain to their defaults, except the name and the settings that users
    /// are looked up by. The latter cannot change; a request may contain their current values.
    pub(super) fn update_user_pool(&self, parameters: &Parameters) -> Answer {
        parameters.optional_text("PoolName", &FRIENDLY_NAME)?;
        let (mut settings, others) = settings(parameters)?;
        self.change_pool(parameters, |pool| {
            let own = &pool.settings;
            if !parameters.has("PoolName") {
                settings.pool_name.clone_from(&own.pool_name);
            }
            if !parameters.has("UsernameAttributes") {
                settings.username_attributes.clone_from(&own.username_attributes);
            }
            if !parameters.has("AliasAttributes") {
                settings.alias_attributes.clone_from(&own.alias_attributes);
            }
            if !parameters.has("UsernameConfiguration") {
                settings.username_configuration = own.username_configuration;
            }
            let is_same = !parameters.has("Schema") || full_schema(&settings.schema) == full_schema(&own.schema);
            let change = own.sign_in_change(&settings).or((!is_same).then_some("Schema"));
            if let Some(name) = change {
                return Err(Exception::invalid_parameter(format!("{name} cannot be changed.")));
            }
            settings.schema.clone_from(&own.schema);
            if let Some(objection) = settings.objection() {
                return Err(Exception::invalid_parameter(objection));
            }
            pool.settings = settings;
            pool.others = others;
            pool.last_modified = self.secs();
            Ok(json!({}))
        })
    }

    pub(super) fn describe_user_pool(&self, parameters: &Parameters) -> Answer {
        let directory = self.read();
        Ok(json!({ "UserPool": shown(pool(&directory, parameters)?) }))
    }

    pub(super) fn delete_user_pool(&self, parameters: &Parameters) -> Answer {
        let id = parameters.text("UserPoolId", &USER_POOL_ID)?;
        self.store().change(|directory| {
            let pool = directory.pool(id).ok_or_else(|| Exception::no_user_pool(id))?;
            if pool.domain.is_some() {
                let message = "User pool cannot be deleted. It has a domain configured that should be deleted first.";
                return Err(Exception::invalid_parameter(message));
            }
            if pool.settings.deletion_protection == DeletionProtection::Active {
                let message = "The user pool cannot be deleted because deletion protection is activated.";
                return Err(Exception::invalid_parameter(message));
            }
            directory.remove(id);
            Ok(json!({}))
        })
    }

    pub(super) fn list_user_pools(&self, parameters: &Parameters) -> Answer {
        let directory = self.read();
        let page = parameters.page("MaxResults", directory.pools(), |pool| {
            json!({
                "Id": pool.id, "Name": pool.settings.pool_name, "LambdaConfig": {},
                "CreationDate": date(pool.created_at),
                "LastModifiedDate": date(pool.last_modified.max(pool.created_at)),
            })
        });
        Ok(listed("UserPools", page?))
    }

    pub(super) fn create_user_pool_domain(&self, parameters: &Parameters) -> Answer {
        let domain = parameters.text("Domain", &DOMAIN)?;
        let id = parameters.text("UserPoolId", &USER_POOL_ID)?;
        if parameters.asks_for("CustomDomainConfig") {
            return Err(Exception::invalid_parameter("CustomDomainConfig is not supported by the local user pool."));
        }
        self.store().change(|directory| {
            if directory.domain(domain).is_some() {
                return Err(Exception::invalid_parameter("Domain already associated with another user pool."));
            }
            let pool = directory.pool_mut(id).ok_or_else(|| Exception::no_user_pool(id))?;
            if pool.domain.is_some() {
                return Err(Exception::invalid_parameter("The user pool already has a domain associated with it."));
            }
            pool.domain = Some(domain.to_owned());
            Ok(json!({}))
        })
    }

    pub(super) fn describe_user_pool_domain(&self, parameters: &Parameters) -> Answer {
        let domain = parameters.text("Domain", &DOMAIN)?;
        let directory = self.read();
        // An unknown domain has an empty description.
        let description = directory.domain(domain).map_or(json!({}), |pool| {
            json!({
                "UserPoolId": pool.id, "AWSAccountId": ACCOUNT, "Domain": domain, "Status": "ACTIVE",
                "CustomDomainConfig": {},
            })
        });
        Ok(json!({ "DomainDescription": description }))
    }

    pub(super) fn delete_user_pool_domain(&self, parameters: &Parameters) -> Answer {
        let domain = parameters.text("Domain", &DOMAIN)?;
        self.change_pool(parameters, |pool| {
            if pool.domain.as_deref() != Some(domain) {
                return Err(Exception::invalid_parameter("No such domain or user pool exists."));
            }
            pool.domain = None;
            Ok(json!({}))
        })
    }
}

/// A placeholder for the AWS account id.
const ACCOUNT: &str = "000000000000";

/// Returns the settings in a request, and its other members, which are returned unchanged by `DescribeUserPool`.
fn settings(parameters: &Parameters) -> Result<(PoolSettings, Map<String, Value>), Exception> {
    if let Some(name) = UNSUPPORTED.into_iter().find(|name| parameters.asks_for(name)) {
        return Err(Exception::invalid_parameter(format!("{name} is not supported by the local user pool.")));
    }
    let (known, others) = parameters.split(&PoolSettings::MEMBERS, &NO_SETTINGS);
    let settings: PoolSettings = serde_json::from_value(Value::Object(known)).map_err(|error| bad_setting(&error))?;
    match settings.objection() {
        Some(objection) => Err(Exception::invalid_parameter(objection)),
        None => Ok((settings.with_validity_days(), others)),
    }
}

/// Returns a user pool as Cognito describes it: the given settings, and defaults for the others.
fn shown(pool: &Pool) -> Value {
    let settings = &pool.settings;
    let region = pool.id.rsplit_once('_').map_or("", |(region, _)| region);
    let mut shown = pool.others.clone();
    for (name, default) in [
        ("EmailConfiguration", json!({ "EmailSendingAccount": "COGNITO_DEFAULT" })),
        ("VerificationMessageTemplate", json!({ "DefaultEmailOption": "CONFIRM_WITH_CODE" })),
        ("AccountRecoverySetting", json!({ "RecoveryMechanisms": RECOVERY_MECHANISMS.map(recovery_mechanism) })),
        ("UserPoolTier", json!("ESSENTIALS")),
    ] {
        match (shown.get_mut(name), default) {
            (Some(Value::Object(given)), Value::Object(default)) => {
                for (name, value) in default {
                    given.entry(name).or_insert(value);
                }
            }
            (Some(_), _) => {}
            (None, default) => {
                shown.insert(name.to_owned(), default);
            }
        }
    }
    let own = json!({
        "Id": pool.id,
        "Name": settings.pool_name,
        "Arn": format!("arn:aws:cognito-idp:{region}:{ACCOUNT}:userpool/{}", pool.id),
        "Policies": settings.policies,
        "UsernameAttributes": some(&settings.username_attributes),
        "AliasAttributes": some(&settings.alias_attributes),
        "AutoVerifiedAttributes": some(&settings.auto_verified_attributes),
        "UsernameConfiguration": settings.username_configuration,
        "AdminCreateUserConfig": settings.admin_create_user_config,
        "DeletionProtection": settings.deletion_protection,
        "IssuerConfiguration": settings.issuer_configuration,
        "SchemaAttributes": full_schema(&settings.schema),
        "Domain": pool.domain,
        "EstimatedNumberOfUsers": pool.users().count(),
        "MfaConfiguration": "OFF",
        "LambdaConfig": {},
        "CreationDate": date(pool.created_at),
        "LastModifiedDate": date(pool.last_modified.max(pool.created_at)),
    });
    if let Value::Object(own) = object(own) {
        shown.extend(own);
    }
    Value::Object(shown)
}

/// How a user recovers the account, by priority.
const RECOVERY_MECHANISMS: [(u8, &str); 2] = [(1, "verified_email"), (2, "verified_phone_number")];

fn recovery_mechanism((priority, name): (u8, &str)) -> Value {
    json!({ "Priority": priority, "Name": name })
}

fn some(names: &[String]) -> Option<&[String]> {
    (!names.is_empty()).then_some(names)
}
