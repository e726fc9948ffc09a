// What aws-jwt-verify says of tokens: {userPoolId, clientId, jwks, tokens: [{token, tokenUse, scope}]} on standard input,
// [null | name of the error, ...] on standard output.
import { createRequire } from "node:module";
import { readFileSync } from "node:fs";

const { CognitoJwtVerifier } = createRequire(`${process.env.AWS_CLIENTS}/`)("aws-jwt-verify");
const { userPoolId, clientId, jwks, tokens } = JSON.parse(readFileSync(0, "utf8"));

const verdicts = tokens.map(({ token, tokenUse, scope }) => {
    const verifier = CognitoJwtVerifier.create({ userPoolId, clientId, tokenUse, ...(scope && { scope }) });
    verifier.cacheJwks(jwks);
    try {
        verifier.verifySync(token);
        return null;
    } catch (error) {
        return error.constructor.name;
    }
});
process.stdout.write(JSON.stringify(verdicts));
