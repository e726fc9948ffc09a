//! Every server, under each of its settings.

use super::{Server, Start, actix, apache, axum, caddy, envoy, matchit, nginx, programs, tonic};
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
    use Start::{Here, Process, Proxied};
    let as_sent = LITERAL_FIRST.as_sent();
    let shadow = LITERAL_FIRST.shadow();
    vec![
        held(wrong(literal_first("axum", "plain", Here(axum::plain)), shadow), axum::holds),
        held(literal_first("axum", "nested routers", Here(axum::nested)), axum::holds),
        held(wrong(literal_first("axum", "trim_trailing_slash", Here(axum::trimmed)), as_sent), axum::holds),
        held(literal_first("axum", "append_trailing_slash", Here(axum::appended)), axum::holds),
        held(
            wrong(literal_first("hyper and matchit", "one router a method", Here(matchit::start)), shadow),
            axum::holds,
        ),
        held(wrong(literal_first("tonic", "services", Here(tonic::start)), shadow), Layout::is_grpc),
        listed("actix-web", "plain", ANY_ORDER, Here(actix::plain)),
        wrong(literal_first("actix-web", "NormalizePath::trim", Here(actix::trimmed)), as_sent),
        slow(literal_first("actix-web", "NormalizePath, MergeOnly", Here(actix::merged))),
        listed("nginx", "exact, prefix and regex locations", ANY_ORDER, Process(nginx::mixed)),
        listed("nginx", "regex locations", ANY_ORDER, Process(nginx::regexes)),
        slow(listed(
            "nginx",
            "regex locations without case",
            ANY_ORDER.ignoring_case(),
            Process(nginx::regexes_without_case),
        )),
        wrong(literal_first("nginx", "regex locations, merge_slashes off", Process(nginx::regexes_unmerged)), as_sent),
        slow(listed(
            "nginx",
            "exact, prefix and regex locations, merge_slashes off",
            ANY_ORDER,
            Process(nginx::mixed_unmerged),
        )),
        held(
            wrong(
                literal_first("nginx", "proxy_pass with $uri, axum behind", Proxied(axum::plain, nginx::proxy)),
                as_sent,
            ),
            axum::holds,
        ),
        listed("Apache httpd", "AllowEncodedSlashes Off", ANY_ORDER, Process(apache::off)),
        wrong(literal_first("Apache httpd", "AllowEncodedSlashes On", Process(apache::on)), as_sent),
        wrong(literal_first("Apache httpd", "AllowEncodedSlashes NoDecode", Process(apache::no_decode)), as_sent),
        listed(
            "Apache httpd",
            "AllowEncodedSlashes On, MergeSlashes Off, without case",
            ANY_ORDER.ignoring_case(),
            Process(apache::unmerged_without_case),
        ),
        server("Caddy", "handle", ORDERED, LITERAL_FIRST.ignoring_case(), Process(caddy::sorted)),
        listed("Caddy", "handle in route", ANY_ORDER.ignoring_case(), Process(caddy::listed)),
        listed("Envoy", "normalize_path off", ANY_ORDER, Process(envoy::plain)),
        wrong(
            literal_first(
                "Envoy",
                "normalize_path, merge_slashes, escaped slashes unescaped",
                Process(envoy::normalized),
            ),
            as_sent,
        ),
        slow(listed("Envoy", "normalize_path, without case", ANY_ORDER.ignoring_case(), Process(envoy::without_case))),
        listed("Express 4", "as it comes", ANY_ORDER.ignoring_case(), Process(programs::express_4)),
        wrong(
            server(
                "Express 4",
                "method-override",
                EVERY,
                ANY_ORDER.ignoring_case(),
                Process(programs::express_4_override),
            ),
            shadow,
        ),
        listed("Express 5", "as it comes", ANY_ORDER.ignoring_case(), Process(programs::express_5)),
        listed("Express 5", "strict and case sensitive routing", ANY_ORDER, Process(programs::express_5_strict)),
        wrong(literal_first("Fastify", "as it comes", Process(programs::fastify)), shadow),
        wrong(
            server(
                "Fastify",
                "lax slashes, case and semicolons",
                ORDERED,
                LITERAL_FIRST.ignoring_case(),
                Process(programs::fastify_lax),
            ),
            as_sent,
        ),
        literal_first("Fastify", "ignoreTrailingSlash", Process(programs::fastify_trailing_slash)),
        listed("Node http", "new URL", ANY_ORDER, Process(programs::node_http)),
        listed("Starlette", "uvicorn", ANY_ORDER, Process(programs::starlette)),
        wrong(literal_first("Flask", "waitress", Process(programs::flask)), as_sent),
        listed("Django", "waitress", ANY_ORDER, Process(programs::django)),
        literal_first("Django", "waitress, patterns that allow nothing", Process(programs::django_empty)),
        listed("Bottle", "waitress", ANY_ORDER, Process(programs::bottle)),
        held(
            wrong(literal_first("Tomcat", "reject", Process(programs::tomcat_reject)), as_sent),
            programs::tomcat_holds,
        ),
        held(literal_first("Tomcat", "decode", Process(programs::tomcat_decode)), programs::tomcat_holds),
        held(literal_first("Tomcat", "passthrough", Process(programs::tomcat_pass_through)), programs::tomcat_holds),
    ]
}
