//! `serve --print`, and the recipes of `examples/sidecar`, which `.ci/sidecar` runs with the real proxies.
use std::fs;

use crate::configuration_file::{in_repository, run, text, written};

const RECIPES: [(&str, &str); 7] = [
    ("nginx", "nginx.conf"),
    ("caddy", "Caddyfile"),
    ("traefik", "traefik.yaml"),
    ("envoy", "envoy.yaml"),
    ("envoy-http", "envoy-http.yaml"),
    ("kubernetes", "kubernetes.yaml"),
    ("systemd", "cognito-authorizer.service"),
];

fn printed(configuration: &str, recipe: &str, more: &[&str]) -> String {
    let output = run(&[&["serve", "--config", configuration, "--print", recipe], more].concat(), "");
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    text(&output)
}

/// The recipes that are tested are those that are printed.
#[test]
fn the_recipes_of_the_example_are_printed() {
    let configuration = in_repository("examples/sidecar/authorizer.toml");
    for (recipe, file) in RECIPES {
        let expected = fs::read_to_string(in_repository(&format!("examples/sidecar/{file}"))).unwrap();
        assert_eq!(printed(&configuration, recipe, &[]), expected, "{recipe}");
    }
}

/// A configuration with other claim headers, and with a token that the service does not get.
#[test]
fn a_recipe_is_that_of_the_configuration() {
    let authorizer = "type = \"COGNITO_USER_POOLS\"\nuser_pools = [\"pool\"]\nany_app_client = true\n";
    let with = |more: &str| {
        let text = format!(
            "[user_pools.pool]\nid = \"eu-west-1_Ab129faBb\"\n[authorizers.pool]\n{authorizer}{more}[[routes]]\nroute = \"GET /a\"\n"
        );
        written("recipe.toml", &text).to_str().unwrap().to_owned()
    };
    let configuration = with(
        "forward_token = false\n[authorizers.pool.claim_headers]\nx-caller-name = \"sub\"\nplan = \"custom:plan\"\n",
    );
    let addresses = ["--listen", "10.0.0.7:7000", "--upstream", "http://10.0.0.9:9000"];
    for (recipe, lines) in [
        (
            "nginx",
            &[
                "auth_request_set $x_caller_name $upstream_http_x_caller_name;",
                "proxy_set_header x-caller-name $x_caller_name;",
                "proxy_set_header plan $plan;",
                "proxy_set_header authorization \"\";",
                "server 10.0.0.7:7000;",
                "proxy_pass http://10.0.0.9:9000;",
            ][..],
        ),
        (
            "caddy",
            &[
                "copy_headers x-caller-name plan",
                "request_header -x_caller_name",
                "request_header -x-caller-name",
                "request_header -plan",
                "@names_claims header_regexp Connection (?i)(x.caller.name|plan)",
                "request_header -authorization",
                "forward_auth 10.0.0.7:7000 {",
                "reverse_proxy 10.0.0.9:9000",
            ],
        ),
        (
            "traefik",
            &[
                "authResponseHeaders: [x-caller-name, plan]",
                "x-caller-name: \"\"",
                "Upgrade: \"\"",
                "authorization: \"\"",
                "address: http://10.0.0.7:7000/forward-auth",
                "servers: [{url: \"http://10.0.0.9:9000\"}]",
            ],
        ),
        ("envoy-http", &["allowed_upstream_headers: {patterns: [{exact: x-caller-name}, {exact: plan}]}"]),
    ] {
        let printed = printed(&configuration, recipe, &addresses);
        for line in lines {
            assert!(printed.lines().any(|own| own.trim() == *line), "{recipe}: {line}\n{printed}");
        }
        assert!(!printed.contains("x-user") && !printed.contains('%'), "{recipe}: {printed}");
    }
    // Without claim headers, no line speaks of them.
    let plain = with("");
    for (recipe, _) in RECIPES {
        let printed = printed(&plain, recipe, &[]);
        assert!(!printed.contains("claims, in place"), "{recipe}: {printed}");
    }
    let socket = run(&["serve", "--config", &plain, "--print", "nginx", "--listen", "unix:/run/a.sock"], "");
    assert_eq!(socket.status.code(), Some(2));
}

/// Every option in a recipe is one of the command.
#[test]
fn the_options_in_the_recipes_exist() {
    let help = text(&run(&["serve", "--help"], ""));
    let mut seen = 0;
    for file in ["kubernetes.yaml", "cognito-authorizer.service", "compose.yaml"] {
        let recipe = fs::read_to_string(in_repository(&format!("examples/sidecar/{file}"))).unwrap();
        let lines = recipe.lines().filter(|line| !line.trim_start().starts_with('#'));
        for word in
            lines.flat_map(|line| line.split(['=', ' '])).filter(|word| word.starts_with("--") && *word != "---")
        {
            seen += 1;
            assert!(help.contains(&format!("{word} ")) || help.contains(&format!("{word}\n")), "{file}: {word}");
        }
    }
    assert!(seen > 15, "{seen}");
}
