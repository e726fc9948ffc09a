//! The JWS Compact Serialization (RFC 7515 §3.1, §7.1).

use memchr::memchr;

/// A token split at its two dots into three parts that are not empty.
///
/// The parts are not decoded or checked. A JWE has five parts and a JWS in the JSON Serialization has none, so both are
/// rejected.
#[derive(Clone, Copy)]
pub(crate) struct CompactJws<'a> {
    /// The signed bytes: the header, a dot and the payload.
    pub(crate) signing_input: &'a [u8],
    /// base64url of the JOSE header.
    pub(crate) header: &'a [u8],
    /// base64url of the payload.
    pub(crate) payload: &'a [u8],
    /// base64url of the signature.
    pub(crate) signature: &'a [u8],
}

impl<'a> CompactJws<'a> {
    /// Splits a token; `None` for any other number of parts.
    ///
    /// The function looks at each byte once, whatever the token contains.
    pub(crate) fn parse(token: &'a [u8]) -> Option<Self> {
        let (header, rest) = split_at_dot(token)?;
        let (payload, signature) = split_at_dot(rest)?;
        let is_whole = memchr(b'.', signature).is_none();
        let holds = !header.is_empty() && !payload.is_empty() && !signature.is_empty() && is_whole;
        let signing_input = token.get(..header.len() + 1 + payload.len())?;
        holds.then_some(Self { signing_input, header, payload, signature })
    }
}

fn split_at_dot(text: &[u8]) -> Option<(&[u8], &[u8])> {
    let dot = memchr(b'.', text)?;
    Some((text.get(..dot)?, text.get(dot + 1..)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn splits_three_parts() {
        let jws = CompactJws::parse(b"aa.bbb.c").unwrap();
        assert_eq!(jws.signing_input, b"aa.bbb");
        assert_eq!([jws.header, jws.payload, jws.signature], [&b"aa"[..], b"bbb", b"c"]);
    }

    #[test]
    fn rejects_every_other_number_of_parts() {
        let dots = ".".repeat(1_000_000);
        for token in
            ["", ".", "..", "a", "a.b", "a.b.", "a..c", ".b.c", "a.b.c.", "a.b.c.d", "a.b.c.d.e", ".a.b.c", &dots]
        {
            assert!(CompactJws::parse(token.as_bytes()).is_none(), "{} bytes", token.len());
        }
    }
}
