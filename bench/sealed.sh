#!/usr/bin/env bash
# A gateway beside its data centre alone, `age` and `rclone crypt`, as Markdown on standard output; `bench/sealed.sh
# --help` lists the options.
#
# Needs wrk, age, rclone and python3. Sealing in memory alone is `cargo run --release -p bench-seal`.
set -euo pipefail
cd "$(dirname "$0")/.."
cargo build --release --locked -p amana
export AMANA_BIN=${CARGO_TARGET_DIR:-$PWD/target}/release/amana
export PYTHONDONTWRITEBYTECODE=1
exec python3 bench/sealed.py "$@"
