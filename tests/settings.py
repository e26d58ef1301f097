"""The product's settings over a data folder of the tests' own, so that a test run touches nobody's data."""

import os
import tempfile
from pathlib import Path

if "REMIT_DATA" not in os.environ:
    os.environ["REMIT_DATA"] = tempfile.mkdtemp(prefix="remit-test-")
    Path(os.environ["REMIT_DATA"]).chmod(0o711)  # so that root's server, which is not root, finds its way in

from remit.settings import *  # noqa: F403

ALLOWED_HOSTS = ["testserver", "localhost", "127.0.0.1"]

STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
