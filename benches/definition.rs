//! Measures reading an OpenAPI definition of 2,000 operations, an app of 2,000 methods and a configuration of 2,000 routes,
//! and rejecting hostile ones: `cargo bench --bench definition`.
#![allow(clippy::expect_used, clippy::indexing_slicing, clippy::panic, clippy::unwrap_used, reason = "a bench")]

use std::{env, fmt::Write, fs, process};

use cognito_authorizer::{api_definition::ApiDefinition, configuration::Configuration};
use divan::{Bencher, black_box};

fn main() {
    divan::main();
}

const SCHEME: &str = r#"{"type": "apiKey", "in": "header", "name": "Authorization", "x-amazon-apigateway-authorizer": {"type": "cognito_user_pools", "providerARNs": ["arn:aws:cognito-idp:eu-west-1:123456789012:userpool/eu-west-1_Ab129faBb"]}}"#;

/// Builds five hundred paths of four operations, each with the members of an API Gateway export.
fn definition(is_yaml: bool) -> String {
    let mut paths = String::new();
    for number in 0..500 {
        let comma = if number == 0 || is_yaml { "" } else { "," };
        let path = format!("/things{number}/{{id}}");
        let operation = r#"{"summary": "What it does, in a line of text.", "parameters": [{"name": "id", "in": "path", "required": true, "schema": {"type": "string"}}], "security": [{"pool": ["things/read"]}], "responses": {"200": {"description": "It was done.", "content": {"application/json": {"schema": {"type": "object"}}}}}}"#;
        if is_yaml {
            writeln!(paths, "  {path}:").unwrap();
            for method in ["get", "put", "post", "delete"] {
                writeln!(paths, "    {method}: {operation}").unwrap();
            }
        } else {
            let methods = ["get", "put", "post", "delete"].map(|method| format!(r#""{method}": {operation}"#));
            writeln!(paths, r#"{comma}"{path}": {{{}}}"#, methods.join(",\n")).unwrap();
        }
    }
    if is_yaml {
        format!("openapi: 3.0.1\npaths:\n{paths}components: {{securitySchemes: {{pool: {SCHEME}}}}}\n")
    } else {
        format!(
            r#"{{"openapi": "3.0.1", "paths": {{{paths}}}, "components": {{"securitySchemes": {{"pool": {SCHEME}}}}}}}"#
        )
    }
}

#[divan::bench(args = [false, true])]
fn two_thousand_operations(bencher: Bencher<'_, '_>, is_yaml: bool) {
    let text = definition(is_yaml);
    assert_eq!(ApiDefinition::reader().read(&text).unwrap().routes().len(), 2_000);
    bencher.bench_local(|| ApiDefinition::reader().read(black_box(&text)));
}

/// Reads two stacks: a user pool with an exported ARN and scopes, and a REST API of 500 resources with four methods each.
#[divan::bench]
fn two_thousand_methods_of_an_app(bencher: Bencher<'_, '_>) {
    let auth = r#"{"Resources": {"Pool": {"Type": "AWS::Cognito::UserPool"}}, "Outputs": {
        "Arn": {"Value": {"Fn::GetAtt": ["Pool", "Arn"]}, "Export": {"Name": "arn"}},
        "Scope": {"Value": "things/read", "Export": {"Name": "scope"}}}}"#;
    let mut api =
        r#"{"Resources": {"Api": {"Type": "AWS::ApiGateway::RestApi"}, "Guard": {"Type": "AWS::ApiGateway::Authorizer",
        "Properties": {"RestApiId": {"Ref": "Api"}, "Type": "COGNITO_USER_POOLS",
        "IdentitySource": "method.request.header.Authorization", "ProviderARNs": [{"Fn::ImportValue": "arn"}]}}"#
            .to_owned();
    for number in 0..500 {
        let root = r#"{"Fn::GetAtt": ["Api", "RootResourceId"]}"#;
        let resource = format!(r#""RestApiId": {{"Ref": "Api"}}, "ParentId": {root}, "PathPart": "things{number}""#);
        write!(api, r#", "R{number}": {{"Type": "AWS::ApiGateway::Resource", "Properties": {{{resource}}}}}"#).unwrap();
        for method in ["GET", "PUT", "POST", "DELETE"] {
            let own = format!(
                r#""RestApiId": {{"Ref": "Api"}}, "ResourceId": {{"Ref": "R{number}"}}, "HttpMethod": "{method}",
                "AuthorizationType": "COGNITO_USER_POOLS", "AuthorizerId": {{"Ref": "Guard"}},
                "AuthorizationScopes": [{{"Fn::ImportValue": "scope"}}]"#
            );
            write!(api, r#", "{method}{number}": {{"Type": "AWS::ApiGateway::Method", "Properties": {{{own}}}}}"#)
                .unwrap();
        }
    }
    api.push_str("}}");
    let folder = env::temp_dir().join(format!("definition-bench-{}", process::id()));
    fs::create_dir_all(&folder).unwrap();
    let files = [("auth.json", auth), ("api.json", &*api)].map(|(name, text)| {
        fs::write(folder.join(name), text).unwrap();
        folder.join(name)
    });
    assert_eq!(ApiDefinition::reader().read_files(&files).unwrap().routes().len(), 2_000);
    bencher.bench_local(|| ApiDefinition::reader().read_files(black_box(&files)));
    fs::remove_dir_all(folder).unwrap();
}

/// Reads a configuration and runs all lints, as `check` does.
#[divan::bench(args = ["TOML", "JSON"])]
fn two_thousand_routes(bencher: Bencher<'_, '_>, kind: &str) {
    let head = "[user_pools.customers]\nid = \"eu-west-1_Ab129faBb\"\n\
                [authorizers.pool]\ntype = \"COGNITO_USER_POOLS\"\nuser_pools = [\"customers\"]\n";
    let mut toml = head.to_owned();
    for number in 0..2_000 {
        writeln!(toml, "[[routes]]\nroute = \"GET /things{number}/{{id}}\"\nscopes = [\"things/r{number}\"]").unwrap();
    }
    let json = Configuration::reader().read_toml(&toml).unwrap().to_json().unwrap();
    let read = || match kind {
        "TOML" => Configuration::reader().read_toml(black_box(&toml)),
        _ => Configuration::reader().read(black_box(&json)),
    };
    assert_eq!(read().unwrap().lint().len(), 1);
    bencher.bench_local(|| read().unwrap().lint());
}

/// Hostile configurations of each kind, just below the size limit.
#[divan::bench(args = ["names", "tables", "dotted", "routes", "authorizers", "scopes", "JSON"])]
fn hostile_configuration(bencher: Bencher<'_, '_>, kind: &str) {
    let head = "[user_pools.p]\nid = \"eu-west-1_Ab129faBb\"\n[authorizers.a]\ntype = \"JWT\"\nuser_pools = [\"p\"]\n";
    let many = |most: usize, part: &dyn Fn(usize) -> String| {
        let mut text = String::new();
        let mut number = 0;
        while text.len() < most - 1_000 {
            text.push_str(&part(number));
            number += 1;
        }
        text
    };
    const TOML: usize = 1_024 * 1_024;
    let text = match kind {
        "names" => many(TOML, &|number| format!("k{number}=1\n")),
        "tables" => many(TOML, &|number| format!("[a{number}]\n")),
        "dotted" => many(TOML, &|number| format!("a.b{number}.c.d.e.f=1\n")),
        "routes" => format!("{head}{}", many(TOML, &|_| "[[routes]]\nroute=\"G\"\n".to_owned())),
        "authorizers" => many(TOML, &|number| format!("[authorizers.a{number}]\ntype=\"JWT\"\n")),
        "scopes" => format!("{head}[[routes]]\nscopes=[{}]\n", many(TOML, &|number| format!("\"a{number}\","))),
        _ => format!("{{{}\"a\":1}}", many(6 * TOML, &|number| format!("\"k{number}\":1,"))),
    };
    let read = || match kind {
        "JSON" => Configuration::reader().read(black_box(&text)),
        _ => Configuration::reader().read_toml(black_box(&text)),
    };
    assert!(read().is_err());
    bencher.bench_local(|| read().is_err());
}

/// Six megabytes of each kind, and the alias bomb.
#[divan::bench(args = ["one line", "deep JSON", "deep YAML", "wide", "aliases"])]
fn hostile(bencher: Bencher<'_, '_>, kind: &str) {
    let text = match kind {
        "one line" => format!("a: {}", "x".repeat(6_000_000)),
        "deep JSON" => format!("{}\"{}\"{}", "{\"a\":".repeat(100), "x".repeat(6_000_000), "}".repeat(100)),
        "deep YAML" => "[".repeat(6_000_000),
        "wide" => format!("{{\"a\":[{}1]}}", "1,".repeat(3_000_000)),
        _ => {
            let mut text = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n".to_owned();
            for level in 1..20 {
                let alias = format!("*a{}", level - 1);
                writeln!(text, "a{level}: &a{level} [{}]", [&*alias; 10].join(", ")).unwrap();
            }
            text
        }
    };
    assert!(ApiDefinition::reader().read(&text).is_err());
    bencher.bench_local(|| ApiDefinition::reader().read(black_box(&text)).is_err());
}
