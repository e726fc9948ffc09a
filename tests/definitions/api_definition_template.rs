//! Tests CloudFormation and SAM templates: their routes and authorizers, and the rejected templates.
//!
//! Rows: `src/docs/behaviour.md` §6.3 and §10.60 to §10.68.

use cognito_authorizer::{
    AuthorizerType,
    api_definition::{ApiDefinition, ApiDefinitionReader},
    local_user_pool::{LocalUserPool, LocalUserPoolConfig, TestToken},
};

use crate::support::{
    definitions::routes,
    requests::{request, send},
};

pub(super) const POOL: &str = "eu-west-1_Ab129faBb";

pub(super) fn reader() -> ApiDefinitionReader {
    ApiDefinition::reader().variable("Pool", POOL).variable("Client", "1example23456789")
}

pub(super) fn read(template: &str) -> ApiDefinition {
    reader().read(template).unwrap_or_else(|error| panic!("{error}\n{template}"))
}

pub(super) fn routes_of(template: &str) -> Vec<String> {
    routes(&read(template))
}

pub(super) fn problem(template: &str) -> String {
    reader().read(template).expect_err(template).to_string()
}

pub(super) fn notes(definition: &ApiDefinition) -> String {
    definition.notes().iter().map(|note| format!("{note}\n")).collect()
}

/// Replaces a part of a text, which must contain it.
pub(super) fn with(template: &str, from: &str, to: &str) -> String {
    assert!(template.contains(from), "{from}\n{template}");
    template.replace(from, to)
}

/// Checks each row: with the first text replaced by the second, the template is rejected, and the error contains the third.
#[track_caller]
pub(super) fn refuses(template: &str, rows: &[(&str, &str, &str)]) {
    for (from, to, part) in rows {
        let error = problem(&with(template, from, to));
        assert!(error.contains(part), "{from} -> {to}\n{part}\n{error}");
        assert!(error.starts_with("line ") && error.contains(", /"), "{error}");
    }
}

pub(super) const REST: &str = r#"
AWSTemplateFormatVersion: "2010-09-09"
Resources:
  Pool:
    Type: AWS::Cognito::UserPool
  Server:
    Type: AWS::Cognito::UserPoolResourceServer
    Properties:
      UserPoolId: !Ref Pool
      Identifier: pets
      Scopes:
        - {ScopeName: read, ScopeDescription: x}
        - {ScopeName: write, ScopeDescription: x}
  Api:
    Type: AWS::ApiGateway::RestApi
    Properties: {Name: Pets}
  Guard:
    Type: AWS::ApiGateway::Authorizer
    Properties:
      RestApiId: !Ref Api
      Name: guard
      Type: COGNITO_USER_POOLS
      IdentitySource: method.request.header.X-Token
      IdentityValidationExpression: ^1example.*$
      AuthorizerResultTtlInSeconds: 300
      ProviderARNs: [!GetAtt Pool.Arn]
  Pets:
    Type: AWS::ApiGateway::Resource
    Properties: {RestApiId: !Ref Api, ParentId: !GetAtt Api.RootResourceId, PathPart: pets}
  Pet:
    Type: AWS::ApiGateway::Resource
    Properties: {RestApiId: !Ref Api, ParentId: !Ref Pets, PathPart: "{id}"}
  Root:
    Type: AWS::ApiGateway::Method
    Properties: {RestApiId: !Ref Api, ResourceId: !GetAtt Api.RootResourceId, HttpMethod: GET, AuthorizationType: NONE}
  List:
    Type: AWS::ApiGateway::Method
    DependsOn: Guard
    Properties:
      RestApiId: !Ref Api
      ResourceId: !Ref Pets
      HttpMethod: GET
      AuthorizationType: COGNITO_USER_POOLS
      AuthorizerId: !Ref Guard
      AuthorizationScopes: [!Sub "${Server}/read", pets/write]
      Integration: {Type: AWS_PROXY, Uri: !GetAtt Function.Arn}
  Any:
    Type: AWS::ApiGateway::Method
    Properties:
      RestApiId: !Ref Api
      ResourceId: !Ref Pet
      HttpMethod: ANY
      AuthorizationType: COGNITO_USER_POOLS
      AuthorizerId: !Ref Guard
  Unauthorized:
    Type: AWS::ApiGateway::GatewayResponse
    Properties:
      RestApiId: !Ref Api
      ResponseType: UNAUTHORIZED
      StatusCode: "403"
      ResponseParameters: {gatewayresponse.header.x-why: "'no'"}
"#;

/// 6.3.1 to 6.3.4.
#[test]
pub(super) fn a_rest_api_of_resources_is_read() {
    let definition = read(REST);
    let mut found = routes(&definition);
    found.sort_unstable();
    assert_eq!(found, ["ANY /pets/{id} Guard token", "GET / - open", "GET /pets Guard pets/read pets/write"]);
    let own = &definition.authorizers()[0];
    assert_eq!((own.name(), own.authorizer_type()), ("Guard", AuthorizerType::CognitoUserPools));
    assert_eq!(own.identity_source().to_string(), "method.request.header.x-token");
    assert_eq!(own.user_pools()[0].id(), POOL);
    assert!(own.audience_pattern().is_some());
    assert_eq!(definition.defined_scopes(), Some(&["pets/read".to_owned(), "pets/write".to_owned()][..]));
    // A string that is built from an authorizer's reference does not refer to the authorizer.
    for made in
        ["!Select [0, !Split [\",\", !Sub \"${Guard},${Other}\"]]", "!Join [\"\", [!Ref Guard]]", "!Sub \"${Guard}x\""]
    {
        let text = with(
            REST,
            "HttpMethod: ANY\n      AuthorizationType: COGNITO_USER_POOLS\n      AuthorizerId: !Ref Guard",
            &format!("HttpMethod: ANY\n      AuthorizationType: COGNITO_USER_POOLS\n      AuthorizerId: {made}"),
        );
        assert!(!problem(&text).is_empty(), "{made}");
    }
    for same in ["!Sub \"${Guard}\"", "!Select [0, [!Ref Guard]]"] {
        let text = with(
            REST,
            "HttpMethod: ANY\n      AuthorizationType: COGNITO_USER_POOLS\n      AuthorizerId: !Ref Guard",
            &format!("HttpMethod: ANY\n      AuthorizationType: COGNITO_USER_POOLS\n      AuthorizerId: {same}"),
        );
        assert!(routes_of(&text).contains(&"ANY /pets/{id} Guard token".to_owned()), "{same}");
    }
    definition.authorizer().unwrap().build().unwrap();
    assert!(notes(&definition).contains("/Resources/Guard/Properties/AuthorizerResultTtlInSeconds"));
    // A method without an authorization type is open.
    let without = with(REST, ", AuthorizationType: NONE}", "}");
    let definition = read(&without);
    assert!(routes(&definition).contains(&"GET / - open".to_owned()));
    assert!(notes(&definition).contains("/Resources/Root/Properties: without `AuthorizationType` this route is open"));
}

/// 10.60, 10.61: each error has its line and its place.
#[test]
fn what_would_open_a_method_is_rejected() {
    let kind = "AuthorizationType: COGNITO_USER_POOLS\n      AuthorizerId: !Ref Guard\n      AuthorizationScopes";
    let scopes = "      AuthorizationScopes: [!Sub \"${Server}/read\", pets/write]\n";
    refuses(
        REST,
        &[
            (kind, "AuthorizationType: AWS_IAM\n      X", "`X` is not known here"),
            (scopes, "      ApiKeyRequired: \"yes\"\n", "expected true or false"),
            (kind, "AuthorizerId: !Ref Guard\n      AuthorizationScopes", "this route would be open"),
            (kind, "AuthorizationScopes", "this route would be open"),
            (kind, "AuthorizationType: AWS_IAM\n      AuthorizationScopes", "`AWS_IAM` cannot be checked here"),
            (kind, "AuthorizationType: CUSTOM\n      AuthorizationScopes", "`CUSTOM` cannot be checked here"),
            (kind, "AuthorizationType: none\n      AuthorizationScopes", "`none` cannot be checked here"),
            (kind, "AuthorizationType: JWT\n      AuthorizationScopes", "`JWT` cannot be checked here"),
            (kind, "AuthorizationType: ~\n      AuthorizationScopes", "expected a string"),
            (
                kind,
                "AuthorisationType: COGNITO_USER_POOLS\n      AuthorizationScopes",
                "`AuthorisationType` is not known",
            ),
            (kind, "AuthorizationType: COGNITO_USER_POOLS\n      AuthorizationScopes", "`AuthorizerId` is missing"),
            (
                kind,
                "AuthorizationType: COGNITO_USER_POOLS\n      AuthorizerId: !Ref Nobody\n      AuthorizationScopes",
                "`Nobody` is not defined in this template",
            ),
            (
                kind,
                "AuthorizationType: COGNITO_USER_POOLS\n      AuthorizerId: !Ref Pets\n      AuthorizationScopes",
                "unknown security scheme",
            ),
            (
                kind,
                "AuthorizationType: COGNITO_USER_POOLS\n      AuthorizerId: abc123\n      AuthorizationScopes",
                "expected a resource of this template",
            ),
            ("[!Sub \"${Server}/read\", pets/write]", "!Ref Scopes", "`Scopes` is not defined"),
            ("[!Sub \"${Server}/read\", pets/write]", "pets/read", "expected a list"),
            (", AuthorizationType: NONE}", ", ApiKeyRequired: true}", "an API key alone"),
            (", AuthorizationType: NONE}", ", AuthorizationType: !If [None, NONE, NONE]}", "unknown condition `None`"),
            (
                "Type: COGNITO_USER_POOLS\n      IdentitySource",
                "Type: TOKEN\n      IdentitySource",
                "a `TOKEN` authorizer",
            ),
            (
                "Type: COGNITO_USER_POOLS\n      IdentitySource",
                "Type: REQUEST\n      IdentitySource",
                "a `REQUEST` authorizer",
            ),
            ("      IdentitySource: method.request.header.X-Token\n", "", "`IdentitySource` is missing"),
            ("header.X-Token", "querystring.token", "expected method.request.header.<name>"),
            ("      ProviderARNs: [!GetAtt Pool.Arn]\n", "", "`ProviderARNs` is missing"),
            ("      Name: guard\n", "      Condition: x\n", "`Condition` is not known here"),
            ("Properties: {Name: Pets}", "Properties: {Name: Pets, Policy: {Statement: []}}", "a resource policy"),
            ("Properties: {Name: Pets}", "Properties: {Name: Pets, CloneFrom: abc}", "`CloneFrom` is not supported"),
            ("Properties: {Name: Pets}", "Properties: {BodyS3Location: {Bucket: b, Key: k}}", "a definition in S3"),
            (
                "Properties: {Name: Pets}",
                "Properties: {Body: {}, BodyS3Location: api.yaml}",
                "there are two definitions",
            ),
            (
                "Properties: {Name: Pets}",
                "Properties: {Body: {'Fn::Transform': {Name: Other}}}",
                "the macro `Fn::Transform`",
            ),
            (
                "Properties: {Name: Pets}",
                "Properties: {Body: {openapi: 3.0.1, 'Fn::Transform': {}}}",
                "other members next to it",
            ),
            ("ParentId: !Ref Pets", "ParentId: !Ref Pet", "too long or circular"),
            ("ParentId: !Ref Pets", "ParentId: !Ref Guard", "`Guard` is not a resource of this API"),
            ("ParentId: !Ref Pets", "ParentId: !Ref Api", "`Api` is not a resource of this API"),
            ("PathPart: pets", "PathPart: pets/dogs", "one segment"),
            ("PathPart: pets", "PathPart: \"\"", "one segment"),
            ("HttpMethod: ANY", "HttpMethod: any", "`any` is not a method"),
            ("HttpMethod: ANY\n", "HttpMethod: TRACE\n", "`TRACE` is not a method"),
            (
                "ResourceId: !Ref Pet\n      HttpMethod: ANY",
                "ResourceId: !Ref Pets\n      HttpMethod: GET",
                "duplicate of the route",
            ),
            ("    DependsOn: Guard\n", "    condition: Never\n", "`condition` is not known here"),
            ("    DependsOn: Guard\n", "    Condition: Never\n", "unknown condition `Never`"),
            ("ResponseType: UNAUTHORIZED", "ResponseType: TEAPOT", "is not a type of gateway response"),
            (
                "  Unauthorized:\n",
                "  Again:\n    Type: AWS::ApiGateway::GatewayResponse\n    Properties: {RestApiId: !Ref Api, ResponseType: UNAUTHORIZED}\n  Unauthorized:\n",
                "there are two gateway responses `UNAUTHORIZED`",
            ),
            ("gatewayresponse.header.x-why", "x-why", "expected gatewayresponse.header.<name>"),
            (
                "Type: AWS::Cognito::UserPool\n",
                "Type: AWS::Cognito::UserPool\n  Fn::Transform: {Name: x}\n",
                "the macro `Fn::Transform`",
            ),
            ("Resources:\n", "Resource: {}\nResources:\n", "no section `Resource`"),
            ("Resources:\n", "Transform: AWS::Other\nResources:\n", "`AWS::Other` is not evaluated here"),
            (
                "Resources:\n",
                "Transform: [AWS::Serverless-2016-10-31, Own]\nResources:\n",
                "`Own` is not evaluated here",
            ),
            (
                "      RestApiId: !Ref Api\n      ResourceId: !Ref Pets\n",
                "      ResourceId: !Ref Pets\n",
                "`RestApiId` is missing",
            ),
            (
                "      RestApiId: !Ref Api\n      ResourceId: !Ref Pets\n",
                "      RestApiId: !Ref Guard\n      ResourceId: !Ref Pets\n",
                "`Guard` is not an API",
            ),
        ],
    );
    let error = problem(&with(REST, "    DependsOn: Guard\n", "    Condition: ~\n"));
    assert!(error.starts_with("line 38, /Resources/List/Condition: "), "{error}");
}

pub(super) const HTTP: &str = r#"
Resources:
  Pool: {Type: AWS::Cognito::UserPool}
  Client: {Type: AWS::Cognito::UserPoolClient}
  Api:
    Type: AWS::ApiGatewayV2::Api
    Properties: {Name: Pets, ProtocolType: HTTP, CorsConfiguration: {AllowOrigins: ["*"]}}
  Sockets:
    Type: AWS::ApiGatewayV2::Api
    Properties: {Name: Sockets, ProtocolType: WEBSOCKET}
  Guard:
    Type: AWS::ApiGatewayV2::Authorizer
    Properties:
      ApiId: !Ref Api
      Name: guard
      AuthorizerType: JWT
      IdentitySource: [$request.header.Authorization]
      JwtConfiguration:
        Audience: [!Ref Client]
        Issuer: !Sub https://cognito-idp.eu-west-1.amazonaws.com/${Pool}
  List:
    Type: AWS::ApiGatewayV2::Route
    Properties:
      ApiId: !Ref Api
      RouteKey: GET /pets
      AuthorizationType: JWT
      AuthorizerId: !Ref Guard
      AuthorizationScopes: [pets/read]
      Target: !Sub integrations/${Integration}
  Health:
    Type: AWS::ApiGatewayV2::Route
    Properties: {ApiId: !Ref Api, RouteKey: GET /health}
  Rest:
    Type: AWS::ApiGatewayV2::Route
    Properties: {ApiId: !Ref Api, RouteKey: $default, AuthorizationType: JWT, AuthorizerId: !GetAtt Guard.AuthorizerId}
"#;

/// 6.3.7.
#[test]
pub(super) fn an_http_api_of_resources_is_read() {
    let definition = read(HTTP);
    assert_eq!(routes(&definition), ["GET /pets Guard pets/read", "GET /health - open", "$default Guard token"]);
    let own = &definition.authorizers()[0];
    let audience: Vec<&str> = own.audience().iter().map(|own| own.as_str()).collect();
    assert_eq!((own.authorizer_type(), &*audience), (AuthorizerType::Jwt, &["1example23456789"][..]));
    assert_eq!(own.user_pools()[0].id(), POOL);
    assert_eq!(definition.defined_scopes(), None);
    definition.authorizer().unwrap().build().unwrap();
    let notes = notes(&definition);
    assert!(notes.contains("a WebSocket API is not imported"), "{notes}");
    assert!(definition.cors().is_some());
    let quick =
        "Resources:\n  Api:\n    Type: AWS::ApiGatewayV2::Api\n    Properties: {ProtocolType: HTTP, Target: x}\n";
    assert_eq!(routes_of(quick), ["$default - open"]);
    refuses(
        HTTP,
        &[
            ("AuthorizationType: JWT\n", "AuthorizationType: AWS_IAM\n", "`AWS_IAM` cannot be checked here"),
            ("AuthorizationType: JWT\n", "AuthorizationType: CUSTOM\n", "`CUSTOM` cannot be checked here"),
            ("      AuthorizationType: JWT\n", "", "this route would be open"),
            ("RouteKey: GET /health}", "RouteKey: GET /health, ApiKeyRequired: true}", "an API key alone"),
            ("RouteKey: GET /health}", "RouteKey: GET /pets}", "duplicate of the route"),
            ("RouteKey: GET /health}", "RouteKey: get /health}", "get /health"),
            ("RouteKey: GET /health}", "RouteKey: $connect}", "$connect"),
            ("AuthorizerType: JWT", "AuthorizerType: REQUEST", "a `REQUEST` authorizer"),
            ("[$request.header.Authorization]", "[$request.header.A, $request.header.B]", "one identity source"),
            ("[$request.header.Authorization]", "[]", "one identity source"),
            ("amazonaws.com/${Pool}", "example/${Pool}", "not an issuer of a Cognito user pool"),
            ("Audience: [!Ref Client]", "Audience: []", "audience list is empty"),
            ("        Audience: [!Ref Client]\n", "", "the audience list is missing"),
            ("Audience: [!Ref Client]", "audience: [!Ref Client]", "`audience` is not known here"),
            ("Name: Pets, ", "Body: {}, BodyS3Location: api.yaml, ", "there are two definitions"),
            ("  Rest:\n", "  X: {Type: AWS::ApiGatewayV2::ApiGatewayManagedOverrides}\n  Rest:\n", "changes routes"),
        ],
    );
}

/// 6.3.8: a definition inside a template is read like a separate one, with functions.
#[test]
fn an_inline_definition_is_read_with_functions() {
    let template = r#"
Parameters: {Open: {Type: String, Default: "false"}}
Conditions: {IsOpen: !Equals [!Ref Open, "true"]}
Resources:
  Pool: {Type: AWS::Cognito::UserPool}
  Api:
    Type: AWS::ApiGateway::RestApi
    Properties:
      Parameters: {basepath: prepend}
      Body:
        swagger: "2.0"
        basePath: /v1
        paths:
          /pets:
            get:
              security: !If [IsOpen, [], [{pool: [pets/read]}]]
            put: !If [IsOpen, {}, !Ref AWS::NoValue]
        securityDefinitions:
          pool:
            type: apiKey
            in: header
            name: Authorization
            x-amazon-apigateway-authorizer: {type: cognito_user_pools, providerARNs: [!GetAtt Pool.Arn]}
  Health:
    Type: AWS::ApiGateway::Method
    Properties: {RestApiId: !Ref Api, ResourceId: !GetAtt Api.RootResourceId, HttpMethod: GET}
"#;
    assert_eq!(routes_of(template), ["GET /v1/pets pool pets/read", "GET / - open"]);
    let open = reader().variable("Open", "true").read(template).unwrap();
    assert_eq!(routes(&open), ["GET /v1/pets - open", "PUT /v1/pets - open", "GET / - open"]);
    refuses(
        template,
        &[
            ("!If [IsOpen, [], [{pool: [pets/read]}]]", "!Ref Nobody", "is not defined"),
            (
                "!If [IsOpen, [], [{pool: [pets/read]}]]",
                "!If [IsOpen, [], [{nobody: []}]]",
                "/security/Fn::If/2/0/nobody: ",
            ),
            ("!If [IsOpen, {}, !Ref AWS::NoValue]", "!Ref Nobody", "is not defined"),
            ("{type: cognito_user_pools, ", "!Sub '${Nobody}' #", "is not defined"),
            ("basepath: prepend", "basepath: append", "expected ignore, prepend or split"),
        ],
    );
}

/// 6.3.15: the output of `cdk synth` for two stacks, one with the user pool and one with the REST API, tested through the
/// layer.
#[tokio::test]
async fn a_synthesized_template_guards_a_service() {
    let pool = LocalUserPool::start(LocalUserPoolConfig::new(POOL), "127.0.0.1:0".parse().unwrap()).await.unwrap();
    let template = include_str!("../templates/books.template.json");
    let reader =
        ApiDefinition::reader().variable("AWS::Region", "eu-west-1").variable("AWS::AccountId", "123456789012");
    let error = reader.read(template).unwrap_err().to_string();
    assert!(error.contains("set the variable `SsmParameterValueBooksUserPoolIdParameter`"), "{error}");
    let reader = reader.variable("SsmParameterValueBooksUserPoolIdParameter", POOL);
    let definition = reader.user_pool(pool.user_pool()).read(template).unwrap();
    let authorizer = definition.authorizer().unwrap().build().unwrap();
    let layer = authorizer.layer().routes(definition.route_table().stage("prod").build().unwrap()).unwrap();
    let book = pool.issue(&TestToken::access("machine", ["API/book.get", "API/book.post"])).unwrap();
    for (method, path, token, status) in [
        ("GET", "/prod/book", Some(&book), 200),
        ("POST", "/prod/book", Some(&book), 200),
        ("DELETE", "/prod/book", Some(&book), 403),
        ("GET", "/prod/user", Some(&book), 401),
        ("POST", "/prod/user", Some(&book), 401),
        ("OPTIONS", "/prod/book", None, 204),
        ("GET", "/prod/book", None, 401),
        ("GET", "/prod", None, 403),
        ("GET", "/book", Some(&book), 403),
    ] {
        let tokens: Vec<&str> = token.iter().map(|token| token.as_str()).collect();
        assert_eq!(send(&layer, request(method, path, &tokens)).await.status, status, "{method} {path}");
    }
    assert_eq!(definition.defined_scopes(), None);
}
