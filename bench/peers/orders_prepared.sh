#!/usr/bin/env bash
# Two prepared files, one after the other:
#   orders_prepared.sh INGOT URL PIPELINES
set -euo pipefail
for each in orders_parents orders_lines; do
  "$1" run --quiet "$3/$each.yaml" --set "to.connection=$2" > /dev/null
done
