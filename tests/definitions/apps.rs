//! Reads apps of several stacks: what they take from each other, what a deployment decides, and apps that are hostile.
//!
//! Rows: `src/docs/behaviour.md` §6.4.
use std::{fs, path::Path};

use cognito_authorizer::{
    UserPool,
    api_definition::{ApiDefinition, ApiDefinitionReader, AssumedValue, DefinedUserPool},
    configuration::{Configuration, ConfigurationReader},
};
use serde_json::{Value, json};

use crate::support::{app, fresh_folder, written};

fn routes(definition: &ApiDefinition) -> Vec<String> {
    let shown = |route: &cognito_authorizer::api_definition::RouteDefinition| {
        let scopes: Vec<&str> = route.authorization().scope_names().collect();
        format!(
            "{} {}",
            route.route_key(),
            if route.authorization().is_open() { "open".to_owned() } else { scopes.join(" ") }
        )
    };
    let mut routes: Vec<String> = definition.routes().iter().map(shown).collect();
    routes.sort_unstable();
    routes
}

fn error(reader: &ApiDefinitionReader, path: &Path) -> String {
    reader.read_file(path).unwrap_err().to_string()
}

#[test]
fn the_apps_are_read_without_a_variable() {
    for (name, stack, expected, region) in [
        (
            "m2m",
            None,
            &[
                "GET /book API/book.get",
                "GET /user API/user.get",
                "POST /book API/book.post",
                "POST /user API/user.post",
            ][..],
            "us-east-1",
        ),
        ("client_credentials", None, &["POST / users/read"], "us-east-2"),
        (
            "custom_scopes",
            Some("Prod/Api"),
            &["GET /user integration-OauthResourceServer/read", "OPTIONS / open", "OPTIONS /user open"],
            "eu-central-1",
        ),
        (
            "custom_scopes",
            Some("Test"),
            &["GET /user integration-OauthResourceServer/read", "OPTIONS / open", "OPTIONS /user open"],
            "eu-west-1",
        ),
        ("user_pool_authorizer", None, &["GET /hello "], "us-east-1"),
    ] {
        let reader = stack.into_iter().fold(ApiDefinition::reader(), ApiDefinitionReader::stack);
        let definition = reader.read_file(app(name)).unwrap();
        assert_eq!(routes(&definition), expected, "{name}");
        let [DefinedUserPool::Derived(derived)] = definition.authorizers()[0].user_pools() else {
            panic!("{name}: {:?}", definition.authorizers());
        };
        assert!(derived.id().starts_with(&format!("{region}_Local")), "{name}: {}", derived.id());
        assert!(definition.authorizer().is_err(), "{name}");
    }
    let error = error(&ApiDefinition::reader(), &app("custom_scopes"));
    assert!(error.contains("of stack `Prod/Api`, ") && error.contains("the options `stack` and `api`"), "{error}");
}

/// A scope is compared with those of the resource servers, in whatever stack they are.
#[test]
fn a_scope_that_no_stack_defines_is_a_lint() {
    for (name, stack) in [("m2m", None), ("custom_scopes", Some("Prod")), ("client_credentials", None)] {
        let reader = stack.into_iter().fold(Configuration::reader(), ConfigurationReader::stack);
        let lints = reader.read_file(app(name)).unwrap().lint();
        assert!(lints.iter().all(|lint| lint.as_str() != "undefined_scope"), "{name}: {lints:?}");
    }
    let folder = fresh_folder("undefined-scope");
    for file in ["manifest.json", "OAuthCognitoStack.template.json"] {
        std::fs::copy(app("m2m").join(file), folder.join(file)).unwrap();
    }
    let api = std::fs::read_to_string(app("m2m").join("RestApiStack.template.json")).unwrap();
    std::fs::write(folder.join("RestApiStack.template.json"), api.replace("API/book.get", "API/boook.get")).unwrap();
    let lints = Configuration::reader().read_file(&folder).unwrap().lint();
    let undefined: Vec<String> =
        lints.iter().filter(|lint| lint.as_str() == "undefined_scope").map(ToString::to_string).collect();
    assert!(undefined.len() == 1 && undefined[0].contains("API/boook.get"), "{undefined:?}");
}

/// The same id in every run, and none that Cognito could give.
#[test]
fn derived_ids_are_stable() {
    let pools = ApiDefinition::reader().user_pools(app("custom_scopes")).unwrap();
    let ids: Vec<&str> = pools.user_pools().iter().map(|own| own.id()).collect();
    assert_eq!(ids, ["eu-central-1_Localjhnj1agak6je", "eu-west-1_Local77f71qh12zng"]);
    let [client] = pools.user_pools()[0].app_clients() else { panic!() };
    assert_eq!(client.client_id(), "localwpr724qqs7zwdx8");
    assert_eq!(client.scopes(), ["integration-OauthResourceServer/read"]);
}

/// A derived id could be that of somebody else's user pool, so the keys of AWS are never used for it.
#[test]
fn a_derived_id_is_never_verified_by_the_keys_of_aws() {
    let derived = "us-east-1_Localv3k2cmb7sfst";
    let aws = format!("https://cognito-idp.us-east-1.amazonaws.com/{derived}");
    let pool = || derived.parse::<UserPool>().unwrap();
    for given in [
        pool(),
        pool().with_issuer(&aws),
        pool().with_issuer("http://local").with_jwks_uri(format!("{aws}/.well-known/jwks.json")),
        // The same host in other words, and addresses that have none.
        pool()
            .with_jwks_uri(format!("https://cognito-idp.us-east-1.amazonaws.com:443/{derived}/.well-known/jwks.json")),
        pool().with_jwks_uri(format!("{aws}/.well-known/jwks.json?x=y")),
        pool().with_jwks_uri(format!("https://COGNITO-IDP.us-east-1.amazonaws.com./{derived}/.well-known/jwks.json")),
        pool().with_jwks_uri(format!(
            "https://issuer-cognito-idp.us-east-1.amazonaws.com/{derived}/.well-known/jwks.json"
        )),
        pool().with_jwks_uri("not an address"),
    ] {
        let definition = ApiDefinition::reader().user_pool(given).read_file(app("m2m")).unwrap();
        let error = definition.authorizer().unwrap_err().to_string();
        assert!(error.contains("the id of the user pool `UserPool6BA7E5F2` of stack `OAuthCognitoStack`"), "{error}");
        assert!(definition.authorizers_with(|_, builder| builder).is_err());
    }
    let local = pool().with_issuer("http://127.0.0.1:9229/pool");
    assert!(ApiDefinition::reader().user_pool(local.clone()).read_file(app("m2m")).unwrap().authorizer().is_ok());
    // Another user pool of the app is of no use.
    let other =
        UserPool::from("us-east-1_Other".parse::<cognito_authorizer::UserPoolId>().unwrap()).with_issuer("http://x");
    assert!(ApiDefinition::reader().user_pool(other).read_file(app("m2m")).unwrap().authorizer().is_err());
    let configuration = Configuration::reader().user_pool(local).read_file(app("m2m")).unwrap();
    assert!(configuration.authorizers().is_ok() && configuration.to_json().is_ok());
}

#[test]
fn a_deployment_gives_the_ids() {
    let folder = fresh_folder("deployed");
    let pool_id = "us-east-1_Ab129faBb";
    let arn = |name: &str| format!("arn:aws:cloudformation:us-east-1:123456789012:stack/{name}/6dd1");
    let resource = |stack: Option<&str>, logical: &str, physical: &str, kind: &str| {
        let mut own = json!({"LogicalResourceId": logical, "PhysicalResourceId": physical, "ResourceType": kind});
        if let Some(stack) = stack {
            own["StackName"] = json!(stack);
            own["StackId"] = json!(arn(stack));
        }
        own
    };
    let (kind, logical) = ("AWS::Cognito::UserPool", "UserPool6BA7E5F2");
    let of_auth = json!({"StackResources": [resource(Some("OAuthCognitoStack"), logical, pool_id, kind)]});
    let of_api =
        json!({"StackResources": [resource(Some("RestApiStack"), "Api", "a1b2c3", "AWS::ApiGateway::RestApi")]});
    let listed = json!({"StackResourceSummaries": [resource(None, logical, pool_id, kind)]});
    let (of_auth, of_api) = (written(&folder, "auth.json", &of_auth), written(&folder, "api.json", &of_api));
    let reader = ApiDefinition::reader().resources_file(&of_auth).resources_file(&of_api);
    let definition = reader.read_file(app("m2m")).unwrap();
    assert_eq!(definition.assumed(), []);
    assert_eq!(definition.authorizers()[0].user_pools()[0].user_pool().unwrap().id().as_str(), pool_id);
    assert!(definition.authorizer().unwrap().build().is_ok());

    // `list-stack-resources` does not name the stack, nor its account.
    let listed = written(&folder, "listed.json", &listed);
    let definition = ApiDefinition::reader().resources_file(&listed).read_file(app("m2m")).unwrap();
    let stack = || "RestApiStack".to_owned();
    assert_eq!(
        definition.assumed(),
        [AssumedValue::Region { stack: stack() }, AssumedValue::Account { stack: stack() }]
    );
    let reader = ApiDefinition::reader().resources_file(&listed).region("us-east-1").account("123456789012");
    assert!(reader.read_file(app("m2m")).unwrap().authorizer().is_ok());

    // Outputs show ids too, and the values of exports.
    let outputs = json!({"Prod-Auth": {
        "ExportsOutputFnGetAttPoolD3F588B8Arn63D70905": "arn:aws:cognito-idp:eu-central-1:222222222222:userpool/eu-central-1_Real12345",
    }, "Unrelated": {"A": "b"}});
    let outputs = written(&folder, "outputs.json", &outputs);
    let reader = ApiDefinition::reader().stack("Prod").outputs_file(&outputs);
    let definition = reader.read_file(app("custom_scopes")).unwrap();
    assert_eq!(definition.authorizers()[0].user_pools()[0].id(), "eu-central-1_Real12345");
    assert!(definition.authorizer().is_ok());
    // Those of one stage are not those of the other.
    let reader = ApiDefinition::reader().stack("Test").outputs_file(&outputs);
    assert!(reader.read_file(app("custom_scopes")).unwrap().authorizer().is_err());
}

/// A region in a part that is not read is not needed; one in a scope is.
#[test]
fn a_value_is_assumed_only_where_it_is_read() {
    let template = |uri: &str, scope: &str| {
        json!({"Resources": {
            "Api": {"Type": "AWS::ApiGateway::RestApi", "Properties": {"Name": {"Fn::Sub": "${AWS::StackName}"}}},
            "Guard": {"Type": "AWS::ApiGateway::Authorizer", "Properties": {
                "RestApiId": {"Ref": "Api"}, "Type": "COGNITO_USER_POOLS",
                "IdentitySource": "method.request.header.Authorization",
                "ProviderARNs": ["arn:aws:cognito-idp:eu-west-1:123456789012:userpool/eu-west-1_Ab129faBb"],
            }},
            "Get": {"Type": "AWS::ApiGateway::Method", "Properties": {
                "RestApiId": {"Ref": "Api"}, "ResourceId": {"Fn::GetAtt": ["Api", "RootResourceId"]}, "HttpMethod": "GET",
                "AuthorizationType": "COGNITO_USER_POOLS", "AuthorizerId": {"Ref": "Guard"},
                "AuthorizationScopes": [{"Fn::Sub": scope}], "Integration": {"Uri": {"Fn::Sub": uri}},
            }},
        }})
    };
    let read = |uri: &str, scope: &str| ApiDefinition::reader().read(&template(uri, scope).to_string()).unwrap();
    let uri = "arn:${AWS::Partition}:apigateway:${AWS::Region}:${AWS::AccountId}:${Pool}";
    assert!(read(uri, "pets/read").authorizer().is_ok());
    let error = read(uri, "${AWS::StackName}/${AWS::Region}").authorizer().err().unwrap().to_string();
    assert!(error.contains("the region") && error.contains("the name in CloudFormation"), "{error}");
    assert!(error.contains("`--region`") && error.contains("`--variable AWS::StackName=…`"), "{error}");
}

/// What an assumed region decides is assumed too: no layer is built from it.
#[test]
fn a_condition_on_an_assumed_region_is_assumed() {
    let pool = "arn:aws:cognito-idp:eu-west-1:123456789012:userpool/eu-west-1_Ab129faBb";
    let template = |post: Value| {
        json!({
            "Conditions": {"IsUs": {"Fn::Equals": [{"Ref": "AWS::Region"}, "us-east-1"]}},
            "Resources": {
                "Api": {"Type": "AWS::ApiGateway::RestApi"},
                "Guard": {"Type": "AWS::ApiGateway::Authorizer", "Properties": {
                    "RestApiId": {"Ref": "Api"}, "Type": "COGNITO_USER_POOLS",
                    "IdentitySource": "method.request.header.Authorization", "ProviderARNs": [pool],
                }},
                "Get": {"Type": "AWS::ApiGateway::Method", "Properties": {
                    "RestApiId": {"Ref": "Api"}, "ResourceId": {"Fn::GetAtt": ["Api", "RootResourceId"]}, "HttpMethod": "GET",
                    "AuthorizationType": "COGNITO_USER_POOLS", "AuthorizerId": {"Ref": "Guard"},
                }},
                "Post": post,
                // The same condition decides about a value of the app, and an API is looked for, before the API is read.
                "Stored": {"Type": "AWS::SSM::Parameter", "Condition": "IsUs", "Properties": {"Name": "/a", "Value": "b"}},
            },
            "Outputs": {"O": {"Condition": "IsUs", "Value": "x", "Export": {"Name": {"Fn::If": ["IsUs", "a", "b"]}}}},
        })
    };
    let method = |authorization: Value| {
        json!({"RestApiId": {"Ref": "Api"}, "ResourceId": {"Fn::GetAtt": ["Api", "RootResourceId"]}, "HttpMethod": "POST",
            "AuthorizationType": authorization})
    };
    let kind = "AWS::ApiGateway::Method";
    for post in [
        json!({"Type": kind, "Condition": "IsUs", "Properties": method(json!("NONE"))}),
        json!({"Type": kind, "Properties": method(json!({"Fn::If": ["IsUs", "NONE", "AWS_IAM"]}))}),
    ] {
        let template = template(post).to_string();
        let assumed = ApiDefinition::reader().reject_unsupported_routes(true).read(&template).unwrap();
        assert_eq!(assumed.assumed(), [AssumedValue::Region { stack: String::new() }]);
        assert!(assumed.authorizer().is_err());
        let elsewhere =
            ApiDefinition::reader().reject_unsupported_routes(true).region("eu-west-1").read(&template).unwrap();
        assert!(!routes(&elsewhere).contains(&"POST / open".to_owned()), "{:?}", routes(&elsewhere));
        assert!(elsewhere.authorizer().is_ok());
    }
}

/// Values of the app are known in conditions too.
#[test]
fn a_condition_on_a_value_of_the_app_is_evaluated() {
    let folder = fresh_folder("conditions");
    let settings = json!({
        "Resources": {"Env": {"Type": "AWS::SSM::Parameter", "Properties": {"Name": "/app/env", "Value": "prod"}}},
        "Outputs": {"Env": {"Value": "prod", "Export": {"Name": "env"}}},
    });
    let api = |condition: Value| {
        json!({
            "Parameters": {"Env": {"Type": "AWS::SSM::Parameter::Value<String>", "Default": "/app/env"}},
            "Conditions": {"IsProd": {"Fn::Equals": [condition, "prod"]}},
            "Resources": {
                "Api": {"Type": "AWS::ApiGatewayV2::Api", "Properties": {"ProtocolType": "HTTP"}},
                "Get": {"Type": "AWS::ApiGatewayV2::Route", "Condition": "IsProd", "Properties": {
                    "ApiId": {"Ref": "Api"}, "RouteKey": "GET /a",
                }},
            },
        })
    };
    let settings = written(&folder, "settings.json", &settings);
    for condition in [json!({"Ref": "Env"}), json!({"Fn::ImportValue": "env"}), json!("{{resolve:ssm:/app/env}}")] {
        let api = written(&folder, "api.json", &api(condition.clone()));
        let definition = ApiDefinition::reader().read_files([&api, &settings]).unwrap();
        assert_eq!(routes(&definition), ["GET /a open"], "{condition}");
    }
}

/// A derived id that is written into a file or a variable stays one.
#[test]
fn a_derived_id_that_is_written_down_stays_one() {
    let derived = "us-east-1_Localv3k2cmb7sfst";
    let toml = |more: &str| {
        format!(
            "[user_pools.a]\nid = \"{derived}\"\n{more}[authorizers.a]\ntype = \"COGNITO_USER_POOLS\"\nuser_pools = [\"a\"]\n\
             [[routes]]\nroute = \"GET /a\"\n"
        )
    };
    let error = Configuration::reader().read_toml(&toml("")).unwrap_err().to_string();
    assert!(error.contains("derived id of a local user pool"), "{error}");
    assert!(Configuration::reader().read_toml(&toml("issuer = \"http://127.0.0.1:9229/a\"\n")).is_ok());
    let definition = ApiDefinition::reader().variable("UserPool6BA7E5F2", derived).read_file(app("m2m")).unwrap();
    assert!(definition.authorizer().is_err());
}

#[test]
fn a_file_of_another_deployment_is_rejected() {
    let folder = fresh_folder("other-deployment");
    let read = |reader: ApiDefinitionReader| error(&reader, &app("m2m"));
    for (content, part) in [
        (
            json!({"StackResources": [{"StackName": "Nowhere", "LogicalResourceId": "A", "PhysicalResourceId": "b"}]}),
            "no stack `Nowhere`",
        ),
        (
            json!({"StackResourceSummaries": [{"LogicalResourceId": "A", "PhysicalResourceId": "b"}]}),
            "describe-stack-resources",
        ),
        (json!({"Stacks": []}), "expected the output of `aws cloudformation describe-stack-resources`"),
        (json!([]), "expected a JSON object"),
        (
            json!({"StackResources": [
                {"StackName": "OAuthCognitoStack", "LogicalResourceId": "A", "PhysicalResourceId": "b"},
                {"StackName": "RestApiStack", "LogicalResourceId": "A", "PhysicalResourceId": "b"},
            ]}),
            "of several stacks",
        ),
    ] {
        let path = written(&folder, "resources.json", &content);
        let found = read(ApiDefinition::reader().resources_file(&path));
        assert!(found.contains(part) && found.contains("resources.json"), "{content}: {found}");
    }
    let path = written(&folder, "outputs.json", &json!({"Nowhere": {"A": "b"}}));
    assert!(
        read(ApiDefinition::reader().outputs_file(&path))
            .contains("no outputs of a stack of this app: it has `Nowhere`")
    );
    // A template without a name takes the outputs of one stack, if it defines them all.
    let path = written(&folder, "one.json", &json!({"Deployed": {"ClientId": "1example23456789", "Other": "b"}}));
    let template = ApiDefinition::reader().outputs_file(&path);
    assert!(error(&template, &app("petstore/template.yaml")).contains("no outputs of a stack of this app"));
    let path = written(&folder, "one.json", &json!({"Deployed": {"ClientId": "1example23456789"}}));
    assert!(ApiDefinition::reader().outputs_file(&path).read_file(app("petstore/template.yaml")).is_ok());
    // Those of another region are not its own.
    let text = fs::read_to_string(app("petstore/template.yaml")).unwrap() + "  PoolId: {Value: !Ref UserPool}\n";
    let with_pool = folder.join("template.yaml");
    fs::write(&with_pool, text).unwrap();
    fs::copy(app("petstore/api.yaml"), folder.join("api.yaml")).unwrap();
    let path = written(&folder, "pool.json", &json!({"Deployed": {"PoolId": "us-east-1_Ab129faBb"}}));
    let deployed = ApiDefinition::reader().outputs_file(&path);
    let own = deployed.clone().region("us-east-1").account("123456789012").read_file(&with_pool);
    assert!(own.is_ok(), "{own:?}");
    let elsewhere = error(&deployed.region("ap-south-1"), &with_pool);
    assert!(elsewhere.contains("`PoolId` is of the region `us-east-1`, and not of `ap-south-1`"), "{elsewhere}");
    let path = written(&folder, "outputs.json", &json!({"Nothing": {}}));
    assert!(error(&ApiDefinition::reader().outputs_file(&path), &app("petstore/template.yaml")).contains("no outputs"));
    let missing = folder.join("missing.json");
    assert!(read(ApiDefinition::reader().outputs_file(&missing)).contains("missing.json"));
}

#[test]
fn several_templates_are_one_app() {
    let folder = fresh_folder("several");
    let auth = json!({
        "Resources": {"Pool": {"Type": "AWS::Cognito::UserPool"}},
        "Outputs": {"Arn": {"Value": {"Fn::GetAtt": ["Pool", "Arn"]}, "Export": {"Name": {"Fn::Sub": "${AWS::StackName}-arn"}}}},
    });
    let api = json!({"Resources": {
        "Api": {"Type": "AWS::ApiGateway::RestApi"},
        "Guard": {"Type": "AWS::ApiGateway::Authorizer", "Properties": {
            "RestApiId": {"Ref": "Api"}, "Type": "COGNITO_USER_POOLS",
            "IdentitySource": "method.request.header.Authorization", "ProviderARNs": [{"Fn::ImportValue": "auth-arn"}],
        }},
        "Get": {"Type": "AWS::ApiGateway::Method", "Properties": {
            "RestApiId": {"Ref": "Api"}, "ResourceId": {"Fn::GetAtt": ["Api", "RootResourceId"]}, "HttpMethod": "GET",
            "AuthorizationType": "COGNITO_USER_POOLS", "AuthorizerId": {"Ref": "Guard"},
        }},
    }});
    let (auth, api) = (written(&folder, "auth.template.json", &auth), written(&folder, "api.json", &api));
    let definition = ApiDefinition::reader().read_files([&api, &auth]).unwrap();
    assert_eq!(routes(&definition), ["GET / "]);
    assert!(
        matches!(&definition.authorizers()[0].user_pools()[0], DefinedUserPool::Derived(own) if own.stack() == "auth")
    );
    // A configuration names them too.
    let toml = |files: &str| {
        let local =
            "[user_pools.local]\nid = \"us-east-1_Locals35mf4pr2x1m\"\nissuer = \"http://127.0.0.1:9229/local\"\n";
        let file = folder.join("authorizer.toml");
        std::fs::write(&file, format!("{local}[definition]\n{files}\n")).unwrap();
        Configuration::reader().read_file(&file).map_err(|error| error.to_string())
    };
    assert_eq!(toml("files = [\"api.json\", \"auth.template.json\"]").unwrap().route_table().routes().len(), 1);
    for (files, expected) in [
        ("files = []", "expected the templates of an app"),
        ("file = \"api.json\"\nfiles = [\"auth.template.json\"]", "`file` and `files` are both set"),
        ("api = \"Api\"", "`file` is missing"),
        ("files = [\"api.json\", \"none.json\"]", "none.json"),
    ] {
        let error = toml(files).unwrap_err();
        assert!(error.contains(expected) && error.lines().count() == 1, "{files}: {error}");
    }
    let alone = ApiDefinition::reader().read_files([&api]).unwrap_err().to_string();
    assert!(alone.contains("api.json") && alone.contains("set the variable `auth-arn`"), "{alone}");
}
