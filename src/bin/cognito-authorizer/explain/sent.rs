//! Decodes the token of a request without verifying it, only for display and advice.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use cognito_authorizer::token::IdentitySource;
use http::Request;
use serde_json::{Map, Value};

use crate::allowed::Nothing;

/// The decoded token of a request.
#[derive(Debug, Default)]
pub(crate) struct SentRequest {
    /// The number of values at the identity source.
    pub(crate) values: usize,
    /// What is wrong with the text around the token.
    pub(crate) oddity: Option<TokenOddity>,
    pub(crate) header: Option<Map<String, Value>>,
    pub(crate) claims: Option<Map<String, Value>>,
}

impl SentRequest {
    pub(crate) fn of(request: &Request<Nothing>, source: &IdentitySource) -> Self {
        let headers = source.header().into_iter().flat_map(|name| request.headers().get_all(name));
        let headers = headers.map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned());
        let query = request.uri().query().unwrap_or_default().as_bytes();
        let parameters = form_urlencoded::parse(query).filter(|(name, _)| Some(&**name) == source.query_parameter());
        let values: Vec<String> = headers.chain(parameters.map(|(_, value)| value.into_owned())).collect();
        let token = values.first().map(String::as_str).unwrap_or_default();
        // The token follows the scheme, if there is one.
        let mut parts = token.rsplit(' ').next().unwrap_or_default().split('.');
        let mut part = || {
            let bytes = URL_SAFE_NO_PAD.decode(parts.next()?).ok()?;
            serde_json::from_slice::<Map<String, Value>>(&bytes).ok()
        };
        let (header, claims) = (part(), part());
        Self { values: values.len(), oddity: TokenOddity::of(token), header, claims }
    }

    /// Returns a claim that is a text.
    pub(crate) fn text(&self, name: &str) -> Option<&str> {
        self.claims.as_ref()?.get(name)?.as_str()
    }

    /// Returns a claim that is a time.
    pub(crate) fn time(&self, name: &str) -> Option<u64> {
        self.claims.as_ref()?.get(name)?.as_u64()
    }

    /// Returns a member of the JOSE header that is a text.
    pub(crate) fn in_header(&self, name: &str) -> Option<&str> {
        self.header.as_ref()?.get(name)?.as_str()
    }

    /// Returns the scopes in `scope`, and in `scp` if `reads_scp` is set.
    pub(crate) fn scopes(&self, reads_scp: bool) -> Vec<&str> {
        let scp = self.claims.as_ref().and_then(|claims| claims.get("scp")).filter(|_| reads_scp);
        let listed = scp.and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str);
        let texts = [self.text("scope"), scp.and_then(Value::as_str)].into_iter().flatten();
        texts.flat_map(|text| text.split(' ')).chain(listed).filter(|scope| !scope.is_empty()).collect()
    }

    /// Returns the app client in `client_id`, or the audience in `aud`.
    pub(crate) fn app_client(&self) -> Option<String> {
        self.text("client_id").map(str::to_owned).or_else(|| self.audience())
    }

    /// Returns the audience in `aud`.
    pub(crate) fn audience(&self) -> Option<String> {
        let audience = self.claims.as_ref().and_then(|claims| claims.get("aud")).and_then(Value::as_array);
        let listed = audience.map(|all| all.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(", "));
        self.text("aud").map(str::to_owned).or(listed)
    }
}

/// A mistake in how a token is sent, which shows before the token is parsed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TokenOddity {
    Quotes,
    Blanks,
    OtherScheme,
}

impl TokenOddity {
    fn of(value: &str) -> Option<Self> {
        let bare = value.strip_prefix("Bearer ").unwrap_or(value);
        let is_quote = |character: char| ['"', '\'', '`'].contains(&character);
        if bare.starts_with(is_quote) || bare.ends_with(is_quote) {
            return Some(Self::Quotes);
        }
        if bare.trim() != bare {
            return Some(Self::Blanks);
        }
        bare.contains(' ').then_some(Self::OtherScheme)
    }

    pub(crate) fn advice(self) -> &'static str {
        match self {
            Self::Quotes => "the token has quotes around it: send it without",
            Self::Blanks => {
                "there is more than one blank before or after the token: send `Bearer <token>`, or the token alone"
            }
            Self::OtherScheme => {
                "the token follows a word other than `Bearer`: send `Bearer <token>`, or the token alone"
            }
        }
    }
}

/// Escapes a text for a terminal, and cuts it off after 200 characters.
pub(crate) fn shown(text: &str) -> String {
    let short: String = text.chars().take(200).collect();
    let dots = if short.len() < text.len() { "…" } else { "" };
    format!("`{}{dots}`", short.escape_debug())
}

/// Returns the text as `shown` does, or `otherwise` if there is no text.
pub(crate) fn shown_or(text: Option<&str>, otherwise: &str) -> String {
    text.map_or_else(|| otherwise.to_owned(), shown)
}
