// Users who sign up and sign in: an HTTP API with a JWT authorizer, in a region other than the user pool's.
import { App, Stack, CfnOutput } from "aws-cdk-lib";
import * as apigatewayv2 from "aws-cdk-lib/aws-apigatewayv2";
import { HttpUserPoolAuthorizer } from "aws-cdk-lib/aws-apigatewayv2-authorizers";
import { HttpUrlIntegration } from "aws-cdk-lib/aws-apigatewayv2-integrations";
import * as cognito from "aws-cdk-lib/aws-cognito";

const app = new App();
const account = "123456789012";
const auth = new Stack(app, "CognitoStack", { env: { account, region: "us-east-1" }, crossRegionReferences: true });
const pool = new cognito.UserPool(auth, "UserPool", {
  selfSignUpEnabled: true,
  signInAliases: { email: true },
  autoVerify: { email: true },
  passwordPolicy: { minLength: 8, requireUppercase: false, requireSymbols: false },
});
const client = pool.addClient("Client", { authFlows: { userPassword: true, userSrp: true } });
new CfnOutput(auth, "UserPoolClientId", { value: client.userPoolClientId });
new CfnOutput(auth, "UserPoolId", { value: pool.userPoolId });

const env = { account, region: "ap-northeast-2" };
const api = new Stack(app, "ApiGatewayStack", { env, crossRegionReferences: true });
const authorizer = new HttpUserPoolAuthorizer("Authorizer", pool, { userPoolClients: [client], userPoolRegion: "us-east-1" });
new apigatewayv2.HttpApi(api, "HttpApi", {
  corsPreflight: { allowOrigins: ["https://app.example"], allowHeaders: ["Authorization"] },
}).addRoutes({
  path: "/hello",
  methods: [apigatewayv2.HttpMethod.GET],
  integration: new HttpUrlIntegration("Hello", "https://hello.example"),
  authorizer,
});
app.synth();
