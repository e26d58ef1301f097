"""Audits as engagements, to which every auditor's grant belongs; and reviews of who holds which role."""

import django.contrib.postgres.fields
import django.db.models.deletion
import django.db.models.functions.datetime
from django.conf import settings
from django.db import migrations, models

CONFINE = """
    select set_config('remit.system', 'migration: auditors belong to an engagement', true);
    insert into kernel_engagement (title, firm, contact, unit_id, kinds, starts_on, ends_on)
      select 'Audit of ' || left(unit.name, 100), 'Named before engagements were kept', '', unit.id, '{}', min(given.created_at)::date,
        greatest(min(given.created_at)::date, max(coalesce(given.expires_on, current_date + 365)))
      from kernel_grant given join kernel_unit unit on unit.id = given.unit_id where given.role = 'auditor'
      group by unit.id, unit.name;
    update kernel_grant given set engagement_id = audit.id from kernel_engagement audit
      where given.role = 'auditor' and audit.unit_id = given.unit_id;
    set constraints all immediate;
    select set_config('remit.system', '', true);
"""
"""Whoever was an auditor stays one for at most a year more, unless the engagement made here is extended."""
TIE = """
    alter table kernel_grant add constraint grant_where_its_engagement_is
      foreign key (engagement_id, unit_id) references kernel_engagement (id, unit_id)
"""
UNTIE = "alter table kernel_grant drop constraint grant_where_its_engagement_is"


class Migration(migrations.Migration):
    dependencies = [
        ("kernel", "0004_stored_files"),
    ]

    operations = [
        migrations.CreateModel(
            name="AccessReview",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("due_on", models.DateField(verbose_name="due")),
                (
                    "started_at",
                    models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False),
                ),
                ("finished_at", models.DateTimeField(editable=False, null=True)),
            ],
            options={
                "ordering": ("-id",),
            },
        ),
        migrations.CreateModel(
            name="Engagement",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("title", models.CharField(max_length=120)),
                ("firm", models.CharField(max_length=120, verbose_name="firm or team")),
                (
                    "contact",
                    models.CharField(blank=True, help_text="Whom to ask about it, on their side.", max_length=200),
                ),
                (
                    "kinds",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=80), blank=True, default=list, size=None
                    ),
                ),
                ("starts_on", models.DateField(verbose_name="first day")),
                ("ends_on", models.DateField(verbose_name="last day")),
                ("ended_at", models.DateTimeField(blank=True, editable=False, null=True, verbose_name="ended")),
                (
                    "created_at",
                    models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False),
                ),
            ],
            options={
                "ordering": ("-ends_on", "title"),
            },
        ),
        migrations.CreateModel(
            name="ReviewedGrant",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("grant_id", models.BigIntegerField()),
                ("person_name", models.CharField(blank=True, max_length=120)),
                ("person_email", models.EmailField(blank=True, max_length=254)),
                ("group_id", models.BigIntegerField(null=True)),
                ("group_name", models.CharField(blank=True, max_length=120)),
                (
                    "role",
                    models.CharField(
                        choices=[
                            ("head_of_security", "Head of security"),
                            ("analyst", "Security analyst or lead"),
                            ("owner", "Control, risk or asset owner"),
                            ("auditor", "Auditor"),
                            ("executive", "Executive or board member"),
                            ("vendor", "Vendor, client or regulator contact"),
                            ("employee", "Employee"),
                            ("administrator", "Platform administrator"),
                        ],
                        max_length=32,
                    ),
                ),
                ("privileged", models.BooleanField()),
                ("unit_name", models.CharField(max_length=120)),
                ("engagement_title", models.CharField(blank=True, max_length=120)),
                ("granted_on", models.DateField()),
                ("last_day", models.DateField(null=True)),
                ("last_sign_in", models.DateTimeField(null=True)),
                ("unused_days", models.IntegerField(null=True)),
                ("may_sign_in", models.BooleanField()),
                (
                    "decision",
                    models.CharField(blank=True, choices=[("keep", "Keep"), ("revoke", "Revoke")], max_length=8),
                ),
                ("reason", models.CharField(blank=True, max_length=300)),
                ("decided_by_name", models.CharField(blank=True, max_length=120)),
                ("decided_at", models.DateTimeField(null=True)),
            ],
            options={
                "ordering": ("person_name", "unit_name", "role", "id"),
            },
        ),
        migrations.RemoveConstraint(
            model_name="grant",
            name="grant_once",
        ),
        migrations.RemoveIndex(
            model_name="reach",
            name="reach_by_user",
        ),
        migrations.AddField(
            model_name="grant",
            name="created_by",
            field=models.ForeignKey(
                editable=False,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="group",
            name="unit",
            field=models.ForeignKey(
                blank=True,
                help_text="Who administers this unit manages the group; none stands for the topmost unit.",
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="groups",
                to="kernel.unit",
            ),
        ),
        migrations.AddField(
            model_name="reach",
            name="kind",
            field=models.CharField(max_length=80, null=True),
        ),
        migrations.AddField(
            model_name="reach",
            name="since",
            field=models.DateField(null=True),
        ),
        migrations.AlterField(
            model_name="group",
            name="name",
            field=models.CharField(max_length=120),
        ),
        migrations.AddIndex(
            model_name="reach",
            index=models.Index(
                fields=["user", "role"], include=("unit", "until", "since", "kind"), name="reach_by_user"
            ),
        ),
        migrations.AddConstraint(
            model_name="group",
            constraint=models.UniqueConstraint(fields=("unit", "name"), name="group_once_a_unit", nulls_distinct=False),
        ),
        migrations.AddField(
            model_name="accessreview",
            name="finished_by",
            field=models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
            ),
        ),
        migrations.AddField(
            model_name="accessreview",
            name="started_by",
            field=models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
            ),
        ),
        migrations.AddField(
            model_name="accessreview",
            name="unit",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="access_reviews", to="kernel.unit"
            ),
        ),
        migrations.AddField(
            model_name="engagement",
            name="created_by",
            field=models.ForeignKey(
                editable=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="engagement",
            name="unit",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="engagements", to="kernel.unit"
            ),
        ),
        migrations.AddField(
            model_name="grant",
            name="engagement",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="grants",
                to="kernel.engagement",
            ),
        ),
        migrations.AddField(
            model_name="reviewedgrant",
            name="decided_by",
            field=models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
            ),
        ),
        migrations.AddField(
            model_name="reviewedgrant",
            name="person",
            field=models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
            ),
        ),
        migrations.AddField(
            model_name="reviewedgrant",
            name="review",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE, related_name="lines", to="kernel.accessreview"
            ),
        ),
        migrations.AddField(
            model_name="reviewedgrant",
            name="unit",
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name="+", to="kernel.unit"),
        ),
        migrations.AddConstraint(
            model_name="accessreview",
            constraint=models.UniqueConstraint(
                condition=models.Q(("finished_at__isnull", True)), fields=("unit",), name="one_open_review_a_unit"
            ),
        ),
        migrations.AddConstraint(
            model_name="engagement",
            constraint=models.CheckConstraint(
                condition=models.Q(("ends_on__gte", models.F("starts_on"))), name="engagement_ends_after_it_starts"
            ),
        ),
        migrations.AddConstraint(
            model_name="engagement",
            constraint=models.UniqueConstraint(fields=("unit", "title"), name="engagement_once_a_unit"),
        ),
        migrations.AddConstraint(
            model_name="engagement",
            constraint=models.UniqueConstraint(fields=("id", "unit"), name="engagement_with_its_unit"),
        ),
        migrations.AddConstraint(
            model_name="reviewedgrant",
            constraint=models.UniqueConstraint(
                fields=("review", "grant_id", "person"), name="reviewed_once", nulls_distinct=False
            ),
        ),
        migrations.AddConstraint(
            model_name="reviewedgrant",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("decided_at__isnull", True), ("decision", "")),
                    models.Q(models.Q(("decision", ""), _negated=True), ("decided_at__isnull", False)),
                    _connector="OR",
                ),
                name="decided_at_a_time",
            ),
        ),
        migrations.RunSQL(CONFINE, migrations.RunSQL.noop),
        migrations.AddConstraint(
            model_name="grant",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("engagement__isnull", False), ("role", "auditor")),
                    models.Q(models.Q(("role", "auditor"), _negated=True), ("engagement__isnull", True)),
                    _connector="OR",
                ),
                name="auditor_in_an_engagement",
            ),
        ),
        migrations.AddConstraint(
            model_name="grant",
            constraint=models.UniqueConstraint(
                fields=("user", "group", "role", "unit", "engagement"), name="grant_once", nulls_distinct=False
            ),
        ),
        migrations.RunSQL(TIE, UNTIE),
    ]
