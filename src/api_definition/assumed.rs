//! Values of an app that only a deployment decides, and that are assumed until they are given.
//!
//! A template refers to the ids of its user pools and to its region and account. For a local user pool they can be
//! assumed: an id is derived from the place of the resource in the app, and is the same in every run. No authorizer is
//! built from such a value unless a local user pool serves it, because a derived id could belong to a user pool of
//! another account.

use std::{
    cell::RefCell,
    collections::{BTreeMap, BTreeSet},
    fmt,
};

use crate::user_pool::{UserPool, UserPoolId};

/// The assumed region of a stack whose region is not given.
pub(super) const ASSUMED_REGION: &str = "us-east-1";

/// The assumed account of a stack whose account is not given.
pub(super) const ASSUMED_ACCOUNT: &str = "000000000000";

/// The assumed name of a stack whose name in CloudFormation is not given.
pub(super) const ASSUMED_STACK_NAME: &str = "local-stack";

/// A value that is assumed because the deployment of the app is not known.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum AssumedValue {
    /// The region of a stack.
    Region {
        /// The stack; empty for a single template.
        stack: String,
    },
    /// The AWS account of a stack.
    Account {
        /// The stack; empty for a single template.
        stack: String,
    },
    /// The name of a stack in CloudFormation.
    StackName {
        /// The stack; empty for a single template.
        stack: String,
    },
    /// The id of a user pool or an app client.
    Id {
        /// The stack; empty for a single template.
        stack: String,
        /// The logical id of the resource.
        logical_id: String,
        /// The type of the resource, such as `AWS::Cognito::UserPool`.
        resource_type: String,
    },
}

impl AssumedValue {
    /// Returns what to do about these values, by the options of the command.
    pub(super) fn advice(values: &[Self]) -> String {
        let has = |is_kind: fn(&Self) -> bool| values.iter().any(is_kind);
        let kinds = [
            (
                has(|value| matches!(value, Self::Id { .. })),
                "give the outputs or the resources of the deployment (`--outputs`, `--resources`), or serve the derived ids by \
                 a local user pool",
            ),
            (has(|value| matches!(value, Self::Region { .. })), "give the region (`--region`)"),
            (has(|value| matches!(value, Self::Account { .. })), "give the account (`--account`)"),
            (
                has(|value| matches!(value, Self::StackName { .. })),
                "give the name of the stack (`--variable AWS::StackName=…`)",
            ),
        ];
        let advice = kinds.into_iter().filter(|(is_needed, _)| *is_needed).map(|(_, advice)| advice);
        advice.collect::<Vec<_>>().join(", and ")
    }
}

impl fmt::Display for AssumedValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let stack = match self {
            Self::Region { stack } => {
                f.write_str("the region")?;
                stack
            }
            Self::Account { stack } => {
                f.write_str("the account")?;
                stack
            }
            Self::StackName { stack } => {
                f.write_str("the name in CloudFormation")?;
                stack
            }
            Self::Id { stack, logical_id, resource_type } => {
                let kind = if resource_type == USER_POOL { "user pool" } else { "app client" };
                write!(f, "the id of the {kind} `{logical_id}`")?;
                stack
            }
        };
        if stack.is_empty() { Ok(()) } else { write!(f, " of stack `{stack}`") }
    }
}

/// A user pool of an app with an id that is derived from its place in the app.
///
/// It is not a [`UserPool`], so no authorizer can be built from it. A local user pool can serve this id; see
/// [`ApiDefinitionReader::user_pool`](super::ApiDefinitionReader::user_pool).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DerivedUserPool {
    id: UserPoolId,
    stack: String,
    logical_id: String,
}

impl DerivedUserPool {
    /// Returns the user pool of an id that has the form of a derived one, and whose place is not known.
    pub(super) fn written(id: &UserPoolId) -> Option<Self> {
        has_derived_form(id).then(|| Self { id: id.clone(), stack: String::new(), logical_id: String::new() })
    }

    /// Returns the derived id as text.
    pub fn id(&self) -> &str {
        self.id.as_str()
    }

    /// Returns the stack of the user pool, such as `Prod/Auth`; empty for a single template.
    pub fn stack(&self) -> &str {
        &self.stack
    }

    /// Returns the logical id of the user pool; empty for an id that was written into a definition.
    pub fn logical_id(&self) -> &str {
        &self.logical_id
    }
}

/// A user pool of an [authorizer](super::AuthorizerDefinition).
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum DefinedUserPool {
    /// A user pool with a known id.
    Known(UserPool),
    /// A user pool of the app with a derived id.
    Derived(DerivedUserPool),
    /// A local user pool that serves a derived id.
    Local(UserPool),
}

impl DefinedUserPool {
    /// Returns the user pool; `None` for a derived id that no local user pool serves.
    pub fn user_pool(&self) -> Option<&UserPool> {
        match self {
            Self::Known(user_pool) | Self::Local(user_pool) => Some(user_pool),
            Self::Derived(_) => None,
        }
    }

    /// Returns the id as text, derived or not.
    pub fn id(&self) -> &str {
        match self {
            Self::Known(user_pool) | Self::Local(user_pool) => user_pool.id().as_str(),
            Self::Derived(derived) => derived.id(),
        }
    }

    /// Returns the user pool for checks that need no keys.
    pub(crate) fn for_checks(&self) -> UserPool {
        match self {
            Self::Known(user_pool) | Self::Local(user_pool) => user_pool.clone(),
            Self::Derived(derived) => UserPool::from(&derived.id),
        }
    }
}

/// The values that were assumed while an app was read.
#[derive(Debug, Default)]
pub(super) struct Assumptions {
    /// Whether values may be assumed; if not, a value that is not known is missing.
    are_allowed: bool,
    used: RefCell<BTreeSet<AssumedValue>>,
    user_pools: RefCell<BTreeMap<String, DerivedUserPool>>,
}

impl Assumptions {
    /// Returns the assumptions of a reading that may assume values.
    pub(super) fn allowed() -> Self {
        Self { are_allowed: true, ..Self::default() }
    }

    /// Returns the value that is assumed, and records it.
    pub(super) fn assume(&self, value: AssumedValue, text: &str) -> Option<String> {
        if !self.are_allowed {
            return None;
        }
        self.used.borrow_mut().insert(value);
        Some(text.to_owned())
    }

    /// Returns the values that were assumed so far.
    pub(super) fn used(&self) -> Vec<AssumedValue> {
        self.used.borrow().iter().cloned().collect()
    }

    /// Derives the id of a user pool, and records it.
    pub(super) fn user_pool(&self, region: &str, stack: &str, logical_id: &str) -> Option<String> {
        let id = derived_user_pool_id(region, stack, logical_id);
        let assumed = self.assume(id_of(stack, logical_id, USER_POOL), &id)?;
        if let Ok(parsed) = id.parse::<UserPoolId>() {
            let derived = DerivedUserPool { id: parsed, stack: stack.to_owned(), logical_id: logical_id.to_owned() };
            self.user_pools.borrow_mut().insert(id, derived);
        }
        Some(assumed)
    }

    /// Derives the id of an app client, and records it.
    pub(super) fn app_client(&self, stack: &str, logical_id: &str) -> Option<String> {
        self.assume(id_of(stack, logical_id, APP_CLIENT), &derived_app_client_id(stack, logical_id))
    }

    /// Returns the user pool if its id was derived.
    pub(super) fn derived(&self, id: &UserPoolId) -> Option<DerivedUserPool> {
        self.user_pools.borrow().get(id.as_str()).cloned()
    }
}

fn id_of(stack: &str, logical_id: &str, resource_type: &str) -> AssumedValue {
    AssumedValue::Id {
        stack: stack.to_owned(),
        logical_id: logical_id.to_owned(),
        resource_type: resource_type.to_owned(),
    }
}

/// Returns the derived id of a user pool. It is longer than the ids that Cognito gives, which nothing promises.
pub(super) fn derived_user_pool_id(region: &str, stack: &str, logical_id: &str) -> String {
    format!("{region}_Local{}", fingerprint("user pool", stack, logical_id, USER_POOL_ID_LENGTH))
}

/// Whether an id has the form of a derived one.
pub(crate) fn has_derived_form(id: &UserPoolId) -> bool {
    let own = id.as_str().get(id.region().len() + 1..).and_then(|own| own.strip_prefix("Local"));
    own.is_some_and(|own| own.len() == USER_POOL_ID_LENGTH && own.bytes().all(|byte| ALPHABET.contains(&byte)))
}

/// Returns the derived id of an app client. It is shorter than the ids that Cognito gives, which nothing promises.
pub(super) fn derived_app_client_id(stack: &str, logical_id: &str) -> String {
    format!("local{}", fingerprint("app client", stack, logical_id, 15))
}

/// Returns the derived secret of an app client.
#[cfg(feature = "local-user-pool")]
pub(super) fn derived_client_secret(stack: &str, logical_id: &str) -> String {
    format!("localsecret{}", fingerprint("client secret", stack, logical_id, 20))
}

/// Returns the derived password of a user, which conforms to every password policy with this minimum length.
#[cfg(feature = "local-user-pool")]
pub(super) fn derived_password(stack: &str, logical_id: &str, least: u64) -> String {
    let rest = usize::try_from(least).unwrap_or_default().clamp(14, 99) - 8;
    // All four classes of characters.
    format!("Local-1.{}", fingerprint("password", stack, logical_id, rest))
}

/// The characters of a derived id after `Local`.
const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";

/// The number of characters of a derived user pool id after `Local`.
const USER_POOL_ID_LENGTH: usize = 12;

/// Returns digits and lower-case letters that depend on the place of a resource. Nothing secret depends on them.
fn fingerprint(purpose: &str, stack: &str, logical_id: &str, length: usize) -> String {
    // A hash of 64 bits gives this many characters of 5 bits.
    const ROUND: usize = 12;
    let mut text = String::new();
    for round in 0..length.div_ceil(ROUND) {
        // No name contains a line break.
        let mut hash = fnv_1a(&format!("{purpose}\n{round}\n{stack}\n{logical_id}"));
        for _ in 0..ROUND {
            text.extend(
                usize::try_from(hash % 32).ok().and_then(|place| ALPHABET.get(place)).map(|byte| char::from(*byte)),
            );
            hash /= 32;
        }
    }
    text.truncate(length);
    text
}

/// The hash function FNV-1a of 64 bits, whose values stay the same in every release.
fn fnv_1a(text: &str) -> u64 {
    text.bytes().fold(0xcbf2_9ce4_8422_2325, |hash: u64, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}

pub(super) const USER_POOL: &str = "AWS::Cognito::UserPool";

pub(super) const APP_CLIENT: &str = "AWS::Cognito::UserPoolClient";
