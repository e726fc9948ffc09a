//! base64url without padding (RFC 7515 §2, RFC 4648 §5), strict.
//!
//! Refused: padding, `+` and `/`, white space, a length of 4n + 1, and trailing bits that are not
//! zero. So one text has one meaning, and two texts never decode to the same bytes.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};

/// The text is not base64url.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Malformed;

pub(crate) fn decode(text: &[u8]) -> Result<Vec<u8>, Malformed> {
    URL_SAFE_NO_PAD.decode(text).map_err(|_| Malformed)
}

/// Decodes into the start of `buffer`, and refuses what does not fit.
pub(crate) fn decode_into<'b>(text: &[u8], buffer: &'b mut [u8]) -> Result<&'b [u8], Malformed> {
    let length = URL_SAFE_NO_PAD.decode_slice(text, buffer).map_err(|_| Malformed)?;
    buffer.get(..length).ok_or(Malformed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decodes_the_example_of_rfc_7515_appendix_c() {
        assert_eq!(decode(b"A-z_4ME").unwrap(), [3, 236, 255, 224, 193]);
        let mut buffer = [0; 5];
        assert_eq!(decode_into(b"A-z_4ME", &mut buffer).unwrap(), [3, 236, 255, 224, 193]);
    }

    #[test]
    fn refuses_every_other_spelling() {
        for (text, why) in [
            ("A-z_4ME=", "padding"),
            ("A+z/4ME", "the standard alphabet"),
            ("A-z_4MF", "a trailing bit that is not zero"),
            ("A-z_4ME\n", "white space"),
            (" A-z_4ME", "white space"),
            ("A-z_4\0ME", "NUL"),
            ("A-z_4", "a length of 4n + 1"),
            ("A-z_4M\u{ff25}", "a full-width E"),
        ] {
            assert_eq!(decode(text.as_bytes()), Err(Malformed), "{why}");
            assert_eq!(decode_into(text.as_bytes(), &mut [0; 64]), Err(Malformed), "{why}");
        }
        assert_eq!(decode_into(b"A-z_4ME", &mut [0; 4]), Err(Malformed), "does not fit");
    }
}
