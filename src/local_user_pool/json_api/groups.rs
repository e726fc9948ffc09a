//! Groups, and who is in them.

use serde_json::{Value, json};

use super::{
    Answer, Api,
    exception::Exception,
    listed, object,
    parameters::{ANYTHING, NAME, Parameters},
    pool, user, user_mut,
};
use crate::local_user_pool::directory::{Group, Pool};

impl Api<'_> {
    pub(super) fn create_group(&self, parameters: &Parameters) -> Answer {
        let name = parameters.text("GroupName", &NAME)?.to_owned();
        let role_arn = parameters.optional_text("RoleArn", &ANYTHING)?.map(str::to_owned);
        let description = parameters.optional_text("Description", &ANYTHING)?.map(str::to_owned);
        let precedence = parameters.number("Precedence")?;
        let (created_at, last_modified) = (self.secs(), self.secs());
        let group = Group { group_name: name, description, role_arn, precedence, created_at, last_modified };
        self.change_pool(parameters, |pool| {
            if pool.groups.contains_key(&group.group_name) {
                return Err(Exception::new("GroupExistsException", "A group with the name already exists."));
            }
            let answer = json!({ "Group": shown(pool, &group) });
            pool.groups.insert(group.group_name.clone(), group);
            Ok(answer)
        })
    }

    pub(super) fn get_group(&self, parameters: &Parameters) -> Answer {
        let directory = self.store.read();
        let pool = pool(&directory, parameters)?;
        Ok(json!({ "Group": shown(pool, group(pool, parameters.text("GroupName", &NAME)?)?) }))
    }

    pub(super) fn delete_group(&self, parameters: &Parameters) -> Answer {
        let name = parameters.text("GroupName", &NAME)?;
        self.change_pool(parameters, |pool| {
            group(pool, name)?;
            pool.groups.remove(name);
            let members: Vec<String> =
                pool.users().filter(|user| user.groups.contains(name)).map(|user| user.sub.clone()).collect();
            for sub in members {
                if let Some(user) = pool.user_mut(&sub) {
                    user.groups.remove(name);
                }
            }
            Ok(json!({}))
        })
    }

    pub(super) fn list_groups(&self, parameters: &Parameters) -> Answer {
        let directory = self.store.read();
        let pool = pool(&directory, parameters)?;
        Ok(listed("Groups", parameters.page("Limit", pool.groups.values().map(|group| shown(pool, group)))?))
    }

    pub(super) fn admin_add_user_to_group(&self, parameters: &Parameters) -> Answer {
        let name = parameters.text("GroupName", &NAME)?;
        self.change_pool(parameters, |pool| {
            group(pool, name)?;
            user_mut(pool, parameters)?.groups.insert(name.to_owned());
            Ok(json!({}))
        })
    }

    pub(super) fn admin_remove_user_from_group(&self, parameters: &Parameters) -> Answer {
        let name = parameters.text("GroupName", &NAME)?;
        self.change_pool(parameters, |pool| {
            group(pool, name)?;
            user_mut(pool, parameters)?.groups.remove(name);
            Ok(json!({}))
        })
    }

    pub(super) fn admin_list_groups_for_user(&self, parameters: &Parameters) -> Answer {
        let directory = self.store.read();
        let pool = pool(&directory, parameters)?;
        let user = user(pool, parameters)?;
        let groups = user.groups.iter().filter_map(|name| pool.groups.get(name));
        Ok(listed("Groups", parameters.page("Limit", groups.map(|group| shown(pool, group)))?))
    }
}

/// A group by its name.
pub(super) fn group<'p>(pool: &'p Pool, name: &str) -> Result<&'p Group, Exception> {
    pool.groups.get(name).ok_or_else(|| Exception::not_found("Group not found."))
}

fn shown(pool: &Pool, group: &Group) -> Value {
    object(json!({
        "GroupName": group.group_name,
        "UserPoolId": pool.id,
        "Description": group.description,
        "RoleArn": group.role_arn,
        "Precedence": group.precedence,
        "CreationDate": group.created_at,
        "LastModifiedDate": group.last_modified,
    }))
}
