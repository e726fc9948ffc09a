//! App clients: their secrets, sign-in flows, scopes and token lifetimes.

use std::{collections::BTreeMap, fmt};

use serde::{Deserialize, Deserializer, Serialize, de::Error};
use serde_json::{Map, Value};

/// An app client of a user pool.
#[derive(Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields, rename_all = "PascalCase")]
pub(crate) struct AppClient {
    pub(crate) settings: AppClientConfig,
    /// Settings without effect; they are returned unchanged.
    pub(crate) others: Map<String, Value>,
    pub(crate) created_at: u64,
    pub(crate) last_modified: u64,
}

/// An app client, with the names of the Cognito API.
///
/// ```
/// use cognito_authorizer::local_user_pool::{AppClientConfig, LocalUserPoolConfig};
///
/// let config = LocalUserPoolConfig::new("us-east-1_LocalPool")
///     .resource_server("pets", ["read"])
///     .app_client(
///         AppClientConfig::new("1example23456789", "secret").allowed_scopes(["pets/read"]),
///     )
///     .app_client(
///         AppClientConfig::public("2example23456789")
///             .explicit_auth_flows(["ALLOW_USER_PASSWORD_AUTH"]),
///     );
/// ```
#[derive(Clone, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields, rename_all = "PascalCase")]
pub struct AppClientConfig {
    pub(crate) client_id: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) client_name: Option<String>,
    /// An app client without a secret is public.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) client_secret: Option<Secret>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) explicit_auth_flows: Option<Vec<String>>,
    #[serde(default, rename = "AllowedOAuthFlows", skip_serializing_if = "Option::is_none")]
    pub(crate) allowed_flows: Option<Vec<String>>,
    #[serde(default, rename = "AllowedOAuthScopes", skip_serializing_if = "Vec::is_empty")]
    pub(crate) allowed_scopes: Vec<String>,
    #[serde(default, rename = "AllowedOAuthFlowsUserPoolClient", skip_serializing_if = "Option::is_none")]
    pub(crate) uses_oauth: Option<bool>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) access_token_validity: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) id_token_validity: Option<u64>,
    #[serde(default = "thirty")]
    pub(crate) refresh_token_validity: u64,
    /// Serialized even if empty, as Cognito does.
    #[serde(default)]
    pub(crate) token_validity_units: BTreeMap<String, TimeUnit>,
    /// In minutes.
    #[serde(default = "three")]
    pub(crate) auth_session_validity: u64,
    #[serde(default = "yes")]
    pub(crate) enable_token_revocation: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) prevent_user_existence_errors: Option<PreventUserExistenceErrors>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) read_attributes: Option<Vec<String>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) write_attributes: Option<Vec<String>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) refresh_token_rotation: Option<RefreshTokenRotation>,
}

/// Controls whether errors reveal that a user does not exist.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq, Serialize)]
#[serde(rename_all = "UPPERCASE")]
pub(crate) enum PreventUserExistenceErrors {
    Legacy,
    Enabled,
}

/// Configures whether each renewal gives a new refresh token, and for how long the previous one can be retried.
#[derive(Clone, Copy, Debug, Deserialize, Serialize)]
#[serde(deny_unknown_fields, rename_all = "PascalCase")]
pub(crate) struct RefreshTokenRotation {
    feature: Feature,
    #[serde(default)]
    pub(crate) retry_grace_period_seconds: u64,
}

#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq, Serialize)]
#[serde(rename_all = "UPPERCASE")]
enum Feature {
    Enabled,
    Disabled,
}

#[derive(Clone, Copy, Debug, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum TimeUnit {
    Seconds,
    Minutes,
    Hours,
    Days,
}

impl TimeUnit {
    fn seconds(self) -> u64 {
        match self {
            Self::Seconds => 1,
            Self::Minutes => 60,
            Self::Hours => 3_600,
            Self::Days => 86_400,
        }
    }
}

/// A secret, which `Debug` and error messages do not show.
#[derive(Clone, Serialize)]
pub(crate) struct Secret(pub(crate) String);

impl AppClientConfig {
    /// The names of the members in a request.
    pub(crate) const MEMBERS: [&str; 17] = [
        "ClientId",
        "ClientName",
        "ClientSecret",
        "ExplicitAuthFlows",
        "AllowedOAuthFlows",
        "AllowedOAuthScopes",
        "AllowedOAuthFlowsUserPoolClient",
        "AccessTokenValidity",
        "IdTokenValidity",
        "RefreshTokenValidity",
        "TokenValidityUnits",
        "AuthSessionValidity",
        "EnableTokenRevocation",
        "PreventUserExistenceErrors",
        "ReadAttributes",
        "WriteAttributes",
        "RefreshTokenRotation",
    ];

    /// Creates an app client with a secret, for the client credentials grant once it has scopes. Its access tokens are
    /// valid for one hour.
    pub fn new(client_id: impl Into<String>, client_secret: impl Into<String>) -> Self {
        Self { client_secret: Some(Secret(client_secret.into())), ..Self::public(client_id) }
    }

    /// Creates an app client without a secret, such as a page in a browser.
    pub fn public(client_id: impl Into<String>) -> Self {
        Self {
            client_id: client_id.into(),
            client_name: None,
            client_secret: None,
            explicit_auth_flows: None,
            allowed_flows: None,
            allowed_scopes: Vec::new(),
            uses_oauth: None,
            access_token_validity: None,
            id_token_validity: None,
            refresh_token_validity: thirty(),
            token_validity_units: BTreeMap::new(),
            auth_session_validity: three(),
            enable_token_revocation: true,
            prevent_user_existence_errors: None,
            read_attributes: None,
            write_attributes: None,
            refresh_token_rotation: None,
        }
    }

    /// Allows these scopes, given by their full names.
    #[must_use]
    pub fn allowed_scopes(mut self, scopes: impl IntoIterator<Item: Into<String>>) -> Self {
        self.allowed_scopes = scopes.into_iter().map(Into::into).collect();
        self
    }

    /// Sets the allowed sign-in flows, such as `ALLOW_USER_PASSWORD_AUTH`. As with Cognito, the default flows do not
    /// include one that sends the password in the request.
    #[must_use]
    pub fn explicit_auth_flows(mut self, flows: impl IntoIterator<Item: Into<String>>) -> Self {
        self.explicit_auth_flows = Some(flows.into_iter().map(Into::into).collect());
        self
    }

    /// Sets the lifetime of access tokens in hours, 1 to 24.
    #[must_use]
    pub fn access_token_validity(mut self, hours: u64) -> Self {
        self.access_token_validity = Some(hours);
        self.token_validity_units.remove("AccessToken");
        self
    }

    /// Disables token revocation: tokens have no `origin_jti`, unless refresh tokens are rotated, and refresh tokens
    /// cannot be revoked.
    #[must_use]
    pub fn without_token_revocation(mut self) -> Self {
        self.enable_token_revocation = false;
        self
    }

    /// Returns the lifetime of an access token in seconds.
    pub(crate) fn access_token_seconds(&self) -> u64 {
        self.seconds("AccessToken", self.access_token_validity.unwrap_or(1), TimeUnit::Hours)
    }

    /// Returns the lifetime of an ID token in seconds.
    pub(crate) fn id_token_seconds(&self) -> u64 {
        self.seconds("IdToken", self.id_token_validity.unwrap_or(1), TimeUnit::Hours)
    }

    /// Returns the lifetime of a refresh token in seconds. Cognito reads 0 as its default.
    pub(crate) fn refresh_token_seconds(&self) -> u64 {
        match self.refresh_token_validity {
            0 => 30 * 86_400,
            validity => self.seconds("RefreshToken", validity, TimeUnit::Days),
        }
    }

    /// Returns for how many seconds a challenge can be answered.
    pub(crate) fn auth_session_seconds(&self) -> u64 {
        self.auth_session_validity.saturating_mul(60)
    }

    fn seconds(&self, token: &str, validity: u64, unit: TimeUnit) -> u64 {
        validity.saturating_mul(self.token_validity_units.get(token).copied().unwrap_or(unit).seconds())
    }

    /// Returns the rotation of refresh tokens, if enabled.
    pub(crate) fn rotation(&self) -> Option<RefreshTokenRotation> {
        self.refresh_token_rotation.filter(|rotation| rotation.feature == Feature::Enabled)
    }

    /// Whether tokens have an `origin_jti`: rotation requires it, even without token revocation.
    pub(crate) fn has_origin_jti(&self) -> bool {
        self.enable_token_revocation || self.rotation().is_some()
    }

    /// Whether errors reveal that a user does not exist; they do unless this is prevented.
    pub(crate) fn tells_who_exists(&self) -> bool {
        self.prevent_user_existence_errors != Some(PreventUserExistenceErrors::Enabled)
    }

    pub(crate) fn allows_grant(&self, grant: &str) -> bool {
        let is_named = self.allowed_flows.as_ref().is_some_and(|flows| flows.iter().any(|own| own == grant));
        is_named && self.uses_oauth == Some(true)
    }

    pub(crate) fn can_read(&self, attribute: &str) -> bool {
        self.read_attributes.as_ref().is_none_or(|names| names.iter().any(|own| own == attribute))
    }

    /// Whether a user may set the attribute. Only administrators may set `email_verified` and `phone_number_verified`.
    pub(crate) fn can_write(&self, attribute: &str) -> bool {
        let is_named = self.write_attributes.as_ref().is_none_or(|names| names.iter().any(|own| own == attribute));
        is_named && !["email_verified", "phone_number_verified"].contains(&attribute)
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(..)")
    }
}

impl<'de> Deserialize<'de> for Secret {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        // serde's own error would show the value if it is not a string.
        String::deserialize(deserializer).map(Self).map_err(|_| D::Error::custom("a secret is a string"))
    }
}

fn yes() -> bool {
    true
}

fn three() -> u64 {
    3
}

fn thirty() -> u64 {
    30
}

#[cfg(test)]
mod tests;
