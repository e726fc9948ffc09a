//! Values that only the reader can give are asked for once, all together. Row: `src/docs/behaviour.md` §6.4.
use cognito_authorizer::api_definition::ApiDefinition;

/// The path of `Get` needs `Stage`, so its scopes are only looked at where `Stage` is known.
const TEMPLATE: &str = r#"
Parameters:
  PoolArn: {Type: String}
  Stage: {Type: String}
  Stored: {Type: "AWS::SSM::Parameter::Value<String>", Default: /app/method}
Resources:
  Api: {Type: AWS::ApiGateway::RestApi}
  Guard:
    Type: AWS::ApiGateway::Authorizer
    Properties:
      RestApiId: !Ref Api
      Type: COGNITO_USER_POOLS
      IdentitySource: method.request.header.Authorization
      ProviderARNs: [!Ref PoolArn]
  Pets:
    Type: AWS::ApiGateway::Resource
    Properties: {RestApiId: !Ref Api, ParentId: !GetAtt Api.RootResourceId, PathPart: !Sub "${Stage}-pets"}
  Get:
    Type: AWS::ApiGateway::Method
    Properties:
      RestApiId: !Ref Api
      ResourceId: !Ref Pets
      HttpMethod: GET
      AuthorizationType: COGNITO_USER_POOLS
      AuthorizerId: !Ref Guard
      AuthorizationScopes: [!ImportValue auth-scope, !Sub "${Stage}/read"]
  Other:
    Type: AWS::ApiGateway::Method
    Properties:
      RestApiId: !Ref Api
      ResourceId: !Ref Pets
      HttpMethod: !Ref Stored
      AuthorizationType: COGNITO_USER_POOLS
      AuthorizerId: !Ref Guard
"#;

#[test]
fn all_missing_values_are_asked_for_at_once() {
    let error = ApiDefinition::reader().read(TEMPLATE).unwrap_err();
    let told: Vec<String> = error.problems().iter().map(|own| format!("{} {}", own.line(), own.message())).collect();
    assert_eq!(
        told,
        [
            "14 `PoolArn` has no value: set the variable `PoolArn`",
            "17 `Stage` has no value: set the variable `Stage`",
            "26 no stack of the app exports `auth-scope`: set the variable `auth-scope`",
            "32 the parameter `Stored` has the value of the SSM parameter `/app/method`, which no stack of the app stores: \
             set the variable `Stored`",
        ]
    );
    // With these, and only with all of them, the template is read.
    let values = [
        ("PoolArn", "arn:aws:cognito-idp:eu-west-1:123456789012:userpool/eu-west-1_Ab129faBb"),
        ("Stage", "prod"),
        ("auth-scope", "pets/read"),
        ("Stored", "POST"),
    ];
    let with = |skipped: &str| {
        let given = values.iter().filter(|(name, _)| *name != skipped);
        given.fold(ApiDefinition::reader(), |reader, (name, value)| reader.variable(*name, *value)).read(TEMPLATE)
    };
    assert_eq!(with("").unwrap().routes().len(), 2);
    for (name, _) in values {
        let error = with(name).unwrap_err();
        assert!(error.problems().len() == 1 && error.to_string().contains(&format!("`{name}`")), "{error}");
    }
}

/// What is wrong otherwise is still told, and a placeholder causes no problem of its own.
#[test]
fn other_problems_are_told_beside_the_missing_values() {
    let wrong = "  Wrong:\n    Type: AWS::ApiGateway::Method\n    Properties: {RestApiId: !Ref Api, ResourceId: !GetAtt \
                 Api.RootResourceId, HttpMethod: GET, AuthorizationType: CUSTOM}\n";
    let wrong = format!("{TEMPLATE}{wrong}");
    let error = ApiDefinition::reader().read(&wrong).unwrap_err().to_string();
    assert!(
        error.contains("`CUSTOM`") && error.contains("`Stage` has no value") && !error.contains("Missing00"),
        "{error}"
    );
    // A value that is missing is no authorization that cannot be checked.
    assert!(ApiDefinition::reader().reject_unsupported_routes(true).read(TEMPLATE).is_err());
}

/// 6.4.16: an output of a stack that is not given, in the short form and in a template alone.
#[test]
fn an_output_of_another_stack_is_asked_for() {
    let output = "[!GetStackOutput {StackName: Auth, OutputName: Arn, Region: !Ref AWS::Region}]";
    let template = TEMPLATE.replace("[!Ref PoolArn]", output);
    let given = [("Stage", "prod"), ("auth-scope", "pets/read"), ("Stored", "POST")];
    let reader = given.into_iter().fold(ApiDefinition::reader(), |reader, (name, value)| reader.variable(name, value));
    let error = reader.read(&template).unwrap_err().to_string();
    let asked = "no stack of the app has the name `Auth` and the output `Arn`: set the variable `Auth.Arn`";
    assert!(error.ends_with(asked) && error.lines().count() == 1, "{error}");
    let arn = "arn:aws:cognito-idp:eu-west-1:123456789012:userpool/eu-west-1_Ab129faBb";
    let definition = reader.clone().variable("Auth.Arn", arn).read(&template).unwrap();
    assert!(definition.assumed().is_empty() && definition.authorizer().is_ok());
    let error = reader.read(&template.replace("OutputName: Arn, ", "")).unwrap_err().to_string();
    assert!(error.contains("takes the members StackName and OutputName"), "{error}");
}

/// A name that is made of a value that is missing cannot be asked for.
#[test]
fn names_made_of_missing_values_are_not_asked_for() {
    let template = TEMPLATE.replace("!ImportValue auth-scope", "!ImportValue {\"Fn::Sub\": \"${Stage}-scope\"}");
    let error = ApiDefinition::reader().read(&template).unwrap_err().to_string();
    assert!(error.contains("the variable `Stage`") && !error.contains("Missing00"), "{error}");
    let known = ApiDefinition::reader().variable("Stage", "prod").read(&template).unwrap_err().to_string();
    assert!(known.contains("the variable `prod-scope`"), "{known}");
}
