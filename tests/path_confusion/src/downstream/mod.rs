//! The servers behind the layer: how each is configured from a layout, started and stopped.

use std::{
    net::{SocketAddr, TcpListener},
    path::{Path, PathBuf},
    time::Duration,
};

use tokio::{
    net::TcpStream,
    process::{Child, Command},
    time::sleep,
};

use crate::{
    forwarder::Protocol,
    layout::{Layout, Order, Route, Segment},
    table::Reading,
};

pub mod list;

mod actix;
mod apache;
mod axum;
mod caddy;
mod envoy;
mod matchit;
mod nginx;
mod programs;
mod tonic;

/// One server under one setting.
pub struct Server {
    pub name: &'static str,
    pub setting: &'static str,
    /// The orders in which it gets the routes of a layout.
    pub orders: &'static [Order],
    /// What the layer is told about it.
    pub reading: Reading,
    /// What the layer must not be told about it, to show that the harness finds the bypass.
    pub wrong: Option<Reading>,
    pub holds: fn(&Layout) -> bool,
    pub start: Start,
    /// Whether the run without `--all` includes it.
    pub is_quick: bool,
}

/// How a server is started.
#[derive(Clone, Copy)]
pub enum Start {
    /// In this process, at a listener for each site.
    Here(fn(Vec<(Site, TcpListener)>) -> Running),
    /// Another process for all sites: writes its configuration into a folder.
    Process(fn(&[Site], &Folders) -> Command),
    /// A service in this process, and another process in front of each of its sites.
    Proxied(fn(Vec<(Site, TcpListener)>) -> Running, fn(&[Site], &[SocketAddr], &Folders) -> Command),
}

/// A layout as one server has it, at an address of its own.
#[derive(Clone)]
pub struct Site {
    pub layout: &'static Layout,
    pub order: Order,
    pub routes: Vec<Route>,
    pub address: SocketAddr,
}

/// Where programs are installed, where their sources are, and where one of them may write.
pub struct Folders {
    pub installed: PathBuf,
    pub sources: PathBuf,
    pub scratch: PathBuf,
}

impl Folders {
    pub fn write(&self, name: &str, text: &str) -> PathBuf {
        let path = self.scratch.join(name);
        std::fs::write(&path, text).expect("a writable folder");
        path
    }

    fn template(&self, name: &str) -> String {
        let path = self.sources.join("servers").join(name);
        let text = std::fs::read_to_string(path).expect("a template");
        text.replace("@FOLDER@", &self.scratch.display().to_string())
    }
}

/// What ends with a server.
#[derive(Default)]
pub struct Running {
    pub tasks: Vec<tokio::task::JoinHandle<()>>,
    pub stop: Option<tokio::sync::oneshot::Sender<()>>,
    pub child: Option<Child>,
}

impl Running {
    pub async fn end(mut self) {
        self.tasks.iter().for_each(|task| task.abort());
        drop(self.stop.take());
        if let Some(mut child) = self.child.take() {
            let _ = child.kill().await;
        }
    }
}

impl Server {
    pub fn protocol(&self) -> Protocol {
        if self.name == "tonic" { Protocol::Http2 } else { Protocol::Http1 }
    }

    /// Its sites, running, in so many of its orders.
    pub async fn start(
        &self,
        layouts: &[&'static Layout],
        orders: usize,
        folders: &Folders,
    ) -> Result<(Vec<Site>, Running), String> {
        let mut sites = Vec::new();
        for layout in layouts.iter().filter(|layout| (self.holds)(layout)) {
            for order in self.orders.iter().take(orders) {
                let listener = TcpListener::bind("127.0.0.1:0").map_err(|error| error.to_string())?;
                let address = listener.local_addr().map_err(|error| error.to_string())?;
                sites.push((Site { layout, order: *order, routes: layout.routes(*order), address }, listener));
            }
        }
        let own: Vec<Site> = sites.iter().map(|(site, _)| site.clone()).collect();
        let mut running = match self.start {
            Start::Here(start) => start(sites),
            Start::Process(command) => {
                drop(sites);
                Running { child: Some(spawn(command(&own, folders), folders)?), ..Running::default() }
            }
            Start::Proxied(start, command) => {
                let mut behind = Vec::new();
                for (site, front) in sites {
                    drop(front);
                    behind.push((site, TcpListener::bind("127.0.0.1:0").map_err(|error| error.to_string())?));
                }
                let addresses: Result<Vec<_>, _> = behind.iter().map(|(_, listener)| listener.local_addr()).collect();
                let command = command(&own, &addresses.map_err(|error| error.to_string())?, folders);
                Running { child: Some(spawn(command, folders)?), ..start(behind) }
            }
        };
        for site in &own {
            if let Err(reason) = listens(site.address, running.child.as_mut()).await {
                let log = std::fs::read_to_string(folders.scratch.join("log")).unwrap_or_default();
                let log: Vec<&str> = log.lines().rev().take(20).collect();
                running.end().await;
                return Err(format!(
                    "{reason}; it printed last\n{}",
                    log.into_iter().rev().collect::<Vec<_>>().join("\n")
                ));
            }
        }
        Ok((own, running))
    }
}

fn spawn(mut command: Command, folders: &Folders) -> Result<Child, String> {
    command.kill_on_drop(true).stdin(std::process::Stdio::null());
    let log = std::fs::File::create(folders.scratch.join("log")).map_err(|error| error.to_string())?;
    let errors = log.try_clone().map_err(|error| error.to_string())?;
    let child = command.stdout(log).stderr(errors).spawn();
    child.map_err(|error| format!("{:?}: {error}", command.as_std().get_program()))
}

async fn listens(address: SocketAddr, mut child: Option<&mut Child>) -> Result<(), String> {
    for _ in 0..600 {
        if TcpStream::connect(address).await.is_ok() {
            return Ok(());
        }
        if let Some(Ok(Some(status))) = child.as_mut().map(|child| child.try_wait()) {
            return Err(format!("the server ended: {status}"));
        }
        sleep(Duration::from_millis(50)).await;
    }
    Err(format!("nothing listens at {address}"))
}

/// The methods of each path, in the order in which the paths come first.
fn by_path(routes: &[Route]) -> Vec<(Option<&[Segment]>, Vec<&Route>)> {
    let mut paths: Vec<(Option<&[Segment]>, Vec<&Route>)> = Vec::new();
    for route in routes {
        let path = route.path.as_deref();
        match paths.iter_mut().find(|(other, _)| is_same(*other, path)) {
            Some((_, routes)) => routes.push(route),
            None => paths.push((path, vec![route])),
        }
    }
    paths
}

/// Apart from the names of variables.
fn is_same(one: Option<&[Segment]>, other: Option<&[Segment]>) -> bool {
    let is_same = |(one, other): (&Segment, &Segment)| match (one, other) {
        (Segment::Literal(one), Segment::Literal(other)) => one == other,
        (one, other) => std::mem::discriminant(one) == std::mem::discriminant(other),
    };
    match (one, other) {
        (None, None) => true,
        (Some(one), Some(other)) => one.len() == other.len() && one.iter().zip(other).all(is_same),
        _ => false,
    }
}

/// A path in the words of a router: how it writes a variable and a greedy variable, given their place.
fn written(path: &[Segment], variable: impl Fn(usize) -> String, greedy: impl Fn(usize) -> String) -> String {
    let segment = |(place, segment): (usize, &Segment)| match segment {
        Segment::Literal(text) => format!("/{text}"),
        Segment::Variable(_) => format!("/{}", variable(place)),
        Segment::Greedy(_) => format!("/{}", greedy(place)),
    };
    let text: String = path.iter().enumerate().map(segment).collect();
    if text.is_empty() { "/".to_owned() } else { text }
}

/// A regular expression for the whole of a path.
fn expression(path: Option<&[Segment]>) -> String {
    let Some(path) = path else { return "^/.*$".to_owned() };
    let text = written(path, |_| "[^/]+".to_owned(), |_| "@GREEDY@".to_owned());
    format!("^{}$", text.replace('.', r"\.").replace('$', r"\$").replace("@GREEDY@", ".+"))
}

/// The methods that a route takes where GET includes HEAD, unless another route of the path names HEAD.
fn methods(route: &Route, path: &[&Route]) -> Option<Vec<&'static str>> {
    let method = route.method?;
    let is_head_free = path.iter().all(|route| route.method != Some("HEAD"));
    Some(if method == "GET" && is_head_free { vec!["GET", "HEAD"] } else { vec![method] })
}

fn scratch(folder: &Path) -> std::io::Result<()> {
    let _ = std::fs::remove_dir_all(folder);
    std::fs::create_dir_all(folder)
}

impl Folders {
    /// Servers run in folders of their own.
    pub fn absolute(self) -> Self {
        let absolute = |path: PathBuf| std::path::absolute(path).expect("a current folder");
        Self { installed: absolute(self.installed), sources: self.sources, scratch: absolute(self.scratch) }
    }

    /// An empty folder for one server.
    pub fn for_server(&self, name: &str) -> Self {
        let scratch_folder = self.scratch.join(name.replace(|character: char| !character.is_ascii_alphanumeric(), "-"));
        scratch(&scratch_folder).expect("a writable folder");
        Self { installed: self.installed.clone(), sources: self.sources.clone(), scratch: scratch_folder }
    }
}
