//! The constraints of strings in requests and in the configuration, as in the Cognito API reference.

/// The length and pattern of a string, as in the Cognito API reference.
#[derive(Debug)]
pub(crate) struct TextRule {
    /// The maximum length in characters.
    longest: usize,
    holds: fn(&str) -> bool,
    /// The pattern that `holds` checks, as AWS writes it; empty if there is none.
    pattern: &'static str,
}

/// Whether `\w` of a pattern matches.
fn is_word(character: char) -> bool {
    character.is_ascii_alphanumeric() || character == '_'
}

fn is_name(text: &str) -> bool {
    !text.contains(|character: char| character.is_whitespace() || character.is_control())
}

fn is_user_pool_id(text: &str) -> bool {
    let parts = text.rsplit_once('_');
    parts.is_some_and(|(region, id)| {
        let is_region = !region.is_empty() && region.chars().all(|c| is_word(c) || c == '-');
        is_region && !id.is_empty() && id.bytes().all(|byte| byte.is_ascii_alphanumeric())
    })
}

fn is_domain(text: &str) -> bool {
    let is_of = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    text.bytes().all(is_of) && !text.starts_with('-') && !text.ends_with('-')
}

pub(crate) const CLIENT_ID: TextRule =
    TextRule { longest: 128, holds: |text| text.chars().all(|c| is_word(c) || c == '+'), pattern: r"[\w+]+" };
pub(crate) const USER_POOL_ID: TextRule =
    TextRule { longest: 55, holds: is_user_pool_id, pattern: r"[\w-]+_[0-9a-zA-Z]+" };
pub(crate) const NAME: TextRule = TextRule { longest: 128, holds: is_name, pattern: r"[\p{L}\p{M}\p{S}\p{N}\p{P}]+" };
pub(crate) const FRIENDLY_NAME: TextRule = TextRule {
    longest: 128,
    holds: |text| text.chars().all(|c| is_word(c) || c.is_whitespace() || "+=,.@-".contains(c)),
    pattern: r"[\w\s+=,.@-]+",
};
/// A password or a client secret.
pub(crate) const PASSWORD: TextRule =
    TextRule { longest: 256, holds: |text| !text.contains(char::is_whitespace), pattern: r"[\S]+" };
pub(crate) const SECRET_HASH: TextRule = TextRule {
    longest: 128,
    holds: |text| text.chars().all(|c| is_word(c) || "+=/".contains(c)),
    pattern: r"[\w+=/]+",
};
pub(crate) const TOKEN: TextRule = TextRule {
    longest: 16_384,
    holds: |text| text.chars().all(|c| is_word(c) || "-=.".contains(c)),
    pattern: r"[A-Za-z0-9-_=.]+",
};
pub(crate) const ATTRIBUTE_NAME: TextRule = TextRule {
    longest: 32,
    holds: |text| !text.contains(|c: char| c.is_control() && !"\t\n\r".contains(c)),
    pattern: r"[\p{L}\p{M}\p{S}\p{N}\p{P}\t\n\r ]+",
};
pub(crate) const IDENTIFIER: TextRule = TextRule {
    longest: 256,
    holds: |text| text.chars().all(|c| c.is_ascii_graphic() && c != '"' && c != '\\'),
    pattern: r"[\x21\x23-\x5B\x5D-\x7E]+",
};
pub(crate) const DOMAIN: TextRule =
    TextRule { longest: 63, holds: is_domain, pattern: r"^[a-z0-9](?:[a-z0-9\-]{0,61}[a-z0-9])?$" };
/// The value of an attribute.
pub(crate) const VALUE: TextRule = TextRule { longest: 2_048, holds: |_| true, pattern: "" };
/// A description or similar free text.
pub(crate) const ANYTHING: TextRule = TextRule { longest: 2_048, holds: |_| true, pattern: "" };

impl TextRule {
    /// Returns why a string is rejected, in the words of AWS, without the string itself.
    pub(crate) fn objection(&self, text: &str) -> Option<String> {
        if text.is_empty() && !self.pattern.is_empty() {
            return Some("Member must have length greater than or equal to 1".to_owned());
        }
        if text.chars().count() > self.longest {
            return Some(format!("Member must have length less than or equal to {}", self.longest));
        }
        (!(self.holds)(text)).then(|| format!("Member must satisfy regular expression pattern: {}", self.pattern))
    }
}
