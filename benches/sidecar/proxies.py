#!/usr/bin/env python3
"""Compares what stands in front of one service: the proxies with this authorizer, its reverse proxy, the layer inside the
service, and Envoy's own jwt_authn. One run, in turn, with the same token. Needs nginx, Caddy and Envoy (.ci/sidecar installs
them), and both cores: compare the lines only with each other.

    benches/sidecar/proxies.py --envoy target/path-confusion/envoy
"""

import argparse
import json
import pathlib
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).parents[2] / "tests" / "sidecar"))
sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / "peers"))

import corpus
from harness import Processes, addresses, free_port

MANAGER = "type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager"
FILTERS = "type.googleapis.com/envoy.extensions.filters.http"


def jwt_authn(port, service, remembers):
    """Envoy's own filter for tokens, with the keys of the corpus."""
    provider = {"issuer": corpus.ISSUER, "local_jwks": {"inline_string": corpus.jwks()}, "forward": True}
    if remembers:
        provider["jwt_cache_config"] = {"jwt_cache_size": 1000}
    endpoint = {"endpoint": {"address": {"socket_address": {"address": "127.0.0.1", "port_value": service}}}}
    return {"static_resources": {
        "listeners": [{
            "address": {"socket_address": {"address": "127.0.0.1", "port_value": port}},
            "filter_chains": [{"filters": [{
                "name": "envoy.filters.network.http_connection_manager",
                "typed_config": {
                    "@type": MANAGER, "stat_prefix": "in",
                    "http_filters": [
                        {"name": "envoy.filters.http.jwt_authn", "typed_config": {
                            "@type": FILTERS + ".jwt_authn.v3.JwtAuthentication",
                            "providers": {"pool": provider},
                            "rules": [{"match": {"prefix": "/"}, "requires": {"provider_name": "pool"}}]}},
                        {"name": "envoy.filters.http.router", "typed_config": {"@type": FILTERS + ".router.v3.Router"}}],
                    "route_config": {"virtual_hosts": [{"name": "all", "domains": ["*"], "routes": [
                        {"match": {"prefix": "/"}, "route": {"cluster": "service"}}]}]}}}]}]}],
        "clusters": [{"name": "service", "connect_timeout": "2s", "load_assignment": {
            "cluster_name": "service", "endpoints": [{"lb_endpoints": [endpoint]}]}}]}}


def built():
    """Builds the command and the bench, and returns their paths."""
    subprocess.run(["cargo", "build", "--quiet", "--release", "--features", "cli", "--bin", "cognito-authorizer"], check=True)
    lines = subprocess.run(["cargo", "bench", "--bench", "sidecar", "--no-run", "--message-format", "json"],
                           capture_output=True, text=True, check=True).stdout.splitlines()
    messages = [json.loads(line) for line in lines]
    bench = next(own["executable"] for own in messages if own.get("target", {}).get("name") == "sidecar" and own.get("executable"))
    target = pathlib.Path(bench).parents[1]
    return str(target / "cognito-authorizer"), bench


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--envoy", required=True)
    arguments = parser.parse_args()
    command, bench = built()
    scratch = pathlib.Path(tempfile.mkdtemp())
    keys, configuration = scratch / "jwks.json", scratch / "authorizer.toml"
    keys.write_text(corpus.jwks())
    configuration.write_text(corpus.configuration("COGNITO_USER_POOLS", keys))
    service, serve, proxy, layer, cached, uncached = (free_port() for _ in range(6))
    with Processes(scratch) as processes:
        processes.start("service", bench, "service", str(service))
        processes.start("layer", bench, "layer", str(layer), str(configuration))
        own = [command, "serve", "--config", str(configuration), "--access-log", "off"]
        processes.start("serve", *own, "--listen", f"127.0.0.1:{serve}")
        processes.start("proxy", *own, "--listen", f"127.0.0.1:{proxy}", "--upstream", f"http://127.0.0.1:{service}")
        for name, port, remembers in (("cached", cached, True), ("uncached", uncached, False)):
            file = scratch / f"jwt_authn-{name}.json"
            file.write_text(json.dumps(jwt_authn(port, service, remembers)))
            processes.start(name, arguments.envoy, "-c", str(file), "--concurrency", "1", "--disable-hot-restart", "-l", "error")
        started = {"service": service, "layer": layer, "serve": serve, "proxy": proxy, "cached": cached, "uncached": uncached}
        for name, port in started.items():
            processes.listens(name, port)
        ports = processes.proxies(addresses(serve, service), arguments.envoy)
        token = corpus.tokens()["access"]
        targets = {
            "the service alone": service,
            "the layer in the service": layer,
            "the reverse proxy": proxy,
            "nginx and the authorizer": ports["nginx"],
            "Caddy and the authorizer": ports["caddy"],
            "Envoy and the authorizer, gRPC": ports["envoy"],
            "Envoy and the authorizer, HTTP": ports["envoy-http"],
            "Envoy jwt_authn, cache on": cached,
            "Envoy jwt_authn, cache off": uncached,
        }
        subprocess.run([bench, "load", token, *(f"{name}={port}" for name, port in targets.items())], check=True)


main()
