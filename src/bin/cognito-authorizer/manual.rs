//! `cognito-authorizer completions` and `cognito-authorizer man`: files for shells and for `man`.

use std::{
    error::Error,
    io::{self, Write},
    path::PathBuf,
    process::ExitCode,
};

use clap::{Command, CommandFactory};
use clap_complete::Shell;
use clap_mangen::Man;

#[derive(Debug, clap::Args)]
pub(crate) struct CompletionsArguments {
    /// The shell.
    #[arg(value_enum)]
    shell: Shell,
}

#[derive(Debug, clap::Args)]
pub(crate) struct ManArguments {
    /// Write a page for each command into this directory, which must exist. Without it, the first page is printed.
    #[arg(long, value_name = "DIR")]
    directory: Option<PathBuf>,
}

/// Prints the completions of a shell.
pub(crate) fn completions<C: CommandFactory>(arguments: &CompletionsArguments) -> Result<ExitCode, Box<dyn Error>> {
    let (mut command, mut script) = (C::command(), Vec::new());
    let name = command.get_name().to_owned();
    // Into memory first: writing to a closed pipe would panic.
    clap_complete::generate(arguments.shell, &mut command, name, &mut script);
    io::stdout().write_all(&script)?;
    Ok(ExitCode::SUCCESS)
}

/// Prints or writes the pages for `man`.
pub(crate) fn man<C: CommandFactory>(arguments: &ManArguments) -> Result<ExitCode, Box<dyn Error>> {
    let command: Command = C::command();
    match &arguments.directory {
        Some(directory) => {
            let failed = |error: io::Error| format!("cannot write to `{}`: {error}", directory.display());
            clap_mangen::generate_to(command, directory).map_err(failed)?;
        }
        None => {
            let mut page = Vec::new();
            Man::new(command).render(&mut page)?;
            io::stdout().write_all(&page)?;
        }
    }
    Ok(ExitCode::SUCCESS)
}
