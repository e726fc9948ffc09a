//! The JSON protocol of the Cognito API ([behaviour §7.4](crate::docs::behaviour)): an operation named in
//! `X-Amz-Target`, a JSON object in, a JSON object or an exception out.
//!
//! Signatures (SigV4) are accepted and not looked at: whoever reaches the address may do everything.

mod app_clients;

mod exception;

mod groups;

mod parameters;

mod resource_servers;

mod sign_in;

mod sign_up;

mod tokens;

mod user_pools;

mod users;

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Request, Response, StatusCode, header::AUTHORIZATION, header::CONTENT_TYPE};
use serde_json::{Map, Value, json};

use self::{
    exception::Exception,
    parameters::{NAME, Parameters, USER_POOL_ID},
};
use super::{
    cryptography::{secret_hash, secrets_equal},
    directory::{AppClient, Directory, Pool, User},
    store::Store,
    token::uuid,
};
use crate::time::UnixTime;

/// The API at a moment.
#[derive(Debug)]
pub(super) struct Api<'a> {
    pub(super) store: &'a Store,
    pub(super) base_url: &'a str,
    pub(super) confirmation_code: &'a str,
    pub(super) now: UnixTime,
}

/// What an operation answers.
type Answer = Result<Value, Exception>;

impl Api<'_> {
    pub(super) fn respond(&self, request: &Request<Bytes>) -> Response<Bytes> {
        match self.operate(request) {
            Ok(body) => answer(StatusCode::OK, &body),
            Err(exception) => exception.respond(),
        }
    }

    fn operate(&self, request: &Request<Bytes>) -> Answer {
        let target = request.headers().get("x-amz-target").and_then(|target| target.to_str().ok()).unwrap_or_default();
        let operation = target.strip_prefix("AWSCognitoIdentityProviderService.");
        let parameters = &Parameters::parse(request.body())?;
        match operation.unwrap_or_default() {
            "SignUp" => self.sign_up(parameters),
            "ConfirmSignUp" => self.confirm_sign_up(parameters),
            "AdminConfirmSignUp" => self.admin_confirm_sign_up(parameters),
            "InitiateAuth" => self.initiate_auth(parameters),
            "AdminInitiateAuth" => self.admin_initiate_auth(parameters),
            "RespondToAuthChallenge" => self.respond_to_auth_challenge(parameters),
            "AdminRespondToAuthChallenge" => self.admin_respond_to_auth_challenge(parameters),
            "RevokeToken" => self.revoke_token(parameters),
            "GlobalSignOut" => self.global_sign_out(parameters),
            "GetUser" => self.get_user(parameters),
            "AdminCreateUser" => self.admin_create_user(parameters),
            "AdminDeleteUser" => self.admin_delete_user(parameters),
            "AdminGetUser" => self.admin_get_user(parameters),
            "AdminSetUserPassword" => self.admin_set_user_password(parameters),
            "AdminUserGlobalSignOut" => self.admin_user_global_sign_out(parameters),
            "ListUsers" => self.list_users(parameters),
            "CreateGroup" => self.create_group(parameters),
            "GetGroup" => self.get_group(parameters),
            "DeleteGroup" => self.delete_group(parameters),
            "ListGroups" => self.list_groups(parameters),
            "AdminAddUserToGroup" => self.admin_add_user_to_group(parameters),
            "AdminRemoveUserFromGroup" => self.admin_remove_user_from_group(parameters),
            "AdminListGroupsForUser" => self.admin_list_groups_for_user(parameters),
            "ListUsersInGroup" => self.list_users_in_group(parameters),
            "CreateUserPool" => self.create_user_pool(parameters, region(request.headers())),
            "DescribeUserPool" => self.describe_user_pool(parameters),
            "DeleteUserPool" => self.delete_user_pool(parameters),
            "ListUserPools" => self.list_user_pools(parameters),
            "CreateUserPoolDomain" => self.create_user_pool_domain(parameters),
            "DescribeUserPoolDomain" => self.describe_user_pool_domain(parameters),
            "DeleteUserPoolDomain" => self.delete_user_pool_domain(parameters),
            "CreateUserPoolClient" => self.create_user_pool_client(parameters),
            "DescribeUserPoolClient" => self.describe_user_pool_client(parameters),
            "DeleteUserPoolClient" => self.delete_user_pool_client(parameters),
            "ListUserPoolClients" => self.list_user_pool_clients(parameters),
            "CreateResourceServer" => self.create_resource_server(parameters),
            "DescribeResourceServer" => self.describe_resource_server(parameters),
            "DeleteResourceServer" => self.delete_resource_server(parameters),
            "ListResourceServers" => self.list_resource_servers(parameters),
            _ => Err(Exception::new("UnknownOperationException", "The local user pool has no such operation.")),
        }
    }

    fn secs(&self) -> u64 {
        self.now.as_secs()
    }

    /// Changes the user pool that `UserPoolId` names.
    fn change_pool<T>(
        &self,
        parameters: &Parameters,
        change: impl FnOnce(&mut Pool) -> Result<T, Exception>,
    ) -> Result<T, Exception> {
        let id = parameters.text("UserPoolId", &USER_POOL_ID)?;
        self.store.change(|directory| change(directory.pool_mut(id).ok_or_else(|| Exception::no_user_pool(id))?))
    }
}

/// The user pool that `UserPoolId` names.
fn pool<'d>(directory: &'d Directory, parameters: &Parameters) -> Result<&'d Pool, Exception> {
    let id = parameters.text("UserPoolId", &USER_POOL_ID)?;
    directory.pool(id).ok_or_else(|| Exception::no_user_pool(id))
}

/// The user whom `Username` names.
fn user<'p>(pool: &'p Pool, parameters: &Parameters) -> Result<&'p User, Exception> {
    pool.user(parameters.text("Username", &NAME)?).ok_or_else(Exception::no_user)
}

fn user_mut<'p>(pool: &'p mut Pool, parameters: &Parameters) -> Result<&'p mut User, Exception> {
    pool.user_mut(parameters.text("Username", &NAME)?).ok_or_else(Exception::no_user)
}

/// Whether whoever asks in an app client's name knows its secret.
fn check_secret_hash(client: &AppClient, username: &str, sent: Option<&str>) -> Result<(), Exception> {
    let client_id = &client.settings.client_id;
    match (&client.settings.client_secret, sent) {
        (None, None) => Ok(()),
        (Some(secret), Some(sent)) if secrets_equal(&secret_hash(&secret.0, username, client_id), sent) => Ok(()),
        (Some(_), Some(_)) => {
            Err(Exception::not_authorized(format!("Unable to verify secret hash for client {client_id}")))
        }
        (Some(_), None) => {
            let message = format!("Client {client_id} is configured with secret but SECRET_HASH was not received");
            Err(Exception::not_authorized(message))
        }
        (None, Some(_)) => {
            let message = format!("Client {client_id} is not configured for secret but secret hash was received");
            Err(Exception::not_authorized(message))
        }
    }
}

/// An object without the members that are null.
fn object(value: Value) -> Value {
    match value {
        Value::Object(members) => {
            Value::Object(members.into_iter().filter(|(_, value)| !value.is_null()).collect::<Map<_, _>>())
        }
        other => other,
    }
}

/// One page of a list, as an answer.
fn listed(name: &str, (items, next): (Vec<Value>, Option<String>)) -> Value {
    object(json!({ name: items, "NextToken": next }))
}

fn answer(status: StatusCode, body: &Value) -> Response<Bytes> {
    let mut response = Response::new(Bytes::from(body.to_string()));
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/x-amz-json-1.1"));
    if let Ok(request_id) = HeaderValue::from_str(&uuid()) {
        response.headers_mut().insert("x-amzn-requestid", request_id);
    }
    response
}

/// The region for which a request is signed: `Credential=<key>/<date>/<region>/cognito-idp/aws4_request`.
fn region(headers: &HeaderMap) -> Option<String> {
    let authorization = headers.get(AUTHORIZATION)?.to_str().ok()?;
    let scope = authorization.split_once("Credential=")?.1;
    scope.split('/').nth(2).map(str::to_owned)
}
