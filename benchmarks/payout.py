"""Payouts a second through the whole life. Everything on this machine."""

from benchmarks.money_out import measure, payouts


def run() -> bool:
    return measure("payout", payouts)
