QUERIES = {
    "GET balance/transfers": lambda other: [
        {"payment": other.id("paid_id")},
        {"refund": other.id("refund_id")},
        {"payout": other.id("payout_id")},
        {"dispute": other.id("dispute_id")},
        {"kind": "gross"},
    ],
}
