//! Gives advice about a rejection.

use cognito_authorizer::{RejectionKind, token::ExpectedTokenUse};
use serde_json::Value;

use super::{
    ExplainedRequest,
    sent::{TokenOddity, shown, shown_or},
};

/// Returns advice for the caller or the operator of the service; `None` if the request was accepted.
pub(crate) fn advice(asked: &ExplainedRequest<'_>) -> Option<String> {
    let kind = asked.rejection?.kind();
    let advice = of_request(kind, asked).or_else(|| of_token(kind, asked)).or_else(|| of_claims(kind, asked));
    Some(advice.unwrap_or_else(|| kind.to_string()))
}

/// Returns advice about the route and the place of the token.
fn of_request(kind: RejectionKind, asked: &ExplainedRequest<'_>) -> Option<String> {
    use RejectionKind as No;
    let (sent, source) = (&asked.sent, asked.authorizer.identity_source());
    Some(match kind {
        No::AmbiguousPath => "the service could take this request for one with another rule. Send the plain path: without `..`, \
                              `\\`, doubled slashes, escapes of plain characters, and dots or slashes at the end; in the case of \
                              its route; without a method override. Or let `check` name the routes that conflict, and set \
                              `inner_router` and `ignore_case` to what the service does"
            .to_owned(),
        No::UnknownStage => unknown_stage(asked),
        No::NoRoute => no_route(asked),
        No::UnsupportedAuthorization => {
            "the route has an authorization on API Gateway that is not checked here, so it rejects every request: guard it \
             with an authorizer of a user pool, or serve it elsewhere"
                .to_owned()
        }
        No::MissingToken | No::EmptyToken => format!("send the token in {source}, bare or after `Bearer `"),
        No::RepeatedToken => format!("send one token in {source}, not {}", sent.values),
        No::MissingScheme => "put `Bearer ` before the token, or set `bearer_scheme = \"optional\"`".to_owned(),
        No::TokenPatternMismatch => "the identity validation expression is for the token as it is sent here: for `aud`, \
                                     leave `identity_validation_target` out"
            .to_owned(),
        No::TokenTooLong => "an ID token grows with groups and attributes: send the access token, or fewer of them".to_owned(),
        _ => return None,
    })
}

/// Returns advice about the token, its key and its signature.
fn of_token(kind: RejectionKind, asked: &ExplainedRequest<'_>) -> Option<String> {
    use RejectionKind as No;
    Some(match kind {
        No::MalformedToken | No::MalformedHeader if asked.sent.oddity.is_some() => {
            asked.sent.oddity.map(TokenOddity::advice).unwrap_or_default().to_owned()
        }
        No::MalformedClaims if asked.sent.claims.as_ref().is_some_and(|claims| claims.get("scope").is_some_and(Value::is_array)) => {
            "`scope` is a list, and Cognito writes a string with blanks between the scopes: this is not a token of a user pool"
                .to_owned()
        }
        No::MalformedToken | No::MalformedHeader | No::MalformedClaims | No::MalformedSignature => {
            "send the ID token or the access token by itself, as Cognito gave it: three parts with dots between them, without quotes \
             or line breaks. A refresh token has five parts, and is for Cognito alone"
                .to_owned()
        }
        No::UnsupportedExtension => "Cognito writes no `crit`, `b64` or `zip`: this is not a token of a user pool".to_owned(),
        No::UnsupportedAlgorithm => "Cognito signs with RS256: this is not a token of a user pool".to_owned(),
        No::UnknownIssuer => {
            let names: Vec<&str> = asked.authorizer.verifier().issuers().iter().map(|issuer| issuer.name()).collect();
            let own = shown_or(asked.sent.text("iss"), "no issuer");
            format!("the token names {own}; the authorizer accepts tokens of {}", names.join(" and "))
        }
        No::MissingKid => "Cognito names the key in `kid`: this is not a token of a user pool".to_owned(),
        No::KeysUnavailable => asked.no_keys.clone().unwrap_or_else(|| {
            "the JWK Set of the user pool cannot be fetched: check that this machine can reach its address".to_owned()
        }),
        No::UnknownKey => "the user pool publishes no such key: the token is of another user pool, or older than its keys. \
                           Sign in again"
            .to_owned(),
        No::InvalidSignature => "the token was changed, or cut off, on its way, or is forged: sign in again".to_owned(),
        _ => return None,
    })
}

/// Returns advice about the claims of the token.
fn of_claims(kind: RejectionKind, asked: &ExplainedRequest<'_>) -> Option<String> {
    use RejectionKind as No;
    Some(match kind {
        No::MissingExpiry | No::MissingSubject => "Cognito writes `exp` and `sub`: this is not a token of a user pool".to_owned(),
        No::Expired => format!(
            "get another token: with the refresh token, or sign in again. If a new token is expired too, the clock of this \
             machine is ahead: it shows {} seconds since 1970",
            asked.now.as_secs()
        ),
        No::NotYetValid | No::IssuedInFuture => {
            "set the clock of this machine right; `not_before_leeway_seconds` allows for a few seconds".to_owned()
        }
        No::LifetimeTooLong => {
            "the token is good for longer than `max_lifetime_seconds` allows, or has no `iat`: get one that is issued for less"
                .to_owned()
        }
        No::SenderConstrained => {
            "the token has a `cnf` claim, so it is no plain bearer token: get one without, or set \
             `accept_sender_constrained_tokens` where the proof is checked elsewhere"
                .to_owned()
        }
        No::WrongTokenUse => wrong_token_use(asked),
        No::WrongAppClient => {
            match asked.checked_app_client() {
                Some(own) => format!(
                    "the token was issued to {}: add it to `app_clients` or `audience`, or sign in with a listed one",
                    shown(&own)
                ),
                None => "the token does not say to which app client it was issued".to_owned(),
            }
        }
        No::AudiencePatternMismatch => "the identity validation expression is for `aud`, which access tokens of Cognito do \
                                        not have: send the ID token, or list `app_clients` instead of the expression"
            .to_owned(),
        No::InsufficientScope => insufficient_scope(asked),
        No::Revoked => "sign in again".to_owned(),
        _ => return None,
    })
}

fn unknown_stage(asked: &ExplainedRequest<'_>) -> String {
    let (stage, path) = (asked.table.stage(), asked.path.path());
    let is_route = |path: &str| asked.table.find(asked.method, path).is_ok_and(|route| route.is_some());
    let before = format!("/{stage}{path}");
    let instead = path.get(1..).and_then(|rest| rest.split_once('/')).map(|(_, rest)| format!("/{stage}/{rest}"));
    match instead.filter(|instead| is_route(instead) && !is_route(&before)) {
        Some(instead) => format!("the stage is another one here: {instead}"),
        None => format!("put the stage before the path: {before}"),
    }
}

fn no_route(asked: &ExplainedRequest<'_>) -> String {
    let path = asked.path.path();
    let is_route =
        |method: &http::Method, path: &str| asked.table.find(method, path).is_ok_and(|route| route.is_some());
    let capitals = http::Method::from_bytes(asked.method.as_str().to_uppercase().as_bytes()).unwrap_or_default();
    if capitals != *asked.method && is_route(&capitals, path) {
        return format!("methods are written in capitals: {capitals}");
    }
    if let Some((stage, rest)) = path.strip_prefix('/').and_then(|path| path.split_once('/'))
        && asked.table.stage().is_empty()
        && is_route(asked.method, &format!("/{rest}"))
    {
        return format!("the path begins with the stage `{stage}`: set `stage = \"{stage}\"` in `[route_table]`");
    }
    if asked.is_preflight {
        return "this is a preflight request of a browser: configure `[cors]`, and the layer answers it; or add a route for \
                OPTIONS with `authorization = \"NONE\"`, and let the service answer"
            .to_owned();
    }
    if let Some(without) = path.strip_suffix('/').filter(|without| is_route(asked.method, without)) {
        return format!("a slash at the end counts here: ask for {without}, or set `trailing_slash = \"ignored\"`");
    }
    let others: Vec<&str> = ["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"]
        .into_iter()
        .filter(|method| {
            let method = http::Method::from_bytes(method.as_bytes()).unwrap_or_default();
            asked.table.find(&method, path).is_ok_and(|route| route.is_some())
        })
        .collect();
    match &*others {
        [] => "no route covers this path with any method: add one, or `$default` for whatever no other route covers"
            .to_owned(),
        others => format!("there are routes for {} on this path: add one for {}", others.join(", "), asked.method),
    }
}

fn wrong_token_use(asked: &ExplainedRequest<'_>) -> String {
    let own = shown_or(asked.sent.text("token_use"), "none");
    match asked.authorizer.verifier().expected_token_use() {
        ExpectedTokenUse::Access => {
            return format!("`token_use = \"access\"` is set, and this one is {own}: send the access token");
        }
        ExpectedTokenUse::Id => {
            return format!("`token_use = \"id\"` is set, and this one is {own}: send the ID token");
        }
        _ => {}
    }
    let has_scopes = asked.route.is_some_and(|route| route.authorization().scopes().is_some());
    match (asked.sent.text("token_use"), has_scopes) {
        (Some("id"), true) => {
            "a route with scopes takes an access token, and this is the ID token: send the access token".to_owned()
        }
        (Some("access"), false) => {
            "a route without scopes takes an ID token, and this is an access token: send the ID token, \
                                    give the route a scope, or set `token_use = \"access\"`"
                .to_owned()
        }
        (other, _) => {
            format!("the route takes another kind of token than {}", shown_or(other, "one without `token_use`"))
        }
    }
}

fn insufficient_scope(asked: &ExplainedRequest<'_>) -> String {
    let names = asked.route.into_iter().flat_map(|route| route.authorization().scope_names());
    let wanted = names.collect::<Vec<_>>().join(" or ");
    let own = asked.sent_scopes();
    match &*own {
        ["aws.cognito.signin.user.admin"] => format!(
            "this token is from the sign-in API (InitiateAuth), whose tokens hold custom scopes only if a pre token \
             generation trigger (V2 or V3) adds them. Get a token with {wanted} from the token endpoint or the hosted pages, \
             or accept ID tokens on this route: remove its scopes"
        ),
        [] => format!("the token holds no scope: ask the token endpoint for {wanted}"),
        own => {
            let own: Vec<String> = own.iter().map(|scope| shown(scope)).collect();
            format!(
                "the token holds {}: ask the token endpoint for {wanted}, and see that the app client may have it",
                own.join(", ")
            )
        }
    }
}
