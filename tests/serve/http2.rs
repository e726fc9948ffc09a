//! HTTP/2 and TLS: to the client, and to the service.
use std::{fs, path::PathBuf, sync::Arc};

use bytes::Bytes;
use cognito_authorizer::serve::{Certificate, Listen, Policy, Server, ServerError, ServerSettings, Upstream};
use http::{Request, Response, Version};
use http_body_util::{BodyExt, Empty};
use hyper::{body::Incoming, client::conn::http2};
use hyper_util::rt::{TokioExecutor, TokioIo};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::TcpStream,
};
use tokio_rustls::{
    TlsConnector,
    rustls::{
        ClientConfig, RootCertStore,
        pki_types::{CertificateDer, ServerName, pem::PemObject},
    },
};

use crate::{
    proxy::Proxied,
    served::Served,
    service,
    support::fresh_folder,
    wire::{connect, exchange},
};

/// Sends one request over HTTP/2.
async fn over_http2<S>(stream: S, target: &str, token: &str) -> Response<Incoming>
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let (mut sender, connection) = http2::handshake(TokioExecutor::new(), TokioIo::new(stream)).await.unwrap();
    tokio::spawn(connection);
    let request = Request::get(format!("http://service.example{target}")).header("authorization", token);
    let request = request.header("te", "trailers").header("cookie", "a=1").header("cookie", "b=2");
    sender.send_request(request.body(Empty::<Bytes>::new()).unwrap()).await.unwrap()
}

async fn text(response: Response<Incoming>) -> String {
    String::from_utf8(response.into_body().collect().await.unwrap().to_bytes().into()).unwrap()
}

/// A certificate for `localhost` and its key, in files.
fn certificate(name: &str) -> (PathBuf, PathBuf) {
    let folder = fresh_folder(name);
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let (certificate, key) = (folder.join("certificate.pem"), folder.join("key.pem"));
    fs::write(&certificate, made.cert.pem()).unwrap();
    fs::write(&key, made.signing_key.serialize_pem()).unwrap();
    (certificate, key)
}

async fn tls(
    address: &Listen,
    trusted: &PathBuf,
    protocol: &[u8],
) -> std::io::Result<tokio_rustls::client::TlsStream<TcpStream>> {
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_file(trusted).unwrap()).unwrap();
    let provider = Arc::new(tokio_rustls::rustls::crypto::aws_lc_rs::default_provider());
    let config = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
    let mut config = config.with_root_certificates(roots).with_no_client_auth();
    config.alpn_protocols = vec![protocol.to_vec()];
    let name = ServerName::try_from("localhost").unwrap();
    TlsConnector::from(Arc::new(config)).connect(name, connect(address).await).await
}

#[tokio::test]
async fn clients_speak_http_2_without_tls() {
    let proxied = Proxied::new("").await;
    let token = proxied.served.token("pets/read");
    let response = over_http2(connect(proxied.proxy.address()).await, "/pets", &token).await;
    assert_eq!((response.status().as_u16(), response.version()), (200, Version::HTTP_2));
    let told = text(response).await;
    for line in ["GET /pets HTTP/1.1", "host: service.example", "cookie: a=1; b=2", "x-user: client"] {
        assert!(told.lines().any(|own| own == line), "{line}: {told}");
    }
    let rejected = over_http2(connect(proxied.proxy.address()).await, "/pets", "nonsense").await;
    assert_eq!((rejected.status().as_u16(), &*text(rejected).await), (401, "{\"message\":\"Unauthorized\"}"));
}

/// What gRPC needs: HTTP/2 all the way, `te`, and trailers.
#[tokio::test]
async fn services_speak_http_2_and_send_trailers() {
    let (served, service) = (Served::new("").await, service::start().await);
    let upstream = Upstream::new(&format!("h2c://{service}")).unwrap();
    let listen = "127.0.0.1:0".parse().unwrap();
    let policy = Policy::new(&served.configuration).unwrap();
    let proxy = Server::start_proxy(policy, &listen, upstream, ServerSettings::default()).await.unwrap();
    let response = over_http2(connect(proxy.address()).await, "/open", "").await;
    let told = text(response).await;
    assert!(
        told.starts_with("GET http") && told.contains(" HTTP/2.0\n") && told.contains("\nte: trailers\n"),
        "{told}"
    );
    let (mut sender, connection) =
        http2::handshake(TokioExecutor::new(), TokioIo::new(connect(proxy.address()).await)).await.unwrap();
    tokio::spawn(connection);
    let request = Request::get("http://service.example/open").header("x-do", "trailers");
    let response = sender.send_request(request.body(Empty::<Bytes>::new()).unwrap()).await.unwrap();
    let body = response.into_body().collect().await.unwrap();
    assert_eq!(body.trailers().unwrap()["grpc-status"], "0");
    // Trailers of a request are not passed on: some services take them for headers.
    let token = served.token("pets/read");
    let chunked = format!(
        "POST /pets/7 HTTP/1.1\r\nhost: a\r\nconnection: close\r\nauthorization: {token}\r\ntrailer: x-user\r\n\
         transfer-encoding: chunked\r\n\r\n4\r\nbody\r\n0\r\nx-user: admin\r\n\r\n"
    );
    let told = exchange(proxy.address(), &chunked).await;
    assert!(told.contains("body") && told.contains("x-user: client") && !told.contains("admin"), "{told}");
}

#[tokio::test]
async fn tls_offers_http_2_and_the_certificate_can_be_replaced() {
    let (served, service) = (Served::new("").await, service::start().await);
    let (before, key) = certificate("tls-before");
    let upstream = Upstream::new(&format!("http://{service}")).unwrap();
    let settings = ServerSettings::default().certificate(Certificate::read(&before, &key).unwrap());
    let listen = "127.0.0.1:0".parse().unwrap();
    let policy = Policy::new(&served.configuration).unwrap();
    let proxy = Server::start_proxy(policy, &listen, upstream, settings).await.unwrap();
    let stream = tls(proxy.address(), &before, b"h2").await.unwrap();
    assert_eq!(stream.get_ref().1.alpn_protocol(), Some(&b"h2"[..]));
    let told = text(over_http2(stream, "/open", "").await).await;
    assert!(told.contains("\nx-forwarded-proto: https\n"), "{told}");
    let stream = tls(proxy.address(), &before, b"http/1.1").await.unwrap();
    assert_eq!(stream.get_ref().1.alpn_protocol(), Some(&b"http/1.1"[..]));

    let (after, new_key) = certificate("tls-after");
    assert!(!proxy.replace_certificate(Certificate::read(&before, &key).unwrap()), "it is the same");
    assert!(proxy.replace_certificate(Certificate::read(&after, &new_key).unwrap()));
    assert!(tls(proxy.address(), &before, b"h2").await.is_err());
    assert!(tls(proxy.address(), &after, b"h2").await.is_ok());
}

#[test]
fn wrong_certificates_are_named() {
    let (certificate_file, key) = certificate("tls-wrong");
    let (_, other_key) = certificate("tls-wrong-other");
    for (certificate, key, named) in [
        (&certificate_file, &other_key, &certificate_file),
        (&key, &certificate_file, &certificate_file),
        (&PathBuf::from("missing.pem"), &key, &PathBuf::from("missing.pem")),
    ] {
        let error: ServerError = Certificate::read(certificate, key).unwrap_err();
        let named = format!("`{}`", named.display());
        assert!(error.to_string().contains(&named), "{certificate:?} {key:?}: {error}");
    }
}
