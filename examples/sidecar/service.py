"""A service that knows nothing of tokens: the authorizer tells it who calls."""

from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Service(BaseHTTPRequestHandler):
    def do_GET(self):
        text = f"{self.path} for {self.headers.get('x-user', 'everyone')}\n".encode()
        self.send_response(200)
        self.send_header("content-length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)


ThreadingHTTPServer(("0.0.0.0", 8000), Service).serve_forever()
