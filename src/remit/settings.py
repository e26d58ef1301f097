"""One settings module; what an installation may change comes from the environment (docs/operations.md lists it)."""

from __future__ import annotations

import hashlib
import os
import secrets
from contextlib import suppress
from pathlib import Path

import django_stubs_ext
from csp.constants import NONCE, NONE, SELF
from django.core.exceptions import ImproperlyConfigured
from psycopg.conninfo import conninfo_to_dict

from remit.kernel.outbox import smtp

django_stubs_ext.monkeypatch()

BASE_DIR = Path(__file__).resolve().parent
DATA_DIR = Path(os.environ.get("REMIT_DATA", "~/.local/share/remit")).expanduser()


def _secret_key() -> str:
    """Take the key from the environment or keep one in the data folder, readable by this account only."""
    if key := os.environ.get("REMIT_SECRET_KEY"):
        return key
    path = DATA_DIR / "secret-key"
    try:
        return path.read_text()
    except FileNotFoundError:
        key = secrets.token_urlsafe(48)
    try:
        DATA_DIR.mkdir(mode=0o700, parents=True, exist_ok=True)
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            file.write(key)
    except FileExistsError:
        return path.read_text()
    except OSError:
        pass  # a process that only checks the code may not write; it then signs with a key nobody keeps
    return key


def _strong(key: str) -> str:
    """Return the key, unless others reach this installation and it is short, of few characters, or one everybody knows.

    ImproperlyConfigured then: a guessed key forges sessions and sign-in links.
    """
    known = any(word in key.lower() for word in ("insecure", "changeme", "change-me", "password", "example", "default"))
    if HOSTS and (len(key) < 32 or len(set(key)) < 12 or known):
        raise ImproperlyConfigured(
            "REMIT_HOSTS lets others in, but the secret key is a default or too short. Set REMIT_SECRET_KEY to 32 or "
            'more random characters (python -c "import secrets; print(secrets.token_urlsafe())"), or leave it out.'
        )
    return key


HOSTS = [host for host in os.environ.get("REMIT_HOSTS", "").split(",") if host]
SECRET_KEY = _strong(_secret_key())
DEBUG = False
ALLOWED_HOSTS = ["localhost", "127.0.0.1", "[::1]", *HOSTS]
CSRF_TRUSTED_ORIGINS = [f"https://{host}" for host in HOSTS]
BEHIND_TLS = bool(HOSTS)

_connection = conninfo_to_dict(os.environ.get("REMIT_DATABASE_URI", ""))
DATABASES = {
    "default": {
        "ENGINE": "remit.kernel.database",
        "NAME": _connection.get("dbname", "remit"),
        "USER": _connection.get("user", "remit_app"),
        "PASSWORD": _connection.get("password", ""),
        "HOST": _connection.get("host", ""),
        "PORT": str(_connection.get("port", "")),
        "CONN_MAX_AGE": None,
        "CONN_HEALTH_CHECKS": True,
        "ATOMIC_REQUESTS": True,
        "OPTIONS": {
            "application_name": "remit",
            **{k: v for k, v in _connection.items() if k in {"sslmode", "sslrootcert", "sslcert", "sslkey"}},
        },
    }
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

AREAS = [
    "remit.identify.assets",
    "remit.ingest",
    "remit.identify.vulnerabilities",
    "remit.identify.risks",
    "remit.govern.compliance",
    "remit.govern.budget",
    "remit.overview.home",
]
INSTALLED_APPS = [
    "django.contrib.contenttypes",
    "django.contrib.auth",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "django_htmx",
    "django_filters",
    "axes",
    "remit.kernel",  # before allauth, whose pages it replaces by its own
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.socialaccount",
    "procrastinate.contrib.django",
    *AREAS,
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "remit.kernel.web.middleware.CalmErrors",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "remit.kernel.web.middleware.Gate",
    "axes.middleware.AxesMiddleware",
]
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.messages.context_processors.messages",
                "remit.kernel.web.shell.shell",
            ]
        },
    }
]
ROOT_URLCONF = "remit.urls"
WSGI_APPLICATION = "remit.wsgi.application"

ADDRESS = os.environ.get("REMIT_ADDRESS", f"https://{HOSTS[0]}" if HOSTS else "http://localhost:8321").rstrip("/")
SMTP_URL = os.environ.get("REMIT_SMTP_URL", "")
MAIL_FROM = DEFAULT_FROM_EMAIL = os.environ.get("REMIT_MAIL_FROM", "Remit <remit@localhost>")
if SMTP_URL:  # what Django itself sends goes the same way; `remit mail test` says what is wrong with an address
    with suppress(smtp.MailConfigurationError):
        _server = smtp.server(SMTP_URL)
        EMAIL_HOST, EMAIL_PORT, EMAIL_TIMEOUT = _server.host, _server.port, smtp.SECONDS
        EMAIL_HOST_USER, EMAIL_HOST_PASSWORD = _server.user, _server.password
        EMAIL_USE_TLS, EMAIL_USE_SSL = _server.tls == "starttls", _server.tls == "tls"

LANGUAGE_CODE = "en-gb"
USE_I18N = False
USE_TZ = True
TIME_ZONE = "UTC"

STATIC_URL = "/static/"
STATIC_ROOT = None  # served from where the files lie; there is nothing to collect
WHITENOISE_USE_FINDERS = True
WHITENOISE_MAX_AGE = 3600
FILES_DIR = DATA_DIR / "files"
KEYS_DIR = DATA_DIR / "keys"
KEY_IN_ENVIRONMENT = os.environ.get("REMIT_KEY", "")
FORMER_KEYS_IN_ENVIRONMENT = os.environ.get("REMIT_FORMER_KEYS", "")
KEY_PROVIDER = os.environ.get("REMIT_KEY_PROVIDER", "")
VAULT = {
    "address": os.environ.get("REMIT_VAULT_ADDRESS", ""),
    "token": os.environ.get("REMIT_VAULT_TOKEN", ""),
    "key": os.environ.get("REMIT_VAULT_KEY", "remit"),
    "mount": os.environ.get("REMIT_VAULT_MOUNT", "transit"),
    "authority": os.environ.get("REMIT_VAULT_CA", ""),
}
BACKUP_FOLDER = os.environ.get("REMIT_BACKUP_FOLDER", "")
BACKUP_PASSPHRASE_FILE = os.environ.get("REMIT_BACKUP_PASSPHRASE_FILE", "")
BACKUP_KEEP = os.environ.get("REMIT_BACKUP_KEEP", "7 5 12")
DATA_UPLOAD_MAX_MEMORY_SIZE = 4 * 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 20_000
FILE_UPLOAD_MAX_MEMORY_SIZE = 1024 * 1024
FILE_UPLOAD_PERMISSIONS = 0o600

AUTH_USER_MODEL = "kernel.User"
AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    "allauth.account.auth_backends.AuthenticationBackend",
]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
]
LOGIN_URL = "/account/login/"
LOGIN_REDIRECT_URL = "/"
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*", "password2*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_ADAPTER = "remit.kernel.federation.adapter.AccountAdapter"
SOCIALACCOUNT_ADAPTER = "remit.kernel.federation.adapter.SocialAdapter"
SOCIALACCOUNT_STORE_TOKENS = False
SOCIALACCOUNT_EMAIL_AUTHENTICATION = False
ACCOUNT_SESSION_REMEMBER = False
ACCOUNT_REAUTHENTICATION_TIMEOUT = 600
ACCOUNT_LOGOUT_ON_GET = False
ACCOUNT_PREVENT_ENUMERATION = True
ACCOUNT_RATE_LIMITS = {"login_failed": "20/m/ip,5/15m/key"}
ALLAUTH_TRUSTED_PROXY_COUNT = 1 if BEHIND_TLS else 0
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_FORMS = {"login_webauthn": "remit.kernel.web.key_forms.PasskeyForm"}
MFA_TOTP_ISSUER = "Remit"
MFA_ADAPTER = "remit.kernel.access.adapter.SecondFactor"
AXES_FAILURE_LIMIT = 5
AXES_COOLOFF_TIME = 0.25
AXES_LOCKOUT_PARAMETERS = ["username"]
AXES_USERNAME_CALLABLE = "remit.kernel.access.adapter.attempted_name"
AXES_RESET_ON_SUCCESS = True
AXES_VERBOSE = False
AXES_ENABLE_ADMIN = False
AXES_DISABLE_ACCESS_LOG = True

SESSION_ENGINE = "remit.kernel.web.sealed_sessions"
SESSION_COOKIE_AGE = 30 * 60
SESSION_SAVE_EVERY_REQUEST = False
SESSION_LONGEST = 12 * 3600
SESSION_COOKIE_NAME = "remit_" + hashlib.sha256(str(DATA_DIR).encode()).hexdigest()[:8]
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = BEHIND_TLS
CSRF_COOKIE_HTTPONLY = True
SECURE_SSL_REDIRECT = False
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if BEHIND_TLS else None
SECURE_HSTS_SECONDS = 31_536_000 if BEHIND_TLS else 0
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF, NONCE],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
        "base-uri": [NONE],
        "manifest-src": [SELF],
    }
}
SILENCED_SYSTEM_CHECKS = [
    "security.W004", "security.W008", "security.W012", "security.W016",  # set where TLS is
    "axes.W006",  # an account is locked whatever address the tries come from; addresses are limited by allauth
]  # fmt: skip

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "line": {"()": "remit.kernel.logs.Formatter", "format": "{asctime} {levelname} {name} {message}", "style": "{"}
    },
    "filters": {"refusals": {"()": "remit.kernel.logs.Refusals"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": "WARNING"},
    "loggers": {
        "django.request": {"filters": ["refusals"]},
        "remit": {"level": "INFO"},
        "procrastinate": {"level": "WARNING"},
    },
}
PROCRASTINATE_ON_APP_READY = "remit.kernel.jobs.running.on_app_ready"
