//! Prints how a proxy is configured for this very configuration: `serve --print`.

use clap::ValueEnum;
use cognito_authorizer::{configuration::Configuration, serve::Listen};

/// A recipe.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Recipe {
    /// nginx, with `auth_request`.
    Nginx,
    /// Caddy, with `forward_auth`.
    Caddy,
    /// Traefik, with `forwardAuth`.
    Traefik,
    /// Envoy, with `ext_authz` over gRPC.
    Envoy,
    /// Envoy, with `ext_authz` over HTTP.
    EnvoyHttp,
    /// Envoy Gateway in Kubernetes, with the authorizer as a deployment.
    Kubernetes,
    /// A service of systemd.
    Systemd,
}

/// The text of a recipe with markers: `%name%` in a line, or a line of its own for a block of lines.
struct Template {
    text: &'static str,
    values: Vec<(&'static str, String)>,
    blocks: Vec<(&'static str, Vec<String>)>,
}

/// Returns the recipe for a configuration, an authorizer that listens there, and a service at this host and port.
pub(crate) fn recipe(
    recipe: Recipe,
    configuration: &Configuration,
    listen: &Listen,
    service: &str,
) -> Result<String, String> {
    let Listen::Tcp(address) = listen else {
        return Err("the recipes name an address of the authorizer: give one with `--listen`".to_owned());
    };
    let claims: Vec<String> = configuration.claim_header_names().iter().map(ToString::to_string).collect();
    let tokens: Vec<String> = configuration.removed_token_headers().iter().map(ToString::to_string).collect();
    let (text, blocks) = match recipe {
        Recipe::Nginx => (include_str!("recipes/nginx.conf"), nginx(&claims, &tokens)),
        Recipe::Caddy => (include_str!("recipes/Caddyfile"), caddy(&claims, &tokens)),
        Recipe::Traefik => (include_str!("recipes/traefik.yaml"), traefik(&claims, &tokens)),
        Recipe::Envoy => (include_str!("recipes/envoy.yaml"), Vec::new()),
        Recipe::EnvoyHttp => (include_str!("recipes/envoy-http.yaml"), envoy_http(&claims)),
        Recipe::Kubernetes => (include_str!("recipes/kubernetes.yaml"), Vec::new()),
        Recipe::Systemd => (include_str!("recipes/authorizer.service"), Vec::new()),
    };
    let (service_host, service_port) = service.rsplit_once(':').unwrap_or((service, "80"));
    let values = vec![
        ("%authorizer%", address.to_string()),
        ("%authorizer_host%", address.ip().to_string()),
        ("%authorizer_port%", address.port().to_string()),
        ("%service%", service.to_owned()),
        ("%service_host%", service_host.to_owned()),
        ("%service_port%", service_port.to_owned()),
    ];
    Ok(Template { text, values, blocks }.filled())
}

impl Template {
    fn filled(&self) -> String {
        let mut filled = String::new();
        for line in self.text.lines() {
            let indentation: String = line.chars().take_while(|character| character.is_whitespace()).collect();
            match self
                .blocks
                .iter()
                .find(|(name, _)| line.trim().strip_prefix('%').and_then(|rest| rest.strip_suffix('%')) == Some(*name))
            {
                Some((_, block)) => {
                    for own in block {
                        filled.push_str(&if own.is_empty() {
                            "\n".to_owned()
                        } else {
                            format!("{indentation}{own}\n")
                        });
                    }
                }
                None => {
                    let line =
                        self.values.iter().fold(line.to_owned(), |line, (name, value)| line.replace(name, value));
                    filled.push_str(&line);
                    filled.push('\n');
                }
            }
        }
        filled
    }
}

type Blocks = Vec<(&'static str, Vec<String>)>;

fn nginx(claims: &[String], tokens: &[String]) -> Blocks {
    let variable = |name: &str| name.replace('-', "_");
    let mut own = Vec::new();
    if !claims.is_empty() {
        own.push("# The claims, in place of what the client sent. On open routes they are empty, and nginx sends no empty header.".to_owned());
        own.extend(claims.iter().map(|name| format!("auth_request_set ${0} $upstream_http_{0};", variable(name))));
        own.extend(claims.iter().map(|name| format!("proxy_set_header {name} ${};", variable(name))));
        own.push(String::new());
    }
    let mut token: Vec<String> = tokens.iter().map(|name| format!("proxy_set_header {name} \"\";")).collect();
    if !token.is_empty() {
        token.insert(0, "# The service does not get the token.".to_owned());
        token.push(String::new());
    }
    let question = [
        "# The headers of the request, without its body.",
        "proxy_method GET;",
        "proxy_pass_request_body off;",
        "proxy_set_header Content-Length \"\";",
        "proxy_set_header Connection \"\";",
        "proxy_set_header X-Forwarded-Method $request_method;",
        "proxy_set_header X-Forwarded-Uri $request_uri;",
        "proxy_set_header X-Forwarded-Host $http_host;",
        "proxy_http_version 1.1;",
        "# A hung authorizer rejects. It answers within these times, even while it fetches keys.",
        "proxy_connect_timeout 2s;",
        "proxy_read_timeout 5s;",
        "proxy_next_upstream off;",
    ];
    vec![("claims", own), ("token", token), ("question", question.map(str::to_owned).to_vec())]
}

fn caddy(claims: &[String], tokens: &[String]) -> Blocks {
    let mut first = Vec::new();
    if !claims.is_empty() {
        // Caddy removes a header that `Connection` names after the claims are set, and some versions leave a header of the client
        // where the claim is empty.
        let names = claims.iter().map(|name| name.replace('-', ".")).collect::<Vec<_>>().join("|");
        first.push("# What the client says in place of the claims, or about them.".to_owned());
        first.push(format!("@names_claims header_regexp Connection (?i)({names})"));
        first.push("request_header @names_claims -Connection".to_owned());
        first.extend(claims.iter().map(|name| format!("request_header -{name}")));
        let with_underscores = claims.iter().filter(|name| name.contains('-')).map(|name| name.replace('-', "_"));
        first.extend(with_underscores.map(|name| format!("request_header -{name}")));
        first.push(String::new());
    }
    let mut own = Vec::new();
    if !claims.is_empty() {
        own.push("# The claims. On open routes they are empty.".to_owned());
        own.push(format!("copy_headers {}", claims.join(" ")));
    }
    let mut token: Vec<String> = tokens.iter().map(|name| format!("request_header -{name}")).collect();
    if !token.is_empty() {
        token.insert(0, "# The service does not get the token.".to_owned());
    }
    vec![("first", first), ("claims", own), ("token", token)]
}

fn traefik(claims: &[String], tokens: &[String]) -> Blocks {
    // Traefik removes a header that is set to nothing.
    let removed = |names: &[String]| names.iter().map(|name| format!("{name}: \"\"")).collect::<Vec<_>>();
    let claim_list = match claims {
        [] => Vec::new(),
        claims => vec![
            "# The claims, in place of what the client sent.".to_owned(),
            format!("authResponseHeaders: [{}]", claims.join(", ")),
        ],
    };
    let token = match tokens {
        [] => Vec::new(),
        tokens => [
            &["finish:", "  headers:", "    customRequestHeaders:"].map(str::to_owned)[..],
            &removed(tokens).iter().map(|line| format!("      {line}")).collect::<Vec<_>>(),
        ]
        .concat(),
    };
    let list = if tokens.is_empty() { "[prepare, authorizer]" } else { "[prepare, authorizer, finish]" };
    vec![
        ("claims", claim_list),
        ("removed", removed(claims)),
        ("token", token),
        ("middlewares", vec![format!("middlewares: {list}")]),
    ]
}

fn envoy_http(claims: &[String]) -> Blocks {
    let patterns: Vec<String> = claims.iter().map(|name| format!("{{exact: {name}}}")).collect();
    let own = match &*patterns {
        [] => Vec::new(),
        patterns => vec![
            "# The claims, in place of what the client sent. The authorizer says which headers to remove.".to_owned(),
            format!("allowed_upstream_headers: {{patterns: [{}]}}", patterns.join(", ")),
        ],
    };
    vec![("claims", own)]
}
