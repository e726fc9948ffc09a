//! Servers in JavaScript, Python and Java: programs of this folder, which read the sites from a table.

use std::fmt::Write;

use tokio::process::Command;

use super::{Folders, Site, is_same};
use crate::layout::{Layout, Order, Segment};

pub fn express_4(sites: &[Site], folders: &Folders) -> Command {
    node(sites, folders, &["express4", "default"])
}

pub fn express_4_override(sites: &[Site], folders: &Folders) -> Command {
    node(sites, folders, &["express4", "method-override"])
}

pub fn express_5(sites: &[Site], folders: &Folders) -> Command {
    node(sites, folders, &["express", "default"])
}

pub fn express_5_strict(sites: &[Site], folders: &Folders) -> Command {
    node(sites, folders, &["express", "strict"])
}

pub fn fastify(sites: &[Site], folders: &Folders) -> Command {
    node(sites, folders, &["fastify", "default"])
}

pub fn fastify_lax(sites: &[Site], folders: &Folders) -> Command {
    node(sites, folders, &["fastify", "lax"])
}

pub fn node_http(sites: &[Site], folders: &Folders) -> Command {
    node(sites, folders, &["http", "URL"])
}

pub fn fastify_trailing_slash(sites: &[Site], folders: &Folders) -> Command {
    node(sites, folders, &["fastify", "trailing"])
}

pub fn starlette(sites: &[Site], folders: &Folders) -> Command {
    python(sites, folders, "starlette_server.py")
}

pub fn bottle(sites: &[Site], folders: &Folders) -> Command {
    python(sites, folders, "bottle_server.py")
}

pub fn django_empty(sites: &[Site], folders: &Folders) -> Command {
    let mut command = python(sites, folders, "django_server.py");
    command.arg("empty");
    command
}

pub fn flask(sites: &[Site], folders: &Folders) -> Command {
    python(sites, folders, "flask_server.py")
}

pub fn django(sites: &[Site], folders: &Folders) -> Command {
    python(sites, folders, "django_server.py")
}

pub fn tomcat_reject(sites: &[Site], folders: &Folders) -> Command {
    tomcat(sites, folders, "reject")
}

pub fn tomcat_decode(sites: &[Site], folders: &Folders) -> Command {
    tomcat(sites, folders, "decode")
}

pub fn tomcat_pass_through(sites: &[Site], folders: &Folders) -> Command {
    tomcat(sites, folders, "passthrough")
}

/// A servlet mapping has a variable at its end alone, and then takes everything below.
pub fn tomcat_holds(layout: &Layout) -> bool {
    let routes = layout.routes(Order::AsListed);
    let paths: Vec<&[Segment]> = routes.iter().filter_map(|route| route.path.as_deref()).collect();
    let is_literal = |segment: &Segment| matches!(segment, Segment::Literal(_));
    let is_mapping = |path: &&[Segment]| path.split_last().is_none_or(|(_, front)| front.iter().all(is_literal));
    let ends = |path: &[Segment]| path.last().is_some_and(|last| !is_literal(last));
    let clash = |one: &[Segment], other: &[Segment]| {
        ends(one) && ends(other) && one[..one.len() - 1] == other[..other.len() - 1] && !is_same(Some(one), Some(other))
    };
    let clashes = paths.iter().any(|one| paths.iter().any(|other| clash(one, other)));
    !layout.is_grpc() && paths.iter().all(is_mapping) && !clashes
}

/// A line for each site, and one for each of its routes.
fn table(sites: &[Site], folders: &Folders) -> std::path::PathBuf {
    let mut table = String::new();
    for site in sites {
        let _ = writeln!(table, "site\t{}", site.address.port());
        for route in &site.routes {
            let key = site.layout.key(route.index);
            let (method, path) = key.split_once(' ').unwrap_or(("ANY", key));
            let _ = writeln!(table, "route\t{}\t{method}\t{path}", route.index);
        }
    }
    folders.write("sites.tsv", &table)
}

fn node(sites: &[Site], folders: &Folders, arguments: &[&str]) -> Command {
    let mut command = Command::new("node");
    command.arg(folders.sources.join("node/server.js")).args(arguments).arg(table(sites, folders));
    command.env("NODE_PATH", folders.installed.join("node_modules"));
    command
}

fn python(sites: &[Site], folders: &Folders, program: &str) -> Command {
    let mut command = Command::new(folders.installed.join("venv/bin/python"));
    command.arg("-B").arg(folders.sources.join("python").join(program)).arg(table(sites, folders));
    command
}

fn tomcat(sites: &[Site], folders: &Folders, solidus: &str) -> Command {
    let mut command = Command::new("java");
    command.args(["-Xmx512m", "-XX:+UseSerialGC", "-cp", "/usr/share/java/tomcat10-embed-core.jar"]);
    command.arg(folders.sources.join("java/TomcatServer.java")).arg(solidus).arg(&folders.scratch);
    command.arg(table(sites, folders));
    command
}
