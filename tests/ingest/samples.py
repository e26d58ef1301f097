"""Small invented reports, one for each format, and the shortest way to read one in this process."""

import io
import json

NESSUS = b"""<?xml version="1.0" ?>
<NessusClientData_v2>
<Policy><policyName>Weekly</policyName></Policy>
<Report name="weekly">
<ReportHost name="10.1.2.3"><HostProperties>
<tag name="host-ip">10.1.2.3</tag><tag name="host-fqdn">Web01.Example.org.</tag>
<tag name="operating-system">Ubuntu 24.04</tag><tag name="host-uuid">3f0c</tag>
<tag name="bios-uuid">4C4C-AA</tag><tag name="aws-instance-id">i-0abc</tag>
<tag name="Credentialed_Scan">true</tag><tag name="HOST_END">Mon Nov 16 02:10:31 2026</tag>
</HostProperties>
<ReportItem port="443" svc_name="www" protocol="tcp" severity="3" pluginID="70001"
 pluginName="Frobd &lt; 2.1 overflow">
<cve>CVE-2026-1111</cve><cve>CVE-2026-2222</cve><cwe>120</cwe>
<cvss_base_score>7.5</cvss_base_score><cvss_vector>CVSS2#AV:N/AC:L/Au:N/C:P/I:P/A:P</cvss_vector>
<cvss3_base_score>9.8</cvss3_base_score><cvss3_vector>CVSS:3.0/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H</cvss3_vector>
<xref>CISA-KNOWN-EXPLOITED:2026/12/01</xref><plugin_publication_date>2026/01/31</plugin_publication_date>
<see_also>https://vendor.example/1
https://vendor.example/2</see_also><synopsis>It is old.</synopsis><description>A long story.</description>
<solution>Upgrade to 2.1.</solution>
<plugin_output>
  Installed version : 2.0
  Fixed version     : 2.1
</plugin_output></ReportItem>
<ReportItem port="443" protocol="tcp" severity="3" pluginID="70001" pluginName="Frobd">
<plugin_output>again</plugin_output></ReportItem>
<ReportItem port="0" protocol="tcp" severity="0" pluginID="19506" pluginName="Scan Information"></ReportItem>
</ReportHost>
<ReportHost name="https://shop.example/"></ReportHost>
</Report></NessusClientData_v2>
"""

QUALYS = b"""<?xml version="1.0" encoding="UTF-8" ?>
<!DOCTYPE ASSET_DATA_REPORT SYSTEM "https://qualysguard.qualys.com/asset_data_report.dtd">
<ASSET_DATA_REPORT><HEADER><GENERATION_DATETIME>2026-11-16T03:00:00Z</GENERATION_DATETIME></HEADER><HOST_LIST>
<HOST><IP>10.9.0.1</IP><DNS><![CDATA[db.example.org]]></DNS><QG_HOSTID>77</QG_HOSTID><VULN_INFO_LIST>
<VULN_INFO><QID id="qid_9001">9001</QID><TYPE>Vuln</TYPE><PORT>5432</PORT><PROTOCOL>tcp</PROTOCOL>
<RESULT><![CDATA[Frobd 2.0]]></RESULT><FIRST_FOUND>2026-10-11T10:00:00Z</FIRST_FOUND>
<LAST_FOUND>2026-11-16T02:00:00Z</LAST_FOUND><CVSS3_FINAL>8.1</CVSS3_FINAL></VULN_INFO>
<VULN_INFO><QID id="qid_9002">9002</QID><TYPE>Ig</TYPE></VULN_INFO>
</VULN_INFO_LIST></HOST></HOST_LIST>
<GLOSSARY><VULN_DETAILS_LIST>
<VULN_DETAILS id="qid_9001"><QID id="qid_9001">9001</QID><TITLE><![CDATA[Frobd overflow]]></TITLE>
<SEVERITY>5</SEVERITY><THREAT><![CDATA[Bad.<P>Very.]]></THREAT><SOLUTION><![CDATA[Upgrade.<P>]]></SOLUTION>
<CVE_ID_LIST><CVE_ID><ID><![CDATA[CVE-2026-1111]]></ID></CVE_ID><CVE_ID><ID>CVE-2026-2222</ID></CVE_ID></CVE_ID_LIST>
</VULN_DETAILS></VULN_DETAILS_LIST></GLOSSARY></ASSET_DATA_REPORT>
"""

QUALYS_DETECTIONS = b"""<?xml version="1.0" encoding="UTF-8" ?>
<!DOCTYPE HOST_LIST_VM_DETECTION_OUTPUT SYSTEM
 "https://qualysapi.qualys.eu/api/2.0/fo/asset/host/vm/detection/host_list_vm_detection_output.dtd">
<HOST_LIST_VM_DETECTION_OUTPUT><RESPONSE><DATETIME>2026-11-16T03:00:00Z</DATETIME><HOST_LIST><HOST><ID>6</ID>
<IP>10.9.0.3</IP><OS><![CDATA[Linux]]></OS><DETECTION_LIST><DETECTION><QID>38170</QID><TYPE>Confirmed</TYPE>
<SEVERITY>2</SEVERITY><PORT>443</PORT><PROTOCOL>tcp</PROTOCOL><RESULTS><![CDATA[name]]></RESULTS><STATUS>Fixed</STATUS>
<FIRST_FOUND_DATETIME>2026-01-01T00:00:00Z</FIRST_FOUND_DATETIME></DETECTION></DETECTION_LIST></HOST></HOST_LIST>
</RESPONSE></HOST_LIST_VM_DETECTION_OUTPUT>
"""

QUALYS_SCAN = b"""<?xml version="1.0" encoding="UTF-8" ?>
<SCAN value="scan/1479000000.1"><HEADER><KEY value="DATE">2026-11-16T03:00:00Z</KEY></HEADER>
<IP value="10.9.0.2" name="old.example.org"><OS>Linux</OS>
<VULNS><CAT value="TCP/IP" port="443" protocol="tcp"><VULN number="38601" severity="3" cveid="CVE-2026-3333">
<TITLE>Weak cipher</TITLE><CVSS3_BASE>5.3</CVSS3_BASE><SOLUTION>Disable it.</SOLUTION><RESULT>RC4</RESULT></VULN>
</CAT></VULNS>
<INFOS><CAT value="General"><INFO number="45038" severity="1"><TITLE>Scan time</TITLE></INFO></CAT></INFOS></IP></SCAN>
"""

SARIF = json.dumps(
    {
        "version": "2.1.0",
        "runs": [
            {
                "tool": {
                    "driver": {
                        "name": "Lint",
                        "semanticVersion": "1.2.3",
                        "rules": [
                            {
                                "id": "L1",
                                "shortDescription": {"text": "SQL injection"},
                                "defaultConfiguration": {"level": "note"},
                                "helpUri": "https://lint.example/L1",
                                "messageStrings": {"default": {"text": "{0} reaches {1}"}},
                                "properties": {"security-severity": "9.1", "tags": ["external/cwe/cwe-89"]},
                            }
                        ],
                    },
                    "extensions": [{"name": "Pack", "rules": [{"id": "P1", "name": "Weak hash"}]}],
                },
                "versionControlProvenance": [{"repositoryUri": "https://git.example/Shop.git"}],
                "artifacts": [{"location": {"uri": "src/b.py"}}],
                "results": [
                    {
                        "ruleIndex": 0,
                        "message": {"id": "default", "arguments": ["q", "a sink"]},
                        "locations": [
                            {
                                "physicalLocation": {
                                    "artifactLocation": {"uri": "src/a.py"},
                                    "region": {"startLine": 7, "snippet": {"text": "execute(q)"}},
                                }
                            }
                        ],
                    },
                    {
                        "rule": {"index": 0, "toolComponent": {"index": 0}},
                        "level": "error",
                        "message": {"text": "md5"},
                        "locations": [{"physicalLocation": {"artifactLocation": {"index": 0}}}],
                        "suppressions": [{"kind": "inSource", "justification": "test only"}],
                    },
                    {"ruleId": "unlisted/sub", "message": {"text": "x"}},
                    {"ruleId": "L1", "kind": "pass", "message": {"text": "fine"}},
                ],
            }
        ],
    }
).encode()

TRIVY = json.dumps(
    {
        "SchemaVersion": 2,
        "CreatedAt": "2026-11-16T02:00:00.123456789+01:00",
        "ArtifactName": "registry.example/shop:1",
        "ArtifactType": "container_image",
        "Metadata": {"OS": {"Family": "debian", "Name": "12.9"}},
        "Results": [
            {
                "Target": "registry.example/shop:1 (debian 12.9)",
                "Class": "os-pkgs",
                "Packages": [{"Name": "frob", "Version": "2.0", "Identifier": {"PURL": "pkg:deb/debian/frob@2.0"}}],
                "Vulnerabilities": [
                    {
                        "VulnerabilityID": "CVE-2026-1111",
                        "PkgName": "frob",
                        "PkgIdentifier": {"PURL": "pkg:deb/debian/frob@2.0"},
                        "InstalledVersion": "2.0",
                        "FixedVersion": "2.1",
                        "Severity": "CRITICAL",
                        "CweIDs": ["CWE-120"],
                        "CVSS": {"nvd": {"V3Vector": "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H", "V3Score": 9.8}},
                        "PublishedDate": "2026-01-31T00:00:00Z",
                    }
                ],
            },
            {
                "Target": "app/main.tf",
                "Class": "config",
                "Misconfigurations": [
                    {
                        "ID": "AWS-1",
                        "Title": "Open bucket",
                        "Status": "FAIL",
                        "Severity": "HIGH",
                        "CauseMetadata": {"StartLine": 3},
                    },
                    {"ID": "AWS-2", "Title": "Closed bucket", "Status": "PASS", "Severity": "HIGH"},
                ],
                "Secrets": [
                    {"RuleID": "aws-key", "Severity": "CRITICAL", "Title": "Key", "StartLine": 9, "Match": "*****"}
                ],
                "Licenses": [{"Name": "AGPL-3.0", "Severity": "HIGH", "PkgName": "frob"}],
            },
        ],
    }
).encode()

CYCLONEDX = json.dumps(
    {
        "bomFormat": "CycloneDX",
        "specVersion": "1.5",
        "metadata": {
            "timestamp": "2026-11-16T02:00:00Z",
            "tools": {"components": [{"name": "Maker", "version": "3"}]},
            "component": {"bom-ref": "root", "type": "application", "name": "shop"},
        },
        "components": [
            {
                "bom-ref": "a",
                "type": "library",
                "name": "frob",
                "version": "2.0",
                "purl": "pkg:npm/frob@2.0",
                "licenses": [{"license": {"id": "MIT"}}],
                "components": [{"bom-ref": "b", "name": "inner", "version": "1"}],
            }
        ],
        "vulnerabilities": [
            {
                "id": "GHSA-1",
                "source": {"name": "GitHub"},
                "references": [{"id": "CVE-2026-1111", "source": {"name": "NVD"}}],
                "ratings": [
                    {
                        "score": 9.8,
                        "severity": "critical",
                        "method": "CVSSv31",
                        "vector": "AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H",
                    }
                ],
                "cwes": [120],
                "affects": [{"ref": "a"}, {"ref": "urn:cdx:1/1#b"}],
            },
            {"id": "CVE-2026-5", "analysis": {"state": "not_affected", "justification": "code_not_reachable"}},
        ],
    }
).encode()

CYCLONEDX_XML = b"""<?xml version="1.0"?>
<bom xmlns="http://cyclonedx.org/schema/bom/1.4" version="1"><metadata><timestamp>2026-11-16T02:00:00Z</timestamp>
<tools><tool><name>Maker</name><version>3</version></tool></tools>
<component type="application" bom-ref="root"><name>shop</name></component></metadata>
<components><component type="library" bom-ref="a"><name>frob</name><version>2.0</version><purl>pkg:npm/frob@2.0</purl>
<licenses><license><id>MIT</id></license></licenses></component></components>
<vulnerabilities><vulnerability><id>CVE-2026-1111</id><source><name>NVD</name></source>
<ratings><rating><score>9.8</score><severity>critical</severity><method>CVSSv31</method>
<vector>CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H</vector></rating></ratings><cwes><cwe>120</cwe></cwes>
<advisories><advisory><url>https://vendor.example/1</url></advisory></advisories>
<affects><target><ref>a</ref></target></affects></vulnerability></vulnerabilities></bom>
"""


def ocsf_record(status="FAIL", uid="arn:aws:s3:::shop", **more):
    """One detection finding, as Prowler writes it."""
    return {
        "class_uid": 2004,
        "severity_id": 4,
        "status": "New",
        "status_code": status,
        "status_detail": "Bucket is open.",
        "metadata": {"event_code": "s3_open", "product": {"name": "Prowler", "version": "5.4.0"}},
        "finding_info": {"title": "Bucket is private", "desc": "Why.", "uid": "u1", "created_time": 1763258400},
        "resources": [{"uid": uid, "name": "shop", "type": "AwsS3Bucket", "region": "eu-west-1"}],
        "cloud": {"account": {"uid": "123456789012"}, "provider": "aws", "region": "eu-west-1"},
        "remediation": {"desc": "Close it.", "references": ["aws s3api x", "https://docs.example/s3"]},
        "unmapped": {"related_url": "https://docs.example/why"},
        "time_dt": "2026-11-16T02:00:00",
        **more,
    }


OCSF = json.dumps([ocsf_record(), ocsf_record("PASS", "arn:aws:s3:::other"), ocsf_record("MANUAL")]).encode()

ALL = {
    "nessus": NESSUS,
    "qualys": QUALYS,
    "qualys-detections": QUALYS_DETECTIONS,
    "qualys-scan": QUALYS_SCAN,
    "sarif": SARIF,
    "trivy": TRIVY,
    "cyclonedx": CYCLONEDX,
    "cyclonedx-xml": CYCLONEDX_XML,
    "ocsf": OCSF,
}


def parsed(content):
    """Format name and statements of a report."""
    from remit.ingest.formats import recognise

    stream = io.BytesIO(content)
    found = recognise(stream)
    return found.NAME, list(found.parse(stream))


def of(statements, kind):
    """Those statements that are of one kind."""
    return [statement for statement in statements if type(statement) is kind]
