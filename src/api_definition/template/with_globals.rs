//! The two APIs of SAM, and their properties beside those of `Globals`.
//!
//! Refused: what stands in both, and SAM would merge. Source: SAM, "Globals".

use std::collections::HashSet;

use crate::document::{Cursor, NodeValue, Problem};

/// The two APIs of SAM that are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ServerlessApi {
    Rest,
    Http,
}

/// Properties, and those that `Globals` has for all: what stands in both, SAM would merge.
#[derive(Debug)]
pub(super) struct WithGlobals<'n> {
    pub(super) own: Option<Cursor<'n>>,
    pub(super) global: Option<Cursor<'n>>,
}

impl<'n> WithGlobals<'n> {
    /// A member, of the API or of all.
    pub(super) fn get(&self, name: &str) -> Result<Option<Cursor<'n>>, Problem> {
        let layered = self.members(name);
        let is_text = |at: &Cursor<'_>| !matches!(at.node.value, NodeValue::Map(_) | NodeValue::List(_));
        match (layered.own, layered.global) {
            // A text of the API stands for that of all.
            (Some(own), Some(global)) if !is_text(&own) || !is_text(&global) => {
                Err(own.problem(format!("`{name}` stands in `Globals` too, and SAM would merge the two: keep one")))
            }
            (own, global) => Ok(own.or(global)),
        }
    }

    /// A member, wherever it is, to see whether it is there.
    pub(super) fn either(&self, name: &str) -> Option<Cursor<'n>> {
        let layered = self.members(name);
        layered.own.or(layered.global)
    }

    /// A map of the API and that of all.
    pub(super) fn layered(&self, name: &str) -> Result<Self, Problem> {
        let layered = self.members(name);
        let (own, global) = (layered.own.map(Cursor::map), layered.global.map(Cursor::map));
        Ok(Self { own: own.transpose()?, global: global.transpose()? })
    }

    /// The members of both.
    pub(super) fn entries(&self) -> Result<Vec<(&'n str, Cursor<'n>)>, Problem> {
        let mut all: Vec<(&str, Cursor<'_>)> = self.own.iter().flat_map(Cursor::entries).collect();
        let own: HashSet<&str> = all.iter().map(|(name, _)| *name).collect();
        for (name, at) in self.global.iter().flat_map(Cursor::entries) {
            if own.contains(name) {
                return Err(
                    at.problem(format!("`{name}` stands at the API too, and SAM would merge the two: keep one"))
                );
            }
            all.push((name, at));
        }
        Ok(all)
    }

    pub(super) fn check_members(&self, names: &[&str]) -> Result<(), Problem> {
        self.own.iter().chain(&self.global).try_for_each(|at| at.check_members(names))
    }

    fn members(&self, name: &str) -> Self {
        let of = |at: &Option<Cursor<'n>>| at.as_ref().and_then(|at| at.get(name));
        Self { own: of(&self.own), global: of(&self.global) }
    }
}
