//! The sign-in flows of an app client ([behaviour §7.4.4](crate::docs::behaviour)).

use super::AppClientConfig;

/// The values of `ExplicitAuthFlowsType` of the Cognito API.
pub(super) const AUTH_FLOWS: [&str; 11] = [
    "ADMIN_NO_SRP_AUTH",
    "CUSTOM_AUTH_FLOW_ONLY",
    "USER_PASSWORD_AUTH",
    "ALLOW_ADMIN_USER_PASSWORD_AUTH",
    "ALLOW_CUSTOM_AUTH",
    "ALLOW_USER_PASSWORD_AUTH",
    "ALLOW_USER_SRP_AUTH",
    "ALLOW_REFRESH_TOKEN_AUTH",
    "ALLOW_USER_AUTH",
    "ALLOW_TOKEN_EXCHANGE_DELEGATION",
    "ALLOW_TOKEN_EXCHANGE_IMPERSONATION",
];

impl AppClientConfig {
    /// Whether users may sign in with this flow, such as `USER_PASSWORD_AUTH`.
    ///
    /// Names that begin with `ALLOW_` list all allowed flows. The legacy names `USER_PASSWORD_AUTH` and
    /// `ADMIN_NO_SRP_AUTH` add a flow to the default flows: refreshing, SRP and custom flows. `CUSTOM_AUTH_FLOW_ONLY`
    /// removes SRP from the default flows. Refresh token rotation disables `REFRESH_TOKEN_AUTH`.
    pub(crate) fn allows_auth_flow(&self, flow: &str) -> bool {
        if flow == "REFRESH_TOKEN_AUTH" && self.rotation().is_some() {
            return false;
        }
        let flows = self.explicit_auth_flows.as_deref().unwrap_or_default();
        if flows.iter().any(|own| own.starts_with("ALLOW_")) {
            return flows.iter().any(|own| own.strip_prefix("ALLOW_") == Some(flow));
        }
        let is_named = |name: &str| flows.iter().any(|own| own == name);
        match flow {
            "REFRESH_TOKEN_AUTH" | "CUSTOM_AUTH" => true,
            "USER_SRP_AUTH" => !is_named("CUSTOM_AUTH_FLOW_ONLY"),
            "USER_PASSWORD_AUTH" | "ADMIN_NO_SRP_AUTH" => is_named(flow),
            _ => false,
        }
    }

    /// Whether a refresh token can be exchanged for new tokens, with or without rotation.
    pub(crate) fn can_refresh(&self) -> bool {
        self.rotation().is_some() || self.allows_auth_flow("REFRESH_TOKEN_AUTH")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn flows_by_their_names_of_now_and_of_before() {
        let allows = |flows: &[&str], flow| {
            AppClientConfig::public("a").explicit_auth_flows(flows.iter().copied()).allows_auth_flow(flow)
        };
        assert!(allows(&["ALLOW_USER_PASSWORD_AUTH"], "USER_PASSWORD_AUTH"));
        assert!(!allows(&["ALLOW_USER_PASSWORD_AUTH"], "REFRESH_TOKEN_AUTH"));
        assert!(allows(&["USER_PASSWORD_AUTH"], "USER_PASSWORD_AUTH"));
        assert!(allows(&["USER_PASSWORD_AUTH"], "REFRESH_TOKEN_AUTH"));
        assert!(!allows(&["ADMIN_NO_SRP_AUTH"], "ADMIN_USER_PASSWORD_AUTH"));
        assert!(!allows(&["CUSTOM_AUTH_FLOW_ONLY"], "CUSTOM_AUTH_FLOW_ONLY"));
        assert!(allows(&["USER_PASSWORD_AUTH"], "USER_SRP_AUTH"));
        assert!(!allows(&["CUSTOM_AUTH_FLOW_ONLY"], "USER_SRP_AUTH"));
        assert!(AppClientConfig::public("a").allows_auth_flow("REFRESH_TOKEN_AUTH"));
        assert!(!AppClientConfig::public("a").allows_auth_flow("USER_PASSWORD_AUTH"));
    }
}
