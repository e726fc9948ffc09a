//! The decision of a layer for callers outside of tower.

use bytes::Bytes;
use http::{Response, request::Parts};

use super::{Admission, AuthorizerLayer, gate::Decision, head::RequestHead};

impl AuthorizerLayer {
    /// Decides about a request as the layer does, for frameworks that do not use tower.
    ///
    /// If the token names a key that is not cached, the method fetches the keys within the same limits and waits for
    /// them, so a token signed with a rotated key is accepted. The method reads only the head of the request. The
    /// extensions matter only inside nested axum routers.
    ///
    /// ```
    /// use cognito_authorizer::{Authorizer, Rejection};
    ///
    /// # async fn example() -> Result<(), Box<dyn std::error::Error>> {
    /// let authorizer = Authorizer::for_user_pool("eu-west-1_Ab129faBb").build()?;
    /// let reader = authorizer.layer().scopes(["pets/read"])?;
    ///
    /// let (mut head, body) = http::Request::builder().uri("/pets/7").body("")?.into_parts();
    /// match reader.check(&head).await {
    ///     Ok(admission) => {
    ///         admission.apply(&mut head);
    ///         println!("welcome, {:?}", admission.claims().map(|claims| claims.subject()));
    ///     }
    ///     Err(response) => {
    ///         let rejection = response.extensions().get::<Rejection>();
    ///         println!("{}: {rejection:?}", response.status());
    ///     }
    /// }
    /// # Ok(())
    /// # }
    /// # tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(example()).unwrap();
    /// ```
    ///
    /// # Errors
    ///
    /// The complete gateway response, with the [`Rejection`](crate::Rejection) in its extensions. Without one, the response is
    /// that of a route that the layer answers itself: a [mock response](crate::route::MockResponse), or the answer to a
    /// preflight request.
    pub async fn check(&self, request: &Parts) -> Result<Admission, Response<Bytes>> {
        let head = RequestHead::of_parts(request);
        let mut decision = self.gate.decide(head);
        loop {
            match decision {
                Decision::Admit(pass) => {
                    self.gate.report(&request.method, &pass);
                    return Ok(Admission::new(&self.gate, head, pass));
                }
                Decision::Respond(response) => return Err(*response),
                Decision::Wait(fetch) => {
                    fetch.end.wait().await;
                    decision = self.gate.resume(head, fetch.resumption);
                }
            }
        }
    }

    /// Whether the route that covers a request is open.
    #[cfg(feature = "serve")]
    pub(crate) fn is_open(&self, request: &Parts) -> bool {
        let target = self.gate.matching.find(RequestHead::of_parts(request));
        target.is_ok_and(|target| self.gate.matching.authorization(target).is_none_or(|own| own.is_open()))
    }

    /// Returns the key of the route that covers a request, for a log.
    #[cfg(feature = "serve")]
    pub(crate) fn route_key(&self, request: &Parts) -> Option<&str> {
        let target = self.gate.matching.find(RequestHead::of_parts(request)).ok()?;
        self.gate.matching.route(target).map(|route| route.key().as_str())
    }
}
