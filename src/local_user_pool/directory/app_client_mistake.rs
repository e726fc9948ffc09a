//! What can be wrong with an app client.

use super::{AppClientConfig, auth_flows::AUTH_FLOWS};

/// What is wrong with an app client.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum AppClientMistake {
    /// No resource server defines the scope.
    #[error("it is allowed the scope `{scope}`, which no resource server defines")]
    UnknownScope {
        /// The scope.
        scope: String,
    },
    /// The client credentials grant gives custom scopes only.
    #[error("it has the client credentials grant, which cannot give `{scope}`: that is a scope of users")]
    ScopeOfUsers {
        /// The scope.
        scope: String,
    },
    /// The client credentials grant gives custom scopes only, and there is none.
    #[error("it has no scope: allow it at least one custom scope")]
    NoScopes,
    /// The client credentials grant does not go with another one.
    #[error("client_credentials flow can not be selected along with code flow or implicit flow.")]
    MixedFlows,
    /// The client credentials grant is for those who can keep a secret.
    #[error("client_credentials flow can not be selected if client does not have a client secret.")]
    NoSecret,
    /// Not a grant that Cognito has.
    #[error("`{flow}` is not one of AllowedOAuthFlows: code, implicit and client_credentials are")]
    UnknownFlow {
        /// The grant.
        flow: String,
    },
    /// Not a way to sign in that Cognito has.
    #[error("`{flow}` is not one of ExplicitAuthFlows, such as ALLOW_USER_PASSWORD_AUTH")]
    UnknownAuthFlow {
        /// The flow.
        flow: String,
    },
    /// `ScopeListType` of the Cognito API has at most 50.
    #[error("it is allowed more than 50 scopes")]
    TooManyScopes,
    /// Names of flows of before, and names of now.
    #[error("its ExplicitAuthFlows are either some that begin with ALLOW_ or some that do not")]
    MixedAuthFlows,
    /// With refresh token rotation, refreshing is not an authentication flow.
    #[error("ALLOW_REFRESH_TOKEN_AUTH is not a permitted ExplicitAuthFlow when refresh token rotation is enabled")]
    RefreshFlowWithRotation,
    /// A grace period that Cognito does not allow.
    #[error("its RetryGracePeriodSeconds has to be 0 to 60")]
    RetryGracePeriod,
    /// An empty secret would let anybody in.
    #[error("its secret is empty: give it one, or leave it out")]
    EmptySecret,
    /// A lifetime that Cognito does not allow.
    #[error("its {token} tokens have to be valid for {allowed}")]
    Validity {
        /// Of which tokens.
        token: &'static str,
        /// What is allowed.
        allowed: &'static str,
    },
}

impl AppClientConfig {
    /// What is wrong with it in a user pool that has these custom scopes, if anything is.
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

/// Scopes that every user pool has (Cognito, "Scopes, M2M, and resource servers").
const STANDARD_SCOPES: [&str; 5] = ["openid", "email", "phone", "profile", "aws.cognito.signin.user.admin"];
