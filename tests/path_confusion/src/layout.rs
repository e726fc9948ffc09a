//! The layouts: lists of open and guarded routes that every downstream is configured from.

use cognito_authorizer::AuthorizerType;

/// What a route asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rule {
    Open,
    /// An access token with the scope `shop/a`.
    A,
    /// An access token with the scope `shop/b`.
    B,
}

/// One list of routes, and the kind of API whose rules the layer follows.
#[derive(Debug)]
pub struct Layout {
    pub name: &'static str,
    pub authorizer_type: AuthorizerType,
    pub routes: &'static [(Rule, &'static str)],
}

/// A route as a downstream needs it.
#[derive(Clone, Debug)]
pub struct Route {
    /// Its place in the layout; the handler answers with it in the header `x-route`.
    pub index: usize,
    /// `None` for `ANY`.
    pub method: Option<&'static str>,
    /// `None` for `$default`.
    pub path: Option<Vec<Segment>>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Segment {
    Literal(&'static str),
    Variable(&'static str),
    Greedy(&'static str),
}

/// The order in which a downstream gets its routes. A route that covers everything another one covers comes after it in each
/// of them, since the other one would never be reached otherwise.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// Literals before variables before greedy variables, as a careful person writes them.
    LiteralFirst,
    AsListed,
    Reversed,
    /// Greedy variables before variables before literals.
    WideFirst,
}

impl Order {
    pub const ALL: [Self; 4] = [Self::LiteralFirst, Self::Reversed, Self::AsListed, Self::WideFirst];
}

impl Layout {
    pub fn routes(&self, order: Order) -> Vec<Route> {
        let mut routes: Vec<Route> =
            self.routes.iter().enumerate().map(|(index, (_, key))| route(index, key)).collect();
        let precedence = |route: &Route| (route.path.is_none(), route.path.clone(), route.method.is_none());
        match order {
            Order::AsListed => {}
            Order::Reversed => routes.reverse(),
            Order::LiteralFirst => routes.sort_by_key(precedence),
            Order::WideFirst => {
                routes.sort_by_key(precedence);
                routes.reverse();
            }
        }
        let mut ordered = Vec::new();
        while !routes.is_empty() {
            let is_free = |route: &Route| routes.iter().all(|other| other.index == route.index || !route.covers(other));
            let place = routes.iter().position(is_free).unwrap_or_default();
            ordered.push(routes.remove(place));
        }
        ordered
    }

    pub fn rule(&self, index: usize) -> Rule {
        self.routes[index].0
    }

    pub fn key(&self, index: usize) -> &'static str {
        self.routes[index].1
    }

    pub fn is_grpc(&self) -> bool {
        self.name == "grpc"
    }
}

impl Route {
    /// Whether it covers every path of another route, and, if their paths are the same, more methods: GET includes HEAD.
    fn covers(&self, other: &Self) -> bool {
        let (Some(own), Some(path)) = (&self.path, &other.path) else {
            return self.path.is_none() && other.path.is_some();
        };
        let is_wider = own.len() <= path.len()
            && own.iter().zip(path).all(|segments| match segments {
                (Segment::Literal(own), Segment::Literal(other)) => own == other,
                (Segment::Literal(_), _) | (Segment::Variable(_), Segment::Greedy(_)) => false,
                (Segment::Variable(_) | Segment::Greedy(_), _) => true,
            })
            && (own.len() == path.len() || matches!(own.last(), Some(Segment::Greedy(_))));
        let kinds = |path: &[Segment]| path.iter().map(std::mem::discriminant).collect::<Vec<_>>();
        let is_same = is_wider && kinds(own) == kinds(path);
        let has_more_methods = match (self.method, other.method) {
            (own, other) if own == other => false,
            (None, Some(_)) | (Some("GET"), Some("HEAD")) => true,
            _ => false,
        };
        if is_same { has_more_methods } else { is_wider }
    }
}

fn route(index: usize, key: &'static str) -> Route {
    let Some((method, path)) = key.split_once(' ') else { return Route { index, method: None, path: None } };
    let segment = |text: &'static str| match text.strip_prefix('{').and_then(|text| text.strip_suffix('}')) {
        None => Segment::Literal(text),
        Some(name) => name.strip_suffix('+').map_or(Segment::Variable(name), Segment::Greedy),
    };
    let path = path.split('/').filter(|segment| !segment.is_empty()).map(segment).collect();
    Route { index, method: (method != "ANY").then_some(method), path: Some(path) }
}

use Rule::{A, B, Open};

const REST: AuthorizerType = AuthorizerType::CognitoUserPools;
const HTTP: AuthorizerType = AuthorizerType::Jwt;

pub const LAYOUTS: [Layout; 15] = [
    Layout {
        name: "open variable beside guarded literal",
        authorizer_type: REST,
        routes: &[
            (Open, "GET /pets/{id}"),
            (A, "GET /pets/secret"),
            (A, "POST /pets/{id}"),
            (Open, "GET /health"),
            (B, "GET /pets/{id}/tokens"),
        ],
    },
    Layout {
        name: "open literal beside guarded variable",
        authorizer_type: HTTP,
        routes: &[
            (A, "GET /pets/{id}"),
            (Open, "GET /pets/public"),
            (B, "GET /pets/{id}/{part}"),
            (Open, "GET /pets/public/{part}"),
            (B, "DELETE /pets/{id}"),
        ],
    },
    Layout {
        name: "open default around guarded literals",
        authorizer_type: HTTP,
        routes: &[(Open, "$default"), (A, "ANY /admin"), (A, "ANY /admin/{proxy+}"), (B, "GET /tasks")],
    },
    Layout {
        name: "open variables beside guarded greedy",
        authorizer_type: HTTP,
        routes: &[(Open, "GET /{lang}/{page}"), (A, "ANY /admin"), (A, "ANY /admin/{proxy+}"), (Open, "GET /health")],
    },
    Layout {
        name: "two scopes",
        authorizer_type: HTTP,
        routes: &[
            (A, "GET /reports/{id}"),
            (B, "GET /reports/{proxy+}"),
            (A, "GET /{team}/reports"),
            (B, "ANY /teams/{proxy+}"),
            (Open, "GET /reports/public"),
        ],
    },
    Layout {
        name: "two scopes, each below the other",
        authorizer_type: REST,
        routes: &[
            (A, "ANY /teams/{team}"),
            (B, "ANY /teams/{team}/members/{proxy+}"),
            (A, "GET /teams/{team}/members/public"),
            (B, "GET /teams/mine"),
        ],
    },
    Layout {
        name: "crossing variables",
        authorizer_type: REST,
        routes: &[
            (Open, "GET /{a}/public"),
            (A, "GET /desk/{b}"),
            (B, "GET /desk/{b}/{c}"),
            (Open, "GET /{a}/x/public"),
            (Open, "GET /news/{id}"),
            (A, "GET /{section}/drafts"),
        ],
    },
    Layout {
        name: "HEAD routes",
        authorizer_type: REST,
        routes: &[
            (Open, "HEAD /{proxy+}"),
            (A, "GET /reports/{id}"),
            (A, "GET /"),
            (Open, "HEAD /"),
            (Open, "GET /news/{id}"),
        ],
    },
    Layout {
        name: "methods",
        authorizer_type: HTTP,
        routes: &[
            (Open, "POST /items"),
            (A, "DELETE /items"),
            (Open, "GET /items/{id}"),
            (A, "PUT /items/{id}"),
            (B, "ANY /items/{id}/keys"),
            (Open, "OPTIONS /items"),
        ],
    },
    Layout {
        name: "slashes at the end",
        authorizer_type: HTTP,
        routes: &[
            (Open, "$default"),
            (A, "GET /users/{id}/notes/{note}"),
            (A, "GET /users/{id}"),
            (B, "DELETE /users/{id}/notes/{note}"),
        ],
    },
    Layout {
        name: "ends of segments",
        authorizer_type: REST,
        routes: &[(Open, "ANY /{proxy+}"), (A, "ANY /admin"), (B, "GET /files/desk.txt"), (A, "GET /files/{name}/raw")],
    },
    Layout {
        name: "nested",
        authorizer_type: REST,
        routes: &[
            (Open, "GET /api/{proxy+}"),
            (A, "ANY /api/v1/users/{id}"),
            (B, "ANY /api/v1/admin/{proxy+}"),
            (Open, "GET /api/v1/status"),
            (A, "GET /api/v1/users"),
        ],
    },
    Layout {
        name: "open literal before guarded ends",
        authorizer_type: REST,
        routes: &[
            (Open, "GET /shop/{proxy+}"),
            (Open, "GET /shop/$sale/{proxy+}"),
            (A, "GET /shop/{id}/tasks"),
            (B, "GET /shop/{id}/desk/{key}"),
        ],
    },
    Layout {
        name: "guarded greedy alone",
        authorizer_type: REST,
        routes: &[(Open, "ANY /{proxy+}"), (A, "ANY /desk/{proxy+}"), (B, "GET /tasks/{id}")],
    },
    Layout {
        name: "grpc",
        authorizer_type: HTTP,
        routes: &[
            (Open, "POST /grpc.health.v1.Health/Check"),
            (Open, "POST /shop.Pets/List"),
            (A, "POST /shop.Pets/{method}"),
            (A, "POST /shop.Admin/{proxy+}"),
            (B, "POST /shop.Admin/Drop"),
        ],
    },
];
