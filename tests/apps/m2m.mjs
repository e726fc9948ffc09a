// Machine to machine, in two stacks: the REST API finds the user pool through an SSM parameter, and allows an app client
// the scopes of books only.
import { App, Stack, CfnOutput, Duration, RemovalPolicy } from "aws-cdk-lib";
import * as apigateway from "aws-cdk-lib/aws-apigateway";
import * as cognito from "aws-cdk-lib/aws-cognito";
import * as ssm from "aws-cdk-lib/aws-ssm";

const SCOPES = [
  { key: "BookGet", scope: "book.get", isAllowed: true },
  { key: "BookPost", scope: "book.post", isAllowed: true },
  { key: "UserGet", scope: "user.get", isAllowed: false },
  { key: "UserPost", scope: "user.post", isAllowed: false },
];
const POOL_PARAMETER = "/bookshop/user-pool-id";

class OAuthCognitoStack extends Stack {
  constructor(scope, id) {
    super(scope, id);
    const pool = new cognito.UserPool(this, "UserPool", { removalPolicy: RemovalPolicy.DESTROY });
    const scopes = SCOPES.map(
      (own) => new cognito.ResourceServerScope({ scopeName: own.scope, scopeDescription: own.key }),
    );
    const server = pool.addResourceServer("ResourceServer", { identifier: "API", scopes });
    pool.addClient("OAuthClient", {
      generateSecret: true,
      accessTokenValidity: Duration.days(1),
      oAuth: {
        flows: { clientCredentials: true },
        scopes: SCOPES.flatMap((own, place) =>
          own.isAllowed ? [cognito.OAuthScope.resourceServer(server, scopes[place])] : [],
        ),
      },
    });
    const domain = pool.addDomain("Domain", { cognitoDomain: { domainPrefix: "bookshop-api" } });
    new CfnOutput(this, "DomainName", { value: domain.baseUrl() });
    new ssm.StringParameter(this, "UserPoolId", { parameterName: POOL_PARAMETER, stringValue: pool.userPoolId });
  }
}

class RestApiStack extends Stack {
  constructor(scope, id) {
    super(scope, id);
    const poolId = ssm.StringParameter.valueForStringParameter(this, POOL_PARAMETER);
    const pool = cognito.UserPool.fromUserPoolId(this, "UserPool", poolId);
    const authorizer = new apigateway.CognitoUserPoolsAuthorizer(this, "Authorizer", { cognitoUserPools: [pool] });
    const api = new apigateway.RestApi(this, "Api", { restApiName: "bookshop", cloudWatchRole: false });
    for (const name of ["book", "user"]) {
      const resource = api.root.addResource(name);
      for (const method of ["GET", "POST"]) {
        resource.addMethod(method, new apigateway.MockIntegration(), {
          authorizer,
          authorizationScopes: [`API/${name}.${method.toLowerCase()}`],
        });
      }
    }
  }
}

const app = new App();
const cognitoStack = new OAuthCognitoStack(app, "OAuthCognitoStack");
new RestApiStack(app, "RestApiStack").addDependency(cognitoStack);
app.synth();
