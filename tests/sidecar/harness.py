"""Starts the real proxies with the recipes of examples/sidecar, and sends them requests."""

import http.client
import os
import pathlib
import socket
import subprocess
import sys
import time

RECIPES = pathlib.Path(__file__).parents[2] / "examples" / "sidecar"


def free_port():
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return sock.getsockname()[1]


class Processes:
    """Processes of a run, which end with it. Their logs are in the folder `scratch`."""

    def __init__(self, scratch):
        self.scratch = scratch
        self.all = []

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for process in self.all:
            process.kill()
            process.wait()

    def start(self, name, *arguments, **options):
        log = open(self.scratch / f"{name}.log", "w")
        process = subprocess.Popen(arguments, stdout=log, stderr=subprocess.STDOUT, **options)
        self.all.append(process)
        return process

    def listens(self, name, port):
        for _ in range(300):
            with socket.socket() as sock:
                if sock.connect_ex(("127.0.0.1", port)) == 0:
                    return
            time.sleep(0.05)
        sys.exit(f"{name} does not listen:\n{(self.scratch / f'{name}.log').read_text()}")

    def recipe(self, name, addresses, more=()):
        """Writes a recipe with the addresses of this run."""
        text = (RECIPES / name).read_text()
        for own, other in [*addresses, *more]:
            text = text.replace(own, other)
        path = self.scratch / name
        path.write_text(text)
        return path

    def proxies(self, addresses, envoy_command):
        """Starts all proxies, and returns their ports by name."""
        ports = {name: free_port() for name in ("nginx", "caddy", "envoy", "envoy-http")}
        scratch = f"pid {self.scratch}/nginx.pid;\nerror_log {self.scratch}/nginx.log;\ndaemon off;\nworker_processes 1"
        kinds = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
        paths = "".join(f"{own}_temp_path {self.scratch}/{own};\n" for own in kinds)
        nginx = [
            ("listen 8080", f"listen 127.0.0.1:{ports['nginx']}"),
            ("worker_processes auto", scratch),
            ("http {\n", f"http {{\naccess_log off;\n{paths}"),
        ]
        self.start("nginx-run", "nginx", "-c", str(self.recipe("nginx.conf", addresses, nginx)))
        caddy = self.recipe("Caddyfile", addresses, [("http://:8080 {\n", f"http://:{ports['caddy']} {{\n\tbind 127.0.0.1\n")])
        environment = {**os.environ, "HOME": str(self.scratch)}
        self.start("caddy", "caddy", "run", "--adapter", "caddyfile", "--config", str(caddy), env=environment)
        for name in ("envoy", "envoy-http"):
            own = [("0.0.0.0, port_value: 8080", f"127.0.0.1, port_value: {ports[name]}")]
            envoy = self.recipe(f"{name}.yaml", addresses, own)
            self.start(name, envoy_command, "-c", str(envoy), "--concurrency", "1", "--disable-hot-restart", "-l", "warning")
        self.listens("nginx-run", ports["nginx"])
        for name in ("caddy", "envoy", "envoy-http"):
            self.listens(name, ports[name])
        return ports


def addresses(authorizer, service):
    """What the recipes say, and the ports of this run."""
    return [
        ("127.0.0.1:9230", f"127.0.0.1:{authorizer}"),
        ("127.0.0.1:8000", f"127.0.0.1:{service}"),
        ("port_value: 9230", f"port_value: {authorizer}"),
        ("port_value: 8000", f"port_value: {service}"),
    ]


def send(port, method, target, headers=(), body=None):
    """Sends a request, and returns the status, the headers by name, and the body."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    connection.putrequest(method, target, skip_accept_encoding=True)
    for name, value in headers:
        connection.putheader(name, value)
    if body is not None:
        connection.putheader("content-length", str(len(body)))
    connection.endheaders(body.encode() if isinstance(body, str) else body)
    response = connection.getresponse()
    text = response.read().decode()
    found = (response.status, {name.lower(): value for name, value in response.getheaders()}, text)
    connection.close()
    return found
