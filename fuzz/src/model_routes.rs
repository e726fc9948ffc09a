//! Routes as behaviour §5.1 and §5.2 have them, looked up one after the other.

use std::cmp::Ordering;

/// A route of the model: its key, and the rule that it stands for.
pub struct ModelRoute<'k> {
    pub key: &'k str,
    pub rule: &'k str,
    method: &'k str,
    /// `None` for `$default`.
    segments: Option<Vec<Segment<'k>>>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Segment<'k> {
    Literal(&'k str),
    Variable,
    Greedy,
}

/// What `ANY` stands for (5.1.4).
pub const METHODS: [&str; 7] = ["DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"];

impl<'k> ModelRoute<'k> {
    /// Of a route key that is in order.
    pub fn of(key: &'k str, rule: &'k str) -> Self {
        let (method, path) = key.split_once(' ').unwrap_or(("ANY", key));
        let segments = path.strip_prefix('/').map(|path| {
            let segments = path.split('/').filter(|segment| !segment.is_empty());
            let segments = segments.map(|segment| match segment {
                _ if segment.ends_with("+}") => Segment::Greedy,
                _ if segment.starts_with('{') => Segment::Variable,
                _ => Segment::Literal(segment),
            });
            segments.collect()
        });
        Self { key, rule, method, segments }
    }

    /// Whether the method stands in the key itself.
    fn names_method(&self, method: &str) -> bool {
        self.method == method
    }

    pub fn takes_method(&self, method: &str) -> bool {
        if self.method == "ANY" { METHODS.contains(&method) } else { self.method == method }
    }

    fn takes_path(&self, path: &[&[u8]], covers_root: bool) -> bool {
        let Some(segments) = &self.segments else { return true };
        if covers_root && path.is_empty() && segments[..] == [Segment::Greedy] {
            return true;
        }
        let mut sent = path.iter();
        for segment in segments {
            match segment {
                // One segment at least; what a slash at the end leaves is none (5.1.6).
                Segment::Greedy => return sent.len() > 0 && !sent.as_slice().iter().eq([b""]),
                Segment::Variable if sent.next().is_none_or(|sent| sent.is_empty()) => return false,
                Segment::Literal(own) if sent.next() != Some(&own.as_bytes()) => return false,
                Segment::Variable | Segment::Literal(_) => {}
            }
        }
        sent.len() == 0
    }

    /// Whether each path of the other route is a path of this one.
    pub fn covers_path(&self, other: &Self) -> bool {
        let (Some(own), Some(other)) = (&self.segments, &other.segments) else { return self.segments.is_none() };
        let is_within = |(own, other): (&Segment<'_>, &Segment<'_>)| match own {
            Segment::Greedy => true,
            Segment::Variable => *other != Segment::Greedy,
            Segment::Literal(_) => own == other,
        };
        let is_long = match own.last() {
            Some(Segment::Greedy) => other.len() >= own.len(),
            _ => other.len() == own.len(),
        };
        is_long && own.iter().zip(other).all(is_within)
    }

    /// Whether each request of the other route is one of this route, which answers HEAD if it is for GET.
    pub fn covers(&self, other: &Self, method: &str) -> bool {
        let is_method = self.method == "ANY" || self.method == other.method;
        let is_head = method == "HEAD" && self.method == "GET" && other.method == "HEAD";
        (is_method || is_head) && self.covers_path(other)
    }

    /// Whether a router that may ignore case, and whose variables may take the empty segment at the end, takes the path.
    pub fn matches(&self, path: &[&[u8]], ignores_case: bool, takes_empty: bool) -> bool {
        let Some(segments) = &self.segments else { return true };
        let fold = |text: &[u8]| {
            let text = String::from_utf8_lossy(text).into_owned();
            if ignores_case { text.to_uppercase() } else { text }
        };
        let is_taken = |place: usize| !path[place].is_empty() || takes_empty && place + 1 == path.len();
        for (place, segment) in segments.iter().enumerate() {
            match segment {
                Segment::Greedy => return place < path.len() && (path.len() > place + 1 || is_taken(place)),
                Segment::Variable if place >= path.len() || !is_taken(place) => return false,
                Segment::Literal(own) if place >= path.len() || fold(path[place]) != fold(own.as_bytes()) => {
                    return false;
                }
                Segment::Variable | Segment::Literal(_) => {}
            }
        }
        path.len() == segments.len()
    }

    fn is_greedy(&self) -> bool {
        self.segments.as_ref().is_some_and(|segments| segments.last() == Some(&Segment::Greedy))
    }
}

/// How routes are looked up.
#[derive(Clone, Copy, Default)]
pub struct Lookup {
    /// A route without greedy variable comes first (5.2.1).
    pub is_http_api: bool,
    /// `/{proxy+}` covers `/` (5.1.6).
    pub covers_root: bool,
}

/// The route that a request falls under (5.1.2 to 5.1.5, 5.2.1 to 5.2.3).
pub fn find<'m, 'k>(
    routes: &'m [ModelRoute<'k>],
    method: &str,
    path: &[&[u8]],
    lookup: Lookup,
) -> Option<&'m ModelRoute<'k>> {
    best(routes, method, path, lookup)
}

/// The route whose part of a service answers a request: for HEAD that of GET, unless a route names it.
pub fn answering<'m, 'k>(
    routes: &'m [ModelRoute<'k>],
    method: &str,
    path: &[&[u8]],
    lookup: Lookup,
) -> Option<&'m ModelRoute<'k>> {
    let found = best(routes, method, path, lookup);
    if method != "HEAD" || found.is_some_and(|found| found.names_method(method)) {
        return found;
    }
    best(routes, "GET", path, lookup).or(found)
}

/// The rules of the routes that a service answers with whose router goes by this order: that of the route, and for HEAD that
/// of the route which guards GET, unless that one covers every path of a route for HEAD (10.9).
pub fn literal_first<'k>(
    routes: &[ModelRoute<'k>],
    method: &str,
    path: &[&[u8]],
    lookup: Lookup,
) -> impl Iterator<Item = &'k str> {
    let found = best(routes, method, path, lookup);
    let get = best(routes, "GET", path, lookup).filter(|get| {
        let speaks = |head: &ModelRoute<'_>| head.names_method("HEAD") && get.covers_path(head);
        method == "HEAD" && get.rule != "open" && !found.is_some_and(speaks)
    });
    found.into_iter().chain(get).map(|route| route.rule)
}

fn best<'m, 'k>(
    routes: &'m [ModelRoute<'k>],
    method: &str,
    path: &[&[u8]],
    lookup: Lookup,
) -> Option<&'m ModelRoute<'k>> {
    let takes = |route: &&ModelRoute<'_>| route.takes_method(method) && route.takes_path(path, lookup.covers_root);
    routes.iter().filter(takes).min_by(|one, other| {
        let by_kind = if lookup.is_http_api { one.is_greedy().cmp(&other.is_greedy()) } else { Ordering::Equal };
        let by_default = one.segments.is_none().cmp(&other.segments.is_none());
        by_default
            .then(by_kind)
            .then_with(|| compare(one, other))
            .then((one.method == "ANY").cmp(&(other.method == "ANY")))
    })
}

/// Segment by segment from the left: literal, variable, greedy.
fn compare(one: &ModelRoute<'_>, other: &ModelRoute<'_>) -> Ordering {
    let rank = |segment: &Segment<'_>| match segment {
        Segment::Literal(_) => 0,
        Segment::Variable => 1,
        Segment::Greedy => 2,
    };
    let ranks = |route: &ModelRoute<'_>| -> Vec<u8> { route.segments.iter().flatten().map(rank).collect() };
    ranks(one).cmp(&ranks(other))
}

/// The segments of a path after slashes at the start, and without one at the end, if that is ignored.
pub fn segments(path: &[u8], ignores_slash: bool) -> Option<Vec<&[u8]>> {
    let mut rest = path.strip_prefix(b"/")?;
    while let [b'/', after @ ..] = rest {
        rest = after;
    }
    if ignores_slash {
        rest = rest.strip_suffix(b"/").unwrap_or(rest);
    }
    Some(if rest.is_empty() { Vec::new() } else { rest.split(|byte| *byte == b'/').collect() })
}

/// The segments below a stage.
pub fn below_stage<'s, 'p>(segments: &'s [&'p [u8]], stage: &str) -> Option<&'s [&'p [u8]]> {
    let mut below = segments;
    for own in stage.split('/').filter(|own| !own.is_empty()) {
        let (first, rest) = below.split_first()?;
        if *first != own.as_bytes() {
            return None;
        }
        below = rest;
    }
    if !stage.is_empty() {
        // 5.1.8: slashes after the stage count as one.
        while let [b"", rest @ ..] = below {
            below = rest;
        }
    }
    Some(below)
}
