//! `cognito-authorizer explain`: explains the decision about one request, stage by stage.
//!
//! The layer itself decides. The output also shows the content of the token, even if the token is not verified.

mod advice;

mod sent;

mod told;

use std::{
    error::Error,
    io::{self, IsTerminal, Read},
    path::PathBuf,
    process::ExitCode,
};

use cognito_authorizer::{
    Authorizer, AuthorizerBuilder, AuthorizerLayer, Claims, Rejection, RouteTable,
    clock::{ManualClock, SystemClock, UnixTime},
    limits::MAX_TOKEN_BYTES,
    route::Route,
    token::IdentitySource,
};
use http::{HeaderName, HeaderValue, Method, Request, Uri};
use http_body_util::{BodyExt, Empty};

use self::{sent::SentRequest, told::Explanation};
use crate::{
    allowed::{Forwarded, Nothing, ask, behind},
    configuration::{File, Format},
};

#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    #[command(flatten)]
    file: File,
    /// The method of the request.
    #[arg(long)]
    method: Method,
    /// Its path, with a query or without.
    #[arg(long)]
    path: String,
    /// A header of it, such as `Origin: https://app.example`. A token is better read from standard input: other users of
    /// the machine see the arguments.
    #[arg(long, value_name = "HEADER")]
    header: Vec<String>,
    /// A file with the token, instead of standard input.
    #[arg(long, value_name = "FILE")]
    token_file: Option<PathBuf>,
    /// The time to go by, in seconds since 1970.
    #[arg(long, value_name = "UNIX")]
    now: Option<u64>,
    #[arg(long, value_enum, default_value_t)]
    format: Format,
}

/// A request with everything that its explanation needs.
pub(crate) struct ExplainedRequest<'r> {
    pub(crate) method: &'r Method,
    pub(crate) path: &'r Uri,
    pub(crate) route: Option<&'r Route>,
    /// Whether the request is a CORS preflight request.
    pub(crate) is_preflight: bool,
    /// Whether no route covers the request, and the layer forwards it to the inner service.
    pub(crate) is_handed_on: bool,
    pub(crate) table: &'r RouteTable,
    /// The authorizer of the route, or the first authorizer if the route has none.
    pub(crate) authorizer: &'r Authorizer,
    pub(crate) sent: SentRequest,
    pub(crate) now: UnixTime,
    pub(crate) rejection: Option<Rejection>,
    /// The error of fetching the keys, if that failed.
    pub(crate) no_keys: Option<String>,
    /// Whether the inner service answers. Otherwise the layer does.
    pub(crate) is_forwarded: bool,
    /// Whether the layer accepted a token.
    pub(crate) is_verified: bool,
    /// Whether the layer of this configuration only observes, so that every request passes.
    pub(crate) is_shadow: bool,
}

impl ExplainedRequest<'_> {
    /// Returns the app client or the audience that the authorizer checks: an HTTP API checks `aud` where there is one.
    pub(crate) fn checked_app_client(&self) -> Option<String> {
        let prefers_audience = self.authorizer.verifier().authorizer_type().prefers_audience();
        self.sent.audience().filter(|_| prefers_audience).or_else(|| self.sent.app_client())
    }

    /// Returns the scopes of the token, from the claims that the authorizer reads.
    pub(crate) fn sent_scopes(&self) -> Vec<&str> {
        self.sent.scopes(self.authorizer.verifier().authorizer_type().reads_scp())
    }
}

pub(crate) async fn run(arguments: Arguments) -> Result<ExitCode, Box<dyn Error>> {
    // Errors do not repeat the path or the headers, because they may contain a token.
    let uri = arguments.path.strip_prefix('/').and_then(|_| arguments.path.parse::<Uri>().ok());
    let uri =
        uri.ok_or("expected a path that begins with a slash, such as /pets/7, and holds what an address can hold")?;
    let mut request = request(&arguments, &uri)?;
    let configuration = arguments.file.configuration()?;
    let clock = arguments.now.map(|now| ManualClock::new(UnixTime::from_secs(now)));
    let with_clock = |_: &str, builder: AuthorizerBuilder| match &clock {
        Some(clock) => builder.clock(clock.clone()),
        None => builder,
    };
    let authorizers = configuration.authorizers_with(with_clock)?;
    let table = configuration.route_table();
    let found = table.find(&arguments.method, uri.path());
    let (route, is_handed_on) = (found.ok().flatten(), matches!(found, Ok(None)));
    // Without a guarded route, the first authorizer is the one to show.
    let (_, first) = authorizers.iter().next().ok_or("the configuration has no authorizer")?;
    let guarded = route.and_then(|route| authorizers.authorizer_for(route));
    let authorizer = guarded.unwrap_or(first);
    let is_guarded = guarded.is_some();

    if is_guarded && !has_token(&request, authorizer.identity_source()) {
        put_token(&mut request, authorizer.identity_source(), &token(&arguments)?)?;
    }
    let has = |name: &str| request.headers().contains_key(name);
    let is_preflight = request.method() == Method::OPTIONS && has("origin") && has("access-control-request-method");
    let sent = SentRequest::of(&request, authorizer.identity_source());
    let no_keys = if is_guarded && sent.claims.is_some() { hydrate(authorizer).await } else { None };

    // This layer ignores `danger.shadow`, with which every request would pass.
    let layer = authorizers.layer(table.clone())?;
    let layer = configuration.cors().into_iter().cloned().fold(layer, AuthorizerLayer::cors);
    let response = ask(&mut behind(&layer), request).await;
    let rejection = response.extensions().get::<Rejection>().copied();
    let now = clock.as_ref().map_or_else(
        || cognito_authorizer::clock::Clock::now(&SystemClock::new()),
        cognito_authorizer::clock::Clock::now,
    );
    let asked = ExplainedRequest {
        method: &arguments.method,
        path: &uri,
        route,
        is_preflight,
        is_handed_on,
        table,
        authorizer,
        sent,
        now,
        rejection,
        no_keys,
        is_forwarded: response.extensions().get::<Forwarded>().is_some(),
        is_verified: response.extensions().get::<Claims>().is_some(),
        is_shadow: configuration.is_shadow(),
    };
    let (parts, body) = response.into_parts();
    let Ok(body) = body.collect().await;
    print(&Explanation::of(&asked, &parts, &body.to_bytes()), arguments.format)?;
    Ok(ExitCode::from(u8::from(rejection.is_some())))
}

fn print(told: &Explanation, format: Format) -> io::Result<()> {
    let mut out = anstream::stdout().lock();
    match format {
        Format::Text => told.write(&mut out),
        Format::Json => told.write_json(&mut out),
    }
}

/// Builds the request from the arguments.
fn request(arguments: &Arguments, uri: &Uri) -> Result<Request<Nothing>, Box<dyn Error>> {
    let headers = arguments.header.iter().map(|text| header(text)).collect::<Result<Vec<_>, _>>()?;
    let mut request = Request::new(Empty::new());
    *request.method_mut() = arguments.method.clone();
    *request.uri_mut() = uri.clone();
    for (name, value) in headers {
        // A header that is given twice is there twice.
        request.headers_mut().append(name, value);
    }
    Ok(request)
}

async fn hydrate(authorizer: &Authorizer) -> Option<String> {
    authorizer.hydrate().await.err().map(|error| error.to_string())
}

fn has_token(request: &Request<Nothing>, source: &IdentitySource) -> bool {
    let in_header = source.header().is_some_and(|name| request.headers().contains_key(name));
    let in_query = source.query_parameter().is_some_and(|name| {
        let query = request.uri().query().unwrap_or_default().as_bytes();
        form_urlencoded::parse(query).any(|(own, _)| own == name)
    });
    in_header || in_query
}

/// Reads the token from the file or from standard input; empty if standard input is a terminal.
fn token(arguments: &Arguments) -> Result<String, Box<dyn Error>> {
    // Read more than the limit, so that the layer rejects a token that is too long.
    let most = u64::try_from(MAX_TOKEN_BYTES)?.saturating_mul(2);
    let mut text = String::new();
    match &arguments.token_file {
        Some(path) => {
            let failed = |error: io::Error| format!("cannot read `{}`: {error}", path.display());
            let file = std::fs::File::open(path).map_err(failed)?;
            file.take(most).read_to_string(&mut text).map_err(failed)?;
        }
        None if io::stdin().is_terminal() => {}
        None => {
            io::stdin().lock().take(most).read_to_string(&mut text)?;
        }
    }
    Ok(text.trim().to_owned())
}

fn put_token(request: &mut Request<Nothing>, source: &IdentitySource, token: &str) -> Result<(), Box<dyn Error>> {
    if token.is_empty() {
        return Ok(());
    }
    if let Some(name) = source.header() {
        let value = HeaderValue::from_str(token)
            .map_err(|_| "the token holds what no header can hold, such as a line break")?;
        request.headers_mut().insert(name, value);
    } else if let Some(name) = source.query_parameter() {
        let query = request.uri().query().map(|query| format!("{query}&")).unwrap_or_default();
        let own: String = form_urlencoded::Serializer::new(String::new()).append_pair(name, token).finish();
        let uri = format!("{}?{query}{own}", request.uri().path()).parse();
        *request.uri_mut() = uri.map_err(|_| "the token is too long for an address")?;
    }
    Ok(())
}

fn header(text: &str) -> Result<(HeaderName, HeaderValue), String> {
    let (name, value) = text.split_once(':').ok_or("expected <name>: <value>")?;
    let name = HeaderName::from_bytes(name.trim().as_bytes()).map_err(|error| error.to_string())?;
    let value = HeaderValue::from_str(value.trim()).map_err(|_| "the value holds what no header can hold")?;
    Ok((name, value))
}
