//! Requests for a layout: what its routes cover, changed in the ways in which servers and routers read paths and methods
//! differently. The same seed makes the same requests.

use fastrand::Rng;

use crate::layout::{Layout, Route, Rule, Segment};

mod changes;
mod classics;

/// One request, as it is sent.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Attempt {
    pub method: &'static str,
    pub target: Vec<u8>,
    pub headers: Vec<(&'static str, String)>,
}

impl std::fmt::Display for Attempt {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {}", self.method, self.target.escape_ascii())?;
        self.headers.iter().try_for_each(|(name, value)| write!(f, "  [{name}: {value}]"))
    }
}

impl Attempt {
    /// The request without the headers and the parameter that name another method or path, if it has any.
    pub fn without_overrides(&self) -> Option<Self> {
        let names = METHOD_HEADERS.iter().chain(&PATH_HEADERS).copied();
        names.chain([METHOD_PARAMETER]).find_map(|name| self.without_override(name))
    }

    /// The request without this header or parameter, if it has it.
    pub fn without_override(&self, name: &str) -> Option<Self> {
        let mut changed = self.clone();
        changed.headers.retain(|(own, _)| *own != name);
        if name == METHOD_PARAMETER {
            let query = self.target.windows(9).position(|text| &text[1..] == b"_method=")?;
            changed.target.truncate(query);
        }
        (changed != *self).then_some(changed)
    }
}

/// A parameter by which some services replace the method.
pub const METHOD_PARAMETER: &str = "_method";

const METHODS: [&str; 10] = ["GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PATCH", "TRACE", "get", "PURGE"];

/// Headers by which some services replace the method.
pub const METHOD_HEADERS: [&str; 3] = ["x-http-method-override", "x-http-method", "x-method-override"];

/// Headers by which some services replace the path.
pub const PATH_HEADERS: [&str; 2] = ["x-original-url", "x-rewrite-url"];

const ALPHABET: [&str; 24] = [
    "/", "/", "/", ".", "..", ";", "%2f", "%2F", "%5c", "\\", "%25", "%2e", "%20", "%00", "%3b", "%3f", "~", "a", "A",
    "x", "%0a", "*", "+", "%ff",
];

/// This many different requests: the plain ones, the classics for each guarded route, and random ones.
pub fn attempts(layout: &Layout, count: usize, seed: u64) -> Vec<Attempt> {
    let mut random = Rng::with_seed(seed);
    let routes = layout.routes(crate::layout::Order::AsListed);
    let words: Vec<&str> = words(&routes);
    let mut attempts: Vec<Attempt> = plain(&routes).into_iter().map(|(_, attempt)| attempt).collect();
    attempts.extend(routes.iter().filter(|route| layout.rule(route.index) != Rule::Open).flat_map(classics::attempts));
    attempts.extend(crossings(&routes, &words));
    let mut seen: std::collections::HashSet<Attempt> = attempts.iter().cloned().collect();
    for _ in 0..count.saturating_mul(20) {
        if attempts.len() >= count {
            break;
        }
        let attempt = attempt(layout, &routes, &words, &mut random);
        if seen.insert(attempt.clone()) {
            attempts.push(attempt);
        }
    }
    attempts
}

/// Each route by itself, with its place in the layout.
pub fn plain(routes: &[Route]) -> Vec<(usize, Attempt)> {
    let mut random = Rng::with_seed(1);
    let mut plain = |route: &Route| Attempt {
        method: route.method.unwrap_or("GET"),
        target: path(route, &["seven"], &mut random),
        headers: Vec::new(),
    };
    routes.iter().map(|route| (route.index, plain(route))).collect()
}

fn attempt(layout: &Layout, routes: &[Route], words: &[&str], random: &mut Rng) -> Attempt {
    let route = loop {
        let route = &routes[random.usize(..routes.len())];
        if layout.rule(route.index) != Rule::Open || random.u8(..4) == 0 {
            break route;
        }
    };
    let mut target = if random.u8(..20) == 0 { noise(words, random) } else { path(route, words, random) };
    let changes = [0, 1, 1, 1, 1, 2, 2, 2, 3, 4][random.usize(..10)];
    for _ in 0..changes {
        changes::change(&mut target, words, random);
    }
    let own = route.method.unwrap_or("GET");
    let mut method = match random.u8(..20) {
        0..11 => own,
        11..15 => "HEAD",
        15..17 => "GET",
        _ => METHODS[random.usize(..METHODS.len())],
    };
    let mut headers = Vec::new();
    match random.u8(..40) {
        // Servers answer with a length and no body when a request becomes HEAD.
        0..5 if own == "HEAD" => {}
        0..3 => {
            let value = if random.u8(..4) == 0 { own.to_ascii_lowercase() } else { own.to_owned() };
            headers.push((METHOD_HEADERS[random.usize(..3)], value));
            method = ["POST", "GET", "OPTIONS", "HEAD"][random.usize(..4)];
        }
        3..5 => {
            let separator = if target.contains(&b'?') { '&' } else { '?' };
            target.extend_from_slice(format!("{separator}_method={own}").as_bytes());
            method = ["POST", "POST", "GET"][random.usize(..3)];
        }
        5 => {
            let hidden = String::from_utf8_lossy(&target).replace(|byte: char| byte.is_control(), "");
            headers.push((PATH_HEADERS[random.usize(..2)], hidden));
            target = path(&routes[random.usize(..routes.len())], words, random);
        }
        _ => {}
    }
    // Neither can stand in a request line.
    target.retain(|byte| !matches!(byte, b'\r' | b'\n'));
    Attempt { method, target, headers }
}

/// Each route with the literals of the others for one of its variables.
fn crossings(routes: &[Route], words: &[&str]) -> Vec<Attempt> {
    let mut attempts = Vec::new();
    for route in routes {
        let path = route.path.as_deref().unwrap_or_default();
        for (place, word) in (0..path.len()).flat_map(|place| words.iter().map(move |word| (place, *word))) {
            let segment = |(other, segment): (usize, &Segment)| match segment {
                Segment::Literal(text) => format!("/{text}"),
                _ => format!("/{}", if other == place { word } else { "seven" }),
            };
            let target: String = path.iter().enumerate().map(segment).collect();
            let mut targets = Vec::new();
            // A reserved character that is escaped needlessly beside a letter that is.
            if let Some((front, last)) = target.rsplit_once('/').filter(|_| word.starts_with('$')) {
                let letter = last.bytes().next().unwrap_or_default();
                let last = format!("%{letter:02x}{}", last.get(1..).unwrap_or_default());
                targets.push(format!("{}/{last}", front.replace('$', "%24")));
                targets.push(format!("{target}.").replace(word, &format!("{word}.")));
                targets.push(target.replace('$', "%24").replace(&format!("{word}/"), &format!("{word}%2f")));
            }
            targets.push(target);
            let method = route.method.unwrap_or("GET");
            let attempt = |target: String| Attempt { method, target: target.into_bytes(), headers: Vec::new() };
            attempts.extend(targets.into_iter().map(attempt));
        }
    }
    attempts.retain({
        let mut seen = std::collections::HashSet::new();
        move |attempt| seen.insert(attempt.clone())
    });
    attempts
}

/// Literals of the layout, and some that no route has.
fn words(routes: &[Route]) -> Vec<&'static str> {
    let mut words = vec!["7", "x", "seven"];
    for segment in routes.iter().filter_map(|route| route.path.as_ref()).flatten() {
        match segment {
            Segment::Literal(text) if !words.contains(text) => words.push(text),
            _ => {}
        }
    }
    words
}

fn path(route: &Route, words: &[&str], random: &mut Rng) -> Vec<u8> {
    let mut path = Vec::new();
    let mut push = |text: &str| {
        path.push(b'/');
        path.extend_from_slice(text.as_bytes());
    };
    for segment in route.path.as_deref().unwrap_or(&[Segment::Greedy("proxy")]) {
        match segment {
            Segment::Literal(text) => push(text),
            Segment::Variable(_) => push(words[random.usize(..words.len())]),
            Segment::Greedy(_) => (0..random.usize(1..4)).for_each(|_| push(words[random.usize(..words.len())])),
        }
    }
    if path.is_empty() {
        path.push(b'/');
    }
    path
}

fn noise(words: &[&str], random: &mut Rng) -> Vec<u8> {
    let mut path = vec![b'/'];
    for _ in 0..random.usize(1..10) {
        let word = if random.bool() { words[random.usize(..words.len())] } else { ALPHABET[random.usize(..24)] };
        path.extend_from_slice(word.as_bytes());
    }
    path
}
