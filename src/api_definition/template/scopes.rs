//! Reads the scopes that the resource servers of a template define (`AWS::Cognito::UserPoolResourceServer`).
//!
//! The result has `identifier/name` of each scope, or is `None` if a scope is unknown.

use super::resources::Template;
use crate::{
    api_definition::parts::ImportSettings,
    document::{Cursor, Findings, Problem},
    user_pool::UserPoolId,
};

/// Returns the full names of all scopes of a user pool.
///
/// `None` if the template has no resource servers, if a scope is unknown, or if the servers belong to several user
/// pools.
pub(super) fn read(
    template: &Template<'_>,
    settings: &ImportSettings<'_>,
    findings: &mut Findings,
) -> Option<(Option<UserPoolId>, Vec<String>)> {
    let kinds = ["AWS::Cognito::UserPoolResourceServer"];
    let mut all = Vec::new();
    let mut user_pools: Vec<Option<UserPoolId>> = Vec::new();
    let mut not_known = Findings::default();
    let servers = template.present(&kinds, &mut not_known);
    for server in &servers {
        let read =
            template.properties(server, &["Identifier", "Name", "Scopes", "UserPoolId"]).and_then(|properties| {
                let at = properties.cursor();
                let user_pool = settings.variables.member(&at, "UserPoolId").ok().flatten();
                let user_pool = user_pool.and_then(|id| id.parse::<UserPoolId>().ok());
                if !user_pools.contains(&user_pool) {
                    user_pools.push(user_pool);
                }
                all.extend(defined(&at, settings)?);
                Ok(())
            });
        read.unwrap_or_else(|problem| not_known.add(problem));
    }
    let is_known = not_known.problems.is_empty();
    findings.notes.append(&mut not_known.problems);
    match &mut *user_pools {
        [user_pool] if is_known => Some((user_pool.take(), all)),
        _ => None,
    }
}

fn defined(at: &Cursor<'_>, settings: &ImportSettings<'_>) -> Result<Vec<String>, Problem> {
    let identifier = settings.variables.member(at, "Identifier")?;
    let identifier = identifier.ok_or_else(|| at.problem("`Identifier` is missing"))?;
    let Some(scopes) = at.get("Scopes") else { return Ok(Vec::new()) };
    let names = scopes
        .list()?
        .items()
        .map(|at| {
            let name = settings.variables.member(&at.clone().map()?, "ScopeName")?;
            let name = name.ok_or_else(|| at.problem("`ScopeName` is missing"))?;
            Ok(format!("{identifier}/{name}"))
        })
        .collect::<Result<Vec<_>, Problem>>()?;
    Ok(names)
}
