"""Django under waitress: a list of paths, each with a view that knows its methods. With `empty` as the second argument the
paths are regular expressions whose variables may be empty."""

import re
import sys
import types

import django
from django.conf import settings
from django.core.handlers.wsgi import WSGIHandler
from django.http import HttpResponse
from django.urls import path as url_path
from django.urls import re_path
from django.views import View
from waitress import wasyncore
from waitress.server import create_server

import sites

settings.configure(ALLOWED_HOSTS=["*"], ROOT_URLCONF="site", SECRET_KEY="s", USE_I18N=False, MIDDLEWARE=[])
django.setup()


def view(methods):
    def answer(index):
        return lambda self, request, **arguments: HttpResponse(headers={"x-route": index})

    members = {}
    for index, method in methods:
        for name in sites.METHODS if method == "ANY" else [method]:
            if method != "ANY" or name.lower() not in members:
                members[name.lower()] = answer(index)
    return type("Site", (View,), members).as_view()


def urls(routes):
    paths = {}
    for index, method, path in routes:
        if path == "$default":
            path = "/{rest+}"
            paths.setdefault("/", []).append((index, method))
        paths.setdefault(path, []).append((index, method))
    own = []
    for path, methods in paths.items():
        if "empty" in sys.argv:
            path = re.sub(r"\\\{\w+\\\+\\\}", ".*", re.escape(path))
            path = re.sub(r"\\\{\w+\\\}", "[^/]*", path)
            own.append(re_path(f"^{path.removeprefix('/')}$", view(methods)))
            continue
        path = re.sub(r"\{(\w+)\+\}", r"<path:\1>", path)
        path = re.sub(r"\{(\w+)\}", r"<\1>", path)
        own.append(url_path(path.removeprefix("/"), view(methods)))
    return own


class Application(WSGIHandler):
    """Each site has a list of paths of its own."""

    def __init__(self, module):
        super().__init__()
        self.module = module

    def get_response(self, request):
        request.urlconf = self.module
        return super().get_response(request)


sockets = {}
for port, routes in sites.read(sys.argv[1]):
    module = types.ModuleType(f"site{port}")
    module.urlpatterns = urls(routes)
    sys.modules[module.__name__] = module
    sys.modules.setdefault("site_default", module)
    app = Application(module.__name__)
    create_server(app, map=sockets, host="127.0.0.1", port=port, threads=1, channel_timeout=60, connection_limit=5000)
wasyncore.loop(timeout=1, map=sockets)
