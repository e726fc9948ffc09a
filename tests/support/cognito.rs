//! The JSON protocol of the Cognito API, as a client that knows nothing of the crate.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use reqwest::{Client, Response};
use serde_json::{Value, json};

/// Conforms to the policy that a user pool has unless something is said.
pub const PASSWORD: &str = "Passw0rd-1";

pub async fn send(endpoint: &str, operation: &str, body: String) -> Response {
    let request = Client::new().post(endpoint).header("content-type", "application/x-amz-json-1.1");
    let request = request.header("x-amz-target", format!("AWSCognitoIdentityProviderService.{operation}"));
    request.body(body).send().await.unwrap()
}

/// What an operation answers when all is well.
pub async fn call(endpoint: &str, operation: &str, body: Value) -> Value {
    let response = send(endpoint, operation, body.to_string()).await;
    let status = response.status();
    assert_eq!(response.headers()["content-type"], "application/x-amz-json-1.1");
    let text = response.text().await.unwrap();
    assert_eq!(status, 200, "{operation} {body}: {text}");
    serde_json::from_str(&text).unwrap()
}

/// The exception that it answers with, as all of 7.4.6 has it.
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

/// The claims of a token, unverified.
pub fn claims(token: &Value) -> Value {
    let payload = token.as_str().unwrap().split('.').nth(1).unwrap();
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(payload).unwrap()).unwrap()
}

/// The names of an object's members.
pub fn names(object: &Value) -> String {
    object.as_object().unwrap().keys().cloned().collect::<Vec<_>>().join(" ")
}
