//! Addresses in logs, errors and `Debug` output.
//!
//! Input: a URL of the configuration. Output: the URL without its possibly secret parts: user name and password (RFC 3986
//! §3.2.1), query (§3.4) and fragment (§3.5).

use std::fmt;

/// Shows an address without user name, password, query and fragment.
#[derive(Clone, Copy)]
pub(crate) struct RedactedUrl<'a>(pub(crate) &'a str);

impl fmt::Display for RedactedUrl<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // In a malformed address an `@` may be anywhere, with parts of the password on both sides.
        if self.0.contains('@') {
            return f.write_str("[redacted]");
        }
        match self.0.split_once(['?', '#']) {
            Some((shown, _)) => write!(f, "{shown}?[redacted]"),
            None => f.write_str(self.0),
        }
    }
}

impl fmt::Debug for RedactedUrl<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.to_string(), f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shows_scheme_host_and_path_alone() {
        for (address, shown) in [
            ("https://keys.example/a/jwks.json", "https://keys.example/a/jwks.json"),
            ("https://keys.example/a?key=secret", "https://keys.example/a?[redacted]"),
            ("https://keys.example/a#secret", "https://keys.example/a?[redacted]"),
            ("https://keys.example/a#secret?b", "https://keys.example/a?[redacted]"),
            ("https://user:secret@keys.example/a", "[redacted]"),
            ("https://u:/secret@keys.example", "[redacted]"),
            ("?secret", "?[redacted]"),
            ("", ""),
        ] {
            assert_eq!(RedactedUrl(address).to_string(), shown);
            assert_eq!(format!("{:?}", RedactedUrl(address)), format!("{shown:?}"));
        }
    }
}
