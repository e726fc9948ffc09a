// Custom scopes, in two stages of one app: each stage has a stack with the user pool and one with the REST API, which
// reads the pool's ARN from the other one: in `Prod` by an export, and in `Test` by `Fn::GetStackOutput`.
import { App, Stack, Stage } from "aws-cdk-lib";
import * as apigateway from "aws-cdk-lib/aws-apigateway";
import * as cognito from "aws-cdk-lib/aws-cognito";

class Integration extends Stage {
  constructor(scope, id, props) {
    super(scope, id, props);
    this.node.setContext("@aws-cdk/core:defaultCrossStackReferences", props.references);
    const auth = new Stack(this, "Auth");
    const pool = new cognito.UserPool(auth, "Pool");
    const read = new cognito.ResourceServerScope({ scopeName: "read", scopeDescription: "Read" });
    const identifier = "integration-OauthResourceServer";
    const server = pool.addResourceServer("OauthResourceServer", { identifier, scopes: [read] });
    pool.addClient("Client", {
      generateSecret: true,
      oAuth: { flows: { clientCredentials: true }, scopes: [cognito.OAuthScope.resourceServer(server, read)] },
    });
    const stack = new Stack(this, "Api");
    const authorizer = new apigateway.CognitoUserPoolsAuthorizer(stack, "Authorizer", { cognitoUserPools: [pool] });
    const api = new apigateway.RestApi(stack, "RestApi", {
      cloudWatchRole: false,
      defaultCorsPreflightOptions: { allowOrigins: ["https://app.example"], allowMethods: ["GET"] },
    });
    const authorizationScopes = [`${identifier}/read`];
    api.root.addResource("user").addMethod("GET", new apigateway.MockIntegration(), { authorizer, authorizationScopes });
  }
}

const app = new App();
new Integration(app, "Test", { env: { account: "111111111111", region: "eu-west-1" }, references: "weak" });
new Integration(app, "Prod", { env: { account: "222222222222", region: "eu-central-1" }, references: "strong" });
app.synth();
