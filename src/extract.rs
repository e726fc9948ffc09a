//! [`Claims`] as an extractor for axum handlers (feature `axum`).

use axum::{
    extract::{FromRequestParts, OptionalFromRequestParts},
    response::{IntoResponse, Response},
};
use http::{StatusCode, request::Parts};

use crate::claims::Claims;
use crate::error_text::debug_as_display;

impl<S: Sync> FromRequestParts<S> for Claims {
    type Rejection = MissingLayer;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, MissingLayer> {
        parts.extensions.get::<Self>().cloned().ok_or(MissingLayer)
    }
}

/// Extracts `None` on an open route, and if the layer is missing.
impl<S: Sync> OptionalFromRequestParts<S> for Claims {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Option<Self>, Self::Rejection> {
        Ok(parts.extensions.get::<Self>().cloned())
    }
}

/// The rejection of a handler that takes [`Claims`] when no authorizer put any into the request.
///
/// The status is 500, because the mistake is in the service and not in the request.
///
/// ```
/// use axum::{Router, routing::get};
/// use cognito_authorizer::{Authorizer, Claims};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let authorizer = Authorizer::for_user_pool("eu-west-1_Ab129faBb").build()?;
/// let app: Router = Router::new()
///     .route("/me", get(|claims: Claims| async move { claims.subject().to_owned() }))
///     // Without this line, `GET /me` answers 500.
///     .route_layer(authorizer.layer());
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Copy, thiserror::Error)]
#[error(
    "no `Claims` in the request: put an authorizer's layer in front of this handler, or take `Option<Claims>` on an open route"
)]
#[non_exhaustive]
pub struct MissingLayer;

debug_as_display!(MissingLayer);

impl IntoResponse for MissingLayer {
    fn into_response(self) -> Response {
        (StatusCode::INTERNAL_SERVER_ERROR, self.to_string()).into_response()
    }
}
