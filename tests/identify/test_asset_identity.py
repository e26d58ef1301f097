"""Which asset an observation speaks of: normalised identifiers, the order of schemes, and conflicts."""

from __future__ import annotations

import itertools
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from remit.identify.assets.rules import (
    SCHEMES,
    Identifiers,
    KnownAsset,
    conflict,
    identifiers,
    normalise,
    propose_criticality,
    propose_exposure,
    resolve,
)

UUID = "564d1f2a-3344-5566-7788-99aabbccddee"


def known(number: int, kind: str = "host", **raw: Any) -> KnownAsset:
    return KnownAsset(number, identifiers(kind, **raw))


@pytest.mark.parametrize(
    ("scheme", "raw", "expected"),
    [
        ("cloud_id", " arn:aws:ec2:eu-west-1:123456789012:instance/i-0ABC12 ", "i-0abc12"),
        ("cloud_id", "arn:aws:s3:::Exports", "arn:aws:s3:::Exports"),
        ("cloud_id", "/Subscriptions/A1/resourceGroups/RG/", "/subscriptions/a1/resourcegroups/rg"),
        (
            "cloud_id",
            "https://www.googleapis.com/compute/v1/projects/p/zones/z/instances/i",
            "//compute.googleapis.com/projects/p/zones/z/instances/i",
        ),
        (
            "cloud_id",
            "https://compute.googleapis.com/compute/v1/projects/p/zones/z/instances/i",
            "//compute.googleapis.com/projects/p/zones/z/instances/i",
        ),
        ("cloud_id", "None", ""),
        ("agent_id", "Nessus:{564D1F2A-3344-5566-7788-99AABBCCDDEE}", f"nessus:{UUID}"),
        ("agent_id", "qualys:1", "qualys:1"),
        ("agent_id", "nessus:00000000-0000-0000-0000-000000000000", ""),
        ("agent_id", "nessus:", ""),
        ("serial", UUID.upper(), UUID),
        ("serial", "VMware-56 4d 1f 2a 33 44 55 66-77 88 99 aa bb cc dd ee", UUID),
        ("serial", " PF1ABCDE ", "pf1abcde"),
        ("serial", "To be filled by O.E.M.", ""),
        ("serial", "0", ""),
        ("serial", "FFFFFFFF-FFFF-FFFF-FFFF-FFFFFFFFFFFF", ""),
        ("serial", "0123456789", ""),
        ("serial", "Default string", ""),
        ("fqdn", "Web01.Corp.Example.", "web01.corp.example"),
        ("fqdn", "web01", ""),
        ("fqdn", "localhost.localdomain", ""),
        ("fqdn", "10.0.0.5", ""),
        ("fqdn", "laptop.local", ""),
        ("fqdn", "dc01.corp.local", "dc01.corp.local"),
        ("fqdn", "ip-10-0-0-5.eu-west-1.compute.internal", ""),
        ("fqdn", "ec2-3-4-5-6.compute-1.amazonaws.com", ""),
        ("address", "10.0.0.5", "10.0.0.5@plant-2"),
        ("address", "8.8.8.8", "8.8.8.8"),
        ("address", "::FFFF:8.8.8.8", "8.8.8.8"),
        ("address", "2001:4860:4860:0::8888", "2001:4860:4860::8888"),
        ("address", "127.0.0.1", ""),
        ("address", "169.254.7.7", ""),
        ("address", "fe80::1%eth0", ""),
        ("address", "0.0.0.0", ""),
        ("address", "172.17.0.1", ""),
        ("address", "web01", ""),
    ],
)
def test_normalise(scheme: str, raw: str, expected: str) -> None:
    assert normalise(scheme, raw, network="Plant-2") == expected
    assert normalise(scheme, expected.partition("@")[0], network="Plant-2") == expected


def test_what_is_no_machine_has_a_stable_name_and_no_address() -> None:
    assert normalise("fqdn", "https://git.example/Team/Shop.git", kind="repository") == "git.example/team/shop"
    assert normalise("fqdn", "registry.example/shop:1.2@sha256:ab", kind="container") == "registry.example/shop:1.2"
    assert normalise("fqdn", "Billing", kind="application") == "billing"
    assert normalise("address", "10.0.0.5", kind="application") == ""


def test_an_unknown_scheme_is_refused() -> None:
    with pytest.raises(ValueError, match="unknown identifier scheme 'mac'"):
        normalise("mac", "00:11")


def test_the_strongest_shared_identifier_decides() -> None:
    by_address = known(1, addresses=["10.0.0.5"])
    by_name = known(2, fqdn="web01.corp.example")
    by_cloud = known(3, cloud_id="arn:aws:ec2:eu-west-1:1:instance/i-0a")
    seen = identifiers("host", cloud_id="i-0a", fqdn="web01.corp.example", addresses=["10.0.0.5"])
    assert resolve(seen, [by_address, by_name, by_cloud]) == (3, "cloud_id", "i-0a")
    assert resolve(seen, [by_address, by_name]) == (2, "fqdn", "web01.corp.example")
    assert resolve(seen, [by_address]) == (1, "address", "10.0.0.5")
    assert resolve(seen, []) is None


def test_a_reused_address_is_a_new_asset() -> None:
    old = known(1, cloud_id="i-0a", addresses=["10.0.0.5"])
    assert resolve(identifiers("host", cloud_id="i-0b", addresses=["10.0.0.5"]), [old]) is None
    assert resolve(identifiers("host", addresses=["10.0.0.5"]), [old]) == (1, "address", "10.0.0.5")


def test_a_name_passed_on_to_other_hardware_is_a_new_asset() -> None:
    old = known(1, serial="PF1AAAAA", fqdn="dc01.corp.example")
    assert resolve(identifiers("host", serial="PF1BBBBB", fqdn="dc01.corp.example"), [old]) is None
    assert resolve(identifiers("host", serial=UUID, fqdn="dc01.corp.example"), [old]) is not None


def test_agents_of_two_tools_do_not_contradict_each_other() -> None:
    nessus = known(1, agent_id="nessus:aa1", fqdn="web01.corp.example")
    assert resolve(identifiers("host", agent_id="qualys:77", fqdn="web01.corp.example"), [nessus]) is not None
    assert resolve(identifiers("host", agent_id="nessus:bb2", fqdn="web01.corp.example"), [nessus]) is None


def test_the_same_private_address_in_another_network_is_another_asset() -> None:
    plant = known(1, addresses=["10.0.0.5"], network="plant-1")
    assert resolve(identifiers("host", addresses=["10.0.0.5"], network="plant-2"), [plant]) is None
    assert resolve(identifiers("host", addresses=["10.0.0.5"], network="Plant-1"), [plant]) is not None


def test_kinds_keep_apart_by_name_and_together_by_cloud() -> None:
    site = known(1, "application", fqdn="shop.example")
    assert resolve(identifiers("host", fqdn="shop.example"), [site]) is None
    bucket = known(2, "cloud_resource", cloud_id="i-0a")
    assert resolve(identifiers("host", cloud_id="i-0a"), [bucket]) is not None


def test_of_several_the_one_sharing_most_then_the_oldest() -> None:
    one, two = known(1, addresses=["10.0.0.5"]), known(2, addresses=["10.0.0.5", "10.0.0.6"])
    seen = identifiers("host", addresses=["10.0.0.5", "10.0.0.6"])
    assert resolve(seen, [one, two]) == (2, "address", "10.0.0.5")
    assert resolve(identifiers("host", addresses=["10.0.0.5"]), [two, one]) == (1, "address", "10.0.0.5")


some = st.builds(
    identifiers,
    st.sampled_from(["host", "cloud_resource", "application"]),
    cloud_id=st.sampled_from(["", "i-0a", "i-0b"]),
    agent_id=st.sampled_from(["", "nessus:a1", "nessus:b2", "qualys:7"]),
    serial=st.sampled_from(["", "pf1aa", "pf1bb", UUID]),
    fqdn=st.sampled_from(["", "a.example", "b.example"]),
    addresses=st.lists(st.sampled_from(["10.0.0.1", "10.0.0.2"]), max_size=2),
)


@settings(max_examples=150, deadline=None)
@given(observed=some, others=st.lists(some, max_size=5))
def test_a_match_shares_an_identifier_and_contradicts_no_stronger_one(
    observed: Identifiers, others: list[Identifiers]
) -> None:
    assets = [KnownAsset(number, each) for number, each in enumerate(others)]
    match = resolve(observed, assets)
    assert match == resolve(observed, reversed(assets))
    if match is None:
        assert not any(
            others[n].values == observed.values and observed.values
            for n in range(len(others))
            if others[n].kind == observed.kind
        )
        return
    found = assets[match.asset].identifiers
    assert (match.scheme, match.value) in observed.values & found.values
    assert not any(conflict(stronger, observed, found) for stronger in SCHEMES[: SCHEMES.index(match.scheme)])


@settings(max_examples=100, deadline=None)
@given(some, some)
def test_conflicts_are_mutual(one: Identifiers, other: Identifiers) -> None:
    for scheme in SCHEMES:
        assert conflict(scheme, one, other) == conflict(scheme, other, one)
        assert not conflict(scheme, one, one)


@settings(max_examples=200, deadline=None)
@given(st.sampled_from(SCHEMES), st.text(max_size=80), st.sampled_from(["host", "container"]))
def test_normalising_any_text_twice_changes_nothing(scheme: str, text: str, kind: str) -> None:
    once = normalise(scheme, text, kind=kind)
    assert normalise(scheme, once, kind=kind) == once


def test_proposals() -> None:
    assert propose_exposure(["10.0.0.5", "8.8.8.8"]) == "internet"
    assert propose_exposure(["10.0.0.5", "100.64.0.1", "web01"]) == propose_exposure([]) == "internal"
    proposed = [propose_criticality(*case) for case in itertools.product(["test", ""], [(), ("health",)], [0, 10])]
    assert proposed == [2, 3, 3, 4, 3, 4, 4, 5]
