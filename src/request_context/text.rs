//! Formats claims as text (behaviour §3.1.1 to §3.1.7 and §3.2.2 to §3.2.4).

use serde_json::value::RawValue;

use crate::{authorizer_type::ClaimFormat, time::UnixTime};

/// Returns the text of a claim; `None` if the claim is `null`.
pub(super) fn of_claim(name: &str, json: &str, format: ClaimFormat) -> Option<String> {
    let json = json.trim();
    if json == "null" {
        return None;
    }
    if format == ClaimFormat::Rest && matches!(name, "exp" | "iat" | "nbf") {
        return Some(java_date(json).unwrap_or_else(|| of_value(json)));
    }
    if !json.starts_with('[') {
        return Some(of_value(json));
    }
    let elements: Vec<&RawValue> = serde_json::from_str(json).unwrap_or_default();
    let texts: Vec<String> = elements.into_iter().map(|element| of_value(element.get())).collect();
    Some(match format {
        ClaimFormat::Rest => texts.join(","),
        ClaimFormat::Http => format!("[{}]", texts.join(" ")),
    })
}

/// Returns the content of a string, a number or boolean as written, and any other value as compact JSON.
fn of_value(json: &str) -> String {
    if json.starts_with(['[', '{']) {
        return compact(json);
    }
    serde_json::from_str(json).unwrap_or_else(|_| json.to_owned())
}

/// Removes the white space between the parts of a JSON text.
fn compact(json: &str) -> String {
    let (mut in_string, mut is_escaped) = (false, false);
    let is_kept = |character: &char| {
        let is_kept = in_string || !character.is_ascii_whitespace();
        in_string ^= *character == '"' && !is_escaped;
        is_escaped = in_string && *character == '\\' && !is_escaped;
        is_kept
    };
    json.chars().filter(is_kept).collect()
}

/// Formats a time as Java's `Date` prints it, such as `Tue Jun 18 15:00:04 UTC 2024`.
fn java_date(json: &str) -> Option<String> {
    let time = UnixTime::from_secs(json.parse().ok()?).date_time()?;
    Some(format!("{} {} {} {} UTC {}", time.weekday, time.month, time.day, time.clock, time.year))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn writes_each_claim_as_the_two_apis_do() {
        for (name, json, rest, http, why) in [
            ("exp", "1718722804", "Tue Jun 18 15:00:04 UTC 2024", "1718722804", "3.1.2, 3.2.2"),
            ("iat", "1704931445", "Thu Jan 11 00:04:05 UTC 2024", "1704931445", "3.1.2"),
            ("iat", "1720051200", "Thu Jul 04 00:00:00 UTC 2024", "1720051200", "3.1.2: the day has two digits"),
            ("nbf", "0", "Thu Jan 01 00:00:00 UTC 1970", "0", "3.1.3"),
            ("exp", "253402300799", "Fri Dec 31 23:59:59 UTC 9999", "253402300799", "the last date"),
            ("exp", "253402300800", "253402300800", "253402300800", "after the last date"),
            ("iat", "\"soon\"", "soon", "soon", "no date"),
            ("auth_time", "1718719204", "1718719204", "1718719204", "3.1.3, 3.2.2"),
            ("email_verified", "true", "true", "true", "3.1.4"),
            ("version", "2", "2", "2", "3.1.4"),
            ("custom:x", "1.50", "1.50", "1.50", "3.1.4: as it was written"),
            ("custom:x", "1e400", "1e400", "1e400", "3.1.4: no number of any type"),
            ("sub", r#""a\/b""#, "a/b", "a/b", "3.1.1"),
            ("cognito:groups", r#"["group-a","group-b"]"#, "group-a,group-b", "[group-a group-b]", "3.1.5, 3.2.3"),
            ("cognito:groups", r#"["admin"]"#, "admin", "[admin]", "3.1.5, 3.2.3"),
            ("cognito:groups", "[]", "", "[]", "3.2.3"),
            ("custom:x", "[1, true, null, [2]]", "1,true,null,[2]", "[1 true null [2]]", "3.1.6"),
            (
                "identities",
                r#"[{"userId": "1 \" \\", "primary": true}]"#,
                r#"{"userId":"1 \" \\","primary":true}"#,
                r#"[{"userId":"1 \" \\","primary":true}]"#,
                "3.1.6",
            ),
            ("custom:x", r#"{"a": [1, "b"]}"#, r#"{"a":[1,"b"]}"#, r#"{"a":[1,"b"]}"#, "3.1.6, 3.2.4"),
        ] {
            assert_eq!(of_claim(name, json, ClaimFormat::Rest).as_deref(), Some(rest), "REST {why}");
            assert_eq!(of_claim(name, json, ClaimFormat::Http).as_deref(), Some(http), "HTTP {why}");
        }
        assert_eq!(of_claim("a", "null", ClaimFormat::Rest), None, "3.1.7");
        assert_eq!(of_claim("a", " null", ClaimFormat::Http), None, "3.2.4");
    }
}
