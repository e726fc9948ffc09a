//! nginx: `location` blocks, exact, by prefix and by regular expression.

use std::{fmt::Write, net::SocketAddr};

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
    command(&servers, folders)
}

/// A proxy that passes on the path as it decoded and resolved it, which is not the path that came.
pub fn proxy(sites: &[Site], behind: &[SocketAddr], folders: &Folders) -> Command {
    let mut servers = String::new();
    for (site, behind) in sites.iter().zip(behind) {
        let _ = writeln!(servers, "server {{\n  listen {};\n  merge_slashes off;", site.address);
        let _ = writeln!(servers, "  location / {{ proxy_pass http://{behind}$uri; }}\n}}");
    }
    command(&servers, folders)
}

fn command(servers: &str, folders: &Folders) -> Command {
    let configuration = folders.template("nginx.conf").replace("@SITES@", servers);
    let path = folders.write("nginx.conf", &configuration);
    let mut command = Command::new("nginx");
    command.arg("-p").arg(&folders.scratch).arg("-e").arg(folders.scratch.join("error.log")).arg("-c").arg(path);
    command
}

fn answer(route: &Route, path: &[&Route]) -> String {
    let answer = format!("add_header x-route {} always; return 200;", route.index);
    match methods(route, path) {
        Some(methods) => format!("if ($request_method ~ ^({})$) {{ {answer} }}", methods.join("|")),
        None => answer,
    }
}
