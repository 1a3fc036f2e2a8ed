#!/usr/bin/env bash
# All files in one stream into a temporary table (a line is a JSON value), one INSERT a table, one transaction.
#   media_psql.sh PSQL URL FOLDER
set -euo pipefail
find "$3" -name '*.json' -print0 | xargs -0 awk 1 | "$1" -X -q -v ON_ERROR_STOP=1 "$2" \
  -c "begin" \
  -c "create temporary table lines (line text) on commit drop" \
  -c "\\copy lines from pstdin with (format csv, quote e'\\x01', delimiter e'\\x02')" \
  -c "create temporary table records on commit drop as
      select record from (select line::jsonb as value from lines offset 0) parsed, lateral jsonb_array_elements(
        case jsonb_typeof(value) when 'array' then value else jsonb_build_array(value) end) record" \
  -c "insert into songs select (record->>'id')::bigint, record->>'title', record->>'artist',
      (record->>'seconds')::integer from records where record->>'type' = 'song'" \
  -c "insert into movies select (record->>'id')::bigint, record->>'title', record->>'director',
      (record->>'year')::integer from records where record->>'type' = 'movie'" \
  -c "insert into apps select (record->>'id')::bigint, record->>'title', record->>'vendor',
      (record->>'size_kb')::integer from records where record->>'type' = 'app'" \
  -c "commit"
