"""Start-up: find what the areas declare, check it, and bring the database's own guards into line after migrations."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from django.apps import AppConfig
from django.core import checks
from django.db.models.signals import post_migrate
from django.utils.module_loading import autodiscover_modules

OWN = (
    "access.signals",
    "identity.signals",
    "work.resources",
    "work.services",
    "work.jobs",
    "figures.office",
    "figures.jobs",
    "attachments.jobs",
    "granting.jobs",
    "work.telling",
    "outbox.jobs",
    "outbox.signals",
    "identity.jobs",
    "federation.jobs",
    "ledger.jobs",
    "backup.jobs",
)
"""The kernel's own declarations, which areas keep under the names that are looked for."""


class KernelConfig(AppConfig):
    name = "remit.kernel"
    label = "kernel"

    def ready(self) -> None:
        for own in OWN:
            import_module(f"remit.kernel.{own}")
        autodiscover_modules("resources", "services", "figures", "jobs", "loading")
        checks.register(check_declarations)
        post_migrate.connect(install_guards, dispatch_uid="remit.guards")


def check_declarations(**_: Any) -> list[checks.CheckMessage]:
    """Fail the start-up when a declaration names something that does not exist."""
    from remit.kernel.checking import problems  # noqa: PLC0415

    return list(problems())


def install_guards(app_config: AppConfig, using: str, **_: Any) -> None:
    """After the last app has migrated, install policies, triggers and privileges."""
    from django.apps import apps  # noqa: PLC0415

    if app_config is [app for app in apps.get_app_configs() if app.models_module][-1]:
        import os  # noqa: PLC0415

        from django.db import connections  # noqa: PLC0415

        from remit.kernel.database.install import install  # noqa: PLC0415

        install(connections[using], os.environ.get("REMIT_APP_ROLE", "remit_app"))
