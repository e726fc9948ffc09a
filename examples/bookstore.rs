//! A bookstore guarded by a user pool, both on this machine.
//!
//! ```sh
//! cargo run --example bookstore
//! ```
//!
//! It prints the lines to paste into another terminal: `/book` answers, `/user` does not, because
//! `bookstore.json` does not allow the app client those scopes. Change an `Allow` there, start it
//! again, get a new token, and `/user` answers too. The environment variables `POOL_ADDR` and
//! `API_ADDR` set the addresses, an argument another configuration file.
use std::{env, fs, net::SocketAddr};

use axum::{Router, http::Method, http::Uri, http::header::CONTENT_TYPE};
use cognito_authorizer::local_user_pool::{AppClientConfig, LocalUserPool, LocalUserPoolConfig};
use cognito_authorizer::{Authorizer, RouteTable};

#[derive(serde::Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Stack {
    resource_server_identifier: String,
    resource_server_scopes: Vec<CustomScope>,
    client_id: String,
    client_secret: String,
}

#[derive(serde::Deserialize)]
#[serde(rename_all = "PascalCase")]
struct CustomScope {
    scope: String,
    allow: bool,
    /// The route that asks for the scope.
    route: String,
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let file = env::args().nth(1).unwrap_or(concat!(env!("CARGO_MANIFEST_DIR"), "/examples/bookstore.json").to_owned());
    let json = fs::read_to_string(&file).map_err(|error| format!("cannot read {file}: {error}"))?;
    let mut stacks: std::collections::HashMap<String, Stack> =
        serde_json::from_str(&json).map_err(|error| format!("{file}: {error}"))?;
    let stack = stacks.remove("OAuthCognito").ok_or(format!("{file}: there is no `OAuthCognito`"))?;
    let (api, scopes) = (&stack.resource_server_identifier, &stack.resource_server_scopes);

    // The user pool: a resource server, its scopes, and an app client that may have some of them.
    let allowed = scopes.iter().filter(|scope| scope.allow).map(|scope| format!("{api}/{}", scope.scope));
    let client = AppClientConfig::new(&stack.client_id, &stack.client_secret);
    let client = client.access_token_validity(24).allowed_scopes(allowed);
    let config = LocalUserPoolConfig::new("us-east-1_Bookstore");
    let config = config.resource_server(api, scopes.iter().map(|scope| &scope.scope)).app_client(client);
    let pool = LocalUserPool::start(config, address("POOL_ADDR", "127.0.0.1:9229")?).await?;

    // The service: each route asks for its scope.
    let add = |routes: cognito_authorizer::RouteTableBuilder, scope: &CustomScope| {
        routes.scopes(&scope.route, [format!("{api}/{}", scope.scope)])
    };
    let routes = scopes.iter().fold(RouteTable::builder(), add).build()?;
    let authorizer = Authorizer::builder().with_user_pool(pool.user_pool()).build()?;
    let app = Router::new().fallback(done).layer(authorizer.routes(routes));
    let listener = tokio::net::TcpListener::bind(address("API_ADDR", "127.0.0.1:3000")?).await?;
    print_transcript(&stack, &pool.domain(), listener.local_addr()?);
    Ok(axum::serve(listener, app).with_graceful_shutdown(async { drop(tokio::signal::ctrl_c().await) }).await?)
}

fn address(variable: &str, default: &str) -> Result<SocketAddr, String> {
    let text = env::var(variable).unwrap_or(default.to_owned());
    text.parse().map_err(|_| format!("{variable}=`{text}` is not an address: expected something like {default}"))
}

async fn done(method: Method, uri: Uri) -> ([(http::HeaderName, &'static str); 1], String) {
    let body = format!(r#"{{"Result":"Success","Description":"your {method} for {} is completed"}}"#, uri.path());
    ([(CONTENT_TYPE, "application/json")], body)
}

#[allow(clippy::print_stdout, reason = "the transcript is for the terminal")]
fn print_transcript(stack: &Stack, domain: &str, api: SocketAddr) {
    println!("# The bookstore is open. Paste into another terminal; Ctrl-C ends it here.\n");
    println!("export CLIENT_ID='{}' CLIENT_SECRET='{}'", stack.client_id, stack.client_secret);
    println!("export DOMAIN_NAME='{domain}' API_ENDPOINT='http://{api}/'");
    println!(r#"export ACCESS_TOKEN=$(curl -s -X POST --user "$CLIENT_ID:$CLIENT_SECRET" \"#);
    println!(r#"  "$DOMAIN_NAME/oauth2/token?grant_type=client_credentials" \"#);
    println!(r#"  -H "Content-Type: application/x-www-form-urlencoded" | cut -d '"' -f 4)"#);
    for scope in &stack.resource_server_scopes {
        let (method, path) = scope.route.split_once(" /").unwrap_or_default();
        println!(r#"curl -X {method} "${{API_ENDPOINT}}{path}" -H "Authorization:${{ACCESS_TOKEN}}""#);
    }
}
