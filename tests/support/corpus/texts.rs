//! JSON that strict parsers reject, and alternative encodings of a token.

use super::*;

pub(super) fn json_oddities(spoils: &mut Spoils) {
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
    // The same edits apply to the header and to the claims.
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

/// Adds alternative encodings of one part; a changed header or payload is signed as it is.
pub(super) fn spellings(spoils: &mut Spoils) {
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
                // A signature may contain neither character.
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
                // The last character encodes fewer than six bits unless the length is a multiple of four.
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
