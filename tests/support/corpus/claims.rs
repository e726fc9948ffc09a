//! Claims with the wrong type, the wrong value or the wrong time.

use super::*;

/// The claims, each with the type that decides which values may replace it.
const CLAIMS: [(&str, &str); 19] = [
    ("iss", "text"),
    ("sub", "text"),
    ("aud", "text"),
    ("exp", "number"),
    ("nbf", "number"),
    ("iat", "number"),
    ("auth_time", "number"),
    ("jti", "text"),
    ("origin_jti", "text"),
    ("event_id", "text"),
    ("version", "number"),
    ("token_use", "text"),
    ("client_id", "text"),
    ("scope", "text"),
    ("username", "text"),
    ("cognito:username", "text"),
    ("cognito:groups", "list"),
    ("email_verified", "boolean"),
    ("custom:role", "text"),
];

pub(super) fn claims_of_another_type(spoils: &mut Spoils) {
    let values = json!([null, true, false, 0, 1, -1, 1.5, "", "x", [], ["x"], [null], {}, {"a": 1}]);
    for (name, right) in CLAIMS {
        for value in values.as_array().unwrap() {
            let is_right = match value {
                Value::Bool(_) => right == "boolean",
                Value::Number(_) => right == "number",
                Value::String(_) => right == "text",
                Value::Array(list) => right == "list" && *list != [Value::Null],
                _ => false,
            };
            if !is_right {
                spoils.claim(name, value.clone());
            }
        }
        spoils.add(format!("`{name}`: absent"), move |token, _| {
            let mut token = token.clone();
            token.claims.remove(name);
            token.sign()
        });
        let within = |wrap: fn(Value) -> Value| {
            move |token: &Token, _: &mut Situation| match token.claims.get(name) {
                Some(value) => token.clone().with(name, wrap(value.clone())).sign(),
                None => token.clone().with(name, wrap(json!("x"))).sign(),
            }
        };
        if name != "aud" {
            spoils.add(format!("`{name}`: a list of it"), within(|value| json!([value])));
        }
        spoils.add(format!("`{name}`: an object with it"), within(|value| json!({"value": value})));
        if right == "number" {
            spoils.add(format!("`{name}`: as a text"), within(|value| json!(value.to_string())));
        }
    }
}

pub(super) fn claims_of_another_value(spoils: &mut Spoils) {
    let long = "x ".repeat(2_000);
    let host = "cognito-idp.eu-west-1.amazonaws.com";
    for value in ["access ", "ACCESS", "Access", "ID", "Id", " id", "refresh", "", "x", "id access"] {
        spoils.claim("token_use", json!(value));
    }
    spoils.add("`token_use`: of the other kind".to_owned(), |token, _| {
        let other = if token.claims["token_use"] == "id" { "access" } else { "id" };
        token.clone().with("token_use", other).sign()
    });
    let ids = [
        "other".to_owned(),
        CLIENT_ID.to_uppercase(),
        format!("{CLIENT_ID} "),
        format!(" {CLIENT_ID}"),
        format!("{CLIENT_ID}0"),
        CLIENT_ID[1..].to_owned(),
        format!("{CLIENT_ID},other"),
        format!("other {CLIENT_ID}"),
        String::new(),
        ".*".to_owned(),
    ];
    for name in ["client_id", "aud"] {
        for value in &ids {
            spoils.claim(name, json!(value));
        }
    }
    for value in
        [json!([CLIENT_ID]), json!(["other", CLIENT_ID]), json!([CLIENT_ID, 7]), json!([[CLIENT_ID]]), json!(["other"])]
    {
        spoils.claim("aud", value);
    }
    spoils.claim("aud", json!(CLIENT_ID));
    spoils.claim("aud", json!("https://api.example"));
    spoils.add("`client_id` and `aud`: swapped".to_owned(), |token, _| {
        let mut token = token.clone();
        let (client_id, aud) = (token.claims.remove("client_id"), token.claims.remove("aud"));
        token.claims.extend(client_id.map(|id| ("aud".to_owned(), id)));
        token.claims.extend(aud.map(|aud| ("client_id".to_owned(), aud)));
        token.sign()
    });
    spoils.claim("azp", json!("other"));
    for value in [
        "pets/write",
        "pets/read2",
        "pets/rea",
        "PETS/READ",
        "read",
        "ets/read",
        "pets/read,pets/write",
        "pets/write,pets/read",
        "pets/write\tpets/read",
        "pets/read\n",
        "pets/write\u{a0}pets/read",
        "pets/write  pets/read",
        " pets/read",
        "pets/read ",
        "pets/read pets/read",
        "\"pets/read\"",
        "pets%2Fread",
        "*",
        "pets/*",
        "",
        " ",
        "openid",
        "aws.cognito.signin.user.admin",
    ] {
        spoils.claim("scope", json!(value));
    }
    spoils.add("`scope`: two thousand more".to_owned(), move |token, _| {
        token.clone().with("scope", format!("{long}{SCOPE}")).sign()
    });
    spoils.add("`scp`: the scope, and no `scope`".to_owned(), |token, _| {
        let mut token = token.clone().with("scp", json!([SCOPE]));
        token.claims.remove("scope");
        token.sign()
    });
    for value in [
        OTHER_ISSUER.to_owned(),
        format!("https://issuer-cognito-idp.eu-west-1.amazonaws.com/{POOL_ID}"),
        format!("https://cognito-idp.us-east-1.amazonaws.com/{POOL_ID}"),
        format!("https://cognito-idp.eu-west-1.amazonaws.com.cn/{POOL_ID}"),
        format!("{ISSUER}/"),
        format!("{ISSUER}.evil"),
        format!("{ISSUER}#"),
        format!("{ISSUER}?"),
        format!("{ISSUER} "),
        format!("{ISSUER}\u{0}"),
        ISSUER.to_uppercase(),
        ISSUER[..ISSUER.len() - 1].to_owned(),
        format!("http://{host}/{POOL_ID}"),
        format!("https://{host}:443/{POOL_ID}"),
        format!("https://{host}./{POOL_ID}"),
        format!("https://{host}//{POOL_ID}"),
        format!("https://{host}%2F{POOL_ID}"),
        format!("https://{host}/../{POOL_ID}"),
        format!("https://user@{host}/{POOL_ID}"),
        format!("https://evil.example/{POOL_ID}"),
        POOL_ID.to_owned(),
        OTHER_POOL_ID.to_owned(),
        String::new(),
    ] {
        spoils.claim("iss", json!(value));
    }
    spoils.claim("iss", json!([ISSUER, OTHER_ISSUER]));
    for (name, value) in [
        ("sub", json!("")),
        ("sub", json!("x")),
        ("jti", json!("")),
        ("username", json!("")),
        ("cognito:groups", json!([])),
        ("cognito:groups", json!([1, "admin"])),
        ("version", json!(3)),
        ("email_verified", json!(false)),
        ("__proto__", json!({"token_use": "access"})),
        ("constructor", json!({"prototype": {}})),
        ("toString", json!(1)),
        ("hasOwnProperty", json!(null)),
        ("", json!(1)),
        ("Exp", json!(1)),
        ("exp ", json!(1)),
        ("TOKEN_USE", json!("refresh")),
        ("custom:x", json!(1e300)),
        ("custom:x", json!("\u{0}\u{7f}\u{2028}\u{fffd}")),
    ] {
        spoils.claim(name, value);
    }
}

/// Adds numbers digit by digit: some are valid JSON, some are not.
pub(super) fn numbers(spoils: &mut Spoils) {
    for name in ["exp", "nbf", "iat", "auth_time", "custom:x"] {
        for number in [
            "-0",
            "-1",
            "0.0",
            "1e0",
            "1E5",
            "1e10",
            "1E+10",
            "1e-1",
            "1e400",
            "-1e400",
            "253402300799",
            "253402300800",
            "9007199254740993",
            "9223372036854775807",
            "9223372036854775808",
            "18446744073709551615",
            "18446744073709551616",
            "123456789012345678901234567890",
            "01",
            "+1",
            "1.",
            ".5",
            "1e",
            "0x10",
            "1_000",
            "Infinity",
            "-Infinity",
            "NaN",
            "undefined",
            "1 2",
        ] {
            spoils.texts(format!("`{name}`: {number}"), move |header, _, token| {
                let claims = token.clone().with(name, "@").claims_text().replacen("\"@\"", number, 1);
                (header.into(), claims.into())
            });
        }
    }
    for (name, tail) in
        [("exp", ".0"), ("exp", ".5"), ("exp", "e0"), ("nbf", ".0"), ("nbf", "e0"), ("iat", ".0"), ("iat", ".5")]
    {
        spoils.texts(format!("`{name}`: with {tail}"), move |header, _, token| {
            let value = if name == "nbf" { &token.claims["iat"] } else { &token.claims[name] };
            let number = format!("{value}{tail}");
            let claims = token.clone().with(name, "@").claims_text().replacen("\"@\"", &number, 1);
            (header.into(), claims.into())
        });
    }
}

pub(super) fn times(spoils: &mut Spoils) {
    for (name, later, said) in [
        ("exp", -1_000_000_i64, "long ago"),
        ("exp", -1, "a second ago"),
        ("exp", 0, "now"),
        ("exp", 1, "in a second"),
        ("exp", 100_000_000, "in three years"),
        ("nbf", -3_600, "an hour ago"),
        ("nbf", -1, "a second ago"),
        ("nbf", 0, "now"),
        ("nbf", 1, "in a second"),
        ("nbf", 3_600, "in an hour"),
        ("nbf", 100_000, "after `exp`"),
        ("iat", 0, "now"),
        ("iat", 1, "in a second"),
        ("iat", 3_600, "in an hour"),
        ("iat", -100_000_000, "three years ago"),
        ("auth_time", 3_600, "in an hour"),
    ] {
        spoils.add(format!("`{name}`: {said}"), move |token, situation| {
            let now = i64::try_from(situation.now).unwrap();
            token.clone().with(name, now + later).sign()
        });
        spoils.0.last_mut().unwrap().is_about_time = true;
    }
}
