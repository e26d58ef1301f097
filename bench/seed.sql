-- A large organisation: :assets assets in one group of ten companies, :findings findings of :weaknesses weaknesses.
-- Assets are drawn evenly over ten companies; a thousandth belong to one small team, and one in 500 to one owner.

select setseed(0.42);

insert into kernel_unit (code, name, kind, parent_id) values ('group', 'Northern Group', 'group', null);
insert into kernel_unit (code, name, kind, parent_id)
select 'company-' || n, 'Company ' || n, 'company', (select id from kernel_unit where code = 'group') from generate_series(0, 9) n;
insert into kernel_unit (code, name, kind, parent_id)
select 'team-' || c || '-' || n, 'Team ' || n || ' of Company ' || c, 'business_unit', (select id from kernel_unit where code = 'company-' || c)
from generate_series(0, 9) c, generate_series(0, 3) n;
insert into kernel_unit (code, name, kind, parent_id)
values ('small', 'Small team', 'business_unit', (select id from kernel_unit where code = 'company-0'));

insert into kernel_user (email, name, title, password, time_zone, is_active, session_salt)
select 'person' || n || '@remit.example', 'Person ' || n, 'Engineer', '!', 'UTC', true, '' from generate_series(1, 200) n;
insert into kernel_user (email, name, title, password, time_zone, is_active, session_salt) values
  ('head@remit.example', 'Head Bench', 'Head of Security', '!', 'UTC', true, ''),
  ('company@remit.example', 'Company Bench', 'Analyst', '!', 'UTC', true, ''),
  ('small@remit.example', 'Small Bench', 'Analyst', '!', 'UTC', true, ''),
  ('owner@remit.example', 'Owner Bench', 'Asset owner', '!', 'UTC', true, '');
insert into kernel_grant (user_id, unit_id, role)
select p.id, u.id, g.role
from (values ('head', 'group', 'head_of_security'), ('company', 'company-0', 'analyst'), ('small', 'small', 'analyst'),
      ('owner', 'company-0', 'owner')) g (person, unit, role)
join kernel_user p on p.email = g.person || '@remit.example' join kernel_unit u on u.code = g.unit;

insert into ingest_import (unit_id, name, digest, size, format, tool, coverage, scanned_at, observations, assets_new, weaknesses_new,
  occurrences_new, occurrences_seen, occurrences_reopened, occurrences_closed, components_seen, code, place, hint, state)
select (select id from kernel_unit where code = 'group'), 'scan-' || n || '.nessus', md5(n::text), 1000000, 'nessus', 'nessus', 'partial',
  now() - n * interval '1 day', 10000, 0, 0, 10000, 0, 0, 0, 0, '', '', '', 'loaded'
from generate_series(1, 100) n;

insert into assets_asset (unit_id, owner_id, name, kind_of, criticality, exposure, environment, data_classes, operating_system, description,
  fqdn, addresses, cloud_id, agent_id, serial, source, first_seen, last_seen, state)
select
  u.id,
  case when u.code like '%-0%' and n % 50 = 0 then (select id from kernel_user where email = 'owner@remit.example')
       when n % 3 > 0 then (select min(id) from kernel_user) + n % 200 end,
  (array['web', 'db', 'app', 'gw', 'mail', 'file', 'build', 'queue'])[1 + n % 8] || '-' || (array['ams', 'fra', 'lon', 'par', 'osl'])[1 + n % 5] || '-' || lpad(n::text, 6, '0'),
  (array['host', 'host', 'host', 'container', 'application', 'cloud_resource', 'repository', 'service'])[1 + n % 8],
  1 + (n * 7) % 5, (array['internal', 'internal', 'internal', 'internet', 'partner', 'isolated'])[1 + n % 6],
  (array['production', 'production', 'staging', 'development', 'test'])[1 + n % 5],
  case when n % 10 = 0 then array['personal'] else '{}'::text[] end,
  (array['Debian 12', 'Ubuntu 24.04', 'Windows Server 2022', 'Red Hat Enterprise Linux 9'])[1 + n % 4], '',
  'host-' || n || '.' || u.code || '.example', array['10.' || n % 250 || '.' || (n / 250) % 250 || '.' || n % 251],
  '', '', 'SN' || n, 'nessus', now() - (n % 300) * interval '1 day', now() - (n % 20) * interval '1 day',
  (array['active', 'active', 'active', 'active', 'discovered', 'retired'])[1 + n % 6]
from generate_series(1, :assets) n
join kernel_unit u on u.code = case when n % 1000 = 7 then 'small' when n % 2 = 0 then 'company-' || n % 10
  else 'team-' || n % 10 || '-' || (n / 10) % 4 end;

insert into vulnerabilities_weakness (unit_id, source, rule, title, description, solution, severity, cves, cwes, cvss_version, cvss_vector,
  cvss_score, "references", exploited_by_source, published, epss, kev_added, kev_due, ransomware)
select (select id from kernel_unit where code = 'group'), (array['nessus', 'qualys', 'trivy'])[1 + n % 3], 'rule-' || n,
  (array['OpenSSL', 'OpenSSH', 'nginx', 'Apache', 'curl', 'glibc', 'Tomcat', 'PostgreSQL', 'Samba', 'BIND', 'Exim', 'Squid', 'Redis', 'sudo', 'zlib',
         'Python', 'Perl', 'Git', 'Vim', 'Grafana'])[1 + n % 20] || ' ' || n % 9 || '.' || n % 17 || '.' || n % 31 || ' '
    || (array['buffer overflow', 'use after free', 'path traversal', 'information disclosure', 'denial of service', 'weak cipher', 'code execution'])[1 + n % 7],
  repeat('The remote host runs a version that an attacker may reach without valid credentials because input length is not checked. ', 8),
  'Upgrade to a version that the maker supports.', n % 5, array['CVE-20' || 15 + n % 12 || '-' || 1000 + n % 9000], array[79 + n % 500], '3.1',
  'CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H', 2 + (n % 80) / 10.0, array['https://advisories.example/' || n], false, now() - (n % 3000) * interval '1 day',
  (n % 1000) / 1000.0, case when n % 70 = 0 then current_date - n % 900 end, case when n % 70 = 0 then current_date - n % 900 + 21 end, n % 350 = 0
from generate_series(1, :weaknesses) n;

-- The first asset has 500 findings; few weaknesses are very frequent, the first with about a hundredth of all findings.
insert into vulnerabilities_occurrence (unit_id, owner_id, weakness_id, asset_id, location, ordinal, fingerprint, source, detail, severity,
  cves, package, installed_version, fixed_version, level, score, due_on, due_by_rule, first_seen, last_seen, first_import_id, last_import_id,
  credentialed, state, reason)
select a.unit_id, a.owner_id, w.id, a.id, 'tcp/' || (array[22, 80, 443, 445, 3389, 5432, 8080, 8443])[1 + n % 8], n, sha256(int8send(n)), w.source,
  'Installed version: 1.' || n % 20 || '. Fixed version: 2.' || n % 20 || '. Path: /usr/lib/x86_64-linux-gnu/', w.severity, w.cves, 'openssl', '1.' || n % 20, '2.' || n % 20,
  p.level, round((p.level * 25 + 25 * r.score)::numeric, 2), current_date - 90 + n % 200, current_date - 90 + n % 200,
  now() - (30 + n % 300) * interval '1 day', now() - (n % 20) * interval '1 day', i.first + n % 100, i.first + n % 100, true,
  case when r.state < 0.6 then 'open' when r.state < 0.65 then 'in_progress' when r.state < 0.7 then 'fixed' when r.state < 0.95 then 'verified'
       when r.state < 0.98 then 'accepted' else 'false_positive' end, ''
from (select n, random() as weakness, random() as level, random() as state, random() as score from generate_series(1, :findings) n offset 0) r
cross join (select min(id) as first from assets_asset) f cross join (select min(id) as first from vulnerabilities_weakness) v
cross join (select min(id) as first from ingest_import) i
join assets_asset a on a.id = case when n <= 500 then f.first else f.first + (n::bigint * 7919) % :assets end
join vulnerabilities_weakness w on w.id = v.first + least(:weaknesses - 1, floor(:weaknesses * power(r.weakness, 2.2)))::int
cross join lateral (select case when r.level < 0.02 then 3 when r.level < 0.12 then 2 when r.level < 0.5 then 1 else 0 end as level) p;

insert into kernel_work (unit_id, owner_id, type, title, detail, due_on, about_kind, about_id, about_move, refuse_move, reason, state)
select u.id, p.id, (array['task', 'approval', 'review'])[1 + n % 3], 'Something owed ' || n, '', current_date - 10 + n % 40, '', null, '', '', '', 'open'
from generate_series(1, 400) n
join kernel_user p on p.email = (array['head', 'company', 'owner', 'person1'])[1 + n % 4] || '@remit.example'
join kernel_unit u on u.code = 'company-0';
