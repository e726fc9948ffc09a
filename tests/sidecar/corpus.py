"""The corpus: tokens and requests that a policy has to tell apart, for a REST API and for an HTTP API.

The keys are those of RFC 7515 A.2, so that a token can be made with any header and any claims.
"""

import base64
import hashlib
import hmac
import json
import time

N = (
    "ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4qPCJrcS2mJPMEzP1Pt0Bm4d4QlL-yRT-SFd2lZS-pCgNMs"
    "D1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaSHSXndS5z5rexMdbBYUsLA9e-KXBdQOS-UTo7WTBEMa2R2CapHg665xsmtdV"
    "MTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_I5IhlJH7aGhyxXFvUK-DWNmoudF8NAco9_h9iaGNj8q2ethFkMLs91kzk2PAcDTW9gb54h4FRWyuXpoQ"
)
D = (
    "Eq5xpGnNCivDflJsRQBXHx1hdR1k6Ulwe2JZD50LpXyWPEAeP88vLNO97IjlA7_GQ5sLKMgvfTeXZx9SE-7YwVol2NXOoAJe46sui395IW_GO-pWJ1O0"
    "BkTGoVEn2bKVRUCgu-GjBVaYLU6f3l9kJfFNS3E0QbVdxzubSu3Mkqzjkn439X0M_V51gfpRLI9JYanrC4D4qAdGcopV_0ZHHzQlBjudU2QvXt4ehNYT"
    "CBr6XCLQUShb1juUO1ZdiYoFaFQT5Tw8bGUl_x_jTj3ccPDVZFD9pIuhLhBOneufuBiB4cS98l2SR_RQyGWSeWjnczT0QU91p1DhOVRuOopznQ"
)

POOL = "eu-west-1_Corpus1aB"
ISSUER = f"https://cognito-idp.eu-west-1.amazonaws.com/{POOL}"
CLIENT = "1example23456789"


def encode(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def number(text):
    return int.from_bytes(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)), "big")


def jwks():
    return json.dumps({"keys": [{"kty": "RSA", "kid": "one", "alg": "RS256", "use": "sig", "n": N, "e": "AQAB"}]})


def sign(text, digest="sha256"):
    prefix = {
        "sha256": "3031300d060960864801650304020105000420",
        "sha384": "3041300d060960864801650304020205000430",
        "sha512": "3051300d060960864801650304020305000440",
    }[digest]
    hashed = bytes.fromhex(prefix) + hashlib.new(digest, text.encode()).digest()
    n = number(N)
    length = (n.bit_length() + 7) // 8
    padded = b"\0\1" + b"\xff" * (length - len(hashed) - 3) + b"\0" + hashed
    return encode(pow(int.from_bytes(padded, "big"), number(D), n).to_bytes(length, "big"))


def jws(header, claims, digest="sha256"):
    own = {"kid": "one", "alg": "RS256", **header}
    own = {name: value for name, value in own.items() if value is not None}
    text = f"{encode(json.dumps(own).encode())}.{encode(json.dumps(claims).encode())}"
    return f"{text}.{sign(text, digest)}"


def access(**claims):
    now = int(time.time())
    own = {"sub": "jane", "iss": ISSUER, "client_id": CLIENT, "token_use": "access", "scope": "pets/read", "iat": now, "exp": now + 3600}
    own = {name: value for name, value in {**own, **claims}.items() if value is not None}
    return own


def identity(**claims):
    return access(aud=CLIENT, token_use="id", client_id=None, scope=None, **claims)


def tokens():
    """Every kind of token, by name. The first ones are valid."""
    now = int(time.time())
    good = jws({}, access())
    header, payload, signature = good.split(".")
    none = f"{encode(json.dumps({'alg': 'none', 'kid': 'one'}).encode())}.{payload}."
    hmac_text = f"{encode(json.dumps({'alg': 'HS256', 'kid': 'one'}).encode())}.{payload}"
    with_hmac = f"{hmac_text}.{encode(hmac.new(N.encode(), hmac_text.encode(), 'sha256').digest())}"
    return {
        "access": good,
        "access with two scopes": jws({}, access(scope="pets/read pets/write")),
        "access without the scope": jws({}, access(scope="pets/write")),
        "access with the start of the scope": jws({}, access(scope="pets/rea")),
        "access with a longer scope": jws({}, access(scope="pets/read-all")),
        "access without scopes": jws({}, access(scope=None)),
        "scp": jws({}, access(scope=None, scp=["pets/read"])),
        "id": jws({}, identity()),
        "id with a scope": jws({}, {**identity(), "scope": "pets/read"}),
        "other app client": jws({}, access(client_id="another")),
        "other audience": jws({}, {**identity(), "aud": "another"}),
        "several audiences": jws({}, {**identity(), "aud": [CLIENT, "another"]}),
        "expired": jws({}, access(exp=now - 10)),
        "no expiry": jws({}, access(exp=None)),
        "expiry as text": jws({}, access(exp=str(now + 3600))),
        "not yet valid": jws({}, access(nbf=now + 600)),
        "issued in the future": jws({}, access(iat=now + 600)),
        "no subject": jws({}, access(sub=None)),
        "no token use": jws({}, access(token_use=None)),
        "unknown token use": jws({}, access(token_use="refresh")),
        "other issuer": jws({}, access(iss="https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_Another1a")),
        "issuer with a slash": jws({}, access(iss=ISSUER + "/")),
        "other form of the issuer": jws({}, access(iss=f"https://issuer-cognito-idp.eu-west-1.amazonaws.com/{POOL}")),
        "unknown key": jws({"kid": "two"}, access()),
        "no key id": jws({"kid": None}, access()),
        "RS384": jws({"alg": "RS384"}, access(), "sha384"),
        "RS512": jws({"alg": "RS512"}, access(), "sha512"),
        "RS256 with the digest of another": jws({}, access(), "sha512"),
        "none": none,
        "none in capitals": none.replace(none.split(".")[0], encode(b'{"alg":"NONE","kid":"one"}')),
        "HS256 with the public key": with_hmac,
        "crit": jws({"crit": ["exp"], "exp": 1}, access()),
        "zip": jws({"zip": "DEF"}, access()),
        "own key": jws({"jwk": {"kty": "RSA", "n": N, "e": "AQAB"}, "kid": "two"}, access()),
        "changed claims": f"{header}.{encode(json.dumps(access(scope='pets/read pets/admin')).encode())}.{signature}",
        "changed signature": good[:-6] + ("AAAAAA" if not good.endswith("AAAAAA") else "BBBBBB"),
        "short signature": good[:-8],
        "padded": good + "==",
        "without its signature": f"{header}.{payload}.",
        "two parts": f"{header}.{payload}",
        "four parts": good + ".e30",
        "five parts": f"{header}.AA.BB.{payload}.{signature}",
        "claims that are a list": ".".join((t := f"{header}.{encode(b'[]')}", sign(t))),
        "claims twice": ".".join((t := f"{header}." + encode(json.dumps(access())[:-1].encode() + b',"scope":"pets/admin"}'), sign(t))),
        "bound to a key of the sender": jws({}, access(cnf={"jkt": "x"})),
        "nonsense": "nonsense",
        "a quote": f'"{good}"',
        "long": "a." + "b" * 15_000 + ".c",
    }


def requests():
    """The requests, as name, method, target, headers and body."""
    all_tokens = tokens()
    good, ident = all_tokens["access"], all_tokens["id"]
    found = []

    def add(name, method, target, headers=(), body=None):
        found.append((name, method, target, list(headers), body))

    # Every token at a route with a scope, at one without, and at an open one.
    for name, token in all_tokens.items():
        for target in ("/pets", "/me", "/health"):
            add(f"{name} at {target}", "GET", target, [("authorization", token)])
        add(f"{name}, Bearer", "GET", "/pets", [("authorization", f"Bearer {token}")])
    # How a token is sent.
    for name, value in {
        "nothing": None,
        "an empty header": "",
        "Bearer alone": "Bearer",
        "Bearer and a space": "Bearer ",
        "bearer in lower case": f"bearer {good}",
        "BEARER": f"BEARER {good}",
        "Bearer twice": f"Bearer Bearer {good}",
        "two spaces": f"Bearer  {good}",
        "a tab": f"Bearer\t{good}",
        "Basic": "Basic amFuZTpwYXNz",
        "a token and a parameter": f"{good}, realm=a",
        "a space before": f" {good}",
    }.items():
        add(f"{name} in the header", "GET", "/pets", [] if value is None else [("authorization", value)])
    add("the header twice", "GET", "/pets", [("authorization", good), ("authorization", good)])
    add("the header twice, with another token", "GET", "/pets", [("authorization", good), ("authorization", ident)])
    add("in the query", "GET", f"/pets?authorization={good}")
    add("in a cookie", "GET", "/pets", [("cookie", f"authorization={good}")])
    add("in another header", "GET", "/pets", [("x-authorization", good)])
    # Routes and methods.
    for method in ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"):
        for target in ("/pets", "/pets/7", "/files/a/b", "/health", "/nothing", "/", "/iam"):
            headers = [("authorization", good)]
            add(f"{method} {target}", method, target, headers, "a body" if method in ("POST", "PUT", "PATCH") else None)
    for target in ("/pets/", "/pets?", "/pets?a=b&c=d", "/pets?a=%2F..%2F", "/PETS", "/pets/7/8", "/files", "/files/", "/pets;a=b"):
        add(f"GET {target}", "GET", target, [("authorization", good)])
    # Paths that some service would read as another one: with and without a token.
    for target in (
        "//pets", "/./pets", "/health/../pets", "/pets/../health", "/pets/..", "/health/..%2fpets", "/health%2f..%2fpets", "/pets%2f7",
        "/%70ets", "/pets%00", "/pets%20", "/pets%5c7", "/health/%2e%2e/pets", "/health;/../pets", "/files/../pets", "/files/%2e%2e/pets",
        "/files/..;/pets", "/pets%252f7", "/files//a", "/pets/%zz", "/pets/%", "/pets\\7", "/health/.", "/health/..",
    ):
        add(f"{target} without a token", "GET", target)
        add(f"{target} with a token", "GET", target, [("authorization", good)])
    # Headers that override the request, or imitate what the layer sets.
    for name, value in {
        "x-http-method-override": "DELETE", "x-method-override": "DELETE", "x-http-method": "DELETE", "x-original-url": "/health",
        "x-rewrite-url": "/health", "x-original-uri": "/health", "x-forwarded-uri": "/health", "x-forwarded-method": "OPTIONS",
        "x-forwarded-prefix": "/health", "x-user": "admin", "x-scope": "pets/admin", "x-envoy-original-path": "/health",
        "x-ext-authz": "ok", "x-amzn-requestid": "own", "connection": "authorization", "te": "trailers",
    }.items():
        add(f"{name} without a token", "GET", "/pets", [(name, value)])
        add(f"{name} with a token", "GET", "/pets", [("authorization", good), (name, value)])
        add(f"{name} at an open route", "GET", "/health", [(name, value)])
    # Preflight requests.
    for origin in ("https://app.example", "https://other.example", "null"):
        asked = [("origin", origin), ("access-control-request-method", "GET")]
        add(f"preflight of {origin}", "OPTIONS", "/pets", asked)
        add(f"preflight of {origin}, with a token", "OPTIONS", "/pets", [*asked, ("authorization", good)])
        add(f"preflight of {origin} at an open route", "OPTIONS", "/health", asked)
        add(f"GET from {origin}", "GET", "/pets", [("origin", origin)])
    # gRPC callers read the status from a header.
    add("gRPC without a token", "POST", "/pets", [("content-type", "application/grpc"), ("te", "trailers")], "")
    return found


def configuration(kind, keys):
    """The policy for one type of authorizer."""
    rest = kind == "COGNITO_USER_POOLS"
    authorizer = '[authorizers.pool.claim_headers]\nx-user = "sub"\nx-scope = "scope"\n'
    clients = f'app_clients = ["{CLIENT}"]\n' if rest else f'audience = ["{CLIENT}"]\n'
    return f"""
[user_pools.pool]
id = "{POOL}"
jwks_file = "{keys}"
[authorizers.pool]
type = "{kind}"
user_pools = ["pool"]
{clients}{authorizer}
[[routes]]
route = "GET /health"
authorization = "NONE"
[[routes]]
route = "GET /pets"
scopes = ["pets/read"]
[[routes]]
route = "POST /pets"
scopes = ["pets/write"]
[[routes]]
route = "ANY /pets/{{id}}"
scopes = ["pets/read", "pets/write"]
[[routes]]
route = "GET /me"
[[routes]]
route = "ANY /files/{{proxy+}}"
scopes = ["pets/read"]
[[routes]]
route = "GET /iam"
authorization = "UNSUPPORTED"
"""
