//! Tokens with the wrong structure, and invalid signatures.

use super::*;

pub(super) fn shapes(spoils: &mut Spoils) {
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

pub(super) fn signatures(spoils: &mut Spoils) {
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
