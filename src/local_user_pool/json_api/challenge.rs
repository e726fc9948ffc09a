//! The challenge to choose a new password, and the response to it.

use std::collections::BTreeMap;

use serde_json::json;

use super::{
    Answer, Api,
    exception::Exception,
    lookup::{app_client, app_client_of_pool, check_password, check_secret_hash, still_there},
    parameters::Parameters,
};
use crate::local_user_pool::{
    cryptography::opaque,
    directory::{AppClient, Challenge, Pool, User, UserStatus, is_kept},
    password::HashedPassword,
    text::{NAME, PASSWORD, SECRET_HASH, TOKEN},
};

impl Api<'_> {
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

    /// Asks for a new password and for missing required attributes.
    pub(super) fn challenge(&self, pool: &Pool, client: &AppClient, user: &User) -> Answer {
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
            return Err(Exception::invalid_parameter("The local user pool supports only NEW_PASSWORD_REQUIRED."));
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
            // Checks again with the current user: another request may have changed it.
            let user = changed(pool, self.challenged(pool, client, session, name)?)?;
            pool.use_challenge(session);
            pool.forget_challenges(&user.sub);
            pool.insert_user(user);
            Ok(())
        })
    }

    /// Returns the user with these attributes added, if the app client may set them and the user pool accepts them.
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

    /// Returns the user of a challenge that can still be answered.
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
        // The password may have been set in the meantime; then the challenge is void.
        if user.status != UserStatus::ForceChangePassword {
            return invalid("Invalid session for the user.");
        }
        Ok(user)
    }
}

/// The prefix of attribute names in a response to a challenge.
const ATTRIBUTE: &str = "userAttributes.";
