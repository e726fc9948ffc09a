//! Reads apps of several stacks: what they take from each other, what a deployment decides, and apps that are hostile.
//!
//! Rows: `src/docs/behaviour.md` §6.4.
use std::{
    fs,
    path::{Path, PathBuf},
    time::Instant,
};

use cognito_authorizer::{
    UserPool,
    api_definition::{ApiDefinition, ApiDefinitionReader, AssumedValue, DefinedUserPool},
    configuration::Configuration,
};
use serde_json::{Value, json};

use crate::support::{app, fresh_folder};

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

/// The same id in every run, and none that Cognito could give.
#[test]
fn derived_ids_are_stable() {
    let pools = ApiDefinition::reader().user_pools(app("custom_scopes")).unwrap();
    let ids: Vec<&str> = pools.user_pools().iter().map(|own| own.id().as_str()).collect();
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

fn written(folder: &Path, name: &str, content: &Value) -> PathBuf {
    let path = folder.join(name);
    fs::write(&path, content.to_string()).unwrap();
    path
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

#[test]
fn a_file_of_another_deployment_is_rejected() {
    let folder = fresh_folder("other-deployment");
    let read = |reader: ApiDefinitionReader| error(&reader, &app("m2m"));
    for (content, part) in [
        (
            json!({"StackResources": [{"StackName": "Nowhere", "LogicalResourceId": "A", "PhysicalResourceId": "b"}]}),
            "the stack `Nowhere`",
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
    let alone = ApiDefinition::reader().read_files([&api]).unwrap_err().to_string();
    assert!(alone.contains("api.json") && alone.contains("set the variable `auth-arn`"), "{alone}");
}

/// An assembly with these files; `manifest` lists their templates.
fn assembly(folder: &Path, templates: &[(&str, &str)]) -> PathBuf {
    let stack = |(name, file): &(&str, &str)| {
        (name.to_string(), json!({"type": "aws:cloudformation:stack", "properties": {"templateFile": file}}))
    };
    let artifacts: serde_json::Map<String, Value> = templates.iter().map(stack).collect();
    written(folder, "manifest.json", &json!({"version": "1", "artifacts": artifacts}));
    folder.to_owned()
}

#[test]
fn nothing_outside_an_assembly_is_read() {
    let folder = fresh_folder("outside");
    let secret =
        written(folder.parent().unwrap(), "secret.template.json", &json!({"Resources": {}, "Secret": "canary"}));
    let absolute = secret.to_str().unwrap().to_owned();
    for file in ["../secret.template.json", &*absolute, "link.template.json", "below/../../secret.template.json"] {
        let app = assembly(&folder, &[("A", file)]);
        #[cfg(unix)]
        if file.starts_with("link") {
            std::os::unix::fs::symlink(&secret, folder.join(file)).unwrap();
        }
        let error = error(&ApiDefinition::reader(), &app);
        assert!(error.contains("only files in it are read") && !error.contains("canary"), "{file}: {error}");
    }
    // The same for nested assemblies, and for the templates of nested stacks.
    written(
        &folder,
        "manifest.json",
        &json!({"artifacts": {"A": {"type": "cdk:cloud-assembly", "properties": {"directoryName": "../x"}}}}),
    );
    assert!(error(&ApiDefinition::reader(), &folder).contains("only files in it are read"));
    let nested = json!({"Resources": {"N": {"Type": "AWS::CloudFormation::Stack", "Metadata": {"aws:asset:path": "../secret.template.json"}}}});
    written(&folder, "a.json", &nested);
    assert!(
        error(&ApiDefinition::reader(), &assembly(&folder, &[("A", "a.json")])).contains("only files in it are read")
    );
    // A directory that is not an assembly, and a manifest that is none.
    let empty = fresh_folder("empty");
    assert!(error(&ApiDefinition::reader(), &empty).contains("no `manifest.json`"));
    written(&empty, "manifest.json", &json!({"name": "a web page"}));
    assert!(error(&ApiDefinition::reader(), &empty).contains("it has no `artifacts`"));
}

/// A stack that names itself, directly or through others, and one that takes the whole budget.
#[test]
fn circular_apps_end() {
    let folder = fresh_folder("circular");
    let template = |output: Value| {
        json!({
            "Resources": {
                "Api": {"Type": "AWS::ApiGateway::RestApi"},
                "Guard": {"Type": "AWS::ApiGateway::Authorizer", "Properties": {
                    "RestApiId": {"Ref": "Api"}, "Type": "COGNITO_USER_POOLS",
                    "IdentitySource": "method.request.header.Authorization", "ProviderARNs": [{"Fn::ImportValue": "a"}],
                }},
                "Get": {"Type": "AWS::ApiGateway::Method", "Properties": {
                    "RestApiId": {"Ref": "Api"}, "ResourceId": {"Fn::GetAtt": ["Api", "RootResourceId"]}, "HttpMethod": "GET",
                    "AuthorizationType": "COGNITO_USER_POOLS", "AuthorizerId": {"Ref": "Guard"},
                }},
            },
            "Outputs": {"O": {"Value": output, "Export": {"Name": "a"}}},
        })
    };
    let exporter = |name: &str, value: Value| json!({"Resources": {}, "Outputs": {"O": {"Value": value, "Export": {"Name": name}}}});
    let import = |name: &str| json!({"Fn::ImportValue": name});
    let twice = |name: &str| json!({"Fn::Join": ["", [import(name), import(name)]]});
    let chain: Vec<(String, Value)> =
        (0..60).map(|number| (format!("x{number}"), twice(&format!("x{}", number + 1)))).collect();
    for (value, others) in [
        (import("a"), vec![]),
        (import("b"), vec![exporter("b", import("c")), exporter("c", import("a"))]),
        (import("x0"), chain.iter().map(|(name, value)| exporter(name, value.clone())).collect()),
    ] {
        written(&folder, "0.json", &template(value));
        let mut files = vec![("S0".to_owned(), "0.json".to_owned())];
        for (number, other) in others.iter().enumerate() {
            files.push((format!("S{}", number + 1), format!("{}.json", number + 1)));
            written(&folder, &files.last().unwrap().1, other);
        }
        let files: Vec<(&str, &str)> = files.iter().map(|(name, file)| (&**name, &**file)).collect();
        let error = error(&ApiDefinition::reader(), &assembly(&folder, &files));
        assert!(
            error.contains("circular") || error.contains("steps") || error.contains("no stack of the app"),
            "{error}"
        );
    }
}

/// 1,000 stacks of 1 MB, fewer of them, and small files of very many values. The figures are printed: no time is asserted.
#[test]
#[allow(clippy::disallowed_methods, reason = "the time is printed")]
fn a_huge_assembly_is_rejected_at_once() {
    let folder = fresh_folder("huge");
    let text =
        format!("{{\"Resources\": {{\"A\": {{\"Type\": \"X\", \"Properties\": [{}0]}}}}}}", "1,".repeat(500_000));
    for (count, text, expected) in [
        (1_000, &text, "more than 500 stacks"),
        (400, &text, "larger than 24000000 bytes together"),
        (20, &text, "more than 2000000 values together"),
    ] {
        let name = |number: usize| (format!("S{number}"), format!("{number}.json"));
        let files: Vec<(String, String)> = (0..count).map(name).collect();
        fs::write(folder.join("0.json"), text).unwrap();
        for (_, file) in &files[1..] {
            drop(fs::remove_file(folder.join(file)));
            fs::hard_link(folder.join("0.json"), folder.join(file)).unwrap();
        }
        let files: Vec<(&str, &str)> = files.iter().map(|(name, file)| (&**name, &**file)).collect();
        let app = assembly(&folder, &files);
        let (before, start) = (crate::support::resident_memory(), Instant::now());
        let error = error(&ApiDefinition::reader(), &app);
        let grew = crate::support::resident_memory().saturating_sub(before);
        println!("{count} stacks of 1 MB: {:?}, {} MB", start.elapsed(), grew / 1_000_000);
        assert!(error.contains(expected), "{error}");
        assert!(grew < 300_000_000, "{grew}");
    }
}
