//! Users who sign in: with a password, with a refresh token, or with a new password where one is asked for.

use std::collections::BTreeMap;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde_json::json;

use super::{
    Answer, Api,
    exception::Exception,
    lookup::{app_client, app_client_of_pool, check_password, check_secret_hash, still_of},
    object,
    parameters::Parameters,
};
use crate::local_user_pool::{
    cryptography::{random, uuid},
    directory::{
        AppClient, Challenge, Pool, PreventUserExistenceErrors, RefreshTokenState, SignIn, User, UserStatus, is_kept,
    },
    password::HashedPassword,
    text::{NAME, PASSWORD, SECRET_HASH, TOKEN},
    token::Issuer,
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
        let directory = self.read();
        let (pool, client) = app_client(&directory, parameters)?;
        self.answer_challenge(pool, client, parameters)
    }

    pub(super) fn admin_respond_to_auth_challenge(&self, parameters: &Parameters) -> Answer {
        let directory = self.read();
        let (pool, client) = app_client_of_pool(&directory, parameters)?;
        self.answer_challenge(pool, client, parameters)
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
        let tells = client.settings.prevent_user_existence_errors == PreventUserExistenceErrors::Legacy;
        let user = match user {
            None if tells => return Err(Exception::no_user()),
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

    fn with_refresh_token(&self, pool: &Pool, client: &AppClient, parameters: &Parameters) -> Answer {
        check_flow(client, "REFRESH_TOKEN_AUTH")?;
        let sent = parameters.map("AuthParameters")?;
        let token = sent.required("REFRESH_TOKEN", &TOKEN)?;
        let sign_in = match pool.refresh_token(token, &client.settings.client_id, self.secs()) {
            RefreshTokenState::Good(sign_in) => sign_in,
            RefreshTokenState::Revoked => return Err(Exception::not_authorized("Refresh Token has been revoked")),
            RefreshTokenState::Expired => return Err(Exception::not_authorized("Refresh Token has expired")),
            RefreshTokenState::Unknown => return Err(Exception::not_authorized("Invalid Refresh Token")),
        };
        let user = pool.subject(&sign_in.sub).ok_or_else(Exception::no_user)?;
        // The user name of who signed in, or its `sub`: the caller may know no other.
        let hash = sent.optional("SECRET_HASH", &SECRET_HASH)?;
        check_secret_hash(client, &user.username, hash).or_else(|_| check_secret_hash(client, &user.sub, hash))?;
        if !user.enabled {
            return Err(Exception::not_authorized("User is disabled."));
        }
        self.tokens(pool, client, user, sign_in, None)
    }

    /// Signs a user in, who was read so and is to be so, and changes the user pool with it; both happen, or neither.
    fn sign_in(
        &self,
        pool: &Pool,
        client: &AppClient,
        (read, user): (&User, &User),
        change: impl FnOnce(&mut Pool) -> Result<(), Exception>,
    ) -> Answer {
        let refresh_token = opaque()?;
        let sign_in = SignIn {
            number: 0,
            event_id: uuid()?,
            origin_jti: uuid()?,
            client_id: client.settings.client_id.clone(),
            sub: user.sub.clone(),
            auth_time: self.secs(),
            expires_at: self.secs().saturating_add(client.settings.refresh_token_seconds()),
            is_revoked: false,
        };
        let answer = self.tokens(pool, client, user, &sign_in, Some(&refresh_token))?;
        self.store().change(|directory| {
            let pool = still_there(directory.pool_mut(&pool.id), client, read)?;
            change(pool)?;
            pool.insert_sign_in(&refresh_token, sign_in, self.secs());
            Ok(answer)
        })
    }

    fn tokens(
        &self,
        pool: &Pool,
        client: &AppClient,
        user: &User,
        sign_in: &SignIn,
        refresh_token: Option<&str>,
    ) -> Answer {
        let name = self.endpoints.issuer(&pool.id);
        let tokens = Issuer { pool, name: &name, now: self.now }.user_tokens(client, user, sign_in)?;
        let result = object(json!({
            "AccessToken": tokens.access_token,
            "ExpiresIn": tokens.expires_in,
            "IdToken": tokens.id_token,
            "RefreshToken": refresh_token,
            "TokenType": "Bearer",
        }));
        Ok(json!({ "AuthenticationResult": result, "ChallengeParameters": {} }))
    }

    /// Asks for a new password, and for what else the user has to have.
    fn challenge(&self, pool: &Pool, client: &AppClient, user: &User) -> Answer {
        let session = opaque()?;
        let challenge = Challenge {
            number: 0,
            client_id: client.settings.client_id.clone(),
            sub: user.sub.clone(),
            expires_at: self.secs().saturating_add(client.settings.auth_session_seconds()),
            is_used: false,
        };
        let attributes: BTreeMap<&str, &str> = user.all_attributes().filter(|(name, _)| *name != "sub").collect();
        let missing: Vec<String> =
            pool.missing_attributes(user).into_iter().map(|name| format!("{ATTRIBUTE}{name}")).collect();
        let answer = json!({
            "ChallengeName": "NEW_PASSWORD_REQUIRED",
            "ChallengeParameters": {
                "USER_ID_FOR_SRP": user.username,
                "requiredAttributes": json!(missing).to_string(),
                "userAttributes": json!(attributes).to_string(),
            },
            "Session": session,
        });
        self.store().change(|directory| {
            let pool = still_there(directory.pool_mut(&pool.id), client, user)?;
            pool.insert_challenge(&session, challenge, self.secs());
            Ok(answer)
        })
    }

    fn answer_challenge(&self, pool: &Pool, client: &AppClient, parameters: &Parameters) -> Answer {
        if parameters.text("ChallengeName", &NAME)? != "NEW_PASSWORD_REQUIRED" {
            return Err(Exception::invalid_parameter("The local user pool asks for NEW_PASSWORD_REQUIRED alone."));
        }
        let sent = parameters.map("ChallengeResponses")?;
        let (name, password) = (sent.required("USERNAME", &NAME)?, sent.required("NEW_PASSWORD", &PASSWORD)?);
        check_secret_hash(client, name, sent.optional("SECRET_HASH", &SECRET_HASH)?)?;
        let session = parameters.text("Session", &TOKEN)?;
        let attributes = sent.attributes(ATTRIBUTE)?;
        let user = self.challenged(pool, client, session, name)?;
        check_password(pool, password, "Password does not conform to policy")?;
        self.with_attributes(pool, client, user, &attributes)?;
        let password = HashedPassword::new(password)?;
        let changed = |pool: &Pool, user: &User| {
            let mut user = self.with_attributes(pool, client, user, &attributes)?;
            user.password = Some(password.clone());
            user.password_expires_at = None;
            user.status = UserStatus::Confirmed;
            user.last_modified = self.secs();
            Ok::<_, Exception>(user)
        };
        self.sign_in(pool, client, (user, &changed(pool, user)?), |pool| {
            // Again, from the user as he is now: somebody else may have come first.
            let user = changed(pool, self.challenged(pool, client, session, name)?)?;
            pool.use_challenge(session);
            pool.forget_challenges(&user.sub);
            pool.insert_user(user);
            Ok(())
        })
    }

    /// A user with these attributes besides, if the app client may set them and the user pool takes them.
    fn with_attributes(
        &self,
        pool: &Pool,
        client: &AppClient,
        user: &User,
        attributes: &BTreeMap<String, String>,
    ) -> Result<User, Exception> {
        if attributes.keys().any(|attribute| !client.settings.can_write(attribute)) {
            return Err(Exception::not_authorized("A client attempted to write unauthorized attribute"));
        }
        let is_there = |name: &&String| user.attributes.contains_key(*name) && is_kept(&pool.settings.schema, name);
        if let Some(attribute) = attributes.keys().find(is_there) {
            return Err(Exception::not_authorized(format!("Cannot modify an already provided {attribute}")));
        }
        let mut user = user.clone();
        user.set_attributes(attributes.clone());
        if let Some(mistake) = pool.attribute_mistake(&user, false) {
            return Err(mistake.into());
        }
        match pool.missing_attributes(&user).first() {
            Some(attribute) => {
                Err(Exception::invalid_parameter(format!("Invalid attributes given, {attribute} is missing")))
            }
            None => Ok(user),
        }
    }

    /// The user who was asked for a new password, in a challenge that can still be answered.
    fn challenged<'p>(
        &self,
        pool: &'p Pool,
        client: &AppClient,
        session: &str,
        name: &str,
    ) -> Result<&'p User, Exception> {
        let invalid = |message| Err(Exception::not_authorized(message));
        let (challenge, user) = match (pool.challenge(session), pool.user(name)) {
            (Some(challenge), Some(user)) if challenge.sub == user.sub => (challenge, user),
            _ => return invalid("Invalid session for the user."),
        };
        if challenge.client_id != client.settings.client_id {
            return invalid("Invalid session for the user.");
        }
        if challenge.is_used {
            return invalid("Invalid session for the user, session can only be used once.");
        }
        if challenge.expires_at <= self.secs() {
            return invalid("Invalid session for the user, session is expired.");
        }
        if !user.enabled {
            return invalid("User is disabled.");
        }
        // The password may have been set in the meantime; then nobody is asked for one any more.
        if user.status != UserStatus::ForceChangePassword {
            return invalid("Invalid session for the user.");
        }
        Ok(user)
    }
}

/// Before the name of an attribute in an answer to a challenge.
const ATTRIBUTE: &str = "userAttributes.";

/// The user pool, if the app client is still there and the user could still sign in: a sign-in is under way for a while.
fn still_there<'p>(pool: Option<&'p mut Pool>, client: &AppClient, user: &User) -> Result<&'p mut Pool, Exception> {
    let pool = still_of(client, pool)?;
    let is_same = pool.subject(&user.sub).is_some_and(|own| own.can_still_sign_in_as(user));
    if is_same { Ok(pool) } else { Err(Exception::not_authorized("Incorrect username or password.")) }
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

/// A text that nobody can guess and that means nothing by itself.
fn opaque() -> Result<String, Exception> {
    Ok(URL_SAFE_NO_PAD.encode(random::<64>()?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::local_user_pool::{
        directory::{AppClientConfig, PoolSettings},
        keys::Keys,
    };

    /// While a sign-in is under way, anything may happen to the user.
    #[test]
    fn a_sign_in_is_refused_if_the_user_has_changed_meanwhile() {
        let settings = AppClientConfig::public("page");
        let client = AppClient { settings, others: serde_json::Map::new(), created_at: 0, last_modified: 0 };
        let mut pool = Pool::new("eu-west-1_a".to_owned(), PoolSettings::default(), Keys::generate().unwrap(), 0);
        pool.app_clients.insert("page".to_owned(), client.clone());
        let mut user = pool.new_user("jane", "1".to_owned(), 0);
        user.password = Some(HashedPassword::new("Passw0rd-1").unwrap());
        user.status = UserStatus::Confirmed;
        pool.insert_user(user.clone());
        let holds = |pool: &Pool| still_there(Some(&mut pool.clone()), &client, &user).is_ok();
        assert!(holds(&pool));

        let changes: [fn(&mut Pool); 6] = [
            |pool| drop(pool.remove_app_client("page")),
            |pool| drop(pool.remove_user("jane")),
            |pool| pool.sign_out("1"),
            |pool| pool.subject_mut("1").unwrap().enabled = false,
            |pool| pool.subject_mut("1").unwrap().status = UserStatus::ForceChangePassword,
            |pool| pool.subject_mut("1").unwrap().password = Some(HashedPassword::new("Passw0rd-1").unwrap()),
        ];
        for (number, change) in changes.into_iter().enumerate() {
            let mut changed = pool.clone();
            change(&mut changed);
            assert!(!holds(&changed), "{number}");
        }
        assert!(still_there(None, &client, &user).is_err());
    }
}
