//! A path is refused if a service could take it for one that falls under another rule, whatever services do to paths.

use std::{collections::HashSet, sync::LazyLock};

use cognito_authorizer::{AuthorizerType, RouteTable};
use http::{Method, uri::PathAndQuery};

use super::model_routes::{Lookup, ModelRoute, answering, below_stage, segments};

/// The tables that a path is looked up in: stage, and each route with its rule. What no route of the last one covers is handed on.
static TABLES: [(&str, &[(&str, &str)]); 6] = [
    (
        "",
        &[
            ("GET /health", "open"),
            ("GET /admin", "admin"),
            ("GET /admin/{proxy+}", "admin"),
            ("GET /{proxy+}", "token"),
        ],
    ),
    ("", &[("ANY /public/{proxy+}", "open"), ("ANY /{proxy+}", "token"), ("GET /public/{id}/secret", "admin")]),
    ("", &[("GET /a/{id}", "open"), ("GET /a/b", "token"), ("GET /a/{id}/c", "read"), ("GET /", "write")]),
    ("prod", &[("GET /a", "open"), ("GET /a/{proxy+}", "token"), ("GET /b/{x}/{y}", "open"), ("$default", "read")]),
    ("", &[("$default", "open"), ("GET /admin", "token"), ("GET /a/b/c", "read"), ("ANY /a/{proxy+}", "write")]),
    (
        "",
        &[
            ("GET /admin", "token"),
            ("GET /a/{id}/secret", "read"),
            ("GET /a/{id}/c:d", "read"),
            ("GET /a/$x/{p+}", "open"),
            ("ANY /b/{p+}", "write"),
        ],
    ),
];

/// A table, and its routes once more.
struct Prepared {
    stage: &'static str,
    /// Of a REST API, and of an HTTP API.
    tables: [RouteTable; 2],
    model: Vec<ModelRoute<'static>>,
}

static PREPARED: LazyLock<Vec<Prepared>> = LazyLock::new(|| {
    let prepared = TABLES.iter().enumerate().map(|(place, (stage, routes))| {
        let builder = RouteTable::builder();
        let builder = if place + 1 == TABLES.len() { builder.hand_on_unknown_routes(true) } else { builder };
        let builder = if stage.is_empty() { builder } else { builder.stage(stage) };
        let table = routes.iter().fold(builder, |builder, (key, rule)| match *rule {
            "open" => builder.open(key),
            "token" => builder.guarded(key),
            scope => builder.scopes(key, [scope]),
        });
        let model = routes.iter().map(|(key, rule)| ModelRoute::of(key, rule)).collect();
        let tables = [AuthorizerType::CognitoUserPools, AuthorizerType::Jwt]
            .map(|authorizer_type| table.clone().authorizer_type(authorizer_type).build().unwrap());
        Prepared { stage, tables, model }
    });
    prepared.collect()
});

/// Input: the path of a request.
pub fn paths(data: &[u8]) {
    // As long as it is, there is no end of readings.
    let Some(path) = std::str::from_utf8(data).ok().filter(|path| path.len() <= 200) else { return };
    let is_path = PathAndQuery::try_from(path).is_ok_and(|sent| sent.path() == path && sent.query().is_none());
    if !is_path || !path.starts_with('/') {
        return;
    }
    let readings = readings(path.as_bytes());
    for Prepared { stage, tables, model } in &*PREPARED {
        for (table, is_http_api) in tables.iter().zip([false, true]) {
            let lookup = Lookup { is_http_api, covers_root: false };
            for method in [Method::GET, Method::HEAD] {
                let Ok(found) = table.find(&method, path) else { continue };
                let found = found.map(|route| route.key().as_str());
                let of_route = |key| model.iter().find(|route| route.key == key).expect("a route of the table").rule;
                // Of what is handed on, nothing is asked.
                let rule = found.map_or("open", of_route);
                for reading in &readings {
                    if let Some(route) = answers(model, method.as_str(), reading, stage, lookup, rule) {
                        let shown = String::from_utf8_lossy(reading);
                        panic!("{method} {path} passes by the rule of {found:?}; read as {shown} it is {route}");
                    }
                }
            }
        }
    }
}

/// The route with another rule that answers a reading, if one does, with the slash at the end taken either way.
fn answers<'k>(
    model: &[ModelRoute<'k>],
    method: &str,
    reading: &[u8],
    stage: &str,
    lookup: Lookup,
    rule: &str,
) -> Option<&'k str> {
    [false, true].into_iter().find_map(|ignores_slash| {
        let segments = segments(reading, ignores_slash)?;
        let route = answering(model, method, below_stage(&segments, stage)?, lookup)?;
        // A request that passes with a token may also be answered by an open route (behaviour §10.90).
        let is_other = route.rule != rule && route.rule != "open";
        is_other.then_some(route.key)
    })
}

/// What servers make of a path: each of these steps is what some server does, in any order, up to six of them; the first 400
/// that come of it.
fn readings(path: &[u8]) -> Vec<Vec<u8>> {
    let steps: [fn(&[u8]) -> Vec<u8>; 14] = [
        decoded,
        decoded_but_slashes,
        slashes_decoded,
        normalized,
        invalid_dropped,
        dots_resolved,
        slashes_collapsed,
        nothing_taken,
        backslashes_turned,
        parameters_dropped,
        ended_at_query,
        ended_at_nul,
        white_space_dropped,
        host_dropped,
    ];
    let mut known: HashSet<Vec<u8>> = HashSet::from([path.to_vec()]);
    let mut all = vec![path.to_vec()];
    let mut from = 0;
    for _ in 0..6 {
        let last = all.clone();
        for reading in &last[from..] {
            for step in steps {
                let changed = step(reading);
                if changed.first() == Some(&b'/') && all.len() < 400 && known.insert(changed.clone()) {
                    all.push(changed);
                }
            }
        }
        from = last.len();
    }
    all
}

/// Percent-decoded once, and what is an overlong form of ASCII read as that.
fn decoded(path: &[u8]) -> Vec<u8> {
    let bytes = unescaped(path, |_| true);
    let mut plain = Vec::new();
    let mut rest = &bytes[..];
    while let [first, after @ ..] = rest {
        let (byte, length) = match *rest {
            [0xc0 | 0xc1, low, ..] => ((first & 1) << 6 | low & 0x3f, 2),
            [0xe0, middle @ 0x80..=0x81, low, ..] => ((middle & 1) << 6 | low & 0x3f, 3),
            [0xf0, 0x80, middle @ 0x80..=0x81, low, ..] => ((middle & 1) << 6 | low & 0x3f, 4),
            [0xf8, 0x80, 0x80, middle @ 0x80..=0x81, low, ..] => ((middle & 1) << 6 | low & 0x3f, 5),
            [0xfc, 0x80, 0x80, 0x80, middle @ 0x80..=0x81, low, ..] => ((middle & 1) << 6 | low & 0x3f, 6),
            _ => (*first, 1),
        };
        plain.push(byte);
        rest = if length == 1 { after } else { &rest[length..] };
    }
    plain
}

/// Each segment by itself: a slash that was escaped is part of it.
fn decoded_but_slashes(path: &[u8]) -> Vec<u8> {
    unescaped(path, |byte| byte != b'/')
}

/// `%2f` alone, for whoever is behind.
fn slashes_decoded(path: &[u8]) -> Vec<u8> {
    unescaped(path, |byte| byte == b'/')
}

/// RFC 3986 §6.2.2.2.
fn normalized(path: &[u8]) -> Vec<u8> {
    unescaped(path, |byte| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte))
}

/// What is not UTF-8 is left out.
fn invalid_dropped(path: &[u8]) -> Vec<u8> {
    path.utf8_chunks().flat_map(|chunk| chunk.valid().bytes()).collect()
}

fn unescaped(path: &[u8], is_meant: fn(u8) -> bool) -> Vec<u8> {
    let hex = |byte: u8| char::from(byte).to_digit(16).map(|digit| digit as u8);
    let mut bytes = Vec::new();
    let mut at = 0;
    while at < path.len() {
        let escape = match path[at..] {
            [b'%', high, low, ..] => hex(high).zip(hex(low)).map(|(high, low)| high << 4 | low),
            _ => None,
        };
        match escape.filter(|byte| is_meant(*byte)) {
            Some(byte) => {
                bytes.push(byte);
                at += 3;
            }
            None => {
                bytes.push(path[at]);
                at += 1;
            }
        }
    }
    bytes
}

/// RFC 3986 §5.2.4.
fn dots_resolved(path: &[u8]) -> Vec<u8> {
    let mut kept: Vec<&[u8]> = Vec::new();
    let segments: Vec<&[u8]> = path.split(|byte| *byte == b'/').skip(1).collect();
    for (place, segment) in segments.iter().enumerate() {
        let is_last = place + 1 == segments.len();
        match *segment {
            b"." | b".." => {
                if *segment == b".." {
                    kept.pop();
                }
                if is_last {
                    kept.push(b"");
                }
            }
            other => kept.push(other),
        }
    }
    [b"/".to_vec(), kept.join(&b'/')].concat()
}

fn slashes_collapsed(path: &[u8]) -> Vec<u8> {
    let mut collapsed = path.to_vec();
    collapsed.dedup_by(|one, other| *one == b'/' && *other == b'/');
    collapsed
}

/// A variable may be nothing, but at the end of a path: what is none is any text that no route has by name.
fn nothing_taken(path: &[u8]) -> Vec<u8> {
    let segments: Vec<&[u8]> = path.split(|byte| *byte == b'/').collect();
    let last = segments.len() - 1;
    let taken = segments.iter().enumerate().map(|(place, segment)| match place {
        place if place > 0 && place < last && segment.is_empty() => &b"*"[..],
        _ => segment,
    });
    taken.collect::<Vec<_>>().join(&b'/')
}

fn backslashes_turned(path: &[u8]) -> Vec<u8> {
    path.iter().map(|byte| if *byte == b'\\' { b'/' } else { *byte }).collect()
}

fn parameters_dropped(path: &[u8]) -> Vec<u8> {
    let mut kept = Vec::new();
    let mut is_dropping = false;
    for byte in path {
        is_dropping = *byte != b'/' && (is_dropping || *byte == b';');
        if !is_dropping {
            kept.push(*byte);
        }
    }
    kept
}

fn ended_at_query(path: &[u8]) -> Vec<u8> {
    path.iter().copied().take_while(|byte| *byte != b'?' && *byte != b'#').collect()
}

fn ended_at_nul(path: &[u8]) -> Vec<u8> {
    path.iter().copied().take_while(|byte| *byte != 0).collect()
}

/// As a browser reads an address (WHATWG URL §4.4).
fn white_space_dropped(path: &[u8]) -> Vec<u8> {
    path.iter().copied().filter(|byte| !matches!(byte, b'\t' | b'\n' | b'\r')).collect()
}

/// After two slashes the first segment is a host (RFC 3986 §4.2).
fn host_dropped(path: &[u8]) -> Vec<u8> {
    match path {
        [b'/', b'/', rest @ ..] => match rest.iter().position(|byte| *byte == b'/') {
            Some(end) => rest[end..].to_vec(),
            None => b"/".to_vec(),
        },
        _ => path.to_vec(),
    }
}
