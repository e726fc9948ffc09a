//! The values of an object's members.

use std::{fmt, ops::Range};

use serde::de::{DeserializeSeed, MapAccess};

use super::{MemberMatch, repeated};

/// A member of an object: absent, of the wrong JSON type, or present.
///
/// "Wrong" is never "absent", because a malformed claim must not look like a missing claim.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) enum Member<T> {
    #[default]
    Absent,
    Wrong,
    Is(T),
}

impl<T> Member<T> {
    /// Reads the value of the current member; an error if the member was read before.
    pub(crate) fn read<'de, M, S>(&mut self, map: &mut M, seed: S) -> Result<MemberMatch, M::Error>
    where
        M: MapAccess<'de>,
        S: DeserializeSeed<'de, Value = Option<T>>,
    {
        if !matches!(self, Self::Absent) {
            return Err(repeated());
        }
        *self = map.next_value_seed(seed)?.map_or(Self::Wrong, Self::Is);
        Ok(MemberMatch::Yes)
    }

    pub(crate) fn value(&self) -> Option<&T> {
        match self {
            Self::Is(value) => Some(value),
            Self::Absent | Self::Wrong => None,
        }
    }
}

/// A JSON string of a document: its position, or its content if it was written with escapes.
///
/// The type is not a `Cow`, because the document moves into the claims together with the string. It is not always a
/// copy, because most claims are never read.
#[derive(Clone, PartialEq, Eq)]
pub(crate) enum JsonText {
    At(Range<u32>),
    Unescaped(Box<str>),
}

impl JsonText {
    /// Returns the string, given the document that contains it.
    pub(crate) fn of<'t>(&'t self, document: &'t str) -> &'t str {
        match self {
            Self::At(range) => {
                let place = |end| usize::try_from(end).unwrap_or(usize::MAX);
                document.get(place(range.start)..place(range.end)).unwrap_or_default()
            }
            Self::Unescaped(text) => text,
        }
    }

    /// Returns the heap memory of the string, in bytes.
    pub(crate) fn size(&self) -> usize {
        match self {
            Self::At(_) => 0,
            Self::Unescaped(text) => text.len(),
        }
    }

    pub(super) fn new(string: &str, document: &str) -> Self {
        let start = string.as_ptr().addr().wrapping_sub(document.as_ptr().addr());
        let range = start..start.wrapping_add(string.len());
        let found = document.get(range.clone()).filter(|found| std::ptr::eq(*found, string));
        match (found, u32::try_from(range.start), u32::try_from(range.end)) {
            (Some(_), Ok(start), Ok(end)) => Self::At(start..end),
            _ => Self::Unescaped(string.into()),
        }
    }
}

/// Hides the text, because it is untrusted.
impl fmt::Debug for JsonText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JsonText(..)")
    }
}
