#!/usr/bin/env bash
# Fuzzes one target for so much processor time, in rounds that keep what they found; stops at a finding.
# usage: run.sh TARGET CPU_MINUTES [BINARY]     BINARY: what `cargo fuzz build` made, where it is not in target/
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"

target=$1
wanted=$(($2 * 60))
binary=${3:-target/$(rustc -vV | sed -n 's/^host: //p')/release/$target}
# The longest round, in seconds.
round=120
mkdir -p "corpus/$target" "artifacts/$target"

spent=0
runs=0
while [ "$spent" -lt "$wanted" ]; do
  log=$(mktemp)
  "$binary" "corpus/$target" "seeds/$target" -max_total_time="$round" -artifact_prefix="artifacts/$target/" \
    -max_len=16384 -timeout=300 -rss_limit_mb=1024 -malloc_limit_mb=128 -print_final_stats=1 2>"$log" || {
    cat "$log"
    exit 1
  }
  runs=$((runs + $(sed -n 's/^stat::number_of_executed_units: *//p' "$log")))
  reached=$(grep -o 'cov: [0-9]* ft: [0-9]*' "$log" | tail -1)
  # The second line of `times` is the user and system time of children so far, as in 12m3.456s 0m1.234s. In a pipe it
  # would be that of another shell.
  times >"$log"
  spent=$(sed -n 2p "$log" | tr 'ms' '  ' | awk '{ print int($1 * 60 + $2 + $3 * 60 + $4) }')
  echo "$target: $spent s of processor time, $runs runs, $reached, $(find "corpus/$target" -type f | wc -l) files"
  rm "$log"
done
