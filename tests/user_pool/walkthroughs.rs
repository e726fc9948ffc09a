//! Follows the AWS walk-throughs over real sockets, as a person would with `curl`.
//!
//! Walk-through 0 is "machine to machine authorization using AWS CDK", walk-through 1 "Cognito user
//! pool client credentials flow", walk-through 2 `cognito-m2m-oauth-apigw-cdk`, walk-through 3 the PetStore API,
//! walk-through 4 "Amazon API Gateway with Amazon Cognito User Pools as Authorizer": REF-0 to REF-4 of
//! `src/docs/behaviour.md`. `tests/oracles/aws_clients.rs` follows walk-through 4 with the AWS CLI itself.
use std::{fs, path::PathBuf};

use cognito_authorizer::{
    Authorizer, AuthorizerType, RouteTable,
    local_user_pool::{AppClientConfig, LocalUserPool, LocalUserPoolConfig},
};
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{
    cognito::{PASSWORD, call, sign_in},
    examples::Example,
};

/// The bookstore example, and the variables that it exports.
struct Bookstore {
    client_id: String,
    client_secret: String,
    domain_name: String,
    api_endpoint: String,
    _example: Example,
}

impl Bookstore {
    fn open(configuration: &str) -> Self {
        let example = Example::bookstore(configuration);
        let exported = |name: &str| example.exported(name).to_owned();
        Self {
            client_id: exported("CLIENT_ID"),
            client_secret: exported("CLIENT_SECRET"),
            domain_name: exported("DOMAIN_NAME"),
            api_endpoint: exported("API_ENDPOINT"),
            _example: example,
        }
    }

    /// `curl -X POST --user $CLIENT_ID:$CLIENT_SECRET "$DOMAIN_NAME/oauth2/token?grant_type=client_credentials" …`
    async fn token(&self) -> Value {
        let url = format!("{}/oauth2/token?grant_type=client_credentials", self.domain_name);
        let response = crate::support::cognito::client()
            .post(url)
            .basic_auth(&self.client_id, Some(&self.client_secret))
            .header("content-type", "application/x-www-form-urlencoded")
            .send()
            .await
            .unwrap();
        assert_eq!(response.status(), 200);
        serde_json::from_str(&response.text().await.unwrap()).unwrap()
    }

    /// `curl -X GET "${API_ENDPOINT}book" -H "Authorization:${ACCESS_TOKEN}"`
    async fn call(&self, method: &str, path: &str, token: &str) -> (u16, String) {
        let method = Method::from_bytes(method.as_bytes()).unwrap();
        let request = crate::support::cognito::client().request(method, format!("{}{path}", self.api_endpoint));
        let response = request.header("authorization", token).send().await.unwrap();
        (response.status().as_u16(), response.text().await.unwrap())
    }
}

fn configuration() -> String {
    format!("{}/examples/bookstore.json", env!("CARGO_MANIFEST_DIR"))
}

fn success(method: &str, path: &str) -> (u16, String) {
    (200, format!(r#"{{"Result":"Success","Description":"your {method} for /{path} is completed"}}"#))
}

fn unauthorized() -> (u16, String) {
    (401, r#"{"message":"Unauthorized"}"#.to_owned())
}

#[tokio::test]
async fn walk_through_0_both_halves() {
    let bookstore = Bookstore::open(&configuration());
    let answer = bookstore.token().await;
    assert_eq!((&answer["expires_in"], &answer["token_type"]), (&Value::from(86_400), &Value::from("Bearer")));
    assert_eq!(answer.as_object().unwrap().len(), 3, "7.3.6: no scope, no other token");
    let token = answer["access_token"].as_str().unwrap();
    assert_eq!(bookstore.call("GET", "book", token).await, success("GET", "book"));
    assert_eq!(bookstore.call("POST", "book", token).await, success("POST", "book"));
    assert_eq!(bookstore.call("GET", "user", token).await, unauthorized());
    assert_eq!(bookstore.call("POST", "user", token).await, unauthorized());

    // Requests beyond the transcript.
    assert_eq!(bookstore.call("GET", "book", &format!("Bearer {token}")).await, success("GET", "book"));
    assert_eq!(bookstore.call("GET", "book", "").await, unauthorized());
    let missing = (403, r#"{"message":"Missing Authentication Token"}"#.to_owned());
    assert_eq!(bookstore.call("DELETE", "book", token).await, missing);
    assert_eq!(bookstore.call("GET", "shelf", token).await, missing);
    drop(bookstore);

    // "Change Allow options": user.get and user.post, false -> true, and deploy again.
    let json = fs::read_to_string(configuration()).unwrap();
    let flipped = json.replace(r#""Allow": false"#, r#""Allow": true"#);
    assert_eq!(json.matches("false").count(), 2);
    let bookstore = Bookstore::open(&written("bookstore-flipped.json", &flipped));
    let answer = bookstore.token().await;
    let token = answer["access_token"].as_str().unwrap();
    for path in ["book", "user"] {
        for method in ["GET", "POST"] {
            assert_eq!(bookstore.call(method, path, token).await, success(method, path));
        }
    }
}

#[tokio::test]
async fn walk_through_1_credentials_in_the_body_and_a_bare_token() {
    let stack = json!({"OAuthCognito": {
        "ResourceServerIdentifier": "users", "ClientId": "1example23456789", "ClientSecret": "9example87654321",
        "ResourceServerScopes": [
            {"Key": "Read", "Scope": "read", "Allow": true, "Route": "POST /prod"},
            {"Key": "Write", "Scope": "write", "Allow": true, "Route": "PUT /prod"},
        ],
    }});
    let bookstore = Bookstore::open(&written("bookstore-users.json", &stack.to_string()));

    // curl -X POST …/oauth2/token -H 'content-type: …' -d 'grant_type=…&client_id=…&client_secret=…&scope=users/read'
    let Bookstore { client_id, client_secret, domain_name, .. } = &bookstore;
    let form =
        format!("grant_type=client_credentials&client_id={client_id}&client_secret={client_secret}&scope=users/read");
    let request = crate::support::cognito::client().post(format!("{domain_name}/oauth2/token"));
    let response = request.header("content-type", "application/x-www-form-urlencoded").body(form).send().await.unwrap();
    let answer: Value = serde_json::from_str(&response.text().await.unwrap()).unwrap();
    let token = answer["access_token"].as_str().unwrap();

    // curl -X POST …/prod/ -H 'Authorization:{access_token}'
    assert_eq!(bookstore.call("POST", "prod/", token).await, success("POST", "prod/"));
    assert_eq!(bookstore.call("PUT", "prod/", token).await, unauthorized(), "the scope was not asked for");
    assert_eq!(bookstore.call("POST", "prod/", "").await, unauthorized());
}

/// Starts a service behind an authorizer for this local user pool, at its own address.
async fn serve(pool: &LocalUserPool, authorizer_type: AuthorizerType, client_id: &str, routes: RouteTable) -> String {
    let builder = Authorizer::builder().user_pool(pool.user_pool()).authorizer_type(authorizer_type);
    let authorizer = builder.app_clients([client_id]).build().unwrap();
    let app = axum::Router::new().fallback(|| async { "ok" }).layer(authorizer.layer().routes(routes).unwrap());
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, app).await.unwrap() });
    format!("http://{address}")
}

async fn get(url: String, token: &str) -> (u16, String, Option<String>) {
    let response = crate::support::cognito::client().get(url).header("authorization", token).send().await.unwrap();
    let challenge = response.headers().get("www-authenticate").map(|value| value.to_str().unwrap().to_owned());
    (response.status().as_u16(), response.text().await.unwrap(), challenge)
}

async fn token_of(request: reqwest::RequestBuilder) -> String {
    let response = request.header("content-type", "application/x-www-form-urlencoded").send().await.unwrap();
    assert_eq!(response.status(), 200);
    let answer: Value = serde_json::from_str(&response.text().await.unwrap()).unwrap();
    answer["access_token"].as_str().unwrap().to_owned()
}

/// `cognito-m2m-oauth-apigw-cdk`: an HTTP API with the scope `integration-OauthResourceServer/read`, and a REST API with this
/// scope.
#[tokio::test]
async fn walk_through_2_basic_credentials_and_a_custom_scope() {
    let client = AppClientConfig::new("integration", "not-a-secret")
        .allowed_scopes(["integration-OauthResourceServer/read", "integration-OauthResourceServer/write"]);
    let config = LocalUserPoolConfig::new("us-east-1_Integration")
        .resource_server("integration-OauthResourceServer", ["read", "write"])
        .app_client(client);
    let pool = LocalUserPool::start(config, "127.0.0.1:0".parse().unwrap()).await.unwrap();

    // curl --location …/oauth2/token --header 'Authorization: Basic …' --header 'Cookie: …' --data-urlencode …
    let ask = |scope: &str| {
        let request = crate::support::cognito::client().post(format!("{}/oauth2/token", pool.domain()));
        let request = request.basic_auth("integration", Some("not-a-secret"));
        let request = request.header("cookie", "XSRF-TOKEN=80b94546-34ea-4378-9cbb-fe5779e9b132; cognito-fl=\"W10=\"");
        token_of(request.body(format!("grant_type=client_credentials&scope={}", scope.replace('/', "%2F"))))
    };
    let reader = ask("integration-OauthResourceServer/read").await;
    let writer = ask("integration-OauthResourceServer/write").await;

    for authorizer_type in [AuthorizerType::Jwt, AuthorizerType::CognitoUserPools] {
        let routes = RouteTable::builder().stage("prod").scopes("GET /user", ["integration-OauthResourceServer/read"]);
        let api =
            serve(&pool, authorizer_type, "integration", routes.authorizer_type(authorizer_type).build().unwrap())
                .await;
        // curl --location …/prod/user --header 'Authorization: <token>'
        let url = || format!("{api}/prod/user");
        assert_eq!(get(url(), &reader).await, (200, "ok".to_owned(), None));
        assert_eq!(get(url(), &format!("Bearer {reader}")).await.0, 200);
        let (missing, forbidden, unknown) = match authorizer_type {
            AuthorizerType::Jwt => {
                let scope = "Bearer scope=\"integration-OauthResourceServer/read\" error=\"insufficient_scope\" \
                             error_description=\"expected scopes: [integration-OauthResourceServer/read]\"";
                ((401, "Bearer"), (403, "Forbidden", Some(scope)), (404, "Not Found"))
            }
            _ => ((401, ""), (401, "Unauthorized", None), (403, "Missing Authentication Token")),
        };
        let without = get(url(), "").await;
        assert_eq!((without.0, without.2.as_deref().unwrap_or_default()), missing);
        let answer = get(url(), &writer).await;
        let message = format!(r#"{{"message":"{}"}}"#, forbidden.1);
        assert_eq!(answer, (forbidden.0, message, forbidden.2.map(str::to_owned)));
        let answer = get(format!("{api}/prod/other"), &reader).await;
        assert_eq!((answer.0, answer.1), (unknown.0, format!(r#"{{"message":"{}"}}"#, unknown.1)));
    }
}

/// The PetStore API: the identifier of the resource server is the URL of the API.
#[tokio::test]
async fn walk_through_3_scopes_that_are_urls() {
    let identifier = "https://a1b2c3d4e5.execute-api.eu-central-1.amazonaws.com/dev";
    let scope = |name: &str| format!("{identifier}/{name}");
    let client = AppClientConfig::new("petstore", "not-a-secret").allowed_scopes([scope("read"), scope("write")]);
    let config = LocalUserPoolConfig::new("eu-central-1_PetStore")
        .resource_server(identifier, ["read", "write"])
        .app_client(client);
    let pool = LocalUserPool::start(config, "127.0.0.1:0".parse().unwrap()).await.unwrap();
    let ask = |form: String| {
        let request = crate::support::cognito::client().post(format!("{}/oauth2/token", pool.domain()));
        token_of(request.basic_auth("petstore", Some("not-a-secret")).body(form))
    };
    // Without a scope the token contains all scopes; with a scope, only that one.
    let all = ask("grant_type=client_credentials".to_owned()).await;
    let escaped = scope("read").replace(':', "%3A").replace('/', "%2F");
    let reader = ask(format!("grant_type=client_credentials&scope={escaped}")).await;

    for (authorizer_type, refused) in [(AuthorizerType::CognitoUserPools, 401), (AuthorizerType::Jwt, 403)] {
        let routes = RouteTable::builder()
            .stage("dev")
            .open("GET /")
            .scopes("GET /pets", [scope("read")])
            .scopes("GET /pets/{petId}", [scope("read"), scope("write")])
            .scopes("POST /pets", [scope("write")]);
        let api =
            serve(&pool, authorizer_type, "petstore", routes.authorizer_type(authorizer_type).build().unwrap()).await;
        let post = |token: String| {
            let request =
                crate::support::cognito::client().post(format!("{api}/dev/pets")).header("authorization", token);
            async move { request.send().await.unwrap().status().as_u16() }
        };
        assert_eq!(get(format!("{api}/dev/"), "").await.0, 200);
        for token in [&all, &reader] {
            assert_eq!(get(format!("{api}/dev/pets"), token).await.0, 200);
            assert_eq!(get(format!("{api}/dev/pets/7"), token).await.0, 200);
        }
        assert_eq!(post(all.clone()).await, 200);
        assert_eq!(post(reader.clone()).await, refused);
        assert_eq!(get(format!("{api}/dev/pets"), "").await.0, 401);
    }
}

#[tokio::test]
async fn walk_through_4() {
    let hello = Example::hello(&[]);
    let (pool, api) = (hello.exported("POOL_URL"), hello.exported("API_URL"));
    let (pool_id, client_id) = (hello.exported("USER_POOL_ID"), hello.exported("CLIENT_ID"));
    let user = "jane@example.com";
    // 1: register; 2: confirm; 3: log in.
    call(pool, "SignUp", json!({"ClientId": client_id, "Username": user, "Password": PASSWORD})).await;
    call(pool, "AdminConfirmSignUp", json!({"UserPoolId": pool_id, "Username": user})).await;
    let tokens = call(pool, "InitiateAuth", sign_in(client_id, user, PASSWORD)).await["AuthenticationResult"].clone();
    // 4: an anonymous request, and one with each token, without a scheme.
    let get = async |token: &str| {
        let mut request = crate::support::cognito::client().get(format!("{api}/hello"));
        if !token.is_empty() {
            request = request.header("authorization", token);
        }
        let response = request.send().await.unwrap();
        (response.status().as_u16(), response.text().await.unwrap())
    };
    assert_eq!(get("").await, unauthorized());
    assert_eq!(get(tokens["IdToken"].as_str().unwrap()).await, (200, r#""Hello from Lambda!""#.to_owned()));
    assert_eq!(get(tokens["AccessToken"].as_str().unwrap()).await, unauthorized());
}

/// The response on the wire, header by header (§2.1).
#[tokio::test]
async fn a_rejection_on_the_wire() {
    let bookstore = Bookstore::open(&configuration());
    let response =
        crate::support::cognito::client().get(format!("{}book", bookstore.api_endpoint)).send().await.unwrap();
    let mut names: Vec<&str> = response.headers().keys().map(|name| name.as_str()).collect();
    names.sort_unstable();
    let expected = ["content-length", "content-type", "date", "x-amz-apigw-id", "x-amzn-errortype", "x-amzn-requestid"];
    assert_eq!(names, expected);
    let value = |name: &str| response.headers()[name].to_str().unwrap();
    assert_eq!((value("content-length"), value("content-type")), ("26", "application/json"));
    assert_eq!(value("x-amzn-errortype"), "UnauthorizedException");
    assert_eq!(response.text().await.unwrap(), r#"{"message":"Unauthorized"}"#);
}

/// Writes a file with this content, and returns its path.
fn written(name: &str, content: &str) -> String {
    let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
    fs::write(&path, content).unwrap();
    path.to_str().unwrap().to_owned()
}
