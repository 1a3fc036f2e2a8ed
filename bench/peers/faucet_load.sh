#!/usr/bin/env bash
# faucet-cli: every job a topology, which reads and writes at once. products: its own upsert (INSERT … ON CONFLICT, fastest in small
# pages; a key repeated within a page is coalesced). media: arrays and NDJSON are two sources, merged and filtered three ways.
#   faucet_load.sh products|reviews|media INPUT
set -euo pipefail
job=$SCRATCH/job.yaml
sink() { # TABLE ROWS_A_PAGE MORE
  echo "{type: postgres, config: {connection_url: '$URL?sslmode=disable', table_name: $1, column_mapping: auto_map, batch_size: $2, $3}}"
}

products() {
  cat <<END
  sources: {file: {type: csv, config: {path: '$1', batch_size: 1000}}}
  sinks: {table: $(sink products 1000 "write_mode: upsert, key: [sku]")}
  nodes: {read: {kind: source, ref: file}, write: {kind: sink, ref: table}}
  edges: [{from: read, to: write}]
END
}

reviews() {
  cat <<END
  sources: {file: {type: file, config: {path: '$1', format: json_lines, batch_size: 5000}}}
  sinks: {table: $(sink reviews 5000 "write_method: copy")}
  nodes:
    read: {kind: source, ref: file}
    names: {kind: transform, transforms: [{type: rename_field, config: {fields: {reviewerID: reviewerid,
      reviewerName: reviewername, reviewText: reviewtext, unixReviewTime: unixreviewtime, reviewTime: reviewtime}}}]}
    write: {kind: sink, ref: table}
  edges: [{from: read, to: names}, {from: names, to: write}]
END
}

media() {
  local copy="write_method: copy" table
  cat <<END
  sources:
    arrays: {type: file, config: {path: '$1/*[02468].json', format: json_array, batch_size: 5000}}
    lines: {type: file, config: {path: '$1/*[13579].json', format: json_lines, batch_size: 5000}}
  sinks: {songs: $(sink songs 5000 "$copy"), movies: $(sink movies 5000 "$copy"), apps: $(sink apps 5000 "$copy")}
  nodes:
    read_arrays: {kind: source, ref: arrays}
    read_lines: {kind: source, ref: lines}
    all: {kind: merge}
    fan: {kind: tee}
END
  for table in song movie app; do
    echo "    only_$table: {kind: transform, transforms: [{type: filter, config: {path: type, op: eq, value: $table}}]}"
    echo "    write_$table: {kind: sink, ref: ${table}s}"
  done
  echo "  edges: [{from: read_arrays, to: all}, {from: read_lines, to: all}, {from: all, to: fan}"
  for table in song movie app; do echo "    , {from: fan, to: only_$table}, {from: only_$table, to: write_$table}"; done
  echo "    ]"
}

{ printf 'version: 1\nname: bench\npipeline:\n' && "$1" "$2"; } >"$job"
exec "$HOME_OF_PEER/bin/faucet" run --quiet --no-env-file "$job"
