//! Every server, under each of its settings.

use tokio::process::Command;

use super::{
    Folders, Server, Site,
    Start::{self, Here, Process, Proxied},
    actix, apache, axum, caddy, envoy, matchit, nginx, programs, tonic,
};
use crate::{
    layout::{Layout, Order},
    table::{ANY_ORDER, LITERAL_FIRST, Reading},
};

const ORDERED: &[Order] = &[Order::LiteralFirst];
const EVERY: &[Order] = &Order::ALL;

fn http(layout: &Layout) -> bool {
    !layout.is_grpc()
}

/// One that goes by literals first.
const fn literal_first(name: &'static str, setting: &'static str, start: Start) -> Server {
    server(name, setting, ORDERED, LITERAL_FIRST, start)
}

/// In one order, and with a reading of its own.
const fn ordered(name: &'static str, setting: &'static str, reading: Reading, start: Start) -> Server {
    server(name, setting, ORDERED, reading, start)
}

/// One that goes by a list, in every order.
const fn listed(name: &'static str, setting: &'static str, reading: Reading, start: Start) -> Server {
    Server { wrong: Some(LITERAL_FIRST), ..server(name, setting, EVERY, reading, start) }
}

const fn server(
    name: &'static str,
    setting: &'static str,
    orders: &'static [Order],
    reading: Reading,
    start: Start,
) -> Server {
    Server { name, setting, orders, reading, wrong: None, holds: http, start, is_quick: true }
}

const fn slow(server: Server) -> Server {
    Server { is_quick: false, ..server }
}

const fn wrong(server: Server, wrong: Reading) -> Server {
    Server { wrong: Some(wrong), ..server }
}

const fn held(server: Server, holds: fn(&Layout) -> bool) -> Server {
    Server { holds, ..server }
}

pub fn servers() -> Vec<Server> {
    [rust(), nginx_and_apache(), proxies(), node(), python(), java()].into_iter().flatten().collect()
}

const AS_SENT: Reading = LITERAL_FIRST.as_sent();
const SHADOW: Reading = LITERAL_FIRST.shadow();

fn rust() -> Vec<Server> {
    vec![
        held(wrong(literal_first("axum", "plain", Here(axum::plain)), SHADOW), axum::holds),
        held(literal_first("axum", "nested routers", Here(axum::nested)), axum::holds),
        held(wrong(literal_first("axum", "trim_trailing_slash", Here(axum::trimmed)), AS_SENT), axum::holds),
        held(literal_first("axum", "append_trailing_slash", Here(axum::appended)), axum::holds),
        held(
            wrong(literal_first("hyper and matchit", "one router a method", Here(matchit::start)), SHADOW),
            axum::holds,
        ),
        held(wrong(literal_first("tonic", "services", Here(tonic::start)), SHADOW), Layout::is_grpc),
        listed("actix-web", "plain", ANY_ORDER, Here(actix::plain)),
        wrong(ordered("actix-web", "NormalizePath::trim", ANY_ORDER, Here(actix::trimmed)), AS_SENT),
        slow(ordered("actix-web", "NormalizePath, MergeOnly", ANY_ORDER, Here(actix::merged))),
    ]
}

fn nginx_and_apache() -> Vec<Server> {
    let without_case = ANY_ORDER.ignoring_case();
    vec![
        listed("nginx", "exact, prefix and regex locations", ANY_ORDER, Process(nginx::mixed)),
        listed("nginx", "regex locations", ANY_ORDER, Process(nginx::regexes)),
        slow(listed("nginx", "regex locations without case", without_case, Process(nginx::regexes_without_case))),
        wrong(literal_first("nginx", "regex locations, merge_slashes off", Process(nginx::regexes_unmerged)), AS_SENT),
        slow(listed(
            "nginx",
            "exact, prefix and regex locations, merge_slashes off",
            ANY_ORDER,
            Process(nginx::mixed_unmerged),
        )),
        held(
            wrong(
                literal_first("nginx", "proxy_pass with $uri, axum behind", Proxied(axum::plain, nginx::proxy)),
                AS_SENT,
            ),
            axum::holds,
        ),
        listed("Apache httpd", "AllowEncodedSlashes Off", ANY_ORDER, Process(apache::off)),
        wrong(literal_first("Apache httpd", "AllowEncodedSlashes On", Process(apache::on)), AS_SENT),
        wrong(literal_first("Apache httpd", "AllowEncodedSlashes NoDecode", Process(apache::no_decode)), AS_SENT),
        listed(
            "Apache httpd",
            "AllowEncodedSlashes On, MergeSlashes Off, without case",
            without_case,
            Process(apache::unmerged_without_case),
        ),
    ]
}

fn proxies() -> Vec<Server> {
    let without_case = ANY_ORDER.ignoring_case();
    vec![
        wrong(ordered("Caddy", "handle", without_case, Process(caddy::sorted)), ANY_ORDER),
        listed("Caddy", "handle in route", without_case, Process(caddy::listed)),
        listed("Envoy", "normalize_path off", ANY_ORDER, Process(envoy::plain)),
        wrong(
            ordered(
                "Envoy",
                "normalize_path, merge_slashes, escaped slashes unescaped",
                ANY_ORDER,
                Process(envoy::normalized),
            ),
            AS_SENT,
        ),
        literal_first("Envoy", "normalize_path, regular expressions", Process(envoy::regexes)),
        slow(listed("Envoy", "normalize_path, without case", without_case, Process(envoy::without_case))),
    ]
}

fn node() -> Vec<Server> {
    let without_case = ANY_ORDER.ignoring_case();
    vec![
        listed("Express 4", "as it comes", without_case, Process(programs::express_4)),
        wrong(listed("Express 4", "method-override", without_case, Process(programs::express_4_override)), SHADOW),
        listed("Express 5", "as it comes", without_case, Process(programs::express_5)),
        listed("Express 5", "strict and case sensitive routing", ANY_ORDER, Process(programs::express_5_strict)),
        // Its variables also take nothing at the end of a path.
        ordered("Fastify", "as it comes", ANY_ORDER, Process(programs::fastify)),
        wrong(
            ordered("Fastify", "lax slashes, case and semicolons", without_case, Process(programs::fastify_lax)),
            ANY_ORDER,
        ),
        ordered("Fastify", "ignoreTrailingSlash", ANY_ORDER, Process(programs::fastify_trailing_slash)),
        listed("Node http", "new URL", ANY_ORDER, Process(programs::node_http)),
    ]
}

fn python() -> Vec<Server> {
    vec![
        listed("Starlette", "uvicorn", ANY_ORDER, Process(programs::starlette)),
        wrong(literal_first("Flask", "waitress", Process(programs::flask)), AS_SENT),
        listed("Django", "waitress", ANY_ORDER, Process(programs::django)),
        ordered("Django", "waitress, patterns that allow nothing", ANY_ORDER, Process(programs::django_empty)),
        listed("Bottle", "waitress", ANY_ORDER, Process(programs::bottle)),
    ]
}

fn java() -> Vec<Server> {
    let tomcat = |setting, start| held(ordered("Tomcat", setting, ANY_ORDER, Process(start)), programs::tomcat_holds);
    vec![
        wrong(tomcat("reject", programs::tomcat_reject as fn(&[Site], &Folders) -> Command), AS_SENT),
        tomcat("decode", programs::tomcat_decode),
        tomcat("passthrough", programs::tomcat_pass_through),
    ]
}
