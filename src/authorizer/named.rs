//! Several authorizers of one API, by name.

use std::{future::poll_fn, sync::Arc, task::Poll};

use super::{Authorizer, BuildError, BuildMistake};
use crate::{
    jwks::{HydrateError, Turns},
    route::Route,
};

/// The authorizers of one API, each with a name that routes ask it by
/// ([`RouteTableBuilder::route_for_authorizer`](crate::route::RouteTableBuilder::route_for_authorizer)). Cheap to clone.
///
/// All of them are of one [type](crate::AuthorizerType), as on API Gateway: it says how paths are compared. Where no route
/// covers a request, the first authorizer's settings decide the answer; otherwise those of the authorizer that the route
/// names. Where no route covers a preflight, it passes if all of them let it. Claim headers of any of them are removed from
/// every request. Each has keys and a token cache of its own, also where two of them take tokens of one user pool; their
/// fetches are bounded together, to 32 at a time (an authorizer that is given to several `Authorizers` counts in the last).
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
    /// `None` for an authorizer that makes a layer by itself.
    name: Option<Box<str>>,
    authorizer: Authorizer,
}

impl Authorizers {
    /// These authorizers, by these names.
    ///
    /// # Errors
    ///
    /// [`BuildMistake::NoAuthorizer`], [`BuildMistake::RepeatedAuthorizerName`] if two have the same name,
    /// [`BuildMistake::MixedAuthorizerTypes`] if they are of different types, [`BuildMistake::EchoesTokenOf`] if a gateway response
    /// of one holds the token of another.
    pub fn new<N: Into<String>>(named: impl IntoIterator<Item = (N, Authorizer)>) -> Result<Self, BuildError> {
        let named = named.into_iter().map(|(name, authorizer)| Named { name: Some(name.into().into()), authorizer });
        let mut named: Vec<Named> = named.collect();
        let mistakes = mistakes(&named);
        if !mistakes.is_empty() {
            return Err(BuildError::new(mistakes));
        }
        if named.len() > 1 {
            let issuers = named.iter().map(|own| own.authorizer.0.keys.issuer_count()).sum();
            let turns = Turns::new(issuers);
            named.iter().for_each(|own| own.authorizer.0.keys.share_turns(&turns));
        }
        let first = named.remove(0);
        Ok(Self { first, others: named.into() })
    }

    /// One that has no name.
    pub(crate) fn alone(authorizer: Authorizer) -> Self {
        Self { first: Named { name: None, authorizer }, others: Arc::default() }
    }

    /// The authorizer with this name.
    pub fn get(&self, name: &str) -> Option<&Authorizer> {
        self.named().find(|own| own.name.as_deref() == Some(name)).map(|own| &own.authorizer)
    }

    /// The authorizers and their names, in the order in which they were given.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Authorizer)> {
        self.named().map(|own| (own.name.as_deref().unwrap_or_default(), &own.authorizer))
    }

    /// The names that a route can ask for.
    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.named().filter_map(|own| own.name.as_deref())
    }

    /// Who is asked by a route: the authorizer that it names, or the only one. Nobody, if it is open or names one that is
    /// not among them.
    pub fn authorizer_for(&self, route: &Route) -> Option<&Authorizer> {
        match route.authorizer() {
            _ if route.is_open() => None,
            Some(name) => self.get(name),
            None => Some(self.first()).filter(|_| self.others.is_empty()),
        }
    }

    /// Obtains the keys of every user pool of all of them, as [`Authorizer::hydrate`] does of one.
    ///
    /// # Errors
    ///
    /// [`HydrateError`], naming the user pools without keys, of whichever authorizer. It takes no longer than for the
    /// slowest of them.
    pub async fn hydrate(&self) -> Result<(), HydrateError> {
        let mut under_way: Vec<_> = self.iter().map(|(_, authorizer)| Box::pin(authorizer.hydrate())).collect();
        let mut errors = Vec::new();
        // All of them here, at the same time: a task for each would go on if nobody waited any more.
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

    /// Whether all of them are ready, as [`Authorizer::is_ready`] says of one.
    pub fn is_ready(&self) -> bool {
        // Counted, so that each is asked.
        self.iter().filter(|(_, authorizer)| !authorizer.is_ready()).count() == 0
    }

    pub(crate) fn first(&self) -> &Authorizer {
        &self.first.authorizer
    }

    fn named(&self) -> impl Iterator<Item = &Named> {
        std::iter::once(&self.first).chain(self.others.iter())
    }
}

/// Everything that is wrong with authorizers of one API.
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
        // Where one of them answers, the request may hold a token for another one.
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
