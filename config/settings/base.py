"""The settings that all environments share. The other files hold only what differs."""

from __future__ import annotations

import json
import secrets
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
# Earlier values, comma-separated: callback addresses signed with them stay valid.
SECRET_KEY_FALLBACKS = [key for key in env.optional("SECRET_KEY_FALLBACKS").split(",") if key]
# The keys that encrypt personal data, "k2:<base64>,k1:<base64>": the first encrypts, all decrypt.
VAULT_KEYS = env.required("VAULT_KEYS")
VAULT_INDEX_KEY = env.required("VAULT_INDEX_KEY")
# The keys of exact search over encrypted data, "s2:<base64>,index": new entries use the first, and
# a search tries all. "index" stands for VAULT_INDEX_KEY.
VAULT_SEARCH_KEYS = env.optional("VAULT_SEARCH_KEYS", "index")

DEBUG = False
ALLOWED_HOSTS = [host for host in env.optional("ALLOWED_HOSTS").split(",") if host]
# The address under which providers and payers reach this platform.
PUBLIC_URL = env.optional("PUBLIC_URL", "http://127.0.0.1:8000").rstrip("/")
# The address of WebSockets and event streams. Behind one proxy it is that of PUBLIC_URL.
REALTIME_URL = env.optional("REALTIME_URL", PUBLIC_URL).rstrip("/")
CSRF_TRUSTED_ORIGINS = [PUBLIC_URL]
if ADMIN_HOST:  # noqa: F405
    CSRF_TRUSTED_ORIGINS.append(f"https://{ADMIN_HOST}")  # noqa: F405
# Forwarded headers are believed only from these networks of our own proxies, comma-separated,
TRUSTED_PROXIES = [network for network in env.optional("TRUSTED_PROXIES").split(",") if network]
# and only if they begin with one of these secrets, comma-separated. See apps/core/proxy_headers.py.
PROXY_SECRETS = [secret for secret in env.optional("PROXY_SECRET").split(",") if secret]
# True: the process refuses to start if apps/core/checks.py finds the environment unsafe.
STARTS_ONLY_SOUND = False
# Where to report a weakness, published in security.txt (RFC 9116): an e-mail address or a page.
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
    # Before auth: its createsuperuser, which refuses weak passwords, replaces Django's.
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
    "apps.access.apps.AccessConfig",
    "apps.routing.apps.RoutingConfig",
    "apps.fees.apps.FeesConfig",
    "apps.floats.apps.FloatsConfig",
    "apps.statement_formats.apps.StatementFormatsConfig",
    "apps.orchestration.apps.OrchestrationConfig",
    "apps.payments.apps.PaymentsConfig",
    "apps.refunds.apps.RefundsConfig",
    "apps.disputes.apps.DisputesConfig",
    "apps.payouts.apps.PayoutsConfig",
    "apps.payout_batches.apps.PayoutBatchesConfig",
    "apps.checkout.apps.CheckoutConfig",
    "apps.reconciliation.apps.ReconciliationConfig",
    "apps.statement_sources.apps.StatementSourcesConfig",
    "apps.settlement.apps.SettlementConfig",
    "apps.day_reports.apps.DayReportsConfig",
    "apps.bank_doors.apps.BankDoorsConfig",
    "apps.realtime.apps.RealtimeConfig",
    "apps.support_tickets.apps.SupportTicketsConfig",
    "apps.reporting.apps.ReportingConfig",
    "apps.monitoring.apps.MonitoringConfig",
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

# If set, every response carries it. local/stack.py recognises its own processes by it.
INSTANCE_ID = env.optional("INSTANCE_ID")
if INSTANCE_ID:
    MIDDLEWARE.insert(0, "apps.core.health.instance_header.InstanceHeader")

# --- Traces: a collector that speaks OTLP over HTTP. Without one there are none.
TRACES_ENDPOINT = env.optional("OTEL_EXPORTER_OTLP_ENDPOINT")
TRACES_SERVICE = env.optional("OTEL_SERVICE_NAME", "lomi")
# Which share of the requests begins one, decided before anything is made for it.
TRACES_RATIO = env.traces_ratio()
if TRACES_ENDPOINT:
    MIDDLEWARE.insert(0, "apps.core.traced_requests.TracedRequests")

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

# --- Database: the only source of truth
# How many seconds a statement, a wait for a lock and an idle transaction may last, by the kind of
# process (DATABASE_DOOR). 0: no limit. The process itself waits no longer for an answer either.
DATABASE_LIMITS_S = {
    # A client is waiting: it gets its answer, or 503, within five seconds.
    "web": {"statement": 4, "lock": 3, "idle": 10},
    "realtime": {"statement": 4, "lock": 3, "idle": 10},
    # Shorter than the leases of the rows it works on (WORK_LEASE, SUBMIT_LEASE).
    "worker": {"statement": 20, "lock": 5, "idle": 60},
    # Migrations, checks, reports: a person is watching and can interrupt them.
    "command": {"statement": 0, "lock": 5, "idle": 0},
    # Commands that need the role that owns the tables. manage.py lists them.
    "owner": {"statement": 0, "lock": 5, "idle": 0},
}
# The limit for work that is known to take long: report files, matching, check_books.
LONG_STATEMENT_S = 900
DATABASE_DOOR = env.optional("DATABASE_DOOR", "worker")
_limits = DATABASE_LIMITS_S[DATABASE_DOOR]
# If a machine dies or a firewall drops the connection, both sides notice after this many seconds,
# and the server releases the locks of the side that is gone.
SILENT_LINE_S = 9
KEEPALIVE_S = {"idle": 3, "interval": 2, "count": 3}
DATABASE_URL = env.required("DATABASE_URL")
# The connection of the role that owns the tables, used by those commands alone. Without it, one
# role does everything.
DATABASE_OWNER_URL = env.optional("DATABASE_OWNER_URL")
# The role that is granted only what config/database_privileges.py lists.
_runtime, _owner = (
    env.database(url or DATABASE_URL)["USER"] for url in (DATABASE_URL, DATABASE_OWNER_URL)
)
DATABASE_RUNTIME_ROLE = _runtime if _runtime != _owner else ""
DATABASE_PRIVILEGES = "config.database_privileges.PRIVILEGES"
_is_owner = bool(DATABASE_OWNER_URL) and DATABASE_DOOR == "owner"
DATABASES = {"default": env.database(DATABASE_OWNER_URL if _is_owner else DATABASE_URL)}
DATABASES["default"]["OPTIONS"] |= {
    # A statement is prepared at its third use. This needs a direct connection: a pooler such as
    # PgBouncer in between would break it.
    "server_side_binding": True,
    "prepare_threshold": 2,
    "connect_timeout": 3,
    # Told in pg_stat_activity: connections of one process have one name, and no other has it.
    "application_name": f"lomi-{secrets.token_hex(6)}",
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
# Of one worker. Each of its loops keeps one while it waits for work, and its threads take more for
# a moment. PostgreSQL's max_connections has room for all workers.
WORKER_CONNECTIONS = 80
if env.optional("DATABASE_POOL", "yes") == "yes":
    # While the database is away, requests get 503 after `timeout`. The pool soon stops trying to
    # reconnect by itself (`reconnect_timeout`) and tries again at the next request instead: one
    # that goes on trying waits longer and longer, and still waits when the database is back.
    DATABASES["default"]["OPTIONS"]["pool"] = {
        "min_size": 2,
        "max_size": WORKER_CONNECTIONS,
        "timeout": 3,
        "reconnect_timeout": 3,
    }
else:
    # Each thread keeps one connection, and opens a new one after an error.
    DATABASES["default"]["CONN_MAX_AGE"] = 600
DATABASES["default"]["DISABLE_SERVER_SIDE_CURSORS"] = True

# --- Redis or Valkey: may be emptied at any moment
REDIS_URL = env.required("REDIS_URL")
# For every Redis client: short time-outs, and a check that finds a dead connection.
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
        # macOS lacks some of these options.
        if hasattr(socket, name)
    },
    "health_check_interval": 10,
}
if REDIS_URL.startswith("rediss://"):
    # The certificate must be for the host of REDIS_URL and signed by one of these authorities.
    REDIS_OPTIONS |= {
        "ssl_cert_reqs": "required",
        "ssl_check_hostname": True,
        "ssl_ca_certs": env.optional("REDIS_CA_FILE") or certifi.where(),
    }
# Values are JSON, never pickles: whoever can write to Redis must not be able to run code here.
CACHES = {
    "default": {
        "BACKEND": "apps.core.json_cache.JsonRedisCache",
        "LOCATION": REDIS_URL,
        "OPTIONS": REDIS_OPTIONS,
    }
}
SESSION_SERIALIZER = "django.contrib.sessions.serializers.JSONSerializer"

# --- Four eyes: the service that runs once a second person has approved an action
APPROVABLE_ACTIONS = "config.approvable_actions.APPROVABLE_ACTIONS"
# What rules may ask about as a rail.
APPROVAL_RAILS = "config.approvable_actions.RAILS"
ATTEMPT_OWNERS = "config.attempt_owners.ATTEMPT_OWNERS"
ATTEMPTLESS_OWNERS = "config.attempt_owners.ATTEMPTLESS_OWNERS"
TIMELINE_SOURCES = "config.timeline_sources.TIMELINE_SOURCES"
# How many references of a statement our books know.
KNOWN_REFERENCES = "apps.orchestration.selectors.known_references.known_references"
CHARGED_AMOUNTS = "config.charged_amounts.CHARGED_AMOUNTS"
REFUNDED_AMOUNTS = "config.charged_amounts.REFUNDED_AMOUNTS"
# What providers charged by their reports, and who reckons again where a cost is dated back.
REPORTED_AMOUNTS = "apps.reconciliation.selectors.reported_amounts.reported_amounts"
COST_DATED_BACK = "config.agreed_costs.COST_DATED_BACK"
# What a role bound to countries or merchants sees of the rows of the admin.
VISIBLE_ROWS = "apps.reporting.selectors.visible_rows.visible_rows"
STAFF_VISIBILITY = "config.staff_visibility.STAFF_VISIBILITY"
TICKET_SUBJECTS = "config.ticket_subjects.TICKET_SUBJECTS"
# What is watched, and how it is worded.
ALERT_SOURCES = "config.alert_sources.ALERT_SOURCES"

# --- Retention, in days. Which rows these limits apply to, and which are kept for ever, stands in
# the retention.py of each app.
RETENTION_DAYS = {
    "idempotency": env.integer("RETENTION_IDEMPOTENCY_DAYS", 7),
    "callbacks": env.integer("RETENTION_CALLBACKS_DAYS", 400),
    "deliveries": env.integer("RETENTION_DELIVERIES_DAYS", 90),
    "approvals": env.integer("RETENTION_APPROVALS_DAYS", 730),
    "book_checks": env.integer("RETENTION_BOOK_CHECKS_DAYS", 90),
    "traces": env.integer("RETENTION_TRACES_DAYS", 7),
    "staged_credentials": env.integer("RETENTION_STAGED_CREDENTIALS_DAYS", 2),
    "float_readings": env.integer("RETENTION_FLOAT_READINGS_DAYS", 90),
}

# --- The journal of a month for the accountant: whose days, and numbers of his chart that are not
# those of SYSCOHADA, "fee_revenue=7061,bank=5211". See apps/ledger/rules/chart_of_accounts.py.
JOURNAL_TIME_ZONE = env.optional("JOURNAL_TIME_ZONE", "Africa/Abidjan")
JOURNAL_ACCOUNTS = env.pairs("JOURNAL_ACCOUNTS")

# --- Audit: where the newest hash of the audit chain is copied to every hour, so that nobody can
# rewrite the chain unseen. With commas: file:///…, mailto:…, https://…
AUDIT_ANCHORS = env.optional("AUDIT_ANCHORS").replace(",", " ").split()

# --- Asynchronous work
# The map of all asynchronous work: topic -> the functions that do it.
WORK_ROUTES = "config.outbox_routes.ROUTES"
EVENT_TYPES = "config.event_types.EVENT_TYPES"
DELEGATED_OBJECT_ENDS = "config.delegated_objects.ENDS"
# How long a worker has what it claimed. Longer than any single step takes. When it is over, another
# worker takes the work: the first one died.
WORK_LEASE = timedelta(seconds=env.integer("WORK_LEASE_S", 60))
# If a worker dies while it submits an attempt, the provider is asked about it after this.
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
# None: a worker tries for ever, however long Redis is away.
CELERY_BROKER_CONNECTION_MAX_RETRIES = None
# Longer than the second for which a worker's call to the broker waits for a message.
CELERY_BROKER_TRANSPORT_OPTIONS = {"visibility_timeout": 3600, **REDIS_OPTIONS, "socket_timeout": 5}
CELERY_TASK_PUBLISH_RETRY = False
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_WORKER_CANCEL_LONG_RUNNING_TASKS_ON_CONNECTION_LOSS = False
CELERY_TIMEZONE = "UTC"

# --- API
REST_FRAMEWORK = {
    # Each one handles its own kind of credential. The last refuses whatever is left.
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "apps.oauth.authentication.OAuthAuthentication",
        "apps.oauth.authentication.ClientCertificateAuthentication",
        "apps.merchants.authentication.ApiKeyAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": [
        "apps.merchants.authentication.HasScope",
        "apps.core.api.query_parameters.OnlyReadsTakeParameters",
    ],
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
# A larger body of an API request is refused before it is read.
REQUEST_BODY_BYTES_MAX = 64 * 1024
# One that brings files in base64: one of 5 MB, or several smaller ones.
FILES_BODY_BYTES_MAX = 8 * 1024 * 1024
# A form with one file as it is: the largest file that is taken, and what stands around it.
FORM_BODY_BYTES_MAX = 65 * 1024 * 1024
DATA_UPLOAD_MAX_MEMORY_SIZE = 25 * 1024 * 1024

# A file with a private key and its certificates, as PEM: it signs evidence packs. Without one the
# platform makes a key of its own, whose certificate nobody else vouches for.
EVIDENCE_SIGNING_PEM = env.optional("EVIDENCE_SIGNING_PEM")
# Who signs what other apps hand out as PDF: called as sign_pdf(pdf, *, reason, now).
PDF_SIGNER = "apps.disputes.services.sign_pdf.sign_pdf"

# Where providers drop their reports in: a folder for each, which the SFTP server writes to and the
# workers of queue "files" read and empty. On several machines it is a volume they share.
STATEMENT_DROP_IN_DIR = env.optional("STATEMENT_DROP_IN_DIR", str(BASE_DIR / "var" / "statements"))

# Our accounts that merchants are paid from by bank file, as JSON, by currency:
# {"XAF": {"name": "…", "account": "…", "bic": "…"}}.
SETTLEMENT_ACCOUNTS = json.loads(env.optional("SETTLEMENT_ACCOUNTS", "{}"))
# Where our bank takes these files by SFTP, by mode and currency: {"live": {"XAF": {"host": "…",
# "port": 22, "username": "…", "host_keys": "ssh-ed25519 …", "folder": "…", "private_key": "…"}}}.
# Signed and encrypted where it says so: "pgp": "signed_encrypted", "our_key", "bank_key".
SETTLEMENT_DOORS = json.loads(env.optional("SETTLEMENT_DOORS", "{}"))

# --- OAuth 2.0: apps/oauth/protocol holds what is offered of it
# The address whose host asks programs for client certificates. Without one, PUBLIC_URL's host does.
MTLS_URL = env.optional("MTLS_URL").rstrip("/")
OAUTH_CODE_S = 60
OAUTH_ACCESS_TOKEN_S = 3600
OAUTH_REFRESH_TOKEN_S = 30 * 86_400
# A program that lost our answer may use its old refresh token again within this time, and gets the
# same pair of tokens. After it, a second use ends the whole family of tokens.
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
    # Only the SHA-256 of a token is stored.
    "COMPLIANT_BCP_RFC9700_TOKEN_STORAGE": True,
}

# --- Rate limits
# Requests in any 60 seconds, unless the name says otherwise. apps/merchants/limits.py counts them.
RATE_LIMITS = {
    "credential": env.integer("RATE_LIMIT_CREDENTIAL", 6_000),
    "merchant": env.integer("RATE_LIMIT_MERCHANT", 30_000),
    "unauthenticated": env.integer("RATE_LIMIT_UNAUTHENTICATED", 300),
    "payer_live": env.integer("RATE_LIMIT_PAYER_LIVE", 5),
    # How often one merchant may ask one payer in a day. All merchants together may ask a payer four
    # times as often, so that one of them cannot use up the limit for the others.
    "payer_live_day": env.integer("RATE_LIMIT_PAYER_LIVE_DAY", 20),
    "payer_live_all": env.integer("RATE_LIMIT_PAYER_LIVE_ALL", 20),
    "payer_live_all_day": env.integer("RATE_LIMIT_PAYER_LIVE_ALL_DAY", 80),
    "payer_test": env.integer("RATE_LIMIT_PAYER_TEST", 60),
    # Wrong secrets of OAuth applications, from one network.
    "client_secret_address": env.integer("RATE_LIMIT_CLIENT_SECRET_ADDRESS", 100),
    "client_secret": env.integer("RATE_LIMIT_CLIENT_SECRET", 20),
    "login_address": env.integer("RATE_LIMIT_LOGIN_ADDRESS", 20),
    "login_user": env.integer("RATE_LIMIT_LOGIN_USER", 5),
    "name_lookup": env.integer("RATE_LIMIT_NAME_LOOKUP", 10),
    # What payers write to support, in any hour: about one payment, and from one network, which a
    # mobile operator's customers share.
    "help_payment_hour": env.integer("RATE_LIMIT_HELP_PAYMENT_HOUR", 10),
    "help_address_hour": env.integer("RATE_LIMIT_HELP_ADDRESS_HOUR", 200),
    # Evidence packs of one merchant's disputes that staff take, in any hour.
    "evidence_packs_hour": env.integer("RATE_LIMIT_EVIDENCE_PACKS_HOUR", 60),
    # These two in any hour.
    "login_user_hour": env.integer("RATE_LIMIT_LOGIN_USER_HOUR", 30),
    "login_code_hour": env.integer("RATE_LIMIT_LOGIN_CODE_HOUR", 60),
}

# --- Providers and webhooks
# The simulators, which serve payments in test mode.
SIMULATOR_URL = env.optional("SIMULATOR_URL", "http://127.0.0.1:8090").rstrip("/")
# The password of the simulators' control port, which is another than that of SIMULATOR_URL.
SIMULATOR_CONTROL_TOKEN = env.optional("SIMULATOR_CONTROL_TOKEN")
# Where the simulators' reports are fetched, host:port, and what their host key is made of.
SIMULATOR_SFTP = env.optional("SIMULATOR_SFTP", "127.0.0.1:8092")
SIMULATOR_SFTP_KEY = env.optional("SIMULATOR_SFTP_KEY")
# The limit for one whole delivery, from resolving the host name to the end of the response.
WEBHOOK_TIMEOUT_S = 10.0
# The waits between tries are multiplied by this. Less than 1 only for measurements.
WEBHOOK_RETRY_SCALE = 1.0
# Development only: webhooks may go to plain http and to private network addresses.
WEBHOOK_PRIVATE_ADDRESSES_ALLOWED = False

# --- Alerts
# The disks whose filling is watched, comma-separated paths.
ALERT_DISKS = [path for path in env.optional("ALERT_DISKS", str(BASE_DIR)).split(",") if path]
# Alerts may go to plain http and to addresses of our own network.
ALERT_PRIVATE_ADDRESSES_ALLOWED = env.flag("ALERT_PRIVATE_ADDRESSES_ALLOWED")
# The limit for one message to one receiver, whatever it does.
ALERT_TIMEOUT_S = 10.0
# Who may read /metrics: whoever bears this token, and, without it, these networks,
# comma-separated. Without both nobody may.
METRICS_TOKEN = env.optional("METRICS_TOKEN")
METRICS_NETWORKS = [network for network in env.optional("METRICS_NETWORKS").split(",") if network]

# --- E-mail to merchants
EMAIL_HOST = env.optional("EMAIL_HOST", "localhost")
EMAIL_PORT = env.integer("EMAIL_PORT", 25)
EMAIL_HOST_USER = env.optional("EMAIL_HOST_USER")
EMAIL_HOST_PASSWORD = env.optional("EMAIL_HOST_PASSWORD")
EMAIL_USE_TLS = env.flag("EMAIL_USE_TLS")
EMAIL_TIMEOUT = 10
# What customers write to, "Name <support@shop.example>", and where it comes in:
# imaps://user:password@host/INBOX. Without the first nobody is asked to answer by e-mail.
SUPPORT_ADDRESS = env.optional("SUPPORT_ADDRESS")
SUPPORT_MAILBOX = env.optional("SUPPORT_MAILBOX")
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
# Uploaded files are readable by this user only. Static files must be readable by the proxy as well.
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

# --- Logs: fixed messages with ids as fields, without personal data
# "line" for people, "json" for Elasticsearch and CloudWatch.
LOG_FORMAT = env.choice("LOG_FORMAT", "line", "json")
if LOG_FORMAT == "json":
    MIDDLEWARE.insert(0, "apps.core.request_ids.RequestIds")
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "filters": {
        "routes": {"()": "apps.core.log_routes.RoutesForPaths"},
        "redact": {"()": "apps.vault.log_redaction.RedactPersonalData"},
    },
    "formatters": {
        "line": {"()": "apps.core.log_format.KeyValueFormatter"},
        "json": {
            "()": "apps.core.json_log_format.EcsFormatter",
            "service": TRACES_SERVICE,
            "dataset": DATABASE_DOOR,
        },
    },
    "handlers": {
        "stderr": {
            "class": "logging.StreamHandler",
            "formatter": LOG_FORMAT,
            "filters": ["routes", "redact"],
        }
    },
    "root": {"handlers": ["stderr"], "level": env.optional("LOG_LEVEL", "INFO")},
    "loggers": {
        # Without Django's own handlers: one of them mails whole requests to ADMINS.
        "django": {"handlers": [], "level": "INFO"},
        # At a lower level it would log whatever a client puts into the Host header.
        "django.security.DisallowedHost": {"level": "CRITICAL"},
        "django.server": {"handlers": ["stderr"], "level": "WARNING", "propagate": False},
        # At DEBUG it logs authorization codes and tokens.
        "oauthlib": {"level": "INFO"},
        "oauth2_provider": {"level": "INFO"},
        # It tells of every connection, login and channel.
        "asyncssh": {"level": "WARNING"},
        "celery.worker.strategy": {"level": "WARNING"},
        "celery.app.trace": {"level": "WARNING"},
        "celery.beat": {"level": "WARNING"},
        "psycopg.pool": {"level": "ERROR"},
    },
}
