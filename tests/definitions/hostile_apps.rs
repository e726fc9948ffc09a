//! Apps made to read what they must not, or to exhaust the reader. Rows: `src/docs/behaviour.md` §6.4, §10.76.
use std::{
    fs,
    path::{Path, PathBuf},
    time::Instant,
};

use cognito_authorizer::api_definition::{ApiDefinition, ApiDefinitionReader};
use serde_json::{Value, json};

use crate::support::{fresh_folder, written};

fn error(reader: &ApiDefinitionReader, path: &Path) -> String {
    reader.read_file(path).unwrap_err().to_string()
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

/// A REST API whose only method requires a token of this user pool.
fn guarded_api(user_pool: Value) -> Value {
    json!({
        "Api": {"Type": "AWS::ApiGateway::RestApi"},
        "Guard": {"Type": "AWS::ApiGateway::Authorizer", "Properties": {
            "RestApiId": {"Ref": "Api"}, "Type": "COGNITO_USER_POOLS",
            "IdentitySource": "method.request.header.Authorization", "ProviderARNs": [user_pool],
        }},
        "Get": method(&json!({"Ref": "Api"}), "GET"),
    })
}

fn method(api: &Value, verb: &str) -> Value {
    json!({"Type": "AWS::ApiGateway::Method", "Properties": {
        "RestApiId": api, "ResourceId": {"Fn::GetAtt": ["Api", "RootResourceId"]}, "HttpMethod": verb,
        "AuthorizationType": "COGNITO_USER_POOLS", "AuthorizerId": {"Ref": "Guard"},
    }})
}

const POOL: &str = "arn:aws:cognito-idp:eu-west-1:123456789012:userpool/eu-west-1_Ab129faBb";

/// A method of the API that the parent gives is not one of the child's own API with the same logical id.
#[test]
fn a_value_of_another_stack_names_no_resource_of_this_one() {
    let folder = fresh_folder("crossing");
    let parent = json!({"Resources": {
        "Api": {"Type": "AWS::ApiGateway::RestApi"},
        "Nested": {"Type": "AWS::CloudFormation::Stack", "Metadata": {"aws:asset:path": "child.json"}, "Properties": {
            "Parameters": {"Given": {"Ref": "Api"}},
        }},
    }});
    let mut resources = guarded_api(json!(POOL));
    resources["Foreign"] = method(&json!({"Ref": "Given"}), "POST");
    written(&folder, "parent.json", &parent);
    written(&folder, "child.json", &json!({"Parameters": {"Given": {"Type": "String"}}, "Resources": resources}));
    let app = assembly(&folder, &[("Parent", "parent.json")]);
    let error = error(&ApiDefinition::reader().stack("Parent/Nested"), &app);
    assert!(error.contains("/Resources/Foreign/Properties/RestApiId"), "{error}");
}

/// Each condition names the next one, and each value of the app the next one: both end, without the stack overflowing.
#[test]
fn deep_chains_end() {
    let folder = fresh_folder("deep");
    let chain: serde_json::Map<String, Value> = (0..10_000)
        .map(|number| (format!("C{number}"), json!({"Fn::Not": [{"Condition": format!("C{}", number + 1)}]})))
        .collect();
    let mut resources = guarded_api(json!(POOL));
    resources["Get"]["Condition"] = json!("C0");
    let conditions = json!({"Conditions": chain, "Resources": resources});
    let path = written(&folder, "conditions.json", &conditions);
    assert!(error(&ApiDefinition::reader(), &path).contains("levels deep"));
    // The output of one nested stack is the parameter of the next one.
    let import = |number: usize| json!({"Value": {"Fn::ImportValue": format!("x{number}")}, "Export": {"Name": format!("x{}", number - 1)}});
    let outputs: serde_json::Map<String, Value> =
        (1..10_000).map(|number| (format!("O{number}"), import(number))).collect();
    let exports = json!({"Resources": guarded_api(json!({"Fn::ImportValue": "x0"})), "Outputs": outputs});
    let path = written(&folder, "exports.json", &exports);
    let error = error(&ApiDefinition::reader(), &path);
    assert!(error.contains("levels deep") || error.contains("steps"), "{error}");
}

/// Many exports that each need an evaluation, read many times. The figure is printed: no time is asserted.
#[test]
#[allow(clippy::disallowed_methods, reason = "the time is printed")]
fn many_exports_and_imports_end() {
    let folder = fresh_folder("exports");
    let export =
        |number: usize| json!({"Value": POOL, "Export": {"Name": {"Fn::Join": ["-", ["pool", format!("{number}")]]}}});
    let outputs: serde_json::Map<String, Value> =
        (0..20_000).map(|number| (format!("O{number}"), export(number))).collect();
    let mut resources = guarded_api(json!({"Fn::ImportValue": "pool-1"}));
    for number in 0..2_000 {
        resources[format!("M{number}")] = json!({"Type": "AWS::ApiGateway::Resource", "Properties": {
            "RestApiId": {"Ref": "Api"}, "ParentId": {"Fn::GetAtt": ["Api", "RootResourceId"]},
            "PathPart": {"Fn::ImportValue": format!("pool-{number}")},
        }});
    }
    written(&folder, "exports.json", &json!({"Resources": {}, "Outputs": outputs}));
    written(&folder, "api.json", &json!({"Resources": resources}));
    let start = Instant::now();
    let app = assembly(&folder, &[("Exports", "exports.json"), ("Api", "api.json")]);
    let read = ApiDefinition::reader().read_file(&app);
    println!("20,000 exports, 2,000 imports: {:?}", start.elapsed());
    assert_eq!(read.unwrap().routes().len(), 1);
}
