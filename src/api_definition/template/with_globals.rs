//! The two types of SAM API, and their properties combined with those of `Globals`.
//!
//! Rejects a property that is set in both places if SAM would merge the two. Source: SAM, "Globals".

use std::collections::HashSet;

use crate::document::{Cursor, NodeValue, Problem};

/// The two types of SAM API.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ServerlessApi {
    Rest,
    Http,
}

/// The properties of an API, and those of `Globals`. SAM merges maps and lists that are set in both.
#[derive(Debug)]
pub(super) struct WithGlobals<'n> {
    pub(super) own: Option<Cursor<'n>>,
    pub(super) global: Option<Cursor<'n>>,
}

impl<'n> WithGlobals<'n> {
    /// Returns a member of the API or of `Globals`. A member in both is a problem if either is a map or a list.
    pub(super) fn get(&self, name: &str) -> Result<Option<Cursor<'n>>, Problem> {
        let layered = self.members(name);
        let is_text = |at: &Cursor<'_>| !matches!(at.node.value, NodeValue::Map(_) | NodeValue::List(_));
        match (layered.own, layered.global) {
            // A scalar of the API overrides that of `Globals`.
            (Some(own), Some(global)) if !is_text(&own) || !is_text(&global) => {
                Err(own.problem(format!("`{name}` is also set in `Globals`, and SAM would merge the two: keep one")))
            }
            (own, global) => Ok(own.or(global)),
        }
    }

    /// Returns a member of the API, or else of `Globals`. This is enough to see whether the member is set.
    pub(super) fn either(&self, name: &str) -> Option<Cursor<'n>> {
        let layered = self.members(name);
        layered.own.or(layered.global)
    }

    /// Returns a member that is a map, of both the API and `Globals`.
    pub(super) fn layered(&self, name: &str) -> Result<Self, Problem> {
        let layered = self.members(name);
        let (own, global) = (layered.own.map(Cursor::map), layered.global.map(Cursor::map));
        Ok(Self { own: own.transpose()?, global: global.transpose()? })
    }

    /// Returns the members of both maps. A member in both is a problem.
    pub(super) fn entries(&self) -> Result<Vec<(&'n str, Cursor<'n>)>, Problem> {
        let mut all: Vec<(&str, Cursor<'_>)> = self.own.iter().flat_map(Cursor::entries).collect();
        let own: HashSet<&str> = all.iter().map(|(name, _)| *name).collect();
        for (name, at) in self.global.iter().flat_map(Cursor::entries) {
            if own.contains(name) {
                return Err(
                    at.problem(format!("`{name}` is also set on the API, and SAM would merge the two: keep one"))
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
