# A throwaway PostgreSQL server for the scripts beside this one; to be sourced.
# start_server FOLDER [OPTION …] starts it, with its data in FOLDER/data, on $port of the
# loopback address and a socket in FOLDER; `prepare_data`, where it is defined, is called
# before. stop_server FOLDER ends it.

bin=$(ls -d /usr/lib/postgresql/*/bin | tail -n 1)

# The server refuses to run as root.
as_server() { if [ "$(id -u)" = 0 ]; then runuser -u nobody -- "$@"; else "$@"; fi; }

start_server() {
    local folder=$1
    shift
    if [ "$(id -u)" = 0 ]; then chown nobody "$folder"; fi
    port=$(python3 -c \
        'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
    (
        cd "$folder"
        as_server "$bin/initdb" -D "$folder/data" -U calsos -A trust -E UTF8 --locale=C \
            --no-sync >/dev/null
        if declare -F prepare_data >/dev/null; then prepare_data; fi
        as_server "$bin/pg_ctl" -D "$folder/data" -s -w -l "$folder/log" start \
            -o "-p $port -k $folder -c listen_addresses=127.0.0.1 -c fsync=off $*"
    )
}

stop_server() {
    if [ -e "$1/data/postmaster.pid" ]; then
        (cd "$1" && as_server "$bin/pg_ctl" -D "$1/data" -m immediate -s stop) || true
    fi
    rm -rf "$1"
}
