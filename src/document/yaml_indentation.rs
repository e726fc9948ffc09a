//! Adds indentation where YAML 1.2 needs it and libyaml does not: in flow collections and in quoted texts.
//!
//! Blanks at the start of such a line mean nothing: in a flow collection they separate, and in a quoted text the line break
//! and the blanks around it stand for one blank. The input is the text and the place of the parser's error. The output is
//! the text with one place repaired, on the same lines; `None` for any other text.

use std::iter;

use saphyr_parser::ScanError;

use crate::limits::MAX_DEFINITION_BYTES;

/// The place of an error about indentation.
#[derive(Clone, Copy, Debug)]
pub(super) struct Place {
    line: usize,
    column: usize,
    is_quoted: bool,
}

impl Place {
    /// Returns the place if the error is about indentation.
    pub(super) fn of(error: &ScanError) -> Option<Self> {
        let is_quoted = match error.info() {
            "invalid indentation in quoted scalar" => true,
            // Outside of flow collections, less indentation ends a block and is no error.
            "invalid indentation" | "invalid indentation in flow construct" => false,
            _ => return None,
        };
        Some(Self { line: error.marker().line(), column: error.marker().col(), is_quoted })
    }
}

/// More than the indentation of any value: values are nested at most 64 deep, and seldom indented by more than two.
const INDENTATION: usize = 160;

/// Returns the text with more indentation at this place.
pub(super) fn repaired(text: &str, place: Place) -> Option<String> {
    // The parser counts a lone carriage return as a line break, and `split` does not.
    if text.bytes().zip(text.bytes().skip(1).chain([0])).any(|(byte, next)| byte == b'\r' && next != b'\n') {
        return None;
    }
    let mut lines: Vec<&str> = text.split('\n').collect();
    let number = place.line.checked_sub(1)?;
    let indented = if place.is_quoted {
        let start = lines.get(number)?;
        let start = start.char_indices().nth(place.column).and_then(|(offset, _)| start.get(offset..))?;
        let rest: Vec<&str> = iter::once(start).chain(lines.get(number + 1..)?.iter().copied()).collect();
        number + 1..number + 1 + lines_of_quoted(&rest)?
    } else {
        let line = lines.get(number)?;
        let is_first = line.chars().take(place.column).all(|character| character == ' ');
        if !is_first || line.starts_with(&" ".repeat(INDENTATION)) {
            return None;
        }
        number..number + 1
    };
    // Every line grows, so the text could become many times as long.
    if text.len() + (indented.len() * INDENTATION) > MAX_DEFINITION_BYTES {
        return None;
    }
    let more: Vec<String> = lines
        .get(indented.clone())?
        .iter()
        .map(|line| format!("{}{}", " ".repeat(INDENTATION), line.trim_start_matches([' ', '\t'])))
        .collect();
    let changed = more.iter().zip(lines.get(indented.clone())?).any(|(more, line)| more != line);
    for (line, more) in lines.get_mut(indented)?.iter_mut().zip(&more) {
        *line = more;
    }
    changed.then(|| lines.join("\n"))
}

/// Returns how many lines a quoted text continues after its first; `lines` begin with its quotation mark.
fn lines_of_quoted(lines: &[&str]) -> Option<usize> {
    let quote = lines.first()?.chars().next().filter(|quote| ['"', '\''].contains(quote))?;
    let mut characters =
        lines.iter().enumerate().flat_map(|(number, line)| line.chars().chain(['\n']).map(move |own| (number, own)));
    characters.next();
    let mut characters = characters.peekable();
    while let Some((number, character)) = characters.next() {
        match character {
            // Escaped in double quotes, and a plain character in single ones.
            '\\' if quote == '"' => {
                characters.next();
            }
            // Two single quotes stand for one.
            '\'' if quote == '\'' && characters.peek().is_some_and(|(_, next)| *next == '\'') => {
                characters.next();
            }
            character if character == quote => return Some(number),
            _ => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A text of very many short lines must not become many times as long.
    #[test]
    fn a_repaired_text_is_no_longer_than_a_definition() {
        let quoted = |lines: usize| format!("a: \"{}\"\n", "\nb".repeat(lines));
        let place = Place { line: 1, column: 3, is_quoted: true };
        assert!(repaired(&quoted(10_000), place).is_some_and(|text| text.len() > 10_000 * INDENTATION));
        assert_eq!(repaired(&quoted(40_000), place), None);
    }
}
