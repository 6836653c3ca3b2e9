# Starts a PostgreSQL server in a folder of its own and ends it, folder and all, when the
# process at the other end of standard input does, however that ends. Meanwhile it stops it and
# starts it again where a line says "stop" or "start".
# Arguments: the directory of PostgreSQL's programs, a free port.
bin=$1
port=$2
trap '' INT TERM HUP
folder=$(mktemp -d "${TMPDIR:-/tmp}/calsos-postgres.XXXXXX") || exit 1
fail() {
    echo "failed"
    cat "$folder/log"
    rm -rf "$folder"
    exit 1
}
cd "$folder" || exit 1
"$bin/initdb" -D data -U calsos -A trust -E UTF8 --locale=C --no-sync --wal-segsize=1 \
    >log 2>&1 || fail
# This one user needs its password.
{
    echo "local all guarded scram-sha-256"
    echo "host all guarded all scram-sha-256"
    cat data/pg_hba.conf
} >hba && mv hba data/pg_hba.conf || fail
# The files need not survive the machine, so that nothing waits for the disk.
start() {
    "$bin/postgres" -D data -k "$folder" -p "$port" -c listen_addresses=127.0.0.1 -c fsync=off \
        -c full_page_writes=off -c max_connections=200 -c max_wal_size=256MB \
        <&- >>log 2>&1 &
    server=$!
    until "$bin/pg_isready" -q -h "$folder" -p "$port"; do
        kill -0 $server 2>/dev/null || fail
        sleep 0.05
    done
    echo "ready $folder"
}
# At once, as after a crash: what was not committed is gone.
stop() {
    kill -QUIT $server
    wait $server
}
start
while read -r asked; do
    case $asked in
    start) start ;;
    stop)
        stop
        echo "stopped"
        ;;
    esac
done
stop
rm -rf "$folder"
