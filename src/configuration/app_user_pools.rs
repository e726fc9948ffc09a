//! Reads the user pools of the app that a configuration names, for a local user pool.

use std::{cell::RefCell, path::PathBuf};

use super::{ConfigurationError, ConfigurationReader, read, reader::Form};
use crate::{
    api_definition::AppUserPools,
    document::{Cursor, Problem},
};

impl ConfigurationReader {
    /// Reads the user pools of an app, for a [`LocalUserPool`](crate::local_user_pool::LocalUserPool): of the directory that
    /// `cdk synth` wrote, of templates, or of what a configuration names in `[definition]`.
    ///
    /// # Errors
    ///
    /// As [`read_file`](Self::read_file). A configuration without a definition is an error: it has no app.
    pub fn app_user_pools(
        &self,
        paths: impl IntoIterator<Item: Into<PathBuf>>,
    ) -> Result<AppUserPools, ConfigurationError> {
        let paths: Vec<PathBuf> = paths.into_iter().map(Into::into).collect();
        let path = match &*paths {
            [path] if path.is_dir() => return Ok(self.definitions.user_pools(path)?),
            [path] => path,
            _ => return Ok(self.definitions.user_pools_of_files(paths)?),
        };
        let (reader, document, form) = self.opened(path)?;
        let document = document.map_err(|malformed| ConfigurationError::of(vec![malformed.into()]))?;
        let root = Cursor::root(&document);
        if form == Form::Any && root.get("Resources").is_some() {
            return Ok(self.definitions.user_pools(path)?);
        }
        let findings = RefCell::default();
        let file = read::file(&root, &reader.directory, &reader.variables, &findings);
        let named = file.and_then(|file| file.definition.map(|definition| (file.settings, definition)));
        let problems: Vec<Problem> = findings.into_inner().problems;
        if !problems.is_empty() {
            return Err(ConfigurationError::of(problems));
        }
        let Some((settings, reference)) = named else {
            return Err(ConfigurationError::of(vec![root.problem("the configuration names no app with user pools")]));
        };
        let definitions = reader.definition_reader(&root, &settings, &reference);
        Ok(match &*reference.files {
            [file] => definitions.user_pools(reader.directory.join(file))?,
            files => definitions.user_pools_of_files(files.iter().map(|file| reader.directory.join(file)))?,
        })
    }
}
