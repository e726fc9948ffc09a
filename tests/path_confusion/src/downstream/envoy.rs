//! Envoy: a list of routes with direct responses, with and without the normalization of paths.

use tokio::process::Command;

use super::{Folders, Site, by_path, expression, methods, written};
use crate::layout::{Route, Segment};

pub fn plain(sites: &[Site], folders: &Folders) -> Command {
    start(sites, folders, r#""normalize_path": false"#, true, matcher)
}

pub fn normalized(sites: &[Site], folders: &Folders) -> Command {
    let settings = r#""normalize_path": true, "merge_slashes": true,
        "path_with_escaped_slashes_action": "UNESCAPE_AND_FORWARD""#;
    start(sites, folders, settings, true, matcher)
}

pub fn without_case(sites: &[Site], folders: &Folders) -> Command {
    start(sites, folders, r#""normalize_path": true"#, false, matcher)
}

/// Each path as a regular expression: a prefix also takes the path up to its slash.
pub fn regexes(sites: &[Site], folders: &Folders) -> Command {
    let matcher = |path: Option<&[Segment]>, _| regex(path, "");
    start(sites, folders, r#""normalize_path": true"#, true, matcher)
}

type Matcher = fn(Option<&[Segment]>, bool) -> String;

fn start(sites: &[Site], folders: &Folders, settings: &str, is_case_sensitive: bool, matcher: Matcher) -> Command {
    let listener = |site: &Site| {
        let paths = by_path(&site.routes);
        let route = |own: &Route| {
            let path = paths.iter().find(|(_, routes)| routes.iter().any(|other| other.index == own.index));
            let methods = path.and_then(|(_, routes)| methods(own, routes)).map(|methods| methods.join("|"));
            let method = methods.map_or_else(String::new, |methods| {
                format!(
                    r#", "headers": [{{"name": ":method", "string_match": {{"safe_regex": {{"regex": "{methods}"}}}}}}]"#
                )
            });
            format!(
                r#"{{"match": {{{}, "case_sensitive": {is_case_sensitive}{method}}}, "direct_response": {{"status": 200}},
                "response_headers_to_add": [{{"header": {{"key": "x-route", "value": "{}"}}}}]}}"#,
                matcher(own.path.as_deref(), is_case_sensitive),
                own.index
            )
        };
        let routes: Vec<String> = site.routes.iter().map(route).collect();
        let listener = folders.template("envoy-listener.json").replace("@PORT@", &site.address.port().to_string());
        listener.replace("@SETTINGS@", settings).replace("@ROUTES@", &routes.join(",\n"))
    };
    let listeners: Vec<String> = sites.iter().map(listener).collect();
    let configuration = folders.template("envoy.json").replace("@SITES@", &listeners.join(",\n"));
    let path = folders.write("envoy.json", &configuration);
    let mut command = Command::new(folders.installed.join("envoy"));
    command.args(["--concurrency", "1", "--disable-hot-restart", "-l", "error", "-c"]).arg(path);
    command
}

fn matcher(path: Option<&[Segment]>, is_case_sensitive: bool) -> String {
    let Some(path) = path else { return r#""prefix": "/""#.to_owned() };
    let is_literal = |segment: &Segment| matches!(segment, Segment::Literal(_));
    match path {
        [front @ .., Segment::Greedy(_)] if front.iter().all(is_literal) => {
            format!(r#""prefix": "{}""#, written(path, |_| String::new(), |_| String::new()))
        }
        _ if path.iter().all(is_literal) => {
            format!(r#""path": "{}""#, written(path, |_| String::new(), |_| String::new()))
        }
        _ => regex(Some(path), if is_case_sensitive { "" } else { "(?i)" }),
    }
}

fn regex(path: Option<&[Segment]>, flags: &str) -> String {
    let expression = expression(path).replace('\\', r"\\");
    format!(r#""safe_regex": {{"regex": "{flags}{expression}"}}"#)
}
