//! Users who sign in: with a password, with a refresh token, or with a new password where one is asked for.

use std::collections::BTreeMap;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::json;

use super::{
    Answer, Api, check_secret_hash,
    exception::Exception,
    object,
    parameters::{CLIENT_ID, NAME, Parameters, TOKEN},
    pool,
};
use crate::local_user_pool::{
    cryptography::random,
    directory::{
        AppClient, Challenge, Directory, Pool, PreventUserExistenceErrors, RefreshToken, Session, User, UserStatus,
    },
    password::HashedPassword,
    token::{Issuer, uuid},
};

/// Seconds for which a challenge can be answered (`AuthSessionValidity`, three minutes unless something is said).
const CHALLENGE_SECONDS: u64 = 180;

impl Api<'_> {
    pub(super) fn initiate_auth(&self, parameters: &Parameters) -> Answer {
        let directory = self.store.read();
        let (pool, client) = client(&directory, parameters)?;
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
        let directory = self.store.read();
        let (pool, client) = client_of_pool(&directory, parameters)?;
        match parameters.text("AuthFlow", &NAME)? {
            flow @ ("ADMIN_USER_PASSWORD_AUTH" | "USER_PASSWORD_AUTH") => {
                self.with_password(pool, client, flow, parameters)
            }
            // As the flow was named before.
            "ADMIN_NO_SRP_AUTH" if client.settings.allows_auth_flow("ADMIN_USER_PASSWORD_AUTH") => {
                self.with_password(pool, client, "ADMIN_USER_PASSWORD_AUTH", parameters)
            }
            "ADMIN_NO_SRP_AUTH" => self.with_password(pool, client, "ADMIN_NO_SRP_AUTH", parameters),
            "REFRESH_TOKEN_AUTH" | "REFRESH_TOKEN" => self.with_refresh_token(pool, client, parameters),
            flow => Err(unsupported(client, flow)),
        }
    }

    pub(super) fn respond_to_auth_challenge(&self, parameters: &Parameters) -> Answer {
        let directory = self.store.read();
        let (pool, client) = client(&directory, parameters)?;
        self.answer_challenge(pool, client, parameters)
    }

    pub(super) fn admin_respond_to_auth_challenge(&self, parameters: &Parameters) -> Answer {
        let directory = self.store.read();
        let (pool, client) = client_of_pool(&directory, parameters)?;
        self.answer_challenge(pool, client, parameters)
    }

    fn with_password(&self, pool: &Pool, client: &AppClient, flow: &str, parameters: &Parameters) -> Answer {
        check_flow(client, flow)?;
        let sent = parameters.map("AuthParameters")?;
        let (name, password) = (required(&sent, "USERNAME")?, required(&sent, "PASSWORD")?);
        check_secret_hash(client, name, sent.get("SECRET_HASH").copied())?;
        let wrong = || Exception::not_authorized("Incorrect username or password.");
        let Some(user) = pool.user(name) else {
            let tells = client.settings.prevent_user_existence_errors == PreventUserExistenceErrors::Legacy;
            return Err(if tells { Exception::no_user() } else { wrong() });
        };
        // What nobody has as a password need not be hashed.
        let is_right = password.len() <= 1_024 && user.password.as_ref().is_some_and(|own| own.is_of(password));
        if !is_right {
            return Err(wrong());
        }
        if !user.enabled {
            return Err(Exception::not_authorized("User is disabled."));
        }
        match user.status {
            UserStatus::Confirmed => self.sign_in(pool, client, user, |_| Ok(())),
            UserStatus::Unconfirmed => Err(Exception::new("UserNotConfirmedException", "User is not confirmed.")),
            UserStatus::ForceChangePassword if user.password_expires_at.is_some_and(|end| end <= self.secs()) => {
                let message = "Temporary password has expired and must be reset by an administrator.";
                Err(Exception::not_authorized(message))
            }
            UserStatus::ForceChangePassword => self.challenge(pool, client, user),
        }
    }

    fn with_refresh_token(&self, pool: &Pool, client: &AppClient, parameters: &Parameters) -> Answer {
        check_flow(client, "REFRESH_TOKEN_AUTH")?;
        let sent = parameters.map("AuthParameters")?;
        let token = required(&sent, "REFRESH_TOKEN")?;
        let session = match pool.refresh_token(token, &client.settings.client_id, self.secs()) {
            RefreshToken::Good(session) => session,
            RefreshToken::Revoked => return Err(Exception::not_authorized("Refresh Token has been revoked")),
            RefreshToken::Expired => return Err(Exception::not_authorized("Refresh Token has expired")),
            RefreshToken::Unknown => return Err(Exception::not_authorized("Invalid Refresh Token")),
        };
        let user = pool.subject(&session.sub).ok_or_else(Exception::no_user)?;
        // The user name of who signed in, or its `sub`: the caller may know no other.
        let hash = sent.get("SECRET_HASH").copied();
        check_secret_hash(client, &user.username, hash).or_else(|_| check_secret_hash(client, &user.sub, hash))?;
        if !user.enabled {
            return Err(Exception::not_authorized("User is disabled."));
        }
        self.tokens(pool, client, user, session, None)
    }

    /// Signs in after a change to the user pool; both happen, or neither.
    fn sign_in(
        &self,
        pool: &Pool,
        client: &AppClient,
        user: &User,
        change: impl FnOnce(&mut Pool) -> Result<(), Exception>,
    ) -> Answer {
        let refresh_token = opaque()?;
        let session = Session {
            event_id: uuid(),
            origin_jti: uuid(),
            client_id: client.settings.client_id.clone(),
            sub: user.sub.clone(),
            auth_time: self.secs(),
            expires_at: self.secs().saturating_add(client.settings.refresh_token_seconds()),
            is_revoked: false,
        };
        let answer = self.tokens(pool, client, user, &session, Some(&refresh_token))?;
        self.store.change(|directory| {
            let pool = directory.pool_mut(&pool.id).ok_or_else(|| Exception::no_user_pool(&pool.id))?;
            change(pool)?;
            pool.insert_session(&refresh_token, session, self.secs());
            Ok(answer)
        })
    }

    fn tokens(
        &self,
        pool: &Pool,
        client: &AppClient,
        user: &User,
        session: &Session,
        refresh_token: Option<&str>,
    ) -> Answer {
        let name = format!("{}/{}", self.base_url, pool.id);
        let tokens = Issuer { pool, name: &name, now: self.now }.user_tokens(client, user, session)?;
        let result = object(json!({
            "AccessToken": tokens.access_token,
            "ExpiresIn": tokens.expires_in,
            "IdToken": tokens.id_token,
            "RefreshToken": refresh_token,
            "TokenType": "Bearer",
        }));
        Ok(json!({ "AuthenticationResult": result, "ChallengeParameters": {} }))
    }

    /// Asks for a new password.
    fn challenge(&self, pool: &Pool, client: &AppClient, user: &User) -> Answer {
        let session = opaque()?;
        let challenge = Challenge {
            client_id: client.settings.client_id.clone(),
            sub: user.sub.clone(),
            expires_at: self.secs().saturating_add(CHALLENGE_SECONDS),
        };
        let attributes: BTreeMap<&str, &str> = user.all_attributes().filter(|(name, _)| *name != "sub").collect();
        let answer = json!({
            "ChallengeName": "NEW_PASSWORD_REQUIRED",
            "ChallengeParameters": {
                "USER_ID_FOR_SRP": user.username,
                "requiredAttributes": "[]",
                "userAttributes": json!(attributes).to_string(),
            },
            "Session": session,
        });
        self.store.change(|directory| {
            let pool = directory.pool_mut(&pool.id).ok_or_else(|| Exception::no_user_pool(&pool.id))?;
            pool.insert_challenge(&session, challenge, self.secs());
            Ok(answer)
        })
    }

    fn answer_challenge(&self, pool: &Pool, client: &AppClient, parameters: &Parameters) -> Answer {
        if parameters.text("ChallengeName", &NAME)? != "NEW_PASSWORD_REQUIRED" {
            return Err(Exception::invalid_parameter("The local user pool asks for NEW_PASSWORD_REQUIRED alone."));
        }
        let sent = parameters.map("ChallengeResponses")?;
        let (name, password) = (required(&sent, "USERNAME")?, required(&sent, "NEW_PASSWORD")?);
        check_secret_hash(client, name, sent.get("SECRET_HASH").copied())?;
        let session = parameters.text("Session", &TOKEN)?;
        let invalid = || Exception::not_authorized("Invalid session for the user.");
        let challenge = pool.challenge(session).ok_or_else(invalid)?;
        let user = pool.user(name).ok_or_else(invalid)?;
        if challenge.client_id != client.settings.client_id || challenge.sub != user.sub {
            return Err(invalid());
        }
        if challenge.expires_at <= self.secs() {
            return Err(Exception::not_authorized("Invalid session for the user, session is expired."));
        }
        if let Some(objection) = pool.settings.policies.password_policy.objection(password) {
            let message = format!("Password does not conform to policy: {objection}");
            return Err(Exception::new("InvalidPasswordException", message));
        }
        let password = HashedPassword::new(password)?;
        self.sign_in(pool, client, user, |pool| {
            // Whoever answers second has no challenge any more.
            pool.challenge(session).ok_or_else(invalid)?;
            pool.remove_challenge(session);
            let user = pool.user_mut(&user.sub).ok_or_else(invalid)?;
            user.password = Some(password);
            user.password_expires_at = None;
            user.status = UserStatus::Confirmed;
            user.last_modified = self.secs();
            Ok(())
        })
    }
}

fn client<'d>(directory: &'d Directory, parameters: &Parameters) -> Result<(&'d Pool, &'d AppClient), Exception> {
    let client_id = parameters.text("ClientId", &CLIENT_ID)?;
    directory.app_client(client_id).ok_or_else(|| Exception::no_app_client(client_id))
}

/// The app client, of the user pool that the request names.
fn client_of_pool<'d>(
    directory: &'d Directory,
    parameters: &Parameters,
) -> Result<(&'d Pool, &'d AppClient), Exception> {
    let pool = pool(directory, parameters)?;
    let client_id = parameters.text("ClientId", &CLIENT_ID)?;
    let client = pool.app_clients.get(client_id).ok_or_else(|| Exception::no_app_client(client_id))?;
    Ok((pool, client))
}

fn check_flow(client: &AppClient, flow: &str) -> Result<(), Exception> {
    if client.settings.allows_auth_flow(flow) {
        return Ok(());
    }
    let message = match flow {
        "ADMIN_USER_PASSWORD_AUTH" | "ADMIN_NO_SRP_AUTH" => "Auth flow not enabled for this client".to_owned(),
        flow => format!("{flow} flow not enabled for this client"),
    };
    Err(Exception::invalid_parameter(message))
}

/// A flow that Cognito has and the local user pool has not.
fn unsupported(client: &AppClient, flow: &str) -> Exception {
    match flow {
        "USER_SRP_AUTH" | "CUSTOM_AUTH" | "USER_AUTH" => match check_flow(client, flow) {
            Ok(()) => {
                let message =
                    "the local user pool has USER_PASSWORD_AUTH, ADMIN_USER_PASSWORD_AUTH and REFRESH_TOKEN_AUTH";
                Exception::invalid_parameter(format!("{flow} is not supported: {message}"))
            }
            Err(exception) => exception,
        },
        _ => Exception::invalid_parameter("Initiate Auth method not supported."),
    }
}

fn required<'a>(sent: &BTreeMap<&str, &'a str>, name: &str) -> Result<&'a str, Exception> {
    let value = sent.get(name).copied().filter(|value| !value.is_empty());
    value.ok_or_else(|| Exception::invalid_parameter(format!("Missing required parameter {name}")))
}

/// A text that nobody can guess and that means nothing by itself.
fn opaque() -> Result<String, Exception> {
    Ok(URL_SAFE_NO_PAD.encode(random::<64>()?))
}
