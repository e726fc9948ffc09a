//! Reads files of an app, within the folder of the app and within its limits.

use std::path::{Component, Path, PathBuf};

use crate::{
    api_definition::{ApiDefinitionError, template::is_template},
    document::{self, Cursor, Node, NodeValue, Problem},
    limits::MAX_APP_BYTES,
};

/// Reads files below one folder, within the limits of an app.
#[derive(Debug)]
pub(super) struct Loader {
    /// The folder, and its canonical path.
    folder: Option<(PathBuf, PathBuf)>,
    bytes_left: u64,
}

impl Loader {
    pub(super) fn new(folder: Option<&Path>) -> Result<Self, ApiDefinitionError> {
        let folder = folder.map(|folder| if folder.as_os_str().is_empty() { Path::new(".") } else { folder });
        let folder = match folder {
            Some(folder) => Some((folder.to_owned(), canonical(folder)?)),
            None => None,
        };
        Ok(Self { folder, bytes_left: MAX_APP_BYTES })
    }

    /// Returns the path of a folder relative to the folder of the app.
    pub(super) fn relative(&self, folder: &Path) -> PathBuf {
        let own = self.folder.as_ref().map_or(Path::new(""), |(own, _)| own);
        folder.strip_prefix(own).map(Path::to_owned).unwrap_or_default()
    }

    /// Reads a JSON or YAML file by its path relative to the folder.
    pub(super) fn document(&mut self, relative: &Path) -> Result<Node, ApiDefinitionError> {
        let shown = relative.display().to_string();
        let path = self.inside(relative)?;
        let failed = |reason| ApiDefinitionError::File { path: path.clone(), reason };
        let length = std::fs::metadata(&path).map_err(failed)?.len();
        self.bytes_left = self.bytes_left.checked_sub(length).ok_or_else(|| too_large(relative))?;
        let text = document::read_file(&path).map_err(failed)?;
        document::parse(&text)
            .map_err(|malformed| ApiDefinitionError::of(vec![Problem::from(malformed).in_file(&shown)]))
    }

    /// Checks the size of files before the first one is read.
    pub(super) fn check_size<'p>(&self, files: impl Iterator<Item = &'p Path>) -> Result<(), ApiDefinitionError> {
        let mut left = self.bytes_left;
        for relative in files {
            // A file that cannot be read is an error when its turn comes.
            let length = self.inside(relative)?.metadata().map_or(0, |metadata| metadata.len());
            left = left.checked_sub(length).ok_or_else(|| too_large(relative))?;
        }
        Ok(())
    }

    /// Reads a template by its path relative to the folder.
    pub(super) fn template(&mut self, relative: &Path) -> Result<Node, ApiDefinitionError> {
        let document = self.document(relative)?;
        check_template(&document, &relative.display().to_string())?;
        Ok(document)
    }

    /// Returns the path of a file in the folder. Rejects absolute paths, `..`, and links to a place outside.
    fn inside(&self, relative: &Path) -> Result<PathBuf, ApiDefinitionError> {
        let shown = relative.display().to_string();
        let is_below = |part: Component<'_>| matches!(part, Component::Normal(_) | Component::CurDir);
        let outside = || problem(&shown, "the file is not in the folder of the app: only files in it are read");
        let Some((folder, root)) = self.folder.as_ref().filter(|_| relative.components().all(is_below)) else {
            return Err(outside());
        };
        let path = canonical(&folder.join(relative))?;
        if path.starts_with(root) { Ok(path) } else { Err(outside()) }
    }
}

/// Rejects a document that is not a template.
pub(super) fn check_template(document: &Node, shown: &str) -> Result<(), ApiDefinitionError> {
    if is_template(&Cursor::root(document)) {
        return Ok(());
    }
    Err(problem(shown, "the file is not a CloudFormation or SAM template: it has no `Resources`"))
}

fn too_large(file: &Path) -> ApiDefinitionError {
    problem(
        &file.display().to_string(),
        format!("the files of this app are larger than {MAX_APP_BYTES} bytes together"),
    )
}

fn canonical(path: &Path) -> Result<PathBuf, ApiDefinitionError> {
    path.canonicalize().map_err(|reason| ApiDefinitionError::File { path: path.to_owned(), reason })
}

/// Returns an error at the start of a file.
pub(crate) fn problem(file: &str, message: impl Into<String>) -> ApiDefinitionError {
    let at = Node::leaf(NodeValue::Null, 1);
    let problem = Cursor::root(&at).problem(message);
    ApiDefinitionError::of(vec![if file.is_empty() { problem } else { problem.in_file(file) }])
}
