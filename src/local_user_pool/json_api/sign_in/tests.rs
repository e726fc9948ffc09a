use super::*;
use crate::local_user_pool::directory::{AppClientConfig, PoolSettings};

/// While a sign-in is under way, anything may happen to the user.
#[test]
fn a_sign_in_is_rejected_if_the_user_has_changed_meanwhile() {
    let settings = AppClientConfig::public("page");
    let client = AppClient { settings, others: serde_json::Map::new(), created_at: 0, last_modified: 0 };
    let mut pool = Pool::new("eu-west-1_a".to_owned(), PoolSettings::default(), 0);
    pool.app_clients.insert("page".to_owned(), client.clone());
    let mut user = pool.new_user("jane", "1".to_owned(), 0);
    user.password = Some(HashedPassword::new("Passw0rd-1").unwrap());
    user.status = UserStatus::Confirmed;
    pool.insert_user(user.clone());
    let holds = |pool: &Pool| still_there(Some(&mut pool.clone()), &client, &user).is_ok();
    assert!(holds(&pool));

    let changes: [fn(&mut Pool); 6] = [
        |pool| drop(pool.remove_app_client("page")),
        |pool| drop(pool.remove_user("jane")),
        |pool| pool.sign_out("1"),
        |pool| pool.subject_mut("1").unwrap().enabled = false,
        |pool| pool.subject_mut("1").unwrap().status = UserStatus::ForceChangePassword,
        |pool| pool.subject_mut("1").unwrap().password = Some(HashedPassword::new("Passw0rd-1").unwrap()),
    ];
    for (number, change) in changes.into_iter().enumerate() {
        let mut changed = pool.clone();
        change(&mut changed);
        assert!(!holds(&changed), "{number}");
    }
    assert!(still_there(None, &client, &user).is_err());
}
