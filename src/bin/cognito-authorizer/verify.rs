//! `cognito-authorizer verify`: sends one token after the other through the layer.

use std::{
    error::Error,
    fs::File,
    io::{self, BufRead, BufReader, BufWriter, Read, Write},
    path::PathBuf,
    process::ExitCode,
};

use clap::ValueEnum;
use cognito_authorizer::{
    Authorizer, AuthorizerLayer, Claims, Rejection, UserPool,
    clock::{ManualClock, UnixTime},
    keys::FixedKeySource,
    limits::MAX_TOKEN_BYTES,
    middleware::AuthorizerService,
    token::ExpectedTokenUse,
};
use http::{HeaderValue, Request, Response, header::AUTHORIZATION};
use http_body_util::Empty;
use serde::Serialize;

use crate::{
    allowed::{Allowed, ask, behind},
    progress::Progress,
};

#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    #[command(flatten)]
    pool: PoolArguments,
    /// The user pool's JWK Set, instead of fetching it.
    #[arg(long, value_name = "FILE")]
    jwks: Option<PathBuf>,
    /// The HTTP proxy through which the JWK Set is fetched over HTTPS; those of the environment are ignored.
    #[arg(long, value_name = "URL", conflicts_with = "jwks")]
    proxy: Option<String>,
    /// Which tokens are allowed.
    #[arg(long, value_enum, default_value_t = WantedTokenUse::Either)]
    token_use: WantedTokenUse,
    /// An app client that tokens may be of; any may be, unless some are named.
    #[arg(long, value_name = "ID")]
    app_client: Vec<String>,
    /// A scope, any one of which a token has to hold.
    #[arg(long, value_name = "SCOPE")]
    scope: Vec<String>,
    /// A file with the tokens, instead of standard input. On a terminal, a bar shows the progress.
    #[arg(long, value_name = "FILE")]
    token_file: Option<PathBuf>,
    /// The time to go by, in seconds since 1970.
    #[arg(long, value_name = "UNIX")]
    now: Option<u64>,
}

#[derive(Debug, clap::Args)]
#[group(required = true, multiple = false)]
struct PoolArguments {
    /// The user pool, by its id or ARN.
    #[arg(long, value_name = "ID")]
    user_pool: Option<String>,
    /// The user pool, by what `iss` says, such as `http://localhost:9229/local_2D4gvA2k` of an emulator; it ends with the
    /// user pool id.
    #[arg(long, value_name = "URL")]
    issuer: Option<String>,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum WantedTokenUse {
    Access,
    Id,
    Either,
}

/// The output for a token.
#[derive(Serialize)]
struct PrintedVerdict<'a> {
    decision: &'static str,
    reason: Option<&'static str>,
    status: u16,
    sub: Option<&'a str>,
    exp: Option<u64>,
}

pub(crate) async fn run(arguments: Arguments) -> Result<ExitCode, Box<dyn Error>> {
    let mut service = behind(&authorizer(&arguments).await?);
    let (input, length): (Box<dyn Read>, _) = match &arguments.token_file {
        Some(path) => {
            let failed = |error: io::Error| format!("cannot read `{}`: {error}", path.display());
            let file = File::open(path).map_err(failed)?;
            let length = file.metadata().map_err(failed)?.len();
            (Box::new(file), Some(length))
        }
        None => (Box::new(io::stdin()), None),
    };
    let (mut tokens, mut verdicts) = (BufReader::new(input), BufWriter::new(io::stdout()));
    let mut progress = Progress::new(length);
    while let Some((token, bytes)) = next_token(&mut tokens)? {
        let response = answer(&mut service, &token).await;
        let rejection = response.extensions().get::<Rejection>();
        let claims = response.extensions().get::<Claims>().filter(|_| rejection.is_none());
        let verdict = PrintedVerdict {
            decision: if claims.is_some() { "allow" } else { "deny" },
            reason: rejection.map(|rejection| rejection.kind().as_str()),
            status: response.status().as_u16(),
            sub: claims.map(Claims::subject),
            exp: claims.map(|claims| claims.expires_at().as_secs()),
        };
        progress.count(bytes, claims.is_none());
        serde_json::to_writer(&mut verdicts, &verdict)?;
        verdicts.write_all(b"\n")?;
        // The caller may wait for this verdict before sending the next token.
        if tokens.buffer().is_empty() {
            verdicts.flush()?;
        }
    }
    verdicts.flush()?;
    Ok(ExitCode::from(u8::from(progress.end() > 0)))
}

/// Builds the layer from the arguments, and fetches its keys.
async fn authorizer(arguments: &Arguments) -> Result<AuthorizerLayer, Box<dyn Error>> {
    let user_pool = match (&arguments.pool.user_pool, &arguments.pool.issuer) {
        (Some(id), _) => id.parse::<UserPool>()?,
        (None, Some(issuer)) => issuer.rsplit('/').next().unwrap_or_default().parse::<UserPool>()?.with_issuer(issuer),
        (None, None) => return Err("--user-pool or --issuer is missing".into()),
    };
    let id = user_pool.id().to_string();
    if user_pool.issuers().is_empty() {
        return Err(
            format!("`{id}` names no AWS region, so its issuer cannot be derived: give it with `--issuer`").into()
        );
    }
    let mut builder = Authorizer::builder().user_pool(user_pool).token_use(match arguments.token_use {
        WantedTokenUse::Access => ExpectedTokenUse::Access,
        WantedTokenUse::Id => ExpectedTokenUse::Id,
        WantedTokenUse::Either => ExpectedTokenUse::Either,
    });
    if !arguments.app_client.is_empty() {
        builder = builder.app_clients(&arguments.app_client);
    }
    if let Some(file) = &arguments.jwks {
        builder = builder.key_source(FixedKeySource::new().with_file(&id, file)?);
    }
    if let Some(proxy) = &arguments.proxy {
        builder = builder.proxy(proxy);
    }
    if let Some(now) = arguments.now {
        builder = builder.clock(ManualClock::new(UnixTime::from_secs(now)));
    }
    let authorizer = builder.build()?;
    authorizer.hydrate().await?;
    Ok(if arguments.scope.is_empty() { authorizer.layer() } else { authorizer.layer().scopes(&arguments.scope)? })
}

/// Reads the next line without its end, and returns it with the number of bytes that it took. A line that is too long for a token is cut off beyond that limit.
fn next_token(lines: &mut impl BufRead) -> io::Result<Option<(Vec<u8>, usize)>> {
    let most = u64::try_from(MAX_TOKEN_BYTES).unwrap_or(u64::MAX).saturating_add(2);
    let mut line = Vec::new();
    if lines.by_ref().take(most).read_until(b'\n', &mut line)? == 0 {
        return Ok(None);
    }
    let rest = if line.last() == Some(&b'\n') { 0 } else { lines.skip_until(b'\n')? };
    let bytes = line.len() + rest;
    while line.last().is_some_and(u8::is_ascii_whitespace) {
        line.pop();
    }
    Ok(Some((line, bytes)))
}

/// Returns the response to a request with this token.
async fn answer(service: &mut AuthorizerService<Allowed>, token: &[u8]) -> Response<()> {
    let mut request = Request::new(Empty::new());
    if let (false, Ok(token)) = (token.is_empty(), HeaderValue::from_bytes(token)) {
        request.headers_mut().insert(AUTHORIZATION, token);
    }
    ask(service, request).await.map(drop)
}
