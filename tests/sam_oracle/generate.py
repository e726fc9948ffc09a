"""Random SAM templates with one API: its `Auth`, its definition, the events of functions, and the conditions of all of them.

Each template is made of a seed alone, so the number that a failure names makes the same template again. Most templates are ones that
people write; a few settings that SAM reads in its own way (functions where it expects values, names that it uses itself) occur in
one template out of ten or so, for a template with all of them would be rejected at once.
"""

import random

REGION = "eu-west-1"
POOLS = ["eu-west-1_Ab129faBb", "eu-west-1_Zz999zzZz"]
INTEGRATION = {"type": "http_proxy", "httpMethod": "ANY", "uri": "https://pets.example"}
NO_VALUE = {"Ref": "AWS::NoValue"}
CONDITIONS = {
    "Always": {"Fn::Equals": ["a", "a"]},
    "Never": {"Fn::Equals": ["a", "b"]},
    "On": {"Fn::Equals": [{"Ref": "Flag"}, "on"]},
    "Off": {"Fn::Not": [{"Condition": "On"}]},
    "Both": {"Fn::And": [{"Condition": "On"}, {"Condition": "Always"}]},
}
PATHS = ["/pets", "/pets/{id}", "/old", "/", "/files/{proxy+}"]
METHODS = ["get", "post", "options", "head", "delete", "x-amazon-apigateway-any-method"]
EVENT_METHODS = ["get", "GET", "post", "options", "OPTIONS", "any", "ANY", "head", "delete"]


def pool_arn(pool):
    return f"arn:aws:cognito-idp:{REGION}:123456789012:userpool/{pool}"


class Template:
    """One template. `odd` is how often it has what people seldom write."""

    def __init__(self, seed):
        self.random = random.Random(seed)
        self.odd = self.random.choice([0.0, 0.02, 0.08, 0.25])
        self.is_rest = self.chance(0.5)
        self.is_implicit = self.chance(0.2)
        self.flag = self.random.choice(["on", "off"])
        self.has_own_scheme = self.chance(0.5)
        self.authorizers = {}
        self.default = None

    def chance(self, share):
        return self.random.random() < share

    def is_odd(self):
        return self.chance(self.odd)

    def condition(self):
        return self.random.choice(list(CONDITIONS))

    def branches(self, value, other=None):
        """A value under a condition."""
        other = NO_VALUE if other is None else other
        values = [value, other] if self.chance(0.7) else [other, value]
        return {"Fn::If": [self.condition(), *values]}

    def scopes(self):
        return self.random.choice([[], ["pets/read"], ["pets/write", "pets/read"]])

    # Auth

    def authorizer(self):
        pool = self.random.choice(POOLS)
        if self.is_odd():
            function = {"FunctionArn": "arn:aws:lambda:eu-west-1:123456789012:function:guard"}
            return function if self.is_rest else {**function, "AuthorizerPayloadFormatVersion": "2.0"}
        if self.is_rest:
            own = {"UserPoolArn": self.random.choice([pool_arn(pool), [pool_arn(pool)]])}
            if self.is_odd():
                own["UserPoolArn"] = self.branches(pool_arn(POOLS[0]), pool_arn(POOLS[1]))
            if self.chance(0.2):
                identity = {"Header": self.branches("X-Token", "X-Other") if self.is_odd() else "X-Token"}
                own["Identity"] = self.branches(identity, {}) if self.is_odd() else identity
        else:
            own = {
                "IdentitySource": self.random.choice(["$request.header.Authorization", "$request.header.X-Token"]),
                "JwtConfiguration": {
                    self.random.choice(["issuer", "Issuer"]): f"https://cognito-idp.{REGION}.amazonaws.com/{pool}",
                    "audience": ["1example23456789"],
                },
            }
        if self.chance(0.4):
            own["AuthorizationScopes"] = self.branches(["pets/read"], []) if self.is_odd() else self.scopes()
        return own

    def auth(self):
        names = self.random.sample(["A", "B"], self.random.choice([0, 1, 1, 1, 2]))
        if self.is_odd():
            names.append(self.random.choice(["NONE", "AWS_IAM", "api_key", "own"]))
        self.authorizers = {name: self.authorizer() for name in names}
        auth = {}
        if self.authorizers:
            auth["Authorizers"] = self.authorizers
        if self.authorizers and self.chance(0.55):
            self.default = auth["DefaultAuthorizer"] = self.random.choice(names)
            if self.is_odd():
                auth["DefaultAuthorizer"] = self.random.choice([{"Ref": "Guard"}, NO_VALUE, self.branches("A", "B")])
        elif self.is_odd():
            self.default = auth["DefaultAuthorizer"] = "AWS_IAM"
        if self.is_rest:
            self.rest_auth(auth)
        elif self.is_odd():
            auth["EnableIamAuthorizer"] = True
        return auth

    def rest_auth(self, auth):
        for name, share in [
            ("AddDefaultAuthorizerToCorsPreflight", 0.4),
            ("ApiKeyRequired", 0.08),
            ("AddApiKeyRequiredToCorsPreflight", 0.1),
        ]:
            if self.chance(share):
                auth[name] = self.setting()
        if self.chance(0.1):
            auth["InvokeRole"] = "NONE"

    def setting(self):
        if self.is_odd():
            return self.random.choice(["false", "true", self.branches(True, False), {"Ref": "Flag"}])
        return self.chance(0.5)

    # A definition

    def requirement(self):
        names = [*self.authorizers, *(["own"] if self.has_own_scheme else [])]
        if self.is_odd():
            return self.random.choice([{"key": []}, {"api_key": []}, {"missing": []}])
        if self.default and self.chance(0.3):
            return {"NONE": []}
        return {self.random.choice(names): self.scopes()} if names else {"key": []}

    def security(self):
        if self.chance(0.15):
            return []
        security = [self.requirement()]
        if self.is_odd():
            security.append(self.requirement())
        if self.is_odd():
            security[0] = self.branches(security[0], self.requirement())
        return self.branches(security, []) if self.is_odd() else security

    def operation(self):
        operation = {}
        if not self.chance(0.12):
            operation["x-amazon-apigateway-integration"] = dict(INTEGRATION)
        if self.chance(0.45):
            operation["security"] = self.security()
        if self.is_odd():
            operation["x-amazon-apigateway-auth"] = {"type": self.random.choice(["NONE", "AWS_IAM"])}
        if self.chance(0.15):
            other = self.operation() if self.chance(0.3) else None
            return self.branches(operation, other)
        return operation

    def path_item(self):
        methods = self.random.sample(METHODS, self.random.choice([0, 1, 1, 2, 3]))
        item = {method: self.operation() for method in methods}
        if self.is_odd() and self.chance(0.1):
            item["$ref"] = "#/x-shared"
        if self.chance(0.12):
            other = {method: self.operation() for method in self.random.sample(METHODS, 1)} if self.chance(0.3) else None
            return self.branches(item, other)
        return item

    def definition(self):
        paths = {path: self.path_item() for path in self.random.sample(PATHS, self.random.choice([1, 2, 3]))}
        if not self.is_rest and self.chance(0.1):
            paths["$default"] = {"x-amazon-apigateway-any-method": {"isDefaultRoute": True, **self.operation()}}
        if self.is_odd() and self.chance(0.05):
            paths = self.branches(paths, {})
        body = {"info": {"title": "t", "version": "1"}, "paths": paths}
        schemes = {"key": {"type": "apiKey", "name": "x-api-key", "in": "header"}}
        if self.has_own_scheme:
            schemes["own"] = self.scheme()
        if self.is_odd():
            schemes[self.random.choice(["A", "NONE"])] = self.scheme()
        if self.is_rest and self.chance(0.5):
            body["swagger"] = "2.0"
            body["securityDefinitions"] = schemes
        else:
            body["openapi"] = "3.0.1"
            body["components"] = {"securitySchemes": schemes}
            if self.is_rest and self.is_odd():
                body["securityDefinitions"] = {"own": self.scheme()}
        if self.chance(0.05 if self.default else 0.4):
            body["security"] = self.security()
        return self.branches(body, body) if self.is_odd() and self.chance(0.05) else body

    def scheme(self):
        pool = POOLS[1]
        if self.is_rest:
            return {
                "type": "apiKey",
                "name": "Authorization",
                "in": "header",
                "x-amazon-apigateway-authtype": "cognito_user_pools",
                "x-amazon-apigateway-authorizer": {"type": "cognito_user_pools", "providerARNs": [pool_arn(pool)]},
            }
        issuer = f"https://cognito-idp.{REGION}.amazonaws.com/{pool}"
        return {
            "type": "oauth2",
            "x-amazon-apigateway-authorizer": {
                "type": "jwt",
                "identitySource": "$request.header.Authorization",
                "jwtConfiguration": {"issuer": issuer, "audience": ["1example23456789"]},
            },
        }

    # Events

    def event_auth(self):
        auth = {}
        # An HTTP API takes no `Auth` without one.
        needs_one = not self.is_rest and not self.default
        if self.authorizers and (needs_one or self.chance(0.6)):
            auth["Authorizer"] = self.random.choice(list(self.authorizers))
        if self.default and self.chance(0.35):
            auth["Authorizer"] = "NONE"
        elif self.is_odd():
            auth["Authorizer"] = self.random.choice(["NONE", "AWS_IAM", "own"])
        has_authorizer = not self.is_rest or "Authorizer" in auth or self.is_odd()
        if has_authorizer and auth.get("Authorizer") != "NONE" and self.chance(0.4):
            auth["AuthorizationScopes"] = self.branches(["pets/read"], []) if self.is_odd() else self.scopes()
        if self.is_rest and self.is_odd():
            auth["ApiKeyRequired"] = self.setting()
        if self.is_rest and self.is_odd():
            auth["InvokeRole"] = "NONE"
        return self.branches(auth, {}) if self.is_odd() else auth

    def event(self, has_definition):
        properties = {"Path": self.random.choice(PATHS), "Method": self.random.choice(EVENT_METHODS)}
        if not self.is_rest and self.chance(0.08):
            properties = {}
        if not self.is_implicit:
            properties["RestApiId" if self.is_rest else "ApiId"] = {"Ref": "Api"}
        has_none = not self.is_rest and not self.authorizers and not self.is_odd()
        if not has_none and self.chance(0.03 if has_definition else 0.5):
            properties["Auth"] = self.event_auth()
        is_api = self.is_rest
        if self.is_rest and not self.is_implicit and self.is_odd():
            properties["ApiId"] = properties.pop("RestApiId")
            is_api = False
        event = {"Type": "Api" if is_api else "HttpApi", "Properties": properties}
        return self.branches(event) if self.is_odd() and self.chance(0.05) else event

    def function(self, has_definition):
        count = self.random.choice([0, 1, 2, 3])
        if self.is_rest and self.chance(0.1):
            properties = {"DefinitionUri": "s3://b/k", "Role": "arn:aws:iam::123456789012:role/r"}
            properties["Events"] = {f"E{number}": self.event(has_definition) for number in range(count)}
            machine = {"Type": "AWS::Serverless::StateMachine", "Properties": properties}
            return {**machine, "Condition": self.condition()} if self.chance(0.35) else machine
        properties = {"Handler": "a.b", "Runtime": "python3.12", "CodeUri": "s3://b/k"}
        if count:
            properties["Events"] = {f"E{number}": self.event(has_definition) for number in range(count)}
        function = {"Type": "AWS::Serverless::Function", "Properties": properties}
        if self.chance(0.35):
            function["Condition"] = self.condition()
        return function

    def cors(self):
        if self.is_odd():
            return self.random.choice([False, "", NO_VALUE, {"Ref": "Flag"}, self.branches("'*'", "")])
        return self.random.choice(["'*'", {"AllowOrigin": "'*'", "AllowMethods": "'GET'"}])

    def template(self):
        """The template, and the logical id of its API."""
        properties, shared = {}, {}
        places = [shared] if self.is_implicit else [properties, properties, shared]
        self.random.shuffle(places)
        auth = self.auth()
        for name, value in auth.items():
            # In one place, or some of it for all APIs.
            place = self.random.choice(places) if self.is_odd() else places[0]
            place.setdefault("Auth", {})[name] = value
        if self.is_odd() and self.default:
            shared.setdefault("Auth", {})["DefaultAuthorizer"] = self.random.choice(["A", "B", NO_VALUE])
        if self.is_rest and self.chance(0.4):
            self.random.choice(places)["Cors"] = self.cors()
        if self.is_rest and self.is_odd():
            shared["Cors"] = self.cors()
        if not self.is_rest and self.chance(0.2):
            self.random.choice(places)["CorsConfiguration"] = self.random.choice([True, {"AllowOrigins": ["https://a"]}])
        has_definition = not self.is_implicit and self.chance(0.55)
        if has_definition:
            properties["DefinitionBody"] = self.definition()
        if self.is_rest and self.chance(0.15):
            self.random.choice(places)["OpenApiVersion"] = self.random.choice(["3.0.1", "3.0.1", "2.0"])
        section, name = ("Api", "ServerlessRestApi") if self.is_rest else ("HttpApi", "ServerlessHttpApi")
        resources = {}
        if not self.is_implicit:
            name = "Api"
            if self.is_rest:
                properties["StageName"] = "prod"
            resources[name] = {"Type": f"AWS::Serverless::{section}", "Properties": properties}
            if self.is_odd():
                resources[name]["IgnoreGlobals"] = "*"
            if not self.is_rest and self.chance(0.1):
                properties["FailOnWarnings"] = True
            if self.chance(0.1):
                resources[name]["Condition"] = self.random.choice(["Always", "On"])
        for number in range(self.random.choice([1, 2, 3])):
            resources[f"F{number}"] = self.function(has_definition)
        template = {
            "AWSTemplateFormatVersion": "2010-09-09",
            "Transform": "AWS::Serverless-2016-10-31",
            "Parameters": {
                "Flag": {"Type": "String", "Default": self.flag},
                "Guard": {"Type": "String", "Default": "A"},
            },
            "Conditions": CONDITIONS,
            "Resources": resources,
        }
        if shared:
            template["Globals"] = {section: shared}
        return template, name
