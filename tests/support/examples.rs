//! Runs the crate's examples as child processes.

#[cfg(feature = "cli")]
use std::path::Path;
use std::{
    env,
    ffi::OsStr,
    io::{BufRead, BufReader},
    path::PathBuf,
    process::{Child, ChildStdout, Command, Stdio},
    sync::OnceLock,
};

/// Returns the example's binary, and rebuilds it if needed.
fn example(name: &str) -> PathBuf {
    built(&["--example", name]).join("examples").join(name)
}

/// Returns the command's binary.
#[cfg(feature = "cli")]
pub fn command() -> &'static Path {
    Path::new(env!("CARGO_BIN_EXE_cognito-authorizer"))
}

/// Runs `cargo build` for these targets, and returns the profile's folder.
fn built(what: &[&str]) -> PathBuf {
    let tests = env::current_exe().unwrap();
    let profile = tests.ancestors().nth(2).unwrap();
    let mut cargo = Command::new(env!("CARGO"));
    cargo.args(["build", "--quiet"]).args(what).current_dir(env!("CARGO_MANIFEST_DIR"));
    cargo.arg("--target-dir").arg(profile.parent().unwrap());
    if profile.ends_with("release") {
        cargo.arg("--release");
    }
    assert!(cargo.status().unwrap().success(), "{what:?} is not built");
    profile.to_owned()
}

/// An example that runs in its own process, on free ports. It ends with the test.
pub struct Example {
    pub process: Child,
    /// The lines that the example printed.
    pub lines: String,
    _output: BufReader<ChildStdout>,
}

impl Example {
    pub fn hello(variables: &[(&str, &OsStr)]) -> Self {
        static BINARY: OnceLock<PathBuf> = OnceLock::new();
        let mut command = Command::new(BINARY.get_or_init(|| example("hello")));
        command.envs(variables.iter().copied());
        Self::open(command, "Authorization: $ACCESS_TOKEN")
    }

    pub fn bookstore(configuration: &str) -> Self {
        let mut command = Command::new(example("bookstore"));
        command.arg(configuration);
        Self::open(command, "\ncurl ")
    }

    /// Starts the example and reads its output, up to a line that contains `last`.
    fn open(mut command: Command, last: &str) -> Self {
        command.env("POOL_ADDR", "127.0.0.1:0").env("API_ADDR", "127.0.0.1:0");
        let mut process = command.stdout(Stdio::piped()).spawn().unwrap();
        let mut output = BufReader::new(process.stdout.take().unwrap());
        let mut lines = String::new();
        while !lines.contains(last) {
            assert_ne!(output.read_line(&mut lines).unwrap(), 0, "the example did not open: {lines}");
        }
        Self { process, lines, _output: output }
    }

    /// Returns the value of a variable that the printed lines export.
    pub fn exported(&self, name: &str) -> &str {
        let words = self.lines.split_whitespace().filter_map(|word| word.split_once('='));
        words.clone().find(|(own, _)| *own == name).unwrap().1.trim_matches('\'')
    }
}

impl Drop for Example {
    fn drop(&mut self) {
        // The process may have ended already.
        drop(self.process.kill());
        drop(self.process.wait());
    }
}
