//! Looks up the route of a request: the route that API Gateway would choose, if every other answer agrees.

use http::Method;
use smallvec::SmallVec;

use super::{
    InnerRouter, NoRoute, Route, RouteTable,
    agreement::Agreement,
    marks::Marks,
    overrides::Overrides,
    path,
    readings::{self, Steps},
};

impl RouteTable {
    /// Finds the route for a method and a path, as sent and without the query.
    ///
    /// Returns `None` if no route covers the request and the table
    /// [forwards it](super::RouteTableBuilder::hand_on_unknown_routes). The layer does the same lookup, and also considers
    /// headers and query parameters that name another method or path ([behaviour §10.93](crate::docs::behaviour)).
    ///
    /// ```
    /// use cognito_authorizer::{RouteTable, route::NoRoute};
    /// use http::Method;
    ///
    /// let routes = RouteTable::builder().scopes("GET /pets/{id}", ["pets/read"]).build()?;
    /// let found = routes.find(&Method::GET, "/pets/7")?.expect("this table hands nothing on");
    /// assert_eq!(found.key().as_str(), "GET /pets/{id}");
    /// assert_eq!(routes.find(&Method::GET, "/"), Err(NoRoute::NotFound));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    ///
    /// [`NoRoute::NotFound`] if no route covers the request; [`NoRoute::UnknownStage`] if the path lacks the stage;
    /// [`NoRoute::Ambiguous`] if the inner service could match the request to another rule
    /// ([behaviour §10.90](crate::docs::behaviour)).
    pub fn find(&self, method: &Method, path: &str) -> Result<Option<&Route>, NoRoute> {
        self.find_overridden(method, path, &Overrides::default())
    }

    /// Finds the route for a request whose headers or query may name another method or path.
    pub(crate) fn find_overridden(
        &self,
        method: &Method,
        path: &str,
        overrides: &Overrides,
    ) -> Result<Option<&Route>, NoRoute> {
        self.find_without(None, method, path, overrides)
    }

    /// Works like `find_overridden`, but leaves out one [step](super::readings) of reading a path.
    pub(crate) fn find_without(
        &self,
        step: Option<&str>,
        method: &Method,
        path: &str,
        overrides: &Overrides,
    ) -> Result<Option<&Route>, NoRoute> {
        let steps = Steps { policy: self.settings.policy, without: step };
        // Bounds the path before scanning it, and rejects an ambiguous path before looking at the routes.
        path::check_length(path)?;
        let marks = Marks::of(path);
        if steps.policy.rejects(marks) {
            return Err(NoRoute::Ambiguous);
        }
        let chosen = self.choose(method, path)?;
        if self.settings.inner_router == InnerRouter::MatchedRoute {
            return Ok(chosen);
        }
        let has_one_reading = overrides.are_none() && !steps.apply_to(marks);
        let has_one_answer = has_one_reading
            && *method != Method::HEAD
            && !self.may_end_in_nothing(path)
            && !chosen.is_some_and(|chosen| self.may_be_taken(chosen))
            && (!self.ignores_case_of(marks) || self.is_chosen_in_small_letters(chosen, method, path));
        if has_one_answer {
            return Ok(chosen);
        }
        let agreement = Agreement { table: self, chosen };
        let methods: SmallVec<[&Method; 2]> = std::iter::once(method).chain(&overrides.methods).collect();
        let agrees = !overrides.are_too_many
            && if has_one_reading {
                agreement.holds(&methods, path, marks)
            } else {
                // A proxy may strip the stage, so a header may name a path with or without it.
                let below_stage = |path: &String| format!("/{}{path}", self.stage());
                let staged = overrides.paths.iter().filter(|_| !self.stage().is_empty()).map(below_stage);
                let paths = std::iter::once(path.to_owned()).chain(overrides.paths.iter().cloned()).chain(staged);
                readings::all(paths, steps, |reading, marks| agreement.holds(&methods, reading, marks))
            };
        if agrees { Ok(chosen) } else { Err(NoRoute::Ambiguous) }
    }

    /// Whether a path, in any reading, has another rule than the route for some method. If so, the route must not decide about
    /// the path.
    #[cfg(feature = "axum")]
    pub(crate) fn guards_otherwise(&self, path: &str, route: &Route) -> bool {
        let agreement = Agreement { table: self, chosen: Some(route) };
        let steps = Steps { policy: self.settings.policy, without: None };
        !readings::all([path.to_owned()], steps, |reading, marks| agreement.holds_for_any_method(reading, marks))
    }

    /// Whether a variable at the end of a route may match nothing in a router with any order. This is possible at the root and
    /// after a slash at the end.
    fn may_end_in_nothing(&self, path: &str) -> bool {
        let is_root = || path.trim_matches('/') == self.stage();
        self.settings.inner_router == InnerRouter::AnyOrder && (path.ends_with('/') || is_root())
    }
}
