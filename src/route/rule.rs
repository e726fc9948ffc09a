//! One route of a table: its key, its authorization and its authorizer.

use std::sync::Arc;

use super::{
    MatchRules, MockResponse, RouteAuthorization, RouteKey,
    key::{Pattern, RouteMethod, Segment},
    tree::Place,
};

/// One route of a [`RouteTable`](super::RouteTable): its key, its authorization and the name of its authorizer.
///
/// ```
/// use cognito_authorizer::RouteTable;
///
/// let routes = RouteTable::builder().scopes("GET /pets/{id}", ["pets/read"]).build()?;
/// let route = &routes.routes()[0];
/// assert_eq!((route.key().as_str(), route.authorizer()), ("GET /pets/{id}", None));
/// assert!(!route.authorization().is_open());
/// # Ok::<(), cognito_authorizer::route::RouteTableError>(())
/// ```
#[derive(Clone, Debug)]
pub struct Route {
    key: Arc<RouteKey>,
    authorization: Arc<RouteAuthorization>,
    authorizer: Option<Arc<str>>,
    mock_response: Option<Arc<MockResponse>>,
    place: Place,
}

/// Compares everything except the position in a table.
impl PartialEq for Route {
    fn eq(&self, other: &Self) -> bool {
        self.key == other.key && self.has_same_rule(other) && self.mock_response == other.mock_response
    }
}

impl Eq for Route {}

impl Route {
    pub(super) fn new(key: RouteKey, authorization: RouteAuthorization, authorizer: Option<&str>) -> Self {
        // Only a route that requires a token has an authorizer.
        let authorizer = authorizer.filter(|_| authorization.requires_token()).map(Arc::from);
        Self { key: Arc::new(key), authorization: Arc::new(authorization), authorizer, mock_response: None, place: 0 }
    }

    /// An open route that the layer answers itself.
    pub(super) fn mock(key: RouteKey, response: MockResponse) -> Self {
        let open = Self::new(key, RouteAuthorization::open(), None);
        Self { mock_response: Some(Arc::new(response)), ..open }
    }

    /// The route key.
    pub fn key(&self) -> &RouteKey {
        &self.key
    }

    /// The authorization that the route requires.
    pub fn authorization(&self) -> &RouteAuthorization {
        &self.authorization
    }

    /// The name of the route's authorizer, if one was given. An open route has none.
    pub fn authorizer(&self) -> Option<&str> {
        self.authorizer.as_deref()
    }

    /// The response that the layer gives to every request for this route; `None` if it forwards the requests that it allows.
    pub fn mock_response(&self) -> Option<&MockResponse> {
        self.mock_response.as_deref()
    }

    /// Whether the route is open to any client.
    pub(crate) fn is_open(&self) -> bool {
        self.authorization.is_open()
    }

    /// Whether both routes have the same authorization and the same authorizer.
    pub(crate) fn has_same_rule(&self, other: &Self) -> bool {
        self.authorization == other.authorization && self.authorizer == other.authorizer
    }

    pub(crate) fn shared_authorization(&self) -> &Arc<RouteAuthorization> {
        &self.authorization
    }

    /// The position of the route in the table.
    pub(crate) fn place(&self) -> Place {
        self.place
    }

    pub(super) fn at(self, place: Place) -> Self {
        Self { place, ..self }
    }

    /// Returns the sort key of the route: a more specific route compares as less (behaviour §5.1.2, §5.1.4, §5.2.1).
    pub(super) fn precedence(&self, rules: MatchRules) -> impl Ord + '_ {
        let (segments, is_any): (&[Segment], bool) = match &self.key.pattern {
            Pattern::Default => (&[], true),
            Pattern::Path { method, segments } => (segments, *method == RouteMethod::Any),
        };
        let is_default = self.key.pattern == Pattern::Default;
        let is_late = rules.full_match_first && segments.contains(&Segment::Greedy);
        (is_default, is_late, segments, is_any, self.key.as_str())
    }

    pub(super) fn pattern(&self) -> &Pattern {
        &self.key.pattern
    }
}
