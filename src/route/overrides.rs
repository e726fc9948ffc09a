//! Other names for the method and the path of a request.
//!
//! Frameworks read a method from a header or a parameter, since HTML forms know GET and POST alone, and a path from a header
//! that a proxy is expected to set. What they read there is one more reading of the request.

use http::{HeaderMap, Method};
use percent_encoding::percent_decode_str;
use smallvec::SmallVec;

use crate::{header_name::reads_alike, limits::MAX_METHOD_OVERRIDES};

/// The methods and paths that a request names besides its own.
#[derive(Clone, Debug, Default)]
pub(crate) struct Overrides {
    pub(super) methods: SmallVec<[Method; 1]>,
    pub(super) paths: SmallVec<[String; 1]>,
    /// Whether there are more than are looked at.
    pub(super) are_too_many: bool,
}

/// Express `method-override`, Rack, Laravel, ASP.NET; API Gateway itself knows the first one (behaviour §5.1.13).
const METHOD_HEADERS: [&str; 3] = ["x-http-method-override", "x-http-method", "x-method-override"];

/// Symfony, Laminas, IIS.
const PATH_HEADERS: [&str; 2] = ["x-original-url", "x-rewrite-url"];

/// Rails, Laravel, Spring.
const METHOD_PARAMETER: &str = "_method";

impl Overrides {
    pub(crate) fn of(headers: &HeaderMap, query: Option<&str>) -> Self {
        let mut overrides = Self::default();
        // The names of the headers that are looked for start like that.
        for name in headers.keys().filter(|name| name.as_str().starts_with("x-") || name.as_str().starts_with("x_")) {
            let is_one_of = |known: &[&str]| known.iter().any(|known| reads_alike(known, name.as_str()));
            if is_one_of(&METHOD_HEADERS) {
                let values = headers.get_all(name).iter().map(|value| String::from_utf8_lossy(value.as_bytes()));
                values.for_each(|value| overrides.add_methods(&value));
            } else if is_one_of(&PATH_HEADERS) {
                let values = headers.get_all(name).iter().map(|value| String::from_utf8_lossy(value.as_bytes()));
                overrides.paths.extend(values.map(|value| path_of(&value)));
            }
        }
        query.into_iter().for_each(|query| overrides.add_parameters(query));
        overrides
    }

    pub(super) fn are_none(&self) -> bool {
        self.methods.is_empty() && self.paths.is_empty() && !self.are_too_many
    }

    fn add_parameters(&mut self, query: &str) {
        // Some servers also take `;` for `&`.
        for parameter in query.split(['&', ';']) {
            let (name, value) = parameter.split_once('=').unwrap_or((parameter, ""));
            // `_method[]` and `_method[0]` are lists of values of it. Three characters stand for one at the most.
            let name = name.split('[').next().unwrap_or_default();
            let is_plain = name.len() == METHOD_PARAMETER.len() && !name.contains('%');
            let is_escaped = name.contains('%') && name.len() <= 3 * (METHOD_PARAMETER.len() + "[0]".len());
            if is_plain && reads_alike(METHOD_PARAMETER, name) {
                self.add_methods(&decoded(value));
            } else if is_escaped {
                let name = decoded(name);
                if reads_alike(METHOD_PARAMETER, name.split('[').next().unwrap_or_default()) {
                    self.add_methods(&decoded(value));
                }
            }
        }
    }

    /// A list in one value counts as several values: some frameworks take the first of them.
    fn add_methods(&mut self, values: &str) {
        for value in values.split(',') {
            let Ok(method) = Method::from_bytes(value.trim().to_ascii_uppercase().as_bytes()) else { continue };
            if self.methods.contains(&method) {
                continue;
            }
            if self.methods.len() == MAX_METHOD_OVERRIDES {
                self.are_too_many = true;
                return;
            }
            self.methods.push(method);
        }
    }
}

/// The path of a URL, or of a path and query.
fn path_of(value: &str) -> String {
    let value = value.trim();
    // A path may hold the address of something else.
    let absolute = value.split_once("://").filter(|(scheme, _)| !scheme.contains(['/', '?', '#', ';']));
    let path = absolute.map_or(value, |(_, host_and_path)| host_and_path);
    let path = path.split(['?', '#']).next().unwrap_or_default();
    let path =
        if absolute.is_some() { path.find('/').and_then(|start| path.get(start..)).unwrap_or("/") } else { path };
    if path.starts_with('/') { path.to_owned() } else { format!("/{path}") }
}

fn decoded(text: &str) -> String {
    percent_decode_str(&text.replace('+', " ")).decode_utf8_lossy().into_owned()
}
