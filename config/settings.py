"""Settings of every process. Secrets and addresses come from the environment, rules from the parameter table."""

import os
from pathlib import Path

import environ
from django.utils.translation import gettext_lazy as _

from config import embedded
from config.openapi import SPECTACULAR_SETTINGS  # noqa: F401
from config.schedules import SCHEDULES, TASK_FUNCTIONS  # noqa: F401
from config.unfold import UNFOLD  # noqa: F401

BASE_DIR = Path(__file__).resolve().parent.parent
env = environ.Env()

DATA_DIR = embedded.data_root()
DEBUG = env.bool("XIAOER_DEBUG", default=False)
# web | live | worker | clock | command: decides on the connection pool (the forking worker must not have one).
PROCESS = env("XIAOER_PROCESS", default="command")
DEMO = env.bool("XIAOER_DEMO", default=False)

SECRET_KEY = env("XIAOER_SECRET_KEY", default="") or embedded.secret_key()
SECRET_KEY_FALLBACKS = env.list("XIAOER_SECRET_KEY_FALLBACKS", default=[])
ALLOWED_HOSTS = env.list("XIAOER_ALLOWED_HOSTS", default=["localhost", "127.0.0.1", "[::1]"])
CSRF_FAILURE_VIEW = "config.errors.csrf_failed"
CSRF_TRUSTED_ORIGINS = env.list("XIAOER_TRUSTED_ORIGINS", default=[])

# The sockets' address: one origin behind a proxy, or the same host at its own port (embedded default).
LIVE_URL = env("XIAOER_LIVE_URL", default="")
LIVE_PORT = env.int("XIAOER_LIVE_PORT", default=0)

# --- What leaves the house --------------------------------------------------------------------
# What links in letters begin with; behind a proxy its address, with https.
PUBLIC_URL = env("XIAOER_PUBLIC_URL", default=f"http://localhost:{env('PORT', default='8000')}")
PUBLIC_URL = PUBLIC_URL.rstrip("/")
if env("XIAOER_EMAIL_URL", default=""):
    vars().update(env.email_url("XIAOER_EMAIL_URL"))
else:
    # Without a mail server letters are files that one can read.
    EMAIL_BACKEND = "django.core.mail.backends.filebased.EmailBackend"
    EMAIL_FILE_PATH = DATA_DIR / "mail"
EMAIL_TIMEOUT = 10
DEFAULT_FROM_EMAIL = SERVER_EMAIL = env(
    "XIAOER_EMAIL_FROM", default="小二 Xiaoer <xiaoer@localhost>"
)
VAPID_KEY = env("XIAOER_VAPID_KEY", default="") or embedded.vapid_key()
VAPID_SUBJECT = env("XIAOER_VAPID_SUBJECT", default="mailto:xiaoer@localhost")
# Push services of one's own network, host:port; these alone may be internal and speak http.
PUSH_OWN_HOSTS = env.list("XIAOER_PUSH_OWN_HOSTS", default=[])
MOBILE_PUSH_PROVIDER = env("XIAOER_MOBILE_PUSH", default="simulated")

INSTALLED_APPS = [
    "unfold.apps.BasicAppConfig",
    "unfold.contrib.filters",
    "config.apps.BackOfficeConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "channels",
    "django_q",
    "pgtrigger",
    "csp",
    "common",
    "accounts",
    "apass",
    "workforce",
    "merchants",
    "trade",
    "tickets",
    "radio",
    "config.demo",
]

MIDDLEWARE = [
    "common.request_ids.RequestIdMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "common.middleware.PolicyMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "accounts.middleware.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "common.middleware.BodyMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "common.middleware.AddressMiddleware",
    "accounts.middleware.SessionMiddleware",
]

ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"
ASGI_APPLICATION = "config.asgi.application"

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
                "common.context.page",
            ],
        },
    },
]

# --- Database -----------------------------------------------------------------------------------
if not os.environ.get("DATABASE_URL"):
    os.environ["DATABASE_URL"] = embedded.ensure_running()

DATABASES = {"default": env.db("DATABASE_URL")}
DATABASES["default"] |= {
    "ENGINE": "common.postgresql",
    "CONN_MAX_AGE": 0 if PROCESS in {"web", "live"} else None,
    "CONN_HEALTH_CHECKS": True,
}
DATABASES["default"].setdefault("OPTIONS", {})
DATABASES["default"]["OPTIONS"] |= {
    "options": "-c statement_timeout=15s -c lock_timeout=5s -c idle_in_transaction_session_timeout=10s",
}
if PROCESS in {"web", "live"}:
    DATABASES["default"]["OPTIONS"]["pool"] = {"min_size": 1, "max_size": 8, "timeout": 3}
if PROCESS == "command":
    # Loaders, migrations and recomputations run longer than a request may.
    DATABASES["default"]["OPTIONS"]["options"] = "-c lock_timeout=30s"

DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = ["accounts.backends.AccountBackend"]
LOGIN_URL = "/"
LOGIN_REDIRECT_URL = "/"
LOGOUT_REDIRECT_URL = "/"
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "accounts.passwords.LengthValidator"},
    {"NAME": "accounts.passwords.NotOneselfValidator"},
    {
        "NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator",
        "OPTIONS": {"user_attributes": ("username", "display_name", "phone")},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
# Who carries codes to phones: simulated, none, or the dotted path of a class (accounts/senders.py).
CODE_SENDER = env("XIAOER_CODE_SENDER", default="simulated" if DEMO or DEBUG else "none")

# --- Real time and background work --------------------------------------------------------------
REDIS_URL = env("REDIS_URL", default="")
CHANNEL_LAYERS = {
    "default": (
        {
            "BACKEND": "channels_redis.pubsub.RedisPubSubChannelLayer",
            "CONFIG": {"hosts": [REDIS_URL]},
        }
        if REDIS_URL
        else {"BACKEND": "common.layer.PostgresChannelLayer"}
    )
}

Q_CLUSTER = {
    "name": "xiaoer",
    "orm": "default",
    "broker_class": "common.task_guard.GuardedBroker",
    "workers": 2,
    "queue_limit": 2,
    "bulk": 1,
    "timeout": 20,
    "retry": 120,
    "poll": 0.2,
    "max_attempts": 5,
    "ack_failures": True,
    "save_limit": 0,
    "time_zone": "Asia/Shanghai",
    "catch_up": False,
    "label": _("Background tasks"),
}

# --- Language, time, files ----------------------------------------------------------------------
LANGUAGE_CODE = "zh-hans"
LANGUAGES = [("zh-hans", "简体中文"), ("en", "English")]
LOCALE_PATHS = [BASE_DIR / "locale", BASE_DIR / "locale" / "vendor"]
FORMAT_MODULE_PATH = ["config.formats"]
TIME_ZONE = "Asia/Shanghai"
USE_TZ = True

STATIC_URL = "/static/"
STATIC_ROOT = DATA_DIR / "static"
STATICFILES_DIRS = [BASE_DIR / "static"]
STORAGES = {
    "default": {
        "BACKEND": "django.core.files.storage.FileSystemStorage",
        "OPTIONS": {"location": str(DATA_DIR / "media"), "base_url": None},
    },
    "staticfiles": {
        "BACKEND": (
            "django.contrib.staticfiles.storage.StaticFilesStorage"
            if DEBUG
            else "config.storage.HashedStaticFilesStorage"
        )
    },
}
WHITENOISE_USE_FINDERS = DEBUG
FILE_UPLOAD_PERMISSIONS = 0o600
DATA_UPLOAD_MAX_MEMORY_SIZE = 2_621_440
# Pages whose forms bring files, each with the parameter that bounds them; they are open to those who are
# signed in. Every other form stays below the line above.
FORMS_WITH_FILES = {"admin:common_importfile_upload": "backoffice.import_bytes"}

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "accounts.authentication.BearerAuthentication",
        "common.rest.session.SessionSignIn",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_RENDERER_CLASSES": ["common.rest.wire.OrjsonRenderer"],
    "DEFAULT_PARSER_CLASSES": [
        "common.rest.wire.OrjsonParser",
        "rest_framework.parsers.MultiPartParser",
    ],
    "EXCEPTION_HANDLER": "common.rest.problems.problem",
    "DEFAULT_SCHEMA_CLASS": "config.openapi.schema.HouseSchema",
    "UNAUTHENTICATED_USER": "django.contrib.auth.models.AnonymousUser",
}

# --- Protection ---------------------------------------------------------------------------------
SECURE = env.bool("XIAOER_HTTPS", default=False)
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SECURE
SESSION_COOKIE_AGE = 60 * 60 * 24 * 14
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_HTTPONLY = CSRF_COOKIE_HTTPONLY = True
SESSION_ENGINE = "accounts.sessions"
# Further origins whose passkeys answer here: apps (android:apk-key-hash:...), sister sites.
PASSKEY_ORIGINS = env.list("XIAOER_PASSKEY_ORIGINS", default=[])
SECURE_SSL_REDIRECT = SECURE
SECURE_HSTS_SECONDS = 31_536_000 if SECURE else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = SECURE
SECURE_PROXY_SSL_HEADER = (
    ("HTTP_X_FORWARDED_PROTO", "https") if env.bool("XIAOER_BEHIND_PROXY", default=False) else None
)
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"

LANGUAGE_COOKIE_SECURE = SECURE
LANGUAGE_COOKIE_HTTPONLY = True
LANGUAGE_COOKIE_SAMESITE = "Lax"
# What a page of ours may ask of a device: nothing, but for what is named.
PERMISSIONS_POLICY = ", ".join(
    [
        "publickey-credentials-get=(self)",
        "publickey-credentials-create=(self)",
        "clipboard-write=(self)",
        "fullscreen=(self)",
        *(
            f"{feature}=()"
            for feature in (
                "accelerometer",
                "autoplay",
                "camera",
                "clipboard-read",
                "display-capture",
                "encrypted-media",
                "geolocation",
                "gyroscope",
                "hid",
                "idle-detection",
                "local-fonts",
                "magnetometer",
                "microphone",
                "midi",
                "payment",
                "screen-wake-lock",
                "serial",
                "usb",
                "xr-spatial-tracking",
            )
        ),
    ]
)
# Everything is ours or is not loaded; ``connect-src`` gets the sockets' address in the middleware.
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'none'"],
        "script-src": ["'self'"],
        "style-src": ["'self'"],
        "img-src": ["'self'", "blob:", "data:"],
        "connect-src": ["'self'"],
        "font-src": ["'self'"],
        "media-src": ["'self'", "blob:"],
        "manifest-src": ["'self'"],
        "worker-src": ["'self'"],
        "frame-src": ["'none'"],
        "object-src": ["'none'"],
        "base-uri": ["'none'"],
        "form-action": ["'self'"],
        "frame-ancestors": ["'none'"],
        **({"upgrade-insecure-requests": True} if SECURE else {}),
    }
}

# The back office's theme evaluates expressions in its pages and sets styles; nothing else may.
ADMIN_CONTENT_SECURITY_POLICY = {
    "script-src": ["'self'", "'unsafe-eval'"],
    "style-src": ["'self'", "'unsafe-inline'"],
}

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(name)s%(number)s %(message)s"}},
    "filters": {
        "masking": {"()": "common.masking.MaskingFilter"},
        "request": {"()": "common.request_ids.RequestIdFilter"},
    },
    "handlers": {
        "console": {
            "class": "logging.StreamHandler",
            "formatter": "line",
            "filters": ["masking", "request"],
        }
    },
    "root": {"handlers": ["console"], "level": "INFO"},
    "loggers": {"django_q": {"propagate": True, "handlers": []}},
}
