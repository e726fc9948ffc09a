//! Tests templates that try to exhaust the reader, and templates that refer to other files.

use super::api_definition_template::{POOL, REST, notes, read, reader, with};
use super::sam_templates::SAM;
use crate::support::definitions::routes;
use cognito_authorizer::api_definition::ApiDefinition;
use std::fs;

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
        ("/etc/hosts", "must be relative to the template"),
        ("../Cargo.toml", "and below it"),
        ("api/../../Cargo.toml", "and below it"),
        ("s3://bucket/key", "must be relative to the template"),
        ("{Bucket: a, Key: b}", "a definition in S3 cannot be read"),
        ("!Ref Nobody", "is not defined"),
        ("api/wrong.yaml", "`api/wrong.yaml`, line 5, /paths/~1pets/get/security/0/nobody: "),
        ("api/broken.yaml", "`api/broken.yaml`, line 2: the document is not valid YAML"),
    ] {
        let error = read(&of(location)).unwrap_err().to_string();
        assert!(error.contains(part), "{location}: {error}");
    }
    let error = reader().read(&of("api/openapi.yaml")).unwrap_err().to_string();
    assert!(error.contains("read the template with `read_file`"), "{error}");
    fs::remove_dir_all(&folder).unwrap();
}

/// 10.68: settings that are not read are noted.
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
    assert!(
        notes(&definition).contains("/Domain/MutualTlsAuthentication: `MutualTlsAuthentication` of a custom domain")
    );
    // If a resource server is only partly known, its scopes are not checked.
    let unknown =
        with(&with(REST, "Identifier: pets", "Identifier: !Ref Pets"), "!Sub \"${Server}/read\"", "pets/read");
    let definition = read(&unknown);
    assert_eq!(definition.defined_scopes(), None);
    assert!(notes(&definition).contains("/Resources/Server/Properties/Identifier: "));
}

/// 10.62: each case is rejected quickly, with the reason.
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
    let too_much = "take more than 2000000 steps";
    for (name, text, part) in [
        (
            "a condition that refers to itself",
            of(&conditions(r#""C":{"Fn::Not":[{"Condition":"C"}]}"#), &under("C")),
            "the condition `C` refers to itself",
        ),
        (
            "a long chain of conditions",
            of(&conditions(&format!(r#"{chain},"C20000":{one}"#)), &under("C0")),
            "nested more than 100 levels deep",
        ),
        (
            "doubled conditions in a circle",
            of(&conditions(&format!(r#"{doubled},"C20":{{"Condition":"C0"}}"#)), &under("C0")),
            "the condition `C0` refers to itself",
        ),
        (
            "an identifier in a circle",
            of("", &format!("{},{}", server("S", &reference("S")), asking(&reference("S")))),
            "the value is circular",
        ),
        (
            "doubled identifiers",
            of("", &format!("{servers},{}", asking(&reference("S0")))),
            "nested more than 100 levels deep",
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
        ("a long chain of resources", of("", &format!("{resources},{below}")), "too long or circular"),
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
    // Default scopes that many routes share are stored once.
    let shared = with(SAM, "AuthorizationScopes: [pets/read]", "AuthorizationScopes: [a/b, c/d]");
    let shared = read(&with(&shared, "Auth: {Authorizer: Other}", "Auth: {Authorizer: Guard}"));
    let places = shared.routes().iter().filter_map(|route| route.authorization().scope_names().map(str::as_ptr).nth(1));
    let places: Vec<_> = places.collect();
    assert!(places.len() == 2 && places[0] == places[1], "{places:?}");
    // Conditions that refer to each other twice are evaluated once.
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
