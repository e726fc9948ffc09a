"""What SAM's own translator makes of random templates: one JSON object a line, for `tests/oracles/sam_oracle.rs` to compare.

usage: oracle.py COUNT SEED FILE
"""

import copy
import json
import logging
import sys
from types import SimpleNamespace

from generate import NO_VALUE, REGION, Template
from samtranslator.model.exceptions import InvalidDocumentException
from samtranslator.parser.parser import Parser
from samtranslator.policy_template_processor.processor import PolicyTemplatesProcessor
from samtranslator.translator.translator import Translator
from samtranslator.utils.py27hash_fix import to_py27_compatible_template, undo_mark_unicode_str_in_template

# The translator checks its own policy templates anew for each template, which takes half of the time.
PolicyTemplatesProcessor._is_valid_templates_dict = staticmethod(lambda *_: True)
# All that it asks an AWS session for.
SESSION = SimpleNamespace(region_name=REGION)

METHODS = ["get", "put", "post", "delete", "options", "head", "patch"]
ANY_METHOD = "x-amazon-apigateway-any-method"
NAMES = {**{name: name.upper() for name in METHODS}, ANY_METHOD: "ANY"}
ABSENT = object()


class Rejected(Exception):
    """SAM or CloudFormation does not take the template."""


def translated(template):
    """What SAM makes of a template, as `samtranslator.translator.transform` does it."""
    # The translator changes what it is given.
    template = copy.deepcopy(template)
    try:
        to_py27_compatible_template(template, {})
        made = Translator(None, Parser(), boto_session=SESSION).translate(
            template, parameter_values={}, get_managed_policy_map=dict
        )
        return undo_mark_unicode_str_in_template(made)
    except InvalidDocumentException as error:
        raise Rejected(str(error.causes[0].message if error.causes else error)) from error
    except (AttributeError, KeyError, TypeError) as error:
        # A bug of the translator, which fails on some values of another type.
        raise Rejected(f"{type(error).__name__} in the translator") from error


class CloudFormation:
    """Conditions and functions of a template, as CloudFormation resolves them after SAM."""

    def __init__(self, template):
        self.conditions = template.get("Conditions", {})
        self.values = {name: own["Default"] for name, own in template.get("Parameters", {}).items()}
        self.values["AWS::Region"] = REGION

    def holds(self, condition):
        ((name, argument),) = condition.items()
        if name == "Condition":
            return self.holds(self.conditions[argument])
        if name == "Fn::Equals":
            one, other = (self.resolved(item) for item in argument)
            return one == other
        held = [self.holds(item) for item in argument]
        return {"Fn::Not": lambda: not held[0], "Fn::And": lambda: all(held), "Fn::Or": lambda: any(held)}[name]()

    def resolved(self, value):
        if isinstance(value, list):
            items = [self.resolved(item) for item in value]
            return [item for item in items if item is not ABSENT]
        if not isinstance(value, dict):
            return value
        if "Fn::If" in value:
            if len(value) > 1:
                raise Rejected("CloudFormation: a member beside Fn::If")
            condition, first, second = value["Fn::If"]
            return self.resolved(first if self.holds(self.conditions[condition]) else second)
        if value == NO_VALUE:
            return ABSENT
        if len(value) == 1 and "Ref" in value and value["Ref"] in self.values:
            return self.values[value["Ref"]]
        members = {name: self.resolved(member) for name, member in value.items()}
        return {name: member for name, member in members.items() if member is not ABSENT}


class Body:
    """A definition as API Gateway imports it: what each route requires."""

    def __init__(self, body):
        self.body = body
        if "swagger" in body:
            self.schemes = body.get("securityDefinitions") or {}
        else:
            self.schemes = (body.get("components") or {}).get("securitySchemes") or {}

    def routes(self):
        routes = {}
        for path, item in self.body["paths"].items():
            if "$ref" in item:
                raise Rejected("a path with members beside a reference")
            for name, operation in item.items():
                is_default = path in ("$default", "/$default") or operation.get("isDefaultRoute")
                key = "$default" if is_default else f"{NAMES[name]} {path}"
                if key in routes:
                    raise Rejected("API Gateway: a route twice")
                routes[key] = self.requires(operation)
        return routes

    def requires(self, operation):
        own = operation.get("x-amazon-apigateway-auth", {}).get("type")
        if own:
            return {"open": True} if own == "NONE" else {"other": own}
        security = operation.get("security", self.body.get("security", []))
        found, has_key = [], False
        for name, scopes in [entry for requirement in security for entry in requirement.items()]:
            scheme = self.schemes.get(name)
            if scheme is None and name == "NONE":
                continue
            kind = self.kind(scheme)
            if kind == "api key":
                has_key = True
            elif kind is None:
                found.append({"authorizer": name, "scopes": scopes, "tokens": self.tokens(scheme)})
            else:
                found.append({"other": kind})
        if len(found) > 1:
            return {"other": "several"}
        if found:
            return found[0]
        return {"other": "api key"} if has_key else {"open": True}

    def kind(self, scheme):
        """`None` for an authorizer that can be imported."""
        if scheme is None:
            return "an undefined scheme"
        authorizer = scheme.get("x-amazon-apigateway-authorizer")
        if authorizer is None:
            is_key = scheme.get("type") == "apiKey" and scheme.get("name") == "x-api-key"
            return "api key" if is_key else "AWS_IAM"
        return None if authorizer["type"] in ("cognito_user_pools", "jwt") else "a Lambda authorizer"

    def tokens(self, scheme):
        """The header of the token, the user pools and the audience, in one line."""
        authorizer = scheme["x-amazon-apigateway-authorizer"]
        if authorizer["type"] == "cognito_user_pools":
            pools = [arn.split("/")[-1] for arn in authorizer["providerARNs"]]
            return f"{scheme['name']} {','.join(pools)}".lower()
        jwt = {name.lower(): value for name, value in authorizer["jwtConfiguration"].items()}
        pool = jwt["issuer"].split("/")[-1]
        header = authorizer["identitySource"].removeprefix("$request.header.")
        return f"{header} {pool} {','.join(jwt['audience'])}".lower()


def routes(template, api):
    """The routes of the API in what SAM makes of the template."""
    made = translated(template)
    resource = made["Resources"].get(api)
    cloudformation = CloudFormation(made)
    if resource is None or "Condition" in resource and not cloudformation.holds({"Condition": resource["Condition"]}):
        raise Rejected("no API")
    body = cloudformation.resolved(resource["Properties"]["Body"])
    if not isinstance(body.get("paths"), dict):
        raise Rejected("no paths")
    return Body(body).routes()


def branches(value):
    """A value, or what one condition makes of it: SAM looks no further."""
    is_conditional = isinstance(value, dict) and "Fn::If" in value
    return [branch for branch in (value["Fn::If"][1:] if is_conditional else [value]) if branch != NO_VALUE]


def is_overlooked(operation):
    """Whether SAM adds no default authorizer to an operation."""
    return not operation.get("x-amazon-apigateway-integration") or isinstance(operation.get("security"), dict)


def stricter(template, api, made):
    """The routes that may require more here than in SAM's result, each with the row of `behaviour.md` that says so."""
    own = template["Resources"].get(api, {}).get("Properties", {})
    shared = next(iter(template.get("Globals", {}).values()), {})
    has_default = any("DefaultAuthorizer" in layer.get("Auth", {}) for layer in (own, shared))
    written = {}
    if has_default and "DefinitionBody" in own:
        for body in branches(own["DefinitionBody"]):
            for paths in branches(body["paths"]):
                written.update(paths)
    rows = {}
    for key, requires in made.items():
        if requires.get("authorizer") == "AWS_IAM" and not requires["scopes"]:
            rows[key] = "10.73"
        method, path = key.split() if " " in key else ("ANY", key)
        member = next(name for name, own in NAMES.items() if own == method)
        operations = [
            operation
            for item in branches(written.get(path, NO_VALUE))
            for operation in branches(item.get(member, NO_VALUE))
        ]
        if requires.get("open") and any(map(is_overlooked, operations)):
            rows[key] = "10.74"
    return rows


def case(seed):
    template, api = Template(seed).template()
    found = {"seed": seed, "api": api, "template": json.dumps(template)}
    try:
        made = routes(template, api)
    except Rejected as rejected:
        return {**found, "rejected": str(rejected)}
    return {**found, "routes": made, "stricter": stricter(template, api, made)}


def main():
    count, seed, file = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
    logging.disable(logging.CRITICAL)
    with open(file, "w", encoding="utf-8") as lines:
        for number in range(count):
            lines.write(json.dumps(case(seed * 1_000_000 + number)) + "\n")


main()
