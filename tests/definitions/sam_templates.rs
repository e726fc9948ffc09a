//! Tests templates with SAM APIs.

use super::api_definition_template::{notes, problem, read, reader, refuses, routes_of, with};
use crate::support::definitions::routes;
use cognito_authorizer::AuthorizerType;

pub(super) const SAM: &str = r#"
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
    // By default the default authorizer also applies to preflight requests.
    let guarded = with(SAM, "        AddDefaultAuthorizerToCorsPreflight: false\n", "");
    assert!(routes_of(&guarded).contains(&"OPTIONS /a Guard pets/read".to_owned()));
    let without = with(SAM, "      Cors: \"'*'\"\n", "");
    assert_eq!(routes_of(&without).len(), 5);
    // Values that SAM treats as false add no preflight routes. A value that is false only in YAML 1.1 is rejected.
    for off in ["false", "~", "''", "{}", "[]", "0"] {
        assert_eq!(routes_of(&with(SAM, "\"'*'\"", off)).len(), 5, "Cors: {off}");
    }
    for word in ["no", "Off", "n"] {
        assert!(problem(&with(SAM, "\"'*'\"", word)).contains("write `false`"), "Cors: {word}");
    }
    assert!(problem(&with(SAM, "\"'*'\"", "[1]")).contains("expected an origin"));
    let policy = with(SAM, "  Api: {OpenApiVersion: 3.0.1}", "  Api: {OpenApiVersion: 3.0.1, Policy: {}}");
    assert!(problem(&policy).contains("a resource policy"));
    let no_default = with(&with(SAM, "        DefaultAuthorizer: Guard\n", ""), "Auth: {Authorizer: NONE}", "Auth: {}");
    assert!(routes_of(&no_default).contains(&"GET /a - open".to_owned()));
    refuses(
        SAM,
        &[
            ("Auth: {Authorizer: Other}", "Auth: {Authorizer: Lambda}", "a Lambda authorizer cannot be imported"),
            ("Auth: {Authorizer: Other}", "Auth: {Authorizer: AWS_IAM}", "`AWS_IAM` cannot be checked here"),
            ("Auth: {Authorizer: Other}", "Auth: {Authorizer: Nobody}", "not one of the `Authorizers`"),
            ("Auth: {Authorizer: Other}", "Auth: {authorizer: Other}", "`authorizer` is not known here"),
            ("Auth: {Authorizer: Other}", "auth: {Authorizer: Other}", "`auth` is not known here"),
            ("Auth: {Authorizer: Other}", "Auth: {AuthorizationScopes: [a/b]}", "scopes require an authorizer"),
            ("Auth: {Authorizer: Other}", "Auth: {ResourcePolicy: {}}", "a resource policy"),
            ("Auth: {Authorizer: Other}", "Auth: ~", "expected a map"),
            ("Auth: {Authorizer: Other}", "Auth: {Authorizer: !Ref Nobody}", "is not defined"),
            ("Auth: {Authorizer: NONE}", "Auth: {Authorizer: NONE, ApiKeyRequired: true}", "an API key alone"),
            (
                "Auth: {Authorizer: NONE}",
                "Auth: {Authorizer: NONE, AuthorizationScopes: [a]}",
                "cannot be combined with `AuthorizationScopes`",
            ),
            ("        DefaultAuthorizer: Guard\n", "", "requires a `DefaultAuthorizer`"),
            ("DefaultAuthorizer: Guard", "DefaultAuthorizer: AWS_IAM", "`AWS_IAM` cannot be checked here"),
            ("DefaultAuthorizer: Guard", "DefaultAuthorizer: Lambda", "a Lambda authorizer"),
            ("DefaultAuthorizer: Guard", "DefaultAuthorizer: guard", "not one of the `Authorizers`"),
            ("DefaultAuthorizer: Guard", "DefaultAuthoriser: Guard", "`DefaultAuthoriser` is not known here"),
            ("DefaultAuthorizer: Guard", "ResourcePolicy: {}", "a resource policy"),
            ("DefaultAuthorizer: Guard", "ApiKeyRequired: true", "an API key alone"),
            ("Preflight: false", "Preflight: no", "expected true or false"),
            ("      StageName: prod\n", "      StageName: prod\n      Policy: {}\n", "a resource policy"),
            (
                "      StageName: prod\n",
                "      StageName: prod\n      MergeDefinitions: true\n",
                "`MergeDefinitions` is not supported",
            ),
            (
                "      StageName: prod\n",
                "      StageName: prod\n      DefinitionUri: api.yaml\n      DefinitionBody: {}\n",
                "there are two definitions",
            ),
            (
                "      StageName: prod\n",
                "      StageName: prod\n      DefinitionUri: s3://a/b\n",
                "only with `DefinitionBody`",
            ),
            ("      StageName: prod\n", "      StageName: prod\n      auth: {}\n", "`auth` is not known here"),
            (
                "    Type: AWS::Serverless::Api\n",
                "    Type: AWS::Serverless::Api\n    IgnoreGlobals: [Auth]\n",
                "IgnoreGlobals",
            ),
            ("      Events:\n", "      events:\n", "`events` has the wrong case: write `Events`"),
            ("Default: {Type: Api,", "Default: {Type: api,", "`api` has the wrong case: write `Api`"),
            ("Default: {Type: Api,", "Default: {", "`Type` is missing"),
            ("Path: /a, Method: get", "Path: /a", "a `Path` and a `Method`"),
            ("Path: /a, Method: get", "Path: /a, Method: fetch", "not a method"),
            ("Path: /a, Method: get", "Path: /b, Method: get", "duplicate of the route"),
            ("Path: /a, Method: get", "Path: a, Method: get", "GET a"),
            ("Path: /a, Method: get", "Path: $default, Method: any", "for every method"),
            ("RestApiId: !Ref Api, Path: /a", "RestApiId: !Ref Pool, Path: /a", "is not an `AWS::Serverless::Api`"),
            ("RestApiId: !Ref Api, Path: /a", "RestApiId: !ImportValue X, Path: /a", "no stack of the app exports `X`"),
            ("  Api: {OpenApiVersion: 3.0.1}", "  api: {}", "`api` is not known here"),
            ("  Api: {OpenApiVersion: 3.0.1}", "  Api: {Auth: {Authorizers: {Guard: {}}}}", "SAM would merge the two"),
            ("  Api: {OpenApiVersion: 3.0.1}", "  Api: {Auth: {DefaultAuthorizer: [x]}}", "SAM would merge the two"),
            (
                "  Api: {OpenApiVersion: 3.0.1}",
                "  Api: {DefinitionUri: x}",
                "does not support `DefinitionUri` in `Globals`",
            ),
            ("  Api: {OpenApiVersion: 3.0.1}", "  Api: {Auth: {ResourcePolicy: {}}}", "a resource policy"),
            ("Transform: AWS::Serverless-2016-10-31\n", "", "requires `Transform: AWS::Serverless-2016-10-31`"),
            ("Headers: {x-why", "Path: {x-why", "`Path` is not known here"),
        ],
    );
}

/// 6.3.10: `Globals` also applies to the API that SAM creates from events.
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
    // Resources with these names in the template have no effect on the APIs that SAM creates.
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
    // SAM reserves the name of the API.
    let taken = with(template, "  One:\n", "  ServerlessRestApi: {Type: AWS::Serverless::Api}\n  One:\n");
    assert!(problem(&taken).contains("reserved by SAM"));
}

/// 6.3.9, 6.3.13, 6.3.14: the rules of a SAM HTTP API.
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
            ("{issuer: !GetAtt Pool.ProviderURL, ", "{issuer: x, Issuer: y, ", "is set twice"),
            ("{issuer: !GetAtt Pool.ProviderURL, ", "{isuer: x, ", "expected `issuer` or `audience`"),
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
    // The API has its own definition: events add the missing operations, and the definition's own settings apply.
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
    assert!(problem(&meant).contains("its own definition"));
    let both = with(&own, "openapi: 3.0.1\n", "openapi: 3.0.1\n        security: [{Guard: []}]\n");
    assert!(problem(&both).contains("the root `security` conflicts with the `DefaultAuthorizer`"));
    let marked = with(&own, "/a: {get: {security: []}}", "/a: {get: {security: [{NONE: []}]}}");
    assert_eq!(routes_of(&marked)[0], "GET /a - open");
    let two = with(&own, "/a: {get: {security: []}}", "/a: {get: {security: [{Guard: []}, {NONE: []}]}}");
    assert!(problem(&two).contains("unknown security scheme"));
    let without = with(
        &with(&marked, "        DefaultAuthorizer: Guard\n", ""),
        "Path: /e, Method: get",
        "Path: /e, Method: put",
    );
    assert_eq!(routes_of(&without)[0], "GET /a - open", "SAM leaves the mark in what it makes");
    let marked = with(&own, "/a: {get: {security: []}}", "/a: {get: {x-amazon-apigateway-auth: {type: NONE}}}");
    assert!(problem(&marked).contains("would open this route"));
}
