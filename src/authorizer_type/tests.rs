#![allow(clippy::unwrap_used, reason = "tests")]

use super::*;

/// Behaviour §6.1.2.
#[test]
fn a_type_has_aws_name() {
    for (name, expected, reads_scp) in [
        ("COGNITO_USER_POOLS", AuthorizerType::CognitoUserPools, false),
        ("cognito_user_pools", AuthorizerType::CognitoUserPools, false),
        ("JWT", AuthorizerType::Jwt, true),
        ("jwt", AuthorizerType::Jwt, true),
    ] {
        let read: AuthorizerType = name.parse().unwrap();
        assert_eq!((read, read.as_str(), read.reads_scp()), (expected, &*name.to_uppercase(), reads_scp));
    }
    for name in ["", "TOKEN", "REQUEST", "JWT "] {
        assert!(name.parse::<AuthorizerType>().is_err(), "{name:?}");
    }
}

/// Behaviour §2.2 and §2.3.1.
#[test]
fn a_type_of_response_has_a_status_and_a_class() {
    use ResponseType as Is;

    for (name, expected, status, catch_all) in [
        ("ACCESS_DENIED", Is::AccessDenied, Some(403), Is::Default4xx),
        ("AUTHORIZER_CONFIGURATION_ERROR", Is::AuthorizerConfigurationError, Some(500), Is::Default5xx),
        ("INTEGRATION_TIMEOUT", Is::IntegrationTimeout, Some(504), Is::Default5xx),
        ("THROTTLED", Is::Throttled, Some(429), Is::Default4xx),
        ("DEFAULT_4XX", Is::Default4xx, None, Is::Default4xx),
        ("DEFAULT_5XX", Is::Default5xx, None, Is::Default5xx),
    ] {
        let read: ResponseType = name.parse().unwrap();
        let own_status = read.status().map(|status| status.as_u16());
        assert_eq!((read, read.as_str(), own_status, read.catch_all()), (expected, name, status, catch_all));
    }
    assert!("unauthorized".parse::<ResponseType>().is_err(), "AWS writes it in capitals");
}
