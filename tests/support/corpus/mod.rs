//! A corpus of tokens for comparing verifiers: valid tokens of each kind that Cognito issues, times every mutation.
//!
//! The same seed and time make the same cases. The keys, and therefore the signatures, are new in each run. A mutation's class
//! is a group and the change, such as `` `exp`: null ``. All tokens with one class and one kind must get one verdict.

use std::rc::Rc;

use aws_lc_rs::hmac;
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use fastrand::Rng;
use serde_json::{Value, json};

use super::tokens::{
    ACCESS_KEY, CLIENT_ID, ID_KEY, ISSUER, NEXT_KEY, OTHER_ISSUER, OTHER_POOL_ID, OTHER_POOL_KEY, POOL_ID, RS384_KEY,
    RS512_KEY, SUBJECT, Token,
};

mod claims;
mod signatures;
mod texts;

use claims::{claims_of_another_type, claims_of_another_value, numbers, times};
use signatures::{shapes, signatures};
use texts::{json_oddities, spellings};

/// The required scope.
pub const SCOPE: &str = "pets/read";

/// A valid token and its kind.
pub struct Base {
    /// `access` or `id`.
    pub kind: &'static str,
    pub token: Token,
}

/// A mutation of a valid token.
pub struct Spoil {
    pub class: String,
    /// Whether the verdict depends on the second at which the token is verified.
    pub is_about_time: bool,
    make: Box<dyn Fn(&Token, &mut Situation) -> String>,
}

/// The inputs of a mutation.
pub struct Situation {
    pub now: u64,
    pub random: Rng,
}

impl Spoil {
    pub fn token(&self, base: &Base, situation: &mut Situation) -> String {
        (self.make)(&base.token, situation)
    }
}

/// Returns valid tokens, issued a minute ago for an hour.
pub fn bases(now: u64) -> Vec<Base> {
    let current = |token: Token| {
        let (issued, expires) = (now - 60, now + 3_540);
        token.with("exp", expires).with("iat", issued).with("auth_time", issued)
    };
    let user = || Token::user_access().with("scope", "aws.cognito.signin.user.admin pets/read");
    let access = [
        Token::access().with("scope", format!("{}pets/read", "openid email pets/write ".repeat(20))),
        user().with("origin_jti", "o").with("event_id", "e").without("cognito:groups"),
        // Claims that a pre token generation trigger adds.
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

/// Returns every mutation, including some that keep the token valid.
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

    /// Adds a mutation of the header and claims texts, signed after the change.
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

type Respell = Rc<dyn Fn(String, &mut Rng) -> String>;

fn respelling(respell: impl Fn(String, &mut Rng) -> String + 'static) -> Respell {
    Rc::new(respell)
}

/// Pads the object so that its base64url leaves bits of the last character unused, and contains `-` and `_`.
fn uneven(text: String) -> String {
    let text = text.replacen('{', "{\"y\":\"\u{fb}\u{ff}\u{fe}??>>??>>\",", 1);
    (0..3).map(|spaces| format!("{text}{}", " ".repeat(spaces))).find(|text| text.len() % 3 == 1).unwrap()
}
