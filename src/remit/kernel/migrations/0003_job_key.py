"""Asking for the same job twice by one key starts it once; a job that kills its workers is given up."""

from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("kernel", "0002_search_document"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]
    operations = [
        migrations.AddField("jobrun", "key", models.CharField(blank=True, default="", max_length=120)),
        migrations.AddField("jobrun", "restarts", models.PositiveSmallIntegerField(default=0)),
        migrations.AddConstraint(
            "jobrun",
            models.UniqueConstraint(
                condition=models.Q(("key", ""), _negated=True),
                fields=("name", "user", "key"),
                name="job_run_once",
                nulls_distinct=False,
            ),
        ),
    ]
