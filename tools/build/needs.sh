# Requirements of the commands: each is found, or installed with a message. Sourced by build.sh.

need_rust() {
  command -v cargo >/dev/null || fail "cargo is missing: install Rust from https://rustup.rs"
  command -v rustup >/dev/null || return 0 # Rust from a distribution: the target must be installed already
  local channel component
  channel=$(sed -n 's/^channel = "\(.*\)"$/\1/p' rust-toolchain.toml)
  if ! rustup toolchain list | grep "^$channel" >/dev/null; then
    say "installing Rust $channel"
    rustup toolchain install "$channel" --profile minimal --no-self-update
  fi
  if ! rustup target list --installed | grep -x "$WASM_TARGET" >/dev/null; then
    say "installing the Rust target $WASM_TARGET"
    rustup target add "$WASM_TARGET"
  fi
  for component in rustfmt clippy rust-src; do
    rustup component list --installed | grep "^$component" >/dev/null && continue
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

need_packages() {
  need_node
  [ node_modules/.package-lock.json -nt package-lock.json ] && return
  say "installing the npm packages of package-lock.json"
  npm ci --no-audit --no-fund
}

# Sets CHROMIUM to an executable browser.
need_chromium() {
  if [ -n "${CHROMIUM:-}" ]; then
    command -v "$CHROMIUM" >/dev/null || fail "CHROMIUM is $CHROMIUM, which cannot be run"
  elif ! CHROMIUM=$(find_command chromium chromium-browser google-chrome google-chrome-stable); then
    install_packages chromium ||
      fail "no Chromium for the browser tests: install it, set CHROMIUM, or run this as root on a system with apt-get"
    CHROMIUM=$(find_command chromium) || fail "apt-get installed chromium, but it is not in PATH"
  fi
  export CHROMIUM
}

# Installs what the test in WebKit needs, or says that the test is skipped.
need_webkit() {
  command -v WebKitWebDriver >/dev/null && command -v Xvfb >/dev/null && return
  install_packages webkit2gtk-driver xvfb || say "SKIPPED: the page's test in WebKit, which is not installed and cannot be"
}

# Sets FIREFOX to an executable browser; fails if there is none.
find_firefox() {
  FIREFOX=${FIREFOX:-$(find_command firefox-esr firefox)} ||
    { install_packages firefox-esr && FIREFOX=$(find_command firefox-esr); } || return 1
  command -v "$FIREFOX" >/dev/null || return 1
  export FIREFOX
}

# install_packages NAME...: with apt-get, if it is available and permitted
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
