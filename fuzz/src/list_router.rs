//! A router that uses the first route of a list that matches, with habits that such routers have.

use super::{
    inner_router::{Choices, Sent},
    model_routes::{METHODS, ModelRoute},
};

/// A model of one service.
#[derive(Debug)]
pub struct ListRouter {
    /// Places of routes. One that covers all of another one comes after it, or that one would never be used.
    order: Vec<usize>,
    ignores_case: bool,
    steps: Vec<Step>,
    /// Whether a variable takes the empty segment at the end of a path.
    takes_empty: bool,
    /// Whether headers and parameters say which method and which path is meant.
    overrides: bool,
    answers_head: bool,
}

/// What a service may do to a path.
#[derive(Clone, Copy, Debug)]
enum Step {
    DecodeSegments,
    DecodeSlashes,
    DropParameters,
    CollapseSlashes,
    DropSlashAtEnd,
    DropSlashesAtEnd,
    TrimSegments,
    TrimEnd,
}

const STEPS: [Step; 8] = [
    Step::DecodeSegments,
    Step::DecodeSlashes,
    Step::DropParameters,
    Step::CollapseSlashes,
    Step::DropSlashAtEnd,
    Step::DropSlashesAtEnd,
    Step::TrimSegments,
    Step::TrimEnd,
];

impl ListRouter {
    pub fn of(routes: &[ModelRoute<'_>], may_ignore_case: bool, choices: &mut Choices<'_>) -> Self {
        let mut left: Vec<usize> = (0..routes.len()).collect();
        let mut order = Vec::new();
        while !left.is_empty() {
            let is_next = |place: &&usize| {
                let covers = |other: &&usize| **place != **other && routes[**place].covers(&routes[**other], "HEAD");
                !left.iter().any(|other| covers(&other))
            };
            let next: Vec<usize> = left.iter().filter(is_next).copied().collect();
            let next = next[choices.below(next.len())];
            order.push(next);
            left.retain(|place| *place != next);
        }
        Self {
            order,
            ignores_case: may_ignore_case && choices.flag(),
            steps: (0..choices.below(4)).map(|_| STEPS[choices.below(STEPS.len())]).collect(),
            takes_empty: choices.flag(),
            overrides: choices.flag(),
            answers_head: choices.below(4) > 0,
        }
    }

    /// The place of the route that answers.
    pub fn answer(&self, routes: &[ModelRoute<'_>], sent: &Sent) -> Option<usize> {
        let header = |name: &str| Some(sent.headers.get(name)?.to_str().unwrap()).filter(|_| self.overrides);
        let parameter = sent.uri.query().and_then(|query| query.strip_prefix("_method=")).filter(|_| self.overrides);
        let method = header("x-http-method-override").or(parameter).unwrap_or(sent.method.as_str()).to_uppercase();
        let path = header("x-original-url").unwrap_or(sent.uri.path()).as_bytes().to_vec();
        let path = self.steps.iter().fold(path, |path, step| step.apply(&path));
        let segments: Vec<&[u8]> = path.strip_prefix(b"/")?.split(|byte| *byte == b'/').collect();
        let segments = if segments == [b""] { &[][..] } else { &segments };
        let is_get = |route: &ModelRoute<'_>| method == "HEAD" && self.answers_head && route.takes_method("GET");
        self.order.iter().copied().find(|place| {
            let route = &routes[*place];
            METHODS.contains(&method.as_str())
                && (route.takes_method(&method) || is_get(route))
                && route.matches(segments, self.ignores_case, self.takes_empty)
        })
    }
}

impl Step {
    fn apply(self, path: &[u8]) -> Vec<u8> {
        let each =
            |change: fn(&[u8]) -> &[u8]| path.split(|byte| *byte == b'/').map(change).collect::<Vec<_>>().join(&b'/');
        match self {
            Self::DecodeSegments => decoded(path, |byte| byte != b'/'),
            Self::DecodeSlashes => decoded(path, |byte| byte == b'/'),
            Self::DropParameters => each(|segment| segment.split(|byte| *byte == b';').next().unwrap()),
            Self::CollapseSlashes => {
                let mut path = path.to_vec();
                path.dedup_by(|one, other| *one == b'/' && *other == b'/');
                path
            }
            Self::DropSlashAtEnd => path.strip_suffix(b"/").filter(|rest| !rest.is_empty()).unwrap_or(path).to_vec(),
            Self::DropSlashesAtEnd => {
                let end = path.iter().rposition(|byte| *byte != b'/').map_or(1, |last| last + 1);
                path[..end].to_vec()
            }
            Self::TrimSegments => each(trimmed),
            Self::TrimEnd => trimmed(path).to_vec(),
        }
    }
}

fn trimmed(text: &[u8]) -> &[u8] {
    let end = text.iter().rposition(|byte| !matches!(byte, b'.' | b' ')).map_or(0, |last| last + 1);
    &text[..end]
}

fn decoded(path: &[u8], is_meant: fn(u8) -> bool) -> Vec<u8> {
    let text = String::from_utf8_lossy(path).into_owned();
    let mut bytes = Vec::new();
    let mut rest = text.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        let escape = after.get(..2).filter(|_| *first == b'%');
        let escape = escape.and_then(|digits| u8::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok());
        match escape.filter(|byte| is_meant(*byte)) {
            Some(byte) => {
                bytes.push(byte);
                rest = &after[2..];
            }
            None => {
                bytes.push(*first);
                rest = after;
            }
        }
    }
    String::from_utf8_lossy(&bytes).into_owned().into_bytes()
}
