from decimal import Decimal

from tests.factories import charge

FEES = "/api/v1/fees"


def test_a_merchant_reads_the_lines_that_hold_for_it_now(shop):
    charge(
        shop.merchant,
        {"operator": "mtn", "basis_points": Decimal("162.5"), "fixed": 10, "fee_max": 900},
        {"tax_basis_points": Decimal(1925), "rounding": "up"},
    )

    answer = shop.get(FEES)

    assert answer.status_code == 200
    lines = {line["operator"]: line for line in answer.json()["data"]}
    assert set(lines) == {"mtn", None}
    assert lines["mtn"]["id"].startswith("fln_")
    assert (lines["mtn"]["percent"], lines["mtn"]["fixed"], lines["mtn"]["fee_max"]) == (
        "1.625",
        10,
        900,
    )
    assert (lines[None]["tax_percent"], lines[None]["rounding"]) == ("19.25", "up")
    assert lines["mtn"]["amounts_in"] == "XAF"


def test_a_payment_names_the_line_and_the_tax_of_its_fee(shop):
    charge(shop.merchant, fixed=100, tax_basis_points=Decimal(1925))
    (line,) = shop.get(FEES).json()["data"]

    payment = shop.post().json()

    assert (payment["fee"], payment["fee_tax"], payment["fee_line"]) == (100, 19, line["id"])
