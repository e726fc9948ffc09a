//! Splits text at placeholders `${name}`. The caller looks up the values.

/// A piece of a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Piece<'t> {
    /// Text without a placeholder.
    Plain(&'t str),
    /// `${name}`
    Name(&'t str),
    /// `${!name}`, CloudFormation's escape for a literal `${name}`.
    Literal(&'t str),
}

/// Returns the pieces of a text in order, or an error message for an unclosed placeholder.
pub(crate) fn pieces(text: &str) -> impl Iterator<Item = Result<Piece<'_>, &'static str>> {
    let mut rest = text;
    std::iter::from_fn(move || {
        let Some(after) = rest.strip_prefix("${") else {
            let (plain, after) = rest.split_at_checked(rest.find("${").unwrap_or(rest.len()))?;
            rest = after;
            return Some(Ok(Piece::Plain(plain))).filter(|_| !plain.is_empty());
        };
        let Some((name, after)) = after.split_once('}') else {
            rest = "";
            return Some(Err("`${` without `}`"));
        };
        rest = after;
        Some(Ok(name.strip_prefix('!').map_or(Piece::Name(name), Piece::Literal)))
    })
}

#[cfg(test)]
mod tests {
    use super::{
        Piece::{Literal, Name, Plain},
        *,
    };

    #[test]
    fn cuts_a_text_at_its_placeholders() {
        let unclosed = Err("`${` without `}`");
        for (text, expected) in [
            ("", &[][..]),
            ("plain $ } {", &[Ok(Plain("plain $ } {"))]),
            ("${a}", &[Ok(Name("a"))]),
            ("x${a.b}${!c}é", &[Ok(Plain("x")), Ok(Name("a.b")), Ok(Literal("c")), Ok(Plain("é"))]),
            ("${}${!}", &[Ok(Name("")), Ok(Literal(""))]),
            ("$${a}}", &[Ok(Plain("$")), Ok(Name("a")), Ok(Plain("}"))]),
            ("${a${b}", &[Ok(Name("a${b"))]),
            ("x${a", &[Ok(Plain("x")), unclosed]),
        ] {
            assert_eq!(pieces(text).collect::<Vec<_>>(), expected, "{text}");
        }
    }
}
