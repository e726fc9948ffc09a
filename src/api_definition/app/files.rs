//! Reads the templates of an app: from a cloud assembly, from several files, or from one.
//!
//! Nested stacks whose templates are local files are read too. Rejects files outside the folder of the app, links out of
//! it, and more or larger templates than the limits allow. Sources: CDK, "Cloud assembly"; CloudFormation, "Nested
//! stacks"; `aws cloudformation package`.

use std::{
    collections::VecDeque,
    io,
    path::{Path, PathBuf},
};

use super::{
    assembly::{self, StackArtifact},
    loader::{Loader, check_template, problem},
    stack_file::{Environment, ParentStack, StackFile},
};
use crate::{
    api_definition::{ApiDefinitionError, template::kind},
    document::{self, Cursor, Node, NodeValue, Problem},
    limits::{MAX_APP_NODES, MAX_APP_STACKS},
};

/// The stacks of an app.
#[derive(Debug)]
pub(crate) struct AppFiles {
    pub(crate) stacks: Vec<StackFile>,
}

impl AppFiles {
    /// Returns the app of a single template, with the nested stacks that are files in its folder.
    pub(crate) fn of_template(document: Node, folder: Option<&Path>) -> Result<Self, ApiDefinitionError> {
        let loader = Loader::new(folder)?;
        let stack = StackFile {
            id: String::new(),
            stage: String::new(),
            name: None,
            environment: Environment::default(),
            parameters: Vec::new(),
            file: None,
            folder: folder.map(Path::to_owned),
            parent: None,
            document,
        };
        Self { stacks: vec![stack] }.with_nested_stacks(loader)
    }

    /// Reads the app of a single template file.
    #[cfg(feature = "local-user-pool")]
    pub(crate) fn of_file(path: &Path) -> Result<Self, ApiDefinitionError> {
        let document = read_template(path, &path.display().to_string())?;
        Self::of_template(document, path.parent())
    }

    /// Reads several templates as one app.
    pub(crate) fn of_files(paths: &[PathBuf]) -> Result<Self, ApiDefinitionError> {
        let mut stacks = Vec::new();
        for path in paths {
            let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
            let (file, id) = (path.display().to_string(), stack_name(path));
            let mut app = Self::of_template(read_template(path, &file)?, Some(folder))?;
            let first = stacks.len();
            for stack in &mut app.stacks {
                stack.id = if stack.id.is_empty() { id.clone() } else { format!("{id}/{}", stack.id) };
                stack.file.get_or_insert_with(|| file.clone());
                match &mut stack.parent {
                    Some(parent) => parent.stack += first,
                    None => stack.name = Some(id.clone()),
                }
            }
            stacks.append(&mut app.stacks);
            check_total(&stacks, &file)?;
        }
        Ok(Self { stacks })
    }

    /// Reads a cloud assembly from the directory that `cdk synth` wrote.
    pub(crate) fn of_assembly(directory: &Path) -> Result<Self, ApiDefinitionError> {
        let mut loader = Loader::new(Some(directory))?;
        let artifacts = assembly::read(&mut loader)?;
        loader.check_size(artifacts.iter().map(|artifact| &*artifact.template))?;
        let mut app = Self { stacks: Vec::new() };
        for StackArtifact { id, stage, name, environment, parameters, template } in artifacts {
            let file = template.to_string_lossy().into_owned();
            let document = loader.template(&template)?;
            let folder = directory.join(template.parent().unwrap_or(Path::new("")));
            let stack = StackFile {
                id,
                stage,
                name: Some(name),
                environment,
                parameters,
                file: Some(file.clone()),
                folder: Some(folder),
                parent: None,
                document,
            };
            app.add(stack, &file)?;
        }
        app.with_nested_stacks(loader)
    }

    fn add(&mut self, stack: StackFile, shown: &str) -> Result<(), ApiDefinitionError> {
        self.stacks.push(stack);
        check_total(&self.stacks, shown)
    }

    /// Reads the templates of nested stacks, and of stacks nested in those.
    fn with_nested_stacks(mut self, mut loader: Loader) -> Result<Self, ApiDefinitionError> {
        let mut waiting: VecDeque<usize> = (0..self.stacks.len()).collect();
        while let Some(number) = waiting.pop_front() {
            let Some(parent) = self.stacks.get(number) else { continue };
            let (folder, depth) = (parent.folder.clone(), parent.id.matches('/').count());
            let Some(folder) = folder else { continue };
            let base = loader.relative(&folder);
            for (logical_id, location) in nested_templates(&Cursor::root(&parent.document)) {
                let relative = base.join(&location);
                let shown = relative.display().to_string();
                if depth >= MAX_NESTING {
                    return Err(problem(&shown, format!("stacks are nested more than {MAX_NESTING} deep")));
                }
                let document = match loader.template(&relative) {
                    // The template of an unrelated stack may be elsewhere: the stack is noted as one that is not read.
                    Err(ApiDefinitionError::File { reason, .. }) if reason.kind() == io::ErrorKind::NotFound => {
                        continue;
                    }
                    document => document?,
                };
                let Some(parent) = self.stacks.get(number) else { continue };
                let stack = StackFile {
                    id: if parent.id.is_empty() { logical_id.clone() } else { format!("{}/{logical_id}", parent.id) },
                    stage: parent.stage.clone(),
                    name: None,
                    environment: parent.environment.clone(),
                    parameters: Vec::new(),
                    file: Some(shown.clone()),
                    folder: Some(folder.join(Path::new(&location).parent().unwrap_or(Path::new("")))),
                    parent: Some(ParentStack { stack: number, logical_id }),
                    document,
                };
                waiting.push_back(self.stacks.len());
                self.add(stack, &shown)?;
            }
        }
        Ok(self)
    }
}

/// Deepest nesting of stacks. Ours: nested stacks of CDK apps are one or two deep.
const MAX_NESTING: usize = 16;

/// Returns the nested stacks of a template whose own template is a local file.
fn nested_templates(root: &Cursor<'_>) -> Vec<(String, String)> {
    let text = |at: Option<Cursor<'_>>| match at.map(|at| at.node) {
        Some(Node { value: NodeValue::Text(text), .. }) => Some(text.clone()),
        _ => None,
    };
    let resources = root.get("Resources").into_iter().flat_map(|section| section.entries().collect::<Vec<_>>());
    let nested = resources.filter_map(|(logical_id, at)| {
        let property = match kind(&at) {
            "AWS::CloudFormation::Stack" => "TemplateURL",
            "AWS::Serverless::Application" => "Location",
            _ => return None,
        };
        // CDK writes the asset into the metadata, because the property is the URL of the published asset.
        let asset = text(at.get("Metadata").and_then(|metadata| metadata.get("aws:asset:path")));
        let written = text(at.get("Properties").and_then(|properties| properties.get(property)));
        let location = asset.or(written.filter(|written| !written.contains("://")))?;
        Some((logical_id.to_owned(), location))
    });
    nested.collect()
}

/// Reads a template from a file of any path.
fn read_template(path: &Path, shown: &str) -> Result<Node, ApiDefinitionError> {
    let failed = |reason| ApiDefinitionError::File { path: path.to_owned(), reason };
    let text = document::read_file(path).map_err(failed)?;
    let document = document::parse(&text)
        .map_err(|malformed| ApiDefinitionError::of(vec![Problem::from(malformed).in_file(shown)]))?;
    check_template(&document, shown)?;
    Ok(document)
}

/// Checks the number of stacks, and the size of all templates together.
fn check_total(stacks: &[StackFile], shown: &str) -> Result<(), ApiDefinitionError> {
    if stacks.len() > MAX_APP_STACKS {
        return Err(problem(shown, format!("the app has more than {MAX_APP_STACKS} stacks")));
    }
    let nodes = stacks.iter().fold(0_usize, |nodes, stack| nodes.saturating_add(stack.document.weight));
    if nodes > MAX_APP_NODES {
        return Err(problem(
            shown,
            format!("the templates of this app have more than {MAX_APP_NODES} values together"),
        ));
    }
    Ok(())
}

/// Returns the name of a stack that is given as a file: the file's name without its endings.
fn stack_name(path: &Path) -> String {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    name.split('.').next().unwrap_or_default().to_owned()
}
