# Installs the tools of this folder, in the versions that it pins, under target/openapi-tools:
# `python` is a virtual environment, `node` has node_modules. To be sourced; sets $tools to
# that folder. What is there already is kept while the pins are the same.

tools_source=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
tools=$(cd "$tools_source/../.." && pwd)/target/openapi-tools
export PATH="$tools/python/bin:$tools/node/node_modules/.bin:$PATH"

install_python_tools() {
    if cmp -s "$tools_source/requirements.txt" "$tools/python/requirements.txt"; then return; fi
    rm -rf "$tools/python"
    mkdir -p "$tools"
    python3 -m venv "$tools/python"
    # Every package is pinned, so that none may bring another along.
    "$tools/python/bin/pip" install --quiet --disable-pip-version-check --no-deps \
        --requirement "$tools_source/requirements.txt"
    "$tools/python/bin/pip" --disable-pip-version-check check
    cp "$tools_source/requirements.txt" "$tools/python/requirements.txt"
}

install_node_tools() {
    if cmp -s "$tools_source/package-lock.json" "$tools/node/installed.json"; then return; fi
    rm -rf "$tools/node"
    mkdir -p "$tools/node"
    cp "$tools_source/package.json" "$tools_source/package-lock.json" "$tools_source/.npmrc" \
        "$tools/node/"
    npm ci --prefix "$tools/node" --no-audit --no-fund --loglevel error
    cp "$tools_source/package-lock.json" "$tools/node/installed.json"
}
