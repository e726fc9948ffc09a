// Client credentials, in one stack with a nested stack: the user pool is in the nested stack, and the REST API beside it.
import { App, Stack, NestedStack } from "aws-cdk-lib";
import * as apigateway from "aws-cdk-lib/aws-apigateway";
import * as cognito from "aws-cdk-lib/aws-cognito";

class Users extends NestedStack {
  constructor(scope, id) {
    super(scope, id);
    this.pool = new cognito.UserPool(this, "Pool");
    const read = new cognito.ResourceServerScope({ scopeName: "read", scopeDescription: "Read users" });
    const server = this.pool.addResourceServer("Server", { identifier: "users", scopes: [read] });
    this.pool.addClient("Client", {
      generateSecret: true,
      oAuth: { flows: { clientCredentials: true }, scopes: [cognito.OAuthScope.resourceServer(server, read)] },
    });
    this.pool.addDomain("Domain", { cognitoDomain: { domainPrefix: "apg-user-pool-client" } });
  }
}

const app = new App();
const stack = new Stack(app, "CdkCognitoApigatewayStack", { env: { account: "123456789012", region: "us-east-2" } });
const users = new Users(stack, "Users");
const api = new apigateway.RestApi(stack, "Api", { cloudWatchRole: false });
const authorizer = new apigateway.CognitoUserPoolsAuthorizer(stack, "Authorizer", { cognitoUserPools: [users.pool] });
api.root.addMethod("POST", new apigateway.MockIntegration(), { authorizer, authorizationScopes: ["users/read"] });
app.synth();
