//! A route key is what the grammar says, and what it covers is looked up by it.

use cognito_authorizer::{RouteTable, limits::MAX_PATH_SEGMENTS, route::RouteAuthorization};
use http::Method;

/// Input: a route key.
pub fn route_key(data: &[u8]) {
    let Ok(key) = std::str::from_utf8(data) else { return };
    let table = RouteTable::builder().guarded(key).build();
    let path = covered_path(key);
    let Some((method, path)) = path else {
        assert!(table.is_err(), "accepted");
        // Whoever wrote it is told which text it was.
        assert!(key.len() > 200 || table.unwrap_err().to_string().contains(key));
        return;
    };
    let table = table.expect("a route key that is in order");
    let [route] = table.routes() else { panic!("{} routes of one", table.routes().len()) };
    assert_eq!(
        (route.key().as_str(), route.authorization(), route.authorizer()),
        (key, &RouteAuthorization::guarded(), None)
    );
    let methods = ["DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"];
    for sent in methods.into_iter().chain(["TRACE", "CONNECT", "get", "LIST"]) {
        let sent_method = Method::from_bytes(sent.as_bytes()).unwrap();
        let is_covered = if method == "ANY" { methods.contains(&sent) } else { method == sent };
        assert_eq!(table.find(&sent_method, &path).is_ok(), is_covered, "{sent} {path}");
        let above = path.rsplit_once('/').map_or("", |(above, _)| above);
        let is_default = key == "$default" && is_covered;
        // The root takes any number of slashes, so nothing lies above it.
        assert!(above.is_empty() || table.find(&sent_method, above).is_err() || is_default, "{sent} {above}");
    }
    // Twice is once too often, also under other names.
    assert!(RouteTable::builder().guarded(key).open(key).build().is_err());
    let renamed = key.replace(['a', 'e', 'i', 'o', 'u'], "y");
    let is_renamed = renamed != key && key.matches('{').count() > 0 && literals(&renamed) == literals(key);
    assert!(!is_renamed || RouteTable::builder().guarded(key).open(&renamed).build().is_err());
}

/// A method, and a path that the key covers; `None` if it is no route key.
fn covered_path(key: &str) -> Option<(&str, String)> {
    if key == "$default" {
        return Some(("ANY", "/".to_owned()));
    }
    let (method, path) = key.split_once(' ')?;
    let methods = ["ANY", "DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"];
    if !methods.contains(&method) || !path.starts_with('/') {
        return None;
    }
    if path == "/" {
        return Some((method, path.to_owned()));
    }
    let segments: Vec<&str> = path[1..].split('/').collect();
    let mut covered = String::new();
    for (place, segment) in segments.iter().enumerate() {
        covered.push('/');
        let inner = segment.strip_prefix('{').and_then(|rest| rest.strip_suffix('}'));
        let is_name =
            |name: &str| !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || "_-.:".contains(c));
        match inner {
            Some(name) if is_name(name) => covered.push('v'),
            Some(name) if place + 1 == segments.len() && name.strip_suffix('+').is_some_and(is_name) => {
                covered.push('v')
            }
            Some(_) => return None,
            None if segment.is_empty() || *segment == "." || *segment == ".." => return None,
            None if !segment.chars().all(|c| c.is_ascii_alphanumeric() || "-._~!$&'()+,=:@".contains(c)) => {
                return None;
            }
            None => covered.push_str(segment),
        }
    }
    (segments.len() <= MAX_PATH_SEGMENTS).then_some((method, covered))
}

/// A route key without the names of its variables.
fn literals(key: &str) -> Vec<&str> {
    let (method, path) = key.split_once(' ').unwrap_or_default();
    let kind = |segment| match segment {
        "" => "",
        segment if str::ends_with(segment, "+}") => "{+}",
        segment if str::starts_with(segment, '{') => "{}",
        segment => segment,
    };
    std::iter::once(method).chain(path.split('/').map(kind)).collect()
}
