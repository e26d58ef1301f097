"""What people have done and owe: remediations, acceptances, assignments, comments, tasks and inquiries (work.json).

Everything is named by natural keys: a weakness by source and rule, an asset by its name in the inventory, a person by
e-mail. A row names a vulnerability (or a rule); the scans say where it is still open.
"""

# ruff: noqa: E501  (a table reads best with one row a line)
from __future__ import annotations

from collections.abc import Iterator

from samples.cast.assets import Estate
from samples.cast.people import email, unit_of
from samples.catalogue import host_checks
from samples.dates import ANCHOR, day
from samples.organisation import Files, as_json
from samples.scanners.finding import Finding, ScanFile

Weakness = dict[str, str]
Row = dict[str, object]

# title, source, CVE or rule, owner, due in days, state, plan
_REMEDIATIONS = (
    ("Update the remote access gateways and end all sessions", "nessus", "CVE-2025-5777", "Farida Jansen", 2, "in_progress", "Second gateway tonight, first tomorrow night; sessions ended after each; logs kept for the operations centre."),
    ("Close the management pages of the Brennmark gateway", "nessus", "CVE-2024-0012", "Ewan Bakker", -4, "in_progress", "Rule prepared; waits for the change window of the warehouses."),
    ("Move file transfer to the repaired release", "nessus", "CVE-2024-5806", "Greta Sundaram", 4, "planned", "Test with the two largest banks first."),
    ("Update document sites and change machine keys", "nessus", "CVE-2025-53770", "Greta Sundaram", 1, "in_progress", "Partner access is off until it is done."),
    ("Update virtualisation management", "nessus", "CVE-2024-38812", "Greta Sundaram", 11, "planned", "With the quarterly restart of the hosts."),
    ("Retire printers' first passwords", "nessus", "CVE-2024-51978", "Oskar Mbeki", 25, "planned", "Together with the move of printers to their own network."),
    ("Browser updates on all workstations", "nessus", "CVE-2025-6554", "Oskar Mbeki", -9, "in_progress", "Machines that did not start for two weeks are called in."),
    ("Update Tomcat under the card scheme switch", "qualys", "CVE-2025-24813", "Noor Eriksen", 6, "in_progress", "One node a night, after settlement."),
    ("Repair SSH on payment servers", "qualys", "CVE-2024-6387", "Dario Whitlock", 12, "planned", "With the new base image."),
    ("Take the forgotten export off the internet", "prowler", "s3_bucket_public_access", "Hana Petrov", 0, "in_progress", "Public access is blocked; the data is looked through before it is deleted."),
)  # fmt: skip

# title, unit, owner, due in days, plan, restricted by, why, who needs to know (person, why, days or None)
_RESTRICTED = (
    ("Look into payroll files copied to a private drive", "HAL-HR", "Beatriz Holloway", 9, "Keep the disk image and the access records; talk to nobody before the works council has been heard.", "Marit Lindqvist", "An inquiry into a colleague; their team reads these records.", (("Yuki Marchetti", "Keeps the disk image", 14),)),
    ("Find out who opened administrator sessions at night", "HAL", "Amara Delacroix", 4, "Compare sessions with tickets and door records of the last six weeks.", "Amara Delacroix", "Everybody on the operations rota may be the one.", (("Saoirse Haddad", "Reads the door records", None),)),
)  # fmt: skip

# source, CVE or rule, one asset or "" for all, reason, expires in days, asked by, state, decided by, decision due
_ACCEPTANCES = (
    ("nessus", "CVE-2019-12255", "ind-plc01", "The maker gives no update; the rig is isolated and used four days a month.", 180, "Viktor Asante", "asked", "Marit Lindqvist", 0),
    ("qualys", "CVE-2023-48795", "", "Affected ciphers are needed by one bank until it changes its client in February.", 90, "Dario Whitlock", "asked", "Marit Lindqvist", 0),
    ("nessus", "108797", "fh-erp01", "Fernhollow's own system ends with the purchase; no access from our networks.", 60, "Idris Coleman", "asked", "Marit Lindqvist", 8),
    ("nessus", "57582", "", "Devices inside offices; certificates follow with the new network.", 120, "Oskar Mbeki", "granted", "Tomasz Adeyemi", -30),
    ("nessus", "104743", "", "Old handheld scanners speak nothing newer; replaced by spring.", 5, "Ewan Bakker", "granted", "Tomasz Adeyemi", -85),
    ("prowler", "s3_bucket_no_mfa_delete", "", "Versions and a separate backup account cover the loss.", 200, "Dario Whitlock", "granted", "Priya Raghunathan", -20),
    ("nessus", "CVE-2024-37085", "", "Hosts are to leave the directory; until then the group is watched.", -2, "Greta Sundaram", "granted", "Marit Lindqvist", -60),
    ("qualys", "CVE-2025-1094", "", "Update would fall into year-end closing.", 60, "Emeka Rossi", "refused", "Priya Raghunathan", -6),
)  # fmt: skip

# source, CVE or rule, one asset, owner, state
_ASSIGNMENTS = (
    ("nessus", "CVE-2024-40711", "hq-bkp01", "Greta Sundaram", "in_progress"),
    ("nessus", "CVE-2024-0012", "br-gw01", "Ewan Bakker", "in_progress"),
    ("nessus", "CVE-2024-21410", "hq-mail01", "Greta Sundaram", "open"),
    ("nessus", "CVE-2025-20352", "", "Farida Jansen", "open"),
    ("nessus", "CVE-2021-44228", "", "João Ferreira", "in_progress"),
    ("qualys", "CVE-2024-38475", "", "Hana Petrov", "in_progress"),
    ("trivy", "CVE-2025-55182", "", "Hana Petrov", "in_progress"),
    ("codeql", "java/unsafe-deserialization", "", "Noor Eriksen", "open"),
    ("semgrep oss", "generic.secret-in-source", "", "Leïla Brandt", "in_progress"),
)  # fmt: skip

# source, CVE or rule, one asset, by, text
_COMMENTS = (
    ("nessus", "CVE-2025-5777", "hq-adc01", "Yuki Marchetti", "Logs of the last 30 days are kept; no sign of reused sessions so far."),
    ("nessus", "CVE-2025-5777", "hq-adc01", "Farida Jansen", "The change is approved for tonight at 22:00."),
    ("nessus", "CVE-2024-0012", "br-gw01", "João Ferreira", "Second reminder. The pages still answer from outside."),
    ("nessus", "CVE-2024-5806", "hq-mft01", "Mateus Kowalczyk", "No unusual accounts since the summer."),
    ("prowler", "s3_bucket_public_access", "tallymoor-marketing-export", "Saoirse Haddad", "Names and e-mail addresses of 212 merchants were in it. Assessment under way."),
    ("trivy", "CVE-2025-55182", "", "Leïla Brandt", "The affected package is built in, but server components are off. Update anyway."),
    ("nessus", "CVE-2019-12255", "ind-plc01", "Caspian Novák", "The zone's edge filters urgent data since October; tested."),
    ("qualys", "CVE-2025-24813", "", "Noor Eriksen", "Partial uploads are off on all nodes. Update follows."),
)  # fmt: skip

# title, about an asset, about (source, CVE or rule), owner, due in days
_TASKS = (
    ("Find out who owns hq-lab07", "Build Chain", None, "Mateus Kowalczyk", 1),
    ("Add the sandbox bucket to the inventory or delete it", "tallymoor-production", None, "Dario Whitlock", 3),
    ("Confirm that hq-fax01 is switched off", "hq-fax01", None, "Beatriz Holloway", -1),
    ("Repeat the stopped scan of warehouse South", "warehouse-south", None, "Mateus Kowalczyk", -3),
    ("Write the remediation cost of Fernhollow for the purchase", "Fleet Console", None, "Amara Delacroix", 4),
    ("Name a second owner for the card vault", "Card Vault", None, "Noor Eriksen", 14),
    ("Check that ended sessions stay ended", "", ("nessus", "CVE-2025-5777"), "Yuki Marchetti", 3),
    ("Review accepted self-signed certificates", "", ("nessus", "57582"), "Amara Delacroix", 21),
)  # fmt: skip


class _Index:
    """Where things are open after the last scan."""

    def __init__(self, estate: Estate, files: list[ScanFile]) -> None:
        held = {asset.name for asset in estate.inventory}
        last = [finding for file in files if file.week == 2 for finding in file.findings]
        self._open = [finding for finding in last if finding.asset in held]

    def weakness(self, source: str, name: str) -> Weakness:
        """Return the natural key of the weakness that a CVE or a rule names at this source."""
        rule = name
        if source in ("nessus", "qualys") and name.startswith("CVE-"):
            check = next(item for item in host_checks() if name in {known.cve for known in item.vulnerabilities})
            rule = check.plugin if source == "nessus" else check.qid
        return {"source": source, "rule": rule}

    def assets(self, weakness: Weakness) -> list[str]:
        """Return the assets on which it is open, in the order of the scans."""
        return list(dict.fromkeys(item.asset for item in self._open if _is(item, weakness)))


def _is(finding: Finding, weakness: Weakness) -> bool:
    return (finding.source, finding.rule) == (weakness["source"], weakness["rule"])


def work_files(estate: Estate, files: list[ScanFile]) -> Files:
    """Return work.json. A row whose weakness another seed leaves open nowhere is left out."""
    index = _Index(estate, files)
    work = {
        "anchor": ANCHOR.isoformat(),
        "remediations": list(_remediations(index)),
        "acceptances": list(_acceptances(index)),
        "assignments": list(_assignments(index)),
        "comments": list(_comments(index)),
        "tasks": list(_tasks(index)),
        "restricted": list(_restricted()),
    }
    return {"work.json": as_json(work)}


def _remediations(index: _Index) -> Iterator[Row]:
    for title, source, name, owner, due, state, plan in _REMEDIATIONS:
        weakness = index.weakness(source, name)
        if places := index.assets(weakness):
            yield {
                "title": title, "weakness": weakness, "assets": places, "owner": email(owner), "due": day(due),
                "state": state, "plan": plan,
            }  # fmt: skip


def _acceptances(index: _Index) -> Iterator[Row]:
    for source, name, asset, reason, expires, asked_by, state, decider, decide_by in _ACCEPTANCES:
        weakness = index.weakness(source, name)
        if places := index.assets(weakness):
            yield {
                "weakness": weakness, "asset": _place(asset, places) if asset else None, "unit": unit_of(asked_by), "reason": reason,
                "expires": day(expires), "asked_by": email(asked_by), "state": state, "decided_by": email(decider),
                "due": day(decide_by),
            }  # fmt: skip


def _assignments(index: _Index) -> Iterator[Row]:
    for source, name, asset, owner, state in _ASSIGNMENTS:
        weakness = index.weakness(source, name)
        if places := index.assets(weakness):
            yield {"weakness": weakness, "asset": _place(asset, places), "owner": email(owner), "state": state}


def _comments(index: _Index) -> Iterator[Row]:
    for source, name, asset, by, text in _COMMENTS:
        weakness = index.weakness(source, name)
        if places := index.assets(weakness):
            yield {"weakness": weakness, "asset": _place(asset, places), "by": email(by), "text": text}


def _tasks(index: _Index) -> Iterator[Row]:
    for title, asset, about, owner, due in _TASKS:
        yield {
            "title": title, "about_asset": asset or None, "about_weakness": index.weakness(*about) if about else None,
            "owner": email(owner), "due": day(due),
        }  # fmt: skip


def _restricted() -> Iterator[Row]:
    for title, unit, owner, due, plan, by, why, known in _RESTRICTED:
        yield {
            "title": title, "unit": unit, "owner": email(owner), "due": day(due), "plan": plan, "by": email(by), "why": why,
            "known": [
                {"person": email(person), "why": reason, "until": day(days) if days else None} for person, reason, days in known
            ],
        }  # fmt: skip


def _place(asset: str, places: list[str]) -> str:
    return asset if asset in places else places[0]
