//! Parses the claim set of a token once, strictly.

use serde::de::MapAccess;

use super::numeric_date;
use crate::{
    jose::json::{self, InvalidJson, JsonText, Member, MemberMatch, Members, ReadNumber, ReadText, ReadTexts},
    time::UnixTime,
};

/// The claims that a decision needs or a method of `Claims` returns.
///
/// Other claims stay in the document and are parsed on demand.
#[derive(Clone, Debug, Default)]
pub(super) struct ClaimSet {
    pub(super) issuer: Member<JsonText>,
    pub(super) subject: Member<JsonText>,
    pub(super) audience: Member<Vec<JsonText>>,
    pub(super) expires_at: Member<UnixTime>,
    pub(super) not_before: Member<UnixTime>,
    pub(super) issued_at: Member<UnixTime>,
    pub(super) jwt_id: Member<JsonText>,
    pub(super) token_use: Member<JsonText>,
    pub(super) client_id: Member<JsonText>,
    pub(super) scope: Member<JsonText>,
    pub(super) scp: Member<Vec<JsonText>>,
    pub(super) username: Member<JsonText>,
    pub(super) cognito_username: Member<JsonText>,
    pub(super) groups: Member<Vec<JsonText>>,
    /// Whether `cnf` is present, with a value of any type.
    pub(super) has_confirmation: bool,
}

impl ClaimSet {
    /// Returns the heap memory of the claim set, in bytes.
    pub(super) fn size(&self) -> usize {
        let single = [
            &self.issuer,
            &self.subject,
            &self.jwt_id,
            &self.token_use,
            &self.client_id,
            &self.scope,
            &self.username,
            &self.cognito_username,
        ];
        let lists = [&self.audience, &self.scp, &self.groups];
        let lists = lists.into_iter().filter_map(Member::value);
        let slots: usize = lists.clone().map(|list| list.capacity() * size_of::<JsonText>()).sum();
        let texts = single.into_iter().filter_map(Member::value).chain(lists.flatten());
        slots + texts.map(JsonText::size).sum::<usize>()
    }
}

impl<'de> Members<'de> for ClaimSet {
    fn take<M: MapAccess<'de>>(&mut self, name: &str, text: &'de str, map: &mut M) -> Result<MemberMatch, M::Error> {
        match name {
            "iss" => self.issuer.read(map, ReadText(text)),
            "sub" => self.subject.read(map, ReadText(text)),
            "aud" => self.audience.read(map, ReadTexts { document: text, one_is_a_list: true }),
            "exp" => self.expires_at.read(map, ReadNumber(numeric_date::parse)),
            "nbf" => self.not_before.read(map, ReadNumber(numeric_date::parse)),
            "iat" => self.issued_at.read(map, ReadNumber(numeric_date::parse)),
            "jti" => self.jwt_id.read(map, ReadText(text)),
            "token_use" => self.token_use.read(map, ReadText(text)),
            "client_id" => self.client_id.read(map, ReadText(text)),
            "scope" => self.scope.read(map, ReadText(text)),
            "scp" => self.scp.read(map, ReadTexts { document: text, one_is_a_list: true }),
            "username" => self.username.read(map, ReadText(text)),
            "cognito:username" => self.cognito_username.read(map, ReadText(text)),
            "cognito:groups" => self.groups.read(map, ReadTexts { document: text, one_is_a_list: false }),
            "cnf" => {
                self.has_confirmation = true;
                Ok(MemberMatch::No)
            }
            _ => Ok(MemberMatch::No),
        }
    }
}

/// A claim set whose signature has not been verified.
///
/// Only the issuer can be read, to choose the key set. The other claims are available from [`Claims`](super::Claims),
/// which requires proof of a valid signature.
pub(crate) struct UnverifiedClaims {
    pub(super) document: String,
    pub(super) set: ClaimSet,
}

impl UnverifiedClaims {
    /// Parses the decoded payload.
    pub(crate) fn parse(mut payload: Vec<u8>) -> Result<Self, InvalidJson> {
        let length = json::unescape_solidus(&mut payload);
        payload.truncate(length);
        let document = String::from_utf8(payload).map_err(|_| InvalidJson)?;
        let set: ClaimSet = json::read_object(&document)?;
        // Decisions depend on whether these claims are absent, and a claim of the wrong type must not count as absent.
        let optional = [&set.client_id, &set.scope, &set.username, &set.cognito_username];
        if optional.contains(&&Member::Wrong) || set.audience == Member::Wrong {
            return Err(InvalidJson);
        }
        Ok(Self { document, set })
    }

    /// Returns `iss`, if it is a string.
    pub(crate) fn issuer(&self) -> Option<&str> {
        self.set.issuer.value().map(|text| text.of(&self.document))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What a remembered token counts for (T-CCH-6): texts that stand in the document cost nothing more, others their
    /// length, and lists a slot for each text.
    #[test]
    fn knows_what_it_takes_in_memory() {
        let slot = size_of::<JsonText>();
        for (claims, expected) in [
            (r#"{"iss":"abc","sub":"d","exp":1,"x":"\u0061"}"#, 0),
            (r#"{"sub":"\u0061bc"}"#, 3),
            (r#"{"sub":"\u0061bc","iss":"\u0061","jti":"x"}"#, 4),
            (r#"{"aud":"ab"}"#, slot),
            (r#"{"aud":"\u0061b"}"#, slot + 2),
            (r#"{"aud":"\u0061b","scp":"\u0061","client_id":"\u0061"}"#, 2 * slot + 4),
        ] {
            let claims = UnverifiedClaims::parse(claims.into()).unwrap();
            assert_eq!(claims.set.size(), expected, "{}", claims.document);
        }
        let three = UnverifiedClaims::parse(br#"{"cognito:groups":["a","b","\u0063"]}"#.to_vec()).unwrap().set.size();
        assert!(three > 3 * slot && (three - 1).is_multiple_of(slot), "{three}");
    }

    #[test]
    fn shows_no_text() {
        let claims = UnverifiedClaims::parse(br#"{"sub":"secret","aud":"\u0073ecret"}"#.to_vec()).unwrap();
        let shown = format!("{:?}", claims.set);
        assert!(shown.contains("subject: Is(JsonText(..))") && !shown.contains("secret"), "{shown}");
    }
}
