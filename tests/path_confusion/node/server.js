// Express, Fastify or `node:http`, by its name: `server.js <package> <setting> <table of sites>`.
'use strict';

const fs = require('node:fs');
const { createServer } = require('node:http');
const { createRequire } = require('node:module');
const path = require('node:path');

// Packages are installed elsewhere.
const installed = createRequire(path.join(process.env.NODE_PATH, 'package.json'));
const [name, setting, table] = process.argv.slice(2);

const METHODS = ['DELETE', 'GET', 'HEAD', 'OPTIONS', 'PATCH', 'POST', 'PUT'];

function sites() {
    const sites = [];
    for (const line of fs.readFileSync(table, 'utf8').trim().split('\n')) {
        const [kind, ...fields] = line.split('\t');
        if (kind === 'site') sites.push({ port: Number(fields[0]), routes: [] });
        else sites.at(-1).routes.push({ index: fields[0], method: fields[1], path: fields[2] });
    }
    return sites;
}

function express(site) {
    const express = installed(name);
    const app = express();
    app.disable('x-powered-by').disable('etag');
    if (setting === 'strict') app.enable('strict routing').enable('case sensitive routing');
    if (setting === 'method-override') {
        const override = installed('method-override');
        for (const source of ['X-HTTP-Method-Override', 'X-HTTP-Method', 'X-Method-Override', '_method']) {
            app.use(override(source, { methods: ['POST', 'GET'] }));
        }
    }
    const rest = name === 'express4' ? '*' : '*rest';
    for (const route of site.routes) {
        const handler = (request, response) => response.set('x-route', route.index).end();
        if (route.path === '$default') {
            app.use(handler);
            continue;
        }
        const path = route.path.replace(/\{(\w+)\}/g, ':$1').replace(/\{\w+\+\}/, rest);
        app[route.method === 'ANY' ? 'all' : route.method.toLowerCase()](path, handler);
    }
    app.listen(site.port, '127.0.0.1').keepAliveTimeout = 60_000;
}

async function fastify(site) {
    const routerOptions = {
        default: {},
        lax: { ignoreTrailingSlash: true, ignoreDuplicateSlashes: true, caseSensitive: false, useSemicolonDelimiter: true },
        trailing: { ignoreTrailingSlash: true },
    }[setting];
    const app = installed('fastify')({ routerOptions, keepAliveTimeout: 60_000 });
    for (const route of site.routes) {
        const handler = (request, reply) => reply.header('x-route', route.index).send('');
        if (route.path === '$default') {
            app.setNotFoundHandler(handler);
            continue;
        }
        const url = route.path.replace(/\{(\w+)\}/g, ':p').replace(/\{\w+\+\}/, '*').replace(/:p/g, (_, at) => `:p${at}`);
        const exposeHeadRoute = !site.routes.some((other) => other.method === 'HEAD');
        const named = site.routes.filter((other) => other.path === route.path).map((other) => other.method);
        const method = route.method === 'ANY' ? METHODS.filter((method) => !named.includes(method)) : route.method;
        app.route({ method, url, handler, exposeHeadRoute: exposeHeadRoute && method === 'GET' });
    }
    await app.listen({ port: site.port, host: '127.0.0.1' });
}

// A service without a framework, as Node's documentation shows it: it reads the path with `URL`.
function http(site) {
    const routes = site.routes.map((route) => {
        const path = route.path === '$default' ? '/.*' : route.path.replace(/[.$]/g, '\\$&');
        const expression = path.replace(/\{\w+\+\}/, '.+').replace(/\{\w+\}/g, '[^/]+');
        return { ...route, expression: new RegExp(`^${expression}$`) };
    });
    const server = createServer((request, response) => {
        let path;
        try {
            path = new URL(request.url, 'http://localhost').pathname;
        } catch {
            response.writeHead(400).end();
            return;
        }
        const covers = (route) => route.method === 'ANY' || route.method === request.method
            || (route.method === 'GET' && request.method === 'HEAD');
        const route = routes.find((route) => covers(route) && route.expression.test(path));
        response.writeHead(route ? 200 : 404, route ? { 'x-route': route.index } : {}).end();
    });
    server.keepAliveTimeout = 60_000;
    server.listen(site.port, '127.0.0.1');
}

const start = { fastify, http }[name] ?? express;
for (const site of sites()) start(site);
