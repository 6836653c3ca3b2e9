"""The worked calls of the guide (openapi/README.md), as they stand there, on a live service.

python guide.py write GUIDE BASE FOLDER   writes the guide's programs into FOLDER
python guide.py replay GUIDE BASE FOLDER RUST
                                          runs the calls and the programs, and compares what
                                          comes out with what the guide shows; RUST is the
                                          built tests/examples/guide.rs

A `console` block has calls and their output, and what a call is kept as (`NAME=$(curl …)`) is
there for those behind it; a block in a language is a program, and the `text`
block behind it its output. `…` in an output is whatever stands there instead.
"""

import re
import subprocess
import sys
from pathlib import Path

IN_THE_GUIDE = "http://127.0.0.1:8080"
ENDINGS = {"python": "py", "typescript": "ts", "rust": "rs"}
RUST_SOURCE = Path(__file__).parents[2] / "tests/examples/guide.rs"

command, guide, base, folder, *rust = sys.argv[1:]
blocks = re.findall(r"^```(\w+)\n(.*?)^```$", Path(guide).read_text(), re.M | re.S)


def programs():
    """Each program's language, file, text and output."""
    for at, (language, text) in enumerate(blocks):
        if language in ENDINGS:
            follows, output = blocks[at + 1]
            assert follows == "text", f"what comes out of a program follows it: {text}"
            yield language, Path(folder) / f"guide-{at}.{ENDINGS[language]}", text, output


def calls():
    """Each call of the console blocks, and its output."""
    for language, text in blocks:
        if language == "console":
            for part in re.split(r"^\$ ", text, flags=re.M)[1:]:
                yield part.split("\n", 1)


def write():
    for language, path, text, _ in programs():
        if language == "rust":
            assert text == RUST_SOURCE.read_text(), f"{RUST_SOURCE} is not what the guide shows"
        else:
            path.write_text(text.replace(IN_THE_GUIDE, base))


def compare(what, words, shown):
    ran = subprocess.run(words, capture_output=True, text=True, timeout=60)
    came = ran.stdout.replace(base, IN_THE_GUIDE)
    pattern = "[^\n]*".join(map(re.escape, shown.rstrip("\n").split("…")))
    if ran.returncode != 0 or not re.fullmatch(pattern, came.rstrip("\n")):
        sys.exit(
            f"{what}\nThe guide shows:\n{shown}\nThis came out (exit code {ran.returncode}):\n"
            f"{came}{ran.stderr}"
        )


def replay():
    started = {"console": 0, "python": 0, "typescript": 0, "rust": 0}
    kept = []
    for call, shown in calls():
        keeps = re.match(r"\w+=\$\(curl ", call)
        assert keeps or call.startswith("curl "), f"only curl is called here: {call}"
        lines = "\n".join([*kept, call]).replace(IN_THE_GUIDE, base)
        compare(call, ["bash", "-c", lines], shown)
        if keeps:
            kept.append(call)
        started["console"] += 1
    for language, path, text, shown in programs():
        words = {
            "python": [sys.executable, str(path)],
            "typescript": ["node", str(path.parent / "compiled" / f"{path.stem}.js")],
            "rust": [*rust, base],
        }
        compare(text, words[language], shown)
        started[language] += 1
    assert all(started.values()), f"the guide has no call of one kind: {started}"
    print("The guide's calls give what it shows:", started)


{"write": write, "replay": replay}[command]()
