"""The page behind a session's wave_launch_url: one column, no script, nothing from elsewhere."""

from __future__ import annotations

import base64
import hashlib
from html import escape

from apps.providers.simulation.exchange import Answer

WORDS = {
    "fr": {
        "title": "Paiement Wave",
        "banner": "Simulateur : aucun argent réel",
        "pay_to": "Vous payez à",
        "pay": "Payer",
        "refuse": "Refuser",
        "no_funds": "Solde insuffisant",
        "OPEN": "Confirmez le paiement",
        "succeeded": "Paiement effectué",
        "FAILED": "Paiement refusé",
        "EXPIRED": "Lien expiré",
        "UNKNOWN": "Lien inconnu",
        "WAIT": "Paiement en cours",
        "failed_try": "Le solde ne suffit pas. Vous pouvez réessayer.",
        "back": "Revenir chez le marchand",
        "other": "English",
    },
    "en": {
        "title": "Wave payment",
        "banner": "Simulator: no real money",
        "pay_to": "You are paying",
        "pay": "Pay",
        "refuse": "Refuse",
        "no_funds": "Balance too low",
        "OPEN": "Confirm the payment",
        "succeeded": "Payment made",
        "FAILED": "Payment refused",
        "EXPIRED": "Link expired",
        "UNKNOWN": "Unknown link",
        "WAIT": "Payment in progress",
        "failed_try": "The balance is too low. You may try again.",
        "back": "Back to the merchant",
        "other": "Français",
    },
}
STYLE = """
*{box-sizing:border-box}
body{margin:0;background:#eef9ff;color:#10222e;font:16px/1.5 system-ui,"DejaVu Sans",sans-serif}
main{max-width:26rem;margin:0 auto;padding:1rem}
.banner{margin:0;padding:.4rem 1rem;background:#ffe3a3;text-align:center;font-size:.875rem}
section{background:#fff;border-radius:12px;padding:1rem;margin:0 0 1rem}
h1{font-size:1.25rem;margin:0 0 .25rem}
.total{font-size:2rem;font-weight:700;margin:.25rem 0}
.error{color:#b00020;font-weight:600}
button,.button{display:block;width:100%;min-height:48px;margin:.5rem 0 0;padding:.6rem 1rem;
font:inherit;font-weight:700;border:2px solid #10222e;border-radius:8px;background:#fff;
color:#10222e;text-align:center;text-decoration:none;cursor:pointer}
.primary{background:#1dc8ff}
:focus-visible{outline:3px solid #0b3fff;outline-offset:2px}
"""
HEADERS = {
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    # Wave's page is never framed.
    "Content-Security-Policy": "default-src 'none'; base-uri 'none'; frame-ancestors 'none'; "
    "style-src 'sha256-" + base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode() + "'",
}


def session_page(
    state: str, *, lang: str, amount: int = 0, merchant: str = "", error: str = "", back: str = ""
) -> Answer:
    """The page as the session stands: `state` is a key of WORDS. `amount` in whole francs."""
    words = WORDS[lang]
    content = f"<h1>{words[state]}</h1>"
    if state == "OPEN":
        grouped = f"{amount:,}".replace(",", "\u202f" if lang == "fr" else ",")
        content += (
            f'<p>{words["pay_to"]} {escape(merchant)}</p><p class="total">{grouped}\u00a0FCFA</p>'
            + (f'<p class="error" role="alert">{words["failed_try"]}</p>' if error else "")
            + f'<form method="post" action="?lang={lang}">'
            f'<button class="primary" name="decision" value="approve">{words["pay"]}</button>'
            f'<button name="decision" value="refuse">{words["refuse"]}</button>'
            f'<button name="decision" value="no_funds">{words["no_funds"]}</button></form>'
        )
    elif back:
        content += f'<a class="button primary" href="{escape(back)}">{words["back"]}</a>'
    other = "en" if lang == "fr" else "fr"
    text = (
        f'<!doctype html><html lang="{lang}"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f'<meta name="robots" content="noindex"><title>{words["title"]}</title>'
        f'<style>{STYLE}</style></head><body><p class="banner">{words["banner"]}</p>'
        f'<main><section>{content}</section><a href="?lang={other}" lang="{other}">'
        f"{words['other']}</a></main></body></html>"
    )
    status = {"UNKNOWN": 404, "EXPIRED": 410}.get(state, 200)
    return Answer(status, text.encode(), content_type="text/html; charset=utf-8", headers=HEADERS)
