from __future__ import annotations

from allauth.mfa.models import Authenticator
from django.contrib.auth.models import User

from apps.payments.models import Payment
from apps.sign_in.adapters import SecondFactorAdapter


def make(payment: Payment) -> None:
    adapter = SecondFactorAdapter()
    user = User.objects.create_user("ada")
    for kind, data in [
        ("totp", {"secret": adapter.encrypt("TOTPSECRET")}),
        ("recovery_codes", {"seed": adapter.encrypt("seed"), "used_mask": 5}),
        ("webauthn", {"name": "a passkey", "credential": {"id": "x"}}),
    ]:
        Authenticator.objects.create(user=user, type=kind, data=data)
