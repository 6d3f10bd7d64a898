# make demo   the whole thing in small, on this machine alone
# make test   everything that must hold: format, lints, build, every test
# make lint   the part of it that is quick
# make bench  speed and memory, as whole-process figures
# make torture the proofs that take too long for every build
.PHONY: demo test lint bench torture tools

demo:
	cargo run --release --locked -- demo

# The feature adds the places at which tests end the process; what is released has none (src/fail_point.rs).
test: tools lint
	cargo test --locked --features fail-points

lint:
	cargo fmt --check
	cargo clippy --all-targets --locked -- -D warnings
	cargo clippy --all-targets --locked --features fail-points -- -D warnings

bench:
	cargo bench --locked --features fail-points

torture:
	REPORTWIRE_TORTURE=1 cargo test --release --locked --features fail-points --lib --test torture

# SQLite and the TLS library are compiled from C: the one thing besides Rust that the build needs. The tests run clusters of
# PostgreSQL of their own, and nobody asked for the one that Debian would start beside them.
tools:
	@command -v cc >/dev/null || (apt-get update -qq && apt-get install -y -qq gcc libc6-dev)
	@command -v initdb >/dev/null || ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1 || (export DEBIAN_FRONTEND=noninteractive && \
	apt-get update -qq && apt-get install -y -qq postgresql-common && \
	sed -i 's/^#* *create_main_cluster *=.*/create_main_cluster = false/' /etc/postgresql-common/createcluster.conf && \
	apt-get install -y -qq postgresql)
