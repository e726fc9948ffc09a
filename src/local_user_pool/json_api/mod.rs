//! The JSON protocol of the Cognito API ([behaviour §7.4](crate::docs::behaviour)): `X-Amz-Target` names the operation,
//! the request is a JSON object, and the response is a JSON object or an exception.
//!
//! Signatures (SigV4) are accepted but not verified: any client that reaches the address may call every operation.

mod app_clients;

mod challenge;

mod exception;

mod groups;

mod lookup;

mod parameters;

mod refresh;

mod resource_servers;

mod sign_in;

mod sign_up;

mod tokens;

mod user_pools;

mod users;

use std::sync::Arc;

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Request, Response, StatusCode, header::AUTHORIZATION, header::CONTENT_TYPE};
use serde_json::{Map, Value, json};

use self::{
    exception::Exception,
    parameters::{Page, Parameters},
};
use super::{
    directory::{Directory, Pool},
    endpoints::Endpoints,
    response::request_id,
    store::Store,
    text::USER_POOL_ID,
};
use crate::time::UnixTime;

/// The API at a given time.
pub(super) struct Api<'a> {
    pub(super) endpoints: &'a Endpoints,
    pub(super) now: UnixTime,
}

/// The result of an operation.
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
            "GetTokensFromRefreshToken" => self.get_tokens_from_refresh_token(parameters),
            "RevokeToken" => self.revoke_token(parameters),
            "GlobalSignOut" => self.global_sign_out(parameters),
            "GetUser" => self.get_user(parameters),
            "AdminCreateUser" => self.admin_create_user(parameters),
            "AdminDisableUser" => self.admin_enable_user(parameters, false),
            "AdminEnableUser" => self.admin_enable_user(parameters, true),
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
            "UpdateUserPool" => self.update_user_pool(parameters),
            "DeleteUserPool" => self.delete_user_pool(parameters),
            "ListUserPools" => self.list_user_pools(parameters),
            "CreateUserPoolDomain" => self.create_user_pool_domain(parameters),
            "DescribeUserPoolDomain" => self.describe_user_pool_domain(parameters),
            "DeleteUserPoolDomain" => self.delete_user_pool_domain(parameters),
            "CreateUserPoolClient" => self.create_user_pool_client(parameters),
            "DescribeUserPoolClient" => self.describe_user_pool_client(parameters),
            "UpdateUserPoolClient" => self.update_user_pool_client(parameters),
            "DeleteUserPoolClient" => self.delete_user_pool_client(parameters),
            "ListUserPoolClients" => self.list_user_pool_clients(parameters),
            "CreateResourceServer" => self.create_resource_server(parameters),
            "DescribeResourceServer" => self.describe_resource_server(parameters),
            "DeleteResourceServer" => self.delete_resource_server(parameters),
            "ListResourceServers" => self.list_resource_servers(parameters),
            _ => Err(Exception::new("UnknownOperationException", "The local user pool lacks this operation.")),
        }
    }

    fn secs(&self) -> u64 {
        self.now.as_secs()
    }

    fn store(&self) -> &Store {
        &self.endpoints.store
    }

    fn read(&self) -> Arc<Directory> {
        self.endpoints.store.read()
    }

    /// Changes the user pool that `UserPoolId` names.
    fn change_pool<T>(
        &self,
        parameters: &Parameters,
        change: impl FnOnce(&mut Pool) -> Result<T, Exception>,
    ) -> Result<T, Exception> {
        let id = parameters.text("UserPoolId", &USER_POOL_ID)?;
        self.store().change(|directory| change(directory.pool_mut(id).ok_or_else(|| Exception::no_user_pool(id))?))
    }
}

/// Returns the exception for a setting that is unknown or has the wrong type. The value is not shown.
fn bad_setting(error: &serde_json::Error) -> Exception {
    let message = error.to_string();
    let unknown = message.strip_prefix("unknown field `").and_then(|rest| rest.split('`').next());
    match unknown {
        Some(name) => Exception::invalid_parameter(format!("{name} is not supported by the local user pool.")),
        None => Exception::new("SerializationException", "A setting has the wrong type."),
    }
}

/// Checks that there is room for one more item.
fn check_room(len: usize, most: usize) -> Result<(), Exception> {
    if len < most {
        return Ok(());
    }
    Err(Exception::new("LimitExceededException", format!("The local user pool supports at most {most} of these.")))
}

/// Removes the members that are null from an object.
fn object(value: Value) -> Value {
    match value {
        Value::Object(members) => {
            Value::Object(members.into_iter().filter(|(_, value)| !value.is_null()).collect::<Map<_, _>>())
        }
        other => other,
    }
}

/// Returns a date as Cognito writes it: seconds with a fraction, which is 0 since the clock counts seconds.
fn date(seconds: u64) -> Value {
    format!("{seconds}.0").parse::<f64>().map_or(Value::Null, Value::from)
}

/// Returns one page of a list as a response.
fn listed(name: &str, (items, next): Page) -> Value {
    object(json!({ name: items, "NextToken": next }))
}

fn answer(status: StatusCode, body: &Value) -> Response<Bytes> {
    let mut response = Response::new(Bytes::from(body.to_string()));
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/x-amz-json-1.1"));
    if let Some(request_id) = request_id() {
        response.headers_mut().insert("x-amzn-requestid", request_id);
    }
    response
}

/// Returns the region that a request is signed for: `Credential=<key>/<date>/<region>/cognito-idp/aws4_request`.
fn region(headers: &HeaderMap) -> Option<String> {
    let authorization = headers.get(AUTHORIZATION)?.to_str().ok()?;
    let scope = authorization.split_once("Credential=")?.1;
    scope.split('/').nth(2).map(str::to_owned)
}
