"""The service behind the proxies: answers with the method, the target, the body and the headers that concern the policy."""

import json
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

SHOWN = ("authorization", "x-user", "x-scope", "x_user", "upgrade")


class Service(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def answer(self):
        body = self.rfile.read(int(self.headers.get("content-length") or 0)).decode()
        headers = {name: ", ".join(self.headers.get_all(name)) for name in SHOWN if name in self.headers}
        told = {"method": self.command, "target": self.path, "body": body, "headers": headers}
        text = json.dumps(told).encode()
        self.send_response(200)
        self.send_header("content-length", str(len(text)))
        self.send_header("x-service", "1")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(text)

    do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = do_OPTIONS = answer

    def log_message(self, *_):
        pass


ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Service).serve_forever()
