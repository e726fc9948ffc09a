//! `cognito-authorizer token`: gets a token from a user pool.

use std::{error::Error, io::Write, process::ExitCode};

use cognito_authorizer::limits::MAX_TOKEN_BYTES;
use serde_json::{Value, json};

use crate::local_user_pool::{CLIENT_ID, CLIENT_SECRET};

#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// Where the user pool is: the address that `local-user-pool` prints, or the domain of a user pool.
    #[arg(long, value_name = "URL", default_value = "http://127.0.0.1:9229")]
    endpoint: String,
    /// The app client; by default that of `local-user-pool` without a file.
    #[arg(long, value_name = "ID", default_value = CLIENT_ID)]
    client_id: String,
    /// Its secret, or the variable CLIENT_SECRET.
    #[arg(long, value_name = "SECRET")]
    client_secret: Option<String>,
    /// A scope to ask for; may be repeated.
    #[arg(long, value_name = "SCOPE", conflicts_with = "username")]
    scope: Vec<String>,
    /// Signs a user in with a password instead.
    #[arg(long, value_name = "NAME", requires = "password")]
    username: Option<String>,
    /// The user's password.
    #[arg(long, value_name = "PASSWORD", requires = "username")]
    password: Option<String>,
    /// Prints the user's ID token; by default the access token.
    #[arg(long, requires = "username")]
    id: bool,
}

pub(crate) async fn run(arguments: Arguments) -> Result<ExitCode, Box<dyn Error>> {
    let token = match (&arguments.username, &arguments.password) {
        (Some(username), Some(password)) => sign_in(&arguments, username, password).await?,
        _ => client_credentials(&arguments).await?,
    };
    writeln!(std::io::stdout(), "{token}")?;
    Ok(ExitCode::SUCCESS)
}

/// RFC 6749 §4.4: the token of an app client.
async fn client_credentials(arguments: &Arguments) -> Result<String, Box<dyn Error>> {
    let mut form = form_urlencoded::Serializer::new(String::new());
    form.append_pair("grant_type", "client_credentials");
    if !arguments.scope.is_empty() {
        form.append_pair("scope", &arguments.scope.join(" "));
    }
    let secret =
        secret(arguments).ok_or("the app client has no secret here: give `--client-secret` or CLIENT_SECRET")?;
    let request = client()?
        .post(format!("{}/oauth2/token", base(arguments)))
        .basic_auth(&arguments.client_id, Some(secret))
        .header("content-type", "application/x-www-form-urlencoded")
        .body(form.finish());
    let answer = answer(request).await?;
    text(&answer, "access_token").ok_or_else(|| "the answer holds no access token".into())
}

/// `InitiateAuth` of the Cognito API with a password.
async fn sign_in(arguments: &Arguments, username: &str, password: &str) -> Result<String, Box<dyn Error>> {
    let body = json!({
        "AuthFlow": "USER_PASSWORD_AUTH", "ClientId": arguments.client_id,
        "AuthParameters": {"USERNAME": username, "PASSWORD": password},
    });
    let request = client()?
        .post(format!("{}/", base(arguments)))
        .header("content-type", "application/x-amz-json-1.1")
        .header("x-amz-target", "AWSCognitoIdentityProviderService.InitiateAuth")
        .body(body.to_string());
    let answer = answer(request).await?;
    let name = if arguments.id { "IdToken" } else { "AccessToken" };
    let token = answer.get("AuthenticationResult").and_then(|result| text(result, name));
    token.ok_or_else(|| match text(&answer, "ChallengeName") {
        Some(challenge) => {
            format!("the sign-in asks for a challenge, {challenge}, which this command cannot answer").into()
        }
        None => "the answer holds no token".into(),
    })
}

/// The secret of the app client; that of the sample user pool's client is known.
fn secret(arguments: &Arguments) -> Option<String> {
    let given = arguments.client_secret.clone().or_else(|| std::env::var("CLIENT_SECRET").ok());
    given.or_else(|| (arguments.client_id == CLIENT_ID).then(|| CLIENT_SECRET.to_owned()))
}

fn base(arguments: &Arguments) -> &str {
    arguments.endpoint.trim_end_matches('/')
}

fn client() -> Result<reqwest::Client, reqwest::Error> {
    // A secret must not follow a redirect.
    reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).build()
}

async fn answer(request: reqwest::RequestBuilder) -> Result<Value, Box<dyn Error>> {
    // An error of reqwest names the address, and no header or body.
    let mut response = request.send().await?;
    let status = response.status();
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await? {
        body.extend_from_slice(&chunk);
        if body.len() > 8 * MAX_TOKEN_BYTES {
            return Err("the answer is too long for one with tokens".into());
        }
    }
    let answer: Value = serde_json::from_slice(&body).unwrap_or_default();
    if status.is_success() {
        return Ok(answer);
    }
    let reason = text(&answer, "error").or_else(|| text(&answer, "message")).unwrap_or_default();
    Err(format!("the user pool answered {status} {reason}").into())
}

fn text(answer: &Value, name: &str) -> Option<String> {
    answer.get(name)?.as_str().map(str::to_owned)
}
