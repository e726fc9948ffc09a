//! `explain` for requests that the layer answers itself.
use crate::configuration_file::{run, text, written};

/// What the layer answers itself: mock responses, and preflight requests with CORS configured.
#[test]
fn explain_shows_what_the_layer_answers_itself() {
    let file = written("answered.toml", ANSWERED).to_str().unwrap().to_owned();
    let explain = |path: &str| {
        let preflight = ["--header", "Origin: https://app.example", "--header", "Access-Control-Request-Method: GET"];
        let arguments = ["explain", "--config", &file, "--method", "OPTIONS", "--path", path];
        run(&[&arguments[..], &preflight].concat(), "")
    };
    for (path, expected) in [
        ("/mock", "The layer answers the request itself, with\n\n  202 Accepted\n  content-type: application/json\n"),
        ("/pets", "The layer answers the request itself, with\n\n  204 No Content\n"),
    ] {
        let output = explain(path);
        assert_eq!(output.status.code(), Some(0));
        assert!(text(&output).contains(expected), "{}", text(&output));
        assert!(text(&output).contains("access-control-allow-origin: https://app.example"), "{}", text(&output));
    }
    assert!(text(&explain("/any")).contains("The request is rejected with\n\n  401 Unauthorized"));
}

const ANSWERED: &str = r#"
[user_pools.a]
id = "eu-west-1_Ab129faBb"
[authorizers.a]
type = "JWT"
user_pools = ["a"]
audience = ["1example23456789"]
[cors]
origins = ["https://app.example"]
[[routes]]
route = "GET /pets"
[[routes]]
route = "ANY /any"
[[routes]]
route = "OPTIONS /mock"
authorization = "NONE"
mock_response.status = 202
"#;
