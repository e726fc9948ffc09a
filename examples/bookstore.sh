export ACCESS_TOKEN=$(curl -s -X POST --user "$CLIENT_ID:$CLIENT_SECRET" \
  "$DOMAIN_NAME/oauth2/token?grant_type=client_credentials" \
  -H "Content-Type: application/x-www-form-urlencoded" | cut -d '"' -f 4)
curl -X GET "${API_ENDPOINT}book" -H "Authorization:${ACCESS_TOKEN}"
curl -X POST "${API_ENDPOINT}book" -H "Authorization:${ACCESS_TOKEN}"
curl -X GET "${API_ENDPOINT}user" -H "Authorization:${ACCESS_TOKEN}"
curl -X POST "${API_ENDPOINT}user" -H "Authorization:${ACCESS_TOKEN}"
