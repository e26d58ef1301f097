"""Identifiers of assets that people enter, so that the next scan recognises them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.db import transaction
from django.db.models import Q
from django.db.models.signals import post_save
from django.dispatch import receiver

from remit.identify.assets.models import Asset, Identifier
from remit.identify.assets.rules import identifiers
from remit.kernel.access.services import networks

PERSON = ""
"""The source of identifiers that were entered, not seen."""


@transaction.atomic
def sync_identifiers(assets: Iterable[Asset]) -> None:
    """Bring the entered identifiers of these assets into line with their fields; those that a source saw stay.

    Private addresses are meant in the network of the company that the asset's unit is part of.
    """
    named = networks()
    held: list[Identifier] = []
    gone = Q()
    for asset in assets:
        found = identifiers(
            asset.kind_of,
            cloud_id=asset.cloud_id,
            agent_id=asset.agent_id,
            serial=asset.serial,
            fqdn=asset.fqdn,
            addresses=asset.addresses,
            network=named.get(asset.unit_id, ""),
        )
        held += [
            Identifier(asset=asset, scheme=scheme, value=value[:560], source=PERSON)
            for scheme, value in sorted(found.values)
        ]
        kept = Q()
        for scheme, value in found.values:
            kept |= Q(scheme=scheme, value=value[:560])
        gone |= Q(asset=asset) & ~kept if kept else Q(asset=asset)
    if gone:
        Identifier.objects.filter(gone, source=PERSON).delete()
        Identifier.objects.bulk_create(held, ignore_conflicts=True)


@receiver(post_save, sender=Asset, dispatch_uid="assets.identifiers")
def follow_asset(instance: Asset, **_: Any) -> None:
    """Every form, API call and table of records saves its asset: from here its identifiers follow."""
    sync_identifiers([instance])
