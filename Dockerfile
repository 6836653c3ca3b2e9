# The service as an image: `docker build -t calsos .`, with BuildKit (Docker 23 or newer) or
# podman. `.ci/image` builds it and runs what it makes.
#
# It links the system's libpq, not the one without TLS that the default build has inside: from a
# container, a PostgreSQL server is always another machine, and calsos speaks to another machine
# with TLS unless it is told otherwise. One image serves both databases, so that there is no
# choice to make when it is built.

FROM rust:1.95.0-slim-bookworm AS build
# Debian keeps only the newest revision of a package: one that is pinned cannot be installed any
# more after the next security update.
# hadolint ignore=DL3008
RUN apt-get update \
    && apt-get install -y --no-install-recommends ca-certificates libpq-dev \
    && rm -rf /var/lib/apt/lists/*
WORKDIR /source
COPY . .
# Crates and what was compiled of them are kept between builds. cargo tells by its time whether
# a source is newer than what was compiled of it; the times in a checkout say when it was checked
# out. So every source is new.
RUN --mount=type=cache,target=/usr/local/cargo/registry,sharing=locked \
    --mount=type=cache,target=/source/target,sharing=locked \
    find api domain ingest persistence sample -name '*.rs' -exec touch {} + \
    && cargo build --profile image --locked -p calsos-api \
        --no-default-features --features system-libpq \
    && strip target/image/calsos -o /tmp/calsos \
    && image/root /tmp/calsos /out

FROM scratch
COPY --from=build /out /

LABEL org.opencontainers.image.title="calsos" \
      org.opencontainers.image.description="California's System of Support as a service" \
      org.opencontainers.image.version="0.1.0" \
      org.opencontainers.image.licenses="Apache-2.0"

# The program writes nowhere else; with PostgreSQL, files that are sent wait here until they are
# whole.
VOLUME /var/lib/calsos
WORKDIR /var/lib/calsos
# With more arenas, every thread keeps what it has freed for itself: half as much memory again.
# Answers have absolute URLs in them, and the service cannot see where the container's port is
# published: where it is not this address, CALSOS_PUBLIC_URL has to be set.
ENV PATH=/usr/local/bin \
    DATABASE_URL=sqlite:/var/lib/calsos/calsos.sqlite \
    CALSOS_LISTEN=0.0.0.0:8080 \
    CALSOS_METRICS=0.0.0.0:9464 \
    CALSOS_SPOOL=/var/lib/calsos \
    CALSOS_PUBLIC_URL=http://127.0.0.1:8080 \
    MALLOC_ARENA_MAX=2
EXPOSE 8080 9464

# By number, so that an orchestrator can see that it is not root.
USER 10001:10001
STOPSIGNAL SIGTERM
# Whether the process lives. It does also before anything was decided; /readyz says whether
# readers are served.
HEALTHCHECK --interval=15s --timeout=5s --start-period=60s CMD ["calsos", "health"]
ENTRYPOINT ["calsos"]
CMD ["serve"]
