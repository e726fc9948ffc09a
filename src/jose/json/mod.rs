//! Strict parsing of JSON objects, on top of `serde_json`.
//!
//! In addition to RFC 8259, an object with a repeated member name is rejected, at any depth. RFC 7515 §4 allows this,
//! and parsers that keep the first or the last member would disagree. An object is also rejected if it is nested deeper
//! or has more members than [`limits`](crate::limits) allow. Escapes are decoded everywhere, in names too: Cognito
//! writes every `/` as `\/`.

mod member;

use std::{borrow::Cow, fmt};

use memchr::memchr;
use serde::{
    Deserialize, Deserializer,
    de::{DeserializeSeed, Error, MapAccess, SeqAccess, Visitor},
};
use serde_json::value::RawValue;
use smallvec::SmallVec;

pub(crate) use self::member::{JsonText, Member};
use crate::limits::{MAX_JSON_DEPTH, MAX_JSON_MEMBERS};

/// The text is not one JSON object, or the object is not accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct InvalidJson;

/// Collects the members of an object, in their order.
pub(crate) trait Members<'de>: Default {
    /// Reads the member `name` if the implementation needs it. A repeated name is an error.
    fn take<M: MapAccess<'de>>(&mut self, name: &str, text: &'de str, map: &mut M) -> Result<MemberMatch, M::Error>;
}

/// Whether a member was needed; if not, its value must still be read.
pub(crate) enum MemberMatch {
    Yes,
    No,
}

/// Parses a text that consists of one object.
pub(crate) fn read_object<'de, T: Members<'de>>(text: &'de str) -> Result<T, InvalidJson> {
    let mut deserializer = serde_json::Deserializer::from_str(text);
    let members = deserializer.deserialize_map(ObjectVisitor::<T>::new(text)).map_err(|_| InvalidJson)?;
    deserializer.end().map_err(|_| InvalidJson)?;
    Ok(members)
}

/// Replaces every `\/` of a JSON text with `/`, which means the same, and returns the new length.
///
/// Cognito writes every `/` as `\/`, and a string without escapes can be read without a copy. Outside a string, neither
/// spelling is valid JSON.
pub(crate) fn unescape_solidus(text: &mut [u8]) -> usize {
    let Some(first) = memchr(b'\\', text) else { return text.len() };
    let (mut read, mut written) = (first, first);
    while let Some(byte) = text.get(read).copied() {
        let next = text.get(read + 1).copied();
        match (byte, next) {
            (b'\\', Some(b'/')) => {
                put(text, &mut written, b'/');
                read += 2;
            }
            // An escape consists of two characters: the second backslash of `\\/` does not begin a `\/`.
            (b'\\', Some(next)) => {
                put(text, &mut written, byte);
                put(text, &mut written, next);
                read += 2;
            }
            _ => {
                // Copy everything up to the next backslash at once.
                let rest = text.get(read..).unwrap_or_default();
                let plain = memchr(b'\\', rest).unwrap_or(rest.len()).max(1);
                text.copy_within(read..read + plain, written);
                (read, written) = (read + plain, written + plain);
            }
        }
    }
    written
}

fn put(text: &mut [u8], place: &mut usize, byte: u8) {
    if let Some(slot) = text.get_mut(*place) {
        *slot = byte;
        *place += 1;
    }
}

/// Reads a string of the document; `None` for any other value.
#[derive(Clone, Copy)]
pub(crate) struct ReadText<'de>(pub(crate) &'de str);

/// Reads an array of strings; `None` for any other value.
#[derive(Clone, Copy)]
pub(crate) struct ReadTexts<'de> {
    pub(crate) document: &'de str,
    /// Whether to accept a single string as an array of one, as RFC 7519 §4.1.3 allows for `aud`.
    pub(crate) one_is_a_list: bool,
}

/// Reads a number with a function that parses its digits; `None` for any other value.
///
/// The function gets the digits before serde_json converts them, because the result of that conversion depends on
/// features that another crate of the build may enable.
#[derive(Clone, Copy)]
pub(crate) struct ReadNumber<T>(pub(crate) fn(&str) -> Option<T>);

impl<'de, T> DeserializeSeed<'de> for ReadNumber<T> {
    type Value = Option<T>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        let text = <&RawValue>::deserialize(deserializer)?.get();
        if text.starts_with(['{', '[']) {
            read_value(text)?;
        }
        Ok(self.0(text))
    }
}

impl<'de> DeserializeSeed<'de> for ReadText<'de> {
    type Value = Option<JsonText>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        match (AnyJson { depth: 1, wanted: Wanted::JsonText(self.0) }).deserialize(deserializer)? {
            JsonString::JsonText(text) => Ok(Some(text)),
            JsonString::Texts(_) | JsonString::Other => Ok(None),
        }
    }
}

impl<'de> DeserializeSeed<'de> for ReadTexts<'de> {
    type Value = Option<Vec<JsonText>>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        match (AnyJson { depth: 1, wanted: Wanted::Texts(self.document) }).deserialize(deserializer)? {
            JsonString::JsonText(text) => Ok(self.one_is_a_list.then(|| vec![text])),
            JsonString::Texts(texts) => Ok(Some(texts)),
            JsonString::Other => Ok(None),
        }
    }
}

/// Checks one value of any kind, and discards it.
fn read_value<E: Error>(text: &str) -> Result<(), E> {
    let mut deserializer = serde_json::Deserializer::from_str(text);
    AnyJson { depth: 1, wanted: Wanted::Nothing }.deserialize(&mut deserializer).map_err(E::custom)?;
    Ok(())
}

fn repeated<E: Error>() -> E {
    E::custom("a member is repeated")
}

struct ObjectVisitor<'de, T> {
    text: &'de str,
    members: T,
}

impl<T: Default> ObjectVisitor<'_, T> {
    fn new(text: &str) -> ObjectVisitor<'_, T> {
        ObjectVisitor { text, members: T::default() }
    }
}

impl<'de, T: Members<'de>> Visitor<'de> for ObjectVisitor<'de, T> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<M: MapAccess<'de>>(mut self, mut map: M) -> Result<T, M::Error> {
        let mut others = MemberNames::default();
        while let Some(Name(name)) = map.next_key()? {
            if let MemberMatch::No = self.members.take(&name, self.text, &mut map)? {
                map.next_value_seed(AnyJson { depth: 1, wanted: Wanted::Nothing })?;
                others.push(name)?;
            }
        }
        others.finish()?;
        Ok(self.members)
    }
}

/// The names of an object's members.
#[derive(Default)]
struct MemberNames<'de>(SmallVec<[Cow<'de, str>; 8]>);

impl<'de> MemberNames<'de> {
    fn push<E: Error>(&mut self, name: Cow<'de, str>) -> Result<(), E> {
        if self.0.len() == MAX_JSON_MEMBERS {
            return Err(E::custom("too many members"));
        }
        self.0.push(name);
        Ok(())
    }

    /// Rejects repeated names. Sorting finds them without a hash function, which untrusted names could attack.
    fn finish<E: Error>(mut self) -> Result<(), E> {
        self.0.sort_unstable();
        if self.0.is_sorted_by(|a, b| a < b) { Ok(()) } else { Err(repeated()) }
    }
}

/// The name of a member, borrowed unless it was written with escapes.
struct Name<'de>(Cow<'de, str>);

impl<'de> Deserialize<'de> for Name<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct NameVisitor;
        impl<'de> Visitor<'de> for NameVisitor {
            type Value = Name<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a name")
            }

            fn visit_borrowed_str<E: Error>(self, name: &'de str) -> Result<Name<'de>, E> {
                Ok(Name(Cow::Borrowed(name)))
            }

            fn visit_str<E: Error>(self, name: &str) -> Result<Name<'de>, E> {
                Ok(Name(Cow::Owned(name.to_owned())))
            }
        }
        deserializer.deserialize_str(NameVisitor)
    }
}

/// Checks a whole value of any kind, and keeps the wanted strings.
#[derive(Clone, Copy)]
struct AnyJson<'de> {
    /// The number of arrays and objects around the value.
    depth: usize,
    wanted: Wanted<'de>,
}

/// The strings to keep, with the document that contains them.
#[derive(Clone, Copy)]
enum Wanted<'de> {
    Nothing,
    JsonText(&'de str),
    Texts(&'de str),
}

enum JsonString {
    JsonText(JsonText),
    /// An array that contains only strings.
    Texts(Vec<JsonText>),
    Other,
}

impl<'de> AnyJson<'de> {
    fn inner<E: Error>(self, wanted: Wanted<'de>) -> Result<Self, E> {
        if self.depth >= MAX_JSON_DEPTH {
            return Err(E::custom("nested too deeply"));
        }
        Ok(Self { depth: self.depth + 1, wanted })
    }
}

impl<'de> DeserializeSeed<'de> for AnyJson<'de> {
    type Value = JsonString;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<JsonString, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for AnyJson<'de> {
    type Value = JsonString;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_bool<E: Error>(self, _: bool) -> Result<JsonString, E> {
        Ok(JsonString::Other)
    }

    fn visit_i64<E: Error>(self, _: i64) -> Result<JsonString, E> {
        Ok(JsonString::Other)
    }

    fn visit_u64<E: Error>(self, _: u64) -> Result<JsonString, E> {
        Ok(JsonString::Other)
    }

    fn visit_f64<E: Error>(self, _: f64) -> Result<JsonString, E> {
        Ok(JsonString::Other)
    }

    fn visit_unit<E: Error>(self) -> Result<JsonString, E> {
        Ok(JsonString::Other)
    }

    fn visit_str<E: Error>(self, string: &str) -> Result<JsonString, E> {
        match self.wanted {
            Wanted::Nothing => Ok(JsonString::Other),
            Wanted::JsonText(document) | Wanted::Texts(document) => {
                Ok(JsonString::JsonText(JsonText::new(string, document)))
            }
        }
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<JsonString, A::Error> {
        let Wanted::Texts(document) = self.wanted else {
            let inner = self.inner(Wanted::Nothing)?;
            while seq.next_element_seed(inner)?.is_some() {}
            return Ok(JsonString::Other);
        };
        let inner = self.inner(Wanted::JsonText(document))?;
        let mut texts = Some(Vec::new());
        while let Some(element) = seq.next_element_seed(inner)? {
            match (element, &mut texts) {
                (JsonString::JsonText(text), Some(texts)) => texts.push(text),
                _ => texts = None,
            }
        }
        Ok(texts.map_or(JsonString::Other, JsonString::Texts))
    }

    fn visit_map<M: MapAccess<'de>>(self, mut map: M) -> Result<JsonString, M::Error> {
        let inner = self.inner(Wanted::Nothing)?;
        let mut names = MemberNames::default();
        while let Some(Name(name)) = map.next_key()? {
            map.next_value_seed(inner)?;
            names.push(name)?;
        }
        names.finish()?;
        Ok(JsonString::Other)
    }
}

#[cfg(test)]
mod tests;
