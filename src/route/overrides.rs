//! Reads the methods and paths that a request names in headers and parameters.
//!
//! Frameworks read a method from a header or a parameter, since HTML forms support only GET and POST. Frameworks also read a
//! path from a header that a proxy is expected to set. Each such value is a further reading of the request.

use http::{HeaderMap, Method};
use percent_encoding::percent_decode_str;
use smallvec::SmallVec;

use crate::{
    header_name::reads_alike,
    limits::{MAX_METHOD_OVERRIDES, MAX_OVERRIDE_BYTES, MAX_OVERRIDE_PARAMETERS},
};

/// The methods and paths that a request names in addition to its own.
#[derive(Clone, Debug, Default)]
pub(crate) struct Overrides {
    pub(super) methods: SmallVec<[Method; 1]>,
    pub(super) paths: SmallVec<[String; 1]>,
    /// The number of values read as a method, including duplicates.
    read: usize,
    /// Whether the request exceeds a limit on overrides.
    pub(super) are_too_many: bool,
}

/// Method headers of Express `method-override`, Rack, Laravel and ASP.NET; API Gateway itself reads the first one
/// (behaviour §5.1.13).
const METHOD_HEADERS: [&str; 3] = ["x-http-method-override", "x-http-method", "x-method-override"];

/// Path headers of Symfony, Laminas and IIS.
const PATH_HEADERS: [&str; 2] = ["x-original-url", "x-rewrite-url"];

/// Method parameters: `_method` of Rails, Laravel and Spring; ASP.NET also reads the name of its header from the query.
const METHOD_PARAMETERS: [&str; 4] = ["_method", "x-http-method-override", "x-http-method", "x-method-override"];

impl Overrides {
    pub(crate) fn of(headers: &HeaderMap, query: Option<&str>) -> Self {
        let mut overrides = Self::default();
        // A quick filter: the name of each known header starts with an `x` and a separator.
        let may_be_one = |name: &[u8]| matches!(name, [b'x', second, ..] if !second.is_ascii_alphanumeric());
        for name in headers.keys().filter(|name| may_be_one(name.as_str().as_bytes())) {
            let is_one_of = |known: &[&str]| known.iter().any(|known| reads_alike(known, name.as_str()));
            let (is_method, is_path) = (is_one_of(&METHOD_HEADERS), is_one_of(&PATH_HEADERS));
            if !is_method && !is_path {
                continue;
            }
            for value in headers.get_all(name) {
                overrides.are_too_many |= value.len() > MAX_OVERRIDE_BYTES;
                if overrides.are_too_many {
                    return overrides;
                }
                let value = String::from_utf8_lossy(value.as_bytes());
                if is_method { overrides.add_methods(&value) } else { overrides.paths.push(path_of(&value)) }
            }
        }
        if let Some(query) = query {
            overrides.add_parameters(query);
        }
        overrides
    }

    pub(crate) fn are_none(&self) -> bool {
        self.methods.is_empty() && self.paths.is_empty() && !self.are_too_many
    }

    fn add_parameters(&mut self, query: &str) {
        // Some servers also split the query at `;`.
        for (number, parameter) in query.split(['&', ';']).enumerate() {
            if number >= MAX_OVERRIDE_PARAMETERS || self.are_too_many {
                self.are_too_many = true;
                return;
            }
            let (name, value) = parameter.split_once('=').unwrap_or((parameter, ""));
            if is_method_parameter(name) {
                self.are_too_many |= value.len() > MAX_OVERRIDE_BYTES;
                if !self.are_too_many {
                    self.add_methods(&decoded(value));
                }
            }
        }
    }

    /// Adds each method of a comma-separated list, since some frameworks read the first one.
    fn add_methods(&mut self, values: &str) {
        for value in values.split(',') {
            self.read += 1;
            if self.read > MAX_METHOD_OVERRIDES {
                self.are_too_many = true;
                return;
            }
            let method = Method::from_bytes(value.trim().to_ascii_uppercase().as_bytes()).ok();
            self.methods.extend(method.filter(|method| !self.methods.contains(method)));
        }
    }
}

/// Whether some framework reads a method from the parameter with this name. PHP drops blanks at the start of a name and the
/// text after a NUL; `_method[]` and `_method[0]` are lists of values.
fn is_method_parameter(name: &str) -> bool {
    if name.len() < "_method".len() {
        return false;
    }
    let is_one = |name: &str| {
        let name = name.trim_start().split(['[', '\0']).next().unwrap_or_default();
        METHOD_PARAMETERS.iter().any(|known| reads_alike(known, name))
    };
    if name.contains(['%', '+']) { is_one(&decoded(name)) } else { is_one(name) }
}

/// Returns the path of a URL, or of a path and query.
fn path_of(value: &str) -> String {
    let value = value.trim();
    // A path may contain the URL of something else.
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
