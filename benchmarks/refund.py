"""Refunds a second through the whole life. Everything on this machine."""

from benchmarks.money_out import measure, refunds


def run() -> bool:
    return measure("refund", refunds)
