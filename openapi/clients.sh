#!/usr/bin/env bash
# Makes clients of the service from its OpenAPI document:
#
#   openapi/clients.sh [--from 3.1|3.0] FOLDER [CLIENT …]
#
# CLIENT is one of python, typescript-fetch, java, csharp, go, rust (openapi-generator) or
# openapi-typescript (types for TypeScript); without one, all are made. Each goes into a folder
# of its name in FOLDER. --from says which of the two documents they are made from: 3.1, unless
# told otherwise. Needs Python with venv, and Node.js with npm for openapi-typescript.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
. "$here/tools/install.sh"

all=(python typescript-fetch java csharp go rust openapi-typescript)
usage() {
    echo "usage: openapi/clients.sh [--from 3.1|3.0] FOLDER [CLIENT …]" >&2
    echo "CLIENT: ${all[*]}" >&2
    exit 2
}

version=3.1
if [ "${1:-}" = --from ]; then
    version=${2:-}
    shift 2 || usage
fi
case $version in
3.1) document=$here/openapi.json ;;
3.0) document=$here/openapi-3.0.json ;;
*) usage ;;
esac
[ "$#" -ge 1 ] || usage
folder=$1
shift
clients=("$@")
[ "${#clients[@]}" -gt 0 ] || clients=("${all[@]}")
for client in "${clients[@]}"; do
    case " ${all[*]} " in
    *" $client "*) ;;
    *)
        echo "no client is called '$client'" >&2
        usage
        ;;
    esac
done

# What a client is called in its own language.
declare -A properties=(
    [python]=packageName=calsos_client,projectName=calsos-client
    [typescript-fetch]=importFileExtension=.js
    [java]=groupId=org.calsos,artifactId=calsos-client,invokerPackage=org.calsos.client,apiPackage=org.calsos.client.api,modelPackage=org.calsos.client.model
    [csharp]=packageName=Calsos.Client
    [go]=packageName=calsos
    [rust]=packageName=calsos-client
)

mkdir -p "$folder"
for client in "${clients[@]}"; do
    # A model that is gone from the document must not stay.
    rm -rf "${folder:?}/$client"
    mkdir "$folder/$client"
    if [ "$client" = openapi-typescript ]; then
        install_node_tools
        openapi-typescript "$document" --output "$folder/$client/calsos.d.ts" >/dev/null
    else
        install_python_tools
        # It validates the document before it begins, and fails if there is an error in it.
        # What it says else is a line for each file.
        openapi-generator-cli generate --generator-name "$client" --input-spec "$document" \
            --output "$folder/$client" --additional-properties="${properties[$client]}" \
            >"$folder/$client.log" 2>&1 || {
            cat "$folder/$client.log" >&2
            exit 1
        }
        rm "$folder/$client.log"
    fi
    echo "$client: $folder/$client"
done
