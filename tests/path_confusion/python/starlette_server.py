"""Starlette under uvicorn: a list of routes."""

import asyncio
import re
import sys

import uvicorn
from starlette.applications import Starlette
from starlette.responses import Response
from starlette.routing import Route

import sites


def endpoint(index):
    async def answer(request):
        return Response(headers={"x-route": index})

    return answer


def application(routes):
    own = []
    for index, method, path in routes:
        if path == "$default":
            path = "/{rest:path}"
        path = re.sub(r"\{(\w+)\+\}", r"{\1:path}", path)
        methods = sites.METHODS if method == "ANY" else [method]
        own.append(Route(path, endpoint(index), methods=methods))
    return Starlette(routes=own)


async def main():
    servers = []
    for port, routes in sites.read(sys.argv[1]):
        config = uvicorn.Config(
            application(routes), port=port, log_level="critical", http="httptools", timeout_keep_alive=60, lifespan="off"
        )
        server = uvicorn.Server(config)
        config.load()
        server.lifespan = config.lifespan_class(config)
        servers.append(server)
    await asyncio.gather(*(server.startup() for server in servers))
    await asyncio.Event().wait()


asyncio.run(main())
