//! Envoy's question over gRPC, by its own client: the decision of the layer, in the words of Envoy.
use std::collections::HashMap;

use cognito_authorizer::{
    configuration::Configuration,
    local_user_pool::TestToken,
    serve::{Listen, Policy, Server, ServerSettings},
};
use envoy_types::{
    ext_authz::v3::pb::{CheckRequest, CheckResponse, HttpResponse},
    pb::{
        envoy::{
            config::core::v3::{HeaderMap, HeaderValue},
            service::auth::v3::{
                AttributeContext,
                attribute_context::{HttpRequest, Request},
                authorization_client::AuthorizationClient,
            },
        },
        google::protobuf::value::Kind,
    },
};
use hyper_util::{
    client::legacy::{Client, connect::HttpConnector},
    rt::TokioExecutor,
};
use tonic::body::Body;

use crate::{
    fronts::{borrowed, requests},
    served::{Seen, Served, configuration_with, pool},
};

type Asking = AuthorizationClient<Client<HttpConnector, Body>>;

fn client(server: &Server) -> Asking {
    let Listen::Tcp(address) = server.address() else { panic!("{}", server.address()) };
    let client = Client::builder(TokioExecutor::new()).http2_only(true).build_http();
    AuthorizationClient::with_origin(client, format!("http://{address}").parse().unwrap())
}

/// A question as Envoy asks it with `encode_raw_headers`.
fn question(method: &str, target: &str, headers: &[(&str, &str)]) -> CheckRequest {
    let raw = |(name, value): &(&str, &str)| HeaderValue {
        key: (*name).to_owned(),
        raw_value: value.as_bytes().to_vec(),
        ..HeaderValue::default()
    };
    let pseudo = [(":method", method), (":path", target)];
    let http = HttpRequest {
        method: method.to_owned(),
        path: target.to_owned(),
        host: "service.example".to_owned(),
        header_map: Some(HeaderMap { headers: pseudo.iter().chain(headers).map(raw).collect() }),
        ..HttpRequest::default()
    };
    let request = Some(Request { http: Some(http), ..Request::default() });
    CheckRequest { attributes: Some(AttributeContext { request, ..AttributeContext::default() }) }
}

async fn ask(client: &mut Asking, question: CheckRequest) -> CheckResponse {
    client.check(question).await.unwrap().into_inner()
}

/// What the client gets from Envoy, without the headers that differ each time.
fn denied(response: &CheckResponse) -> Seen {
    let Some(HttpResponse::DeniedResponse(denied)) = &response.http_response else { panic!("{response:?}") };
    assert_ne!(response.status.as_ref().unwrap().code, 0, "only OK allows");
    let changing = ["date", "content-length", "x-amzn-requestid", "x-amz-apigw-id"];
    let headers = denied.headers.iter().map(|option| option.header.clone().unwrap());
    let kept = headers.filter(|header| !changing.contains(&&*header.key));
    let mut headers: Vec<String> = kept.map(|header| format!("{}: {}", header.key, header.value)).collect();
    headers.sort_unstable();
    Seen { status: denied.status.unwrap().code.try_into().unwrap(), headers, body: denied.body.clone() }
}

#[tokio::test]
async fn envoy_gets_the_decision_of_the_layer() {
    let served = Served::new("[cors]\norigins = [\"https://app.example\"]\n").await;
    let mut client = client(&served.server);
    let (mut passed, mut rejected) = (0, 0);
    for (method, target, headers) in requests(&served) {
        let headers = borrowed(&headers);
        let layer = served.layer(method, target, &headers).await;
        let response = ask(&mut client, question(method, target, &headers)).await;
        let what = format!("{method} {target} {headers:?}");
        if layer.body == "service" {
            passed += 1;
            let Some(HttpResponse::OkResponse(ok)) = &response.http_response else { panic!("{what}: {response:?}") };
            assert_eq!(response.status.as_ref().unwrap().code, 0, "{what}");
            let set: HashMap<&str, &str> =
                ok.headers.iter().map(|own| own.header.as_ref().unwrap()).map(|own| (&*own.key, &*own.value)).collect();
            for name in ["x-user", "x-scope"] {
                let expected = layer.header(name).filter(|value| !value.is_empty());
                assert_eq!(set.get(name).copied(), expected, "{what}: {name}");
                assert_eq!(ok.headers_to_remove.iter().any(|own| own == name), expected.is_none(), "{what}: {name}");
            }
        } else {
            rejected += 1;
            assert_eq!(denied(&response), layer, "{what}");
        }
    }
    assert!(passed > 8 && rejected > 30, "{passed} {rejected}");
    // The layer answers itself, and Envoy gives that to the client.
    let mock = served.layer("OPTIONS", "/mock", &[]).await;
    assert_eq!(denied(&ask(&mut client, question("OPTIONS", "/mock", &[])).await), mock);
    assert_eq!((mock.status, &*mock.body), (200, "{}"));
}

/// The claims are metadata, and the service does not get what it must not.
#[tokio::test]
async fn claims_are_metadata_and_tokens_are_removed() {
    let pool = pool().await;
    let http_api = "forward_token = false\n";
    let configuration = configuration_with(&pool, http_api, "");
    let policy = Policy::new(&configuration).unwrap();
    let listen = "127.0.0.1:0".parse().unwrap();
    let server = Server::start(policy, &listen, ServerSettings::default()).await.unwrap();
    let mut client = client(&server);
    let token =
        TestToken::access("client", ["pets/read"]).claim("custom:level", 7).claim("custom:list", vec!["a", "b"]);
    let token = pool.issue(&token).unwrap();
    let response = ask(&mut client, question("GET", "/pets", &[("authorization", &token), ("x_user", "admin")])).await;
    let Some(HttpResponse::OkResponse(ok)) = &response.http_response else { panic!("{response:?}") };
    let mut removed = ok.headers_to_remove.clone();
    removed.sort();
    assert_eq!(removed, ["authorization", "x_user"]);
    let claims = response.dynamic_metadata.unwrap().fields;
    let kind = |name: &str| claims[name].kind.clone().unwrap();
    assert_eq!(kind("client_id"), Kind::StringValue("client".to_owned()));
    assert_eq!(kind("custom:level"), Kind::NumberValue(7.0));
    let Kind::ListValue(list) = kind("custom:list") else { panic!("{claims:?}") };
    assert_eq!(list.values.len(), 2);
    // A header that is sent twice is two headers.
    let twice = [("authorization", &*token), ("authorization", &*token)];
    assert_eq!(denied(&ask(&mut client, question("GET", "/pets", &twice)).await).status, 401);
}

/// Envoy compares the names of query parameters as the client spelled them.
#[tokio::test]
async fn a_query_parameter_of_a_token_is_removed_in_each_spelling() {
    let pool = pool().await;
    let text = format!(
        "[user_pools.local]\nid = \"{}\"\nissuer = \"{}\"\n[authorizers.pool]\ntype = \"JWT\"\nuser_pools = [\"local\"]\n\
         any_app_client = true\nidentity_source = \"$request.querystring.token\"\nforward_token = false\n\
         [[routes]]\nroute = \"GET /pets\"\n",
        pool.user_pool().id(),
        pool.issuer()
    );
    let policy = Policy::new(&Configuration::reader().read_toml(&text).unwrap()).unwrap();
    let server = Server::start(policy, &"127.0.0.1:0".parse().unwrap(), ServerSettings::default()).await.unwrap();
    let mut client = client(&server);
    let token = pool.issue(&TestToken::access("client", ["pets/read"])).unwrap();
    for name in ["token", "%74oken", "%74%6fken"] {
        let target = format!("/pets?a=1&{name}={token}&b");
        let response = ask(&mut client, question("GET", &target, &[])).await;
        let Some(HttpResponse::OkResponse(ok)) = &response.http_response else { panic!("{name}: {response:?}") };
        assert_eq!(ok.query_parameters_to_remove, [name]);
    }
}

/// Without keys, the request is rejected in a way that no setting of Envoy lets pass.
#[tokio::test]
async fn without_keys_the_answer_is_a_rejection() {
    let served = Served::new("").await;
    let token = served.token("pets/read");
    served.pool.set_outage(Some(cognito_authorizer::local_user_pool::Outage::Refuse));
    let response = ask(&mut client(&served.server), question("GET", "/pets", &[("authorization", &token)])).await;
    assert_eq!(denied(&response).status, 500);
}

#[tokio::test]
async fn a_question_that_is_not_clear_is_rejected() {
    let served = Served::new("").await;
    let mut client = client(&served.server);
    for unclear in [
        CheckRequest::default(),
        question("G T", "/open", &[]),
        question("GET", "", &[]),
        question("GET", "open", &[]),
        question("GET", "http://elsewhere/open", &[]),
        question("GET", "/open", &[("a b", "c")]),
        question("GET", "/open", &[("a", "b\nc")]),
    ] {
        assert_eq!(denied(&ask(&mut client, unclear.clone()).await).status, 400, "{unclear:?}");
    }
    // Longer than a question may be.
    let long = "x".repeat(300_000);
    assert!(client.check(question("GET", "/open", &[("a", &long)])).await.is_err());
}
