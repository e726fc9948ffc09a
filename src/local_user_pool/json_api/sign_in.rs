//! Signs users in with a password, and delegates the other flows.

use serde_json::json;

use super::{
    Answer, Api,
    exception::Exception,
    lookup::{app_client, app_client_of_pool, check_flow, check_secret_hash, still_there},
    parameters::Parameters,
    refresh::authentication_result,
};
use crate::local_user_pool::{
    cryptography::{opaque, uuid},
    directory::{AppClient, Pool, SignIn, User, UserStatus},
    password::HashedPassword,
    text::{NAME, PASSWORD, SECRET_HASH},
    token::TokenSigner,
};

impl Api<'_> {
    pub(super) fn initiate_auth(&self, parameters: &Parameters) -> Answer {
        let directory = self.read();
        let (pool, client) = app_client(&directory, parameters)?;
        match parameters.text("AuthFlow", &NAME)? {
            "USER_PASSWORD_AUTH" => self.with_password(pool, client, "USER_PASSWORD_AUTH", parameters),
            "REFRESH_TOKEN_AUTH" | "REFRESH_TOKEN" => self.with_refresh_token(pool, client, parameters),
            "ADMIN_USER_PASSWORD_AUTH" | "ADMIN_NO_SRP_AUTH" => {
                Err(Exception::invalid_parameter("Initiate Auth method not supported."))
            }
            flow => Err(unsupported(client, flow)),
        }
    }

    pub(super) fn admin_initiate_auth(&self, parameters: &Parameters) -> Answer {
        let directory = self.read();
        let (pool, client) = app_client_of_pool(&directory, parameters)?;
        match parameters.text("AuthFlow", &NAME)? {
            flow @ ("ADMIN_USER_PASSWORD_AUTH" | "USER_PASSWORD_AUTH") => {
                self.with_password(pool, client, flow, parameters)
            }
            // `ADMIN_NO_SRP_AUTH` is the legacy name of the flow.
            "ADMIN_NO_SRP_AUTH" if client.settings.allows_auth_flow("ADMIN_USER_PASSWORD_AUTH") => {
                self.with_password(pool, client, "ADMIN_USER_PASSWORD_AUTH", parameters)
            }
            "ADMIN_NO_SRP_AUTH" => self.with_password(pool, client, "ADMIN_NO_SRP_AUTH", parameters),
            "REFRESH_TOKEN_AUTH" | "REFRESH_TOKEN" => self.with_refresh_token(pool, client, parameters),
            flow => Err(unsupported(client, flow)),
        }
    }

    fn with_password(&self, pool: &Pool, client: &AppClient, flow: &str, parameters: &Parameters) -> Answer {
        check_flow(client, flow)?;
        let sent = parameters.map("AuthParameters")?;
        let (name, password) = (sent.required("USERNAME", &NAME)?, sent.required("PASSWORD", &PASSWORD)?);
        check_secret_hash(client, name, sent.optional("SECRET_HASH", &SECRET_HASH)?)?;
        let user = pool.user(name);
        let own = user.and_then(|user| user.password.as_ref());
        let hash = match own {
            Some(own) => own,
            None => HashedPassword::of_nobody()?,
        };
        let is_right = hash.is_of(password) && own.is_some();
        let user = match user {
            None if client.settings.tells_who_exists() => return Err(Exception::no_user()),
            Some(user) if is_right => user,
            None | Some(_) => return Err(Exception::not_authorized("Incorrect username or password.")),
        };
        if !user.enabled {
            return Err(Exception::not_authorized("User is disabled."));
        }
        match user.status {
            UserStatus::Confirmed => self.sign_in(pool, client, (user, user), |_| Ok(())),
            UserStatus::Unconfirmed => Err(Exception::new("UserNotConfirmedException", "User is not confirmed.")),
            UserStatus::ForceChangePassword if user.password_expires_at.is_some_and(|end| end <= self.secs()) => {
                let message = "Temporary password has expired and must be reset by an administrator.";
                Err(Exception::not_authorized(message))
            }
            UserStatus::ForceChangePassword => self.challenge(pool, client, user),
        }
    }

    /// Signs in a user and applies `change` to the user pool in one step. The user was stored as `read`, and the tokens
    /// are for `user`.
    pub(super) fn sign_in(
        &self,
        pool: &Pool,
        client: &AppClient,
        (read, user): (&User, &User),
        change: impl FnOnce(&mut Pool) -> Result<(), Exception>,
    ) -> Answer {
        let refresh_token = opaque()?;
        let expires_at = self.secs().saturating_add(client.settings.refresh_token_seconds());
        let (client_id, sub) = (client.settings.client_id.clone(), user.sub.clone());
        let sign_in = SignIn::new(client_id, sub, self.secs(), expires_at, (uuid()?, uuid()?));
        let name = self.endpoints.issuer(pool);
        let tokens = TokenSigner { pool, name: &name, now: self.now }.user_tokens(client, user, &sign_in)?;
        let result = authentication_result(&tokens, Some(&refresh_token));
        let answer = json!({ "AuthenticationResult": result, "ChallengeParameters": {} });
        self.store().change(|directory| {
            let pool = still_there(directory.pool_mut(&pool.id), client, read)?;
            change(pool)?;
            pool.insert_sign_in(&refresh_token, sign_in, self.secs());
            Ok(answer)
        })
    }
}

/// Returns the exception for a flow that Cognito has and the local user pool does not.
fn unsupported(client: &AppClient, flow: &str) -> Exception {
    match flow {
        "USER_SRP_AUTH" | "CUSTOM_AUTH" | "USER_AUTH" => match check_flow(client, flow) {
            Ok(()) => {
                let message = "expected USER_PASSWORD_AUTH, ADMIN_USER_PASSWORD_AUTH or REFRESH_TOKEN_AUTH";
                Exception::invalid_parameter(format!("{flow} is not supported: {message}"))
            }
            Err(exception) => exception,
        },
        _ => Exception::invalid_parameter("Initiate Auth method not supported."),
    }
}

#[cfg(test)]
mod tests;
