#!/usr/bin/env bash
# Amana beside Garage, as Markdown on standard output; `bench/s3.sh --help` lists the options.
#
#   GARAGE=~/.cargo/bin/garage bench/s3.sh
#
# Needs wrk and python3. Without GARAGE, Amana alone. GARAGE is `cargo install garage`.
set -euo pipefail
cd "$(dirname "$0")/.."
cargo build --release --locked -p amana
export AMANA_BIN=${CARGO_TARGET_DIR:-$PWD/target}/release/amana
export PYTHONDONTWRITEBYTECODE=1
python3 bench/memory.py >&2
exec python3 bench/s3.py "$@"
