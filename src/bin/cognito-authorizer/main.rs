//! The command `cognito-authorizer`: the library for terminals and scripts.

mod allowed;

mod check;

mod configuration;

mod explain;

mod local_user_pool;

mod manual;

mod printable;

mod problems;

mod progress;

mod reload;

mod routes;

mod serve;

mod signals;

mod style;

mod token;

mod verify;

use std::{error::Error, io::Write, process::ExitCode};

use clap::{Parser, Subcommand};
use cognito_authorizer::configuration::Configuration;

use self::style::BAD;

/// Amazon API Gateway's Cognito authorizer, for terminals and scripts.
#[derive(Debug, Parser)]
#[command(version, about, max_term_width = 100)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Reports the errors of a configuration, and warnings.
    ///
    /// Exits with 0 if the configuration can be used, 1 if not, 2 if the file cannot be read.
    Check(check::Arguments),
    /// Prints the routes of a configuration, and what each requires.
    Routes(routes::Arguments),
    /// Explains why a request is accepted or rejected, stage by stage, with the response and advice.
    ///
    /// The token is read from standard input, unless a header holds it. Exits with 0 if the request is accepted, 1 if it is
    /// rejected, 2 if the command could not run.
    Explain(explain::Arguments),
    /// Prints the JSON Schema of the configuration file, for editors.
    Schema,
    /// Verifies tokens, one a line of a file or of standard input: one JSON object a line on standard output, in that order.
    ///
    /// Exits with 0 if all are allowed, 1 if some are denied, 2 if the command could not run.
    Verify(verify::Arguments),
    /// Answers proxies in front of any service: Caddy, Traefik, nginx, Envoy. It runs until SIGTERM or Ctrl-C.
    Serve(serve::Arguments),
    /// Serves a Cognito user pool for development, until Ctrl-C.
    LocalUserPool(local_user_pool::Arguments),
    /// Prints a token from a user pool, for `curl`: of an app client, or of a user who signs in with a password.
    Token(token::Arguments),
    /// Prints the completions of a shell.
    Completions(manual::CompletionsArguments),
    /// Prints the page for `man`, or writes one for each command.
    Man(manual::ManArguments),
}

#[tokio::main(flavor = "current_thread")]
#[allow(clippy::print_stderr, reason = "what went wrong is for the terminal")]
async fn main() -> ExitCode {
    // For invalid arguments, clap exits with 2 too.
    let done = match Arguments::parse().command {
        Command::Check(arguments) => check::run(&arguments),
        Command::Routes(arguments) => routes::run(&arguments),
        Command::Explain(arguments) => explain::run(arguments).await,
        Command::Schema => schema(),
        Command::Verify(arguments) => verify::run(arguments).await,
        Command::Serve(arguments) => serve::run(arguments).await,
        Command::LocalUserPool(arguments) => local_user_pool::run(arguments).await,
        Command::Token(arguments) => token::run(arguments).await,
        Command::Completions(arguments) => manual::completions::<Arguments>(&arguments),
        Command::Man(arguments) => manual::man::<Arguments>(&arguments),
    };
    done.unwrap_or_else(|error| {
        // A configuration has a line for each error.
        for line in error.to_string().lines() {
            anstream::eprintln!("{BAD}error{BAD:#}: {}", printable::printable(line));
        }
        ExitCode::from(2)
    })
}

fn schema() -> Result<ExitCode, Box<dyn Error>> {
    std::io::stdout().write_all(Configuration::JSON_SCHEMA.as_bytes())?;
    Ok(ExitCode::SUCCESS)
}
