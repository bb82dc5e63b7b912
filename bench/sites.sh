#!/usr/bin/env bash
# The server of sites beside nginx and Caddy, as Markdown on standard output; `bench/sites.sh --help` lists the options.
#
# Needs two cores, and Debian's nginx, caddy, php-fpm, wrk, openssl and python3.
set -euo pipefail
cd "$(dirname "$0")/.."
cargo build --release --locked -p bench-sites
export BENCH_SITES=${CARGO_TARGET_DIR:-$PWD/target}/release/bench-sites
export PYTHONDONTWRITEBYTECODE=1
exec python3 bench/sites.py "$@"
