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

use axum::{Router, http::Method, http::Uri, http::header::CONTENT_TYPE, routing::get};
use cognito_authorizer::local_user_pool::{AppClientConfig, LocalUserPool, LocalUserPoolConfig};
use cognito_authorizer::{Authorizer, RouteTable, UserPool};
use serde_json::Value;

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let address = |name, default: &str| env::var(name).unwrap_or(default.to_owned()).parse::<SocketAddr>();
    let (pool, api) = (address("POOL_ADDR", "127.0.0.1:9229")?, address("API_ADDR", "127.0.0.1:3000")?);
    let file = env::args().nth(1).unwrap_or(concat!(env!("CARGO_MANIFEST_DIR"), "/examples/bookstore.json").to_owned());
    let json: Value = serde_json::from_str(&fs::read_to_string(&file).map_err(|error| format!("{file}: {error}"))?)?;

    // The user pool: a resource server, its scopes, and an app client that may have some of them.
    let pointer = |name: &str| json.pointer(&format!("/OAuthCognito/{name}"));
    let text = |name: &str| pointer(name).and_then(Value::as_str).ok_or(format!("{file}: `{name}` is not a string"));
    let (api_id, client_id, secret) = (text("ResourceServerIdentifier")?, text("ClientId")?, text("ClientSecret")?);
    let scopes = pointer("ResourceServerScopes").and_then(Value::as_array).ok_or(format!("{file}: no scopes"))?;
    let name = |scope: &Value| scope.get("Scope").and_then(Value::as_str).unwrap_or_default().to_owned();
    let allowed = scopes.iter().filter(|scope| scope.get("Allow") == Some(&Value::Bool(true)));
    let allowed = allowed.map(|scope| format!("{api_id}/{}", name(scope)));
    let client = AppClientConfig::new(client_id, secret).access_token_validity(24).allowed_scopes(allowed);
    let config = LocalUserPoolConfig::new("us-east-1_Bookstore");
    let config = config.resource_server(api_id, scopes.iter().map(name)).app_client(client);
    let pool = LocalUserPool::start(config, pool).await?;

    // The service, and the scope that each of its methods asks for.
    let routes = RouteTable::builder()
        .scopes("GET /book", [format!("{api_id}/book.get")])
        .scopes("POST /book", [format!("{api_id}/book.post")])
        .scopes("GET /user", [format!("{api_id}/user.get")])
        .scopes("POST /user", [format!("{api_id}/user.post")])
        .build()?;
    let user_pool = UserPool::parse(pool.user_pool_id())?.with_issuer(pool.issuer());
    let authorizer = Authorizer::builder().with_user_pool(user_pool).build()?;
    let app = Router::new().route("/book", get(done).post(done)).route("/user", get(done).post(done));
    let listener = tokio::net::TcpListener::bind(api).await?;
    print_transcript(client_id, secret, &pool.domain(), listener.local_addr()?);
    let stop = async { drop(tokio::signal::ctrl_c().await) };
    Ok(axum::serve(listener, app.layer(authorizer.routes(routes))).with_graceful_shutdown(stop).await?)
}

async fn done(method: Method, uri: Uri) -> ([(http::HeaderName, &'static str); 1], String) {
    let body = format!(r#"{{"Result":"Success","Description":"your {method} for {} is completed"}}"#, uri.path());
    ([(CONTENT_TYPE, "application/json")], body)
}

#[allow(clippy::print_stdout, reason = "the transcript is for the terminal")]
fn print_transcript(client_id: &str, client_secret: &str, domain: &str, api: SocketAddr) {
    println!("# The bookstore is open. Paste into another terminal; Ctrl-C ends it here.\n");
    println!("export CLIENT_ID={client_id} CLIENT_SECRET={client_secret}");
    println!("export DOMAIN_NAME={domain} API_ENDPOINT=http://{api}/");
    println!(r#"export ACCESS_TOKEN=$(curl -s -X POST --user "$CLIENT_ID:$CLIENT_SECRET" \"#);
    println!(r#"  "$DOMAIN_NAME/oauth2/token?grant_type=client_credentials" \"#);
    println!(r#"  -H "Content-Type: application/x-www-form-urlencoded" | cut -d '"' -f 4)"#);
    for (method, path) in [("GET", "book"), ("POST", "book"), ("GET", "user"), ("POST", "user")] {
        println!(r#"curl -X {method} "${{API_ENDPOINT}}{path}" -H "Authorization:${{ACCESS_TOKEN}}""#);
    }
}
