//! Computes the paths that a service could read a request path as.
//!
//! Services change a path in different ways and in different orders. Each step here is a change that some server makes; the
//! [attack list](crate::docs::attacks) §4 names the servers. The readings of a path are the results of every sequence of steps.

use smallvec::SmallVec;

use super::{
    marks::{Marks, escape, is_unreserved},
    path::PathPolicy,
};
use crate::limits::{MAX_PATH_READING_BYTES, MAX_PATH_READINGS};

/// One change that some server makes to a path.
struct Step {
    name: &'static str,
    /// The step changes only a path with one of these marks.
    marks: Marks,
    change: fn(&str) -> String,
}

/// A segment that is not a literal of any route key, since literals contain no `*`.
pub(super) const FRESH: &str = "*";

#[rustfmt::skip]
const STEPS: [Step; 13] = [
    Step { name: "segments_decoded", marks: Marks::ESCAPED_UNRESERVED.and(Marks::ESCAPED_OTHER), change: segments_decoded },
    Step { name: "slashes_decoded", marks: Marks::ESCAPED_SLASH, change: slashes_decoded },
    Step { name: "normalized", marks: Marks::ESCAPED_UNRESERVED, change: normalized },
    Step { name: "without_invalid", marks: Marks::INVALID, change: without_invalid },
    Step { name: "without_parameters", marks: Marks::PARAMETER, change: without_parameters },
    Step { name: "ended_at_parameter", marks: Marks::PARAMETER, change: ended_at_parameter },
    Step { name: "ended_at_query", marks: Marks::QUERY, change: ended_at_query },
    Step { name: "collapsed", marks: Marks::DOUBLE_SLASH, change: collapsed },
    Step { name: "collapsed_at_start", marks: Marks::DOUBLE_SLASH_AT_START, change: collapsed_at_start },
    Step { name: "filled", marks: Marks::DOUBLE_SLASH, change: filled },
    Step { name: "after_host", marks: Marks::DOUBLE_SLASH_AT_START, change: after_host },
    Step { name: "without_slash_at_end", marks: Marks::SLASH_AT_END, change: without_slash_at_end },
    Step { name: "segments_trimmed", marks: Marks::DOT_AT_END, change: segments_trimmed },
];

/// The steps for a path that is read exactly as sent: a router may still match empty variables.
const STEPS_AS_SENT: &[&str] = &["filled"];

/// The names of the steps.
#[cfg(feature = "__internals")]
pub(crate) fn step_names() -> impl Iterator<Item = &'static str> {
    STEPS.iter().map(|step| step.name)
}

/// Selects the steps to apply.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Steps<'n> {
    pub(super) policy: PathPolicy,
    /// The name of a step to leave out, to show the purpose of the step.
    pub(super) without: Option<&'n str>,
}

impl Steps<'_> {
    fn takes(self, step: &Step, marks: Marks) -> bool {
        let is_meant = self.policy != PathPolicy::AsSent || STEPS_AS_SENT.contains(&step.name);
        marks.has_any(step.marks) && is_meant && self.without != Some(step.name)
    }

    /// Whether a path with these marks has further readings.
    pub(super) fn apply_to(self, marks: Marks) -> bool {
        STEPS.iter().any(|step| self.takes(step, marks))
    }
}

/// Whether `is_so` holds for each reading of these paths, starting with the paths themselves. Stops at the first reading that
/// fails. Returns false if there are too many readings, or if they are too long.
pub(super) fn all(
    paths: impl IntoIterator<Item = String>,
    steps: Steps<'_>,
    mut is_so: impl FnMut(&str, Marks) -> bool,
) -> bool {
    let mut readings = Readings::default();
    if !paths.into_iter().all(|path| readings.add(path)) {
        return false;
    }
    let mut next = 0;
    while let Some(path) = readings.paths.get_mut(next).map(std::mem::take) {
        let marks = Marks::of(&path);
        let is_whole = is_so(&path, marks)
            && STEPS.iter().filter(|step| steps.takes(step, marks)).all(|step| {
                let changed = (step.change)(&path);
                changed == path || readings.add(changed)
            });
        if !is_whole {
            return false;
        }
        if let Some(place) = readings.paths.get_mut(next) {
            *place = path;
        }
        next += 1;
    }
    true
}

/// The readings found so far.
#[derive(Default)]
struct Readings {
    paths: SmallVec<[String; 4]>,
    /// The total size of all readings, including duplicates, as a measure of the work.
    bytes: usize,
}

impl Readings {
    /// Adds a reading. Returns false if the limits are exceeded.
    fn add(&mut self, path: String) -> bool {
        self.bytes += path.len();
        if !self.paths.contains(&path) {
            self.paths.push(path);
        }
        self.paths.len() <= MAX_PATH_READINGS && self.bytes <= MAX_PATH_READING_BYTES
    }
}

/// Reads the path like a service that splits it into segments before decoding them, so `%2F` is part of its segment.
fn segments_decoded(path: &str) -> String {
    decoded_where(path, |byte| byte != b'/')
}

/// Reads the path like a proxy that decodes `%2F` into a slash for the services behind the proxy.
fn slashes_decoded(path: &str) -> String {
    decoded_where(path, |byte| byte == b'/')
}

/// Reads the path like a service that decodes only unreserved characters, since their meaning does not change
/// (RFC 3986 §6.2.2.2).
fn normalized(path: &str) -> String {
    decoded_where(path, is_unreserved)
}

/// Decodes the selected escapes once. Octets that are not UTF-8 become a character that no route key contains.
fn decoded_where(path: &str, is_meant: impl Fn(u8) -> bool) -> String {
    let mut bytes = Vec::with_capacity(path.len());
    let mut parts = path.as_bytes().split(|byte| *byte == b'%');
    bytes.extend_from_slice(parts.next().unwrap_or_default());
    for part in parts {
        match escape(part).filter(|byte| is_meant(*byte)) {
            Some(byte) => {
                bytes.push(byte);
                bytes.extend_from_slice(part.get(2..).unwrap_or_default());
            }
            None => {
                bytes.push(b'%');
                bytes.extend_from_slice(part);
            }
        }
    }
    String::from_utf8(bytes).unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned())
}

/// Reads the path like a decoder that drops invalid UTF-8 (Unicode Technical Report 36 §3.5).
fn without_invalid(path: &str) -> String {
    path.replace(char::REPLACEMENT_CHARACTER, "")
}

fn without_parameters(path: &str) -> String {
    by_segment(path, |segment| segment.split(';').next().unwrap_or_default())
}

/// Reads the path like a router that starts the query at `;`: find-my-way, and therefore Fastify 4 by default.
fn ended_at_parameter(path: &str) -> String {
    path.split(';').next().unwrap_or_default().to_owned()
}

fn ended_at_query(path: &str) -> String {
    path.split(['?', '#']).next().unwrap_or_default().to_owned()
}

/// Collapses adjacent slashes. A slash at the end stays, since a separate step removes it.
fn collapsed(path: &str) -> String {
    let mut collapsed = String::with_capacity(path.len());
    for segment in path.split('/').filter(|segment| !segment.is_empty()) {
        collapsed.push('/');
        collapsed.push_str(segment);
    }
    if path.ends_with('/') {
        collapsed.push('/');
    }
    collapsed
}

/// Reads the path as this table does.
fn collapsed_at_start(path: &str) -> String {
    format!("/{}", path.trim_start_matches('/'))
}

/// Reads the path like a router whose variables also match an empty segment, such as axum's. Each empty segment is replaced by
/// a segment that is not a literal of any route, except the empty segment after a slash at the end.
fn filled(path: &str) -> String {
    let Some((front, last)) = path.rsplit_once('/') else { return path.to_owned() };
    let mut filled = String::with_capacity(path.len());
    for segment in front.split('/').skip(1) {
        filled.push('/');
        filled.push_str(if segment.is_empty() { FRESH } else { segment });
    }
    filled.push('/');
    filled.push_str(last);
    filled
}

/// Reads the path like a service that takes the text after two slashes as a host. A host without a path is followed by `/`
/// (RFC 9110 §4.2.3).
fn after_host(path: &str) -> String {
    let host_and_path = path.trim_start_matches('/');
    let path = host_and_path.find('/').and_then(|start| host_and_path.get(start..));
    path.unwrap_or("/").to_owned()
}

fn without_slash_at_end(path: &str) -> String {
    path.strip_suffix('/').filter(|rest| !rest.is_empty()).unwrap_or(path).to_owned()
}

/// Reads the path like a file system that drops dots and blanks at the end of each name.
fn segments_trimmed(path: &str) -> String {
    by_segment(path, |segment| segment.trim_end_matches(['.', ' ']))
}

fn by_segment(path: &str, change: impl Fn(&str) -> &str) -> String {
    let mut changed = String::with_capacity(path.len());
    for (index, segment) in path.split('/').enumerate() {
        if index > 0 {
            changed.push('/');
        }
        changed.push_str(change(segment));
    }
    changed
}
