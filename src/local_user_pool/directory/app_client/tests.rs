use super::*;

#[test]
fn every_member_is_known_by_its_name() {
    let full = AppClientConfig {
        client_name: Some(String::new()),
        explicit_auth_flows: Some(Vec::new()),
        allowed_flows: Some(Vec::new()),
        allowed_scopes: vec![String::new()],
        uses_oauth: Some(true),
        access_token_validity: Some(1),
        id_token_validity: Some(1),
        token_validity_units: [(String::new(), TimeUnit::Days)].into(),
        read_attributes: Some(Vec::new()),
        write_attributes: Some(Vec::new()),
        prevent_user_existence_errors: Some(PreventUserExistenceErrors::Enabled),
        refresh_token_rotation: Some(RefreshTokenRotation {
            feature: Feature::Disabled,
            retry_grace_period_seconds: 0,
        }),
        ..AppClientConfig::new("", "")
    };
    let serialized = serde_json::to_value(full).unwrap();
    let mut names: Vec<&str> = serialized.as_object().unwrap().keys().map(String::as_str).collect();
    let mut known = AppClientConfig::MEMBERS.to_vec();
    names.sort_unstable();
    known.sort_unstable();
    assert_eq!(names, known);
}
