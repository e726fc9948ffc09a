//! Several named authorizers of one API.

use std::{future::poll_fn, sync::Arc, task::Poll};

use super::{Authorizer, BuildError, BuildMistake};
use crate::{
    jwks::{HydrateError, KeyStore, Turns},
    route::Route,
};

/// The authorizers of one API, each with a name for
/// [`RouteTableBuilder::route_for_authorizer`](crate::route::RouteTableBuilder::route_for_authorizer). Cheap to clone.
///
/// All have one [type](crate::AuthorizerType), as on API Gateway, because it decides how paths are compared. The authorizer
/// that a route names makes the response; for a request without a route, the first authorizer does. A preflight without a route
/// passes if all authorizers accept preflights. The claim headers of all authorizers are stripped from every request.
///
/// Each authorizer has its own keys and token cache, even if two of them accept tokens of one user pool. Together they run at
/// most 32 fetches at a time (an authorizer in several `Authorizers` counts in the last).
///
/// ```
/// use cognito_authorizer::{Authorizer, Authorizers, RouteTable, route::RouteAuthorization};
///
/// let customers = Authorizer::for_user_pool("eu-west-1_Ab129faBb").build()?;
/// let staff = Authorizer::for_user_pool("eu-west-1_Cd340gbCc").build()?;
/// let routes = RouteTable::builder()
///     .open("GET /health")
///     .route_for_authorizer("customers", "GET /me", RouteAuthorization::guarded())
///     .route_for_authorizer("staff", "ANY /admin/{proxy+}", RouteAuthorization::guarded())
///     .build()?;
/// let layer = Authorizers::new([("customers", customers), ("staff", staff)])?.layer(routes)?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct Authorizers {
    first: Named,
    others: Arc<[Named]>,
}

#[derive(Clone, Debug)]
struct Named {
    /// `None` for an authorizer that is the only one of its layer.
    name: Option<Box<str>>,
    authorizer: Authorizer,
}

impl Authorizers {
    /// Takes the authorizers of one API with their names.
    ///
    /// # Errors
    ///
    /// [`BuildMistake::NoAuthorizer`] if there are none, [`BuildMistake::RepeatedAuthorizerName`] if two have the same name,
    /// [`BuildMistake::MixedAuthorizerTypes`] if their types differ, [`BuildMistake::EchoesTokenOf`] if a gateway response of
    /// one contains the token of another.
    pub fn new<N: Into<String>>(named: impl IntoIterator<Item = (N, Authorizer)>) -> Result<Self, BuildError> {
        let authorizers = Self::before_use(named)?;
        authorizers.share_turns();
        Ok(authorizers)
    }

    /// Takes the authorizers as [`new`](Self::new) does, without [`share_turns`](Self::share_turns): the fetches of keys that
    /// they share with authorizers in use do not change.
    pub(crate) fn before_use<N: Into<String>>(
        named: impl IntoIterator<Item = (N, Authorizer)>,
    ) -> Result<Self, BuildError> {
        let named = named.into_iter().map(|(name, authorizer)| Named { name: Some(name.into().into()), authorizer });
        let mut named: Vec<Named> = named.collect();
        let mistakes = mistakes(&named);
        if !mistakes.is_empty() {
            return Err(BuildError::new(mistakes));
        }
        let first = named.remove(0);
        Ok(Self { first, others: named.into() })
    }

    /// Makes the fetches of all authorizers wait for each other's turns.
    pub(crate) fn share_turns(&self) {
        let stores = || self.named().map(|own| &own.authorizer.0.keys);
        let turns = Turns::new(stores().map(KeyStore::issuer_count).sum());
        stores().for_each(|keys| keys.share_turns(&turns));
    }

    /// Wraps a single authorizer without a name.
    pub(crate) fn alone(authorizer: Authorizer) -> Self {
        Self { first: Named { name: None, authorizer }, others: Arc::default() }
    }

    /// Returns the authorizer with this name.
    pub fn get(&self, name: &str) -> Option<&Authorizer> {
        self.named().find(|own| own.name.as_deref() == Some(name)).map(|own| &own.authorizer)
    }

    /// Returns the names and authorizers, in the order in which they were given.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Authorizer)> {
        self.named().map(|own| (own.name.as_deref().unwrap_or_default(), &own.authorizer))
    }

    /// Returns the names that routes can use.
    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.named().filter_map(|own| own.name.as_deref())
    }

    /// Returns the authorizer of a route: the one that the route names, or the only one. `None` if the route requires no
    /// token or names an unknown authorizer.
    pub fn authorizer_for(&self, route: &Route) -> Option<&Authorizer> {
        match route.authorizer() {
            _ if !route.authorization().requires_token() => None,
            Some(name) => self.get(name),
            None => Some(self.first()).filter(|_| self.others.is_empty()),
        }
    }

    /// Fetches the keys of all authorizers at the same time, as [`Authorizer::hydrate`] does for one.
    ///
    /// # Errors
    ///
    /// [`HydrateError`], with the user pools that have no keys, of all authorizers. It takes no longer than the slowest
    /// authorizer.
    pub async fn hydrate(&self) -> Result<(), HydrateError> {
        let mut under_way: Vec<_> = self.iter().map(|(_, authorizer)| Box::pin(authorizer.hydrate())).collect();
        let mut errors = Vec::new();
        // Polled here instead of in a task each: tasks would continue after this future is dropped.
        poll_fn(|cx| {
            under_way.retain_mut(|hydrate| match hydrate.as_mut().poll(cx) {
                Poll::Ready(done) => {
                    errors.extend(done.err());
                    false
                }
                Poll::Pending => true,
            });
            if under_way.is_empty() { Poll::Ready(()) } else { Poll::Pending }
        })
        .await;
        HydrateError::of_all(errors)
    }

    /// Whether all authorizers are ready, see [`Authorizer::is_ready`].
    pub fn is_ready(&self) -> bool {
        // `count` visits every authorizer, so each one starts its fetch.
        self.iter().filter(|(_, authorizer)| !authorizer.is_ready()).count() == 0
    }

    pub(crate) fn first(&self) -> &Authorizer {
        &self.first.authorizer
    }

    fn named(&self) -> impl Iterator<Item = &Named> {
        std::iter::once(&self.first).chain(self.others.iter())
    }
}

/// Finds all mistakes in the authorizers of one API.
fn mistakes(named: &[Named]) -> Vec<BuildMistake> {
    let name = |own: &Named| own.name.as_deref().unwrap_or_default().to_owned();
    let mut mistakes = Vec::new();
    if named.is_empty() {
        mistakes.push(BuildMistake::NoAuthorizer);
    }
    for (number, own) in named.iter().enumerate() {
        if named.iter().take(number).any(|other| other.name == own.name) {
            mistakes.push(BuildMistake::RepeatedAuthorizerName { name: name(own) });
        }
        // A gateway response of one authorizer must not contain a token that was sent for another.
        let reflects = |other: &&Named| own.authorizer.reflects(other.authorizer.identity_source());
        mistakes.extend(named.iter().filter(reflects).map(|other| BuildMistake::EchoesTokenOf {
            authorizer: name(own),
            other: name(other),
            identity_source: other.authorizer.identity_source().to_string(),
        }));
    }
    let mut types = named.iter().map(|own| own.authorizer.verifier().authorizer_type());
    let first = types.next();
    if types.any(|other| Some(other) != first) {
        mistakes.push(BuildMistake::MixedAuthorizerTypes);
    }
    mistakes
}
