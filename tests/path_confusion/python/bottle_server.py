"""Bottle under waitress: literals first, then a list of patterns."""

import re
import sys

from bottle import Bottle, response
from waitress import wasyncore
from waitress.server import create_server

import sites


def handler(index):
    def answer(**arguments):
        response.set_header("x-route", index)
        return ""

    return answer


def application(routes):
    app = Bottle()
    for index, method, path in routes:
        if path == "$default":
            app.route("/", method="ANY", callback=handler(index))
            path = "/{rest+}"
        path = re.sub(r"\{(\w+)\+\}", r"<\1:path>", path)
        path = re.sub(r"\{(\w+)\}", r"<\1>", path)
        app.route(path, method=method, callback=handler(index))
    return app


sockets = {}
for port, routes in sites.read(sys.argv[1]):
    app = application(routes)
    create_server(app, map=sockets, host="127.0.0.1", port=port, threads=1, channel_timeout=60, connection_limit=5000)
wasyncore.loop(timeout=1, map=sockets)
