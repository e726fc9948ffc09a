//! The user pools of an app, as a local user pool serves them.

use super::ApiDefinitionError;
use crate::{document::Problem, local_user_pool::LocalUserPoolConfig, user_pool::UserPoolId};

/// The user pools of an app, for a local user pool.
///
/// ```no_run
/// use cognito_authorizer::{api_definition::ApiDefinition, local_user_pool::LocalUserPool};
///
/// # async fn run() -> Result<(), Box<dyn std::error::Error>> {
/// let app = ApiDefinition::reader();
/// let pool = LocalUserPool::start(app.user_pools("cdk.out")?.config()?, "127.0.0.1:9229".parse()?).await?;
/// let reader = pool.user_pools().into_iter().fold(app, |reader, pool| reader.user_pool(pool));
/// let authorizer = reader.read_file("cdk.out")?.authorizer()?.build()?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct AppUserPools {
    pub(super) user_pools: Vec<AppUserPool>,
    pub(super) notes: Vec<Problem>,
}

impl AppUserPools {
    /// Returns the user pools, in the order of the stacks and of their templates.
    pub fn user_pools(&self) -> &[AppUserPool] {
        &self.user_pools
    }

    /// Returns notes on settings that a local user pool lacks.
    pub fn notes(&self) -> &[Problem] {
        &self.notes
    }

    /// Returns the configuration of one server for all user pools.
    ///
    /// # Errors
    ///
    /// [`ApiDefinitionError::NoUserPool`] if the app has no user pool.
    pub fn config(&self) -> Result<LocalUserPoolConfig, ApiDefinitionError> {
        let mut configs = self.user_pools.iter().map(|own| own.config.clone());
        let first = configs.next().ok_or(ApiDefinitionError::NoUserPool)?;
        Ok(configs.fold(first, LocalUserPoolConfig::further_user_pool))
    }
}

/// A user pool of an app.
#[derive(Clone, Debug)]
pub struct AppUserPool {
    pub(super) id: UserPoolId,
    pub(super) stack: String,
    pub(super) logical_id: String,
    pub(super) app_clients: Vec<DefinedAppClient>,
    pub(super) users: Vec<(String, String)>,
    pub(super) config: LocalUserPoolConfig,
}

impl AppUserPool {
    /// Returns the id as text. It is derived unless the deployment is known.
    pub fn id(&self) -> &str {
        self.id.as_str()
    }

    /// Returns the stack; empty for a single template.
    pub fn stack(&self) -> &str {
        &self.stack
    }

    /// Returns the logical id.
    pub fn logical_id(&self) -> &str {
        &self.logical_id
    }

    /// Returns the app clients.
    pub fn app_clients(&self) -> &[DefinedAppClient] {
        &self.app_clients
    }

    /// Returns the names and passwords of the users. The passwords are derived: a template has none.
    pub fn users(&self) -> impl Iterator<Item = (&str, &str)> {
        self.users.iter().map(|(name, password)| (&**name, &**password))
    }
}

/// An app client of an app.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DefinedAppClient {
    pub(super) client_id: String,
    pub(super) logical_id: String,
    pub(super) secret: Option<String>,
    pub(super) scopes: Vec<String>,
}

impl DefinedAppClient {
    /// Returns the client id, which is derived unless the deployment is known.
    pub fn client_id(&self) -> &str {
        &self.client_id
    }

    /// Returns the logical id.
    pub fn logical_id(&self) -> &str {
        &self.logical_id
    }

    /// Returns the derived secret of an app client with `GenerateSecret`. It is for development only: it can be derived from the template.
    pub fn secret(&self) -> Option<&str> {
        self.secret.as_deref()
    }

    /// Returns the scopes that the app client may request.
    pub fn scopes(&self) -> &[String] {
        &self.scopes
    }
}
