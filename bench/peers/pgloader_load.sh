#!/usr/bin/env bash
# pgloader's COPY into an unlogged table, then one upsert. It reads no JSON.
#   pgloader_load.sh products CSV
set -euo pipefail
cat >"$SCRATCH/job.load" <<END
LOAD CSV FROM '$2' (name, sku, description)
  INTO $URL TARGET TABLE incoming (name, sku, description)
  WITH skip header = 1, fields optionally enclosed by '"', fields escaped by double-quote, fields terminated by ',',
    batch rows = 25000, batch size = 20 MB
  SET client_encoding to 'utf8'
  BEFORE LOAD DO
  \$\$ create unlogged table incoming (name text, sku text, description text, n bigint generated always as identity); \$\$
  AFTER LOAD DO
  \$\$ insert into products select distinct on (sku) name, sku, description from incoming order by sku, n desc
     on conflict (sku) do update set name = excluded.name, description = excluded.description; \$\$,
  \$\$ drop table incoming; \$\$;
END
exec pgloader --root-dir "$SCRATCH" "$SCRATCH/job.load"
