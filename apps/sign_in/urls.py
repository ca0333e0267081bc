"""People's pages. The names django-allauth knows its own by are kept: it leads there itself."""

from __future__ import annotations

from django.urls import path

from apps.sign_in import account
from apps.sign_in.login import Login, logout

urlpatterns = [
    path("login", Login.as_view(), name="login"),
    path("login", Login.as_view(), name="account_login"),
    path("login/code", account.Code.as_view(), name="mfa_authenticate"),
    path("logout", logout, name="logout"),
    path("account", account.Account.as_view(), name="mfa_index"),
    path("account", account.Account.as_view(), name="mfa_list_webauthn"),
    path("account/password", account.password, name="account-password"),
    path("account/sessions/end", account.end_session, name="account-end-session"),
    path("account/authenticator", account.AddAuthenticator.as_view(), name="mfa_activate_totp"),
    path(
        "account/authenticator/remove",
        account.RemoveAuthenticator.as_view(),
        name="mfa_deactivate_totp",
    ),
    path("account/passkeys/add", account.AddPasskey.as_view(), name="mfa_add_webauthn"),
    path(
        "account/passkeys/<int:pk>/remove",
        account.RemovePasskey.as_view(),
        name="mfa_remove_webauthn",
    ),
    path("account/recovery-codes", account.RecoveryCodes.as_view(), name="mfa_view_recovery_codes"),
    path(
        "account/recovery-codes/new",
        account.NewRecoveryCodes.as_view(),
        name="mfa_generate_recovery_codes",
    ),
]
