//! A mistake in the settings is an error at build time, and the error contains the wrong text.
use std::{error::Error, time::Duration};

use cognito_authorizer::{
    Authorizer, AuthorizerType, Authorizers, BuildMistake, RouteTable, UserPool,
    api_definition::ApiDefinition,
    configuration::Configuration,
    gateway_response::{CorsHeaders, GatewayResponse, GatewayResponses, ResponseType},
    keys::{FixedKeySource, HttpsKeySourceError, KeySourceError},
    local_user_pool::{LocalUserPool, LocalUserPoolConfig},
    request_context::ClaimHeaders,
    route::RouteAuthorization,
};

use crate::support::{
    keys::{self, ScriptedKeys},
    tokens::*,
};

fn response(response: GatewayResponse) -> String {
    GatewayResponses::builder().response(ResponseType::Default4xx, response).build().unwrap_err().to_string()
}

/// Returns the error for a gateway response that would contain the token.
fn echo(response: GatewayResponse) -> String {
    echo_of("Authorization", response)
}

/// Returns the error for a gateway response that would contain the token of this header.
fn echo_of(header: &str, response: GatewayResponse) -> String {
    let responses = GatewayResponses::builder().response(ResponseType::WafFiltered, response).build().unwrap();
    let builder = keys::builder(&ScriptedKeys::new()).identity_source(format!("method.request.header.{header}"));
    builder.gateway_responses(responses).build().unwrap_err().to_string()
}

#[test]
fn names_what_is_wrong() {
    let builder = || keys::builder(&ScriptedKeys::new());
    let authorizer = keys::authorizer();
    let other_pool = || OTHER_POOL_ID.parse::<UserPool>().unwrap();
    let many = (0..1_001).map(|number| format!("eu-west-1_Pool{number}").parse::<UserPool>().unwrap());
    let errors = [
        ("`ap-south-1`", Authorizer::for_user_pool("ap-south-1").build().unwrap_err().to_string()),
        ("arn:aws:s3:::x", Authorizer::for_user_pool("arn:aws:s3:::x").build().unwrap_err().to_string()),
        ("$request.body.x", builder().identity_source("$request.body.x").build().unwrap_err().to_string()),
        ("a client", builder().app_clients(["good", "a client"]).build().unwrap_err().to_string()),
        ("app clients", builder().app_clients([""; 0]).build().unwrap_err().to_string()),
        ("a leeway of 301s", builder().leeway(Duration::from_secs(301)).build().unwrap_err().to_string()),
        ("time-out of 31s", builder().fetch_timeout(Duration::from_secs(31)).build().unwrap_err().to_string()),
        ("time-out of 0ns", builder().fetch_timeout(Duration::ZERO).build().unwrap_err().to_string()),
        ("`not a url`", builder().user_pool(other_pool().with_issuer("not a url")).build().unwrap_err().to_string()),
        ("``", builder().user_pool(other_pool().with_issuer("")).build().unwrap_err().to_string()),
        ("key age of 60s", builder().max_key_age(Duration::from_secs(60)).build().unwrap_err().to_string()),
        ("no user pool", Authorizer::builder().build().unwrap_err().to_string()),
        (ISSUER, builder().user_pool(other_pool().with_issuer(ISSUER)).build().unwrap_err().to_string()),
        (OTHER_ISSUER, builder().user_pool(other_pool()).build().unwrap_err().to_string()),
        (
            "1001 user pools",
            many.fold(Authorizer::builder(), |b, pool| b.user_pool(pool)).build().unwrap_err().to_string(),
        ),
        ("pets read", authorizer.layer().scopes(["pets/read", "pets read"]).unwrap_err().to_string()),
        ("no authorization scope", authorizer.layer().scopes([""; 0]).unwrap_err().to_string()),
        ("FETCH /pets", RouteTable::builder().open("FETCH /pets").build().unwrap_err().to_string()),
        (
            "GET /pets/{name}",
            RouteTable::builder().open("GET /pets/{id}").guarded("GET /pets/{name}").build().unwrap_err().to_string(),
        ),
        ("pets read", RouteTable::builder().scopes("GET /pets", ["pets read"]).build().unwrap_err().to_string()),
        ("a leeway of 302s", builder().not_before_leeway(Duration::from_secs(302)).build().unwrap_err().to_string()),
        ("1001 app clients", builder().app_clients(vec!["a"; 1_001]).build().unwrap_err().to_string()),
        (&"a".repeat(257), builder().audience(["a".repeat(257)]).build().unwrap_err().to_string()),
        (&"s".repeat(301), RouteTable::builder().stage(&"s".repeat(301)).build().unwrap_err().to_string()),
        ("audience list", builder().authorizer_type(AuthorizerType::Jwt).build().unwrap_err().to_string()),
        ("`a b`", builder().audience(["good", "a b"]).build().unwrap_err().to_string()),
        ("any_app_client", builder().app_clients(["a"]).any_app_client(true).build().unwrap_err().to_string()),
        ("`Content-Type`", response(GatewayResponse::new().header("Content-Type", "'text/html'"))),
        ("`(`", builder().audience_pattern("(").build().unwrap_err().to_string()),
        (
            "$request.querystring.token",
            builder().identity_source("$request.querystring.token").build().unwrap_err().to_string(),
        ),
        ("`UNAUTHORISED`", "UNAUTHORISED".parse::<ResponseType>().unwrap_err().to_string()),
        ("199 is not", response(GatewayResponse::new().status(199))),
        ("600 is not", response(GatewayResponse::new().status(600))),
        ("`*`", response(GatewayResponse::new().header("access-control-allow-origin", "*"))),
        ("`'a\r\nb'`", response(GatewayResponse::new().header("x-a", "'a\r\nb'"))),
        ("`a b`", response(GatewayResponse::new().header("a b", "'x'"))),
        ("`Content-Length`", response(GatewayResponse::new().header("Content-Length", "'0'"))),
        ("`x-amzn-ErrorType`", response(GatewayResponse::new().header("x-amzn-ErrorType", "'x'"))),
        ("`json`", response(GatewayResponse::new().template("json", "{}"))),
        ("`https://a.example/`", CorsHeaders::origins(["https://a.example/"]).unwrap_err().to_string()),
        ("`*`", CorsHeaders::origins(["*"]).unwrap_err().to_string()),
        (
            "method.request.header.authorization",
            echo(GatewayResponse::new().header("x-token", "method.request.header.Authorization")),
        ),
        (
            "method.request.header.authorization",
            echo(GatewayResponse::new().template("text/plain", "you sent ${method.request.header.AUTHORIZATION}")),
        ),
        (
            "method.request.header.user-agent",
            echo_of("User-Agent", GatewayResponse::new().header("x-by", "context.identity.userAgent")),
        ),
        (
            "method.request.header.host",
            echo_of("Host", GatewayResponse::new().template("text/plain", "to ${context.domainName}")),
        ),
        ("`Connection`", ClaimHeaders::builder().claim("Connection", "sub").build().unwrap_err().to_string()),
        ("`x_sub`", ClaimHeaders::builder().claim("x-sub", "sub").claim("x_sub", "a").build().unwrap_err().to_string()),
        ("method.request.header.authorization", {
            let headers = ClaimHeaders::builder().claim("Authorization", "sub").build().unwrap();
            builder().claim_headers(headers).build().unwrap_err().to_string()
        }),
        ("`{proxy+}`", RouteTable::builder().stage("{proxy+}").build().unwrap_err().to_string()),
        ("`a//b`", RouteTable::builder().stage("a//b").build().unwrap_err().to_string()),
    ];
    for (named, error) in errors {
        assert!(error.contains(named), "`{named}` is not in: {error}");
    }
}

/// The text of an error includes the cause. Only I/O errors have a source, so that a caller can read their kind.
#[tokio::test]
async fn an_error_tells_its_cause() {
    let nowhere = "/nowhere/there";
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let taken = LocalUserPool::start(LocalUserPoolConfig::new(POOL_ID), taken.local_addr().unwrap());
    let configuration = format!(
        "user_pools: {{one: {{id: {POOL_ID}}}}}\nauthorizers: {{pool: {{type: COGNITO_USER_POOLS, user_pools: [one]}}}}\n\
         keys: {{last_known_good_directory: {nowhere}}}\nroutes: [{{route: GET /a}}]\n"
    );
    let configuration = Configuration::reader().read(&configuration).unwrap();
    let foreign = || std::io::Error::other(Wrapped(Missing));
    let insecure = OTHER_POOL_ID.parse::<UserPool>().unwrap().with_issuer("http://idp.example/x");
    let system = "No such file";
    let missing_file = FixedKeySource::new().with_file(POOL_ID, nowhere).unwrap_err();
    let errors: [(Box<dyn Error>, &str); 14] = [
        (Box::new(KeySourceError::Other(missing_file.into())), "No such file or directory (os error 2)"),
        (Box::new(RouteTable::builder().scopes("GET /a", ["a b"]).build().unwrap_err()), "`a b`"),
        (Box::new(ApiDefinition::reader().read_file(nowhere).unwrap_err()), system),
        (Box::new(Configuration::reader().read_file(nowhere).unwrap_err()), system),
        (Box::new(configuration.authorizers().unwrap_err()), "keys cannot be stored in `/nowhere/there`: No such file"),
        (Box::new(taken.await.unwrap_err()), "in use"),
        (Box::new(LocalUserPoolConfig::from_file(nowhere).unwrap_err()), system),
        (Box::new(Authorizer::builder().user_pool(insecure).build().unwrap_err()), "use https"),
        (Box::new(keys::builder(&ScriptedKeys::new()).last_known_good_directory(nowhere).build().unwrap_err()), system),
        (Box::new(FixedKeySource::new().with_file(POOL_ID, nowhere).unwrap_err()), system),
        (Box::new(FixedKeySource::new().with_jwk_set(POOL_ID, "[]").unwrap_err()), "is not a JWK Set"),
        (Box::new(KeySourceError::Connection(foreign().into())), "outside: inside"),
        (Box::new(KeySourceError::Other(foreign().into())), "outside: inside"),
        (Box::new(HttpsKeySourceError::Client(foreign().into())), "outside: inside"),
    ];
    for (error, cause) in errors {
        assert!(error.to_string().contains(cause), "{error}");
        assert_eq!(error.to_string().matches(cause).count(), 1, "once: {error}");
        let source = error.source().map(|source| source.is::<std::io::Error>());
        assert_eq!(source, [system, "in use"].contains(&cause).then_some(true), "{error}");
    }
}

/// Foreign errors, one of which is the source of the other.
#[derive(Debug, thiserror::Error)]
#[error("outside")]
struct Wrapped(#[source] Missing);

#[derive(Debug, thiserror::Error)]
#[error("inside")]
struct Missing;

/// A second rule would replace the first one, and so open the routes that the first one protects.
#[test]
fn a_layer_has_one_rule() {
    let routes = || RouteTable::builder().open("GET /health").build().unwrap();
    let layer = || keys::authorizer().layer();
    let several = Authorizers::new([("one", keys::authorizer())]).unwrap().layer(routes()).unwrap();
    for layer in [
        layer().scopes(["a"]).unwrap().routes(routes()),
        layer().routes(routes()).unwrap().scopes(["a"]),
        layer().scopes(["a"]).unwrap().scopes(["b"]),
        several.clone().scopes(["a"]),
        several.dangerous().shadow().routes(routes()),
    ] {
        assert!(matches!(layer.unwrap_err().mistakes(), [BuildMistake::SecondRule]));
    }
}

#[test]
fn names_every_mistake_of_a_layer() {
    let table = RouteTable::builder().authorizer_type(AuthorizerType::Jwt);
    let table = table.route_for_authorizer("a", "GET /a", RouteAuthorization::guarded());
    let table = table.route_for_authorizer("b", "GET /b", RouteAuthorization::guarded()).build().unwrap();
    let error = keys::authorizer().layer().routes(table).unwrap_err();
    let text = error.to_string();
    assert_eq!(error.mistakes().len(), 3, "{text}");
    for part in ["`.authorizer_type(AuthorizerType::CognitoUserPools)`", "`a`", "`b`", "remove the name"] {
        assert!(text.contains(part), "{part}: {text}");
    }
    let same = [("a", keys::authorizer()), ("a", keys::authorizer())];
    let jwt = keys::builder(&ScriptedKeys::new()).authorizer_type(AuthorizerType::Jwt).any_app_client(true);
    let error = Authorizers::new(same.into_iter().chain([("b", jwt.build().unwrap())])).unwrap_err();
    assert_eq!(error.mistakes().len(), 2, "{error}");
}

#[test]
fn two_words_for_one_setting_are_a_mistake() {
    let two_lists = keys::builder(&ScriptedKeys::new()).app_clients(["a"]).audience(["b"]);
    assert!(matches!(two_lists.build().unwrap_err().mistakes(), [BuildMistake::TwoAudiences]));
    let two_sources = keys::builder(&ScriptedKeys::new()).proxy("http://127.0.0.1:9");
    assert!(matches!(two_sources.build().unwrap_err().mistakes(), [BuildMistake::TwoKeySources]));
}
