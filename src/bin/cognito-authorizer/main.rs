//! The command `cognito-authorizer`: what the library knows, for a terminal and for scripts.

mod local_user_pool;

mod verify;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// What Amazon API Gateway's Cognito authorizer would say.
#[derive(Debug, Parser)]
#[command(version, about, max_term_width = 100)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Verifies tokens: one a line on standard input, one JSON object a line on standard output, in that order.
    ///
    /// Ends with 0 if all were allowed, 1 if some were denied, 2 if it could not be asked.
    Verify(verify::Arguments),
    /// Serves a Cognito user pool for development, until Ctrl-C.
    LocalUserPool(local_user_pool::Arguments),
}

#[tokio::main(flavor = "current_thread")]
#[allow(clippy::print_stderr, reason = "what went wrong is for the terminal")]
async fn main() -> ExitCode {
    // What is wrong with the arguments itself ends with 2 as well.
    let done = match Arguments::parse().command {
        Command::Verify(arguments) => verify::run(arguments).await,
        Command::LocalUserPool(arguments) => local_user_pool::run(arguments).await,
    };
    done.unwrap_or_else(|error| {
        eprintln!("error: {error}");
        ExitCode::from(2)
    })
}
