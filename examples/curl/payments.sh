#!/bin/sh
# Ask a payer for money, wait for the end, list: payments.sh REFERENCE AMOUNT PHONE
# Needs curl alone. LOMI_KEY is an API key, LOMI_URL where the platform is.
set -eu

: "${LOMI_KEY:?set LOMI_KEY to an API key}"
api="${LOMI_URL:-http://127.0.0.1:8000}/api/v1"
reference=$1 amount=$2 phone=$3

call() {
  curl --silent --show-error --retry 5 --retry-connrefused --max-time 30 \
    --header "Authorization: Bearer $LOMI_KEY" "$@"
}

# The text of a field that stands once in the answer.
field() { sed -n "s/.*\"$1\":\"\([^\"]*\)\".*/\1/p"; }

answer=$(call "$api/payments" \
  --header "Idempotency-Key: $reference" \
  --header "Content-Type: application/json" \
  --data "{\"amount\": $amount, \"currency\": \"XAF\", \"payer\": {\"phone\": \"$phone\"}, \"reference\": \"$reference\"}")
case $answer in
  *'"object":"payment"'*) ;;
  *) echo "refused: $(echo "$answer" | field code)"; exit 1 ;;
esac
payment=$(echo "$answer" | cut -d'"' -f4)
echo "created $payment"

while :; do
  status=$(call "$api/payments/$payment" | field status)
  case $status in
    succeeded | failed | expired | canceled) break ;;
  esac
  sleep 1
done
echo "ended $status"

echo "newest $(call "$api/payments?limit=1" | cut -d'"' -f10)"
