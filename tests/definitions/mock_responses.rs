//! `OPTIONS` methods with a mock integration, as SAM and the CDK write them. Row: `src/docs/behaviour.md` §2.4.7.
//!
//! The expected values are what SAM's translator and the CDK wrote, and what API Gateway makes of it.
use cognito_authorizer::{api_definition::ApiDefinition, route::MockResponse};
use serde_json::{Value, json};

/// Returns the response of each `OPTIONS` route, and the notes.
fn read(template: &Value) -> (Vec<(String, Option<MockResponse>)>, String) {
    let definition = ApiDefinition::reader().read(&template.to_string()).unwrap();
    let preflights = definition.routes().iter().filter(|route| route.route_key().as_str().starts_with("OPTIONS "));
    let preflights = preflights.map(|route| (route.route_key().to_string(), route.mock_response().cloned()));
    let notes: Vec<String> = definition.notes().iter().map(ToString::to_string).collect();
    (preflights.collect(), notes.join("\n"))
}

fn response(status: u16, headers: &[(&str, &str)]) -> MockResponse {
    headers.iter().fold(MockResponse::new(status).unwrap(), |response, (name, value)| {
        response.header(&format!("access-control-{name}"), value).unwrap()
    })
}

const POOL: &str = "arn:aws:cognito-idp:eu-west-1:123456789012:userpool/eu-west-1_Ab129faBb";

fn sam(cors: Value) -> Value {
    let event = |path: &str, method: &str| json!({"Type": "Api", "Properties": {"Path": path, "Method": method, "RestApiId": {"Ref": "Api"}}});
    json!({
        "Transform": "AWS::Serverless-2016-10-31",
        "Parameters": {"Origin": {"Type": "String", "Default": "'https://app.example'"}},
        "Resources": {
            "Api": {"Type": "AWS::Serverless::Api", "Properties": {"StageName": "p", "Cors": cors, "Auth": {
                "DefaultAuthorizer": "C", "AddDefaultAuthorizerToCorsPreflight": false,
                "Authorizers": {"C": {"UserPoolArn": POOL}},
            }}},
            "F": {"Type": "AWS::Serverless::Function", "Properties": {"Handler": "a", "Runtime": "nodejs20.x", "Events": {
                "A": event("/a", "post"), "B": event("/a", "get"), "C": event("/b", "any"),
            }}},
        },
    })
}

#[test]
fn sam_answers_with_the_methods_of_the_path() {
    let all = "DELETE,GET,HEAD,OPTIONS,PATCH,POST,PUT";
    let answer = |methods: &str, more: &[(&str, &str)]| {
        let headers: Vec<_> = more.iter().copied().chain([("allow-methods", methods)]).collect();
        Some(sorted(response(200, &headers).body("{}\n")))
    };
    let any = ("allow-origin", "*");
    for (cors, a, b) in [
        (json!("'*'"), answer("GET,OPTIONS,POST", &[any]), answer(all, &[any])),
        (
            json!({"Ref": "Origin"}),
            answer("GET,OPTIONS,POST", &[("allow-origin", "https://app.example")]),
            answer(all, &[("allow-origin", "https://app.example")]),
        ),
        (
            json!({"AllowMethods": "'GET'", "AllowCredentials": true, "MaxAge": "'600'", "AllowHeaders": "'A,B'"}),
            answer("GET", &[any, ("max-age", "600"), ("allow-credentials", "true"), ("allow-headers", "A,B")]),
            answer("GET", &[any, ("max-age", "600"), ("allow-credentials", "true"), ("allow-headers", "A,B")]),
        ),
    ] {
        let (preflights, notes) = read(&sam(cors));
        let found: Vec<_> = preflights.into_iter().map(|(key, response)| (key, response.map(sorted))).collect();
        assert_eq!(found, [("OPTIONS /a".to_owned(), a), ("OPTIONS /b".to_owned(), b)]);
        assert!(!notes.contains("preflight"), "{notes}");
    }
    // API Gateway does not take a value without quotes.
    let (preflights, notes) = read(&sam(json!("https://app.example")));
    assert!(preflights.iter().all(|(_, response)| response.is_none()), "{preflights:?}");
    assert!(
        notes.contains("the service must answer preflight requests") && notes.contains("in single quotes"),
        "{notes}"
    );
    // Where `OPTIONS` requires a token, the layer answers nothing.
    let mut guarded = sam(json!("'*'"));
    guarded["Resources"]["Api"]["Properties"]["Auth"]["AddDefaultAuthorizerToCorsPreflight"] = json!(true);
    assert!(read(&guarded).0.iter().all(|(_, response)| response.is_none()));
}

/// The order of headers is not compared.
fn sorted(response: MockResponse) -> String {
    let text = format!("{response:?}");
    let mut words: Vec<&str> = text.split(['(', ')']).collect();
    words.sort_unstable();
    words.join(" ")
}

/// The two templates of the CDK for one and for several origins, and what is not static.
#[test]
fn the_cdk_names_the_origin_of_the_request() {
    let template = "#set($origin = $input.params().header.get(\"Origin\"))\n#if($origin == \"\")\n  \
                    #set($origin = $input.params().header.get(\"origin\"))\n#end\n\
                    #if($origin == \"https://b.example\" || $origin == \"https://c.example\")\n  \
                    #set($context.responseOverride.header.Access-Control-Allow-Origin = $origin)\n#end";
    let api = |integration: Value| {
        json!({"Resources": {
            "Api": {"Type": "AWS::ApiGateway::RestApi"},
            "Options": {"Type": "AWS::ApiGateway::Method", "Properties": {
                "RestApiId": {"Ref": "Api"}, "ResourceId": {"Fn::GetAtt": ["Api", "RootResourceId"]}, "HttpMethod": "OPTIONS",
                "AuthorizationType": "NONE", "Integration": integration,
            }},
        }})
    };
    let integration = |more: &[(&str, Value)]| {
        let mut own = json!({"StatusCode": "204", "ResponseParameters": {
            "method.response.header.Access-Control-Allow-Headers": "'Authorization'",
            "method.response.header.Access-Control-Allow-Origin": "'https://a.example'",
            "method.response.header.Vary": "'Origin'",
        }});
        for (name, value) in more {
            own[*name] = value.clone();
        }
        json!({"Type": "MOCK", "RequestTemplates": {"application/json": "{ statusCode: 200 }"}, "IntegrationResponses": [own]})
    };
    let fixed = response(204, &[("allow-headers", "Authorization"), ("allow-origin", "https://a.example")]);
    let fixed = fixed.header("vary", "Origin").unwrap();
    let several =
        fixed.clone().further_origin("https://b.example").unwrap().further_origin("https://c.example").unwrap();
    let templates = |text: &str| ("ResponseTemplates", json!({"application/json": text}));
    let of = |integration: Value| read(&api(integration)).0.remove(0).1;
    assert_eq!(of(integration(&[])), Some(fixed.clone()));
    assert_eq!(of(integration(&[templates("{}")])), Some(fixed.body("{}")));
    assert_eq!(of(integration(&[templates(template)])), Some(several));
    for (name, value) in [
        templates(&template.replace("https://b.example\"", "https://b.example\" && 1")),
        templates(&format!("{template}\n$context.requestId")),
        templates("$input.json('$')"),
        ("SelectionPattern", json!("4..")),
        ("ResponseParameters", json!({"method.response.header.X": "integration.response.header.X"})),
        ("ResponseParameters", json!({"method.response.header.Content-Length": "'5'"})),
        ("StatusCode", json!("1000")),
    ] {
        let (preflights, notes) = read(&api(integration(&[(name, value.clone())])));
        assert_eq!(preflights, [("OPTIONS /".to_owned(), None)], "{name}: {value}");
        assert!(notes.contains("not static"), "{notes}");
    }
    // An integration that calls a service.
    let (preflights, notes) = read(&api(json!({"Type": "HTTP", "Uri": "https://service.example"})));
    assert_eq!((preflights, &*notes), (vec![("OPTIONS /".to_owned(), None)], ""));
}

/// An operation of an OpenAPI definition, as an export writes it.
#[test]
fn an_operation_with_a_mock_integration_is_answered() {
    let definition = json!({
        "openapi": "3.0.1", "info": {"title": "a", "version": "1"},
        "paths": {"/a": {"options": {"security": [], "x-amazon-apigateway-integration": {"type": "mock", "responses": {
            "default": {"statusCode": "200", "responseParameters": {
                "method.response.header.Access-Control-Allow-Origin": "'*'",
            }},
        }}}}},
    });
    let (preflights, _) = read(&definition);
    assert_eq!(preflights, [("OPTIONS /a".to_owned(), Some(response(200, &[("allow-origin", "*")])))]);
}

/// API Gateway calls no service for a mock of any method: a path that is switched off stays off.
#[test]
fn mocks_of_other_methods_are_answered_or_rejected() {
    let api = |authorization: &str, template: &str| {
        let mut api = json!({"Resources": {
            "Api": {"Type": "AWS::ApiGateway::RestApi"},
            "Guard": {"Type": "AWS::ApiGateway::Authorizer", "Properties": {
                "RestApiId": {"Ref": "Api"}, "Type": "COGNITO_USER_POOLS", "IdentitySource": "method.request.header.Authorization",
                "ProviderARNs": ["arn:aws:cognito-idp:eu-west-1:123456789012:userpool/eu-west-1_Ab129faBb"],
            }},
            "Off": {"Type": "AWS::ApiGateway::Method", "Properties": {
                "RestApiId": {"Ref": "Api"}, "ResourceId": {"Fn::GetAtt": ["Api", "RootResourceId"]}, "HttpMethod": "ANY",
                "AuthorizationType": authorization,
                "Integration": {"Type": "MOCK", "IntegrationResponses": [
                    {"StatusCode": "403", "ResponseTemplates": {"application/json": template}},
                ]},
            }},
        }});
        if authorization != "NONE" {
            api["Resources"]["Off"]["Properties"]["AuthorizerId"] = json!({"Ref": "Guard"});
        }
        api
    };
    let read = |template: &Value, rejects: bool| {
        ApiDefinition::reader().reject_unsupported_routes(rejects).read(&template.to_string())
    };
    let off = read(&api("NONE", "{\"message\":\"off\"}"), false).unwrap();
    let expected = MockResponse::new(403).unwrap().body("{\"message\":\"off\"}");
    assert_eq!(off.routes()[0].mock_response(), Some(&expected));
    // It depends on the request.
    let dynamic = api("NONE", "{\"id\":\"$context.requestId\"}");
    assert!(read(&dynamic, false).unwrap_err().to_string().contains("mock integration is not static"));
    let rejected = read(&dynamic, true).unwrap();
    assert!(rejected.routes()[0].authorization().is_unsupported() && rejected.routes()[0].mock_response().is_none());
    // Behind an authorizer, the service answers, and a note says so.
    let guarded = read(&api("COGNITO_USER_POOLS", "{}"), false).unwrap();
    assert!(guarded.routes()[0].mock_response().is_none());
    assert!(guarded.notes().iter().any(|note| note.message().contains("in place of this mock integration")));
}

#[test]
fn headers_are_text_and_there_once() {
    let mock = || MockResponse::new(200).unwrap();
    assert!(mock().header("x", "é").is_err() && mock().further_origin("é").is_err());
    assert!(mock().header("x", "1").unwrap().header("X", "2").is_err());
    let hundred = (0..100).try_fold(mock(), |mock, number| mock.header(&format!("x-{number}"), "1")).unwrap();
    assert!(hundred.header("one-more", "1").is_err());
}
