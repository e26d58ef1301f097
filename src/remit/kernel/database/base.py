"""Found by Django through ENGINE = "remit.kernel.database"."""

from typing import Any

from django.db.backends.postgresql import base


class DatabaseWrapper(base.DatabaseWrapper):  # type: ignore[misc,unused-ignore]
    """PostgreSQL that knows on whose behalf each transaction runs."""

    def set_autocommit(self, autocommit: bool, *args: Any, **options: Any) -> None:
        super().set_autocommit(autocommit, *args, **options)
        if not autocommit:
            from remit.kernel.actor import SETTINGS, actor, settings_of  # noqa: PLC0415  (needs this backend)

            with self.cursor() as cursor:
                cursor.execute(SETTINGS, settings_of(actor()))
