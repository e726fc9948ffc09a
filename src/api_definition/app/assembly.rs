//! Reads the manifests of a cloud assembly: its stacks, with their templates and environments.
//!
//! Nested assemblies, which CDK writes for each `Stage`, are part of the app. Source: CDK, "Cloud assembly", and its
//! schema of `manifest.json`.

use std::path::{Path, PathBuf};

use super::{
    loader::{Loader, problem},
    stack_file::Environment,
};
use crate::{
    api_definition::ApiDefinitionError,
    document::{Cursor, NodeValue},
    limits::MAX_APP_STACKS,
};

/// A stack of a cloud assembly.
#[derive(Debug)]
pub(super) struct StackArtifact {
    /// The path of the stack in the app, such as `Prod/Api`.
    pub(super) id: String,
    /// The path of its stage; empty outside of stages.
    pub(super) stage: String,
    /// The name of the stack in CloudFormation.
    pub(super) name: String,
    pub(super) environment: Environment,
    pub(super) parameters: Vec<(String, String)>,
    /// The file of the template, relative to the assembly.
    pub(super) template: PathBuf,
}

/// Reads the manifest of an assembly, and those of its nested assemblies.
pub(super) fn read(loader: &mut Loader) -> Result<Vec<StackArtifact>, ApiDefinitionError> {
    let mut stacks = Vec::new();
    // The folder of each assembly, and the path of its stage in the app.
    let mut waiting = vec![(PathBuf::new(), String::new())];
    let mut count = 0_usize;
    while let Some((folder, stage)) = waiting.pop() {
        count += 1;
        let file = folder.join("manifest.json");
        let manifest = file.display().to_string();
        if count > MAX_APP_STACKS {
            return Err(problem(&manifest, format!("the app has more than {MAX_APP_STACKS} assemblies")));
        }
        let document = loader.document(&file)?;
        let root = Cursor::root(&document);
        let Some(artifacts) = root.get("artifacts") else {
            return Err(problem(&manifest, "the file is not the manifest of a cloud assembly: it has no `artifacts`"));
        };
        for (artifact_id, at) in artifacts.entries() {
            let properties = at.get("properties");
            let property = |name: &str| properties.as_ref().and_then(|properties| text(properties, name));
            let in_stage = |name: &str| if stage.is_empty() { name.to_owned() } else { format!("{stage}/{name}") };
            match text(&at, "type").unwrap_or_default() {
                "cdk:cloud-assembly" => {
                    let Some(directory) = property("directoryName") else { continue };
                    // CDK shows the path of the stage in the app, which begins at the root.
                    let name = property("displayName").unwrap_or(directory);
                    waiting.push((folder.join(directory), name.to_owned()));
                }
                "aws:cloudformation:stack" => {
                    let Some(template) = property("templateFile") else { continue };
                    if stacks.len() >= MAX_APP_STACKS {
                        return Err(problem(&manifest, format!("the app has more than {MAX_APP_STACKS} stacks")));
                    }
                    let shown = text(&at, "displayName").map(without_physical_name);
                    let parameters = properties.as_ref().and_then(|properties| properties.get("parameters"));
                    stacks.push(StackArtifact {
                        id: shown.map_or_else(|| in_stage(artifact_id), str::to_owned),
                        stage: stage.clone(),
                        name: property("stackName").unwrap_or(artifact_id).to_owned(),
                        environment: environment(text(&at, "environment").unwrap_or_default()),
                        parameters: parameters.iter().flat_map(texts).collect(),
                        template: folder.join(template),
                    });
                }
                _ => {}
            }
        }
    }
    stacks.sort_by(|a, b| a.id.cmp(&b.id));
    Ok(stacks)
}

/// Reads `aws://account/region`; CDK writes `unknown-account` and `unknown-region` for a stack without an environment.
fn environment(text: &str) -> Environment {
    let mut parts = text.strip_prefix("aws://").unwrap_or_default().split('/');
    let known =
        |part: Option<&str>| part.filter(|part| !part.is_empty() && !part.starts_with("unknown-")).map(str::to_owned);
    let account = known(parts.next());
    Environment { account, region: known(parts.next()) }
}

/// `Prod/Api (Prod-Api)` is the stack `Prod/Api` with the name `Prod-Api` in CloudFormation.
fn without_physical_name(shown: &str) -> &str {
    shown.split(" (").next().unwrap_or(shown)
}

fn text<'d>(at: &Cursor<'d>, name: &str) -> Option<&'d str> {
    match &at.get(name)?.node.value {
        NodeValue::Text(text) => Some(text),
        _ => None,
    }
}

fn texts(at: &Cursor<'_>) -> Vec<(String, String)> {
    let all = at.entries().filter_map(|(name, at)| match &at.node.value {
        NodeValue::Text(text) | NodeValue::Number(text) => Some((name.to_owned(), text.clone())),
        _ => None,
    });
    all.collect()
}

/// Whether a directory holds a cloud assembly.
pub(crate) fn is_assembly(directory: &Path) -> bool {
    directory.join("manifest.json").is_file()
}
