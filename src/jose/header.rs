//! The JOSE header (RFC 7515 §4).
//!
//! Only `alg` and `kid` are read. Members that name or contain a key (`jwk`, `jku`, `x5u`, `x5c`, `x5t`) are ignored:
//! keys come only from the user pool (RFC 8725 §3.10). Members that would change how the token is parsed are noted, so
//! that the token can be rejected.

use serde::de::MapAccess;

use super::json::{self, InvalidJson, JsonText, Member, MemberMatch, Members, ReadText};

/// The content of a JOSE header, not yet trusted.
#[derive(Debug, Default)]
pub(crate) struct JoseHeader {
    algorithm: Member<JsonText>,
    kid: Member<JsonText>,
    /// Whether `crit`, `b64` or `zip` is present.
    changes_reading: bool,
}

impl JoseHeader {
    /// Parses the decoded header.
    pub(crate) fn parse(document: &str) -> Result<Self, InvalidJson> {
        json::read_object(document)
    }

    /// Returns `alg` (§4.1.1), if it is a string.
    pub(crate) fn algorithm<'t>(&'t self, document: &'t str) -> Option<&'t str> {
        self.algorithm.value().map(|text| text.of(document))
    }

    /// Returns `kid` (§4.1.4), if it is a string.
    pub(crate) fn kid<'t>(&'t self, document: &'t str) -> Option<&'t str> {
        self.kid.value().map(|text| text.of(document))
    }

    /// Returns whether the header asks for an extension: any `crit` (§4.1.11), `b64` (RFC 7797 §3), or `zip` (RFC 7516
    /// §4.1.3). No extension is supported.
    pub(crate) fn changes_reading(&self) -> bool {
        self.changes_reading
    }
}

impl<'de> Members<'de> for JoseHeader {
    fn take<M: MapAccess<'de>>(&mut self, name: &str, text: &'de str, map: &mut M) -> Result<MemberMatch, M::Error> {
        match name {
            "alg" => self.algorithm.read(map, ReadText(text)),
            "kid" => self.kid.read(map, ReadText(text)),
            "crit" | "b64" | "zip" => {
                self.changes_reading = true;
                Ok(MemberMatch::No)
            }
            _ => Ok(MemberMatch::No),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_a_header_as_cognito_writes_it() {
        let text = r#"{"kid":"ZuYZ\/JvkROhi7XAOqHzLtM\/uJJ\/dYKO1K5BEYJ5T3lY=","alg":"RS256"}"#;
        let header = JoseHeader::parse(text).unwrap();
        assert_eq!(header.algorithm(text), Some("RS256"));
        assert_eq!(header.kid(text), Some("ZuYZ/JvkROhi7XAOqHzLtM/uJJ/dYKO1K5BEYJ5T3lY="));
        assert!(!header.changes_reading());
    }

    #[test]
    fn notes_what_asks_for_an_extension() {
        for member in [r#""crit":["exp"]"#, r#""crit":[]"#, r#""crit":null"#, r#""b64":false"#, r#""zip":"DEF""#] {
            let text = format!(r#"{{"alg":"RS256","kid":"a",{member}}}"#);
            assert!(JoseHeader::parse(&text).unwrap().changes_reading(), "{member}");
            let twice = format!(r#"{{{member},{member}}}"#);
            assert!(JoseHeader::parse(&twice).is_err(), "{member}");
        }
    }

    #[test]
    fn a_member_of_another_type_is_not_a_value() {
        for value in ["null", "1", "true", "[]", r#"["RS256"]"#, "{}"] {
            let text = format!(r#"{{"alg":{value},"kid":{value}}}"#);
            let header = JoseHeader::parse(&text).unwrap();
            assert_eq!((header.algorithm(&text), header.kid(&text)), (None, None), "{value}");
        }
    }
}
