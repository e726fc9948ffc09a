//! Operations on groups and their members.

use serde_json::{Value, json};

use super::{
    Answer, Api, check_room, date,
    exception::Exception,
    listed,
    lookup::{group, pool, user, user_mut},
    object,
    parameters::Parameters,
};
use crate::local_user_pool::{
    directory::{Group, Pool, limits::MAX_GROUPS},
    text::{ANYTHING, NAME},
};

impl Api<'_> {
    pub(super) fn create_group(&self, parameters: &Parameters) -> Answer {
        let name = parameters.text("GroupName", &NAME)?.to_owned();
        let role_arn = parameters.optional_text("RoleArn", &ANYTHING)?.map(str::to_owned);
        let description = parameters.optional_text("Description", &ANYTHING)?.map(str::to_owned);
        let precedence = parameters.number("Precedence")?;
        let group = Group { group_name: name, description, role_arn, precedence, created_at: self.secs() };
        self.change_pool(parameters, |pool| {
            if pool.groups.contains_key(&group.group_name) {
                return Err(Exception::new("GroupExistsException", "A group with the name already exists."));
            }
            check_room(pool.groups.len(), MAX_GROUPS)?;
            let answer = json!({ "Group": shown(pool, &group) });
            pool.groups.insert(group.group_name.clone(), group);
            Ok(answer)
        })
    }

    pub(super) fn get_group(&self, parameters: &Parameters) -> Answer {
        let directory = self.read();
        let pool = pool(&directory, parameters)?;
        Ok(json!({ "Group": shown(pool, group(pool, parameters)?) }))
    }

    pub(super) fn delete_group(&self, parameters: &Parameters) -> Answer {
        self.change_pool(parameters, |pool| {
            let name = group(pool, parameters)?.group_name.clone();
            pool.remove_group(&name);
            Ok(json!({}))
        })
    }

    pub(super) fn list_groups(&self, parameters: &Parameters) -> Answer {
        let directory = self.read();
        let pool = pool(&directory, parameters)?;
        Ok(listed("Groups", parameters.page("Limit", pool.groups.values(), |group| shown(pool, group))?))
    }

    pub(super) fn admin_add_user_to_group(&self, parameters: &Parameters) -> Answer {
        self.change_pool(parameters, |pool| {
            let name = group(pool, parameters)?.group_name.clone();
            user_mut(pool, parameters)?.groups.insert(name);
            Ok(json!({}))
        })
    }

    pub(super) fn admin_remove_user_from_group(&self, parameters: &Parameters) -> Answer {
        self.change_pool(parameters, |pool| {
            let name = group(pool, parameters)?.group_name.clone();
            user_mut(pool, parameters)?.groups.remove(&name);
            Ok(json!({}))
        })
    }

    pub(super) fn admin_list_groups_for_user(&self, parameters: &Parameters) -> Answer {
        let directory = self.read();
        let pool = pool(&directory, parameters)?;
        let user = user(pool, parameters)?;
        let groups = user.groups.iter().filter_map(|name| pool.groups.get(name));
        Ok(listed("Groups", parameters.page("Limit", groups, |group| shown(pool, group))?))
    }
}

fn shown(pool: &Pool, group: &Group) -> Value {
    object(json!({
        "GroupName": group.group_name,
        "UserPoolId": pool.id,
        "Description": group.description,
        "RoleArn": group.role_arn,
        "Precedence": group.precedence,
        "CreationDate": date(group.created_at),
        "LastModifiedDate": date(group.created_at),
    }))
}
