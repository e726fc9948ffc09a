use super::*;

#[test]
fn derives_the_issuers_of_every_partition() {
    for (id, host) in [
        ("eu-west-1_Ab129faBb", "cognito-idp.eu-west-1.amazonaws.com"),
        ("us-gov-west-1_Ab1", "cognito-idp.us-gov-west-1.amazonaws.com"),
        ("cn-north-1_Ab1", "cognito-idp.cn-north-1.amazonaws.com.cn"),
        ("eusc-de-east-1_Ab1", "cognito-idp.eusc-de-east-1.amazonaws.eu"),
        ("us-iso-east-1_Ab1", "cognito-idp.us-iso-east-1.c2s.ic.gov"),
        ("us-isob-east-1_Ab1", "cognito-idp.us-isob-east-1.sc2s.sgov.gov"),
        ("us-isof-south-1_Ab1", "cognito-idp.us-isof-south-1.csp.hci.ic.gov"),
        ("eu-isoe-west-1_Ab1", "cognito-idp.eu-isoe-west-1.cloud.adc-e.uk"),
    ] {
        let pool = id.parse::<UserPool>().unwrap();
        let issuers = pool.issuers();
        let names: Vec<_> = issuers.iter().map(Issuer::name).collect();
        assert_eq!(names, [format!("https://{host}/{id}"), format!("https://issuer-{host}/{id}")]);
        assert_eq!(issuers[0].jwks_uri(), format!("https://{host}/{id}/.well-known/jwks.json"));
        assert_eq!(issuers[1].jwks_uri(), format!("https://issuer-{host}/{id}/.well-known/jwks.json"));
    }
}

#[test]
fn issuer_and_jwks_uri_are_set_apart_in_any_order() {
    let pool = || "eu-west-1_Ab129faBb".parse::<UserPool>().unwrap();
    let address = |pool: UserPool| {
        let issuers = pool.issuers();
        issuers.iter().map(|issuer| (issuer.name().to_owned(), issuer.jwks_uri().to_owned())).collect::<Vec<_>>()
    };
    let both = [("a".to_owned(), "b".to_owned())];
    assert_eq!(address(pool().with_issuer("a").with_jwks_uri("b")), both);
    assert_eq!(address(pool().with_jwks_uri("b").with_issuer("a")), both);
    assert_eq!(address(pool().with_issuer("a")), [("a".to_owned(), "a/.well-known/jwks.json".to_owned())]);
    assert!(address(pool().with_jwks_uri("b")).iter().all(|(_, jwks_uri)| jwks_uri == "b"));
    let own = |pool: UserPool| [pool.own_issuer(), pool.own_jwks_uri()].map(|own| own.map(str::to_owned));
    assert_eq!(own(pool()), [None, None]);
    assert_eq!(own(pool().with_issuer("a")), [Some("a".to_owned()), None]);
    assert_eq!(own(pool().with_jwks_uri("b")), [None, Some("b".to_owned())]);
}

#[test]
fn rejects_what_is_not_a_user_pool_and_names_it() {
    for text in [
        "",
        "_",
        "eu-west-1",
        "eu-west-1_",
        "_Ab129faBb",
        "eu-west-1-Ab129faBb",
        "eu.west_Ab1",
        "eu west-1_Ab1",
        "\u{e9}u-west-1_Ab1",
        "eu-west-1_Ab-1",
        "local_",
        "eu-west-1_Ab/../x",
        "eu-west-1_Ab 1",
        "eu-west-1_0123456789012345678901234567890123456789012345678",
        "arn:aws:cognito-idp:eu-west-1:123456789012:userpool/us-east-1_Ab129faBb",
        "arn:aws:cognito-idp:eu-west-1:1234:userpool/eu-west-1_Ab129faBb",
        "arn:aws:cognito-identity:eu-west-1:123456789012:userpool/eu-west-1_Ab129faBb",
        "arn:aws:cognito-idp:eu-west-1:123456789012:identitypool/eu-west-1_Ab129faBb",
        "arn:aws:cognito-idp:eu-west-1",
    ] {
        let error = text.parse::<UserPool>().unwrap_err();
        assert!(error.to_string().contains(&format!("`{text}`")), "{error}");
    }
}

#[test]
fn ids_and_audiences_are_written_as_they_were_read() {
    let (pool, client, resource) = ("eu-west-1_Ab129faBb", "1example23456789", "https://api.example/v1");
    assert_eq!(pool.parse::<UserPoolId>().unwrap().as_ref(), pool);
    let id: AppClientId = client.parse().unwrap();
    assert_eq!([id.as_str(), id.as_ref()], [client; 2]);
    assert_eq!(id.to_string(), client);
    let audience: Audience = resource.parse().unwrap();
    assert_eq!([audience.as_str(), audience.as_ref()], [resource; 2]);
    assert_eq!(audience.to_string(), resource);
    assert_eq!(Audience::from(id).as_str(), client);
}

#[test]
fn debug_output_hides_the_query_of_an_address() {
    let pool: UserPool = "eu-west-1_Ab129faBb".parse().unwrap();
    assert_eq!(format!("{pool:?}"), "UserPool { id: eu-west-1_Ab129faBb, issuer: None, jwks_uri: None }");
    let pool = pool.with_issuer("https://idp.example/a?key=b").with_jwks_uri("https://idp.example/keys?key=c");
    let (issuer, jwks_uri) = (r#""https://idp.example/a?[redacted]""#, r#""https://idp.example/keys?[redacted]""#);
    assert_eq!(
        format!("{pool:?}"),
        format!("UserPool {{ id: eu-west-1_Ab129faBb, issuer: Some({issuer}), jwks_uri: Some({jwks_uri}) }}")
    );
    assert_eq!(
        format!("{:?}", pool.issuers()),
        format!("[Issuer {{ user_pool: eu-west-1_Ab129faBb, name: {issuer}, jwks_uri: {jwks_uri} }}]")
    );
}

/// `UserPoolIdType` of the Cognito API reference: what stands before the last `_` is often, not always, a region.
#[test]
fn an_id_without_a_region_has_no_issuer_unless_one_is_given() {
    for (id, region) in [
        ("local_2D4gvA2k", "local"),
        ("EU-WEST-1_Ab129faBb", "EU-WEST-1"),
        ("eu-west_Ab129faBb", "eu-west"),
        ("eu-1_Ab129faBb", "eu-1"),
        ("eu--west-1_Ab", "eu--west-1"),
        ("eu-west-x_Ab1", "eu-west-x"),
        ("eu-west-1a_Ab1", "eu-west-1a"),
        ("eu-west-_Ab1", "eu-west-"),
        ("e1-west-1_Ab1", "e1-west-1"),
        ("eu-west-1_Ab_1", "eu-west-1_Ab"),
        ("a_b_c", "a_b"),
        ("__1", "_"),
        ("local_012345678901234567890123456789012345678901234567a", "local"),
    ] {
        let pool = id.parse::<UserPool>().unwrap();
        assert_eq!((pool.id().as_str(), pool.id().region()), (id, region));
        assert_eq!(pool.issuers(), [], "{id}");
        assert_eq!(pool.clone().with_jwks_uri("http://localhost/keys").issuers(), [], "{id}");
        let issuer = format!("http://localhost:9229/{id}");
        let issuers = pool.with_issuer(&issuer).issuers();
        assert_eq!(issuers.iter().map(Issuer::name).collect::<Vec<_>>(), [issuer]);
    }
    // A region that nobody knows yet is one all the same.
    let pool = "mx-central-7_Ab1".parse::<UserPool>().unwrap();
    assert_eq!(pool.issuers()[0].name(), "https://cognito-idp.mx-central-7.amazonaws.com/mx-central-7_Ab1");
}
