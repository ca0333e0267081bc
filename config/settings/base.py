"""What every environment shares. The others say only what differs."""

from __future__ import annotations

import socket
from datetime import timedelta
from typing import Any

import certifi
from django.utils.translation import gettext_lazy as _

from config import env
from config.settings.sign_in import *  # noqa: F403
from config.staff_site import UNFOLD as UNFOLD

BASE_DIR = env.BASE_DIR

# --- Identity and secrets
SECRET_KEY = env.required("SECRET_KEY")
# Old ones, comma-separated: callback addresses signed with them stay good.
SECRET_KEY_FALLBACKS = [key for key in env.optional("SECRET_KEY_FALLBACKS").split(",") if key]
# Key ring of personal data: "k2:<base64>,k1:<base64>", the first encrypts, all open.
VAULT_KEYS = env.required("VAULT_KEYS")
VAULT_INDEX_KEY = env.required("VAULT_INDEX_KEY")
# Keys of exact search, "s2:<base64>,index": the first is written with, all find. "index" is
# VAULT_INDEX_KEY.
VAULT_SEARCH_KEYS = env.optional("VAULT_SEARCH_KEYS", "index")

DEBUG = False
ALLOWED_HOSTS = [host for host in env.optional("ALLOWED_HOSTS").split(",") if host]
# The address providers and payers reach us at.
PUBLIC_URL = env.optional("PUBLIC_URL", "http://127.0.0.1:8000").rstrip("/")
# Where WebSockets and event streams are served: behind one proxy, the same.
REALTIME_URL = env.optional("REALTIME_URL", PUBLIC_URL).rstrip("/")
CSRF_TRUSTED_ORIGINS = [PUBLIC_URL]
if ADMIN_HOST:  # noqa: F405
    CSRF_TRUSTED_ORIGINS.append(f"https://{ADMIN_HOST}")  # noqa: F405
# Networks of our own proxies, comma-separated: only from there are forwarded headers believed,
TRUSTED_PROXIES = [network for network in env.optional("TRUSTED_PROXIES").split(",") if network]
# and only if they begin with one of these, comma-separated: see apps/core/proxy_headers.py.
PROXY_SECRETS = [secret for secret in env.optional("PROXY_SECRET").split(",") if secret]
# An unsound environment stops the start: see apps/core/checks.py.
STARTS_ONLY_SOUND = False
# Where whoever finds a weakness is to write: a mail address or a page (RFC 9116).
SECURITY_CONTACT = env.optional("SECURITY_CONTACT")

# --- Apps
INSTALLED_APPS = [
    "unfold.apps.BasicAppConfig",
    "unfold.contrib.filters",
    "unfold.contrib.import_export",
    "apps.sign_in.apps.StaffAdminConfig",
    "allauth",
    "apps.sign_in.apps.AllauthAccountConfig",
    "allauth.mfa",
    "allauth.usersessions",
    # Before auth: its createsuperuser takes no weak password.
    "apps.sign_in.apps.SignInConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "rest_framework",
    "import_export",
    "apps.core.apps.CoreConfig",
    "apps.vault.apps.VaultConfig",
    "apps.audit.apps.AuditConfig",
    "apps.merchants.apps.MerchantsConfig",
    "apps.approvals.apps.ApprovalsConfig",
    "apps.ledger.apps.LedgerConfig",
    "apps.providers.apps.ProvidersConfig",
    "apps.webhooks.apps.WebhooksConfig",
    "oauth2_provider",
    "apps.oauth.apps.OAuthConfig",
    "apps.routing.apps.RoutingConfig",
    "apps.orchestration.apps.OrchestrationConfig",
    "apps.payments.apps.PaymentsConfig",
    "apps.payouts.apps.PayoutsConfig",
    "apps.checkout.apps.CheckoutConfig",
    "apps.reconciliation.apps.ReconciliationConfig",
    "apps.realtime.apps.RealtimeConfig",
    "apps.reporting.apps.ReportingConfig",
    "apps.documentation.apps.DocumentationConfig",
    "apps.demo.apps.DemoConfig",
]

MIDDLEWARE = [
    "apps.core.no_store.NoStore",
    "apps.core.proxy_headers.ProxyHeaders",
    "django.middleware.security.SecurityMiddleware",
    "apps.core.database_away.DatabaseAway",
    "apps.core.unusable_input.UnusableInput",
    "apps.core.single_headers.SingleHeaders",
    "apps.sign_in.middleware.AdminDoor",
    "apps.sign_in.middleware.PageHeaders",
    "apps.core.page_middleware.PageSessionMiddleware",
    "apps.core.page_middleware.PageLocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "apps.core.page_middleware.PageCsrfViewMiddleware",
    "apps.sign_in.middleware.Users",
    "apps.audit.middleware.AuditedActs",
    "apps.core.page_middleware.PageMessageMiddleware",
    "apps.merchants.limits.RateLimits",
    "apps.core.page_middleware.PageXFrameOptionsMiddleware",
]

# Told in every answer where set, as by local/stack.py: whose answer it is.
INSTANCE_ID = env.optional("INSTANCE_ID")
if INSTANCE_ID:
    MIDDLEWARE.insert(0, "apps.core.health.instance_header.InstanceHeader")

ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"
APPEND_SLASH = False
CSRF_FAILURE_VIEW = "apps.core.error_pages.form_refused"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    },
]

# --- Database: the truth
# Seconds a statement, a lock and an idle transaction may last, by the door that asks
# (DATABASE_DOOR); 0: without end. No answer from the database is waited for longer either.
DATABASE_LIMITS_S = {
    # Somebody waits: 503 within five seconds.
    "web": {"statement": 4, "lock": 3, "idle": 10},
    "realtime": {"statement": 4, "lock": 3, "idle": 10},
    # Well within the leases of what it works on.
    "worker": {"statement": 20, "lock": 5, "idle": 60},
    # Migrations, checks, reports: somebody watches, and may interrupt.
    "command": {"statement": 0, "lock": 5, "idle": 0},
    # The same, as the owner of the tables: manage.py says which.
    "owner": {"statement": 0, "lock": 5, "idle": 0},
}
# What is known to take long, whichever door it comes by: files, matching, the books.
LONG_STATEMENT_S = 900
DATABASE_DOOR = env.optional("DATABASE_DOOR", "worker")
_limits = DATABASE_LIMITS_S[DATABASE_DOOR]
# A machine that is gone, or a firewall that forgot the line: both sides know within 9 seconds. The
# server then gives up the locks of who is gone.
SILENT_LINE_S = 9
KEEPALIVE_S = {"idle": 3, "interval": 2, "count": 3}
DATABASE_URL = env.required("DATABASE_URL")
# Of the role that owns the tables, for those commands alone. Without it there is one role.
DATABASE_OWNER_URL = env.optional("DATABASE_OWNER_URL")
# Who is granted what config/database_privileges.py says.
_runtime, _owner = (
    env.database(url or DATABASE_URL)["USER"] for url in (DATABASE_URL, DATABASE_OWNER_URL)
)
DATABASE_RUNTIME_ROLE = _runtime if _runtime != _owner else ""
DATABASE_PRIVILEGES = "config.database_privileges.PRIVILEGES"
_is_owner = bool(DATABASE_OWNER_URL) and DATABASE_DOOR == "owner"
DATABASES = {"default": env.database(DATABASE_OWNER_URL if _is_owner else DATABASE_URL)}
DATABASES["default"]["OPTIONS"] |= {
    # A repeated statement is prepared at its third use. No server-side pooler in between.
    "server_side_binding": True,
    "prepare_threshold": 2,
    "connect_timeout": 3,
    "keepalives_idle": KEEPALIVE_S["idle"],
    "keepalives_interval": KEEPALIVE_S["interval"],
    "keepalives_count": KEEPALIVE_S["count"],
    "tcp_user_timeout": SILENT_LINE_S * 1000,
    "statement_s": _limits["statement"],
    "options": " ".join(
        f"-c {name}={value}"
        for name, value in {
            "statement_timeout": f"{_limits['statement']}s",
            "lock_timeout": f"{_limits['lock']}s",
            "idle_in_transaction_session_timeout": f"{_limits['idle']}s",
            "tcp_keepalives_idle": KEEPALIVE_S["idle"],
            "tcp_keepalives_interval": KEEPALIVE_S["interval"],
            "tcp_keepalives_count": KEEPALIVE_S["count"],
            "tcp_user_timeout": f"{SILENT_LINE_S}s",
            "client_connection_check_interval": "2s",
        }.items()
    ),
}
if env.optional("DATABASE_POOL", "yes") == "yes":
    # Without a database the answer is soon 503; once it is back, so are we: a pool that gave up
    # connecting tries at the next request, one that has not may wait as long as it was away.
    DATABASES["default"]["OPTIONS"]["pool"] = {
        "min_size": 2,
        "max_size": 20,
        "timeout": 3,
        "reconnect_timeout": 3,
    }
else:
    # Each thread keeps its own, and opens a new one after an error.
    DATABASES["default"]["CONN_MAX_AGE"] = 600
DATABASES["default"]["DISABLE_SERVER_SIDE_CURSORS"] = True

# --- Redis or Valkey: may be emptied at any moment
REDIS_URL = env.required("REDIS_URL")
# Of every client: nothing is waited for long, and a line that fell silent is found.
REDIS_OPTIONS: dict[str, Any] = {
    "socket_timeout": 2,
    "socket_connect_timeout": 1,
    "socket_keepalive": True,
    "socket_keepalive_options": {
        getattr(socket, name): value
        for name, value in {
            "TCP_KEEPIDLE": KEEPALIVE_S["idle"],
            "TCP_KEEPINTVL": KEEPALIVE_S["interval"],
            "TCP_KEEPCNT": KEEPALIVE_S["count"],
            "TCP_USER_TIMEOUT": SILENT_LINE_S * 1000,
        }.items()
        # macOS has not all of them.
        if hasattr(socket, name)
    },
    "health_check_interval": 10,
}
if REDIS_URL.startswith("rediss://"):
    # The certificate has to be for the host of REDIS_URL, signed by one of these.
    REDIS_OPTIONS |= {
        "ssl_cert_reqs": "required",
        "ssl_check_hostname": True,
        "ssl_ca_certs": env.optional("REDIS_CA_FILE") or certifi.where(),
    }
# Nothing of Redis is ever unpickled: who can write there may not run code in here.
CACHES = {
    "default": {
        "BACKEND": "apps.core.json_cache.JsonRedisCache",
        "LOCATION": REDIS_URL,
        "OPTIONS": REDIS_OPTIONS,
    }
}
SESSION_SERIALIZER = "django.contrib.sessions.serializers.JSONSerializer"

# --- Four eyes: action -> what is done once a second person approved it
APPROVABLE_ACTIONS = "config.approvable_actions.APPROVABLE_ACTIONS"
ATTEMPT_OWNERS = "config.attempt_owners.ATTEMPT_OWNERS"
TIMELINE_SOURCES = "config.timeline_sources.TIMELINE_SOURCES"

# --- Retention: for how many days; what of, and what is kept for ever, each app's retention.py says
RETENTION_DAYS = {
    "idempotency": env.integer("RETENTION_IDEMPOTENCY_DAYS", 7),
    "callbacks": env.integer("RETENTION_CALLBACKS_DAYS", 400),
    "deliveries": env.integer("RETENTION_DELIVERIES_DAYS", 90),
    "approvals": env.integer("RETENTION_APPROVALS_DAYS", 730),
}

# --- Audit: where the head of the chain is kept, with commas: file:///…, mailto:…, https://…
AUDIT_ANCHORS = env.optional("AUDIT_ANCHORS").replace(",", " ").split()

# --- Asynchronous work
# Topic -> what to do: the map of everything asynchronous.
WORK_ROUTES = "config.outbox_routes.ROUTES"
EVENT_TYPES = "config.event_types.EVENT_TYPES"
DELEGATED_OBJECT_ENDS = "config.delegated_objects.ENDS"
# Longer than any one step takes; a worker that died gives its claimed work back after it.
WORK_LEASE = timedelta(seconds=env.integer("WORK_LEASE_S", 60))
# A submission whose worker died is asked about after this.
SUBMIT_LEASE = timedelta(seconds=env.integer("SUBMIT_LEASE_S", 30))
CELERY_BROKER_URL = env.optional("CELERY_BROKER_URL", REDIS_URL)
CELERY_BROKER_USE_SSL = {
    name: value for name, value in REDIS_OPTIONS.items() if name.startswith("ssl_")
} or None
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_SERIALIZER = "json"
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_TASK_DEFAULT_QUEUE = "default"
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
# For ever: Redis may be away for long.
CELERY_BROKER_CONNECTION_MAX_RETRIES = None
# A worker asks its broker with a wait of a second.
CELERY_BROKER_TRANSPORT_OPTIONS = {"visibility_timeout": 3600, **REDIS_OPTIONS, "socket_timeout": 5}
CELERY_TASK_PUBLISH_RETRY = False
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_WORKER_CANCEL_LONG_RUNNING_TASKS_ON_CONNECTION_LOSS = False
CELERY_TIMEZONE = "UTC"

# --- API
REST_FRAMEWORK = {
    # Each takes what is of its kind; the last refuses what nobody took.
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "apps.oauth.authentication.OAuthAuthentication",
        "apps.oauth.authentication.ClientCertificateAuthentication",
        "apps.merchants.authentication.ApiKeyAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["apps.merchants.authentication.HasScope"],
    "DEFAULT_THROTTLE_CLASSES": ["apps.merchants.limits.WithinLimits"],
    "DEFAULT_RENDERER_CLASSES": ["apps.core.json_format.JsonRenderer"],
    "DEFAULT_PARSER_CLASSES": ["apps.core.json_format.StrictJsonParser"],
    "EXCEPTION_HANDLER": "apps.core.api.problem_details.handle_exception",
    "UNAUTHENTICATED_USER": None,
    "UNAUTHENTICATED_TOKEN": None,
    "DEFAULT_CONTENT_NEGOTIATION_CLASS": "apps.core.json_format.AlwaysJson",
}
SPECTACULAR_SETTINGS = {
    "OAS_VERSION": "3.1.1",
    "TITLE": "LOMI AFRICA",
    "VERSION": "v1",
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "SORT_OPERATIONS": False,
    "POSTPROCESSING_HOOKS": [],
    "ENUM_GENERATE_CHOICE_DESCRIPTION": False,
    "DISABLE_DOCSTRING_DESCRIPTIONS": True,
}
IDEMPOTENCY_KEPT_FOR = timedelta(days=RETENTION_DAYS["idempotency"])
# Larger bodies are refused before they are read.
REQUEST_BODY_BYTES_MAX = 64 * 1024
DATA_UPLOAD_MAX_MEMORY_SIZE = 25 * 1024 * 1024

# --- OAuth 2.0: apps/oauth/protocol says what of it is offered
# The host that asks programs for client certificates; without one, PUBLIC_URL's does.
MTLS_URL = env.optional("MTLS_URL").rstrip("/")
OAUTH_CODE_S = 60
OAUTH_ACCESS_TOKEN_S = 3600
OAUTH_REFRESH_TOKEN_S = 30 * 86_400
# A refresh token used again within it, by a program whose answer was lost, gets the same pair.
OAUTH_REFRESH_GRACE_S = 45
OAUTH2_PROVIDER_APPLICATION_MODEL = "oauth.Application"
OAUTH2_PROVIDER_GRANT_MODEL = "oauth.Grant"
OAUTH2_PROVIDER_ACCESS_TOKEN_MODEL = "oauth.AccessToken"  # noqa: S105 (a model)
OAUTH2_PROVIDER_REFRESH_TOKEN_MODEL = "oauth.RefreshToken"  # noqa: S105 (a model)
OAUTH2_PROVIDER = {
    "OIDC_ISS_ENDPOINT": PUBLIC_URL,
    "ACCESS_TOKEN_EXPIRE_SECONDS": OAUTH_ACCESS_TOKEN_S,
    "REFRESH_TOKEN_EXPIRE_SECONDS": OAUTH_REFRESH_TOKEN_S,
    "REFRESH_TOKEN_REUSE_PROTECTION": True,
    "ALLOWED_REDIRECT_URI_SCHEMES": ["https", "http"],
    "COMPLIANT_BCP_RFC9700_IMPLICIT_GRANT": True,
    "COMPLIANT_BCP_RFC9700_PASSWORD_GRANT": True,
    "COMPLIANT_BCP_RFC9700_PKCE_METHOD": True,
    "COMPLIANT_BCP_RFC9700_ACCESS_TOKEN_TRANSPORT": True,
    "COMPLIANT_BCP_RFC9700_AUTHZ_RESPONSE_ISS": True,
    # Tokens are kept as their SHA-256 alone.
    "COMPLIANT_BCP_RFC9700_TOKEN_STORAGE": True,
}

# --- Rate limits
# How many in any 60 seconds; apps/merchants/limits.py says of what.
RATE_LIMITS = {
    "credential": env.integer("RATE_LIMIT_CREDENTIAL", 6_000),
    "merchant": env.integer("RATE_LIMIT_MERCHANT", 30_000),
    "unauthenticated": env.integer("RATE_LIMIT_UNAUTHENTICATED", 300),
    "payer_live": env.integer("RATE_LIMIT_PAYER_LIVE", 5),
    # One merchant asks one payer so often a day; all of them together four times as much, a minute
    # and a day, so that none can use it up for the others.
    "payer_live_day": env.integer("RATE_LIMIT_PAYER_LIVE_DAY", 20),
    "payer_live_all": env.integer("RATE_LIMIT_PAYER_LIVE_ALL", 20),
    "payer_live_all_day": env.integer("RATE_LIMIT_PAYER_LIVE_ALL_DAY", 80),
    "payer_test": env.integer("RATE_LIMIT_PAYER_TEST", 60),
    # Wrong secrets of OAuth applications.
    "client_secret_address": env.integer("RATE_LIMIT_CLIENT_SECRET_ADDRESS", 100),
    "client_secret": env.integer("RATE_LIMIT_CLIENT_SECRET", 20),
    "login_address": env.integer("RATE_LIMIT_LOGIN_ADDRESS", 20),
    "login_user": env.integer("RATE_LIMIT_LOGIN_USER", 5),
    "name_lookup": env.integer("RATE_LIMIT_NAME_LOOKUP", 10),
    # In an hour.
    "login_user_hour": env.integer("RATE_LIMIT_LOGIN_USER_HOUR", 30),
    "login_code_hour": env.integer("RATE_LIMIT_LOGIN_CODE_HOUR", 60),
}

# --- Providers and webhooks
# Where test-mode payments are served.
SIMULATOR_URL = env.optional("SIMULATOR_URL", "http://127.0.0.1:8090").rstrip("/")
# Opens the simulators' control door, which is not on the port of SIMULATOR_URL.
SIMULATOR_CONTROL_TOKEN = env.optional("SIMULATOR_CONTROL_TOKEN")
# For a whole try, from the name to the answer.
WEBHOOK_TIMEOUT_S = 10.0
# The waits between tries, as a share of the true ones: less than 1 for measurements only.
WEBHOOK_RETRY_SCALE = 1.0
# Development only: plain http, and addresses inside our own walls.
WEBHOOK_PRIVATE_ADDRESSES_ALLOWED = False

# --- E-mail to merchants
EMAIL_HOST = env.optional("EMAIL_HOST", "localhost")
EMAIL_PORT = env.integer("EMAIL_PORT", 25)
EMAIL_HOST_USER = env.optional("EMAIL_HOST_USER")
EMAIL_HOST_PASSWORD = env.optional("EMAIL_HOST_PASSWORD")
EMAIL_USE_TLS = env.flag("EMAIL_USE_TLS")
EMAIL_TIMEOUT = 10
DEFAULT_FROM_EMAIL = env.optional("EMAIL_FROM", "LOMI AFRICA <no-reply@lomi.example>")

# --- Languages
LANGUAGE_CODE = "fr"
LANGUAGES = [("fr", _("French")), ("en", _("English"))]
LOCALE_PATHS = [BASE_DIR / "locale"]
USE_I18N = True
USE_TZ = True
TIME_ZONE = "UTC"

# --- Files
STATIC_URL = "static/"
STATIC_ROOT = BASE_DIR / "var" / "static"
STATICFILES_DIRS = [BASE_DIR / "static"]
# What is uploaded is ours alone; what is published the proxy reads, too.
FILE_UPLOAD_PERMISSIONS = 0o600
FILE_UPLOAD_DIRECTORY_PERMISSIONS = 0o700
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage",
        "OPTIONS": {"file_permissions_mode": 0o644, "directory_permissions_mode": 0o755},
    },
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# --- Security headers
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"

# --- Logs: fixed texts, ids apart, no payer data
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "filters": {
        "routes": {"()": "apps.core.log_routes.RoutesForPaths"},
        "redact": {"()": "apps.vault.log_redaction.RedactPersonalData"},
    },
    "formatters": {"line": {"()": "apps.core.log_format.KeyValueFormatter"}},
    "handlers": {
        "stderr": {
            "class": "logging.StreamHandler",
            "formatter": "line",
            "filters": ["routes", "redact"],
        }
    },
    "root": {"handlers": ["stderr"], "level": env.optional("LOG_LEVEL", "INFO")},
    "loggers": {
        # Django's own would mail whole requests to ADMINS.
        "django": {"handlers": [], "level": "INFO"},
        # Would repeat the header of whoever made one up.
        "django.security.DisallowedHost": {"level": "CRITICAL"},
        "django.server": {"handlers": ["stderr"], "level": "WARNING", "propagate": False},
        # At DEBUG it writes codes and tokens.
        "oauthlib": {"level": "INFO"},
        "oauth2_provider": {"level": "INFO"},
        "celery.worker.strategy": {"level": "WARNING"},
        "celery.app.trace": {"level": "WARNING"},
        "celery.beat": {"level": "WARNING"},
        "psycopg.pool": {"level": "ERROR"},
    },
}
