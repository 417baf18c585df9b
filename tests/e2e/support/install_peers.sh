#!/usr/bin/env bash
# Builds the real MoQ peers the end-to-end tests talk to, once per version, and links them
# where the tests look.
set -euo pipefail

readonly RELAY=0.14.12 CLI=0.9.12

cache="${XDG_CACHE_HOME:-$HOME/.cache}/ec-node-peers"
mkdir -p "$cache/bin"

# peer <crate> <version> <binary>
peer() {
  local root="$cache/$1-$2"
  if [[ ! -x "$root/bin/$3" ]]; then
    CARGO_TARGET_DIR="$cache/target" cargo install "$1" --version "$2" --locked --root "$root" \
      --no-default-features --features quinn,websocket
  fi
  ln -sfn "../$1-$2/bin/$3" "$cache/bin/$3"
}

peer moq-relay "$RELAY" moq-relay
peer moq-cli "$CLI" moq
