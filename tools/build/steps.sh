# Steps that print how long they took last time, which is saved in target/minutes/. Sourced by build.sh.

MINUTES=target/minutes

# step NAME WHAT COMMAND...: prints WHAT, runs the command, and saves under NAME how long it took
step() {
  local name=$1 what=$2 before begun wall
  shift 2
  [ ! -f "$MINUTES/$name" ] || what="$what; last time it took $(spoken "$(cut -d' ' -f1 "$MINUTES/$name")")"
  say "$what"
  count_processor_seconds
  before=$processor_seconds begun=$SECONDS
  "$@"
  wall=$((SECONDS - begun))
  count_processor_seconds
  keep_minutes "$name" "$wall" $((processor_seconds - before))
  echo "took $(spoken "$wall")"
}

# keep_minutes NAME SECONDS PROCESSOR-SECONDS
keep_minutes() {
  mkdir -p "$MINUTES"
  echo "$2 $3 $(date +%Y-%m-%dT%H:%M)" >"$MINUTES/$1"
}

# Sets `processor_seconds` to the processor time used by all finished commands of this script.
count_processor_seconds() {
  local counted
  counted=$(mktemp)
  times >"$counted" # not in $( ) or a pipe: a subshell counts only its own commands
  processor_seconds=$(awk 'END { gsub(/[ms]/, " "); printf "%d", $1 * 60 + $2 + $3 * 60 + $4 }' "$counted")
  rm "$counted"
}

# spoken SECONDS: prints a duration in words
spoken() {
  if [ "$1" -lt 100 ]; then echo "$1 s"; else printf '%d min %02d s\n' $(($1 / 60)) $(($1 % 60)); fi
}

# Prints how long each step took the last time it ran.
print_minutes() {
  [ -d "$MINUTES" ] || fail "no step has been timed in target/ yet: build something first"
  printf '%-18s %12s %16s   %s\n' step time 'processor time' when
  local file wall processor when
  for file in $(ls -tr "$MINUTES"); do
    read -r wall processor when <"$MINUTES/$file"
    printf '%-18s %12s %16s   %s\n' "$file" "$(spoken "$wall")" "$(spoken "$processor")" "$when"
  done
}
