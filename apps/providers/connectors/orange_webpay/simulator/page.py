"""The payment page the simulator hosts: one column, no script, nothing loaded from elsewhere."""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass
from html import escape
from string import Template

FIELDS = ("phone", "code")

WORDS = {
    "fr": {
        "other": "English",
        "title": "Paiement Orange Money",
        "brand": "Paiement mobile",
        "banner": "Simulateur : aucun argent réel",
        "pay_to": "Vous payez à",
        "amount": "Montant",
        "order": "Commande",
        "time_left": "Temps restant",
        "minutes": "min",
        "phone": "Votre numéro Orange Money",
        "phone_hint": "Par exemple 690 00 00 01",
        "code": "Code à usage unique",
        "code_hint": "6 chiffres, affichés sur le téléphone simulé ci-dessus",
        "pay": "Payer $amount",
        "handset": "Téléphone simulé",
        "handset_text": "Message reçu, votre code de paiement :",
        "simulator": "Autre issue (simulateur)",
        "refuse": "Refuser",
        "expire": "Laisser expirer",
        "wrong_phone": "Entrez un numéro de 8 à 15 chiffres.",
        "wrong_code": "Ce n’est pas le code du téléphone simulé.",
        "INITIATED": "En attente de votre accord",
        "PENDING": "Paiement en cours de traitement",
        "SUCCESS": "Paiement effectué",
        "FAILED": "Paiement refusé",
        "EXPIRED": "Page expirée",
        "UNKNOWN": "Page inconnue",
        "INITIATED_text": "Le simulateur paie de lui-même : il n’y a rien à faire ici.",
        "PENDING_text": "Vous pouvez fermer cette page : le marchand sera prévenu.",
        "SUCCESS_text": "Le marchand est prévenu.",
        "FAILED_text": "Aucun montant n’a été prélevé.",
        "EXPIRED_text": "Aucun montant n’a été prélevé. Recommencez depuis le site du marchand.",
        "UNKNOWN_text": "Cette adresse ne correspond à aucun paiement.",
        "back": "Revenir chez le marchand",
    },
    "en": {
        "other": "Français",
        "title": "Orange Money payment",
        "brand": "Mobile payment",
        "banner": "Simulator: no real money",
        "pay_to": "You are paying",
        "amount": "Amount",
        "order": "Order",
        "time_left": "Time left",
        "minutes": "min",
        "phone": "Your Orange Money number",
        "phone_hint": "For example 690 00 00 01",
        "code": "One-time code",
        "code_hint": "6 digits, shown on the simulated phone above",
        "pay": "Pay $amount",
        "handset": "Simulated phone",
        "handset_text": "Message received, your payment code:",
        "simulator": "Another ending (simulator)",
        "refuse": "Refuse",
        "expire": "Let it expire",
        "wrong_phone": "Enter a number of 8 to 15 digits.",
        "wrong_code": "That is not the code on the simulated phone.",
        "INITIATED": "Waiting for your approval",
        "PENDING": "Payment being processed",
        "SUCCESS": "Payment made",
        "FAILED": "Payment refused",
        "EXPIRED": "Page expired",
        "UNKNOWN": "Unknown page",
        "INITIATED_text": "The simulator pays by itself: there is nothing to do here.",
        "PENDING_text": "You may close this page: the merchant will be told.",
        "SUCCESS_text": "The merchant has been told.",
        "FAILED_text": "Nothing was taken from your account.",
        "EXPIRED_text": "Nothing was taken from your account. Start again at the merchant’s.",
        "UNKNOWN_text": "No payment has this address.",
        "back": "Back to the merchant",
    },
}

STYLE = """
*{box-sizing:border-box}
body{margin:0;background:#f4f4f4;color:#161616;font:16px/1.5 system-ui,-apple-system,"Segoe UI",
Roboto,"DejaVu Sans",sans-serif}
header{background:#161616;color:#fff}
header div,main{max-width:30rem;margin:0 auto;padding:0 1rem}
header div{display:flex;align-items:center;justify-content:space-between;min-height:56px}
header strong::before{content:"";display:inline-block;width:20px;height:20px;margin-right:.6rem;
background:#ff7900;vertical-align:-4px}
header a{color:#fff;padding:.75rem 0}
.banner{margin:0;padding:.4rem 1rem;background:#ffd9b3;text-align:center;font-size:.875rem}
main{padding-top:1rem;padding-bottom:2rem}
section,form{background:#fff;border-radius:12px;padding:1rem;margin:0 0 1rem}
h1{font-size:1.25rem;line-height:1.3;margin:0 0 .25rem}
h2{font-size:1rem;margin:0 0 .5rem}
.total{font-size:2rem;font-weight:700;line-height:1.2;margin:.25rem 0 .75rem}
dl{display:grid;grid-template-columns:auto 1fr;gap:.25rem .5rem;margin:0;font-size:.9rem}
dt{color:#595959}
dd{margin:0;text-align:right;overflow-wrap:anywhere}
.reference{font-size:.75rem;align-self:center}
label{display:block;font-weight:600}
.hint{margin:0;color:#595959;font-size:.875rem}
.error{margin:.25rem 0 0;color:#b00020;font-size:.9rem;font-weight:600}
input{width:100%;min-height:48px;margin:.35rem 0 0;padding:.5rem .75rem;font:inherit;
font-size:1.125rem;border:2px solid #767676;border-radius:8px;background:#fff;color:inherit}
input[aria-invalid]{border-color:#b00020}
.field{margin-bottom:1rem}
button,.button{display:block;width:100%;min-height:48px;padding:.6rem 1rem;font:inherit;
font-weight:700;border:2px solid #161616;border-radius:8px;background:#fff;color:#161616;
text-align:center;text-decoration:none;cursor:pointer}
.primary{background:#ff7900;border-color:#ff7900}
:focus-visible{outline:3px solid #0b5fff;outline-offset:2px}
.simulator{border:2px dashed #767676}
.simulator .row{display:grid;grid-template-columns:1fr 1fr;gap:.75rem}
.otp{display:block;font:700 1.75rem/1.4 ui-monospace,"DejaVu Sans Mono",monospace;
letter-spacing:.15em}
"""

PAGE = Template("""<!doctype html>
<html lang="$lang">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<title>$title</title>
<style>$style</style>
</head>
<body>
<header><div><strong>$brand</strong><a href="?lang=$other_lang" lang="$other_lang"
 hreflang="$other_lang">$other</a></div></header>
<p class="banner">$banner</p>
<main>
$content
</main>
</body>
</html>
""")

SUMMARY = Template("""<section aria-labelledby="pay-to">
<h1 id="pay-to">$pay_to $merchant</h1>
<p class="total">$money</p>
<dl><dt>$order</dt><dd class="reference">$order_id</dd>$deadline</dl>
</section>
""")

FORM = Template("""<section class="simulator" aria-labelledby="handset">
<h2 id="handset">$handset</h2>
<p class="hint">$handset_text</p>
<strong class="otp">$otp</strong>
</section>
<form method="post" action="?lang=$lang" id="pay">
<div class="field">
<label for="phone">$phone</label>
<p class="hint" id="phone-hint">$phone_hint</p>
<input id="phone" name="phone" type="tel" inputmode="tel" autocomplete="tel" required
 value="$typed_phone" aria-describedby="phone-hint$phone_described"$phone_invalid>
$phone_error
</div>
<div class="field">
<label for="code">$code</label>
<p class="hint" id="code-hint">$code_hint</p>
<input id="code" name="code" inputmode="numeric" autocomplete="one-time-code" required
 maxlength="9" aria-describedby="code-hint$code_described"$code_invalid>
$code_error
</div>
<button class="primary" name="decision" value="approve">$pay_words</button>
</form>
<section class="simulator" aria-labelledby="endings">
<h2 id="endings">$simulator</h2>
<div class="row">
<button form="pay" name="decision" value="refuse" formnovalidate>$refuse</button>
<button form="pay" name="decision" value="expire" formnovalidate>$expire</button>
</div>
</section>
""")

ENDING = Template("""<section>
<h1>$heading</h1>
<p>$text</p>
$back
</section>
""")

HEADERS = {
    "Cache-Control": "no-store",
    # The address of this page is a secret: it must not travel to the merchant's site.
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    # No form-action: browsers would apply it to the redirect back to the merchant.
    "Content-Security-Policy": "default-src 'none'; base-uri 'none'; frame-ancestors 'none'; "
    "style-src 'sha256-" + base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode() + "'",
}


@dataclass(frozen=True, slots=True)
class PageOrder:
    """What the page shows of an order. `amount` in whole francs, `otp` six digits."""

    merchant: str
    order_id: str
    amount: int
    currency: str
    otp: str
    seconds_left: int


def payment_page(
    order: PageOrder, *, lang: str, typed_phone: str = "", wrong: frozenset[str] = frozenset()
) -> str:
    """The form. `lang` is "fr" or "en"; `wrong` names the fields ("phone", "code") refused."""
    words = WORDS[lang]
    money = _money(order.amount, order.currency, lang)
    minutes, seconds = divmod(max(order.seconds_left, 0), 60)
    summary = SUMMARY.substitute(
        pay_to=words["pay_to"],
        merchant=escape(order.merchant),
        money=money,
        order=words["order"],
        order_id=escape(order.order_id),
        deadline=f"<dt>{words['time_left']}</dt><dd>{minutes}:{seconds:02} {words['minutes']}</dd>",
    )
    first_wrong = next((name for name in FIELDS if name in wrong), "")
    form = FORM.substitute(
        words,
        lang=lang,
        typed_phone=escape(typed_phone),
        otp=f"{order.otp[:3]} {order.otp[3:]}",
        pay_words=Template(words["pay"]).substitute(amount=money),
        **{
            f"{name}_invalid": ' aria-invalid="true"' * (name in wrong)
            + " autofocus" * (name == first_wrong)
            for name in FIELDS
        },
        **{f"{name}_described": f" {name}-error" * (name in wrong) for name in FIELDS},
        **{f"{name}_error": _error(name, words) * (name in wrong) for name in FIELDS},
    )
    return _page(summary + form, lang=lang)


def ending_page(status: str, *, lang: str, back_url: str = "") -> str:
    """What is left to say when nothing can be typed: decided, expired or never opened."""
    words = WORDS[lang]
    back = (
        f'<a class="button primary" href="{escape(back_url)}">{words["back"]}</a>'
        if back_url
        else ""
    )
    ending = ENDING.substitute(heading=words[status], text=words[f"{status}_text"], back=back)
    return _page(ending, lang=lang)


def _page(content: str, *, lang: str) -> str:
    words = WORDS[lang]
    return PAGE.substitute(
        lang=lang,
        other_lang="en" if lang == "fr" else "fr",
        other=words["other"],
        title=words["title"],
        brand=words["brand"],
        banner=words["banner"],
        style=STYLE,
        content=content,
    )


def _error(name: str, words: dict[str, str]) -> str:
    return f'<p class="error" id="{name}-error" role="alert">{words[f"wrong_{name}"]}</p>'


def _money(amount: int, currency: str, lang: str) -> str:
    grouped = f"{amount:,}".replace(",", "\u202f" if lang == "fr" else ",")
    return f"{grouped}\u00a0{'FCFA' if currency in ('XAF', 'XOF') else escape(currency)}"
