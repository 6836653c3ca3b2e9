"""Checks the licence of every crate that the workspace depends on, on any platform.

A licence is accepted when one of the alternatives of its expression is allowed. Prints how
many crates have which licence, and ends non-zero on one that is not allowed.
"""

import collections
import json
import re
import subprocess
import sys

ALLOWED = {
    "0BSD",
    "Apache-2.0",
    "Apache-2.0 WITH LLVM-exception",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "BSL-1.0",
    "CC0-1.0",
    "ISC",
    "MIT",
    "MIT-0",
    "PostgreSQL",
    "Unicode-3.0",
    "Unlicense",
    "Zlib",
    "bzip2-1.0.6",
}


def allowed(expression: str) -> bool:
    """Evaluates an SPDX expression: AND binds closer than OR, brackets as usual."""
    tokens = re.findall(r"\(|\)|[^()\s]+", expression.replace("/", " OR "))

    def alternatives(position: int) -> tuple[bool, int]:
        value, position = together(position)
        while position < len(tokens) and tokens[position] == "OR":
            other, position = together(position + 1)
            value = value or other
        return value, position

    def together(position: int) -> tuple[bool, int]:
        value, position = single(position)
        while position < len(tokens) and tokens[position] == "AND":
            other, position = single(position + 1)
            value = value and other
        return value, position

    def single(position: int) -> tuple[bool, int]:
        if tokens[position] == "(":
            value, position = alternatives(position + 1)
            return value, position + 1
        name = tokens[position]
        if tokens[position + 1 : position + 2] == ["WITH"]:
            name = " ".join(tokens[position : position + 3])
            position += 2
        return name in ALLOWED, position + 1

    value, end = alternatives(0)
    return value and end == len(tokens)


def main() -> int:
    assert allowed("MIT OR GPL-3.0") and not allowed("MIT AND GPL-3.0")
    assert allowed("(MIT OR Apache-2.0) AND BSD-3-Clause") and not allowed("MPL-2.0")
    command = ["cargo", "metadata", "--format-version", "1", "--locked"]
    metadata = json.loads(subprocess.run(command, check=True, capture_output=True).stdout)
    own = set(metadata["workspace_members"])
    counts: collections.Counter[str] = collections.Counter()
    refused = []
    for package in metadata["packages"]:
        if package["id"] in own:
            continue
        licence = package["license"] or ""
        counts[licence] += 1
        if not licence or not allowed(licence):
            refused.append(f"{package['name']} {package['version']}: {licence or 'none stated'}")
    for licence, count in counts.most_common():
        print(f"{count:4}  {licence}")
    for line in refused:
        print(f"not allowed: {line}", file=sys.stderr)
    return 1 if refused or not counts else 0


if __name__ == "__main__":
    sys.exit(main())
