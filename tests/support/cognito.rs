//! A client of the Cognito API's JSON protocol that shares no code with the crate.

use std::sync::{Arc, OnceLock};

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use cognito_authorizer::{
    clock::{ManualClock, UnixTime},
    local_user_pool::{LocalUserPool, LocalUserPoolConfig},
};
use reqwest::{Client, Response};
use serde_json::{Value, json};

use super::tokens::NOW;

/// A password that satisfies a user pool's default policy.
pub const PASSWORD: &str = "Passw0rd-1";

/// Returns one client for all tests, because building one is slow. It keeps no connections, because each test has its own
/// runtime.
pub fn client() -> &'static Client {
    static CLIENT: OnceLock<Client> = OnceLock::new();
    CLIENT.get_or_init(|| Client::builder().pool_max_idle_per_host(0).build().unwrap())
}

pub async fn send(endpoint: &str, operation: &str, body: String) -> Response {
    let request = client().post(endpoint).header("content-type", "application/x-amz-json-1.1");
    let request = request.header("x-amz-target", format!("AWSCognitoIdentityProviderService.{operation}"));
    request.body(body).send().await.unwrap()
}

/// Calls an operation that must succeed, and returns its response.
pub async fn call(endpoint: &str, operation: &str, body: Value) -> Value {
    let response = send(endpoint, operation, body.to_string()).await;
    let status = response.status();
    assert_eq!(response.headers()["content-type"], "application/x-amz-json-1.1");
    let text = response.text().await.unwrap();
    assert_eq!(status, 200, "{operation} {body}: {text}");
    serde_json::from_str(&text).unwrap()
}

/// Calls an operation that must fail, and returns the exception and message. The checks are those that hold for all of 7.4.6.
pub async fn refusal(endpoint: &str, operation: &str, body: Value) -> (String, String) {
    let response = send(endpoint, operation, body.to_string()).await;
    assert_eq!(response.status(), 400, "{operation} {body}");
    let headers = response.headers().clone();
    assert_eq!(headers["content-type"], "application/x-amz-json-1.1");
    assert!(headers.contains_key("x-amzn-requestid"));
    let answer: Value = serde_json::from_str(&response.text().await.unwrap()).unwrap();
    let (name, message) = (answer["__type"].as_str().unwrap(), answer["message"].as_str().unwrap());
    assert_eq!(answer.as_object().unwrap().len(), 2);
    assert_eq!(headers["x-amzn-errortype"], format!("{name}:"), "7.4.6: with a colon");
    assert_eq!(headers["x-amzn-errormessage"], message);
    (name.to_owned(), message.to_owned())
}

pub fn sign_in(client: &str, username: &str, password: &str) -> Value {
    let parameters = json!({"USERNAME": username, "PASSWORD": password});
    json!({"ClientId": client, "AuthFlow": "USER_PASSWORD_AUTH", "AuthParameters": parameters})
}

pub fn refresh(client: &str, token: &Value) -> Value {
    json!({"ClientId": client, "AuthFlow": "REFRESH_TOKEN_AUTH", "AuthParameters": {"REFRESH_TOKEN": token}})
}

/// Computes the secret hash of 7.4.10 with aws-lc-rs.
pub fn secret_hash(secret: &str, username: &str, client: &str) -> String {
    let key = aws_lc_rs::hmac::Key::new(aws_lc_rs::hmac::HMAC_SHA256, secret.as_bytes());
    let tag = aws_lc_rs::hmac::sign(&key, format!("{username}{client}").as_bytes());
    base64::engine::general_purpose::STANDARD.encode(tag)
}

/// Decodes the claims of a token without verifying it.
pub fn claims(token: &Value) -> Value {
    let payload = token.as_str().unwrap().split('.').nth(1).unwrap();
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(payload).unwrap()).unwrap()
}

/// Lists the member names of an object.
pub fn names(object: &Value) -> String {
    object.as_object().unwrap().keys().cloned().collect::<Vec<_>>().join(" ")
}

/// An empty local user pool, a clock, and a client of the pool's API.
pub struct Desk {
    pub pool: LocalUserPool,
    pub endpoint: String,
    pub clock: Arc<ManualClock>,
}

impl Desk {
    pub async fn open() -> Self {
        let clock = Arc::new(ManualClock::new(UnixTime::from_secs(NOW)));
        let config = LocalUserPoolConfig::new("eu-west-1_Desk");
        let pool = LocalUserPool::start_with_clock(config, "127.0.0.1:0".parse().unwrap(), Arc::clone(&clock));
        let pool = pool.await.unwrap();
        Self { endpoint: pool.endpoint_url(), pool, clock }
    }

    pub async fn call(&self, operation: &str, body: Value) -> Value {
        call(&self.endpoint, operation, body).await
    }

    pub async fn refusal(&self, operation: &str, body: Value) -> (String, String) {
        let (name, message) = refusal(&self.endpoint, operation, body).await;
        (name.trim_end_matches("Exception").to_owned(), message)
    }

    /// Creates a user pool with these settings, and an app client that signs users in.
    pub async fn user_pool(&self, settings: Value) -> (String, String) {
        let mut body = json!({"PoolName": "desk"});
        body.as_object_mut().unwrap().extend(settings.as_object().unwrap().clone());
        let id = self.call("CreateUserPool", body).await["UserPool"]["Id"].as_str().unwrap().to_owned();
        let client = self.client(&id, json!({})).await["ClientId"].as_str().unwrap().to_owned();
        (id, client)
    }

    pub async fn client(&self, pool: &str, settings: Value) -> Value {
        let flows = ["ALLOW_USER_PASSWORD_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"];
        let mut body = json!({"UserPoolId": pool, "ClientName": "page", "ExplicitAuthFlows": flows});
        body.as_object_mut().unwrap().extend(settings.as_object().unwrap().clone());
        self.call("CreateUserPoolClient", body).await["UserPoolClient"].clone()
    }

    /// Creates a user with [`PASSWORD`], who can sign in at once.
    pub async fn user(&self, pool: &str, username: &str, attributes: Value) -> Value {
        let body = json!({"UserPoolId": pool, "Username": username, "UserAttributes": attributes});
        let user = self.call("AdminCreateUser", body).await["User"].clone();
        let body = json!({"UserPoolId": pool, "Username": username, "Password": PASSWORD, "Permanent": true});
        self.call("AdminSetUserPassword", body).await;
        user
    }

    pub async fn tokens(&self, client: &str, username: &str) -> Value {
        self.call("InitiateAuth", sign_in(client, username, PASSWORD)).await["AuthenticationResult"].clone()
    }

    pub async fn token_endpoint(&self, host: &str, id: &str, secret: &str, form: &str) -> (u16, Value) {
        let request = client().post(format!("{}/oauth2/token", self.endpoint)).basic_auth(id, Some(secret));
        let request = request.header("host", host).header("content-type", "application/x-www-form-urlencoded");
        let response = request.body(form.to_owned()).send().await.unwrap();
        let status = response.status().as_u16();
        (status, serde_json::from_str(&response.text().await.unwrap()).unwrap_or(Value::Null))
    }
}

/// An expected exception: its name without the suffix, and its message.
pub fn said(name: &str, message: &str) -> (String, String) {
    (name.to_owned(), message.to_owned())
}
