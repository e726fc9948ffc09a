//! nginx: `location` blocks, exact, by prefix and by regular expression.

use std::fmt::Write;

use tokio::process::Command;

use super::{Folders, Site, by_path, expression, methods, written};
use crate::layout::{Route, Segment};

/// As a careful person writes them: `=` for literals, a prefix for what is greedy, regular expressions for the rest.
pub fn mixed(sites: &[Site], folders: &Folders) -> Command {
    start(sites, folders, location, "on")
}

pub fn regexes(sites: &[Site], folders: &Folders) -> Command {
    start(sites, folders, |path| format!("~ \"{}\"", expression(path)), "on")
}

pub fn regexes_without_case(sites: &[Site], folders: &Folders) -> Command {
    start(sites, folders, |path| format!("~* \"{}\"", expression(path)), "on")
}

pub fn mixed_unmerged(sites: &[Site], folders: &Folders) -> Command {
    start(sites, folders, location, "off")
}

pub fn regexes_unmerged(sites: &[Site], folders: &Folders) -> Command {
    start(sites, folders, |path| format!("~ \"{}\"", expression(path)), "off")
}

fn location(path: Option<&[Segment]>) -> String {
    let Some(path) = path else { return "/".to_owned() };
    if path.iter().all(|segment| matches!(segment, Segment::Literal(_))) {
        return format!("= {}", written(path, |_| String::new(), |_| String::new()));
    }
    match path {
        [front @ .., Segment::Greedy(_)] if front.iter().all(|segment| matches!(segment, Segment::Literal(_))) => {
            written(path, |_| String::new(), |_| String::new())
        }
        _ => format!("~ \"{}\"", expression(Some(path))),
    }
}

fn start(sites: &[Site], folders: &Folders, location: fn(Option<&[Segment]>) -> String, merge: &str) -> Command {
    let mut servers = String::new();
    for site in sites {
        let _ = writeln!(servers, "server {{\n  listen {};\n  merge_slashes {merge};", site.address);
        for (path, routes) in by_path(&site.routes) {
            let _ = writeln!(servers, "  location {} {{", location(path));
            for route in &routes {
                let _ = writeln!(servers, "    {}", answer(route, &routes));
            }
            if routes.iter().all(|route| route.method.is_some()) {
                let _ = writeln!(servers, "    return 405;");
            }
            let _ = writeln!(servers, "  }}");
        }
        // What no location covers.
        let has_root = site.routes.iter().any(|route| matches!(location(route.path.as_deref()).as_str(), "/"));
        if !has_root {
            let _ = writeln!(servers, "  location / {{ return 404; }}");
        }
        let _ = writeln!(servers, "}}");
    }
    let configuration = folders.template("nginx.conf").replace("@SITES@", &servers);
    let path = folders.write("nginx.conf", &configuration);
    let mut command = Command::new("nginx");
    command.arg("-p").arg(&folders.scratch).arg("-e").arg(folders.scratch.join("error.log")).arg("-c").arg(path);
    command
}

/// Exact methods come before the one for all, since `routes` has them so or the order of the layout is of no account here.
fn answer(route: &Route, path: &[&Route]) -> String {
    let answer = format!("add_header x-route {} always; return 200;", route.index);
    match methods(route, path) {
        Some(methods) => format!("if ($request_method ~ ^({})$) {{ {answer} }}", methods.join("|")),
        None => answer,
    }
}
