//! Tests functions and conditions of templates.

use super::api_definition_template::{POOL, REST, notes, problem, read, reader, routes_of, with};
use crate::support::definitions::routes;
use cognito_authorizer::api_definition::ApiDefinition;

/// 6.3.5: resources that do not exist, or that belong to another API, add no routes.
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
    // The method is rejected because its authorizer does not exist.
    let unguarded = with(
        &template,
        "Type: AWS::ApiGateway::Authorizer",
        "Type: AWS::ApiGateway::Authorizer\n    Condition: IsProduction",
    );
    assert!(problem(&unguarded).contains("unknown security scheme"));
    let branches = with(
        &template,
        "AuthorizationScopes: [!Sub \"${Server}/read\", pets/write]",
        "AuthorizationScopes: [!If [IsProduction, pets/admin, !Ref AWS::NoValue], !If [IsTest, pets/test, pets/read]]",
    );
    assert!(routes_of(&branches).contains(&"GET /pets Guard pets/test".to_owned()));
    // An error inside a branch has its place in the file.
    let wrong = with(&branches, "pets/test", "a b");
    assert!(problem(&wrong).contains("/Resources/List/Properties/AuthorizationScopes: "), "{}", problem(&wrong));
    let wrong = with(&branches, "pets/test", "!GetAtt Nobody.Arn");
    assert!(problem(&wrong).contains("/AuthorizationScopes/1/Fn::If/1: this template has no resource `Nobody`"));

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
    assert!(problem("Resources: {Pool: {Type: AWS::Cognito::UserPool}}").contains("this template has no API"));
    let plain = "openapi: 3.0.1\npaths: {}\n";
    assert!(reader().api("Api").read(plain).unwrap_err().to_string().contains("this document is not a template"));
}

/// 6.3.6: each function, where it can be resolved, and its error where it cannot.
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
        ("!Ref AWS::AccountId", "000000000000"),
        ("'{{resolve:ssm:Exported}}/{{resolve:ssm:Exported:3}}'", "x/x"),
    ] {
        let result = found(scope);
        if expected.contains("${") {
            // The result is a literal, which is not a valid scope.
            assert!(result.unwrap_err().contains("`${b}` is not a stage variable"), "{scope}");
        } else {
            assert_eq!(result.as_deref(), Ok(expected), "{scope}");
        }
    }
    for (scope, part) in [
        ("!Ref Missing", "`Missing` has no value: set the variable `Missing`"),
        // The parameter's default is the name of the stored value, not the value.
        ("!Ref Stored", "which no stack of the app stores: set the variable `Stored`"),
        ("!Ref AWS::StackId", "set the variable `AWS::StackId`"),
        ("!Ref Nowhere", "`Nowhere` is not defined"),
        ("!Ref Guard", "`Guard` has no value"),
        ("!GetAtt Server.Other", "`Server.Other` has no value"),
        ("!GetAtt Pool.Other", "`Pool.Other` has no value"),
        ("!GetAtt Nowhere.Arn", "no resource `Nowhere`"),
        ("!ImportValue Other", "no stack of the app exports `Other`: set the variable `Other`"),
        ("!Sub '${Missing}'", "`Missing` has no value"),
        ("!Sub '${Name'", "`${` without `}`"),
        ("!Sub [x]", "a string and a map"),
        ("!Join ['', x]", "expected a list"),
        ("!Join [x]", "a list of 2"),
        ("!Select [7, !Ref Names]", "no item 7"),
        ("!Select [-1, !Ref Names]", "a number and a list"),
        ("!Split ['', a]", "not empty"),
        ("!FindInMap [Words, other, one]", "`Mappings` has no value for `Words`, `other`, `one`"),
        ("!If [Nobody, a, b]", "unknown condition `Nobody`"),
        ("!If [Nobody, a]", "a condition and two values"),
        ("!Base64 a", "`Fn::Base64` cannot be resolved"),
        ("'{{resolve:ssm:/pets:1}}'", "no stack of the app stores the SSM parameter `/pets`: set the variable `/pets`"),
        ("'{{resolve:ssm-secure:/pets}}'", "only `{{resolve:ssm:…}}` can be resolved"),
        ("!Sub '{{resolve:${Name}}}'", "only `{{resolve:ssm:…}}` can be resolved"),
        ("'{{resolve:ssm:/pets'", "only `{{resolve:ssm:…}}` can be resolved"),
        ("{'Fn::ForEach': [x, [a], {}]}", "the macro `Fn::ForEach`"),
        ("!Ref [Name]", "expected a string"),
        ("!Ref Names", "expected a string"),
    ] {
        let error = found(scope).unwrap_err();
        assert!(error.contains(part), "{scope}: {error}");
        assert!(error.contains("/Resources/List/Properties/AuthorizationScopes/0"), "{scope}: {error}");
    }
    // With an account the ARN is complete, and a variable for the name with its attribute takes precedence.
    let whole = found("!GetAtt Pool.Arn").unwrap();
    assert_eq!(whole, POOL);
    let known = reader.clone().variable("AWS::AccountId", "123456789012");
    let arn = known.read(&template("!GetAtt Pool.Arn")).unwrap();
    let expected = "arn:aws:cognito-idp:eu-west-1:123456789012:userpool/eu-west-1_Ab129faBb";
    assert!(routes(&arn).contains(&format!("GET /pets Guard {expected}")), "{:?}", routes(&arn));
    let given = known.variable("Pool.Arn", "x").variable("Pool", expected);
    assert!(given.read(&template("x")).unwrap_err().to_string().contains("`x`"), "the authorizer names it too");
    let by_arn = ApiDefinition::reader().variable("Pool", expected).read(REST).unwrap();
    assert_eq!(by_arn.authorizers()[0].user_pools()[0].id(), POOL);
    for (region, partition, suffix) in
        [("cn-north-1", "aws-cn", "amazonaws.com.cn"), ("us-gov-west-1", "aws-us-gov", "amazonaws.com")]
    {
        let reader = ApiDefinition::reader().variable("Pool", POOL).variable("AWS::Region", region);
        let definition = reader.read(&template("!Sub '${AWS::Partition}/${AWS::URLSuffix}'")).unwrap();
        assert!(routes(&definition).contains(&format!("GET /pets Guard {partition}/{suffix}")));
    }
    // Without a value, the id is derived, and no authorizer is built.
    let derived = ApiDefinition::reader().read(REST).unwrap();
    let error = derived.authorizer().unwrap_err().to_string();
    assert!(error.contains("the id of the user pool `Pool` would be assumed"), "{error}");
}
