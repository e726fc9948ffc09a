//! The route table of a layout, with what the layer is told about the service behind it.

use cognito_authorizer::{Authorizer, AuthorizerLayer, RouteTable, route::{InnerRouter, RouteAuthorization}};

use crate::layout::{Layout, Rule};

/// How the service behind reads requests, as far as the layer has a setting for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Reading {
    /// The service may take its routes in any order.
    pub any_order: bool,
    pub ignores_case: bool,
    /// `dangerous().paths_as_sent()`
    pub as_sent: bool,
    /// `dangerous().shadow()`: the layer only watches.
    pub shadow: bool,
}

/// A service that goes by literals first, from the left, and by case.
pub const LITERAL_FIRST: Reading = Reading { any_order: false, ignores_case: false, as_sent: false, shadow: false };

pub const ANY_ORDER: Reading = Reading { any_order: true, ..LITERAL_FIRST };

impl Reading {
    pub const fn ignoring_case(self) -> Self {
        Self { ignores_case: true, ..self }
    }

    pub const fn as_sent(self) -> Self {
        Self { as_sent: true, ..self }
    }

    pub const fn shadow(self) -> Self {
        Self { shadow: true, ..self }
    }
}

impl std::fmt::Display for Reading {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(if self.any_order { "any order" } else { "literal first" })?;
        for (is_set, name) in
            [(self.ignores_case, "ignoring case"), (self.as_sent, "paths as sent"), (self.shadow, "shadow mode")]
        {
            if is_set {
                write!(f, ", {name}")?;
            }
        }
        Ok(())
    }
}

pub fn table(layout: &Layout, reading: Reading) -> RouteTable {
    let router = if reading.any_order { InnerRouter::AnyOrder } else { InnerRouter::LiteralFirst };
    let mut builder = RouteTable::builder().authorizer_type(layout.authorizer_type).inner_router(router).ignore_case(reading.ignores_case);
    for (rule, key) in layout.routes {
        let scopes = match rule {
            Rule::Open => {
                builder = builder.route(key, RouteAuthorization::open());
                continue;
            }
            Rule::A => "shop/a",
            Rule::B => "shop/b",
        };
        builder = builder.scopes(key, [scopes]);
    }
    if reading.as_sent {
        builder = builder.dangerous().paths_as_sent();
    }
    builder.build().expect("a route table")
}

pub fn layer(authorizer: &Authorizer, layout: &Layout, reading: Reading) -> AuthorizerLayer {
    let layer = authorizer.layer().routes(table(layout, reading)).expect("one authorizer");
    if reading.shadow { layer.dangerous().shadow() } else { layer }
}
