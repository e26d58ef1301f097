"""Assets: what the organisation has, how it is recognised across sources, what it is made of and depends on."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models

from remit.kernel.lifecycle import Move, StateField
from remit.kernel.records import Record


class Kind(models.TextChoices):
    HOST = "host", "Host"
    APPLICATION = "application", "Application"
    CLOUD_RESOURCE = "cloud_resource", "Cloud resource"
    REPOSITORY = "repository", "Repository"
    CONTAINER = "container", "Container"
    SERVICE = "service", "Service"
    NETWORK = "network", "Network"


class Exposure(models.TextChoices):
    INTERNET = "internet", "Internet"
    PARTNER = "partner", "Partner"
    INTERNAL = "internal", "Internal"
    ISOLATED = "isolated", "Isolated"


class Environment(models.TextChoices):
    PRODUCTION = "production", "Production"
    STAGING = "staging", "Staging"
    DEVELOPMENT = "development", "Development"
    TEST = "test", "Test"


class Criticality(models.IntegerChoices):
    MINOR = 1, "1 · minor"
    LOW = 2, "2 · low"
    MEDIUM = 3, "3 · medium"
    HIGH = 4, "4 · high"
    VITAL = 5, "5 · vital"


class Asset(Record):
    """Something the organisation runs, owns or answers for."""

    prefix = "AST"
    lent_by = ("vulnerabilities_occurrence.asset_id",)
    name = models.CharField(max_length=255)
    kind_of = models.CharField("kind", max_length=20, choices=Kind.choices, default=Kind.HOST)
    criticality = models.PositiveSmallIntegerField(
        choices=Criticality.choices,
        default=Criticality.MEDIUM,
        help_text="How much the organisation loses if it fails or leaks.",
    )
    exposure = models.CharField(
        max_length=12, choices=Exposure.choices, default=Exposure.INTERNAL, help_text="From where it can be reached."
    )
    environment = models.CharField(max_length=12, choices=Environment.choices, default=Environment.PRODUCTION)
    data_classes = ArrayField(
        models.CharField(max_length=40),
        default=list,
        blank=True,
        help_text="What it holds: personal, payment, health, credentials …",
    )
    operating_system = models.CharField(max_length=200, blank=True, default="")
    description = models.TextField(blank=True, default="")
    fqdn = models.CharField("domain name", max_length=255, blank=True, default="")
    addresses = ArrayField(models.CharField(max_length=45), default=list, blank=True, help_text="IP addresses.")
    cloud_id = models.CharField(
        "cloud identifier",
        max_length=500,
        blank=True,
        default="",
        help_text="ARN, Azure resource id, Google Cloud name.",
    )
    agent_id = models.CharField("agent identifier", max_length=120, blank=True, default="")
    serial = models.CharField("serial number", max_length=120, blank=True, default="")
    source = models.CharField("found by", max_length=40, blank=True, default="", editable=False)
    first_seen = models.DateTimeField(null=True, editable=False)
    last_seen = models.DateTimeField(null=True, editable=False)
    state = StateField(
        Move("confirm", "discovered", "active"),
        Move("activate", "planned", "active"),
        Move("retire", ("active", "retiring", "discovered"), "retired", danger=True),
        Move("plan_retirement", "active", "retiring"),
        Move("reactivate", ("retired", "retiring"), "active"),
        tones={"discovered": "attend", "active": "good", "retiring": "attend", "retired": "soft"},
    )

    class Meta(Record.Meta):
        indexes = (
            models.Index(fields=("unit", "criticality"), name="asset_by_unit"),
            models.Index(fields=("name", "id"), name="asset_by_name"),
            models.Index(fields=("-criticality", "-id"), name="asset_by_criticality"),
            models.Index(models.F("last_seen").desc(nulls_last=True), models.F("id").desc(), name="asset_by_last_seen"),
            GinIndex(fields=("data_classes",), name="asset_by_data"),
        )


class Identifier(models.Model):
    """One way a source names an asset; resolution looks here, strongest scheme first (docs/identity-resolution.md).

    Two assets may share one: a name can be passed on, and what stronger identifiers keep apart stays apart.
    """

    asset = models.ForeignKey(Asset, models.CASCADE, related_name="identifiers")
    scheme = models.CharField(max_length=12)
    value = models.CharField(max_length=560)
    source = models.CharField(max_length=40, default="")

    class Meta:
        constraints = (models.UniqueConstraint(fields=("asset", "scheme", "value"), name="identifier_once"),)
        indexes = (models.Index(fields=("scheme", "value"), name="identifier_by_value"),)

    def __str__(self) -> str:
        return f"{self.scheme} {self.value}"


class Dependency(Record):
    """One asset needs another: if that fails or falls, this is reached."""

    prefix = "DEP"

    class Type(models.TextChoices):
        RUNS_ON = "runs_on", "runs on"
        USES = "uses", "uses"
        STORES_IN = "stores_in", "stores in"
        AUTHENTICATES_WITH = "authenticates_with", "authenticates with"
        EXPOSES = "exposes", "exposes"

    asset = models.ForeignKey(Asset, models.CASCADE, related_name="dependencies")
    type = models.CharField(max_length=20, choices=Type.choices, default=Type.USES)
    needs = models.ForeignKey(Asset, models.CASCADE, related_name="dependants")
    critical = models.BooleanField(default=False, help_text="The asset cannot do without.")
    description = models.CharField(max_length=255, blank=True, default="")

    class Meta(Record.Meta):
        verbose_name_plural = "dependencies"
        constraints = (models.UniqueConstraint(fields=("asset", "type", "needs"), name="dependency_once"),)

    def __str__(self) -> str:
        return f"{self.asset} {self.get_type_display()} {self.needs}"


class Component(Record):
    """A piece of software inside an asset: one line of its bill of materials."""

    prefix = "CMP"
    asset = models.ForeignKey(Asset, models.CASCADE, related_name="components")
    name = models.CharField(max_length=255)
    installed = models.CharField("version", max_length=100, blank=True, default="")
    package = models.CharField("package URL", max_length=500, blank=True, default="")
    type = models.CharField(max_length=40, blank=True, default="library")
    licences = ArrayField(models.CharField(max_length=200), default=list, blank=True)
    fingerprint = models.BinaryField(max_length=32, editable=False, null=True)
    last_seen = models.DateTimeField(null=True, editable=False)

    class Meta(Record.Meta):
        constraints = (models.UniqueConstraint(fields=("fingerprint",), name="component_once"),)
