"""Flask under waitress: Werkzeug orders the routes by itself."""

import re
import sys

from flask import Flask, Response
from waitress import wasyncore
from waitress.server import create_server

import sites


def view(index):
    return lambda **arguments: Response(headers={"x-route": index})


def application(routes):
    app = Flask("site", static_folder=None)
    for index, method, path in routes:
        methods = sites.METHODS if method == "ANY" else [method]
        if path == "$default":
            app.add_url_rule("/", f"root{index}", view(index), methods=methods)
            path = "/{rest+}"
        path = re.sub(r"\{(\w+)\+\}", r"<path:\1>", path)
        path = re.sub(r"\{(\w+)\}", r"<\1>", path)
        app.add_url_rule(path, index, view(index), methods=methods)
    return app


sockets = {}
for port, routes in sites.read(sys.argv[1]):
    app = application(routes)
    create_server(app, map=sockets, host="127.0.0.1", port=port, threads=1, channel_timeout=60, connection_limit=5000)
wasyncore.loop(timeout=1, map=sockets)
