"""How long this app's rows are kept."""

from apps.core.retention import KeptForEver, KeptUntil, Rule

JOB = "oauth.forget_expired_tokens"

RETENTION: tuple[Rule, ...] = (
    KeptForEver("oauth.Application", "programs: they do not grow with payments"),
    KeptForEver("oauth.ClientCertificate", "who may prove to be a program"),
    KeptUntil("oauth.Grant", "a week after its end", JOB),
    KeptUntil("oauth.AccessToken", "a week after its end", JOB),
    KeptUntil("oauth.RefreshToken", "a week after its end", JOB),
)
