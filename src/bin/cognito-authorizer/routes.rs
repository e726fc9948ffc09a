//! `cognito-authorizer routes`: prints the routes by precedence, or the whole configuration as JSON.

use std::{
    error::Error,
    io::{self, Write},
    process::ExitCode,
};

use cognito_authorizer::route::Route;

use crate::{
    configuration::{File, Format},
    printable::{json_text, printable},
};

#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    #[command(flatten)]
    file: File,
    /// As text the routes alone, more specific ones first; as JSON a configuration that says the same as the file.
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

pub(crate) fn run(arguments: &Arguments) -> Result<ExitCode, Box<dyn Error>> {
    let configuration = arguments.file.configuration()?;
    let mut out = io::stdout().lock();
    match arguments.format {
        Format::Json => writeln!(out, "{}", json_text(&configuration.to_json()?))?,
        Format::Text => {
            let table = configuration.route_table();
            if configuration.is_shadow() {
                writeln!(out, "danger.shadow is on: every request passes, and this is what would be decided")?;
            }
            if !table.stage().is_empty() {
                writeln!(out, "every path begins with /{}", table.stage())?;
            }
            let routes = configuration.route_table().by_precedence();
            let width = routes.iter().map(|route| route.key().as_str().len()).max().unwrap_or(0);
            for route in routes {
                writeln!(out, "{}", printable(&format!("{:width$}  {}", route.key(), asked(route))))?;
            }
            if !table.routes().iter().any(|route| *route.key() == "$default") {
                let rest = if table.hands_on_unknown_routes() {
                    "handed on without a token, unless its path is guarded for some method"
                } else {
                    "rejected"
                };
                writeln!(out, "{:width$}  {rest}", "(any other)")?;
            }
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// Describes in words what a route requires.
pub(crate) fn asked(route: &Route) -> String {
    let of = route.authorizer().map(|name| format!(", of {name}")).unwrap_or_default();
    let scopes: Vec<&str> = route.authorization().scope_names().collect();
    match &*scopes {
        _ if route.mock_response().is_some() => "open, answered by the layer".to_owned(),
        _ if route.authorization().is_open() => "open".to_owned(),
        _ if route.authorization().is_unsupported() => {
            "rejects every request: its authorization on API Gateway is not checked here".to_owned()
        }
        [] => format!("a token{of}"),
        scopes => format!("a token with {}{of}", scopes.join(" or ")),
    }
}
