# The README's build, in a box; the result runs as nobody and needs a volume for its data folder.
FROM rust:1.95-slim-bookworm AS build
RUN apt-get update && apt-get install -y --no-install-recommends gcc libc6-dev && rm -rf /var/lib/apt/lists/*
WORKDIR /src
COPY . .
RUN cargo build --release --locked

FROM debian:bookworm-slim
RUN apt-get update && apt-get install -y --no-install-recommends ca-certificates && rm -rf /var/lib/apt/lists/*
COPY --from=build /src/target/release/reportwire /usr/local/bin/reportwire
RUN install -d -o nobody -g nogroup /data
USER nobody
WORKDIR /data
VOLUME /data
ENTRYPOINT ["reportwire"]
CMD ["--help"]
