token() {
  curl -s --user "$CLIENT_ID:$CLIENT_SECRET" "$DOMAIN/oauth2/token" \
    --data grant_type=client_credentials --data-urlencode "scope=https://petstore.example/v1/$1" | cut -d '"' -f 4
}
READ=$(token read) WRITE=$(token write)
curl "$API/pets" --header "Authorization: $READ"
curl "$API/pets" --header "Authorization: $WRITE" --data '{"type":"fish","price":0.99}'
curl "$API/pets" --header "Authorization: $READ" --data '{"type":"fish","price":0.99}'
