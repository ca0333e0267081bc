#!/bin/sh
# Ask a payer for money: create_payment.sh REFERENCE AMOUNT PHONE [options of curl]
# The reference is also the Idempotency-Key, so a retry can never ask twice.
set -eu

: "${LOMI_KEY:?set LOMI_KEY to an API key}"
reference=$1 amount=$2 phone=$3
shift 3

curl --silent --show-error --retry 5 --retry-connrefused --max-time 30 "$@" \
  "${LOMI_URL:-http://127.0.0.1:8000}/api/v1/payments" \
  --header "Authorization: Bearer $LOMI_KEY" \
  --header "Idempotency-Key: $reference" \
  --header "Content-Type: application/json" \
  --data @- <<BODY
{"amount": $amount, "currency": "${LOMI_CURRENCY:-XAF}", "payer": {"phone": "$phone"}, "reference": "$reference"}
BODY
