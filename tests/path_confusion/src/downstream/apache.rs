//! Apache httpd: rules of mod_rewrite in a list, under each value of `AllowEncodedSlashes`.

use std::fmt::Write;

use tokio::process::Command;

use super::{Folders, Site, by_path, expression, methods};

pub fn off(sites: &[Site], folders: &Folders) -> Command {
    start(sites, folders, "AllowEncodedSlashes Off", "")
}

pub fn on(sites: &[Site], folders: &Folders) -> Command {
    start(sites, folders, "AllowEncodedSlashes On", "")
}

pub fn no_decode(sites: &[Site], folders: &Folders) -> Command {
    start(sites, folders, "AllowEncodedSlashes NoDecode", "")
}

pub fn unmerged_without_case(sites: &[Site], folders: &Folders) -> Command {
    start(sites, folders, "AllowEncodedSlashes On\n  MergeSlashes Off", ",NC")
}

fn start(sites: &[Site], folders: &Folders, settings: &str, flags: &str) -> Command {
    let mut hosts = String::new();
    for site in sites {
        let address = site.address;
        let _ = writeln!(hosts, "Listen {address}\n<VirtualHost {address}>\n  {settings}\n  RewriteEngine On");
        let _ = writeln!(hosts, "  Header always set x-route \"%{{ROUTE}}e\" env=ROUTE");
        let paths = by_path(&site.routes);
        for route in &site.routes {
            let path = paths.iter().find(|(_, routes)| routes.iter().any(|other| other.index == route.index));
            let methods = path.and_then(|(_, routes)| methods(route, routes));
            if let Some(methods) = methods {
                let _ = writeln!(hosts, "  RewriteCond %{{REQUEST_METHOD}} ^({})$", methods.join("|"));
            }
            let expression = expression(route.path.as_deref());
            let _ = writeln!(hosts, "  RewriteRule \"{expression}\" - [E=ROUTE:{},R=204,L{flags}]", route.index);
        }
        let _ = writeln!(hosts, "</VirtualHost>");
    }
    let configuration = folders.template("apache.conf").replace("@SITES@", &hosts);
    let path = folders.write("apache.conf", &configuration);
    let mut command = Command::new("apache2");
    command.arg("-X").arg("-d").arg(&folders.scratch).arg("-f").arg(path);
    command
}
