"""The recipes of examples/sidecar, each with its real proxy: one corpus, and one verdict.

usage: run.py COMMAND ENVOY SCRATCH
"""

import json
import pathlib
import shutil
import signal
import sys
import time
import urllib.parse

from harness import Processes, addresses, free_port, send

COMMAND, ENVOY, SCRATCH = sys.argv[1], sys.argv[2], pathlib.Path(sys.argv[3]).resolve()
failures = []


def token(domain_port, scope):
    form = urllib.parse.urlencode({"grant_type": "client_credentials", "scope": scope}).encode()
    credentials = "bG9jYWxzZXJ2aWNlOmxvY2FsLXNlY3JldA=="
    headers = [("authorization", f"Basic {credentials}"), ("content-type", "application/x-www-form-urlencoded")]
    status, _, text = send(domain_port, "POST", "/oauth2/token", headers, form)
    assert status == 200, text
    return json.loads(text)["access_token"]


def expect(proxy, what, found, expected):
    if found != expected:
        failures.append(f"{proxy}: {what}: {found} and not {expected}")


UNAUTHORIZED = '{"message":"Unauthorized"}'
NO_ROUTE = '{"message":"Missing Authentication Token"}'


def corpus(proxy, port, read, write):
    """Sends every request through a proxy. What passes is seen by the service; what does not has the gateway response."""
    bearer = lambda own: [("authorization", own)]
    imitated = [("x-user", "admin"), ("x-scope", "all"), ("x_user", "admin")]
    nobody = {"x-user": None, "x-scope": None}
    reader = {"x-user": "localservice", "x-scope": "pets/read"}
    writer = {"x-user": "localservice", "x-scope": "pets/write"}
    count = 0
    for method, target, headers, body, claims in [
        ("GET", "/health", [], None, nobody),
        ("GET", "/health?a=b&c=%20", imitated, None, nobody),
        ("GET", "/health", bearer("nonsense"), None, nobody),
        ("GET", "/pets", bearer(read), None, reader),
        ("GET", "/pets?page=2&q=%2F", bearer(read) + imitated, None, reader),
        ("GET", "/pets", bearer(f"Bearer {read}"), None, reader),
        ("GET", "/pets/7", bearer(write), None, writer),
        ("POST", "/pets", bearer(write), '{"type":"fish"}', writer),
        ("POST", "/pets", bearer(write) + [("x-padding", "x" * 3_000)], "y" * 100_000, writer),
    ]:
        count += 1
        status, _, text = send(port, method, target, headers, body)
        expect(proxy, f"{method} {target}", status, 200)
        if status != 200:
            continue
        seen = json.loads(text)
        expect(proxy, f"{method} {target}: method, target and body", (seen["method"], seen["target"], seen["body"]), (method, target, body or ""))
        for name, value in claims.items():
            # An empty header is none.
            expect(proxy, f"{method} {target}: {name}", seen["headers"].get(name) or None, value)
        expect(proxy, f"{method} {target}: what imitates a claim", seen["headers"].get("x_user"), None)
    for method, target, headers, expected, text in [
        ("GET", "/pets", [], 401, UNAUTHORIZED),
        ("GET", "/pets", imitated, 401, UNAUTHORIZED),
        ("GET", "/pets", bearer(write), 401, UNAUTHORIZED),
        ("GET", "/pets", bearer("nonsense"), 401, UNAUTHORIZED),
        ("GET", "/pets", bearer(read[:-4] + "AAAA"), 401, UNAUTHORIZED),
        ("POST", "/pets", bearer(read), 401, UNAUTHORIZED),
        ("DELETE", "/pets", bearer(read), 403, NO_ROUTE),
        ("GET", "/", bearer(read), 403, NO_ROUTE),
        ("GET", "/elsewhere", [], 403, NO_ROUTE),
        ("OPTIONS", "/pets", [("origin", "https://a.example"), ("access-control-request-method", "GET")], 403, NO_ROUTE),
        ("GET", "/_authorizer/ask", [], 403, NO_ROUTE),
        # What describes a request to the authorizer, from a client.
        ("GET", "/pets", [("x-forwarded-method", "GET"), ("x-forwarded-uri", "/health")], 401, UNAUTHORIZED),
        ("GET", "/pets", [("x-original-url", "/health"), ("x-rewrite-url", "/health")], 401, UNAUTHORIZED),
    ]:
        count += 1
        status, own, body = send(port, method, target, headers)
        if target.startswith("/_authorizer") and proxy == "nginx":
            # An internal location, which nginx does not show.
            expect(proxy, f"{method} {target}", status, 404)
            continue
        expect(proxy, f"{method} {target} {[name for name, _ in headers]}", (status, body), (expected, text))
        expect(proxy, f"{method} {target}: content-type", own.get("content-type"), "application/json")
        expect(proxy, f"{method} {target}: the id of the request", bool(own.get("x-amzn-requestid")), True)
    # After a change to h2c, further requests would reach the service unseen. A proxy may pass on one value of several.
    for upgrades in [["h2c"], ["h2c", "websocket"], ["websocket", "h2c"], ["h2c, websocket"]]:
        count += 1
        headers = [("connection", "upgrade"), *(("upgrade", own) for own in upgrades)]
        status, _, text = send(port, "GET", "/health", headers)
        passed_on = json.loads(text)["headers"].get("upgrade") if status == 200 else None
        expect(proxy, f"GET /health, Upgrade {upgrades}: passed on", passed_on in (None, "websocket"), True)
    # One rule for the path that the client sent, and another one for what it can be read as.
    for target in ["/health/../pets", "/pets%2f..%2fhealth", "//pets", "/health;/../pets", "/pets/", "/health/%2e%2e/pets"]:
        count += 1
        status, _, text = send(port, "GET", target)
        expect(proxy, f"GET {target} reaches no guarded handler", status == 200 and "/pets" in json.loads(text)["target"], False)
    return count


def rejects(proxy, port, read, when):
    """Without an answer of the authorizer, nothing passes."""
    for target, headers in [("/health", []), ("/pets", [("authorization", read)])]:
        begin = time.monotonic()
        status, _, text = send(port, "GET", target, headers)
        expect(proxy, f"GET {target} {when}", status >= 400 and '"method"' not in text, True)
        expect(proxy, f"GET {target} {when}: in time", time.monotonic() - begin < 15, True)


def main(processes):
    pool, serve, service = free_port(), free_port(), free_port()
    processes.start("pool", COMMAND, "local-user-pool", "--listen", f"127.0.0.1:{pool}")
    service_file = pathlib.Path(__file__).with_name("service.py")
    processes.start("service", sys.executable, str(service_file), str(service))
    processes.listens("pool", pool)
    known = addresses(serve, service)
    configuration = processes.recipe("authorizer.toml", [*known, ("127.0.0.1:9229", f"127.0.0.1:{pool}")])

    def authorizer():
        command = [COMMAND, "serve", "--config", str(configuration), "--listen", f"127.0.0.1:{serve}"]
        own = processes.start("serve", *command)
        processes.listens("serve", serve)
        return own

    deciding = authorizer()
    processes.listens("service", service)
    read, write = token(pool, "pets/read"), token(pool, "pets/write")
    ports = processes.proxies(known, ENVOY)

    for proxy, port in ports.items():
        print(f"{proxy}: {corpus(proxy, port, read, write)} requests")
    deciding.send_signal(signal.SIGSTOP)
    for proxy, port in ports.items():
        rejects(proxy, port, read, "with a hung authorizer")
    deciding.send_signal(signal.SIGCONT)
    deciding.kill()
    deciding.wait()
    for proxy, port in ports.items():
        rejects(proxy, port, read, "without an authorizer")
    deciding = authorizer()
    for proxy, port in ports.items():
        status, _, _ = send(port, "GET", "/pets", [("authorization", read)])
        expect(proxy, "GET /pets with the authorizer back", status, 200)
    # Ended as a service manager does it.
    deciding.terminate()
    expect("serve", "the exit code after SIGTERM", deciding.wait(timeout=15), 0)


shutil.rmtree(SCRATCH, ignore_errors=True)
SCRATCH.mkdir(parents=True)
with Processes(SCRATCH) as processes:
    main(processes)
for failure in failures:
    print(failure, file=sys.stderr)
print("the recipes decide as they should" if not failures else f"{len(failures)} failures")
sys.exit(1 if failures else 0)
