"""The five walk-throughs, as a reader follows them: one command serves the app with its user pools, and the commands of the
walk-through run against it with other hosts.

usage: run.py COGNITO_AUTHORIZER AWS NEWMAN
"""

import base64
import contextlib
import http.server
import json
import os
import re
import subprocess
import sys
import tempfile
import threading

COMMAND, AWS, NEWMAN = sys.argv[1:4]
APPS = "tests/apps/synthesized/"
ENVIRONMENT = dict(os.environ, AWS_ACCESS_KEY_ID="local", AWS_SECRET_ACCESS_KEY="local", AWS_DEFAULT_REGION="us-east-1")


class Service(http.server.BaseHTTPRequestHandler):
    """What the walk-throughs have in Lambda functions."""

    protocol_version = "HTTP/1.1"

    def answer(self):
        body = self.rfile.read(int(self.headers.get("content-length") or 0)).decode()
        path = self.path.split("?")[0]
        done = {"Result": "Success", "Description": f"your {self.command} for /{path.removeprefix('/prod/')} is completed"}
        text = {
            ("GET", "/prod/hello"): '"Hello from Lambda!"',
            ("GET", "/dev/"): "<html>PetStore</html>",
            ("GET", "/dev/pets"): '[{"id": 1, "type": "dog"}, {"id": 2, "type": "cat"}]',
            ("POST", "/dev/pets"): body,
        }.get((self.command, path), json.dumps(done, separators=(",", ":")))
        self.send_response(200)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(text)))
        self.end_headers()
        self.wfile.write(text.encode())

    do_GET = do_POST = do_PUT = do_DELETE = answer

    def log_message(self, *_):
        pass


@contextlib.contextmanager
def served(*arguments):
    """Serves an app, and gives the URL of its API, that of its user pools, and the lines that were printed."""
    service = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Service)
    threading.Thread(target=service.serve_forever, daemon=True).start()
    upstream = f"http://127.0.0.1:{service.server_port}"
    command = [COMMAND, "serve", *arguments, "--local-user-pool", "--local-user-pool-listen", "127.0.0.1:0"]
    command += ["--upstream", upstream, "--listen", "127.0.0.1:0", "--log-format", "json"]
    with tempfile.TemporaryFile("w+") as printed:
        process = subprocess.Popen(command, stdout=printed, stderr=subprocess.PIPE, text=True)
        try:
            events = (json.loads(line) for line in process.stderr)
            ready = next(event for event in events if event["message"] == "listening")
            threading.Thread(target=process.stderr.read, daemon=True).start()
            printed.seek(0)
            lines = printed.read()
            yield f"http://{ready['listen']}", re.search(r"endpoint  (\S+)", lines)[1], lines
        finally:
            process.terminate()
            assert process.wait() == 0
            service.shutdown()


def shell(script, **variables):
    """Runs the lines of a walk-through, and returns what they print."""
    run = subprocess.run(["bash", "-euc", script], env={**ENVIRONMENT, **variables}, capture_output=True, text=True)
    assert run.returncode == 0, (script, run.stdout, run.stderr)
    return run.stdout.strip()


def client(lines, logical_id=""):
    """Returns the id and the secret of an app client, as the server printed them."""
    found = re.search(rf"client  (\S+) \({logical_id}.*\)(?:\n +secret (\S+))?", lines)
    return found[1], found[2] or ""


def equal(what, found, expected):
    assert found == expected, f"{what}: {found!r}, expected {expected!r}"
    print(f"ok     {what}")


UNAUTHORIZED = '{"message":"Unauthorized"}'


def walk_through_0():
    with served("--config", f"{APPS}m2m", "--stage", "prod") as (api, pool, lines):
        client_id, secret = client(lines)
        known = {"CLIENT_ID": client_id, "CLIENT_SECRETE": secret, "DOMAIN_NAME": pool, "API_ENDPOINT": f"{api}/prod/"}
        token = json.loads(shell(
            'curl -s -X POST --user $CLIENT_ID:$CLIENT_SECRETE "$DOMAIN_NAME/oauth2/token?grant_type=client_credentials" '
            '-H "Content-Type: application/x-www-form-urlencoded"', **known))
        equal("0: the token", (token["expires_in"], token["token_type"], len(token)), (86400, "Bearer", 3))
        for path, method, expected in [
            ("book", "GET", '{"Result":"Success","Description":"your GET for /book is completed"}'),
            ("book", "POST", '{"Result":"Success","Description":"your POST for /book is completed"}'),
            ("user", "GET", UNAUTHORIZED),
            ("user", "POST", UNAUTHORIZED),
        ]:
            script = f'curl -s -X {method} "${{API_ENDPOINT}}{path}" -H "Authorization:${{ACCESS_TOKEN}}"'
            equal(f"0: {method} {path}", shell(script, ACCESS_TOKEN=token["access_token"], **known), expected)


def walk_through_1():
    with served("--config", f"{APPS}client_credentials", "--stage", "prod") as (api, pool, lines):
        client_id, secret = client(lines)
        token = json.loads(shell(
            f"curl -s -X POST {pool}/oauth2/token -H 'content-type: application/x-www-form-urlencoded' "
            f"-d 'grant_type=client_credentials&client_id={client_id}&client_secret={secret}&scope=users/read'"))["access_token"]
        found = shell(f"curl -s -X POST {api}/prod/ -H 'Authorization:{token}'")
        equal("1: POST /prod/", found, '{"Result":"Success","Description":"your POST for / is completed"}')
        equal("1: without a token", shell(f"curl -s -X POST {api}/prod/"), UNAUTHORIZED)


def walk_through_2():
    with served("--config", f"{APPS}custom_scopes", "--stack", "Prod", "--stage", "prod") as (api, pool, lines):
        of_stage = lines[lines.index("of stack Prod/"):]
        credentials = base64.b64encode(":".join(client(of_stage)).encode()).decode()
        token = json.loads(shell(
            f"curl -s --location '{pool}/oauth2/token' --header 'Content-Type: application/x-www-form-urlencoded' "
            f"--header 'Authorization: Basic {credentials}' "
            "--header 'Cookie: XSRF-TOKEN=80b94546-34ea-4378-9cbb-fe5779e9b132; cognito-fl=\"W10=\"' "
            "--data-urlencode 'grant_type=client_credentials' "
            "--data-urlencode 'scope=integration-OauthResourceServer/read'"))["access_token"]
        found = shell(f"curl -s --location '{api}/prod/user' --header 'Authorization: {token}'")
        equal("2: GET /prod/user", found, '{"Result":"Success","Description":"your GET for /user is completed"}')
        equal("2: without a token", shell(f"curl -s --location '{api}/prod/user'"), UNAUTHORIZED)


def walk_through_3():
    arguments = ["--config", "tests/apps/petstore/template.yaml", "--stage", "dev"]
    with served(*arguments) as (api, pool, lines):
        client_id, secret = client(lines)
        variables = {"domain": pool, "api": f"{api}/dev", "clientId": client_id, "clientSecret": secret}
        options = [word for name, value in variables.items() for word in ("--env-var", f"{name}={value}")]
        collection = "examples/petstore/petstore.postman_collection.json"
        subprocess.run([NEWMAN, "run", collection, "--bail", "--color", "off", *options], check=True)
        print("ok     3: the Postman collection")


def walk_through_4():
    with served("--config", f"{APPS}user_pool_authorizer", "--stage", "prod") as (api, pool, lines):
        client_id, _ = client(lines)
        known = {"POOL": re.search(r"id      (\S+)", lines)[1], "CLIENT": client_id, "MAIL": "jane@example.com", "PASSWORD": "Passw0rd!",
                 "AWS": AWS, "AWS_ENDPOINT_URL_COGNITO_IDENTITY_PROVIDER": pool, "API": f"{api}/prod"}
        shell('$AWS cognito-idp sign-up --client-id $CLIENT --username "$MAIL" --password "$PASSWORD"', **known)
        shell('$AWS cognito-idp admin-confirm-sign-up --user-pool-id $POOL --username "$MAIL"', **known)
        anonymous = shell("curl -s --location --request GET \"$API/hello\"", **known)
        equal("4: without a token", anonymous, UNAUTHORIZED)
        sign_in = ('$AWS cognito-idp initiate-auth --auth-flow USER_PASSWORD_AUTH --auth-parameters '
                   'USERNAME="$MAIL",PASSWORD="$PASSWORD" --client-id $CLIENT --query "AuthenticationResult.IdToken" --output text')
        hello = 'MY_ID_TOKEN=$(' + sign_in + ')\ncurl -s --location --request GET "$API/hello" --header "Authorization: ${MY_ID_TOKEN}"'
        equal("4: with the ID token", shell(hello, **known), '"Hello from Lambda!"')


for walk_through in (walk_through_0, walk_through_1, walk_through_2, walk_through_3, walk_through_4):
    walk_through()
