"""One corpus, one verdict: each request through the reverse proxy, which is the layer itself, and through `explain`, nginx,
Caddy, and Envoy over gRPC and over HTTP. What differs has to be one of the differences of src/docs/serve.md.

usage: verdicts.py COMMAND ENVOY SCRATCH
"""

import collections
import json
import pathlib
import posixpath
import re
import shutil
import string
import subprocess
import sys
import urllib.parse

import corpus
from harness import Processes, addresses, free_port, send

COMMAND, ENVOY, SCRATCH = sys.argv[1], sys.argv[2], pathlib.Path(sys.argv[3]).resolve()

# Headers of a connection, of a proxy itself, and those that differ each time.
OWN = {
    "connection", "content-length", "date", "keep-alive", "server", "transfer-encoding", "via", "x-envoy-upstream-service-time",
    "x-amzn-requestid", "x-amz-apigw-id", "apigw-requestid", "x-request-id",
}


def verdict(status, headers, body, method):
    """What a client sees, without what differs each time. What the service sees, if it answered."""
    if headers.get("x-service"):
        seen = json.loads(body) if body else {"target": "", "headers": {}}
        # An empty header is none.
        return "passed", {**seen, "headers": {name: value for name, value in seen["headers"].items() if value}}
    kept = sorted((name, value) for name, value in headers.items() if name not in OWN)
    return status, kept, "" if method == "HEAD" else body


def explained(configuration, method, target, headers):
    """What `explain` says that a client sees."""
    command = [COMMAND, "explain", "--config", configuration, "--method", method, "--path", target, "--format", "json"]
    for name, value in headers:
        command += ["--header", f"{name}: {value}"]
    done = subprocess.run(command, input="", capture_output=True, text=True)
    if done.returncode == 2:
        return "cannot", done.stderr
    told = json.loads(done.stdout)
    if not told.get("response"):
        return "passed", None
    response = told["response"]
    headers = collections.OrderedDict((name.lower(), value) for name, value in response["headers"])
    return verdict(response["status"], headers, response["body"], method)


def normalized(target):
    """The target after Envoy's `normalize_path` and `merge_slashes`; `None` if Envoy rejects it."""
    path, mark, query = target.partition("?")
    if re.search("%(2f|5c)", path, re.IGNORECASE):
        return None
    unreserved = string.ascii_letters + string.digits + "-._~"
    decode = lambda found: chr(int(found[1], 16)) if chr(int(found[1], 16)) in unreserved else found[0]
    path = re.sub("%([0-9a-fA-F]{2})", decode, path).replace("\\", "/")
    segments = []
    for segment in re.sub("/+", "/", path)[1:].split("/"):
        # A parameter of a segment does not count.
        if segment.partition(";")[0] == "..":
            if not segments:
                return None
            segments.pop()
        elif segment != ".":
            segments.append(segment)
    # `/a/..` and `/a/.` end with a slash.
    end = "/" if re.search(r"/\.{1,2}$", path) and segments else ""
    return "/" + "/".join(segments) + end + mark + query


def differs(front, name, method, target, headers, reference, found):
    """Returns the documented reason of a difference between two verdicts."""
    if front == "explain":
        if reference[0] == found[0] == "passed":
            return "explain shows no service"
        if name.startswith("connection"):
            return "`Connection` names the token: a proxy may remove it"
        return None
    # The proxy answers by itself, and nothing reaches the service.
    is_own = found[0] in (400, 404, 414) and not any(value == "application/json" for _, value in found[1])
    if front == "nginx" and is_own and (found[0] == 400 or name.startswith("long")):
        return "nginx rejects the request line or a long header itself"
    if front.startswith("envoy") and is_own:
        return "Envoy rejects the path itself"
    if front == "caddy" and is_own:
        return "Caddy rejects the request itself"
    if front == "nginx" and name.startswith("connection"):
        return "`Connection` names the token: nginx sends it on"
    if ("content-type", "application/grpc") in headers and reference[0] == 200 and found[0] == 401 and found[1:] == reference[1:]:
        return "a rejected gRPC call has a status that is no permission"
    if front.startswith("envoy") and name.startswith("the header twice") and found[0] == reference[0] == 401:
        return "Envoy joins the values of a header that is sent twice"
    if front == "envoy-http" and ("content-type", "application/grpc") in headers and ("grpc-status", "16") in found[1]:
        return "Envoy writes the status of a rejected gRPC call"
    without = [pair for pair in reference[1] if pair[0] != "content-type"] if reference[0] != "passed" else None
    if front == "envoy-http" and method == "HEAD" and found[0] == reference[0] and found[1] == without:
        return "Envoy sends no content-type for HEAD"
    return None


def main(processes):
    failures, allowed, counts = [], collections.Counter(), collections.Counter()
    keys = SCRATCH / "jwks.json"
    keys.write_text(corpus.jwks())
    for kind in ("COGNITO_USER_POOLS", "JWT"):
        serve, proxy, service = free_port(), free_port(), free_port()
        configuration = SCRATCH / f"{kind}.toml"
        configuration.write_text(corpus.configuration(kind, keys))
        own = [COMMAND, "serve", "--config", str(configuration), "--access-log", "off"]
        service_file = pathlib.Path(__file__).with_name("service.py")
        with Processes(SCRATCH) as processes:
            processes.start("service", sys.executable, str(service_file), str(service))
            processes.start("serve", *own, "--listen", f"127.0.0.1:{serve}")
            processes.start("proxy", *own, "--listen", f"127.0.0.1:{proxy}", "--upstream", f"http://127.0.0.1:{service}")
            for name, port in (("service", service), ("serve", serve), ("proxy", proxy)):
                processes.listens(name, port)
            ports = processes.proxies(addresses(serve, service), ENVOY)
            for name, method, target, headers, body in corpus.requests():
                reference = verdict(*send(proxy, method, target, headers, body), method)
                counts[f"{kind}: {reference[0]}"] += 1
                fronts = {"explain": explained(str(configuration), method, target, headers)}
                for front, port in ports.items():
                    fronts[front] = verdict(*send(port, method, target, headers, body), method)
                for front, found in fronts.items():
                    expected = reference
                    other = normalized(target) if front.startswith("envoy") else target
                    if other not in (None, target):
                        # Both see the path after this: the verdict is that of the other target.
                        expected = verdict(*send(proxy, method, other, headers, body), method)
                        allowed[f"{front}: Envoy normalizes the path before both see it"] += 1
                    sends_token = any(value == "authorization" for value, _ in headers)
                    if found[0] == "passed" and found[1] and not sends_token and found[1]["target"]:
                        # What the service makes of the path that it got is open.
                        seen = posixpath.normpath(urllib.parse.unquote(found[1]["target"].split("?")[0]))
                        if seen != "/health" or found[1]["headers"].get("x-user") or found[1]["headers"].get("x-scope"):
                            failures.append(f"{kind}, {front}, {name}: {found[1]} reached the service without a token")
                    if found == expected:
                        continue
                    reason = differs(front, name, method, target, headers, expected, found)
                    if reason:
                        allowed[f"{front}: {reason}"] += 1
                    else:
                        failures.append(f"{kind}, {front}, {name}: {method} {target[:60]}\n  {str(found)[:400]}\n  and not {str(expected)[:400]}")
    for what, count in sorted(counts.items()):
        print(f"{count:4} {what}")
    for what, count in sorted(allowed.items()):
        print(f"{count:4} differ: {what}")
    return failures


shutil.rmtree(SCRATCH, ignore_errors=True)
SCRATCH.mkdir(parents=True)
failures = main(None)
for failure in failures:
    print(failure, file=sys.stderr)
print("one corpus, one verdict" if not failures else f"{len(failures)} failures")
sys.exit(1 if failures else 0)
