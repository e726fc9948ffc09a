//! Caddy: `handle` blocks, as Caddy sorts them, and in a list inside `route`.

use std::fmt::Write;

use tokio::process::Command;

use super::{Folders, Site, by_path, expression, methods, written};
use crate::layout::Segment;

pub fn sorted(sites: &[Site], folders: &Folders) -> Command {
    start(sites, folders, false)
}

pub fn listed(sites: &[Site], folders: &Folders) -> Command {
    start(sites, folders, true)
}

fn start(sites: &[Site], folders: &Folders, is_listed: bool) -> Command {
    let mut blocks = String::new();
    for site in sites {
        let _ = writeln!(blocks, "http://:{} {{\n  bind 127.0.0.1", site.address.port());
        let paths = by_path(&site.routes);
        let mut handles = String::new();
        for route in &site.routes {
            let index = route.index;
            let path = paths.iter().find(|(_, routes)| routes.iter().any(|other| other.index == index));
            let methods = path.and_then(|(_, routes)| methods(route, routes));
            let method = methods.map(|methods| format!("method {}\n    ", methods.join(" "))).unwrap_or_default();
            let _ = writeln!(blocks, "  @r{index} {{\n    {method}{}\n  }}", matcher(route.path.as_deref()));
            let _ = writeln!(handles, "  handle @r{index} {{\n    header x-route {index}\n    respond 200\n  }}");
        }
        let _ = writeln!(handles, "  handle {{\n    respond 404\n  }}");
        let _ = match is_listed {
            true => writeln!(blocks, "  route {{\n{handles}  }}\n}}"),
            false => writeln!(blocks, "{handles}}}"),
        };
    }
    let configuration = folders.template("Caddyfile").replace("@SITES@", &blocks);
    let path = folders.write("Caddyfile", &configuration);
    let mut command = Command::new("caddy");
    command.args(["run", "--adapter", "caddyfile", "--config"]).arg(path);
    command.env("XDG_CONFIG_HOME", &folders.scratch).env("XDG_DATA_HOME", &folders.scratch).env("GOMAXPROCS", "1");
    command
}

fn matcher(path: Option<&[Segment]>) -> String {
    let Some(path) = path else { return "path /*".to_owned() };
    let is_literal = |segment: &Segment| matches!(segment, Segment::Literal(_));
    match path {
        [front @ .., Segment::Greedy(_)] if front.iter().all(is_literal) => {
            format!("path {}", written(path, |_| String::new(), |_| "*".to_owned()))
        }
        _ if path.iter().all(is_literal) => format!("path {}", written(path, |_| String::new(), |_| String::new())),
        _ => format!("path_regexp {}", expression(Some(path))),
    }
}
