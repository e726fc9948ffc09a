//! Reads definitions of kinds that are common in public repositories: `tests/templates/cases`.
//!
//! What SAM and API Gateway make of each is stated beside it. Rows: `src/docs/behaviour.md` §6.3.
use std::path::PathBuf;

use cognito_authorizer::{
    RejectionKind,
    configuration::{Configuration, ConfigurationReader},
};

use crate::support::requests::{request, send};

fn case(name: &str) -> PathBuf {
    PathBuf::from(format!("{}/tests/templates/cases/{name}.yaml", env!("CARGO_MANIFEST_DIR")))
}

fn reader() -> ConfigurationReader {
    let variables = [("AWS::Region", "eu-west-1"), ("AWS::AccountId", "123456789012"), ("Pool", "eu-west-1_Ab129faBb")];
    variables.into_iter().fold(Configuration::reader(), |reader, (name, value)| reader.variable(name, value))
}

fn routes(configuration: &Configuration) -> Vec<String> {
    let routes = configuration.route_table().routes().iter();
    let mut routes: Vec<String> = routes
        .map(|route| {
            let scopes: Vec<&str> = route.authorization().scope_names().collect();
            let asked =
                if route.authorization().is_open() { "open".to_owned() } else { format!("token {}", scopes.join(" ")) };
            format!("{} {}", route.key(), asked.trim())
        })
        .collect();
    routes.sort_unstable();
    routes
}

#[test]
fn definitions_are_read_as_aws_reads_them() {
    for (name, expected) in [
        ("httpapi-root-security-event-route-open", &["DELETE /admin token", "GET /pets token"][..]),
        ("rest-root-security-cors-preflight-open", &["GET /pets token", "OPTIONS /pets token"]),
        ("httpapi-options-empty-scopes-open", &["GET /pets token pets/read", "OPTIONS /pets token pets/read"]),
        ("httpapi-event-in-place-of-false-if", &["GET /pets token"]),
        ("cors-options-of-false-condition", &["GET /pets token"]),
        ("jwt-authorizer-named-AWS_IAM", &["GET /pets token pets/read"]),
        ("cors-for-a-path-of-false-if", &["GET /pets token", "OPTIONS /old open", "OPTIONS /pets open"]),
        ("include", &["GET /pets token pets/read"]),
        ("flow-list-closed-at-the-indentation-of-its-name", &["GET /pets token pets/read"]),
        ("quoted-text-continued-at-the-indentation-of-its-name", &["GET /pets token"]),
        ("description-at-a-resource-of-sam", &["GET /pets token"]),
        ("root-resource-of-the-implicit-api", &["GET /health open", "GET /pets token"]),
        ("processed-template-ServerlessRestApi", &["GET /pets token"]),
        ("processed-template-NONE", &["GET /health open", "GET /pets token"]),
        ("openapi3-with-securityDefinitions-in-sam", &["GET /pets token"]),
        ("authorizer-resource-of-the-same-name", &["GET /pets token"]),
        ("httpapi-definition-and-event-with-auth", &["GET /health open", "GET /pets token pets/read"]),
        ("globals-and-own-of-what-is-not-read", &["GET /pets token"]),
        ("language-extensions-that-are-not-used", &["GET /pets token"]),
        ("gateway-response-with-query-string", &["GET /pets token"]),
        ("name-twice-where-nothing-is-read", &["GET / token"]),
        ("empty-policy", &["GET / token"]),
        ("api-with-an-unknown-attribute", &["GET /pets token"]),
    ] {
        let configuration = reader().read_file(case(name)).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!(routes(&configuration), expected, "{name}");
    }
}

#[test]
fn a_definition_that_is_not_read_says_what_to_do() {
    for (name, expected) in [
        ("openapi3-own-schemes-replaced-by-auth", "SAM replaces the `components.securitySchemes`"),
        ("api-key-of-auth-over-root-security", "an API key alone cannot be checked here"),
        ("one-route-with-another-authorizer", "`AWS_IAM` cannot be checked here"),
        ("event-with-an-unknown-property", "line 16, /Resources/F/Properties/Events/E/Properties/Cors: `Cors`"),
        ("every-route-is-open", "every route of the API is open"),
        ("NONE-beside-an-authorizer", "`AuthorizationType` is `NONE`, so the route is open"),
        ("parameter-with-a-placeholder", "set the variable `UserPoolArn`"),
    ] {
        let error = reader().read_file(case(name)).unwrap_err().to_string();
        assert!(error.lines().next().unwrap().contains(expected), "{name}: {error}");
    }
}

/// With the option, such a route rejects every request, whatever it holds; without it, the API is not read.
#[tokio::test]
async fn a_route_that_cannot_be_checked_rejects_every_request() {
    let cognito = "pool: {type: apiKey, in: header, name: Authorization, x-amazon-apigateway-authtype: cognito_user_pools, \
                   x-amazon-apigateway-authorizer: {type: cognito_user_pools, providerARNs: \
                   [arn:aws:cognito-idp:eu-west-1:123456789012:userpool/eu-west-1_Ab129faBb]}}";
    let lambda = "lambda: {type: apiKey, in: header, name: Authorization, x-amazon-apigateway-authtype: custom, \
                  x-amazon-apigateway-authorizer: {type: token, authorizerUri: x}}";
    let iam = "iam: {type: apiKey, in: header, name: Authorization, x-amazon-apigateway-authtype: awsSigv4}";
    let key = "key: {type: apiKey, in: header, name: x-api-key}";
    let text = format!(
        "openapi: 3.0.1\npaths:\n  /pets: {{get: {{security: [{{pool: []}}]}}}}\n  /a: {{get: {{security: [{{lambda: []}}]}}}}\n  \
         /b: {{get: {{security: [{{iam: []}}]}}}}\n  /c: {{get: {{security: [{{key: []}}]}}}}\n  /d: {{get: \
         {{x-amazon-apigateway-auth: {{type: AWS_IAM}}}}}}\ncomponents: {{securitySchemes: {{{cognito}, {lambda}, {iam}, {key}}}}}\n"
    );
    assert_eq!(reader().read(&text).unwrap_err().problems().len(), 4);
    let lenient = reader().reject_unsupported_routes(true);
    let configuration = lenient.read(&text).unwrap();
    assert_eq!(configuration.notes().iter().filter(|note| note.pointer().starts_with("/paths/")).count(), 5);
    let of_template = lenient.read_file(case("one-route-with-another-authorizer")).unwrap();
    let again = Configuration::reader().read(&configuration.to_json().unwrap()).unwrap();
    for (configuration, paths) in [
        (&configuration, &["/a", "/b", "/c", "/d"][..]),
        (&again, &["/a", "/b", "/c", "/d"]),
        (&of_template, &["/internal"]),
    ] {
        let layer = configuration.layer(&configuration.authorizers().unwrap()).unwrap();
        for path in paths {
            let method = if *path == "/internal" { "POST" } else { "GET" };
            for authorization in [&[][..], &["a.b.c"], &["AWS4-HMAC-SHA256 Credential=x"]] {
                let answer = send(&layer, request(method, path, authorization)).await;
                assert_eq!(answer.reason, Some(RejectionKind::UnsupportedAuthorization), "{path}");
                assert_eq!(answer.status, 403, "{path}");
                assert_eq!(answer.body, r#"{"message":"User is not authorized to access this resource"}"#);
            }
        }
    }
}

#[test]
fn an_included_file_must_be_in_the_folder_of_the_template() {
    let folder = crate::support::fresh_folder("included");
    let template = std::fs::read_to_string(case("include")).unwrap();
    for (location, expected) in [
        ("../include-api.yaml", "must be relative to the template"),
        ("/etc/hostname", "must be relative to the template"),
        ("s3://bucket/api.yaml", "must be relative to the template"),
        ("missing.yaml", "cannot read `missing.yaml`"),
        ("link.yaml", "outside the folder of the template"),
    ] {
        let path = folder.join("template.yaml");
        std::fs::write(&path, template.replace("include-api.yaml", location)).unwrap();
        #[cfg(unix)]
        if location == "link.yaml" {
            std::os::unix::fs::symlink(case("include-api"), folder.join(location)).unwrap();
        }
        let error = reader().read_file(&path).unwrap_err().to_string();
        assert!(error.contains(expected), "{location}: {error}");
    }
}

/// `sam build` writes paths that lead from `.aws-sam/build` to the project.
#[test]
fn a_template_that_sam_built_refers_to_its_project() {
    let project = crate::support::fresh_folder("sam-built");
    let built = project.join(".aws-sam/build");
    std::fs::create_dir_all(&built).unwrap();
    std::fs::copy(case("include-api"), project.join("api.yaml")).unwrap();
    std::fs::copy(case("include-api"), project.parent().unwrap().join("outside.yaml")).unwrap();
    let template = std::fs::read_to_string(case("include")).unwrap();
    let read = |location: &str, folder: &std::path::Path| {
        let path = folder.join("template.yaml");
        std::fs::write(&path, template.replace("include-api.yaml", location)).unwrap();
        reader().read_file(path).map(|configuration| routes(&configuration))
    };
    assert_eq!(read("../../api.yaml", &built).unwrap(), ["GET /pets token pets/read"]);
    assert!(read("../../../outside.yaml", &built).unwrap_err().to_string().contains("outside the folder"));
    let other = project.join("other/build");
    std::fs::create_dir_all(&other).unwrap();
    assert!(read("../../api.yaml", &other).unwrap_err().to_string().contains("must be relative to the template"));
}

/// Blanks at the start of a line of a quoted text or a flow collection mean nothing, and nothing else changes.
#[test]
fn values_at_too_little_indentation_are_read_as_libyaml_reads_them() {
    let definition = |description: &str, scopes: &str| {
        format!(
            "openapi: 3.0.1\ninfo:\n  title: t\n  description: {description}\npaths:\n  /pets:\n    get:\n      \
             security: [{{pool: {scopes}}}]\ncomponents:\n  securitySchemes:\n    pool:\n      type: apiKey\n      \
             name: Authorization\n      in: header\n      x-amazon-apigateway-authtype: cognito_user_pools\n      \
             x-amazon-apigateway-authorizer:\n        type: cognito_user_pools\n        providerARNs: \
             [\"arn:aws:cognito-idp:eu-west-1:123456789012:userpool/eu-west-1_Ab129faBb\"]\n"
        )
    };
    for (description, scopes, expected) in [
        ("'it''s\n  \"one\"'", "[pets/read]", "GET /pets token pets/read"),
        ("\"a \\\" b\n  c\"", "[\n      pets/read\n      ]", "GET /pets token pets/read"),
        ("\"a\"", "[\npets/read,\npets/write\n]", "GET /pets token pets/read pets/write"),
        ("|\n    ]\n    '\n    \"", "[\n'pets/read'\n]", "GET /pets token pets/read"),
    ] {
        let text = definition(description, scopes);
        let configuration = reader().read(&text).unwrap_or_else(|error| panic!("{text}{error}"));
        assert_eq!(routes(&configuration), [expected], "{text}");
    }
    for text in ["a: 'b\nc", "a: \"b\nc: d", "a: [b\nc: ]]", "a:\n  b: c\n d: e\n"] {
        assert!(reader().read(text).is_err(), "{text}");
    }
}
