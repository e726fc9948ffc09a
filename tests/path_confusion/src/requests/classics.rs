//! For each guarded route the changes that servers are known for, one at a time.

use super::{Attempt, METHOD_HEADERS};
use crate::layout::{Route, Segment};

/// What stands at the end of a path that some server reads as the path without it.
const ENDS: [&str; 30] = [
    "/", "//", "///", "/.", "%2f", "/%2f", ";", ";x", ";x=1", "/;x", ".", "..", "...", "%2e", "%20", ".%20", "%20.",
    "%09", "%0a", "%00", "%ff", "%c0%80", "%c2%a0", "?", "?x=1", "#", "#x", "%3f", "%23", "%3fx",
];

/// What stands before a path that some server reads as the path without it.
const STARTS: [&str; 10] =
    ["/", "//", "//host", "//host:80", "http://localhost", "/.", "/x/..", "/x/..;", "/;x", "/%2f"];

pub fn attempts(route: &Route) -> Vec<Attempt> {
    let segments: Vec<String> = segments(route);
    let path = joined(&segments);
    let mut targets = Vec::new();
    targets.extend(ENDS.iter().map(|end| format!("{path}{end}")));
    targets.extend(STARTS.iter().map(|start| format!("{start}{path}")));
    targets.push(format!("{path}//").replacen('/', "//", 1));
    for place in 0..segments.len() {
        targets.extend(at(&segments, place));
    }
    // A variable that takes nothing.
    for (place, _) in variables(route) {
        let mut emptied = segments.clone();
        emptied[place].clear();
        targets.push(joined(&emptied));
        targets.push(format!("{}//", joined(&emptied)));
        targets.push(format!("/{}", joined(&emptied)));
        emptied.truncate(place);
        targets.push(joined(&emptied));
        targets.push(format!("{}%2f", joined(&emptied)));
    }
    let method = route.method.unwrap_or("GET");
    let mut attempts = Vec::new();
    for target in targets {
        attempts.push(Attempt { method, target: target.into_bytes(), headers: Vec::new() });
    }
    let hidden = [("x-original-url", path.clone()), ("x-rewrite-url", path.clone())];
    attempts.extend(hidden.map(|header| Attempt { method, target: b"/".to_vec(), headers: vec![header] }));
    for name in METHOD_HEADERS {
        let headers = vec![(name, method.to_owned())];
        attempts.push(Attempt { method: "POST", target: path.clone().into_bytes(), headers });
    }
    let target = format!("{path}?_method={method}").into_bytes();
    attempts.push(Attempt { method: "POST", target, headers: Vec::new() });
    attempts.push(Attempt { method: "HEAD", target: path.into_bytes(), headers: Vec::new() });
    attempts
}

/// Changes to one segment.
fn at(segments: &[String], place: usize) -> Vec<String> {
    let segment = &segments[place];
    let first = segment.bytes().next().unwrap_or(b'x');
    let rest = segment.get(1..).unwrap_or_default();
    let half = segment.len() / 2;
    let changed = [
        format!("%{first:02x}{rest}"),
        format!("%{first:02X}{rest}"),
        format!("%25{first:02x}{rest}"),
        segment.to_ascii_uppercase(),
        segment.replace('k', "%e2%84%aa").replace('s', "%c5%bf"),
        format!("{segment};x"),
        format!("{segment};x=/"),
        format!("{segment}."),
        format!("{segment}.."),
        format!("{segment}%20"),
        format!("{segment}%2e"),
        format!("{segment}/"),
        format!("{segment}/."),
        format!("{segment}//"),
        format!("x/../{segment}"),
        format!("x/%2e%2e/{segment}"),
        format!("{}%ff{}", &segment[..half], &segment[half..]),
        format!("{}%80{}", &segment[..half], &segment[half..]),
        // A segment that needs an escape beside one that has one needlessly.
        format!("%24{segment}"),
    ];
    let mut targets = Vec::new();
    for change in changed {
        let mut segments = segments.to_vec();
        segments[place] = change;
        targets.push(joined(&segments));
    }
    // The slash before it.
    if place > 0 {
        let (front, back) = segments.split_at(place);
        for slash in ["%2f", "%2F", "%252f", "%5c", "\\", "/%2f"] {
            targets.push(format!("{}{slash}{}", joined(front), back.join("/")));
        }
    }
    targets
}

fn segments(route: &Route) -> Vec<String> {
    let segment = |segment: &Segment| match segment {
        Segment::Literal(text) => (*text).to_owned(),
        Segment::Variable(_) => "seven".to_owned(),
        Segment::Greedy(_) => "seven/eight".to_owned(),
    };
    route.path.iter().flatten().map(segment).collect()
}

fn variables(route: &Route) -> impl Iterator<Item = (usize, &Segment)> {
    let segments = route.path.iter().flatten().enumerate();
    segments.filter(|(_, segment)| !matches!(segment, Segment::Literal(_)))
}

fn joined(segments: &[String]) -> String {
    segments.iter().map(|segment| format!("/{segment}")).collect()
}
