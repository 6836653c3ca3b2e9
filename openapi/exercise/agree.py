"""The clients' answers are the same: python agree.py AS_SENT ANSWERS …

The first file has the answers as they were sent. A typed client has of them what the document
names: what is not in the document is lost there, and shows here.
"""

import json
import sys
from pathlib import Path

as_sent, *others = map(Path, sys.argv[1:])


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
    elif sent != had:
        yield f"{place} was sent as {sent!r:.200}, and is {had!r:.200} in the client"


answers = json.loads(as_sent.read_text())
for other in others:
    found = list(differences(answers, json.loads(other.read_text()), ""))
    if found:
        sys.exit("\n".join([f"{other.name} is not what was sent:", *found[:20]]))
print(f"{len(others) + 1} clients have the same {len(answers)} answers")
