"""The local user pool, through boto3: what each step gave, as one JSON object on standard output."""

import json
import sys
import urllib.error
import urllib.request

import boto3

endpoint, api, user_pool_id, client_id = sys.argv[1:]
cognito = boto3.client(
    "cognito-idp",
    endpoint_url=endpoint,
    region_name="eu-central-1",
    aws_access_key_id="local",
    aws_secret_access_key="local",
)
NAME, PASSWORD = "joe@example.com", "Not-a-secret-1"


def sign_in(password):
    parameters = {"USERNAME": NAME, "PASSWORD": password}
    return cognito.initiate_auth(ClientId=client_id, AuthFlow="USER_PASSWORD_AUTH", AuthParameters=parameters)


def hello(token=None):
    request = urllib.request.Request(f"{api}/hello", headers={"Authorization": token} if token else {})
    try:
        with urllib.request.urlopen(request) as response:
            return [response.status, response.read().decode()]
    except urllib.error.HTTPError as error:
        return [error.code, error.read().decode()]


def caught(exception, step):
    """The message of an exception that has to be of this very class."""
    try:
        step()
    except exception as error:
        return error.response["Error"]["Message"]
    raise AssertionError(f"no {exception.__name__}")


said = {}
exceptions = cognito.exceptions
signed_up = cognito.sign_up(ClientId=client_id, Username=NAME, Password=PASSWORD)
said["confirmed"] = signed_up["UserConfirmed"]
said["exists"] = caught(
    exceptions.UsernameExistsException,
    lambda: cognito.sign_up(ClientId=client_id, Username=NAME, Password=PASSWORD),
)
said["weak"] = caught(
    exceptions.InvalidPasswordException,
    lambda: cognito.sign_up(ClientId=client_id, Username="x@example.com", Password="short"),
)
said["unconfirmed"] = caught(exceptions.UserNotConfirmedException, lambda: sign_in(PASSWORD))
cognito.admin_confirm_sign_up(UserPoolId=user_pool_id, Username=NAME)
said["wrong"] = caught(exceptions.NotAuthorizedException, lambda: sign_in("Wrong-1"))
tokens = sign_in(PASSWORD)["AuthenticationResult"]
said["expires_in"] = tokens["ExpiresIn"]
said["anonymous"] = hello()
said["id"] = hello(tokens["IdToken"])
said["access"] = hello(tokens["AccessToken"])
refreshed = cognito.initiate_auth(
    ClientId=client_id, AuthFlow="REFRESH_TOKEN_AUTH", AuthParameters={"REFRESH_TOKEN": tokens["RefreshToken"]}
)
said["refreshed"] = hello(refreshed["AuthenticationResult"]["IdToken"])
renewed = cognito.get_tokens_from_refresh_token(ClientId=client_id, RefreshToken=tokens["RefreshToken"])
said["renewed"] = hello(renewed["AuthenticationResult"]["IdToken"])
user = cognito.get_user(AccessToken=tokens["AccessToken"])
said["email"] = {attribute["Name"]: attribute["Value"] for attribute in user["UserAttributes"]}["email"]
said["is_user"] = user["Username"] == signed_up["UserSub"]
cognito.revoke_token(ClientId=client_id, Token=tokens["RefreshToken"])
said["revoked"] = caught(
    exceptions.NotAuthorizedException, lambda: cognito.get_user(AccessToken=tokens["AccessToken"])
)
said["revoked_elsewhere"] = hello(tokens["IdToken"])
cognito.global_sign_out(AccessToken=sign_in(PASSWORD)["AuthenticationResult"]["AccessToken"])

# A user pool from nothing, up to a token for a machine.
pool = cognito.create_user_pool(PoolName="made", Policies={"PasswordPolicy": {"MinimumLength": 10}})["UserPool"]
said["region"] = pool["Id"].split("_")[0]
said["created_is_date"] = pool["CreationDate"].year >= 2024
cognito.create_resource_server(
    UserPoolId=pool["Id"],
    Identifier="pets",
    Name="Pets",
    Scopes=[{"ScopeName": "read", "ScopeDescription": "Read pets"}],
)
client = cognito.create_user_pool_client(
    UserPoolId=pool["Id"],
    ClientName="machine",
    GenerateSecret=True,
    AllowedOAuthFlowsUserPoolClient=True,
    AllowedOAuthFlows=["client_credentials"],
    AllowedOAuthScopes=["pets/read"],
    TokenValidityUnits={"AccessToken": "minutes"},
    AccessTokenValidity=10,
)["UserPoolClient"]
cognito.create_user_pool_domain(UserPoolId=pool["Id"], Domain="made")
described = cognito.describe_user_pool_client(UserPoolId=pool["Id"], ClientId=client["ClientId"])["UserPoolClient"]
said["described"] = described == client
for number in range(3):
    cognito.create_group(UserPoolId=pool["Id"], GroupName=f"g{number}", Precedence=number)
groups = cognito.get_paginator("list_groups").paginate(UserPoolId=pool["Id"], PaginationConfig={"PageSize": 2})
said["groups"] = [group["GroupName"] for page in groups for group in page["Groups"]]
# What describes a user pool can be given back.
printed = cognito.describe_user_pool(UserPoolId=pool["Id"])["UserPool"]
members = cognito.meta.service_model.operation_model("UpdateUserPool").input_shape.members
cognito.update_user_pool(
    UserPoolId=pool["Id"], PoolName=printed["Name"], **{name: value for name, value in printed.items() if name in members}
)
updated = cognito.describe_user_pool(UserPoolId=pool["Id"])["UserPool"]
said["given_back"] = {**updated, "LastModifiedDate": None} == {**printed, "LastModifiedDate": None}

# A refresh token that is rotated.
rotating = cognito.create_user_pool_client(
    UserPoolId=pool["Id"],
    ClientName="rotating",
    ExplicitAuthFlows=["ALLOW_USER_PASSWORD_AUTH"],
    RefreshTokenRotation={"Feature": "ENABLED", "RetryGracePeriodSeconds": 0},
)["UserPoolClient"]["ClientId"]
cognito.sign_up(ClientId=rotating, Username="rotating", Password=PASSWORD)
cognito.admin_confirm_sign_up(UserPoolId=pool["Id"], Username="rotating")
first = cognito.initiate_auth(
    ClientId=rotating,
    AuthFlow="USER_PASSWORD_AUTH",
    AuthParameters={"USERNAME": "rotating", "PASSWORD": PASSWORD},
)["AuthenticationResult"]["RefreshToken"]
second = cognito.get_tokens_from_refresh_token(ClientId=rotating, RefreshToken=first)["AuthenticationResult"]
said["rotated"] = first != second["RefreshToken"]
said["reused"] = caught(
    exceptions.RefreshTokenReuseException,
    lambda: cognito.get_tokens_from_refresh_token(ClientId=rotating, RefreshToken=first),
)
cognito.admin_delete_user(UserPoolId=pool["Id"], Username="rotating")
created = cognito.admin_create_user(UserPoolId=pool["Id"], Username="jane", MessageAction="SUPPRESS")["User"]
said["created"] = created["UserStatus"]
users = cognito.get_paginator("list_users").paginate(UserPoolId=pool["Id"])
said["users"] = [user["Username"] for page in users for user in page["Users"]]
said["unknown_pool"] = caught(
    exceptions.ResourceNotFoundException, lambda: cognito.describe_user_pool(UserPoolId="eu-central-1_Nowhere")
)
form = f"grant_type=client_credentials&client_id={client['ClientId']}&client_secret={client['ClientSecret']}"
with urllib.request.urlopen(f"{endpoint}/oauth2/token", form.encode()) as response:
    said["machine"] = json.load(response)["expires_in"]
print(json.dumps(said))
