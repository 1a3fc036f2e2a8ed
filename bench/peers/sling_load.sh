#!/usr/bin/env bash
# sling 1.4.11, the last that PyPI holds whole. It does not dedupe: its own upsert fails on a repeated key, so products go into a
# table between, and are upserted there. reviews: `snapshot` appends. Not used: --columns '{…: text}', with which it swapped
# columns in 3 of 12 runs, exit code 0.
#   sling_load.sh products|reviews|media INPUT
set -euo pipefail
export TARGET="$URL?sslmode=disable" SLING_HOME_DIR=$SCRATCH SLING_DISABLE_TELEMETRY=true
export SLING_LOADED_AT_COLUMN=false SLING_STREAM_URL_COLUMN=false

sling() { # INPUT TABLE OPTION…
  local input=$1 table=$2
  shift 2
  "$HOME_OF_PEER/bin/sling" run --src-stream "file://$input" --tgt-conn TARGET --tgt-object "public.$table" "$@"
}
sql() { "$PSQL" -X -q -v ON_ERROR_STOP=1 "$URL" -c "$1"; }

case $1 in
  products)
    SLING_ROW_NUM_COLUMN=true sling "$2" incoming --mode full-refresh
    sql "insert into products select distinct on (sku) name, sku, description from incoming order by sku, _sling_row_num desc
      on conflict (sku) do update set name = excluded.name, description = excluded.description; drop table incoming"
    ;;
  reviews) sling "$2" reviews --mode snapshot --src-options '{format: jsonlines, flatten: true}' \
    --tgt-options '{column_casing: target}' ;;
  media)
    sling "$2/" incoming --mode full-refresh --src-options '{format: json, flatten: true}'
    sql "insert into songs select id, title, artist, seconds from incoming where type = 'song';
      insert into movies select id, title, director, year from incoming where type = 'movie';
      insert into apps select id, title, vendor, size_kb from incoming where type = 'app'; drop table incoming"
    ;;
esac
