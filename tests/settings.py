"""The product's settings over a data folder of the tests' own, so that a test run touches nobody's data."""

import os
import tempfile
from pathlib import Path

if "REMIT_TEST_DATA" not in os.environ:  # made by the first process of a run, inherited by its workers
    os.environ["REMIT_TEST_DATA"] = tempfile.mkdtemp(prefix="remit-test-")
    Path(os.environ["REMIT_TEST_DATA"]).chmod(0o711)  # so that root's server, which is not root, finds its way in
DATA = Path(os.environ["REMIT_TEST_DATA"])
if worker := os.environ.get("PYTEST_XDIST_WORKER"):  # a server each: an open transaction of one would hold up the other
    DATA /= worker
    DATA.mkdir(mode=0o711, exist_ok=True)
os.environ["REMIT_DATA"] = str(DATA)
os.environ.pop("REMIT_DATABASE_URI", None)

from remit.settings import *  # noqa: E402, F403

ALLOWED_HOSTS = ["testserver", "localhost", "127.0.0.1"]

STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
