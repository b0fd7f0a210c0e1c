#!/usr/bin/env bash
# The one entry to building, serving, testing and packing clip-wasm. It installs what is missing and says so.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"

usage() {
  cat <<'TEXT'
usage: ./build.sh COMMAND

  build           the command line (target/release/clip-wasm), the WebAssembly flavours and the npm package (pkg/)
  serve [PORT]    build, then serve the page on this machine; 8080 unless told otherwise, 0 for any free port
  test            formatting, lints, Rust tests, build, type checks, browser tests
  bench [ARGS]    build, then time it against onnxruntime-web (--json FILE, --only NAME); the first time this installs
                  PyTorch and makes full-size checkpoints: 10 GB under target/bench
  dist [FOLDER]   build, then put the page into FOLDER (dist/ unless told otherwise) for any static host

Needs rustup and Node 20 or later. Environment: CHROMIUM and FIREFOX name the browsers for the tests.
TEXT
}

WASM_TARGET=wasm32-unknown-unknown
# Three builds each share these, and with them every compiled dependency; only kernels turn relaxed SIMD on for themselves.
WASM_RUSTFLAGS='-Ctarget-feature=+simd128 --cfg getrandom_backend="wasm_js"'
THREADS_RUSTFLAGS='-Ctarget-feature=+simd128,+atomics,+bulk-memory,+mutable-globals --cfg getrandom_backend="wasm_js"
  -Clink-arg=--shared-memory -Clink-arg=--import-memory -Clink-arg=--max-memory=4294967296
  -Clink-arg=--export=__wasm_init_tls -Clink-arg=--export=__tls_size
  -Clink-arg=--export=__tls_align -Clink-arg=--export=__tls_base'
FLAVOURS=(simd relaxed lab simd-threads relaxed-threads lab-threads)
TOOLS="$PWD/target/tools"

say() { printf '\n==> %s\n' "$*"; }

fail() {
  printf 'build.sh: %s\n' "$*" >&2
  exit 1
}

need_rust() {
  command -v cargo >/dev/null || fail "cargo is missing: install Rust from https://rustup.rs"
  command -v rustup >/dev/null || return 0 # a distribution's Rust: then the target has to be there
  if ! rustup target list --installed | grep -qx "$WASM_TARGET"; then
    say "installing the Rust target $WASM_TARGET"
    rustup target add "$WASM_TARGET"
  fi
  local component
  for component in rustfmt clippy rust-src; do
    rustup component list --installed | grep -q "^$component" && continue
    say "installing the Rust component $component"
    rustup component add "$component"
  done
}

need_node() {
  command -v node >/dev/null || fail "node is missing: install Node.js 20 or later from https://nodejs.org"
  local major
  major=$(node -p 'process.versions.node.split(".")[0]')
  [ "$major" -ge 20 ] || fail "node $(node --version) is too old: 20 or later is needed"
}

# The generator must be of exactly the version that the crate was compiled with.
need_wasm_bindgen() {
  local version
  version=$(awk '/^name = "wasm-bindgen"$/ { getline; gsub(/.*= "|"/, ""); print }' Cargo.lock)
  [ "$("$TOOLS/bin/wasm-bindgen" --version 2>/dev/null)" = "wasm-bindgen $version" ] && return
  say "installing wasm-bindgen-cli $version into target/tools (a few minutes, once)"
  # Little optimised, it compiles in half the time and is done with a flavour in the same second and a half.
  CARGO_PROFILE_RELEASE_OPT_LEVEL=1 \
    cargo install wasm-bindgen-cli --version "=$version" --bin wasm-bindgen --root "$TOOLS" --force
}

need_packages() {
  need_node
  [ node_modules/.package-lock.json -nt package-lock.json ] && return
  say "installing the npm packages of package-lock.json"
  npm ci --no-audit --no-fund
}

# Sets CHROMIUM to a browser that can be run.
need_chromium() {
  if [ -n "${CHROMIUM:-}" ]; then
    command -v "$CHROMIUM" >/dev/null || fail "CHROMIUM names $CHROMIUM, which cannot be run"
  elif ! CHROMIUM=$(find_command chromium chromium-browser google-chrome google-chrome-stable); then
    install_packages chromium ||
      fail "no Chromium for the browser tests: install one, name one in CHROMIUM, or run this as root where apt-get is"
    CHROMIUM=$(find_command chromium) || fail "apt-get installed chromium, but it is not in PATH"
  fi
  export CHROMIUM
}

# Installs what the test in WebKit needs, or says that it is left out.
need_webkit() {
  command -v WebKitWebDriver >/dev/null && command -v Xvfb >/dev/null && return
  install_packages webkit2gtk-driver xvfb || say "SKIPPED: the page's test in WebKit, which is not here and cannot be installed"
}

# Sets FIREFOX to a browser that can be run; fails where there is none to be had.
find_firefox() {
  FIREFOX=${FIREFOX:-$(find_command firefox-esr firefox)} ||
    { install_packages firefox-esr && FIREFOX=$(find_command firefox-esr); } || return 1
  command -v "$FIREFOX" >/dev/null || return 1
  export FIREFOX
}

# install_packages NAME...: by apt-get, where that is and may
install_packages() {
  [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null || return 1
  say "installing $* with apt-get"
  apt-get update -q && DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends "$@"
}

find_command() {
  local name
  for name in "$@"; do
    command -v "$name" && return
  done
  return 1
}

# build_flavour NAME FEATURES: compiles the library and writes pkg/NAME/
build_flavour() {
  compile "$1" "$2" target "$WASM_RUSTFLAGS"
}

# The same with threads, which need shared memory and a standard library with atomics.
build_threads_flavour() {
  compile "$1" "$2" target/threads "${THREADS_RUSTFLAGS//$'\n'/ }"
}

# compile NAME FEATURES FOLDER RUSTFLAGS: with a standard library compiled from its own sources, for SIMD and for size,
# which takes 30 kB of every download. Stable Rust does that where RUSTC_BOOTSTRAP lets it use the option for it.
compile() {
  local name=$1 features=$2 folder=$3 flags=$4
  say "building the $name flavour (the first one in $folder compiles the standard library)"
  RUSTC_BOOTSTRAP=1 RUSTFLAGS="$flags" \
    cargo build --profile wasm --lib --target "$WASM_TARGET" --target-dir "$folder" --no-default-features \
    --features "$features" -Zbuild-std=std,panic_abort -Zbuild-std-features=optimize_for_size
  bind "$name" "$folder/$WASM_TARGET/wasm/clip_wasm.wasm"
}

# bind NAME FILE: writes the JavaScript side of a compiled flavour
bind() {
  local name=$1
  "$TOOLS/bin/wasm-bindgen" --target web --remove-name-section --remove-producers-section \
    --out-dir "pkg/$name" "$2"
  local wasm="pkg/$name/clip_wasm_bg.wasm"
  echo "$wasm: $(wc -c <"$wasm") bytes, $(gzip -9c "$wasm" | wc -c) compressed"
}

# The npm package gets the engine and the embedded models; there, flavours and models lie one folder up, not two.
fill_package() {
  say "filling the npm package"
  rm -rf pkg/engine pkg/models
  mkdir -p pkg/engine pkg/models
  cp -R www/engine/. pkg/engine/
  sed -i.orig -e 's#"../../pkg/#"../#; s#"../../models/#"../models/#' pkg/engine/places.js
  rm pkg/engine/places.js.orig
  cp -R models/. pkg/models/
  cp LICENSE-MIT LICENSE-APACHE pkg/
}

build() {
  need_rust
  need_node
  say "building the command line"
  cargo build --release
  need_wasm_bindgen
  build_flavour simd engine
  build_flavour relaxed engine,relaxed
  build_flavour lab lab
  build_threads_flavour simd-threads engine
  build_threads_flavour relaxed-threads engine,relaxed
  build_threads_flavour lab-threads lab
  say "checking the golden vectors of the embedded model"
  node tools/golden-vectors.mjs
  fill_package
  say "listing the files for offline use"
  node tools/precache.mjs
}

run_tests() {
  need_rust
  say "checking the formatting"
  cargo fmt --check
  say "linting"
  cargo clippy --all-targets -- -D warnings
  RUSTFLAGS="$WASM_RUSTFLAGS" \
    cargo clippy --lib --target "$WASM_TARGET" --no-default-features --features engine,lab,relaxed -- -D warnings
  say "running the Rust tests"
  cargo test --release
  build
  put_page target/browser-tests/page
  need_packages
  need_chromium
  need_webkit
  say "checking the types of the JavaScript"
  npx tsc --project .
  npx tsc --project tests/browser
  say "running the browser tests in $CHROMIUM"
  node --test --test-reporter=spec tests/browser/*.test.mjs
  if find_firefox; then
    say "running the page's tests in $FIREFOX"
    PAGE_BROWSER=firefox node --test --test-reporter=spec tests/browser/{same-bits,page,page-{address,controls,hosts,models,sharing,ways-in},faults,research,research-faults}.test.mjs
  else
    say "SKIPPED: the page's tests in Firefox, which is not here and cannot be installed"
  fi
  say "all tests passed"
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
  say "making the checkpoints (ten minutes, once)"
  "$folder/python/bin/python" benches/checkpoints.py "$folder/checkpoints" models/emoji-clip.gguf
  put_page "$folder/page"
  say "timing"
  node benches/run.mjs "$@"
}

dist() {
  build
  put_page "${1:-dist}"
}

# put_page FOLDER: what a static host needs, in place of an earlier page
put_page() {
  local folder=$1
  if [ -n "$(ls -A "$folder" 2>/dev/null)" ] && [ ! -f "$folder/service-worker.js" ]; then
    fail "$folder holds something else than an earlier page: name an empty folder"
  fi
  say "putting the page into $folder"
  rm -rf "${folder:?}"/{index.html,demo.json,service-worker.js,www,models,datasets,pkg}
  mkdir -p "$folder"
  cp -R index.html demo.json service-worker.js LICENSE-MIT LICENSE-APACHE www models datasets "$folder"/
  local flavour
  for flavour in "${FLAVOURS[@]}"; do
    mkdir -p "$folder/pkg/$flavour"
    cp "pkg/$flavour"/clip_wasm{.js,_bg.wasm} "$folder/pkg/$flavour/"
  done
  find "$folder/www" -name '*.d.ts' -delete
  need_packages
  node tools/minify.mjs "$folder"
  node tools/precache.mjs "$folder"
  echo "$folder is ready for any static host: $(du -sh "$folder" | cut -f1)"
}

case "${1:-}" in
  build) build ;;
  serve)
    build
    say "serving the page"
    exec node tools/serve.mjs --port "${2:-8080}"
    ;;
  test) run_tests ;;
  bench)
    shift
    bench "$@"
    ;;
  dist) dist "${2:-}" ;;
  -h | --help | help) usage ;;
  *)
    usage >&2
    exit 2
    ;;
esac
