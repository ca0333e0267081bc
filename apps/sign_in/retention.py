"""How long this app's rows are kept, and those of the library it signs people in with."""

from apps.core.retention import KeptForEver, KeptUntil, Rule

FACTORS = "as long as the person has it: a handful"
JOB = "sign_in.forget_expired_sessions"

RETENTION: tuple[Rule, ...] = (
    KeptForEver("account.EmailAddress", FACTORS),
    KeptForEver("account.EmailConfirmation", "nothing writes it"),
    KeptForEver("mfa.Authenticator", FACTORS),
    KeptUntil("sessions.Session", "it is over", JOB),
    KeptUntil("usersessions.UserSession", "its session is over", JOB),
)
