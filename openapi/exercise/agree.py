"""The clients' answers are the same: python agree.py AS_SENT ANSWERS …

The first file has the answers as they were sent. A typed client has of them what the document
names: what is not in the document is lost there, and shows here.
"""

import json
import re
import sys
from pathlib import Path

as_sent, *others = map(Path, sys.argv[1:])


INSTANT = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d+))?Z")


def comparable(value):
    """Of an instant what every client keeps: JavaScript's have milliseconds."""
    instant = INSTANT.fullmatch(value) if isinstance(value, str) else None
    return (instant[1], (instant[2] or "").ljust(3, "0")[:3]) if instant else value


def differences(sent, had, place):
    if isinstance(sent, dict) and isinstance(had, dict):
        for key in sorted(sent.keys() | had.keys()):
            if key not in had or key not in sent:
                yield f"{place}.{key} is only {'sent' if key in sent else 'in the client'}"
            else:
                yield from differences(sent[key], had[key], f"{place}.{key}")
    elif isinstance(sent, list) and isinstance(had, list) and len(sent) == len(had):
        for at, (one, other) in enumerate(zip(sent, had)):
            yield from differences(one, other, f"{place}[{at}]")
    elif comparable(sent) != comparable(had):
        yield f"{place} was sent as {sent!r:.200}, and is {had!r:.200} in the client"


answers = json.loads(as_sent.read_text())
for other in others:
    found = list(differences(answers, json.loads(other.read_text()), ""))
    if found:
        sys.exit("\n".join([f"{other.name} is not what was sent:", *found[:20]]))
print(f"{len(others) + 1} clients have the same {len(answers)} answers")
