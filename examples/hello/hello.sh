# The AWS CLI wants credentials and a region; nothing here leaves this machine.
cognito() {
  AWS_ACCESS_KEY_ID=local AWS_SECRET_ACCESS_KEY=local \
    aws cognito-idp --region us-east-1 --endpoint-url "$POOL_URL" "$@"
}
cognito sign-up --client-id "$CLIENT_ID" --username jane@example.com --password Not-a-secret-1
cognito admin-confirm-sign-up --user-pool-id "$USER_POOL_ID" --username jane@example.com
sign_in() {
  cognito initiate-auth --client-id "$CLIENT_ID" --auth-flow USER_PASSWORD_AUTH \
    --auth-parameters USERNAME=jane@example.com,PASSWORD=Not-a-secret-1 --output text --query "AuthenticationResult.$1"
}
ID_TOKEN=$(sign_in IdToken) ACCESS_TOKEN=$(sign_in AccessToken)
curl "$API_URL/hello"
curl "$API_URL/hello" --header "Authorization: $ID_TOKEN"
curl "$API_URL/hello" --header "Authorization: $ACCESS_TOKEN"
