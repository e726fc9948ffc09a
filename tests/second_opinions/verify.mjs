// What aws-jwt-verify and jose say of tokens: {now, userPoolId, issuers, clientId, scope, jwks, tokens: [{kind, token}]} on
// standard input, [[aws-jwt-verify, jose], ...] on standard output, each null or why the token is refused.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

const require = createRequire(`${process.env.SECOND_OPINIONS}/`);
const { CognitoJwtVerifier } = require("aws-jwt-verify");
const { createLocalJWKSet, jwtVerify } = require("jose");
const { now, userPoolId, issuers, clientId, scope, jwks, tokens } = JSON.parse(readFileSync(0, "utf8"));

// aws-jwt-verify asks the clock; jose is told.
Date.now = () => now * 1000;

const cognito = Object.fromEntries(
    ["access", "id"].map((kind) => {
        const verifier = CognitoJwtVerifier.create({ userPoolId, clientId, tokenUse: kind, ...(kind === "access" && { scope }) });
        verifier.cacheJwks(jwks);
        return [kind, verifier];
    }),
);

const keys = createLocalJWKSet(jwks);
const options = {
    access: { requiredClaims: ["iss", "exp", "sub", "token_use", "client_id", "scope"] },
    id: { requiredClaims: ["iss", "exp", "sub", "token_use", "aud"], audience: clientId },
};

// As a careful service would use it.
async function ask(kind, token) {
    const common = { algorithms: ["RS256"], issuer: issuers, clockTolerance: 0, currentDate: new Date(now * 1000) };
    const { payload } = await jwtVerify(token, keys, { ...common, ...options[kind] });
    if (payload.token_use !== kind) throw new Error("token_use");
    if (typeof payload.sub !== "string") throw new Error("sub");
    if (kind === "access" && payload.client_id !== clientId) throw new Error("client_id");
    if (kind === "access" && !payload.scope.split(" ").includes(scope)) throw new Error("scope");
}

function name(error) {
    return `${error.code ?? error.constructor.name}: ${error.message}`;
}

const verdicts = [];
for (const { kind, token } of tokens) {
    let aws = null;
    try {
        cognito[kind].verifySync(token);
    } catch (error) {
        aws = name(error);
    }
    verdicts.push([aws, await ask(kind, token).then(() => null, name)]);
}
process.stdout.write(JSON.stringify(verdicts));
