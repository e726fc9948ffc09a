//! Section 4 of the attack list: every reader of random paths.

use super::paths::{layer, table};
use axum::{
    Router,
    body::Body,
    routing::{any, get},
};
use cognito_authorizer::RouteTable;
use http::{Method, Request, StatusCode};
use http_body_util::BodyExt;
use tower::{Layer, ServiceExt};

/// How services that stand behind such layers read a path.
mod reader {
    /// Byte by byte, and a slash at the end does not matter.
    pub(super) fn as_sent(path: &str) -> Vec<String> {
        path.split('/').filter(|segment| !segment.is_empty()).map(str::to_owned).collect()
    }

    /// Escapes first, then slashes and dots: nginx.
    pub(super) fn decoding(path: &str) -> Vec<String> {
        resolved(&decoded(path))
    }

    /// Escapes twice: a proxy in front of a service.
    pub(super) fn decoding_twice(path: &str) -> Vec<String> {
        resolved(&decoded(&decoded(path)))
    }

    /// Dots and doubled slashes first, then the escapes of each segment: many frameworks.
    pub(super) fn decoding_segments(path: &str) -> Vec<String> {
        resolved(path).iter().map(|segment| decoded(segment)).collect()
    }

    /// Escapes of unreserved characters alone: RFC 3986 §6.2.2.2.
    pub(super) fn normalizing(path: &str) -> Vec<String> {
        let kept = path.split('%').enumerate().map(|(place, part)| {
            let byte = part.get(..2).and_then(|digits| u8::from_str_radix(digits, 16).ok());
            let is_unreserved = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
            match (place, byte) {
                (0, _) => part.to_owned(),
                (_, Some(byte)) if is_unreserved(byte) => format!("{}{}", char::from(byte), &part[2..]),
                _ => format!("%{part}"),
            }
        });
        resolved(&kept.collect::<String>())
    }

    /// Slashes alone, for a service that takes segments as they are: Envoy, told to unescape and forward, before axum.
    pub(super) fn decoding_slashes(path: &str) -> Vec<String> {
        resolved(&path.replace("%2f", "/").replace("%2F", "/"))
    }

    /// What stands after a `;` is dropped first: servlet containers.
    pub(super) fn dropping_parameters(path: &str) -> Vec<String> {
        let segments: Vec<&str> = path.split('/').map(|segment| segment.split(';').next().unwrap()).collect();
        resolved(&decoded(&segments.join("/")))
    }

    /// A backslash is a slash, and `%2f` stays: browsers and Envoy.
    pub(super) fn with_backslashes(path: &str) -> Vec<String> {
        let kept = path.replace("%2f", "%252f").replace("%2F", "%252F");
        resolved(&decoded(&kept).replace('\\', "/"))
    }

    /// A path after two slashes begins with a host.
    pub(super) fn with_host(path: &str) -> Vec<String> {
        let rest = path.strip_prefix("//").map(|rest| rest.trim_start_matches('/'));
        let path = rest.and_then(|rest| rest.find('/').map(|at| &rest[at..])).unwrap_or(path);
        resolved(&decoded(path))
    }

    /// A decoded `?` or `#` ends the path.
    pub(super) fn ending(path: &str) -> Vec<String> {
        let decoded = decoded(path);
        resolved(decoded.split(['?', '#', '\0']).next().unwrap())
    }

    /// A variable may be nothing: axum's router.
    pub(super) fn with_nothing(path: &str) -> Vec<String> {
        let (front, last) = path.rsplit_once('/').unwrap_or_default();
        let kept = front.split('/').skip(1).chain(Some(last).filter(|last| !last.is_empty()));
        kept.map(str::to_owned).collect()
    }

    /// What is not UTF-8 is left out.
    pub(super) fn dropping_invalid(path: &str) -> Vec<String> {
        resolved(&decoded(path).replace(char::REPLACEMENT_CHARACTER, ""))
    }

    fn resolved(path: &str) -> Vec<String> {
        let mut segments = Vec::new();
        for segment in path.split('/') {
            match segment {
                "" | "." => {}
                ".." => drop(segments.pop()),
                segment => segments.push(segment.to_owned()),
            }
        }
        segments
    }

    fn decoded(text: &str) -> String {
        let bytes = text.as_bytes();
        let mut decoded = Vec::new();
        let mut at = 0;
        while at < bytes.len() {
            let escape = text.get(at + 1..at + 3).and_then(|digits| u8::from_str_radix(digits, 16).ok());
            let (byte, length) = match escape.filter(|_| bytes[at] == b'%') {
                Some(byte) => (byte, 3),
                None => (bytes[at], 1),
            };
            decoded.push(byte);
            at += length;
        }
        String::from_utf8_lossy(&decoded).into_owned()
    }
}

/// Whether a service serves what is guarded.
fn is_guarded(segments: &[String]) -> bool {
    let segments: Vec<&str> = segments.iter().map(String::as_str).collect();
    matches!(segments[..], ["admin", ..] | ["pets", "secret"] | ["open", _, "secret" | "items:all"])
}

/// Paths that are made of what such paths are made of.
fn random_path(random: &mut fastrand::Rng) -> String {
    const PIECES: [&str; 42] = [
        "/",
        "/",
        "/",
        "/",
        "/",
        "//",
        "admin",
        "admin",
        "open",
        "open",
        "pets",
        "pets",
        "secret",
        "secret",
        "7",
        ".",
        "..",
        "%2e",
        "%2E",
        "%2f",
        "%2F",
        "%5c",
        "\\",
        ";",
        ";x=1",
        "%3b",
        "%25",
        "2e",
        "2f",
        "%61",
        "dmin",
        "%73",
        "ecret",
        "%00",
        "%3f",
        "%23",
        "?",
        "host",
        "%",
        "%c0%ae",
        "items%3aall",
        "%ff",
    ];
    let start = ["/", "/open/", "/pets/", "//open/"][random.usize(..4)].to_owned();
    (0..random.usize(1..7)).fold(start, |path, _| path + PIECES[random.usize(..PIECES.len())])
}

#[tokio::test]
async fn t_pth_2_no_reader_serves_what_is_guarded() {
    let readers = [
        reader::as_sent,
        reader::decoding,
        reader::decoding_twice,
        reader::decoding_segments,
        reader::dropping_parameters,
        reader::with_backslashes,
        reader::with_host,
        reader::ending,
        reader::normalizing,
        reader::decoding_slashes,
        reader::dropping_invalid,
        reader::with_nothing,
    ];
    // Each of them is led astray by some path that would be open by the letter.
    for (place, path) in [
        (1, "/open/%2e%2e/admin"),
        (2, "/open/%252e%252e/admin"),
        (3, "/pets/%73ecret"),
        (4, "/open/..;/admin"),
        (5, "/open\\../admin"),
        (6, "//open/admin"),
        (7, "/pets/secret%3fx"),
        (3, "/open/a%2fb/%73ecret"),
        (5, "/open/a%2fb/%73ecret"),
        (8, "/open/a%2fb/%73ecret"),
        (9, "/open/%24x%2fsecret"),
        (10, "/pets/%ffsecret"),
        (11, "/open//secret"),
    ] {
        assert!(is_guarded(&readers[place](path)) && !is_guarded(&reader::as_sent(path)), "{path}");
    }
    let table = table().build().unwrap();
    let mut random = fastrand::Rng::with_seed(1);
    let mut open = 0;
    for _ in 0..40_000 {
        let target = random_path(&mut random);
        let path = target.split('?').next().unwrap();
        if table.find(&Method::GET, path).is_ok_and(|route| route.unwrap().authorization().is_open()) {
            open += 1;
            for (place, reader) in readers.iter().enumerate() {
                assert!(!is_guarded(&reader(path)), "reader {place} serves for {path}: {:?}", reader(path));
            }
        }
    }
    assert!(open > 1_000, "{open} paths were open");

    // And axum itself, behind the layer: without a token, nothing that is guarded answers.
    let open = || async { "open" };
    let guarded = || async { "guarded" };
    let app = Router::new()
        .route("/open", get(open))
        .route("/open/{*rest}", get(open))
        .route("/pets/{id}", get(open))
        .route("/pets/secret", get(guarded))
        .route("/admin", any(guarded))
        .route("/admin/{*rest}", any(guarded));
    let service = layer(self::table()).layer(app);
    let mut answers = [0, 0];
    for _ in 0..4_000 {
        let path = random_path(&mut random);
        let method = ["GET", "HEAD", "POST", "OPTIONS"][random.usize(..4)];
        let Ok(request) = Request::builder().method(method).uri(&path).body(Body::empty()) else { continue };
        let response = service.clone().oneshot(request).await.unwrap();
        let (status, body) = (response.status(), response.into_body().collect().await.unwrap().to_bytes());
        assert_ne!(body, "guarded", "{method} {path}");
        answers[usize::from(status == StatusCode::OK)] += 1;
    }
    assert!(answers[0] > 1_000 && answers[1] > 50, "{answers:?}");

    // Its variables take nothing too, and then what has no route is not what the table has none for.
    let app = Router::new().route("/pets/{id}/secret", get(guarded)).fallback(open);
    let table = || RouteTable::builder().scopes("GET /pets/{id}/secret", ["pets/read"]);
    let tables = [table().open("$default"), table().hand_on_unknown_routes(true)];
    for table in tables.into_iter().flat_map(|table| [table.clone(), table.dangerous().paths_as_sent()]) {
        let service = layer(table).layer(app.clone());
        for (path, expected) in [
            ("/pets/7/secret", StatusCode::UNAUTHORIZED),
            ("/pets//secret", StatusCode::BAD_REQUEST),
            ("/pets//other", StatusCode::OK),
        ] {
            let request = Request::get(path).body(Body::empty()).unwrap();
            assert_eq!(service.clone().oneshot(request).await.unwrap().status(), expected, "{path}");
        }
    }
}
