//! Several authorizers of one API, by name.

use std::sync::Arc;

use super::{Authorizer, BuildError};
use crate::jwks::HydrateError;

/// The authorizers of one API, each with a name that routes ask it by
/// ([`RouteTableBuilder::route_of`](crate::RouteTableBuilder::route_of)). Cheap to clone.
///
/// All of them are of one [type](crate::AuthorizerType), as on API Gateway: it says how paths are compared, and what is
/// answered where no route covers a request. For that, and for whether a preflight passes, the settings of the first one
/// apply; else those of the one that is asked. Claim headers of any of them are removed from every request.
///
/// ```
/// use cognito_authorizer::{Authorizer, Authorizers, RouteAuthorization, RouteTable};
///
/// let customers = Authorizer::for_user_pool("eu-west-1_Ab129faBb")?.build()?;
/// let staff = Authorizer::for_user_pool("eu-west-1_Cd340gbCc")?.build()?;
/// let routes = RouteTable::builder()
///     .open("GET /health")
///     .route_of("customers", "GET /me", RouteAuthorization::Token)
///     .route_of("staff", "ANY /admin/{proxy+}", RouteAuthorization::Token)
///     .build()?;
/// let layer = Authorizers::new([("customers", customers), ("staff", staff)])?.routes(routes)?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct Authorizers {
    first: Named,
    others: Arc<[Named]>,
}

#[derive(Clone, Debug)]
struct Named {
    name: Box<str>,
    authorizer: Authorizer,
}

impl Authorizers {
    /// These authorizers, by these names.
    ///
    /// # Errors
    ///
    /// [`BuildError::Authorizers`] if there is none, two have the same name, or they are of different types.
    pub fn new<N: Into<String>>(named: impl IntoIterator<Item = (N, Authorizer)>) -> Result<Self, BuildError> {
        let failed = |reason: String| BuildError::Authorizers { reason };
        let named = named.into_iter().map(|(name, authorizer)| Named { name: name.into().into(), authorizer });
        let mut named: Vec<Named> = named.collect();
        for (number, own) in named.iter().enumerate() {
            let mut earlier = named.iter().take(number);
            if earlier.any(|other| other.name == own.name) {
                return Err(failed(format!("two authorizers have the name `{}`: rename one", own.name)));
            }
        }
        let types = named.iter().map(|own| own.authorizer.verifier().authorizer_type());
        if types.clone().zip(types.skip(1)).any(|(one, other)| one != other) {
            return Err(failed("the authorizers of one API are of one type: `CognitoUserPools` or `Jwt`".to_owned()));
        }
        if named.is_empty() {
            return Err(failed("there is no authorizer: name one".to_owned()));
        }
        let first = named.remove(0);
        Ok(Self { first, others: named.into() })
    }

    /// One that has no name.
    pub(crate) fn alone(authorizer: Authorizer) -> Self {
        Self { first: Named { name: "".into(), authorizer }, others: Arc::default() }
    }

    /// The authorizer with this name.
    pub fn get(&self, name: &str) -> Option<&Authorizer> {
        self.named().find(|own| &*own.name == name).map(|own| &own.authorizer)
    }

    /// The authorizers, in the order in which they were given.
    pub fn iter(&self) -> impl Iterator<Item = &Authorizer> {
        self.named().map(|own| &own.authorizer)
    }

    /// Obtains the keys of every user pool of all of them, as [`Authorizer::hydrate`] does of one.
    ///
    /// # Errors
    ///
    /// [`HydrateError`], naming the user pools without keys, of the first authorizer that lacks some.
    pub async fn hydrate(&self) -> Result<(), HydrateError> {
        // Asked whether it is ready, each of them starts its fetches: so they run at the same time.
        let _are_ready = self.is_ready();
        for authorizer in self.iter() {
            authorizer.hydrate().await?;
        }
        Ok(())
    }

    /// Whether all of them are ready, as [`Authorizer::is_ready`] says of one.
    pub fn is_ready(&self) -> bool {
        // Counted, so that each is asked.
        self.iter().filter(|authorizer| !authorizer.is_ready()).count() == 0
    }

    pub(crate) fn first(&self) -> &Authorizer {
        &self.first.authorizer
    }

    pub(crate) fn len(&self) -> usize {
        1 + self.others.len()
    }

    fn named(&self) -> impl Iterator<Item = &Named> {
        std::iter::once(&self.first).chain(self.others.iter())
    }
}
