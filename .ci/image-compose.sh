# compose.yaml as it is, run by Docker Compose on podman; to be sourced by `image`, which has
# built the image.

step "a stand-in for PostgreSQL's image"
# Debian's server, set up by the variables that compose.yaml gives. As with PostgreSQL's own, the
# server that sets the database up answers on its socket alone.
mkdir "$folder/postgres"
cat >"$folder/postgres/entrypoint" <<'END'
#!/bin/bash
set -eu
cd "$PGDATA"
if [ ! -e PG_VERSION ]; then
    initdb -U "$POSTGRES_USER" -A scram-sha-256 --pwfile=<(echo "$POSTGRES_PASSWORD") \
        $POSTGRES_INITDB_ARGS
    echo "host all all all scram-sha-256" >>pg_hba.conf
    pg_ctl -w start -o "-c listen_addresses=''"
    PGPASSWORD=$POSTGRES_PASSWORD createdb -h /var/run/postgresql -U "$POSTGRES_USER" \
        "$POSTGRES_DB"
    pg_ctl -w stop
fi
exec postgres -c listen_addresses='*'
END
chmod +x "$folder/postgres/entrypoint"
major=$(basename "$(dirname "$bin")")
cat >"$folder/postgres/Dockerfile" <<END
FROM debian:bookworm-slim
RUN apt-get update -q \\
    && apt-get install -q -y --no-install-recommends postgresql-$major \\
    && install -d -o postgres -g postgres -m 0700 /var/lib/postgresql/data
COPY entrypoint /entrypoint
ENV PATH=$bin:/usr/bin:/bin PGDATA=/var/lib/postgresql/data
USER postgres
ENTRYPOINT ["/entrypoint"]
END
postgres_image=$(sed -n 's/^ *image: \(postgres:.*\)$/\1/p' compose.yaml)
engine build --isolation chroot --pull-never --tag "$postgres_image" "$folder/postgres" \
    >"$folder/log" 2>&1 || fail "$(tail -n 40 "$folder/log")"

step "a stand-in for the proxy's image"
mkdir "$folder/proxy"
cat >"$folder/proxy/Dockerfile" <<'END'
FROM debian:bookworm-slim
RUN apt-get update -q && apt-get install -q -y --no-install-recommends haproxy
USER haproxy
END
proxy_image=$(sed -n 's/^ *image: \(haproxy:.*\)$/\1/p' compose.yaml)
engine build --isolation chroot --pull-never --tag "$proxy_image" "$folder/proxy" \
    >"$folder/log" 2>&1 || fail "$(tail -n 40 "$folder/log")"

step "compose"
export DOCKER_HOST=unix://$folder/podman.sock
# Not by way of the function, which would leave podman behind when it is ended.
"${podman[@]}" system service --time 0 "$DOCKER_HOST" >"$folder/service.log" 2>&1 &
background=("$!")
# Instead of podman's timers for health checks, which need systemd.
while sleep 1; do
    for container in $(engine ps --quiet); do
        engine healthcheck run "$container" || true
    done
done >"$folder/health.log" 2>&1 &
background+=("$!")
for _ in $(seq 50); do
    [ -e "$folder/podman.sock" ] && break
    sleep 0.2
done

free_port() {
    python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'
}
# A password that an address would have to write otherwise.
export CALSOS_DB_PASSWORD='made/up:@ %&' CALSOS_USER=checker
CALSOS_PORT=$(free_port)
export CALSOS_PORT
# As the comment in compose.yaml says it, but that there is nothing to build.
in_compose() { timeout 120 "$folder/tools/bin/docker-compose" "$@" >>"$folder/log" 2>&1; }
in_compose up --no-build --pull never --detach --wait ||
    fail "compose did not start the services:" "$(tail -n 40 "$folder/log")"
# Without the services that it rests on, which are there: what podman says of their images does not
# look to Compose like what it made them of, so that it would make the database anew each time.
alone=(run --rm --no-deps)
(
    cd examples/county
    in_compose "${alone[@]}" -v "$PWD:/files:ro" -w /files calsos import *.txt *.csv &&
        in_compose "${alone[@]}" calsos determine
) || fail "compose did not import and decide (exit code $?):" "$(tail -n 40 "$folder/log")"
# From outside, through the port that is published.
asked() { curl -s -o /dev/null -m 5 -w '%{http_code}' "http://127.0.0.1:$CALSOS_PORT$1" || true; }
# Both of them: the proxy asks them in turn.
steady=0
for _ in $(seq 150); do
    if [ "$(asked /readyz)" = 200 ]; then steady=$((steady + 1)); else steady=0; fi
    [ "$steady" = 4 ] && break
    sleep 0.2
done
[ "$steady" = 4 ] || fail "the services are not ready: $(asked /readyz)" \
    "$(engine logs calsos-calsos-1 2>&1)" "$(engine logs calsos-proxy-1 2>&1)" "$(cat "$folder/log")"
in_compose exec -T calsos calsos health /metrics --listen 127.0.0.1:9464 ||
    fail "a service has no metrics: $(tail -n 3 "$folder/log")"

step "one of two services ends"
for number in 1 2; do
    for _ in $(seq 100); do
        [ "$(asked /v1/years)" = 200 ] || fail "with both services: $(asked /v1/years)"
    done
    engine kill --signal KILL "calsos-calsos-$number" >/dev/null
    for _ in $(seq 300); do
        [ "$(asked /v1/years)" = 200 ] || fail "service $number is gone: $(asked /v1/years)"
        sleep 0.01
    done
    in_compose up --no-build --pull never --detach --wait || fail "$(tail -n 40 "$folder/log")"
done
said=$(python3 -c 'import sys, urllib.request as u; print(u.urlopen(sys.argv[1]).read().decode())' \
    "http://127.0.0.1:$CALSOS_PORT/")
grep -q "\"http://127.0.0.1:$CALSOS_PORT/openapi.json\"" <<<"$said" ||
    fail "the service does not know where it is reached:" "$said"
# A client that is made beside the running service gets a token of the key that Compose had made.
said_once() {
    timeout 120 "$folder/tools/bin/docker-compose" "${alone[@]}" calsos "$@" 2>>"$folder/log" ||
        fail "compose: calsos $* (exit code $?):" "$(tail -n 40 "$folder/log")"
}
client=$(said_once client create office --name "An office" --scope admin --agency state \
    --format csv)
client=$(tail -n 1 <<<"$client")
secret=$(cut -d, -f2 <<<"$client")
token_of() {
    curl -s -u "office:$secret" -d grant_type=client_credentials \
        "http://127.0.0.1:$CALSOS_PORT/oauth/token" | sed -n 's/.*"access_token":"\([^"]*\)".*/\1/p'
}
for _ in $(seq 50); do
    token=$(token_of)
    [ -n "$token" ] && break
    sleep 0.2
done
log=$(curl -s -H "Authorization: Bearer $token" "http://127.0.0.1:$CALSOS_PORT/v1/audit")
keys=$(grep -o '"operation":"calsos key rotate"' <<<"$log" | wc -l) || true
[ "$keys" = 1 ] || fail "$keys keys were made, not one: $log"
runs=$(said_once runs)
grep -q 'checker' <<<"$runs" || fail "the run is not by the one who decided:" "$runs"
in_compose down --volumes || fail "compose did not end: $(tail -n 20 "$folder/log")"
