use proptest::prelude::*;

use super::*;

/// What the tests read: one member of each kind.
#[derive(Debug, Default, PartialEq)]
struct Read {
    text: Member<JsonText>,
    texts: Member<Vec<JsonText>>,
    array: Member<Vec<JsonText>>,
    number: Member<u64>,
}

impl<'de> Members<'de> for Read {
    fn take<M: MapAccess<'de>>(&mut self, name: &str, text: &'de str, map: &mut M) -> Result<MemberMatch, M::Error> {
        match name {
            "text" => self.text.read(map, ReadText(text)),
            "texts" => self.texts.read(map, ReadTexts { document: text, one_is_a_list: true }),
            "array" => self.array.read(map, ReadTexts { document: text, one_is_a_list: false }),
            "number" => self.number.read(map, ReadNumber(|digits| digits.parse().ok())),
            _ => Ok(MemberMatch::No),
        }
    }
}

fn read(document: &str) -> Result<Read, InvalidJson> {
    read_object(document)
}

fn strings<'t>(member: &'t Member<Vec<JsonText>>, document: &'t str) -> Option<Vec<&'t str>> {
    member.value().map(|texts| texts.iter().map(|text| text.of(document)).collect())
}

#[test]
fn reads_members_where_they_stand_and_unescapes_where_it_must() {
    let document = r#" { "text" : "plain" , "other" : [1, {"a": null}], "number" : 7, "texts" : ["a\/b", "c"] } "#;
    let read = read(document).unwrap();
    let Member::Is(text @ JsonText::At(_)) = &read.text else { panic!("{read:?}") };
    assert_eq!(text.of(document), "plain");
    assert_eq!(read.number, Member::Is(7));
    assert_eq!(strings(&read.texts, document), Some(vec!["a/b", "c"]));
}

#[test]
fn reads_escapes_in_names_and_values() {
    for (document, expected) in [
        (r#"{"text":"https:\/\/a\/b"}"#, "https://a/b"),
        (r#"{"te\u0078t":"a"}"#, "a"),
        (r#"{"text":"\u00e9\n\ud83d\ude00"}"#, "é\n😀"),
        (r#"{"text":""}"#, ""),
    ] {
        assert_eq!(read(document).unwrap().text.value().unwrap().of(document), expected, "{document}");
    }
}

#[test]
fn one_string_counts_as_a_list_of_one() {
    let document = r#"{"texts":"a"}"#;
    assert_eq!(strings(&read(document).unwrap().texts, document), Some(vec!["a"]));
    assert_eq!(read(r#"{"array":"a"}"#).unwrap().array, Member::Wrong, "unless it does not");
    let document = r#"{"array":["a"]}"#;
    assert_eq!(strings(&read(document).unwrap().array, document), Some(vec!["a"]));
    let document = r#"{"texts":[]}"#;
    assert_eq!(strings(&read(document).unwrap().texts, document), Some(vec![]));
}

#[test]
fn a_value_of_another_type_is_wrong_and_not_absent() {
    for value in ["null", "true", "1", "-1", "1.5", "[]", "[[]]", "{}", r#"{"a":"b"}"#] {
        assert_eq!(read(&format!(r#"{{"text":{value}}}"#)).unwrap().text, Member::Wrong, "{value}");
    }
    for value in ["null", "true", "1", "{}", "[1]", r#"["a",1]"#, r#"["a",["b"]]"#, r#"[null,"a"]"#] {
        assert_eq!(read(&format!(r#"{{"texts":{value}}}"#)).unwrap().texts, Member::Wrong, "{value}");
    }
    for value in ["null", "true", r#""1""#, "1.0", "1e2", "-1", "[1]", "{}", "18446744073709551616"] {
        assert_eq!(read(&format!(r#"{{"number":{value}}}"#)).unwrap().number, Member::Wrong, "{value}");
    }
    assert_eq!(read("{}").unwrap(), Read::default());
}

#[test]
fn rejects_what_is_not_one_object() {
    for document in [
        "",
        " ",
        "null",
        "[]",
        "1",
        r#""a""#,
        "{",
        "}",
        "{}{}",
        "{} x",
        "{},",
        r#"{"a":1"#,
        r#"{"a":1,}"#,
        r#"{a:1}"#,
        r#"{'a':1}"#,
        r#"{"a" 1}"#,
        r#"{"a":01}"#,
        r#"{"a":+1}"#,
        r#"{"a":NaN}"#,
        r#"{"a":1e400}"#,
        r#"{"a":tru}"#,
        "{\"a\":\"\n\"}",
        r#"{"a":"\ud800"}"#,
        r#"{"a":"\x"}"#,
        "\u{feff}{}",
        "{}\0",
        r#"{"a":1 /* */}"#,
    ] {
        assert_eq!(read(document), Err(InvalidJson), "{document:?}");
    }
}

#[test]
fn rejects_a_repeated_member_at_any_depth() {
    for document in [
        r#"{"text":"a","text":"a"}"#,
        r#"{"text":"a","te\u0078t":"b"}"#,
        r#"{"text":1,"text":"b"}"#,
        r#"{"number":1,"number":2}"#,
        r#"{"other":1,"x":2,"other":3}"#,
        r#"{"other":1,"\u006fther":3}"#,
        r#"{"x":{"a":1,"a":2}}"#,
        r#"{"x":[[{"b":{"a":1,"c":2,"a":3}}]]}"#,
        r#"{"text":{"a":1,"a":2}}"#,
        r#"{"texts":{"a":1,"a":2}}"#,
        r#"{"texts":[{"a":1,"a":2}]}"#,
        r#"{"number":{"a":1,"a":2}}"#,
        r#"{"number":[{"a":1,"a":2}]}"#,
    ] {
        assert_eq!(read(document), Err(InvalidJson), "{document}");
    }
    assert!(read(r#"{"x":{"a":1},"y":{"a":1,"b":{"a":1}},"a":1}"#).is_ok());
}

#[test]
fn bounds_depth_and_members() {
    let nested = |name: &str, depth: usize| format!(r#"{{"{name}":{}1{}}}"#, "[".repeat(depth), "]".repeat(depth));
    for name in ["x", "text", "texts", "number"] {
        assert!(read(&nested(name, MAX_JSON_DEPTH - 1)).is_ok(), "{name}");
        assert_eq!(read(&nested(name, MAX_JSON_DEPTH)), Err(InvalidJson), "{name}");
        assert_eq!(read(&nested(name, 10_000)), Err(InvalidJson), "{name}");
    }
    let members = |count: usize| {
        let members: Vec<String> = (0..count).map(|index| format!(r#""m{index}":1"#)).collect();
        members.join(",")
    };
    assert!(read(&format!("{{{}}}", members(MAX_JSON_MEMBERS))).is_ok());
    assert_eq!(read(&format!("{{{}}}", members(MAX_JSON_MEMBERS + 1))), Err(InvalidJson));
    assert_eq!(read(&format!(r#"{{"x":{{{}}}}}"#, members(MAX_JSON_MEMBERS + 1))), Err(InvalidJson));
}

/// JSON values of any kind, small.
fn json() -> impl Strategy<Value = serde_json::Value> {
    let leaf = prop_oneof![
        Just(serde_json::Value::Null),
        any::<bool>().prop_map(Into::into),
        any::<i64>().prop_map(Into::into),
        "[a-z\"/\\\\é\u{0}-\u{1f}]{0,6}".prop_map(Into::into),
    ];
    leaf.prop_recursive(3, 16, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Into::into),
            prop::collection::btree_map("text|texts|number|[a-c]", inner, 0..5)
                .prop_map(|map| serde_json::Value::Object(map.into_iter().collect())),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    /// `serde_json::Value` is the second opinion: on objects without repeated members both read the
    /// same, however the slashes are written.
    #[test]
    fn agrees_with_serde_json(value in json()) {
        let document = value.to_string().replace('/', r"\/");
        let Some(object) = value.as_object() else {
            prop_assert_eq!(read(&document), Err(InvalidJson));
            return Ok(());
        };
        let read = read(&document).unwrap();
        prop_assert_eq!(read.text.value().map(|text| text.of(&document)), object.get("text").and_then(|v| v.as_str()));
        prop_assert_eq!(read.number.value().copied(), object.get("number").and_then(|v| v.as_u64()));
        prop_assert_eq!(read.text == Member::Absent, !object.contains_key("text"));
        let expected = object.get("texts").and_then(|value| match value {
            serde_json::Value::String(text) => Some(vec![text.as_str()]),
            serde_json::Value::Array(values) => values.iter().map(|value| value.as_str()).collect(),
            _ => None,
        });
        prop_assert_eq!(strings(&read.texts, &document), expected);
    }

    /// Whatever is accepted is JSON.
    #[test]
    fn accepts_nothing_that_serde_json_rejects(document in r#"[\[\]{}:,"a\\ 0-9tn.e-]{0,24}"#) {
        if read(&document).is_ok() {
            prop_assert!(serde_json::from_str::<serde_json::Map<_, _>>(&document).is_ok());
        }
    }
}

#[test]
fn writes_a_solidus_without_its_escape_and_changes_nothing_else() {
    for (text, expected) in [
        (r#"{"a":"b"}"#, r#"{"a":"b"}"#),
        (r#"{"a":"\/"}"#, r#"{"a":"/"}"#),
        (r#""https:\/\/x\/y""#, r#""https://x/y""#),
        (r#""\\/""#, r#""\\/""#),
        (r#""\\\/""#, r#""\\/""#),
        (r#""\"\/\u002f\n""#, r#""\"/\u002f\n""#),
        (r#""\"#, r#""\"#),
        (r"\/", "/"),
        ("", ""),
    ] {
        let mut bytes = text.as_bytes().to_vec();
        let length = unescape_solidus(&mut bytes);
        assert_eq!(&bytes[..length], expected.as_bytes(), "{text}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    /// Whatever the text: it means the same, or nothing, before and after.
    #[test]
    fn a_solidus_without_its_escape_means_the_same(text in "[\\[\"\\\\/au,0\\]]{0,24}") {
        let mut bytes = text.clone().into_bytes();
        let length = unescape_solidus(&mut bytes);
        let before: Option<serde_json::Value> = serde_json::from_str(&text).ok();
        prop_assert_eq!(before, serde_json::from_slice(&bytes[..length]).ok());
    }
}
