-- Full-text search. Documents stand in one table that only these functions read: `@@` is not leakproof, so under row-level
-- security PostgreSQL could use no index for it. Answers are keys; whoever asks reads the rows under their own policies.

create or replace function remit_document(weighty text, plain text) returns tsvector language sql immutable parallel safe
as $$
  select setweight(to_tsvector('simple', translate(left(weighty, 4000), './\_:@-', '       ') || ' ' || left(weighty, 4000)), 'A')
      || setweight(to_tsvector('simple', left(plain, 20000)), 'B')
$$;

create or replace function remit_query(words text) returns tsquery language plpgsql immutable parallel safe
as $$
declare word text; parts text[] := '{}';
begin
  foreach word in array regexp_split_to_array(translate(left(words, 200), './\_:@-', '       '), '\s+') loop
    word := regexp_replace(word, '[^[:alnum:]]', '', 'g');
    if word <> '' then parts := parts || (quote_literal(word) || ':*'); end if;
  end loop;
  if cardinality(parts) = 0 then return null; end if;
  return to_tsquery('simple', array_to_string(parts, ' & '));
end $$;

-- Keys of the records of one kind that hold every word (or its beginning), best first.
create or replace function remit_search(of_kind text, words text, most integer) returns setof bigint
language sql stable security definer set search_path = public, pg_temp rows 500
as $$
  select record_id from search_document where kind = of_kind and document @@ remit_query(words)
  order by ts_rank(document, remit_query(words)) desc, record_id desc limit most
$$;
