"""The page of one order, as it stands."""

from __future__ import annotations

from hmac import compare_digest

from apps.providers.simulation.exchange import Answer, Request
from apps.providers.simulation.store import Instruction

from .answers import page_answer
from .page import WORDS, PageOrder, ending_page, payment_page


def order_page(
    order: Instruction,
    *,
    status: str,
    seconds_left: int,
    lang: str,
    phone: str,
    wrong: frozenset[str],
) -> Answer:
    """The form while a person may decide (`status` empty), else how it ended."""
    if status:
        is_over = status in ("FAILED", "EXPIRED")
        back_url = order.details["cancel_url" if is_over else "return_url"]
        page = ending_page(status, lang=lang, back_url=back_url)
        return page_answer(page, 410 if status == "EXPIRED" else 200)
    shown = PageOrder(
        merchant=order.details["merchant"],
        order_id=order.reference,
        amount=order.amount,
        currency=order.currency,
        otp=order.details["otp"],
        seconds_left=seconds_left,
    )
    page = payment_page(shown, lang=lang, typed_phone=phone, wrong=wrong)
    return page_answer(page, 422 if wrong else 200)


def wrong_fields(phone: str, code: str, order: Instruction) -> frozenset[str]:
    wrong = set()
    if not 8 <= len(phone) <= 15:
        wrong.add("phone")
    typed = "".join(code.split())
    if not compare_digest(typed.encode(), order.details["otp"].encode()):
        wrong.add("code")
    return frozenset(wrong)


def language(request: Request, order: Instruction | None) -> str:
    asked = request.query.get("lang", "")
    if asked in WORDS:
        return asked
    return str(order.details["lang"]) if order else "fr"
