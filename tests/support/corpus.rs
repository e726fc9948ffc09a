//! Many tokens to ask several verifiers about: good ones of each kind that Cognito issues, times every way to spoil one.
//!
//! The same seed and the same time make the same cases; the keys, and so the signatures, are new in each run. A spoil's
//! class is a group and what was done, `` `exp`: null ``: all tokens of a class and a kind are to have one verdict.

use std::rc::Rc;

use aws_lc_rs::hmac;
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use fastrand::Rng;
use serde_json::{Value, json};

use super::tokens::{
    ACCESS_KEY, CLIENT_ID, ID_KEY, ISSUER, NEXT_KEY, OTHER_ISSUER, OTHER_POOL_ID, OTHER_POOL_KEY, POOL_ID, RS384_KEY,
    RS512_KEY, SUBJECT, Token,
};

/// The scope that is asked for.
pub const SCOPE: &str = "pets/read";

/// A good token, and what it is.
pub struct Base {
    /// `access` or `id`.
    pub kind: &'static str,
    pub token: Token,
}

/// What is done to a good token.
pub struct Spoil {
    pub class: String,
    /// What comes of it depends on the second at which one looks.
    pub is_about_time: bool,
    make: Box<dyn Fn(&Token, &mut Situation) -> String>,
}

/// What a spoil can go by.
pub struct Situation {
    pub now: u64,
    pub random: Rng,
}

impl Spoil {
    pub fn token(&self, base: &Base, situation: &mut Situation) -> String {
        (self.make)(&base.token, situation)
    }
}

/// Good tokens, issued a minute ago for an hour.
pub fn bases(now: u64) -> Vec<Base> {
    let current = |token: Token| {
        let (issued, expires) = (now - 60, now + 3_540);
        token.with("exp", expires).with("iat", issued).with("auth_time", issued)
    };
    let user = || Token::user_access().with("scope", "aws.cognito.signin.user.admin pets/read");
    let access = [
        Token::access().with("scope", format!("{}pets/read", "openid email pets/write ".repeat(20))),
        user().with("origin_jti", "o").with("event_id", "e").without("cognito:groups"),
        // What a pre token generation trigger adds.
        user().with("tenant", json!({"id": "a\u{e9}\u{1f600}", "roles": [["x"], null, true, 1.5]})),
    ];
    let id = [
        Token::id().with("cognito:groups", json!(["admin"])).with("cognito:roles", json!(["arn:aws:iam::1:role/x"])),
        Token::id()
            .with("identities", json!([{"userId": "1", "providerName": "P", "primary": "true", "issuer": null}])),
        Token::id()
            .with("nonce", "n")
            .with("jti", "j")
            .with("origin_jti", "o")
            .with("phone_number_verified", false)
            .with("address", json!({"formatted": "1/2 Rd\n\"X\""})),
    ];
    let access = access.map(|token| Base { kind: "access", token: current(token) });
    access.into_iter().chain(id.map(|token| Base { kind: "id", token: current(token) })).collect()
}

/// Every way to spoil a token, and some that do it no harm.
pub fn spoils() -> Vec<Spoil> {
    let mut spoils = Spoils(Vec::new());
    spoils.add("nothing".to_owned(), |token, _| token.sign());
    header_members(&mut spoils);
    claims_of_another_type(&mut spoils);
    claims_of_another_value(&mut spoils);
    numbers(&mut spoils);
    times(&mut spoils);
    json_oddities(&mut spoils);
    spellings(&mut spoils);
    shapes(&mut spoils);
    signatures(&mut spoils);
    spoils.0
}

struct Spoils(Vec<Spoil>);

impl Spoils {
    fn add(&mut self, class: String, make: impl Fn(&Token, &mut Situation) -> String + 'static) {
        self.0.push(Spoil { class, is_about_time: false, make: Box::new(make) });
    }

    fn header(&mut self, name: &'static str, value: Value) {
        let class = format!("header `{name}`: {value}");
        self.add(class, move |token, _| token.clone().with_header(name, value.clone()).sign());
    }

    fn claim(&mut self, name: &'static str, value: Value) {
        let class = format!("`{name}`: {value}");
        self.add(class, move |token, _| token.clone().with(name, value.clone()).sign());
    }

    /// Both texts, signed as they are made.
    fn texts(&mut self, class: String, make: impl Fn(String, String, &Token) -> (Vec<u8>, Vec<u8>) + 'static) {
        self.add(class, move |token, _| {
            let (header, claims) = make(token.header_text(), token.claims_text(), token);
            token.sign_parts(&URL_SAFE_NO_PAD.encode(header), &URL_SAFE_NO_PAD.encode(claims))
        });
    }
}

fn header_members(spoils: &mut Spoils) {
    let long = |length: usize| "k".repeat(length);
    for (name, values) in [
        ("typ", json!(["JWT", "at+jwt", "application/at+jwt", "jwt", "JOSE+JSON", "", null, 1, ["JWT"]])),
        ("cty", json!(["JWT", "", null, 1])),
        ("crit", json!([["exp"], ["b64"], ["alg"], ["kid"], ["x", "x"], [], [1], "exp", null, false, 0, {}])),
        ("b64", json!([true, false, null, "false", 0])),
        ("zip", json!(["DEF", "", null, 1])),
        ("jku", json!(["https://evil.example/keys.json", null, 1])),
        ("x5u", json!(["https://evil.example/chain.pem", null, 1])),
        ("x5c", json!([["MIIB"], "MIIB", [], null, [1]])),
        ("x5t", json!(["AAAA", null, 1])),
        ("x5t#S256", json!(["AAAA", null, 1])),
        ("jwk", json!([{}, null, "x", {"kty": "oct", "k": "AAAA"}])),
        ("url", json!(["https://evil.example/", null, 1])),
        ("nonce", json!(["n", null, 1])),
        ("enc", json!(["A256GCM", "x", null, 1])),
        ("epk", json!([{}, "x"])),
        ("iss", json!(["https://evil.example/", null])),
        ("x", json!([1, null, {"a": []}])),
        ("__proto__", json!([{"alg": "none"}, null])),
        ("ALG", json!(["none"])),
        (
            "alg",
            json!(["none", "None", "nOnE", "NONE", "", "HS256", "HS384", "HS512", "RS384", "RS512", "PS256", "PS384"]),
        ),
        ("alg", json!(["PS512", "ES256", "ES384", "ES512", "ES256K", "EdDSA", "Ed25519", "RSA-OAEP", "A128KW", "dir"])),
        (
            "alg",
            json!(["rs256", "Rs256", "RS256 ", " RS256", "RS256\u{0}", "RS\u{ff12}56", null, 1, true, ["RS256"], {}]),
        ),
        (
            "kid",
            json!([
                "",
                "unknown",
                "../../etc/passwd",
                "x' OR '1'='1",
                "a\r\nb: c",
                null,
                1,
                true,
                ["x"],
                {},
                "__proto__"
            ]),
        ),
    ] {
        for value in values.as_array().unwrap() {
            spoils.header(name, value.clone());
        }
    }
    for name in ["alg", "kid"] {
        spoils.add(format!("header `{name}`: absent"), move |token, _| token.clone().without_header(name).sign());
    }
    let kid = |token: &Token| token.header["kid"].as_str().unwrap().to_owned();
    let respelled = |spoils: &mut Spoils, class: &str, respell: fn(String) -> String| {
        spoils.add(format!("header `kid`: {class}"), move |token, _| {
            token.clone().with_header("kid", respell(kid(token))).sign()
        });
    };
    respelled(spoils, "in other case", |kid| kid.to_lowercase());
    respelled(spoils, "with a space", |kid| format!("{kid} "));
    respelled(spoils, "with NUL", |kid| format!("{kid}\0"));
    respelled(spoils, "cut short", |kid| kid[..kid.len() - 1].to_owned());
    respelled(spoils, "of the user pool's other key", |kid| {
        (if kid == ACCESS_KEY.kid { ID_KEY.kid } else { ACCESS_KEY.kid }).to_owned()
    });
    spoils.add("header `kid`: long".to_owned(), move |token, _| token.clone().with_header("kid", long(300)).sign());
    spoils
        .add("header: longer than any".to_owned(), |token, _| token.clone().with_header("x", "x".repeat(1_000)).sign());
}

/// Of each claim: whether it is a text, and what may take its place.
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

fn claims_of_another_type(spoils: &mut Spoils) {
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

fn claims_of_another_value(spoils: &mut Spoils) {
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

/// Numbers that JSON knows, and some that it does not, digit by digit.
fn numbers(spoils: &mut Spoils) {
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

fn times(spoils: &mut Spoils) {
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

fn json_oddities(spoils: &mut Spoils) {
    let first = |text: &str, member: &str| text.replacen('{', &format!("{{{member},"), 1);
    let last = |text: &str, member: &str| format!("{},{member}}}", text.strip_suffix('}').unwrap());
    for member in [
        r#""alg":"none""#,
        r#""alg":"RS256""#,
        r#""a\u006cg":"none""#,
        r#""kid":"x""#,
        r#""k\u0069d":"x""#,
        r#""x":1,"x":2"#,
        r#""x":{"a":1,"a":2}"#,
        r#""x":[{"a":1,"a":2}]"#,
    ] {
        spoils.texts(format!("header twice: {member} first"), move |header, claims, _| {
            (first(&header, member).into(), claims.into())
        });
        spoils.texts(format!("header twice: {member} last"), move |header, claims, _| {
            (last(&header, member).into(), claims.into())
        });
    }
    for member in [
        r#""exp":9"#,
        r#""exp":99999999999"#,
        r#""e\u0078p":9"#,
        r#""iss":"x""#,
        r#""token_use":"x""#,
        r#""sub":"x""#,
        r#""iat":9"#,
        r#""x":1,"x":2"#,
        r#""x":{"a":1,"a":2}"#,
        r#""x":[{"a":1,"\u0061":2}]"#,
        r#""__proto__":1,"__proto__":2"#,
    ] {
        spoils.texts(format!("claims twice: {member} first"), move |header, claims, _| {
            (header.into(), first(&claims, member).into())
        });
        spoils.texts(format!("claims twice: {member} last"), move |header, claims, _| {
            (header.into(), last(&claims, member).into())
        });
    }
    // The same of both texts.
    let deep = |depth: usize| format!(r#""x":{}1{}"#, "[".repeat(depth), "]".repeat(depth));
    let wide = |members: usize| (0..members).map(|member| format!(r#""{member}":1"#)).collect::<Vec<_>>().join(",");
    for (class, edit) in [
        ("spaces around", edit(|text| format!(" \t\r\n{text}\n ").into())),
        ("spaces within", edit(|text| text.replace("\":", "\" :\n\t").replace(",\"", " , \"").into())),
        ("`/` without an escape", edit(|text| text.replace(r"\/", "/").into())),
        ("`/` as \\u002f", edit(|text| text.replace(r"\/", r"\u002f").into())),
        (
            "names with escapes",
            edit(|text| text.replace("\"alg\"", r#""\u0061lg""#).replace("\"exp\"", r#""e\u0078p""#).into()),
        ),
        ("a BOM", edit(|text| format!("\u{feff}{text}").into())),
        ("a comma at the end", edit(|text| text.replace('}', ",}").into())),
        ("a comment", edit(|text| text.replacen('{', "{/**/", 1).into())),
        ("a line comment", edit(|text| format!("{text}//").into())),
        ("single quotes", edit(|text| text.replace('"', "'").into())),
        ("a name without quotes", edit(move |text| first(text, "x:1").into())),
        ("something behind it", edit(|text| format!("{text}x").into())),
        ("NUL behind it", edit(|text| format!("{text}\0").into())),
        ("another object behind it", edit(|text| format!("{text}{{}}").into())),
        ("a brace missing", edit(|text| text.strip_suffix('}').unwrap().into())),
        ("a list with it", edit(|text| format!("[{text}]").into())),
        ("a text with it", edit(|text| json!(text).to_string().into())),
        ("null", edit(|_| "null".into())),
        ("a number", edit(|_| "1".into())),
        ("a text", edit(|_| "\"x\"".into())),
        ("a list", edit(|_| "[]".into())),
        ("an empty object", edit(|_| "{}".into())),
        ("white space alone", edit(|_| "  ".into())),
        ("nested 20 deep", edit(move |text| last(text, &deep(20)).into())),
        ("nested 32 deep", edit(move |text| last(text, &deep(31)).into())),
        ("nested 33 deep", edit(move |text| last(text, &deep(32)).into())),
        ("nested 126 deep", edit(move |text| last(text, &deep(126)).into())),
        ("nested 140 deep", edit(move |text| last(text, &deep(140)).into())),
        ("sixty members more", edit(move |text| last(text, &wide(60)).into())),
        ("an octet that is no UTF-8", edit(move |text| with_octets(last(text, r#""x":"@""#), &[0xff]))),
        ("an overlong form of UTF-8", edit(move |text| with_octets(last(text, r#""x":"@""#), &[0xc0, 0xaf]))),
        ("half a character of UTF-8", edit(move |text| with_octets(last(text, r#""x":"@""#), &[0xe2, 0x82]))),
        ("a surrogate in UTF-8", edit(move |text| with_octets(last(text, r#""x":"@""#), &[0xed, 0xa0, 0x80]))),
        ("half a surrogate pair", edit(move |text| last(text, r#""x":"\ud800""#).into())),
        ("the other half of a surrogate pair", edit(move |text| last(text, r#""x":"\udc00x""#).into())),
        ("a surrogate pair", edit(move |text| last(text, r#""x":"\ud83d\ude00""#).into())),
        ("a surrogate pair for a name", edit(move |text| last(text, r#""\ud83d\ude00":1"#).into())),
        ("NUL with an escape", edit(move |text| last(text, r#""x\u0000":"\u0000""#).into())),
        ("a control character", edit(move |text| last(text, "\"x\":\"\u{1}\"").into())),
        ("a line feed in a text", edit(move |text| last(text, "\"x\":\"a\nb\"").into())),
        ("DEL in a text", edit(move |text| last(text, "\"x\":\"\u{7f}\u{85}\u{2028}\"").into())),
        ("an escape that is none", edit(move |text| last(text, r#""x":"\x41""#).into())),
        ("half an escape", edit(move |text| last(text, r#""x":"\u00""#).into())),
        ("UTF-16", edit(|text| text.encode_utf16().flat_map(u16::to_le_bytes).collect())),
        (
            "UTF-16 with a BOM",
            edit(|text| format!("\u{feff}{text}").encode_utf16().flat_map(u16::to_be_bytes).collect()),
        ),
        ("a form feed", edit(|text| format!("\u{c}{text}").into())),
        ("a no-break space", edit(|text| format!("\u{a0}{text}").into())),
        ("an empty name", edit(move |text| last(text, r#""":1"#).into())),
        ("`true` in capitals", edit(move |text| last(text, r#""x":True"#).into())),
    ] {
        let of_claims = Rc::clone(&edit);
        spoils.texts(format!("header: {class}"), move |header, claims, _| (edit(&header), claims.into()));
        spoils.texts(format!("claims: {class}"), move |header, claims, _| (header.into(), of_claims(&claims)));
    }
    for (class, members) in [("200 members more", 200), ("300 members more", 300)] {
        spoils.texts(format!("claims: {class}"), move |header, claims, _| {
            (header.into(), last(&claims, &wide(members)).into())
        });
    }
    spoils.texts("claims: nested 2,000 deep".to_owned(), move |header, claims, _| {
        (header.into(), last(&claims, &deep(2_000)).into())
    });
    for (class, length) in [("a claim of 5,000 characters", 5_000), ("longer than a request can be", 9_000)] {
        spoils.texts(format!("claims: {class}"), move |header, claims, _| {
            (header.into(), last(&claims, &format!(r#""x":"{}""#, "x".repeat(length))).into())
        });
    }
}

type Edit = Rc<dyn Fn(&str) -> Vec<u8>>;

fn edit(edit: impl Fn(&str) -> Vec<u8> + 'static) -> Edit {
    Rc::new(edit)
}

fn with_octets(text: String, octets: &[u8]) -> Vec<u8> {
    let (before, behind) = text.split_once('@').unwrap();
    [before.as_bytes(), octets, behind.as_bytes()].concat()
}

/// Other spellings of one part, which the others are signed with as it stands.
fn spellings(spoils: &mut Spoils) {
    let inserted = |what: &'static str| {
        respelling(move |part, random| {
            let place = random.usize(1..part.len());
            format!("{}{what}{}", &part[..place], &part[place..])
        })
    };
    for (class, respell) in [
        ("padding as is due", respelling(|part, _| format!("{part}{}", "=".repeat((4 - part.len() % 4) % 4)))),
        ("a `=` more", respelling(|part, _| format!("{part}="))),
        (
            "the standard alphabet",
            respelling(|part, _| {
                // A signature may happen to have neither.
                let part = if part.contains(['-', '_']) { part } else { format!("-{}", &part[1..]) };
                part.replace('-', "+").replace('_', "/")
            }),
        ),
        ("a line feed at the end", respelling(|part, _| format!("{part}\n"))),
        ("a space in front", respelling(|part, _| format!(" {part}"))),
        ("a space", inserted(" ")),
        ("a tab", inserted("\t")),
        ("CR LF", inserted("\r\n")),
        ("NUL", inserted("\0")),
        ("a comma", inserted(",")),
        ("a `=`", inserted("=")),
        ("a `%2B`", inserted("%2B")),
        ("a `~`", inserted("~")),
        ("a full-width A", inserted("\u{ff21}")),
        (
            "an unused bit",
            respelling(|part, _| {
                // The last character stands for fewer bits than six unless the length is a multiple of four.
                let last = char::from(part.bytes().last().unwrap() + 1);
                format!("{}{last}", &part[..part.len() - 1])
            }),
        ),
        ("a length of 4n + 1", respelling(|part, _| format!("{part}{}", &"AAAAA"[..(5 - part.len() % 4) % 4]))),
    ] {
        for (place, name) in ["header", "claims", "signature"].into_iter().enumerate() {
            let respell = Rc::clone(&respell);
            spoils.add(format!("base64url of the {name}: {class}"), move |token, situation| {
                let (header, claims) = (uneven(token.header_text()), uneven(token.claims_text()));
                let (mut header, mut claims) = (URL_SAFE_NO_PAD.encode(header), URL_SAFE_NO_PAD.encode(claims));
                match place {
                    0 => header = respell(header, &mut situation.random),
                    1 => claims = respell(claims, &mut situation.random),
                    _ => {}
                }
                let token = token.sign_parts(&header, &claims);
                if place < 2 {
                    return token;
                }
                let (input, signature) = token.rsplit_once('.').unwrap();
                format!("{input}.{}", respell(signature.to_owned(), &mut situation.random))
            });
        }
    }
}

type Respell = Rc<dyn Fn(String, &mut Rng) -> String>;

fn respelling(respell: impl Fn(String, &mut Rng) -> String + 'static) -> Respell {
    Rc::new(respell)
}

/// The same object, of a length that leaves bits of the last character unused, with `-` and `_` in its base64url.
fn uneven(text: String) -> String {
    let text = text.replacen('{', "{\"y\":\"\u{fb}\u{ff}\u{fe}??>>??>>\",", 1);
    (0..3).map(|spaces| format!("{text}{}", " ".repeat(spaces))).find(|text| text.len() % 3 == 1).unwrap()
}

fn shapes(spoils: &mut Spoils) {
    type Shape = fn([&str; 3]) -> String;
    let shapes: [(&str, Shape); 29] = [
        ("no signature", |[header, claims, _]| format!("{header}.{claims}.")),
        ("two parts", |[header, claims, _]| format!("{header}.{claims}")),
        ("one part", |[header, ..]| header.to_owned()),
        ("four parts", |[header, claims, signature]| format!("{header}.{claims}.{signature}.{signature}")),
        ("five parts", |[header, claims, signature]| format!("{header}.{claims}.{signature}.{claims}.{signature}")),
        ("a dot at the end", |parts| format!("{}.", parts.join("."))),
        ("a dot in front", |parts| format!(".{}", parts.join("."))),
        ("two dots", |[header, claims, signature]| format!("{header}..{claims}.{signature}")),
        ("no header", |[_, claims, signature]| format!(".{claims}.{signature}")),
        ("no claims", |[header, _, signature]| format!("{header}..{signature}")),
        ("header and claims swapped", |[header, claims, signature]| format!("{claims}.{header}.{signature}")),
        ("claims twice", |[_, claims, signature]| format!("{claims}.{claims}.{signature}")),
        ("nothing", |_| String::new()),
        ("dots", |_| "..".to_owned()),
        ("a million dots", |_| ".".repeat(10_000)),
        ("a space in front", |parts| format!(" {}", parts.join("."))),
        ("a space behind", |parts| format!("{} ", parts.join("."))),
        ("a line feed behind", |parts| format!("{}\n", parts.join("."))),
        ("NUL behind", |parts| format!("{}\0", parts.join("."))),
        ("in quotes", |parts| format!("\"{}\"", parts.join("."))),
        ("twice, with a comma", |parts| format!("{0},{0}", parts.join("."))),
        ("twice, with a space", |parts| format!("{0} {0}", parts.join("."))),
        ("commas for dots", |parts| parts.join(",")),
        ("full stops of another script", |parts| parts.join("\u{3002}")),
        ("in capitals", |parts| parts.join(".").to_uppercase()),
        ("reversed", |parts| parts.join(".").chars().rev().collect()),
        ("encoded once more", |parts| URL_SAFE_NO_PAD.encode(parts.join("."))),
        ("the flattened JSON serialization", |[header, claims, signature]| {
            json!({"protected": header, "payload": claims, "signature": signature}).to_string()
        }),
        ("the general JSON serialization", |[header, claims, signature]| {
            json!({"payload": claims, "signatures": [{"protected": header, "signature": signature}]}).to_string()
        }),
    ];
    for (class, shape) in shapes {
        spoils.add(format!("shape: {class}"), move |token, _| {
            let token = token.sign();
            shape(token.split('.').collect::<Vec<_>>().try_into().unwrap())
        });
    }
}

fn signatures(spoils: &mut Spoils) {
    type Change = fn(Vec<u8>, &mut Rng) -> Vec<u8>;
    let changes: [(&str, Change); 13] = [
        ("a bit flipped", flipped),
        ("another bit flipped", flipped),
        ("one more bit flipped", flipped),
        ("the first bit flipped", |mut signature, _| {
            signature[0] ^= 0x80;
            signature
        }),
        ("the last bit flipped", |mut signature, _| {
            signature[255] ^= 1;
            signature
        }),
        ("an octet less", |signature, _| signature[..255].to_vec()),
        ("an octet less in front", |signature, _| signature[1..].to_vec()),
        ("an octet more", |signature, _| [&signature[..], &[0]].concat()),
        ("a zero in front", |signature, _| [&[0], &signature[..]].concat()),
        ("one octet", |_, _| vec![0]),
        ("zeros", |_, _| vec![0; 256]),
        ("ones", |_, _| vec![0xff; 256]),
        ("noise", |_, random| (0..256).map(|_| random.u8(..)).collect()),
    ];
    for (class, change) in changes {
        spoils.add(format!("signature: {class}"), move |token, situation| {
            let token = token.sign();
            let (input, signature) = token.rsplit_once('.').unwrap();
            let signature = change(URL_SAFE_NO_PAD.decode(signature).unwrap(), &mut situation.random);
            format!("{input}.{}", URL_SAFE_NO_PAD.encode(signature))
        });
    }
    spoils.add("signature: of another token".to_owned(), |token, _| {
        let (token, other) = (token.sign(), token.clone().with("jti", "other").sign());
        format!("{}.{}", token.rsplit_once('.').unwrap().0, other.rsplit_once('.').unwrap().1)
    });
    spoils.add("signature: `alg` none, and no signature".to_owned(), |token, _| {
        let token = token.clone().with_header("alg", "none").sign();
        format!("{}.", token.rsplit_once('.').unwrap().0)
    });
    for (class, key) in [
        ("by a key that is not published", &NEXT_KEY),
        ("by another user pool's key of that name", &OTHER_POOL_KEY),
        ("by a key for RS384", &RS384_KEY),
        ("by a key for RS512", &RS512_KEY),
    ] {
        spoils.add(format!("signature: {class}"), move |token, _| token.clone().by(key).sign());
        spoils.add(format!("signature: {class}, under the name of the right one"), move |token, _| {
            token.clone().by(key).with_header("kid", token.header["kid"].clone()).with_header("alg", "RS256").sign()
        });
    }
    spoils.add("signature: by the key in the header".to_owned(), |token, _| {
        token.clone().by(&NEXT_KEY).with_header("jwk", NEXT_KEY.jwk()).sign()
    });
    spoils.add("signature: by the key in the header, which names the right one".to_owned(), |token, _| {
        token
            .clone()
            .by(&NEXT_KEY)
            .with_header("kid", token.header["kid"].clone())
            .with_header("jwk", NEXT_KEY.jwk())
            .sign()
    });
    type Secret = fn(&Value) -> Vec<u8>;
    let secrets: [(&str, Secret); 4] = [
        ("the JWK", |jwk| jwk.to_string().into_bytes()),
        ("the modulus", |jwk| URL_SAFE_NO_PAD.decode(jwk["n"].as_str().unwrap()).unwrap()),
        ("the modulus in base64url", |jwk| jwk["n"].as_str().unwrap().as_bytes().to_vec()),
        ("nothing", |_| Vec::new()),
    ];
    for (class, secret) in secrets {
        spoils.add(format!("signature: HMAC with {class} for its secret"), move |token, _| {
            let key = if token.claims["token_use"] == "id" { &ID_KEY } else { &ACCESS_KEY };
            let token = token.clone().with_header("alg", "HS256").sign();
            let input = token.rsplit_once('.').unwrap().0;
            let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, &secret(&key.jwk())), input.as_bytes());
            format!("{input}.{}", URL_SAFE_NO_PAD.encode(tag))
        });
    }
    spoils.add("signature: other claims under it".to_owned(), |token, _| {
        let (token, other) = (token.sign(), token.clone().with("sub", format!("{SUBJECT}x")).sign());
        let payload = other.split('.').nth(1).unwrap();
        let [header, _, signature]: [&str; 3] = token.split('.').collect::<Vec<_>>().try_into().unwrap();
        format!("{header}.{payload}.{signature}")
    });
}

fn flipped(mut signature: Vec<u8>, random: &mut Rng) -> Vec<u8> {
    let bit = random.usize(..signature.len() * 8);
    signature[bit / 8] ^= 1 << (bit % 8);
    signature
}
