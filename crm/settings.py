"""Settings, read from the environment (and from a .env file, where there is one).

Nothing needs to be set for a first run: the defaults give SQLite in var/, a secret key made on the
first start and kept in var/, and static files served by the application itself.
"""

import secrets
from pathlib import Path

import environ
from csp.constants import NONE, SELF
from django.utils.translation import gettext_lazy as _

from records.file_types import BY_ENDING

BASE_DIR = Path(__file__).resolve().parent.parent
VAR_DIR = BASE_DIR / "var"

env = environ.Env()
environ.Env.read_env(BASE_DIR / ".env")


def kept_secret_key() -> str:
    """Return the secret key of this installation, made on first use and kept in var/secret_key."""
    path = VAR_DIR / "secret_key"
    if not path.exists():
        VAR_DIR.mkdir(exist_ok=True)
        try:
            with path.open("x") as file:
                path.chmod(0o600)
                file.write(secrets.token_urlsafe(50))
        except FileExistsError:  # another process of the same start was first
            pass
    return path.read_text()


DEBUG = env.bool("DEBUG", default=False)
SECRET_KEY = env("SECRET_KEY", default="") or kept_secret_key()
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=["localhost", "127.0.0.1", "[::1]"])
CSRF_TRUSTED_ORIGINS = env.list("CSRF_TRUSTED_ORIGINS", default=[])
BEHIND_HTTPS = env.bool("BEHIND_HTTPS", default=False)

INSTALLED_APPS = [
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.forms",
    "django.contrib.humanize",
    "django_htmx",
    "django_tables2",
    "django_filters",
    "heroicons",
    "simple_history",
    "django_prose_editor",  # its static files only
    "csp",
    "django_tasks",
    "django_tasks_db",
    "crm",
    "crm.accounts",
    "crm.imports",
    "crm.mail",
    "crm.rules",
    "crm.tasks",
    "associations",
    "records",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.auth.middleware.LoginRequiredMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "records.middleware.SchemaMiddleware",
    "records.middleware.AbsentRecordMiddleware",
]

ROOT_URLCONF = "crm.urls"
WSGI_APPLICATION = "crm.wsgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

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
                "crm.context_processors.site",
            ],
            "builtins": [
                "django.templatetags.i18n",
                "django.templatetags.static",
                "heroicons.templatetags.heroicons",
            ],
        },
    },
]
FORM_RENDERER = "crm.forms.Renderer"

# --- Database ---------------------------------------------------------------------------------

# An empty DATABASE_URL is the default too: `DATABASE_URL= make test` runs on SQLite whatever .env says.
DATABASES = {
    "default": env.db_url_config(env("DATABASE_URL", default="") or f"sqlite:///{VAR_DIR}/kith.sqlite3")
}

if DATABASES["default"]["ENGINE"] == "django.db.backends.sqlite3":
    VAR_DIR.mkdir(exist_ok=True)
    DATABASES["default"]["OPTIONS"] = {
        # A write transaction takes its lock at BEGIN, so that two writers queue up instead of one of
        # them failing half-way when it wants to turn a read lock into a write lock.
        "transaction_mode": "IMMEDIATE",
        "timeout": 20,  # seconds a writer waits for its turn
        "init_command": (
            "PRAGMA journal_mode = WAL;"
            "PRAGMA synchronous = NORMAL;"
            "PRAGMA foreign_keys = ON;"
            "PRAGMA cache_size = -64000;"  # KiB
            "PRAGMA mmap_size = 268435456;"
            "PRAGMA temp_store = MEMORY;"
        ),
    }
    # Tests use a file as well: threads and the browser's server need connections of their own.
    DATABASES["default"]["TEST"] = {"NAME": str(VAR_DIR / "test.sqlite3")}
else:
    DATABASES["default"]["CONN_MAX_AGE"] = env.int("CONN_MAX_AGE", default=60)
    DATABASES["default"]["CONN_HEALTH_CHECKS"] = True

# Connections to an embedded database are kept too: opening one costs more than most queries.
DATABASES["default"].setdefault("CONN_MAX_AGE", None)

# --- History ----------------------------------------------------------------------------------

SIMPLE_HISTORY_DATE_INDEX = False  # history is read by record and by change

# Days that archived records stay in the recycle bin before they are deleted for good; 0 keeps them for ever.
RECYCLE_BIN_DAYS = env.int("RECYCLE_BIN_DAYS", default=90)

# --- Work in the background -------------------------------------------------------------------

REDIS_URL = env("REDIS_URL", default="")  # where jobs queue up; without it, in the database
if REDIS_URL:
    TASKS = {"default": {"BACKEND": "django_tasks_rq.RQBackend", "QUEUES": ["default"]}}
    RQ_QUEUES = {"default": {"URL": REDIS_URL}}
    INSTALLED_APPS.append("django_rq")
else:
    TASKS = {"default": {"BACKEND": "django_tasks_db.DatabaseBackend", "QUEUES": ["default"]}}
JOB_WORKERS = env.int("JOB_WORKERS", default=1)  # processes that `manage.py work` keeps
JOBS_LEASE = env.float("JOBS_LEASE", default=30)  # seconds until the job of a worker that died is taken up
JOBS_TURN = env.float("JOBS_TURN", default=20)  # seconds after which a long job lets others have a turn
JOBS_KEPT_DAYS = env.int("JOBS_KEPT_DAYS", default=30)  # that ended jobs and their files are kept
JOBS_IMMEDIATE = False  # run them at once, in the process that starts them

# --- E-mail -----------------------------------------------------------------------------------

MAIL_URL = env("MAIL_URL", default="")  # of the mailbox that is read: imaps://user:password@host/INBOX
MAIL_CA_FILE = env("MAIL_CA_FILE", default="")  # certificates that are trusted besides the system's
MAIL_SINCE = env(
    "MAIL_SINCE", default=""
)  # the first day that is read, 2026-01-31; else that of the first run
# Under which the mailbox gets mail: copies of what users send (bcc), and what they forward.
MAIL_BCC_ADDRESS = env.list("MAIL_BCC_ADDRESS", default=[])
# Whether whoever takes part in a message and is no contact yet becomes one.
MAIL_CREATE_CONTACTS = env.bool("MAIL_CREATE_CONTACTS", default=False)

# --- Rules ------------------------------------------------------------------------------------

RULE_LOG_DAYS = env.int("RULE_LOG_DAYS", default=30)  # that the log of rules goes back
# Whether webhooks may be sent to this machine and to private networks.
WEBHOOKS_TO_PRIVATE_ADDRESSES = env.bool("WEBHOOKS_TO_PRIVATE_ADDRESSES", default=False)
WEBHOOK_TIMEOUT = env.int("WEBHOOK_TIMEOUT", default=10)  # seconds that a receiver is waited for

# --- Accounts ---------------------------------------------------------------------------------

AUTH_USER_MODEL = "accounts.User"
LOGIN_URL = "accounts:login"
LOGIN_REDIRECT_URL = "home"
LOGOUT_REDIRECT_URL = "accounts:login"
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}"}
    for name in (
        "UserAttributeSimilarityValidator",
        "MinimumLengthValidator",
        "CommonPasswordValidator",
        "NumericPasswordValidator",
    )
]

# --- E-mail -----------------------------------------------------------------------------------

# Where this Kith is found, for links in what it sends.
SITE_URL = env("SITE_URL", default="http://localhost:8000")
vars().update(env.email_url("EMAIL_URL", default="smtp://localhost:25"))
EMAIL_TIMEOUT = 10  # seconds that a mail server is waited for
DEFAULT_FROM_EMAIL = env("DEFAULT_FROM_EMAIL", default="kith@localhost")

# --- Language, time, numbers ------------------------------------------------------------------

LANGUAGE_CODE = env("LANGUAGE_CODE", default="en")
LANGUAGES = [("en", _("English"))]
LOCALE_PATHS = [BASE_DIR / "locale"]
TIME_ZONE = env("TIME_ZONE", default="UTC")
USE_I18N = True
USE_TZ = True
USE_THOUSAND_SEPARATOR = True
DEFAULT_CURRENCY = env("DEFAULT_CURRENCY", default="USD")  # ISO 4217

# --- Files ------------------------------------------------------------------------------------

STATIC_URL = "static/"
STATIC_ROOT = VAR_DIR / "static"
STATICFILES_DIRS = [BASE_DIR / "static"]
STORAGES = {
    # Any storage of Django's, such as one that speaks S3: docs/attachments.md.
    "default": {
        "BACKEND": env("STORAGE_BACKEND", default="django.core.files.storage.FileSystemStorage"),
        "OPTIONS": env.json("STORAGE_OPTIONS", default={}),
    },
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if DEBUG
        else "whitenoise.storage.CompressedManifestStaticFilesStorage"
    },
}
MEDIA_ROOT = Path(env("MEDIA_ROOT", default="") or VAR_DIR / "media")
FILE_UPLOAD_PERMISSIONS = 0o600  # Kith itself serves them, to those who may see their record
FILE_UPLOAD_HANDLERS = [
    "records.uploads.BoundedUploadHandler",
    "django.core.files.uploadhandler.MemoryFileUploadHandler",
    "django.core.files.uploadhandler.TemporaryFileUploadHandler",
]
ATTACHMENT_MAX_SIZE = env.int("ATTACHMENT_MAX_SIZE", default=25 * 1024 * 1024)  # bytes
IMPORT_MAX_SIZE = env.int("IMPORT_MAX_SIZE", default=200 * 1024 * 1024)  # bytes of a file on the pages
ATTACHMENT_MAX_FILES = env.int("ATTACHMENT_MAX_FILES", default=10)  # at once
# What the names of files may end with.
ATTACHMENT_TYPES = [one.strip(" .").lower() for one in env.list("ATTACHMENT_TYPES", default=[*BY_ENDING])]

# --- Security ---------------------------------------------------------------------------------

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "img-src": [SELF, "data:"],
        "object-src": [NONE],
        "base-uri": [NONE],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
    },
}
X_FRAME_OPTIONS = "DENY"
SECURE_REFERRER_POLICY = "same-origin"
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SECURE = BEHIND_HTTPS
CSRF_COOKIE_SECURE = BEHIND_HTTPS
if BEHIND_HTTPS:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    SECURE_HSTS_SECONDS = env.int("SECURE_HSTS_SECONDS", default=31_536_000)

DATA_UPLOAD_MAX_NUMBER_FIELDS = 5_000

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "handlers": {"console": {"class": "logging.StreamHandler"}},
    "root": {"handlers": ["console"], "level": env("LOG_LEVEL", default="WARNING")},
}
