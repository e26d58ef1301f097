"""Leave to see a restricted record: until when, given by whom, and whether the glass was broken for it.

`access_followed` is the database's own: which restricted records follow which."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("kernel", "0005_engagements_and_reviews")]
    operations = [
        migrations.AddField(
            model_name="needtoknow",
            name="until",
            field=models.DateTimeField(blank=True, null=True, verbose_name="last moment"),
        ),
        migrations.AddField(
            model_name="needtoknow",
            name="given_by",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="needtoknow",
            name="broken_glass",
            field=models.BooleanField(db_default=False, default=False),
        ),
        migrations.AddIndex(
            model_name="needtoknow",
            index=models.Index(fields=["user", "kind"], name="need_to_know_of_user"),
        ),
        migrations.RunSQL(
            """create table access_followed (
                 kind text not null, record_id bigint not null, of_kind text not null, of_record bigint not null,
                 primary key (kind, record_id));
               create index followed_by on access_followed (of_kind, of_record);""",
            "drop table access_followed",
        ),
    ]
