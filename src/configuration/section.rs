//! Reads a section of a configuration: its members by name, and their errors.
//!
//! Reading a member makes its name known. The [end](Section::end) of the section rejects every member with an unknown
//! name, and suggests the nearest known name.

use std::{
    cell::{RefCell, RefMut},
    fmt::Display,
    path::{Path, PathBuf},
    time::Duration,
};

use crate::{
    document::{Cursor, Findings, NodeValue},
    limits::MAX_WORD_CHARACTERS,
    word::Word,
};

/// A section of a configuration, which is a map.
pub(super) struct Section<'d, 'f> {
    pub(super) at: Cursor<'d>,
    findings: &'f RefCell<Findings>,
    known: RefCell<Vec<&'static str>>,
}

impl<'d, 'f> Section<'d, 'f> {
    /// Returns the section at this place, or reports a problem if the value is not a map.
    pub(super) fn new(at: Cursor<'d>, findings: &'f RefCell<Findings>) -> Option<Self> {
        match at.map() {
            Ok(at) => Some(Self { at, findings, known: RefCell::default() }),
            Err(problem) => {
                findings.borrow_mut().add(problem);
                None
            }
        }
    }

    pub(super) fn findings(&self) -> RefMut<'_, Findings> {
        self.findings.borrow_mut()
    }

    /// Returns whether a list or map has at most `most` members, and reports a problem if not.
    pub(super) fn is_bounded(&self, name: &str, most: usize) -> bool {
        let count = self.at.get(name).map_or(0, |at| at.entries().count().max(at.items().count()));
        if count > most {
            self.problem_at(name, format!("more than {most}"));
        }
        count <= most
    }

    /// Reports a problem of the whole section.
    pub(super) fn problem(&self, message: impl Into<String>) {
        self.findings().problem(&self.at, message);
    }

    /// Reports a problem of a member, or of the whole section if the member is missing.
    pub(super) fn problem_at(&self, name: &str, message: impl Into<String>) {
        let at = self.at.get(name);
        self.findings().problem(at.as_ref().unwrap_or(&self.at), message);
    }

    /// Reports a problem if a member is missing.
    pub(super) fn require(&self, name: &'static str, what: &str) {
        if self.at.get(name).is_none() {
            self.problem(format!("`{name}` is missing: expected {what}"));
        }
    }

    /// Returns a member of any type, and makes its name known.
    pub(super) fn member(&self, name: &'static str) -> Option<Cursor<'d>> {
        let mut known = self.known.borrow_mut();
        if !known.contains(&name) {
            known.push(name);
        }
        self.at.get(name)
    }

    /// Parses a member that is a text.
    pub(super) fn parsed<T, E: Display>(
        &self,
        name: &'static str,
        parse: impl FnOnce(&str) -> Result<T, E>,
    ) -> Option<T> {
        let at = self.member(name)?;
        let NodeValue::Text(text) = &at.node.value else {
            self.findings().problem(&at, "expected a string");
            return None;
        };
        parse(text).map_err(|error| self.findings().problem(&at, error.to_string())).ok()
    }

    pub(super) fn text(&self, name: &'static str) -> Option<String> {
        self.parsed(name, |text| Ok::<_, String>(text.to_owned()))
    }

    pub(super) fn flag(&self, name: &'static str) -> Option<bool> {
        let at = self.member(name)?;
        match at.node.value {
            NodeValue::Bool(flag) => Some(flag),
            _ => {
                self.findings().problem(&at, "expected true or false");
                None
            }
        }
    }

    /// Reads a whole number, 0 or more.
    pub(super) fn number(&self, name: &'static str) -> Option<u64> {
        let at = self.member(name)?;
        let number = match &at.node.value {
            NodeValue::Number(text) => text.parse().ok(),
            _ => None,
        };
        if number.is_none() {
            self.findings().problem(&at, "expected a whole number, 0 or more");
        }
        number
    }

    /// Reads a value by its word.
    pub(super) fn word<T: Word>(&self, name: &'static str) -> Option<T> {
        let words: Vec<&str> = T::ALL.iter().map(|(word, _)| *word).collect();
        self.parsed(name, |text| {
            let found = T::ALL.iter().find(|(word, _)| *word == text).map(|(_, value)| *value);
            found.ok_or_else(|| format!("`{}` is not known here: expected {}", shortened(text), listed(&words, text)))
        })
    }

    /// Reads a value whose words are status codes, written as a number.
    pub(super) fn status<T: Word>(&self, name: &'static str) -> Option<T> {
        let number = self.number(name)?.to_string();
        let found = T::ALL.iter().find(|(word, _)| **word == number).map(|(_, value)| *value);
        if found.is_none() {
            let words: Vec<&str> = T::ALL.iter().map(|(word, _)| *word).collect();
            self.problem_at(name, format!("expected {}", words.join(" or ")));
        }
        found
    }

    /// Reads a duration in whole seconds.
    pub(super) fn seconds(&self, name: &'static str) -> Option<Duration> {
        self.number(name).map(Duration::from_secs)
    }

    /// Reads a list of texts, each with its place.
    pub(super) fn texts(&self, name: &'static str) -> Option<Vec<(Cursor<'d>, &'d str)>> {
        let at = self.member(name)?;
        if let NodeValue::Text(text) = &at.node.value {
            self.findings().problem(&at, format!("expected a list: [\"{}\"]", shortened(text)));
            return None;
        }
        let list = at.list().map_err(|problem| self.findings().add(problem)).ok()?;
        let mut texts = Vec::new();
        for at in list.items() {
            match &at.node.value {
                NodeValue::Text(text) => texts.push((at.clone(), text.as_str())),
                _ => self.findings().problem(&at, "expected a string"),
            }
        }
        Some(texts)
    }

    /// Reads a map of texts, each with its place and name.
    pub(super) fn named_texts(&self, name: &'static str) -> Vec<(Cursor<'d>, &'d str, &'d str)> {
        let Some(section) = self.member(name).and_then(|at| Section::new(at, self.findings)) else { return Vec::new() };
        let mut texts = Vec::new();
        for (name, at) in section.at.entries() {
            match &at.node.value {
                NodeValue::Text(text) => texts.push((at.clone(), name, text.as_str())),
                _ => self.findings().problem(&at, "expected a string"),
            }
        }
        texts
    }

    /// Reads a section of this section.
    pub(super) fn section(&self, name: &'static str) -> Option<Self> {
        Self::new(self.member(name)?, self.findings)
    }

    /// Reads a map of sections, by name.
    pub(super) fn sections(&self, name: &'static str) -> Vec<(&'d str, Self)> {
        let Some(section) = self.section(name) else { return Vec::new() };
        section.at.entries().filter_map(|(name, at)| Some((name, Self::new(at, self.findings)?))).collect()
    }

    /// Reads a list of sections.
    pub(super) fn items(&self, name: &'static str) -> Vec<Self> {
        let Some(at) = self.member(name) else { return Vec::new() };
        match at.clone().list() {
            Ok(list) => list.items().filter_map(|at| Self::new(at, self.findings)).collect(),
            Err(_) => {
                self.findings().problem(&at, format!("expected a list: in TOML, write `[[{name}]]` for each item"));
                Vec::new()
            }
        }
    }

    /// Rejects every member with an unknown name.
    pub(super) fn end(self) {
        let known = self.known.borrow();
        for (name, at) in self.at.entries() {
            // A file may have a million unknown names: do not look for a suggestion for each.
            if self.findings().is_full() {
                break;
            }
            if !known.contains(&name) {
                let message = format!("`{}` is not known here: expected {}", shortened(name), listed(&known, name));
                self.findings().problem(&at, message);
            }
        }
    }
}

/// Returns the word nearest to the written one, or all words if none is near.
pub(super) fn listed(words: &[&str], written: &str) -> String {
    let written: String = written.chars().take(MAX_WORD_CHARACTERS).collect::<String>().to_lowercase();
    let short = |word: &str| word.chars().take(MAX_WORD_CHARACTERS).collect::<String>().to_lowercase();
    let distance = |word: &str| strsim::damerau_levenshtein(&short(word), &written);
    let nearest = words.iter().map(|word| (distance(word), *word)).min();
    match nearest {
        Some((distance, word)) if distance <= word.len().div_ceil(3) => format!("`{word}`"),
        _ => words.iter().map(|word| format!("`{word}`")).collect::<Vec<_>>().join(", "),
    }
}

/// Shortens a text, which may be of any length where a word is expected.
fn shortened(text: &str) -> String {
    text.chars().take(MAX_WORD_CHARACTERS).collect()
}

/// Returns the absolute path of a path in the file, so that a change of the working directory does not matter.
pub(super) fn below(directory: &Path, path: &str) -> PathBuf {
    let path = directory.join(path);
    std::path::absolute(&path).unwrap_or(path)
}
