"""Hostile files of our own, one for each class of attack; each is small on disk and made within milliseconds."""

import gzip
import io
import json
import struct
import tarfile
import zipfile
import zlib

CANARY = "http://127.0.0.1:9/canary"


def nessus(body="x", head="", encoding="UTF-8", item='port="443"', name="p"):
    return (
        f'<?xml version="1.0" encoding="{encoding}"?>{head}<NessusClientData_v2><Report name="r">'
        f'<ReportHost name="10.0.0.1"><ReportItem {item} protocol="tcp" severity="3" pluginID="1" pluginName="{name}">'
        f"<description>{body}</description></ReportItem></ReportHost></Report></NessusClientData_v2>"
    )


def sarif(text="x", more="", results=None):
    result = f'[{{"ruleId":"R1","message":{{"text":{json.dumps(text)}}}{more}}}]' if results is None else results
    return f'{{"version":"2.1.0","runs":[{{"tool":{{"driver":{{"name":"t"}}}},"results":{result}}}]}}'


def trivy(**vulnerability):
    found = {"VulnerabilityID": "CVE-2026-1", "PkgName": "p", **vulnerability}
    return json.dumps({"SchemaVersion": 2, "Results": [{"Target": "t", "Vulnerabilities": [found]}]})


def xml_files():
    entities = "".join(f'<!ENTITY l{i} "{f"&l{i - 1};" * 10}">' for i in range(1, 10))
    reject = {
        "entity-file": nessus("&x;", '<!DOCTYPE r [<!ENTITY x SYSTEM "file:///etc/passwd">]>'),
        "entity-http": nessus("&x;", f'<!DOCTYPE r [<!ENTITY x SYSTEM "{CANARY}">]>'),
        "entity-parameter": nessus("x", f'<!DOCTYPE r [<!ENTITY % p SYSTEM "{CANARY}.dtd"> %p;]>'),
        "external-dtd": nessus("x", f'<!DOCTYPE r SYSTEM "{CANARY}.dtd">'),
        "xinclude": nessus(
            '<i:include xmlns:i="http://www.w3.org/2001/XInclude" parse="text" href="file:///etc/passwd"/>'
        ),
        "laughs": nessus("&l9;", f'<!DOCTYPE r [<!ENTITY l0 "lol">{entities}]>'),
        "laughs-in-attribute": nessus("x", f'<!DOCTYPE r [<!ENTITY l0 "lol">{entities}]>', name="&l9;"),
        "quadratic": nessus("&a;" * 90_000, f'<!DOCTYPE r [<!ENTITY a "{"A" * 50_000}">]>'),
        "deep": nessus("<a>" * 120_000 + "</a>" * 120_000),
        "many-attributes": nessus(item=" ".join(f'a{i}="1"' for i in range(60_000))),
        "utf-7": nessus(encoding="UTF-7"),
        "encoding-lie": nessus(encoding="UTF-16"),
        "invalid-utf-8": nessus("BAD").encode().replace(b"BAD", b"\xff\xfe\xc3\x28"),
        "truncated": nessus("x" * 5_000)[:3_000],
        "nul": nessus("a\x00b"),
        "control-reference": nessus("a&#x1;b"),
        "duplicate-attribute": nessus(item='port="443" port="22"'),
        "wrong-root": "<invoice/>",
        "severity": nessus().replace('severity="3"', 'severity="9"'),
    }
    accept = {
        "utf-16": nessus(encoding="UTF-16").encode("utf-16"),
        "doctype": nessus(head="<!DOCTYPE NessusClientData_v2>"),
        "stylesheet": nessus(head=f'<?xml-stylesheet href="{CANARY}.xsl"?>'),
        "script": nessus("<![CDATA[<script>alert(1)</script>]]>"),
        "huge-attribute": nessus(name="A" * 900_000),
        "many-hosts": nessus().replace("</Report>", '<ReportHost name="10.0.0.1"/>' * 20_000 + "</Report>"),
        "blank-lines": nessus().replace(
            "</Rep", "<plugin_output>version" + "\n" * 200_000 + "</plugin_output></Rep", 1
        ),
    }
    return reject, accept


def json_files():
    many = ",".join(f'"k{i}":1' for i in range(60_000))
    reject = {
        "deep-array": sarif(results="[" * 400_000 + "]" * 400_000),
        "deep-object": sarif(more=',"x":' + '{"a":' * 100_000 + "1" + "}" * 100_000),
        "nan": sarif(more=',"rank":NaN'),
        "infinite": sarif(more=',"rank":1e400'),
        "huge-integer": sarif(more=',"rank":' + "9" * 500_000),
        "2-to-the-63": sarif(more=',"locations":[{"physicalLocation":{"region":{"startLine":9223372036854775808}}}]'),
        "duplicate-keys": sarif().replace('"version"', '"runs":[],"version"', 1),
        "newline-in-string": sarif("NL").replace("NL", "a\nb"),
        "invalid-utf-8": sarif("BAD").encode().replace(b"BAD", b"\xed\xa0\x80\xff"),
        "truncated": sarif("x" * 9_000)[:4_000],
        "trailing": sarif() + "\n{}",
        "comment": "// c\n" + sarif(),
        "python": "{'version': '2.1.0', 'runs': None}",
        "many-keys": sarif(more=f',"properties":{{{many}}}'),
        "empty-rows": sarif(results="[" + ",".join(["{}"] * 150_000) + "]"),
        "wrong-types": sarif(results='[{"ruleId":{"$gt":""},"level":["error"],"message":null}]'),
        "null-runs": '{"version":"2.1.0","runs":null}',
        "boolean-rank": sarif(more=',"rank":true'),
        "score": trivy(CVSS={"nvd": {"V3Score": 11.5}}),
        "dates": trivy(PublishedDate="2026-02-30T25:61:61Z"),
        "png": b"\x89PNG\r\n\x1a\n" + b"\0" * 64,
        "nothing": b"",
        "white-space": b" \n\t" * 1_000,
    }
    accept = {
        "lone-surrogate": sarif("S").replace('"S"', '"a\\ud800b"'),
        "nul-escape": sarif("a\x00b"),
        "control": sarif("\x1b[2J\x08\x7f\x85"),
        "mark": b"\xef\xbb\xbf" + sarif().encode(),
        "utf-16": sarif().encode("utf-16"),
        "long-title": sarif("A" * 900_000),
        "prototype": sarif(more=',"properties":{"__proto__":{"isAdmin":true}}'),
        "traversal": sarif(more=',"locations":[{"physicalLocation":{"artifactLocation":{"uri":"../../etc/passwd"}}}]'),
        "slow-patterns": sarif("a" * 60_000 + "!@" + "1." * 60_000 + " " * 60_000),
        "bidirectional": sarif("safe\u202egnp.exe"),
        "log-lines": sarif("x\r\n2026-01-01 INFO login ok\r\nSet-Cookie: a=b"),
    }
    return reject, accept


def deflated(total, character=b"0"):
    """Raw deflate data of `total` bytes of one character, and their checksum."""
    packer, parts, checksum = zlib.compressobj(9, zlib.DEFLATED, -15), [], 0
    block = character * (1 << 20)
    for _ in range(total >> 20):
        parts.append(packer.compress(block))
        checksum = zlib.crc32(block, checksum)
    return b"".join(parts) + packer.flush(), checksum


def raw_zip(name, packed, checksum, size, *, flags=0, count=1):
    """A zip file of one member whose header fields may lie."""
    local = (
        struct.pack("<4s5H3I2H", b"PK\3\4", 20, flags, 8, 0, 0, checksum, len(packed), size, len(name), 0)
        + name
        + packed
    )
    central = struct.pack(
        "<4s6H3I5H2I",
        b"PK\1\2",
        0x314,
        20,
        flags,
        8,
        0,
        0,
        checksum,
        len(packed),
        size,
        len(name),
        0,
        0,
        0,
        0,
        0o100644 << 16,
        0,
    )
    central += name
    return local + central + struct.pack("<4s4H2IH", b"PK\5\6", 0, 0, count, count, len(central), len(local), 0)


def overlapping_zip(count, size):
    """Members that all claim the same data."""
    packed, checksum = deflated(size)
    name = b"a.json"
    local = (
        struct.pack("<4s5H3I2H", b"PK\3\4", 20, 0, 8, 0, 0, checksum, len(packed), size, len(name), 0) + name + packed
    )
    central = b""
    for number in range(count):
        other = b"%06d" % number
        central += struct.pack(
            "<4s6H3I5H2I",
            b"PK\1\2",
            0x314,
            20,
            0,
            8,
            0,
            0,
            checksum,
            len(packed),
            size,
            6,
            0,
            0,
            0,
            0,
            0o100644 << 16,
            0,
        ) + (other if number else name)
    return local + central + struct.pack("<4s4H2IH", b"PK\5\6", 0, 0, count, count, len(central), len(local), 0)


def zipped(*members):
    """An ordinary zip file; a member is (name, content) or (name, content, mode)."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content, *mode in members:
            information = zipfile.ZipInfo(name)
            information.external_attr = (mode[0] if mode else 0o100644) << 16
            archive.writestr(information, content, zipfile.ZIP_DEFLATED)
    return buffer.getvalue()


def tarred():
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        link = tarfile.TarInfo("l")
        link.type, link.linkname = tarfile.SYMTYPE, "/tmp"
        archive.addfile(link)
    return buffer.getvalue()


def archives():
    report = sarif().encode()
    packed = zlib.compress(report, 9)[2:-4]
    checksum = zlib.crc32(report)
    big, big_checksum = deflated(64 << 20)
    nested = zipped(("a.sarif", report))
    reject = {
        "flat-bomb": raw_zip(b"a.json", big, big_checksum, 64 << 20),
        "report-bomb": gzip.compress(report[:-1] + b" " * (64 << 20) + b"}", 9),
        "values-bomb": gzip.compress(sarif(results="[" + "{}," * 5_000_000 + "{}]").encode(), 9),
        "overlap": overlapping_zip(500, 4 << 20),
        "lying-size": raw_zip(b"a.json", big, big_checksum, 100),
        "nested": zipped(("inner.zip", nested)),
        "gzip-in-gzip": gzip.compress(gzip.compress(report)),
        "traversal": zipped(("../../escaped.json", report)),
        "absolute": zipped(("/tmp/escaped.json", report)),
        "drive": zipped(("C:\\escaped.json", report)),
        "symlink": zipped(("link", "/etc/passwd", 0o120777)),
        "many-entries": zipped(*((str(number), b"") for number in range(1_500))),
        "encrypted": raw_zip(b"a.json", packed, checksum, len(report), flags=1),
        "truncated": zipped(("a.sarif", report * 50))[:-30],
        "bad-checksum": raw_zip(b"a.json", packed, 0xDEADBEEF, len(report)),
        "count-lie": raw_zip(b"a.json", packed, checksum, len(report), count=65_535),
        "nul-name": raw_zip(b"a.json\0.exe", packed, checksum, len(report)),
        "long-name": zipped(("d/" * 20_000 + "a.json", report)),
        "two-names": raw_zip(b"a.json", packed, checksum, len(report)).replace(b"a.json", b"b.json", 1),
        "mixed": zipped(("a", report), ("b", nessus())),
        "one-bad-of-two": zipped(("a", report), ("b", sarif(more=',"rank":NaN'))),
        "garbage-after-gzip": gzip.compress(report) + b"garbage",
        "truncated-gzip": gzip.compress(report * 50)[:-12],
        "tar": tarred(),
        "tar-in-gzip": gzip.compress(tarred()),
    }
    accept = {
        "zip": zipped(("folder/", b""), ("folder/a.sarif", report)),
        "odd-names": zipped(("\u202egpj.sarif", report), ("CON.sarif", report), ("-rf", report), ("`id`", report)),
        "gzip-of-two-members": gzip.compress(report[:40]) + gzip.compress(report[40:]),
        "gzip-padded": gzip.compress(report) + b"\0" * 100,
    }
    return reject, accept


def write(folder):
    """Writes every file; gives (path, "reject" or "accept")."""
    found = []
    for kind, (reject, accept) in {"xml": xml_files(), "json": json_files(), "archive": archives()}.items():
        for expected, files in (("reject", reject), ("accept", accept)):
            for name, content in files.items():
                path = folder / f"{kind}-{expected}-{name}"
                path.write_bytes(content if isinstance(content, bytes) else content.encode("utf-8", "surrogatepass"))
                found.append((path, expected))
    sparse = folder / "json-reject-sparse"
    with sparse.open("wb") as file:
        file.write(b'{"version":"2.1.0","runs":[{"x":"')
        file.truncate(1 << 30)
    return [*found, (sparse, "reject")]
