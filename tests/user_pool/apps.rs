//! The walk-throughs once more, from the files of an app alone: its user pools are local user pools, and its API guards a
//! service. No value is given by hand.
use std::path::PathBuf;

use cognito_authorizer::{
    api_definition::{AppUserPools, DefinedAppClient},
    configuration::{Configuration, ConfigurationReader},
    local_user_pool::LocalUserPool,
};
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{
    app,
    cognito::{PASSWORD, call, client, sign_in},
};

/// A local user pool for an app, and a service that the app's API guards.
struct Deployment {
    pool: LocalUserPool,
    user_pools: AppUserPools,
    service: String,
}

impl Deployment {
    async fn of(path: PathBuf, stack: Option<&str>) -> Self {
        let reader = cognito_authorizer::api_definition::ApiDefinition::reader();
        let user_pools = reader.user_pools(&path).unwrap();
        assert!(user_pools.notes().is_empty(), "{:?}", user_pools.notes());
        let address = "127.0.0.1:0".parse().unwrap();
        let pool = LocalUserPool::start(user_pools.config().unwrap(), address).await.unwrap();
        let reader = stack.into_iter().fold(Configuration::reader(), ConfigurationReader::stack);

        // Without the local user pool, no layer is built from the derived ids.
        let unknown = reader.read_file(&path).unwrap();
        let error = unknown.authorizers().unwrap_err().to_string();
        assert!(error.contains("`--outputs`, `--resources`") && error.contains("the id of the user pool"), "{error}");
        assert!(unknown.to_json().is_err());

        let reader = pool.user_pools().into_iter().fold(reader, ConfigurationReader::user_pool);
        let configuration = reader.read_file(&path).unwrap();
        assert!(configuration.assumed().is_empty());
        let layer = configuration.layer(&configuration.authorizers().unwrap()).unwrap();
        let service = axum::Router::new().fallback(|| async { "ok" }).layer(layer);
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(async move { axum::serve(listener, service).await.unwrap() });
        Self { pool, user_pools, service: format!("http://{address}") }
    }

    /// Returns the only app client of the user pool in this stack.
    fn client(&self, stack: &str) -> &DefinedAppClient {
        let own = self.user_pools.user_pools().iter().find(|own| own.stack().starts_with(stack)).unwrap();
        let [client] = own.app_clients() else { panic!("one app client: {:?}", own.app_clients()) };
        client
    }

    /// `curl -s -u CLIENT:SECRET -d 'grant_type=client_credentials…' …/oauth2/token`
    async fn token(&self, app_client: &DefinedAppClient, scope: &str) -> String {
        let form = format!("grant_type=client_credentials{}", scope.replace(':', "%3A").replace('/', "%2F"));
        let request = client().post(format!("{}/oauth2/token", self.pool.domain()));
        let request = request.basic_auth(app_client.client_id(), app_client.secret());
        let request = request.header("content-type", "application/x-www-form-urlencoded").body(form);
        let response = request.send().await.unwrap();
        assert_eq!(response.status(), 200);
        let answer: Value = serde_json::from_str(&response.text().await.unwrap()).unwrap();
        answer["access_token"].as_str().unwrap().to_owned()
    }

    /// `curl -X METHOD …PATH -H "Authorization: TOKEN"`
    async fn status(&self, method: Method, path: &str, token: &str) -> u16 {
        let request = client().request(method, format!("{}{path}", self.service)).header("authorization", token);
        request.send().await.unwrap().status().as_u16()
    }
}

#[tokio::test]
async fn walk_through_0_from_a_cloud_assembly() {
    let app = Deployment::of(app("m2m"), None).await;
    let token = app.token(app.client("OAuthCognitoStack"), "").await;
    for (method, path, status) in [
        (Method::GET, "/book", 200),
        (Method::POST, "/book", 200),
        (Method::GET, "/user", 401),
        (Method::POST, "/user", 401),
        (Method::DELETE, "/book", 403),
    ] {
        assert_eq!(app.status(method.clone(), path, &token).await, status, "{method} {path}");
    }
    assert_eq!(app.status(Method::GET, "/book", "").await, 401);
}

#[tokio::test]
async fn walk_through_1_from_a_nested_stack() {
    let app = Deployment::of(app("client_credentials"), None).await;
    let token = app.token(app.client("CdkCognitoApigatewayStack"), "&scope=users/read").await;
    assert_eq!(app.status(Method::POST, "/", &token).await, 200);
    assert_eq!(app.status(Method::POST, "/", "").await, 401);
}

#[tokio::test]
async fn walk_through_2_from_one_of_two_stages() {
    let app = Deployment::of(app("custom_scopes"), Some("Prod")).await;
    let scope = "&scope=integration-OauthResourceServer/read";
    let token = app.token(app.client("Prod"), scope).await;
    assert_eq!(app.status(Method::GET, "/user", &token).await, 200);
    let of_other_stage = app.token(app.client("Test"), scope).await;
    assert_eq!(app.status(Method::GET, "/user", &of_other_stage).await, 401);
}

#[tokio::test]
async fn walk_through_3_from_a_template_that_includes_its_definition() {
    let app = Deployment::of(app("petstore/template.yaml"), None).await;
    let all = app.token(app.client(""), "").await;
    let reader = app.token(app.client(""), "&scope=https://petstore.example/v1/read").await;
    assert_eq!(app.status(Method::GET, "/", "").await, 200);
    assert_eq!(app.status(Method::GET, "/pets/7", &reader).await, 200);
    assert_eq!(app.status(Method::POST, "/pets", &reader).await, 401);
    assert_eq!(app.status(Method::POST, "/pets", &all).await, 200);
}

#[tokio::test]
async fn walk_through_4_from_stacks_in_two_regions() {
    let app = Deployment::of(app("user_pool_authorizer"), None).await;
    let (endpoint, user) = (app.pool.endpoint_url(), "jane@example.com");
    let (client_id, pool_id) = (app.client("CognitoStack").client_id(), app.user_pools.user_pools()[0].id());
    call(&endpoint, "SignUp", json!({"ClientId": client_id, "Username": user, "Password": PASSWORD})).await;
    let pool = call(&endpoint, "DescribeUserPool", json!({"UserPoolId": pool_id})).await;
    assert_eq!(pool["UserPool"]["UsernameAttributes"], json!(["email"]));
    call(&endpoint, "AdminConfirmSignUp", json!({"UserPoolId": pool_id, "Username": user})).await;
    let tokens =
        call(&endpoint, "InitiateAuth", sign_in(client_id, user, PASSWORD)).await["AuthenticationResult"].clone();
    assert_eq!(app.status(Method::GET, "/hello", "").await, 401);
    assert_eq!(app.status(Method::GET, "/hello", tokens["IdToken"].as_str().unwrap()).await, 200);
    assert_eq!(app.status(Method::GET, "/hello", tokens["AccessToken"].as_str().unwrap()).await, 200);
}
