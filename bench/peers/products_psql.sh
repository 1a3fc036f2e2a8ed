#!/usr/bin/env bash
# The obvious good script: COPY into a temporary table, then one upsert of the last row of each key.
#   products_psql.sh PSQL URL CSV
exec "$1" -X -q -v ON_ERROR_STOP=1 "$2" <<SQL
begin;
create temporary table incoming (
  name text, sku text, description text, position bigint generated always as identity) on commit drop;
\copy incoming (name, sku, description) from '$3' with (format csv, header true)
insert into products
  select distinct on (sku) name, sku, description from incoming order by sku, position desc
  on conflict (sku) do update set name = excluded.name, description = excluded.description;
commit;
SQL
