//! A scope is held exactly if it stands, to the letter, between the spaces of the claim.

use cognito_authorizer::{claims::ScopeSet, internals};

use super::first_line;

/// Input: the scopes of a route, with a space between them; below them the claim `scope`.
pub fn scope(data: &[u8]) {
    let Ok(text) = std::str::from_utf8(data) else { return };
    let (wanted, claim) = first_line(text);
    let wanted: Vec<&str> = if wanted.is_empty() { Vec::new() } else { wanted.split(' ').collect() };
    // RFC 6749 §3.3: %x21 / %x23-5B / %x5D-7E
    let is_scope =
        |name: &&str| !name.is_empty() && name.bytes().all(|b| (0x21..=0x7e).contains(&b) && b != b'"' && b != b'\\');
    let set = ScopeSet::new(&wanted);
    assert_eq!(set.is_ok(), !wanted.is_empty() && wanted.iter().all(is_scope));
    let Ok(set) = set else { return };
    // Byte by byte, and not by a function that splits.
    let mut held = Vec::new();
    let mut word = Vec::new();
    for byte in claim.bytes().chain([b' ']) {
        if byte == b' ' {
            held.push(std::mem::take(&mut word));
        } else {
            word.push(byte);
        }
    }
    let is_held = |name: &&str| held.iter().any(|word| word == name.as_bytes());
    assert_eq!(internals::scopes(&set, claim), wanted.iter().any(is_held));
    assert!(set.iter().all(|scope| wanted.contains(&scope.as_str())), "a scope that nobody asked for");
    assert!(wanted.iter().all(|name| set.iter().any(|scope| scope.as_str() == *name)), "a scope that was lost");
    // A claim that holds one of them passes; one that holds it with something stuck to it does not.
    for name in &wanted {
        assert!(internals::scopes(&set, &format!("{claim} {name}")));
        for stuck in [format!("{name}\u{a0}"), format!("\t{name}"), format!("{name},{name}\n"), String::new()] {
            assert!(!internals::scopes(&set, &stuck) || wanted.contains(&&*stuck), "{stuck:?}");
        }
    }
}
