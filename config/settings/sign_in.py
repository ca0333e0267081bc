"""How people sign in, what a session may do, and where the admin lives."""

from __future__ import annotations

from config import env

LOGIN_URL = "/login"
# In staging and production nobody of the staff works without one.
SECOND_FACTOR_REQUIRED = False

AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}", "OPTIONS": options}
    for name, options in [
        ("MinimumLengthValidator", {"min_length": 12}),
        ("UserAttributeSimilarityValidator", {}),
        ("CommonPasswordValidator", {}),
        ("NumericPasswordValidator", {}),
    ]
]

# --- Sessions
# Unused for so long, or begun so long ago, a session is over.
SESSION_IDLE_S = 30 * 60
SESSION_COOKIE_AGE = 12 * 3600
# What moves money, roles or keys asks again who has not proved herself for so long.
STEP_UP_S = 5 * 60

# --- The admin's door
# Where set, the admin is found under this host name only, and from these networks only.
ADMIN_HOST = env.optional("ADMIN_HOST").lower()
ADMIN_NETWORKS = [network for network in env.optional("ADMIN_NETWORKS").split(",") if network]

# --- Second factors: django-allauth keeps and checks them; its own pages are not served
ACCOUNT_ADAPTER = "apps.sign_in.adapters.AccountAdapter"
ACCOUNT_LOGIN_METHODS = {"username"}
ACCOUNT_SIGNUP_FIELDS = ["username*", "password1*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
# Between the password and the code.
ACCOUNT_LOGIN_TIMEOUT = 5 * 60
# Ours count, apps/sign_in/limits.py: exact, and the same for every process.
ACCOUNT_RATE_LIMITS = False
MFA_RATE_LIMITS = False
MFA_ADAPTER = "apps.sign_in.adapters.SecondFactorAdapter"
MFA_ALLOW_UNVERIFIED_EMAIL = True
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_RECOVERY_CODES_SHOW_ONCE = True
MFA_RECOVERY_CODE_DIGITS = 10
MFA_TOTP_ISSUER = "LOMI AFRICA"
# A telephone's clock may be half a minute off.
MFA_TOTP_TOLERANCE = 1
MFA_FORMS = {
    "authenticate": "apps.sign_in.forms.CodeForm",
    "authenticate_webauthn": "apps.sign_in.forms.PasskeyForm",
    "activate_totp": "apps.sign_in.forms.AuthenticatorForm",
    "add_webauthn": "apps.sign_in.forms.NewPasskeyForm",
}
# A passkey belongs to a domain; a common parent serves the admin's host and the public one.
PASSKEY_DOMAIN = env.optional("PASSKEY_DOMAIN")
