#!/usr/bin/env bash
# Lines into a temporary table, taken apart as jsonb by the server, one transaction.
#   reviews_psql.sh PSQL URL FILE.gz
set -euo pipefail
gzip -dc "$3" | "$1" -X -q -v ON_ERROR_STOP=1 "$2" \
  -c "begin" \
  -c "create temporary table lines (line text) on commit drop" \
  -c "\\copy lines from pstdin with (format csv, quote e'\\x01', delimiter e'\\x02')" \
  -c "insert into reviews select record->>'reviewerID', record->>'asin', record->>'reviewerName', record->>'helpful',
      record->>'reviewText', (record->>'overall')::double precision, record->>'summary',
      (record->>'unixReviewTime')::bigint, record->>'reviewTime'
      from (select line::jsonb as record from lines offset 0) parsed" \
  -c "commit"
