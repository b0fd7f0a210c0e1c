#!/usr/bin/env bash
# The single entry point for building, serving, testing and packing clip-wasm. It installs what is missing and says so.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"

usage() {
  cat <<'TEXT'
usage: ./build.sh COMMAND

  serve [PORT]      serve the page on this machine as soon as one build of the engine is ready, and make the others in the
                    background; port 8080 by default, 0 for any free port
  build             the command line (target/release/clip-wasm), the WebAssembly builds and the npm package (pkg/)
  kernel-tests      the unit tests of the kernels as WebAssembly, for tests/browser/kernels.test.mjs
  flavour NAME      one of the WebAssembly builds: simd, relaxed, research, or one of these with -threads appended
  try TEST          one test, as soon as it can run: part of a unit test's name, tests/NAME.rs [NAME], or
                    tests/browser/NAME.test.mjs [FLAVOUR...], which first makes simd and the builds named
  test              formatting, lints, docs, Rust tests, build, type checks, browser tests
  minutes           how long each step of a build took the last time it ran
  bench [ARGS]      build, then time it against onnxruntime-web and LiteRT.js (--json FILE, --markdown FILE,
                    --only NAME, --flag=FLAG for Chromium); the first run installs
                    PyTorch and makes full-size checkpoints: 10 GB in target/bench
  package [PROGRAM...]
                    build, pack and check the npm package, and try it with each bundler: build a program, open it in
                    browsers, and compare its scores with the command line's. PROGRAM limits this to programs whose names
                    begin so. Everything it installs is in target/package. If PYTHON names an interpreter with torch and
                    transformers, the calls of transformers.js are made in both, and the results compared
  dist [FOLDER]     build, then put the page into FOLDER (default: dist/) for any static host

Needs rustup and Node 20 or later. Environment: CHROMIUM and FIREFOX name the browsers for the tests.
TEXT
}

say() { printf '\n==> %s\n' "$*"; }

fail() {
  printf 'build.sh: %s\n' "$*" >&2
  exit 1
}

. tools/build/needs.sh
. tools/build/steps.sh
. tools/build/flavours.sh

# Background jobs end with this script.
trap 'trap - EXIT; kill $(jobs -p) 2>/dev/null || true' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
mkdir -p "$LOGS"

# Adds to the npm package what is neither a source nor a build: the models and the licences.
fill_package() {
  say "filling the npm package"
  node tools/package-models.mjs
  cp LICENSE-MIT LICENSE-APACHE pkg/
}

# Bundles the page as one HTML file, www/export/one-file.html, which Share completes with a demo. It takes half a second and
# includes the bindings of the builds "simd" and "research", so it runs after those.
bundle_one_file() {
  need_packages && node tools/one-file.mjs
}

build() {
  need_rust
  need_node
  step command-line "building the command line" cargo build --release
  say "making the WebAssembly builds"
  remove_former_builds
  local flavour
  for flavour in "${FLAVOURS[@]}"; do make_flavour "$flavour"; done
  say "checking the golden vectors of the embedded model"
  node tools/golden-vectors.mjs
  fill_package
  say "listing the files for offline use"
  node tools/precache.mjs
}

# A file for each build that is not ready yet: empty, or with the name of the build that replaces it until then
# (tools/serve.mjs).
COMING=target/coming

serve() {
  local port=${1:-8080} flavour late=()
  need_rust
  need_node
  node tools/serve.mjs --port "$port" --probe
  remove_former_builds
  rm -rf "$COMING"
  mkdir -p "$COMING"
  for flavour in "${FLAVOURS[@]:1}"; do
    is_fresh "$flavour" && continue
    late+=("$flavour")
    rm -rf "pkg/$flavour" www/export/one-file.html # made from other sources: it must not be served for the new one
  done
  [ ${#late[@]} = 0 ] || printf 'The page is served once the build simd is ready; then come %s.\n' "${late[*]}"
  make_flavour simd
  for flavour in ${late[@]+"${late[@]}"}; do
    case "$flavour" in
      relaxed) echo simd >"$COMING/$flavour" ;;
      research) : >"$COMING/$flavour" ;; # builds with threads need no file: without them the engine uses one thread
    esac
  done
  node tools/precache.mjs
  node tools/serve.mjs --port "$port" --coming "$COMING" &
  local server=$!
  count_processor_seconds
  keep_minutes until-served "$SECONDS" "$processor_seconds"
  for flavour in ${late[@]+"${late[@]}"}; do make_behind "$flavour"; done
  bundle_one_file || echo "Share cannot make a single file of the page: esbuild, which npm installs, is missing."
  node tools/precache.mjs
  if [ ${#late[@]} != 0 ]; then
    echo "Every build is ready: pages opened from now on run the fastest one for their browser."
  fi
  wait "$server"
}

# make_behind NAME: makes a build in the background while the page is served, and prints a line about it
make_behind() {
  local begun=$SECONDS last=''
  [ ! -f "$MINUTES/$1" ] || last=", which took $(spoken "$(cut -d' ' -f1 "$MINUTES/$1")") last time"
  echo "Making $1$last ..."
  nice ./build.sh flavour "$1" >"$LOGS/$1.log" 2>&1 &
  if wait $!; then
    echo "$1 is ready after $(spoken $((SECONDS - begun)))."
  else
    echo "$1 could not be made (see $LOGS/$1.log). The page works without it."
  fi
  rm -f "$COMING/$1"
}

try() {
  case "${1:-}" in
    '') fail "which test? Part of a unit test's name, tests/NAME.rs, or tests/browser/NAME.test.mjs" ;;
    *.mjs) try_in_browser "$@" ;;
    tests/*)
      local target=${1#tests/}
      target=${target%%/*}
      shift
      CARGO_INCREMENTAL=1 cargo test --release --test "${target%.rs}" -- "$@"
      ;;
    *) CARGO_INCREMENTAL=1 cargo test --release --lib -- "$@" ;;
  esac
}

# try_in_browser FILE FLAVOUR...: runs a browser test with simd, the named builds, and any others that are up to date
try_in_browser() {
  local file=$1 flavour fresh=() stale=()
  shift
  need_rust
  need_packages
  need_chromium
  for flavour in simd "$@"; do make_flavour "$flavour"; done
  fill_package
  for flavour in "${FLAVOURS[@]}"; do
    if is_fresh "$flavour"; then fresh+=("$flavour"); else stale+=("$flavour"); fi
  done
  [ ${#stale[@]} = 0 ] || echo "left out of the page because they are out of date: ${stale[*]} (name those that the test needs after it)"
  put_page target/browser-tests/page "${fresh[@]}"
  if ! [ -d target/browser-tests/page/pkg/relaxed ]; then # Chromium requests it; builds with threads may be missing
    cp -R target/browser-tests/page/pkg/{simd,relaxed}
    node tools/precache.mjs target/browser-tests/page
  fi
  node --test --test-reporter=spec "$file"
}

run_tests() {
  need_rust
  need_node
  say "checking the formatting"
  cargo fmt --all --check
  step lints "linting" lint
  step docs "documenting, without a warning" document
  step rust-tests "running the Rust tests" cargo test --release
  build
  say "testing the build itself"
  node --test --test-reporter=spec tests/build/*.test.mjs
  put_page target/browser-tests/page
  step kernel-tests "compiling the kernels' unit tests for WebAssembly" compile_kernel_tests
  need_packages
  need_chromium
  need_webkit
  say "checking the types of the JavaScript"
  npx tsc --project .
  npx tsc --project tests/browser
  step browser-tests "running the browser tests in $CHROMIUM" browser_tests tests/browser/*.test.mjs
  if find_firefox; then
    PAGE_BROWSER=firefox step firefox-tests "running the page's tests in $FIREFOX" browser_tests \
      tests/browser/{kernels,same-bits,page,page-{address,arrivals,choice,controls,honesty,hosts,lazy-tabs,long-lists,models,sharing,versions,ways-in},faults,research,research-{faults,folders,hour,truth},url-models}.test.mjs
  elif [ -n "${CI:-}" ]; then
    fail "no Firefox for the page's tests, which continuous integration must run"
  else
    say "SKIPPED: the page's tests in Firefox, which is not installed and cannot be"
  fi
  print_minutes
  say "all tests passed"
}

# browser_tests FILE...: runs two files at a time, since a page often waits for something other than a processor; then, one by
# one, the files that limit how long something may take by the clock. A file that has not ended after ten minutes has failed.
browser_tests() {
  local file together=() alone=() options=(--test --test-reporter=spec --test-timeout=600000)
  for file in "$@"; do
    case "$file" in
      */client.test.mjs | */faults.test.mjs | */page-main-thread.test.mjs) alone+=("$file") ;;
      *) together+=("$file") ;;
    esac
  done
  node "${options[@]}" --test-concurrency=2 "${together[@]}"
  node "${options[@]}" --test-concurrency=1 "${alone[@]}"
}

lint() {
  cargo clippy --all-targets -- -D warnings
  RUSTFLAGS="$WASM_RUSTFLAGS" \
    cargo clippy --lib --target "$WASM_TARGET" --no-default-features --features engine,research,relaxed -- -D warnings
}

# Checks the public documentation natively, and that of private items too for the page's target.
document() {
  RUSTDOCFLAGS='-D warnings' cargo doc --no-deps
  RUSTFLAGS="$WASM_RUSTFLAGS" RUSTDOCFLAGS='-D warnings' \
    cargo doc --no-deps --lib --document-private-items --target "$WASM_TARGET" --no-default-features \
    --features engine,research,relaxed
}

bench() {
  build
  need_packages
  need_chromium
  command -v python3 >/dev/null || fail "python3 is missing: the bench makes its checkpoints with PyTorch"
  local folder=target/bench
  mkdir -p "$folder"
  say "installing the peers into $folder"
  [ -x "$folder/python/bin/python" ] || python3 -m venv "$folder/python"
  "$folder/python/bin/pip" install --quiet -r benches/requirements.txt
  cp benches/package.json benches/package-lock.json "$folder/"
  npm ci --prefix "$folder" --ignore-scripts --no-audit --no-fund
  npx esbuild "$folder/node_modules/@litertjs/core/dist/index.js" --bundle --format=iife --global-name=liteRt --log-level=error --outfile="$folder/litert.js"
  say "making the checkpoints (ten minutes, once)"
  "$folder/python/bin/python" benches/checkpoints.py "$folder/checkpoints" models/everyday-clip.gguf
  if [ ! -f "$folder/checkpoints/vit-b-32/onnx/vision_int8.tflite" ]; then
    python3 -m venv "$folder/litert"
    "$folder/litert/bin/pip" install --quiet -r benches/requirements-litert.txt
    "$folder/litert/bin/python" benches/litert.py "$folder/checkpoints/vit-b-32"
  fi
  put_page "$folder/page"
  say "timing"
  node benches/run.mjs "$@"
}

package() {
  build
  need_packages
  need_chromium
  find_firefox || say "SKIPPED: the package in Firefox, which is not installed and cannot be"
  local folder=target/package
  mkdir -p "$folder"
  if ! cmp -s tests/package/package-lock.json "$folder/package-lock.json" || ! [ -d "$folder/node_modules" ]; then
    say "installing the bundlers into $folder"
    cp tests/package/package{,-lock}.json "$folder/"
    npm ci --prefix "$folder" --ignore-scripts --no-audit --no-fund
    (cd "$folder/node_modules/bun" && node install.js) # installs the binary for this machine
  fi
  say "packing"
  node tools/package.mjs
  say "checking what the package exports, and its types"
  "$folder/node_modules/.bin/publint" run "$folder/clip-wasm.tgz" --strict
  "$folder/node_modules/.bin/attw" "$folder/clip-wasm.tgz" --profile esm-only --format ascii --summary
  npx tsc --project tests/package/types
  if [ $# = 0 ]; then
    say "comparing its calls with those of transformers.js"
    node tests/package/side-by-side/compare.mjs
  fi
  say "trying the package"
  node tests/package/matrix.mjs "$@"
}

dist() {
  build
  put_page "${1:-dist}"
}

# put_page FOLDER FLAVOUR...: copies what a static host needs, replacing an earlier page; with all builds unless some are named
put_page() {
  local folder=$1 flavour
  shift
  [ $# != 0 ] || set -- "${FLAVOURS[@]}"
  if [ -n "$(ls -A "$folder" 2>/dev/null)" ] && [ ! -f "$folder/service-worker.js" ]; then
    fail "$folder contains something other than an earlier page: name an empty folder"
  fi
  say "putting the page into $folder"
  bundle_one_file
  rm -rf "${folder:?}"/{index.html,demo.json,service-worker.js,www,models,datasets,pkg}
  mkdir -p "$folder/pkg" "$folder/datasets"
  cp -R index.html demo.json service-worker.js LICENSE-MIT LICENSE-APACHE www models "$folder"/
  cp -R datasets/drawings "$folder/datasets/"
  cp -R pkg/engine "$folder/pkg/"
  rm "$folder"/pkg/engine/{index,client/{simd,node,inline}-engine-client,worker/worker-{simd,node}}.js # only for the npm package
  for flavour in "$@"; do
    mkdir -p "$folder/pkg/$flavour"
    cp "pkg/$flavour"/clip_wasm{.js,_bg.wasm} "$folder/pkg/$flavour/"
  done
  find "$folder/www" "$folder/pkg/engine" -name '*.d.ts' -delete
  node tools/minify.mjs "$folder"
  node tools/precache.mjs "$folder"
  echo "$folder is ready for any static host: $(du -sh "$folder" | cut -f1)"
}

case "${1:-}" in
  build) build ;;
  serve) serve "${2:-}" ;;
  flavour)
    need_rust
    need_node
    make_flavour "${2:?which one? ${FLAVOURS[*]}}"
    ;;
  kernel-tests)
    need_rust
    step kernel-tests "compiling the kernels' unit tests for WebAssembly" compile_kernel_tests
    ;;
  try)
    shift
    try "$@"
    ;;
  test) run_tests ;;
  minutes) print_minutes ;;
  bench)
    shift
    bench "$@"
    ;;
  package)
    shift
    package "$@"
    ;;
  dist) dist "${2:-}" ;;
  -h | --help | help) usage ;;
  *)
    usage >&2
    exit 2
    ;;
esac
