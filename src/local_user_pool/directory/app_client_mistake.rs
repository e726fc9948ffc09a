//! Validates app clients.

use super::{AppClientConfig, auth_flows::AUTH_FLOWS};

/// The reason why an app client is invalid.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum AppClientMistake {
    /// No resource server defines the scope.
    #[error("no resource server defines the allowed scope `{scope}`")]
    UnknownScope {
        /// The scope.
        scope: String,
    },
    /// The client credentials grant allows custom scopes only.
    #[error("the client credentials grant cannot issue `{scope}`, which is a scope of users")]
    ScopeOfUsers {
        /// The scope.
        scope: String,
    },
    /// The client credentials grant requires at least one custom scope.
    #[error("no custom scope is allowed: allow at least one")]
    NoScopes,
    /// The client credentials grant cannot be combined with another grant.
    #[error("client_credentials flow can not be selected along with code flow or implicit flow.")]
    MixedFlows,
    /// The client credentials grant requires a client secret.
    #[error("client_credentials flow can not be selected if client does not have a client secret.")]
    NoSecret,
    /// Cognito does not have this grant.
    #[error("`{flow}` is not one of AllowedOAuthFlows: expected code, implicit or client_credentials")]
    UnknownFlow {
        /// The grant.
        flow: String,
    },
    /// Cognito does not have this sign-in flow.
    #[error("`{flow}` is not one of ExplicitAuthFlows: expected one such as ALLOW_USER_PASSWORD_AUTH")]
    UnknownAuthFlow {
        /// The flow.
        flow: String,
    },
    /// More than 50 scopes, the maximum of `ScopeListType` in the Cognito API.
    #[error("more than 50 scopes are allowed")]
    TooManyScopes,
    /// Legacy and current names of sign-in flows are mixed.
    #[error("either all or none of the ExplicitAuthFlows must begin with ALLOW_")]
    MixedAuthFlows,
    /// With refresh token rotation, `ALLOW_REFRESH_TOKEN_AUTH` is not a sign-in flow.
    #[error("ALLOW_REFRESH_TOKEN_AUTH is not a permitted ExplicitAuthFlow when refresh token rotation is enabled")]
    RefreshFlowWithRotation,
    /// Cognito does not allow this grace period.
    #[error("RetryGracePeriodSeconds must be 0 to 60")]
    RetryGracePeriod,
    /// The secret is empty, so any client could authenticate.
    #[error("the client secret is empty: set it, or remove it")]
    EmptySecret,
    /// Cognito does not allow this lifetime.
    #[error("the validity of {token} tokens must be {allowed}")]
    Validity {
        /// The type of token.
        token: &'static str,
        /// The allowed lifetimes.
        allowed: &'static str,
    },
}

impl AppClientConfig {
    /// Returns the first error of an app client in a user pool that has these custom scopes.
    pub(crate) fn mistake(&self, custom_scopes: &[String]) -> Option<AppClientMistake> {
        let mistake = self.scope_mistake(custom_scopes).or_else(|| self.auth_flow_mistake());
        mistake.or_else(|| self.secret_or_time_mistake())
    }

    fn scope_mistake(&self, custom_scopes: &[String]) -> Option<AppClientMistake> {
        if self.allowed_scopes.len() > 50 {
            return Some(AppClientMistake::TooManyScopes);
        }
        let is_scope = |scope: &&String| custom_scopes.contains(scope) || STANDARD_SCOPES.contains(&&***scope);
        if let Some(scope) = self.allowed_scopes.iter().find(|scope| !is_scope(scope)) {
            return Some(AppClientMistake::UnknownScope { scope: scope.clone() });
        }
        let flows = self.allowed_flows.as_deref().unwrap_or_default();
        if flows.iter().any(|flow| flow == "client_credentials") {
            if flows.len() > 1 {
                return Some(AppClientMistake::MixedFlows);
            }
            if self.client_secret.is_none() {
                return Some(AppClientMistake::NoSecret);
            }
            if !self.allowed_scopes.iter().any(|scope| custom_scopes.contains(scope)) {
                return Some(AppClientMistake::NoScopes);
            }
            if let Some(scope) = self.allowed_scopes.iter().find(|scope| !custom_scopes.contains(scope)) {
                return Some(AppClientMistake::ScopeOfUsers { scope: scope.clone() });
            }
        }
        let unknown = flows.iter().find(|flow| !["client_credentials", "code", "implicit"].contains(&&***flow));
        unknown.map(|flow| AppClientMistake::UnknownFlow { flow: flow.clone() })
    }

    fn auth_flow_mistake(&self) -> Option<AppClientMistake> {
        let auth_flows = self.explicit_auth_flows.as_deref().unwrap_or_default();
        if let Some(flow) = auth_flows.iter().find(|flow| !AUTH_FLOWS.contains(&&***flow)) {
            return Some(AppClientMistake::UnknownAuthFlow { flow: flow.clone() });
        }
        let of_now = auth_flows.iter().filter(|flow| flow.starts_with("ALLOW_")).count();
        if of_now != 0 && of_now != auth_flows.len() {
            return Some(AppClientMistake::MixedAuthFlows);
        }
        if self.rotation().is_some() && auth_flows.iter().any(|flow| flow == "ALLOW_REFRESH_TOKEN_AUTH") {
            return Some(AppClientMistake::RefreshFlowWithRotation);
        }
        None
    }

    fn secret_or_time_mistake(&self) -> Option<AppClientMistake> {
        if self.refresh_token_rotation.is_some_and(|rotation| rotation.retry_grace_period_seconds > 60) {
            return Some(AppClientMistake::RetryGracePeriod);
        }
        if self.client_secret.as_ref().is_some_and(|secret| secret.0.is_empty()) {
            return Some(AppClientMistake::EmptySecret);
        }
        let (day, ten_years) = (86_400, 10 * 365 * 86_400);
        let validities = [
            ("access", self.access_token_seconds(), 300..=day, "5 minutes to 24 hours"),
            ("ID", self.id_token_seconds(), 300..=day, "5 minutes to 24 hours"),
            ("refresh", self.refresh_token_seconds(), 3_600..=ten_years, "60 minutes to 10 years"),
            ("session", self.auth_session_seconds(), 180..=900, "3 to 15 minutes"),
        ];
        let wrong = validities.into_iter().find(|(_, seconds, allowed, _)| !allowed.contains(seconds));
        wrong.map(|(token, _, _, allowed)| AppClientMistake::Validity { token, allowed })
    }
}

/// The scopes that every user pool has (Cognito, "Scopes, M2M, and resource servers").
const STANDARD_SCOPES: [&str; 5] = ["openid", "email", "phone", "profile", "aws.cognito.signin.user.admin"];
