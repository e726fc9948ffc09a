# Nothing here leaves this machine; the AWS CLI wants credentials all the same.
export AWS_ACCESS_KEY_ID=local AWS_SECRET_ACCESS_KEY=local AWS_DEFAULT_REGION=us-east-1
cognito() { aws cognito-idp --endpoint-url "$POOL_URL" "$@"; }
cognito sign-up --client-id "$CLIENT_ID" --username jane@example.com --password Not-a-secret-1
cognito admin-confirm-sign-up --user-pool-id "$USER_POOL_ID" --username jane@example.com
TOKENS=$(cognito initiate-auth --client-id "$CLIENT_ID" --auth-flow USER_PASSWORD_AUTH \
  --auth-parameters USERNAME=jane@example.com,PASSWORD=Not-a-secret-1)
ID_TOKEN=$(echo "$TOKENS" | grep '"IdToken"' | cut -d '"' -f 4)
ACCESS_TOKEN=$(echo "$TOKENS" | grep '"AccessToken"' | cut -d '"' -f 4)
curl "$API_URL/hello"
curl "$API_URL/hello" --header "Authorization: $ID_TOKEN"
curl "$API_URL/hello" --header "Authorization: $ACCESS_TOKEN"
