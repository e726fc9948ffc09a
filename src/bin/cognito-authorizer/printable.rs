//! Escapes control characters in texts of a file or a token, which a terminal could take for commands.

use std::borrow::Cow;

/// Escapes the control characters of a text, except line breaks.
pub(crate) fn printable(text: &str) -> Cow<'_, str> {
    escaped(text, |character| character.is_control() && character != '\n')
}

/// Escapes the control characters that JSON allows unescaped.
pub(crate) fn json_text(json: &str) -> Cow<'_, str> {
    let is_control = |character: char| matches!(character, '\u{7f}'..='\u{9f}');
    if !json.contains(is_control) {
        return json.into();
    }
    json.chars()
        .fold(String::new(), |mut text, character| {
            if is_control(character) {
                text.push_str(&format!("\\u{:04x}", u32::from(character)));
            } else {
                text.push(character);
            }
            text
        })
        .into()
}

fn escaped(text: &str, is_escaped: impl Fn(char) -> bool) -> Cow<'_, str> {
    if !text.contains(&is_escaped) {
        return text.into();
    }
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        if is_escaped(character) {
            escaped.extend(character.escape_default());
        } else {
            escaped.push(character);
        }
    }
    escaped.into()
}
