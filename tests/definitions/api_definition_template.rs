//! CloudFormation and SAM templates: what becomes of them, and what is refused.
//!
//! Rows: `src/docs/behaviour.md` §6.3 and §10.60 to §10.68.
use std::fs;

use cognito_authorizer::{
    AuthorizerType,
    api_definition::{ApiDefinition, ApiDefinitionReader},
    local_user_pool::{LocalUserPool, LocalUserPoolConfig, TestToken},
};

use crate::support::{
    definitions::routes,
    requests::{request, send},
};

const POOL: &str = "eu-west-1_Ab129faBb";

fn reader() -> ApiDefinitionReader {
    ApiDefinition::reader().variable("Pool", POOL).variable("Client", "1example23456789")
}

fn read(template: &str) -> ApiDefinition {
    reader().read(template).unwrap_or_else(|error| panic!("{error}\n{template}"))
}

fn routes_of(template: &str) -> Vec<String> {
    routes(&read(template))
}

fn problem(template: &str) -> String {
    reader().read(template).expect_err(template).to_string()
}

fn notes(definition: &ApiDefinition) -> String {
    definition.notes().iter().map(|note| format!("{note}\n")).collect()
}

/// A part of a text in place of another.
fn with(template: &str, from: &str, to: &str) -> String {
    assert!(template.contains(from), "{from}\n{template}");
    template.replace(from, to)
}

/// Of each row: with the first text replaced by the second one, the template is refused, and what is said holds the third.
#[track_caller]
fn refuses(template: &str, rows: &[(&str, &str, &str)]) {
    for (from, to, part) in rows {
        let error = problem(&with(template, from, to));
        assert!(error.contains(part), "{from} -> {to}\n{part}\n{error}");
        assert!(error.starts_with("line ") && error.contains(", /"), "{error}");
    }
}

const REST: &str = r#"
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
fn a_rest_api_of_resources_is_read() {
    let definition = read(REST);
    let mut found = routes(&definition);
    found.sort_unstable();
    assert_eq!(found, ["ANY /pets/{id} Guard token", "GET / - open", "GET /pets Guard pets/read pets/write"]);
    let own = &definition.authorizers()[0];
    assert_eq!((own.name(), own.authorizer_type()), ("Guard", AuthorizerType::CognitoUserPools));
    assert_eq!(own.identity_source().to_string(), "method.request.header.x-token");
    assert_eq!(own.user_pools()[0].id().as_str(), POOL);
    assert!(own.audience_pattern().is_some());
    assert_eq!(definition.defined_scopes(), Some(&["pets/read".to_owned(), "pets/write".to_owned()][..]));
    // What a text was made of does not name the resource that the text is for.
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
    // A method without a type is open.
    let without = with(REST, ", AuthorizationType: NONE}", "}");
    let definition = read(&without);
    assert!(routes(&definition).contains(&"GET / - open".to_owned()));
    assert!(notes(&definition).contains("/Resources/Root/Properties: without `AuthorizationType` this route is open"));
}

/// 10.60, 10.61: each with its line and its place.
#[test]
fn what_would_open_a_method_is_refused() {
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
            (kind, "AuthorizationType: ~\n      AuthorizationScopes", "expected a text"),
            (
                kind,
                "AuthorisationType: COGNITO_USER_POOLS\n      AuthorizationScopes",
                "`AuthorisationType` is not known",
            ),
            (kind, "AuthorizationType: COGNITO_USER_POOLS\n      AuthorizationScopes", "`AuthorizerId` is missing"),
            (
                kind,
                "AuthorizationType: COGNITO_USER_POOLS\n      AuthorizerId: !Ref Nobody\n      AuthorizationScopes",
                "`Nobody` names nothing in this template",
            ),
            (
                kind,
                "AuthorizationType: COGNITO_USER_POOLS\n      AuthorizerId: !Ref Pets\n      AuthorizationScopes",
                "no security scheme of this name",
            ),
            (
                kind,
                "AuthorizationType: COGNITO_USER_POOLS\n      AuthorizerId: abc123\n      AuthorizationScopes",
                "expected a resource of this template",
            ),
            ("[!Sub \"${Server}/read\", pets/write]", "!Ref Scopes", "`Scopes` names nothing"),
            ("[!Sub \"${Server}/read\", pets/write]", "pets/read", "expected a list"),
            (", AuthorizationType: NONE}", ", ApiKeyRequired: true}", "an API key alone"),
            (", AuthorizationType: NONE}", ", AuthorizationType: !If [None, NONE, NONE]}", "no condition `None`"),
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
            ("Properties: {Name: Pets}", "Properties: {Name: Pets, CloneFrom: abc}", "is a copy of"),
            ("Properties: {Name: Pets}", "Properties: {BodyS3Location: {Bucket: b, Key: k}}", "a definition in S3"),
            (
                "Properties: {Name: Pets}",
                "Properties: {Body: {}, BodyS3Location: api.yaml}",
                "there are two definitions",
            ),
            ("Properties: {Name: Pets}", "Properties: {Body: {'Fn::Transform': {Name: AWS::Include}}}", "is a macro"),
            (
                "Properties: {Name: Pets}",
                "Properties: {Body: {openapi: 3.0.1, 'Fn::Transform': {}}}",
                "beside something",
            ),
            ("ParentId: !Ref Pets", "ParentId: !Ref Pet", "leads in a circle"),
            ("ParentId: !Ref Pets", "ParentId: !Ref Guard", "`Guard` is no resource of this API"),
            ("ParentId: !Ref Pets", "ParentId: !Ref Api", "`Api` is no resource of this API"),
            ("PathPart: pets", "PathPart: pets/dogs", "one segment"),
            ("PathPart: pets", "PathPart: \"\"", "one segment"),
            ("HttpMethod: ANY", "HttpMethod: any", "`any` is no method"),
            ("HttpMethod: ANY\n", "HttpMethod: TRACE\n", "`TRACE` is no method"),
            (
                "ResourceId: !Ref Pet\n      HttpMethod: ANY",
                "ResourceId: !Ref Pets\n      HttpMethod: GET",
                "the same route",
            ),
            ("    DependsOn: Guard\n", "    condition: Never\n", "`condition` is not known here"),
            ("    DependsOn: Guard\n", "    Condition: Never\n", "there is no condition `Never`"),
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
                "is a macro",
            ),
            ("Resources:\n", "Resource: {}\nResources:\n", "no section `Resource`"),
            (
                "Resources:\n",
                "Transform: AWS::LanguageExtensions\nResources:\n",
                "`AWS::LanguageExtensions` is not run here",
            ),
            ("Resources:\n", "Transform: [AWS::Serverless-2016-10-31, Own]\nResources:\n", "`Own` is not run here"),
            (
                "      RestApiId: !Ref Api\n      ResourceId: !Ref Pets\n",
                "      ResourceId: !Ref Pets\n",
                "`RestApiId` is missing",
            ),
            (
                "      RestApiId: !Ref Api\n      ResourceId: !Ref Pets\n",
                "      RestApiId: !Ref Guard\n      ResourceId: !Ref Pets\n",
                "`Guard` is no API",
            ),
        ],
    );
    let error = problem(&with(REST, "    DependsOn: Guard\n", "    Condition: ~\n"));
    assert!(error.starts_with("line 38, /Resources/List/Condition: "), "{error}");
}

/// 6.3.5: what is not there, or belongs to another API, is no route.
#[test]
fn conditions_and_other_apis_take_resources_out() {
    let conditions = r#"
Parameters:
  Stage: {Type: String, Default: test}
Conditions:
  IsProduction: !Equals [!Ref Stage, prod]
  IsTest: !Not [!Condition IsProduction]
  Both: !And [!Condition IsTest, !Or [!Condition IsProduction, !Equals ["1", 1]]]
Resources:
"#;
    let template = with(REST, "Resources:\n", conditions);
    let without = with(&template, "    DependsOn: Guard\n", "    Condition: IsProduction\n");
    assert!(!routes_of(&without).iter().any(|route| route.starts_with("GET /pets ")));
    let definition = reader().variable("Stage", "prod").read(&without).unwrap();
    assert!(routes(&definition).iter().any(|route| route.starts_with("GET /pets ")));
    let there = with(&template, "    DependsOn: Guard\n", "    Condition: Both\n");
    assert!(routes_of(&there).iter().any(|route| route.starts_with("GET /pets ")));
    // Its authorizer is not there: the method is refused.
    let unguarded = with(
        &template,
        "Type: AWS::ApiGateway::Authorizer",
        "Type: AWS::ApiGateway::Authorizer\n    Condition: IsProduction",
    );
    assert!(problem(&unguarded).contains("no security scheme of this name"));
    let branches = with(
        &template,
        "AuthorizationScopes: [!Sub \"${Server}/read\", pets/write]",
        "AuthorizationScopes: [!If [IsProduction, pets/admin, !Ref AWS::NoValue], !If [IsTest, pets/test, pets/read]]",
    );
    assert!(routes_of(&branches).contains(&"GET /pets Guard pets/test".to_owned()));
    // The place within a branch is that of the file.
    let wrong = with(&branches, "pets/test", "a b");
    assert!(problem(&wrong).contains("/Resources/List/Properties/AuthorizationScopes: "), "{}", problem(&wrong));
    let wrong = with(&branches, "pets/test", "!GetAtt Nobody.Arn");
    assert!(problem(&wrong).contains("/AuthorizationScopes/1/Fn::If/1: there is no resource `Nobody`"));

    let of_another_template = with(
        REST,
        "RestApiId: !Ref Api\n      ResourceId: !Ref Pets",
        "RestApiId: abc123\n      ResourceId: !Ref Pets",
    );
    let definition = read(&of_another_template);
    assert_eq!(definition.routes().len(), 2);
    assert!(notes(&definition).contains("belongs to an API of another template"));
    let two = with(REST, "  Api:\n", "  Other: {Type: AWS::ApiGateway::RestApi}\n  Api:\n");
    let error = problem(&two);
    assert!(error.contains("several APIs") && error.contains("`Other`, `Api`"), "{error}");
    assert_eq!(reader().api("Api").read(&two).unwrap().routes().len(), 3);
    assert_eq!(reader().api("Other").read(&two).unwrap().routes().len(), 0);
    let error = reader().api("Nobody").read(&two).unwrap_err().to_string();
    assert!(error.contains("no API `Nobody`") && error.contains("`Other`, `Api`"), "{error}");
    assert!(problem("Resources: {Pool: {Type: AWS::Cognito::UserPool}}").contains("there is no API"));
    let plain = "openapi: 3.0.1\npaths: {}\n";
    assert!(reader().api("Api").read(plain).unwrap_err().to_string().contains("this is no template"));
}

/// 6.3.6: each function, where it can be resolved, and what it says where it cannot.
#[test]
fn functions_are_resolved_or_say_what_they_lack() {
    let sections = r#"
Parameters:
  Name: {Type: String, Default: pets}
  Number: {Type: Number, Default: 7}
  Names: {Type: CommaDelimitedList, Default: "cats, dogs"}
  Stored: {Type: "AWS::SSM::Parameter::Value<String>", Default: /pets/name}
  Missing: {Type: String}
Mappings:
  Words: {eu-west-1: {one: eins, all: [a, b]}}
Resources:
  Client: {Type: AWS::Cognito::UserPoolClient}
"#;
    let template = |scope: &str| {
        let scope = format!("AuthorizationScopes: [{scope}]");
        with(
            &with(REST, "Resources:\n", sections),
            "AuthorizationScopes: [!Sub \"${Server}/read\", pets/write]",
            &scope,
        )
    };
    let reader = reader().variable("AWS::Region", "eu-west-1").variable("Exported", "x");
    let found = |scope: &str| {
        let definition = reader.read(&template(scope)).map_err(|error| error.to_string())?;
        let route = routes(&definition).into_iter().find(|route| route.starts_with("GET /pets ")).unwrap();
        Ok::<_, String>(route.strip_prefix("GET /pets Guard ").unwrap().to_owned())
    };
    for (scope, expected) in [
        ("!Ref Name", "pets"),
        ("!Ref Number", "7"),
        ("!Ref Server", "pets"),
        ("!Ref Client", "1example23456789"),
        ("!Ref Pool", POOL),
        ("!Ref AWS::Region", "eu-west-1"),
        ("!Ref AWS::Partition", "aws"),
        ("!Ref AWS::URLSuffix", "amazonaws.com"),
        ("!GetAtt Client.ClientId", "1example23456789"),
        ("!GetAtt Pool.Arn", POOL),
        ("!GetAtt Pool.ProviderURL", "https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_Ab129faBb"),
        ("!GetAtt Pool.ProviderName", "cognito-idp.eu-west-1.amazonaws.com/eu-west-1_Ab129faBb"),
        ("{'Fn::GetAtt': Pool.UserPoolId}", POOL),
        ("!Sub '${Name}/${Server}-${AWS::Region}'", "pets/pets-eu-west-1"),
        ("!Sub ['${a}/${Name}/${!b}', {a: !Ref Server}]", "pets/pets/${b}"),
        ("!Sub '${Pool.ProviderName}'", "cognito-idp.eu-west-1.amazonaws.com/eu-west-1_Ab129faBb"),
        ("!Join [/, [!Ref Name, read]]", "pets/read"),
        ("!Join ['', !Ref Names]", "catsdogs"),
        ("!Select [1, !Ref Names]", "dogs"),
        ("!Select ['0', !Split [/, a/b/c]]", "a"),
        ("!Join ['+', !Split [/, a/b/c]]", "a+b+c"),
        ("!FindInMap [Words, !Ref AWS::Region, one]", "eins"),
        ("!Select [1, !FindInMap [Words, eu-west-1, all]]", "b"),
        ("!ImportValue Exported", "x"),
    ] {
        let result = found(scope);
        if expected.contains("${") {
            // It is a literal, and no scope.
            assert!(result.unwrap_err().contains("`${b}` is no stage variable"), "{scope}");
        } else {
            assert_eq!(result.as_deref(), Ok(expected), "{scope}");
        }
    }
    for (scope, part) in [
        ("!Ref Missing", "`Missing` has no value: give it one with variable(\"Missing\", …)"),
        // The default is the name of the value.
        ("!Ref Stored", "`Stored` has no value"),
        ("!Ref AWS::AccountId", "variable(\"AWS::AccountId\", …)"),
        ("!Ref Nowhere", "`Nowhere` names nothing"),
        ("!Ref Guard", "`Guard` has no value"),
        ("!GetAtt Server.Other", "`Server.Other` has no value"),
        ("!GetAtt Pool.Other", "`Pool.Other` has no value"),
        ("!GetAtt Nowhere.Arn", "no resource `Nowhere`"),
        ("!ImportValue Other", "variable(\"Other\", …)"),
        ("!Sub '${Missing}'", "`Missing` has no value"),
        ("!Sub '${Name'", "`${` without `}`"),
        ("!Sub [x]", "a text and a map"),
        ("!Join ['', x]", "expected a list"),
        ("!Join [x]", "a list of 2"),
        ("!Select [7, !Ref Names]", "no item 7"),
        ("!Select [-1, !Ref Names]", "a number and a list"),
        ("!Split ['', a]", "not empty"),
        ("!FindInMap [Words, other, one]", "the mappings have no `Words`, `other`, `one`"),
        ("!If [Nobody, a, b]", "no condition `Nobody`"),
        ("!If [Nobody, a]", "a condition and two values"),
        ("!Base64 a", "`Fn::Base64` cannot be resolved"),
        ("'{{resolve:ssm:/pets}}'", "CloudFormation alone resolves"),
        ("!Sub '{{resolve:${Name}}}'", "CloudFormation alone resolves"),
        ("{'Fn::ForEach': [x, [a], {}]}", "is a macro"),
        ("!Ref [Name]", "expected a text"),
        ("!Ref Names", "expected a text"),
    ] {
        let error = found(scope).unwrap_err();
        assert!(error.contains(part), "{scope}: {error}");
        assert!(error.contains("/Resources/List/Properties/AuthorizationScopes/0"), "{scope}: {error}");
    }
    // With an account the ARN is whole, and a name with an attribute goes before.
    let whole = found("!GetAtt Pool.Arn").unwrap();
    assert_eq!(whole, POOL);
    let known = reader.clone().variable("AWS::AccountId", "123456789012");
    let arn = known.read(&template("!GetAtt Pool.Arn")).unwrap();
    let expected = "arn:aws:cognito-idp:eu-west-1:123456789012:userpool/eu-west-1_Ab129faBb";
    assert!(routes(&arn).contains(&format!("GET /pets Guard {expected}")), "{:?}", routes(&arn));
    let given = known.variable("Pool.Arn", "x").variable("Pool", expected);
    assert!(given.read(&template("x")).unwrap_err().to_string().contains("`x`"), "the authorizer names it too");
    let by_arn = ApiDefinition::reader().variable("Pool", expected).read(REST).unwrap();
    assert_eq!(by_arn.authorizers()[0].user_pools()[0].id().as_str(), POOL);
    for (region, partition, suffix) in
        [("cn-north-1", "aws-cn", "amazonaws.com.cn"), ("us-gov-west-1", "aws-us-gov", "amazonaws.com")]
    {
        let reader = ApiDefinition::reader().variable("Pool", POOL).variable("AWS::Region", region);
        let definition = reader.read(&template("!Sub '${AWS::Partition}/${AWS::URLSuffix}'")).unwrap();
        assert!(routes(&definition).contains(&format!("GET /pets Guard {partition}/{suffix}")));
    }
    let error = ApiDefinition::reader().read(REST).unwrap_err().to_string();
    assert!(error.contains("variable(\"Pool\", …)"), "{error}");
}

const HTTP: &str = r#"
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
fn an_http_api_of_resources_is_read() {
    let definition = read(HTTP);
    assert_eq!(routes(&definition), ["GET /pets Guard pets/read", "GET /health - open", "$default Guard token"]);
    let own = &definition.authorizers()[0];
    let audience: Vec<&str> = own.audience().iter().map(|own| own.as_str()).collect();
    assert_eq!((own.authorizer_type(), &*audience), (AuthorizerType::Jwt, &["1example23456789"][..]));
    assert_eq!(own.user_pools()[0].id().as_str(), POOL);
    assert_eq!(definition.defined_scopes(), None);
    definition.authorizer().unwrap().build().unwrap();
    let notes = notes(&definition);
    for part in ["a WebSocket API is not imported", "let the service answer preflight requests"] {
        assert!(notes.contains(part), "{notes}");
    }
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
            ("RouteKey: GET /health}", "RouteKey: GET /pets}", "the same route"),
            ("RouteKey: GET /health}", "RouteKey: get /health}", "get /health"),
            ("RouteKey: GET /health}", "RouteKey: $connect}", "$connect"),
            ("AuthorizerType: JWT", "AuthorizerType: REQUEST", "a `REQUEST` authorizer"),
            ("[$request.header.Authorization]", "[$request.header.A, $request.header.B]", "one identity source"),
            ("[$request.header.Authorization]", "[]", "one identity source"),
            ("amazonaws.com/${Pool}", "example/${Pool}", "no issuer of a Cognito user pool"),
            ("Audience: [!Ref Client]", "Audience: []", "audience list is empty"),
            ("        Audience: [!Ref Client]\n", "", "the audience list is missing"),
            ("Audience: [!Ref Client]", "audience: [!Ref Client]", "`audience` is not known here"),
            ("Name: Pets, ", "Body: {}, BodyS3Location: api.yaml, ", "there are two definitions"),
            ("  Rest:\n", "  X: {Type: AWS::ApiGatewayV2::ApiGatewayManagedOverrides}\n  Rest:\n", "changes routes"),
        ],
    );
}

/// 6.3.8: a definition within a template is read as one by itself, with functions.
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
            ("!If [IsOpen, [], [{pool: [pets/read]}]]", "!Ref Nobody", "names nothing"),
            (
                "!If [IsOpen, [], [{pool: [pets/read]}]]",
                "!If [IsOpen, [], [{nobody: []}]]",
                "/security/Fn::If/2/0/nobody: ",
            ),
            ("!If [IsOpen, {}, !Ref AWS::NoValue]", "!Ref Nobody", "names nothing"),
            ("{type: cognito_user_pools, ", "!Sub '${Nobody}' #", "names nothing"),
            ("basepath: prepend", "basepath: append", "expected ignore, prepend or split"),
        ],
    );
}

const SAM: &str = r#"
Transform: AWS::Serverless-2016-10-31
Globals:
  Function: {Runtime: python3.12}
  Api: {OpenApiVersion: 3.0.1}
Resources:
  Pool: {Type: AWS::Cognito::UserPool}
  Api:
    Type: AWS::Serverless::Api
    Properties:
      StageName: prod
      Cors: "'*'"
      Auth:
        DefaultAuthorizer: Guard
        AddDefaultAuthorizerToCorsPreflight: false
        Authorizers:
          Guard:
            UserPoolArn: !GetAtt Pool.Arn
            AuthorizationScopes: [pets/read]
            Identity: {Header: X-Token, ReauthorizeEvery: 30}
          Other: {UserPoolArn: [!GetAtt Pool.Arn]}
          Lambda: {FunctionArn: !GetAtt Function.Arn}
      GatewayResponses:
        UNAUTHORIZED: {StatusCode: 403, ResponseParameters: {Headers: {x-why: "'no'"}}}
  Function:
    Type: AWS::Serverless::Function
    Properties:
      Handler: x
      Events:
        Default: {Type: Api, Properties: {RestApiId: !Ref Api, Path: /a, Method: get}}
        Named: {Type: Api, Properties: {RestApiId: !Ref Api, Path: /b, Method: GET, Auth: {Authorizer: Other}}}
        Scoped:
          Type: Api
          Properties:
            RestApiId: !Ref Api
            Path: /c/{proxy+}
            Method: ANY
            Auth: {Authorizer: Guard, AuthorizationScopes: [pets/write]}
        NoScopes:
          Type: Api
          Properties: {RestApiId: !Ref Api, Path: /d, Method: post, Auth: {Authorizer: Guard, AuthorizationScopes: []}}
        Open: {Type: Api, Properties: {RestApiId: !Ref Api, Path: /e, Method: get, Auth: {Authorizer: NONE}}}
        Queue: {Type: SQS, Properties: {Queue: !GetAtt Queue.Arn}}
"#;

/// 6.3.9 to 6.3.12.
#[test]
fn an_api_of_sam_is_read_as_its_translator_makes_it() {
    let definition = read(SAM);
    assert_eq!(
        routes(&definition),
        [
            "GET /a Guard pets/read",
            "GET /b Other token",
            "ANY /c/{proxy+} Guard pets/write",
            "POST /d Guard token",
            "GET /e - open",
            "OPTIONS /a - open",
            "OPTIONS /b - open",
            "OPTIONS /c/{proxy+} - open",
            "OPTIONS /d - open",
            "OPTIONS /e - open",
        ]
    );
    let authorizers = definition.authorizers_with(|_, authorizer| authorizer).unwrap();
    assert!(authorizers.layer(definition.route_table().build().unwrap()).is_ok());
    let sources = definition.authorizers().iter().map(|own| own.identity_source().to_string());
    assert_eq!(sources.collect::<Vec<_>>(), ["method.request.header.x-token", "method.request.header.authorization"]);
    // By default the default authorizer is for preflight requests too.
    let guarded = with(SAM, "        AddDefaultAuthorizerToCorsPreflight: false\n", "");
    assert!(routes_of(&guarded).contains(&"OPTIONS /a Guard pets/read".to_owned()));
    let without = with(SAM, "      Cors: \"'*'\"\n", "");
    assert_eq!(routes_of(&without).len(), 5);
    // What is false to SAM makes no preflight routes, and what is false to YAML 1.1 alone has to be written otherwise.
    for off in ["false", "~", "''", "{}", "[]", "0"] {
        assert_eq!(routes_of(&with(SAM, "\"'*'\"", off)).len(), 5, "Cors: {off}");
    }
    for word in ["no", "Off", "n"] {
        assert!(problem(&with(SAM, "\"'*'\"", word)).contains("write `false`"), "Cors: {word}");
    }
    assert!(problem(&with(SAM, "\"'*'\"", "[1]")).contains("expected origins"));
    let policy = with(SAM, "  Api: {OpenApiVersion: 3.0.1}", "  Api: {OpenApiVersion: 3.0.1, Policy: {}}");
    assert!(problem(&policy).contains("a resource policy"));
    let no_default = with(&with(SAM, "        DefaultAuthorizer: Guard\n", ""), "Auth: {Authorizer: NONE}", "Auth: {}");
    assert!(routes_of(&no_default).contains(&"GET /a - open".to_owned()));
    refuses(
        SAM,
        &[
            ("Auth: {Authorizer: Other}", "Auth: {Authorizer: Lambda}", "a Lambda authorizer cannot be imported"),
            ("Auth: {Authorizer: Other}", "Auth: {Authorizer: AWS_IAM}", "`AWS_IAM` cannot be checked here"),
            ("Auth: {Authorizer: Other}", "Auth: {Authorizer: Nobody}", "none of the `Authorizers`"),
            ("Auth: {Authorizer: Other}", "Auth: {authorizer: Other}", "`authorizer` is not known here"),
            ("Auth: {Authorizer: Other}", "auth: {Authorizer: Other}", "`auth` is not known here"),
            ("Auth: {Authorizer: Other}", "Auth: {AuthorizationScopes: [a/b]}", "found by an authorizer"),
            ("Auth: {Authorizer: Other}", "Auth: {ResourcePolicy: {}}", "a resource policy"),
            ("Auth: {Authorizer: Other}", "Auth: ~", "expected a map"),
            ("Auth: {Authorizer: Other}", "Auth: {Authorizer: !Ref Nobody}", "names nothing"),
            ("Auth: {Authorizer: NONE}", "Auth: {Authorizer: NONE, ApiKeyRequired: true}", "an API key alone"),
            ("Auth: {Authorizer: NONE}", "Auth: {Authorizer: NONE, AuthorizationScopes: [a]}", "say one thing"),
            ("        DefaultAuthorizer: Guard\n", "", "is for an API with a `DefaultAuthorizer`"),
            ("DefaultAuthorizer: Guard", "DefaultAuthorizer: AWS_IAM", "`AWS_IAM` cannot be checked here"),
            ("DefaultAuthorizer: Guard", "DefaultAuthorizer: Lambda", "a Lambda authorizer"),
            ("DefaultAuthorizer: Guard", "DefaultAuthorizer: guard", "none of the `Authorizers`"),
            ("DefaultAuthorizer: Guard", "DefaultAuthoriser: Guard", "`DefaultAuthoriser` is not known here"),
            ("DefaultAuthorizer: Guard", "ResourcePolicy: {}", "a resource policy"),
            ("DefaultAuthorizer: Guard", "ApiKeyRequired: true", "an API key alone"),
            ("Preflight: false", "Preflight: no", "expected true or false"),
            ("      StageName: prod\n", "      StageName: prod\n      Policy: {}\n", "a resource policy"),
            ("      StageName: prod\n", "      StageName: prod\n      MergeDefinitions: true\n", "merged into"),
            (
                "      StageName: prod\n",
                "      StageName: prod\n      DefinitionUri: api.yaml\n      DefinitionBody: {}\n",
                "there are two definitions",
            ),
            (
                "      StageName: prod\n",
                "      StageName: prod\n      DefinitionUri: s3://a/b\n",
                "with `DefinitionBody` alone",
            ),
            ("      StageName: prod\n", "      StageName: prod\n      auth: {}\n", "`auth` is not known here"),
            (
                "    Type: AWS::Serverless::Api\n",
                "    Type: AWS::Serverless::Api\n    IgnoreGlobals: [Auth]\n",
                "IgnoreGlobals",
            ),
            ("      Events:\n", "      events:\n", "`events` is not `Events`"),
            ("Default: {Type: Api,", "Default: {Type: api,", "`api` is not `Api`"),
            ("Default: {Type: Api,", "Default: {", "`Type` is missing"),
            ("Path: /a, Method: get", "Path: /a", "a `Path` and a `Method`"),
            ("Path: /a, Method: get", "Path: /a, Method: fetch", "no method"),
            ("Path: /a, Method: get", "Path: /b, Method: get", "the same route"),
            ("Path: /a, Method: get", "Path: a, Method: get", "GET a"),
            ("Path: /a, Method: get", "Path: $default, Method: any", "for every method"),
            ("RestApiId: !Ref Api, Path: /a", "RestApiId: !Ref Pool, Path: /a", "is no `AWS::Serverless::Api`"),
            ("RestApiId: !Ref Api, Path: /a", "RestApiId: !ImportValue X, Path: /a", "`X` has no value"),
            ("  Api: {OpenApiVersion: 3.0.1}", "  api: {}", "`api` is not known here"),
            ("  Api: {OpenApiVersion: 3.0.1}", "  Api: {Auth: {Authorizers: {Guard: {}}}}", "SAM would merge the two"),
            ("  Api: {OpenApiVersion: 3.0.1}", "  Api: {Auth: {DefaultAuthorizer: [x]}}", "SAM would merge the two"),
            ("  Api: {OpenApiVersion: 3.0.1}", "  Api: {DefinitionUri: x}", "no definition for all APIs"),
            ("  Api: {OpenApiVersion: 3.0.1}", "  Api: {Auth: {ResourcePolicy: {}}}", "a resource policy"),
            ("Transform: AWS::Serverless-2016-10-31\n", "", "`Transform: AWS::Serverless-2016-10-31` is missing"),
            ("Headers: {x-why", "Paths: {x-why", "`Paths` is not known here"),
        ],
    );
}

/// 6.3.10: what `Globals` says of all APIs holds for the one that SAM makes of events.
#[test]
fn events_without_an_api_make_one() {
    let template = r#"
Transform: AWS::Serverless-2016-10-31
Globals:
  Api:
    Auth:
      DefaultAuthorizer: Guard
      ApiKeyRequired: true
      Authorizers: {Guard: {UserPoolArn: !GetAtt Pool.Arn}}
  HttpApi:
    Auth:
      Authorizers:
        Guard:
          AuthorizationScopes: [pets/read]
          IdentitySource: $request.header.Authorization
          JwtConfiguration: {Issuer: !GetAtt Pool.ProviderURL, audience: [!Ref Client]}
Conditions: {Never: !Equals [a, b]}
Resources:
  Pool: {Type: AWS::Cognito::UserPool}
  Client: {Type: AWS::Cognito::UserPoolClient}
  One:
    Type: AWS::Serverless::Function
    Properties:
      Events:
        Rest: {Type: Api, Properties: {Path: /a, Method: get}}
        Http: {Type: HttpApi}
        Guarded: {Type: HttpApi, Properties: {Path: /b, Method: options, Auth: {Authorizer: Guard}}}
  Two:
    Type: AWS::Serverless::Function
    Condition: Never
    Properties: {Events: {Rest: {Type: Api, Properties: {Path: /never, Method: get}}}}
  Three:
    Type: AWS::Serverless::StateMachine
    Properties: {Events: {Rest: {Type: Api, Properties: {Path: /three, Method: post, RestApiId: ServerlessRestApi}}}}
"#;
    let error = problem(template);
    assert!(error.contains("`ServerlessRestApi`, `ServerlessHttpApi`"), "{error}");
    // What stands in the template under such names is not theirs.
    let named = "Resources:\n  Properties: {Type: A::B::C, Auth: {}}\n  IgnoreGlobals: {Type: A::B::C}\n";
    let template = &with(template, "Resources:\n", named);
    let rest = reader().api("ServerlessRestApi").read(template).unwrap();
    assert_eq!(routes(&rest), ["GET /a Guard token", "POST /three Guard token"]);
    assert!(
        notes(&rest).contains("/Globals/Api/Auth/ApiKeyRequired: the API key is not checked here"),
        "{}",
        notes(&rest)
    );
    let http = reader().api("ServerlessHttpApi").read(template).unwrap();
    assert_eq!(routes(&http), ["$default - open", "OPTIONS /b Guard pets/read"]);
    assert_eq!(http.authorizers()[0].authorizer_type(), AuthorizerType::Jwt);
    // The name of that API is SAM's.
    let taken = with(template, "  One:\n", "  ServerlessRestApi: {Type: AWS::Serverless::Api}\n  One:\n");
    assert!(problem(&taken).contains("SAM makes an API of this name"));
}

/// 6.3.9, 6.3.13, 6.3.14: the rules of an HTTP API of SAM.
#[test]
fn an_http_api_of_sam_is_read_as_its_translator_makes_it() {
    let template = r#"
Transform: [AWS::Serverless-2016-10-31]
Resources:
  Pool: {Type: AWS::Cognito::UserPool}
  Client: {Type: AWS::Cognito::UserPoolClient}
  Api:
    Type: AWS::Serverless::HttpApi
    Properties:
      Auth:
        DefaultAuthorizer: Guard
        Authorizers:
          Guard:
            IdentitySource: $request.header.Authorization
            JwtConfiguration: {issuer: !GetAtt Pool.ProviderURL, audience: [!Ref Client]}
  Function:
    Type: AWS::Serverless::Function
    Properties:
      Events:
        A: {Type: HttpApi, Properties: {ApiId: !Ref Api, Path: /a, Method: get}}
        B: {Type: HttpApi, Properties: {ApiId: !Ref Api, Path: /b, Method: get, Auth: {AuthorizationScopes: [a/b]}}}
        C: {Type: HttpApi, Properties: {ApiId: !Ref Api, Path: /c, Method: options}}
        D: {Type: HttpApi, Properties: {ApiId: !Ref Api, Path: /d, Method: x-amazon-apigateway-any-method}}
        E: {Type: HttpApi, Properties: {ApiId: !Ref Api, Path: /e, Method: get, Auth: {Authorizer: NONE}}}
        F: {Type: HttpApi, Properties: {ApiId: !Ref Api}}
"#;
    let expected = [
        "GET /a Guard token",
        "GET /b Guard a/b",
        "OPTIONS /c - open",
        "ANY /d Guard token",
        "GET /e - open",
        "$default Guard token",
    ];
    assert_eq!(routes_of(template), expected);
    refuses(
        template,
        &[
            ("{issuer: !GetAtt Pool.ProviderURL, ", "{issuer: x, Issuer: y, ", "stands twice"),
            ("{issuer: !GetAtt Pool.ProviderURL, ", "{isuer: x, ", "only `issuer` and `audience`"),
            ("            IdentitySource: $request.header.Authorization\n", "", "`IdentitySource` is missing"),
            (
                "            IdentitySource:",
                "            FunctionArn: x\n            IdentitySource:",
                "a Lambda authorizer",
            ),
            ("        DefaultAuthorizer: Guard\n", "", "has no `DefaultAuthorizer`"),
            ("Auth: {Authorizer: NONE}", "Auth: {ApiKeyRequired: true}", "`ApiKeyRequired` is not known here"),
            ("Path: /a, Method: get", "Path: /a", "a `Path` and a `Method`"),
        ],
    );
    // A definition of its own: what it lacks comes from events, and what it says counts.
    let definition = r#"
      DefinitionBody:
        openapi: 3.0.1
        paths:
          /a: {get: {security: []}}
          /x: {get: {security: [{Guard: [x/y]}]}, options: {}}
      Auth:"#;
    let own = with(
        &with(template, "\n      Auth:\n", &format!("{definition}\n")),
        "Auth: {AuthorizationScopes: [a/b]}",
        "PayloadFormatVersion: '2.0'",
    );
    let own = with(&own, ", Auth: {Authorizer: NONE}", "");
    let expected = [
        "GET /a Guard token",
        "GET /x Guard x/y",
        "OPTIONS /x - open",
        "GET /b Guard token",
        "OPTIONS /c - open",
        "ANY /d Guard token",
        "GET /e Guard token",
        "$default Guard token",
    ];
    assert_eq!(routes_of(&own), expected);
    let scheme =
        "openapi: 3.0.1\n        components: {securitySchemes: {Guard: {type: apiKey, in: header, name: x-api-key}}}\n";
    let twice = with(&own, "openapi: 3.0.1\n", scheme);
    assert!(problem(&twice).contains("there are two authorizers `Guard`"));
    let meant = with(&own, "Path: /a, Method: get", "Path: /a, Method: get, Auth: {Authorizer: Guard}");
    assert!(problem(&meant).contains("a definition of its own"));
    let both = with(&own, "openapi: 3.0.1\n", "openapi: 3.0.1\n        security: [{Guard: []}]\n");
    assert!(problem(&both).contains("this is another: say one thing"));
    let marked = with(&own, "/a: {get: {security: []}}", "/a: {get: {security: [{NONE: []}]}}");
    assert_eq!(routes_of(&marked)[0], "GET /a - open");
    let two = with(&own, "/a: {get: {security: []}}", "/a: {get: {security: [{Guard: []}, {NONE: []}]}}");
    assert!(problem(&two).contains("no security scheme of this name"));
    let without = with(
        &with(&marked, "        DefaultAuthorizer: Guard\n", ""),
        "Path: /e, Method: get",
        "Path: /e, Method: put",
    );
    assert!(problem(&without).contains("no security scheme of this name"));
    let marked = with(&own, "/a: {get: {security: []}}", "/a: {get: {x-amazon-apigateway-auth: {type: NONE}}}");
    assert!(problem(&marked).contains("this would open the route"));
}

/// 6.3.14, 10.65: a definition in a file beside the template.
#[test]
fn a_definition_that_a_template_refers_to_is_read_beside_it() {
    let folder = std::env::temp_dir().join(format!("cognito-authorizer-template-{}", std::process::id()));
    fs::create_dir_all(folder.join("api")).unwrap();
    let arn = "arn:aws:cognito-idp:eu-west-1:123456789012:userpool/eu-west-1_Ab129faBb";
    let definition = format!(
        "openapi: 3.0.1\npaths:\n  /pets:\n    get:\n      security: [{{pool: [pets/read]}}]\ncomponents:\n  securitySchemes:\n    \
         pool:\n      type: apiKey\n      in: header\n      name: Authorization\n      x-amazon-apigateway-authorizer: \
         {{type: cognito_user_pools, providerARNs: ['{arn}']}}\n"
    );
    let template = |kind: &str, property: &str, location: &str| {
        format!(
            "Transform: AWS::Serverless-2016-10-31\nResources:\n  Api:\n    Type: {kind}\n    Properties:\n      {property}: {location}\n"
        )
    };
    fs::write(folder.join("api/openapi.yaml"), &definition).unwrap();
    fs::write(folder.join("api/wrong.yaml"), definition.replace("pool: [pets/read]", "nobody: []")).unwrap();
    fs::write(folder.join("api/broken.yaml"), "a: [\n").unwrap();
    let path = folder.join("template.yaml");
    let read = |template: &str| {
        fs::write(&path, template).unwrap();
        reader().read_file(&path)
    };
    for (kind, property) in [
        ("AWS::Serverless::Api", "DefinitionUri"),
        ("AWS::Serverless::HttpApi", "DefinitionUri"),
        ("AWS::ApiGateway::RestApi", "BodyS3Location"),
        ("AWS::ApiGatewayV2::Api", "BodyS3Location"),
    ] {
        let definition = read(&template(kind, property, "api/openapi.yaml")).unwrap();
        assert_eq!(routes(&definition), ["GET /pets pool pets/read"], "{kind}");
    }
    let of = |location: &str| template("AWS::Serverless::Api", "DefinitionUri", location);
    for (location, part) in [
        ("api/nowhere.yaml", "line 6, /Resources/Api/Properties/DefinitionUri: cannot read `api/nowhere.yaml`"),
        ("api", "it is not a regular file"),
        ("/etc/hosts", "only a path relative to the template"),
        ("../Cargo.toml", "and below it"),
        ("api/../../Cargo.toml", "and below it"),
        ("s3://bucket/key", "only a path relative to the template"),
        ("{Bucket: a, Key: b}", "a definition in S3 cannot be read"),
        ("!Ref Nobody", "names nothing"),
        ("api/wrong.yaml", "`api/wrong.yaml`, line 5, /paths/~1pets/get/security/0/nobody: "),
        ("api/broken.yaml", "`api/broken.yaml`, line 2: that is not YAML"),
    ] {
        let error = read(&of(location)).unwrap_err().to_string();
        assert!(error.contains(part), "{location}: {error}");
    }
    let error = reader().read(&of("api/openapi.yaml")).unwrap_err().to_string();
    assert!(error.contains("read the template with `read_file`"), "{error}");
    fs::remove_dir_all(&folder).unwrap();
}

/// 10.68: not read, and said so.
#[test]
fn what_is_not_enforced_is_noted() {
    let more = r#"Resources:
  Plan: {Type: AWS::ApiGateway::UsagePlan}
  Firewall: {Type: AWS::WAFv2::WebACLAssociation}
  Nested: {Type: AWS::CloudFormation::Stack}
  Deployment: {Type: AWS::ApiGateway::Deployment}
  Plain: {Type: AWS::ApiGateway::DomainName, Properties: {DomainName: pets.example}}
  Mutual: {Type: AWS::ApiGateway::DomainName, Properties: {MutualTlsAuthentication: {TruststoreUri: "s3://a/b"}}}
  Closed: {Type: AWS::ApiGateway::DomainNameV2, Properties: {Policy: {Statement: []}}}
  Http: {Type: AWS::ApiGatewayV2::DomainName, Properties: {MutualTlsAuthentication: {TruststoreUri: "s3://a/b"}}}
"#;
    let private = with(REST, "{Name: Pets}", "{Name: Pets, EndpointConfiguration: {Types: [PRIVATE]}}");
    let definition = read(&with(&private, "Resources:\n", more));
    let found = notes(&definition);
    assert!(found.contains("EndpointConfiguration: a private endpoint"), "{found}");
    for name in ["Plan", "Firewall", "Nested"] {
        assert!(found.contains(&format!("/Resources/{name}: ")), "{found}");
    }
    for place in ["Mutual/Properties/MutualTlsAuthentication", "Closed/Properties/Policy", "Http/Properties/MutualTls"]
    {
        assert!(found.contains(&format!("/Resources/{place}")), "{place}: {found}");
    }
    for name in ["Deployment", "Plain"] {
        assert!(!found.contains(&format!("/Resources/{name}")), "{found}");
    }
    let domain = "      StageName: prod\n      Domain: {MutualTlsAuthentication: {TruststoreUri: \"s3://a/b\"}}\n";
    let definition = read(&with(SAM, "      StageName: prod\n", domain));
    assert!(notes(&definition).contains("/Domain/MutualTlsAuthentication: of a custom domain"));
    // A resource server of which not all is known: nothing is said of its scopes.
    let unknown =
        with(&with(REST, "Identifier: pets", "Identifier: !Ref Pets"), "!Sub \"${Server}/read\"", "pets/read");
    let definition = read(&unknown);
    assert_eq!(definition.defined_scopes(), None);
    assert!(notes(&definition).contains("/Resources/Server/Properties/Identifier: "));
}

/// 10.62: each is answered at once, and says why.
#[test]
#[allow(clippy::disallowed_methods, reason = "a test measures")]
#[ignore = "takes several seconds: .ci/run"]
fn what_was_made_to_exhaust_it_does_not() {
    let many = |count: usize, item: &dyn Fn(usize) -> String| (0..count).map(item).collect::<Vec<_>>().join(",");
    let of = |sections: &str, resources: &str| {
        let api = r#""Api":{"Type":"AWS::ApiGateway::RestApi"}"#;
        format!(r#"{{{sections}"Resources":{{{api},{resources}}}}}"#)
    };
    let resource = |name: &str, kind: &str, properties: &str| {
        format!(r#""{name}":{{"Type":"AWS::{kind}","Properties":{{{properties}}}}}"#)
    };
    let of_api = |name: &str, kind: &str, properties: &str| {
        resource(name, &format!("ApiGateway::{kind}"), &format!(r#""RestApiId":{{"Ref":"Api"}},{properties}"#))
    };
    let guard = of_api(
        "Guard",
        "Authorizer",
        &format!(r#""Type":"COGNITO_USER_POOLS","IdentitySource":"method.request.header.A","ProviderARNs":["{POOL}"]"#),
    );
    let asking = |scopes: &str| {
        let method = of_api(
            "M",
            "Method",
            &format!(
                r#""ResourceId":{{"Fn::GetAtt":["Api","RootResourceId"]}},"HttpMethod":"GET","AuthorizerId":{{"Ref":"Guard"}},
                "AuthorizationType":"COGNITO_USER_POOLS","AuthorizationScopes":[{scopes}]"#
            ),
        );
        format!("{guard},{method}")
    };
    let under = |condition: &str| asking("").replace(r#""M":{"#, &format!(r#""M":{{"Condition":"{condition}","#));
    let conditions = |all: &str| format!(r#""Conditions":{{{all}}},"#);
    let chain = many(20_000, &|number| format!(r#""C{number}":{{"Fn::Not":[{{"Condition":"C{}"}}]}}"#, number + 1));
    let doubled = many(20, &|number| {
        let next = format!(r#"{{"Condition":"C{}"}}"#, number + 1);
        format!(r#""C{number}":{{"Fn::And":[{next},{next}]}}"#)
    });
    let server = |name: &str, identifier: &str| {
        resource(name, "Cognito::UserPoolResourceServer", &format!(r#""Identifier":{identifier}"#))
    };
    let servers = many(40, &|number| {
        let next = format!("${{S{}}}", number + 1);
        server(&format!("S{number}"), &format!(r#"{{"Fn::Sub":"{next}{next}"}}"#))
    });
    let wide = many(15, &|number| {
        let next = format!("${{S{}}}", number + 1);
        server(&format!("S{number}"), &format!(r#"{{"Fn::Sub":"{}"}}"#, next.repeat(10)))
    });
    let parameter = format!(r#""Parameters":{{"P":{{"Type":"String","Default":"{}"}}}},"#, "x".repeat(3_000_000));
    let resources = many(20_000, &|number| {
        let parent = format!(r#""PathPart":"p","ParentId":{{"Ref":"R{}"}}"#, number + 1);
        of_api(&format!("R{number}"), "Resource", &parent)
    });
    let below = asking("").replace(r#"{"Fn::GetAtt":["Api","RootResourceId"]}"#, r#"{"Ref":"R0"}"#);
    let long = of_api(
        "Long",
        "Resource",
        &format!(r#""PathPart":"{}","ParentId":{{"Fn::GetAtt":["Api","RootResourceId"]}}"#, "x".repeat(10_000)),
    );
    let below_long = many(4_000, &|number| {
        let parent = format!(r#""PathPart":"p{number}","ParentId":{{"Ref":"Long"}}"#);
        let method = format!(r#""ResourceId":{{"Ref":"B{number}"}},"HttpMethod":"GET""#);
        let resource = of_api(&format!("B{number}"), "Resource", &parent);
        format!("{resource},{}", of_api(&format!("N{number}"), "Method", &method))
    });
    let long = format!("{long},{below_long}");
    let mapping = many(20_000, &|number| format!(r#""k{number}":{{"a":"b"}}"#));
    let mapped = many(20_000, &|_| r#"{"Fn::FindInMap":["M","k19999","a"]}"#.to_owned());
    let nested = (0..16).fold("x".to_owned(), |inner, _| format!(r#"{{"Fn::Join":["",[{inner},{inner}]]}}"#));
    let nested = nested.replace('x', r#""xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx""#);
    let one = r#"{"Fn::Equals":["a","a"]}"#;
    let reference = |name: &str| format!(r#"{{"Ref":"{name}"}}"#);
    let too_much = "amount to too much";
    for (name, text, part) in [
        (
            "a condition that refers to itself",
            of(&conditions(r#""C":{"Fn::Not":[{"Condition":"C"}]}"#), &under("C")),
            "the condition `C` refers to itself",
        ),
        (
            "a long chain of conditions",
            of(&conditions(&format!(r#"{chain},"C20000":{one}"#)), &under("C0")),
            "nested more than 100 deep",
        ),
        (
            "doubled conditions in a circle",
            of(&conditions(&format!(r#"{doubled},"C20":{{"Condition":"C0"}}"#)), &under("C0")),
            "the condition `C0` refers to itself",
        ),
        (
            "an identifier in a circle",
            of("", &format!("{},{}", server("S", &reference("S")), asking(&reference("S")))),
            "this refers to itself",
        ),
        (
            "doubled identifiers",
            of("", &format!("{servers},{}", asking(&reference("S0")))),
            "nested more than 100 deep",
        ),
        (
            "identifiers of ten identifiers",
            of("", &format!("{wide},{},{}", server("S15", r#""x""#), asking(&reference("S0")))),
            too_much,
        ),
        ("a text many times", of(&parameter, &asking(&many(40_000, &|_| reference("P")))), too_much),
        (
            "a text many times in one",
            of(&parameter, &asking(&format!(r#"{{"Fn::Sub":"{}"}}"#, "${P}".repeat(500_000)))),
            too_much,
        ),
        (
            "a text between many",
            of(
                &parameter,
                &asking(&format!(r#"{{"Fn::Join":[{{"Ref":"P"}},[{}]]}}"#, many(200_000, &|_| r#""a""#.to_owned()))),
            ),
            too_much,
        ),
        (
            "a text split into many",
            of(&parameter, &asking(r#"{"Fn::Join":["a",{"Fn::Split":["x",{"Ref":"P"}]}]}"#)),
            too_much,
        ),
        ("joins within joins", of("", &asking(&nested)), too_much),
        ("a long chain of resources", of("", &format!("{resources},{below}")), "longer than any"),
        (
            "a large mapping many times",
            of(&format!(r#""Mappings":{{"M":{{{mapping}}}}},"#), &asking(&mapped)),
            too_much,
        ),
        ("many resources below a long one", of("", &format!("{long},{}", asking(""))), "take more than 2000000 steps"),
        (
            "more than six megabytes",
            of(&format!(r#""Metadata":{{"x":"{}"}},"#, "x".repeat(6_500_000)), &asking("")),
            "larger than",
        ),
    ] {
        let error = ApiDefinition::reader().read(&text).expect_err(name).to_string();
        assert!(error.contains(part), "{name}: {}", error.chars().take(1_000).collect::<String>());
        assert!(error.len() < 1_000_000, "{name}: {}", error.len());
    }
    // What many routes have by default is kept once.
    let shared = with(SAM, "AuthorizationScopes: [pets/read]", "AuthorizationScopes: [a/b, c/d]");
    let shared = read(&with(&shared, "Auth: {Authorizer: Other}", "Auth: {Authorizer: Guard}"));
    let places = shared.routes().iter().filter_map(|route| route.authorization().scope_names().map(str::as_ptr).nth(1));
    let places: Vec<_> = places.collect();
    assert!(places.len() == 2 && places[0] == places[1], "{places:?}");
    // Conditions that ask for each other twice are evaluated once.
    let honest = of(&conditions(&format!(r#"{doubled},"C20":{one}"#)), &under("C0"));
    assert_eq!(ApiDefinition::reader().read(&honest).unwrap().routes().len(), 1);
    let methods = many(10_000, &|number| {
        let resource = of_api(
            &format!("R{number}"),
            "Resource",
            &format!(r#""PathPart":"p{number}","ParentId":{{"Fn::GetAtt":["Api","RootResourceId"]}}"#),
        );
        let method = of_api(
            &format!("M{number}"),
            "Method",
            &format!(r#""ResourceId":{{"Ref":"R{number}"}},"HttpMethod":"GET""#),
        );
        format!("{resource},{method}")
    });
    assert_eq!(ApiDefinition::reader().read(&of("", &methods)).unwrap().routes().len(), 10_000);
}

/// 6.3.15: what `cdk synth` writes for two stacks, one with the user pool, one with the REST API; through the layer.
#[tokio::test]
async fn a_synthesized_template_guards_a_service() {
    let pool = LocalUserPool::start(LocalUserPoolConfig::new(POOL), "127.0.0.1:0".parse().unwrap()).await.unwrap();
    let template = include_str!("../templates/books.template.json");
    let reader =
        ApiDefinition::reader().variable("AWS::Region", "eu-west-1").variable("AWS::AccountId", "123456789012");
    let error = reader.read(template).unwrap_err().to_string();
    assert!(error.contains("variable(\"SsmParameterValueBooksUserPoolIdParameter\", …)"), "{error}");
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
        ("OPTIONS", "/prod/book", None, 200),
        ("GET", "/prod/book", None, 401),
        ("GET", "/prod", None, 403),
        ("GET", "/book", Some(&book), 403),
    ] {
        let tokens: Vec<&str> = token.iter().map(|token| token.as_str()).collect();
        assert_eq!(send(&layer, request(method, path, &tokens)).await.status, status, "{method} {path}");
    }
    assert_eq!(definition.defined_scopes(), None);
}
