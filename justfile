# The recipes that a person types. `./test` is the gate and needs no `just`.

# List the recipes.
default:
    @just --list

# Everything that must hold, as the gate runs it.
test:
    ./test

# Rust tests alone, of one crate when named: `just rust amana-vault`.
rust *crate:
    cargo test {{ if crate == "" { "--workspace" } else { "-p " + crate } }}

# Real S3 programs against a running binary; extra words go to pytest: `just clients -k rclone`.
clients *args:
    ./test clients {{ args }}

# Format, and what clippy says.
lint:
    cargo fmt --all
    cargo clippy --workspace --all-targets -- -D warnings

# A small country on this machine.
demo *folder:
    cargo run --release -- demo {{ folder }}

# Amana beside Garage; GARAGE names the other binary.
bench *args:
    bench/s3.sh {{ args }}

# The figures of docs/scale.md: `just bench-scale costs`, `country`, `objects`, and `plots` for its charts.
bench-scale what *args:
    cargo run --release -p bench-scale -- {{ what }} {{ args }}

# Licences, sources and duplicates of what is linked in.
deny:
    cargo deny check licenses bans sources

# Each parser under the fuzzer for a minute; needs a nightly toolchain and cargo-fuzz.
fuzz seconds="60":
    cd fuzz && for target in $(cargo fuzz list); do cargo +nightly fuzz run "$target" -- -max_total_time={{ seconds }}; done
