# The WebAssembly builds of the page: how each is compiled, and whether it is up to date. Sourced by build.sh.

WASM_TARGET=wasm32-unknown-unknown
# Each set of flags is shared by three builds, and so are all compiled dependencies; only kernels enable relaxed SIMD.
WASM_RUSTFLAGS='-Ctarget-feature=+simd128 --cfg getrandom_backend="wasm_js"'
THREADS_RUSTFLAGS='-Ctarget-feature=+simd128,+atomics,+bulk-memory,+mutable-globals --cfg getrandom_backend="wasm_js" -Clink-arg=--shared-memory -Clink-arg=--import-memory -Clink-arg=--max-memory=4294967296 -Clink-arg=--export=__wasm_init_tls -Clink-arg=--export=__tls_size -Clink-arg=--export=__tls_align -Clink-arg=--export=__tls_base'
STD=(-Zbuild-std=std,panic_abort -Zbuild-std-features=optimize_for_size)
# The build that every browser can run comes first.
FLAVOURS=(simd relaxed research relaxed-threads simd-threads research-threads)
BIND=target/tool/bind
LOGS=target/logs

# plan NAME: sets `rustflags`, `folder` and `cargo_words` for a build. The standard library is compiled from source, with SIMD
# and for size, which makes every download 30 kB smaller. RUSTC_BOOTSTRAP allows stable Rust to use the option for that.
plan() {
  local features
  case "$1" in
    simd | simd-threads) features=engine ;;
    relaxed | relaxed-threads) features=engine,relaxed ;;
    research | research-threads) features=research ;;
    *) fail "there is no build $1; there are ${FLAVOURS[*]}" ;;
  esac
  case "$1" in
    *-threads) folder=target/threads rustflags=$THREADS_RUSTFLAGS ;;
    *) folder=target rustflags=$WASM_RUSTFLAGS ;;
  esac
  cargo_words=(build --profile wasm --lib --target "$WASM_TARGET" --target-dir "$folder" --no-default-features
    --features "$features" "${STD[@]}")
}

# Compiles the unit tests of the kernels for WebAssembly, into target/kernel-tests: one module for each kind of engine, with
# its instructions and its standard library. What they share with the builds is not compiled again.
compile_kernel_tests() {
  local flavour features made
  mkdir -p target/kernel-tests
  for flavour in simd relaxed simd-threads relaxed-threads; do
    plan "$flavour"
    features=''
    [[ $flavour = simd* ]] || features=relaxed
    made=$(RUSTC_BOOTSTRAP=1 RUSTFLAGS="$rustflags" cargo test --package kernel-tests --lib --no-run --profile wasm \
      --target "$WASM_TARGET" --target-dir "$folder" --features "$features" "${STD[@]}" -Zpanic-abort-tests \
      --message-format json-render-diagnostics | sed -n 's/.*"executable":"\([^"]*\)".*/\1/p')
    cp "$made" "target/kernel-tests/$flavour.wasm"
  done
}

# Prints the command of the planned build in one line: if it changes, the build is out of date.
planned() {
  echo "$(rustc --version) $rustflags ${cargo_words[*]}"
}

# is_fresh NAME: whether pkg/NAME exists and is up to date
is_fresh() {
  plan "$1"
  node tools/fresh.mjs check "$1" "$(planned)"
}

# Removes builds whose names are no longer in use, so that they are neither served nor packed.
remove_former_builds() {
  local binary name
  for binary in pkg/*/clip_wasm_bg.wasm; do
    [ -e "$binary" ] || continue
    name=$(basename "$(dirname "$binary")")
    [[ " ${FLAVOURS[*]} " == *" $name "* ]] || rm -rf "pkg/$name"
  done
}

# make_flavour NAME: compiles the library into pkg/NAME unless that is up to date
make_flavour() {
  if is_fresh "$1"; then
    echo "pkg/$1 is up to date"
    return
  fi
  step "$1" "making the $1 build" compile "$1"
}

compile() {
  local name=$1 begun binder='' made
  plan "$name"
  begun=$(node -p 'Date.now()')
  if ! [ "$BIND" -nt Cargo.lock ] || ! [ "$BIND" -nt tools/bind/src/main.rs ]; then
    # In parallel, at lower priority.
    (step bind "compiling wasm-bindgen" nice -n 5 cargo build --package bind --profile tool --target-dir target) \
      >"$LOGS/bind.log" 2>&1 &
    binder=$!
  fi
  # In the background, so that a signal to this script is handled at once.
  RUSTC_BOOTSTRAP=1 RUSTFLAGS="$rustflags" cargo "${cargo_words[@]}" &
  wait $!
  if [ -n "$binder" ]; then
    wait "$binder" || fail "wasm-bindgen could not be compiled: see $LOGS/bind.log"
    touch "$BIND" # Cargo does not rebuild it if only other lines of the lock file changed
  fi
  made=target/made/$name
  rm -rf "$made"
  "$BIND" "$folder/$WASM_TARGET/wasm/clip_wasm.wasm" "$made"
  # Replaced in one step: an open page finds either the old build or the new one.
  rm -rf "pkg/$name"
  mv "$made" "pkg/$name"
  local wasm=pkg/$name/clip_wasm_bg.wasm
  node tools/fresh.mjs keep "$name" "$(planned)" "$begun" "$folder/$WASM_TARGET/wasm/libclip_wasm.d" "pkg/$name/clip_wasm.js" "$wasm"
  echo "$wasm: $(wc -c <"$wasm") bytes, $(gzip -9c "$wasm" | wc -c) compressed"
}
