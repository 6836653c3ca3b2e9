"""Checks what compose.yaml comes to, from the JSON of `docker compose config`.

Whether the file is a compose file, Compose has said. Here is what must hold of this one: the
database is published nowhere, the service only on the loopback address, the password is the
one that was chosen, and the service begins after there is a key that signs tokens.

image-compose.py FILE PASSWORD
"""

import json
import sys

PASSWORD = sys.argv[2]

with open(sys.argv[1], encoding="utf-8") as file:
    compose = json.load(file)
calsos, key, db = (compose["services"][name] for name in ("calsos", "key", "db"))
faults = []


def must(holds, what):
    if not holds:
        faults.append(what)


ports = {port["target"]: port.get("host_ip") for port in calsos["ports"]}
must(ports == {8080: "127.0.0.1", 9464: "127.0.0.1"}, f"calsos publishes {ports}")
must("ports" not in db, "the database is published")
internal = {name for name, network in compose["networks"].items() if network.get("internal")}
must(set(db["networks"]) == internal, "the database is on a network that leads outside")
must(internal < set(calsos["networks"]), "calsos lacks the database's network or one of its own")
for name, service in ("calsos", calsos), ("key", key):
    waits = service["depends_on"].get("db", {}).get("condition")
    must(waits == "service_healthy", f"{name} does not wait for db")
    must(
        service["read_only"] and service["cap_drop"] == ["ALL"],
        f"{name} may write or has capabilities",
    )
waits = calsos["depends_on"].get("key", {}).get("condition")
must(waits == "service_completed_successfully", "calsos does not wait for its key")
must(key["command"] == ["key", "ensure"], f"key does {key['command']}")
must(key["environment"] == calsos["environment"], "key works on another database than calsos")
must("ports" not in key and set(key["networks"]) == internal, "key can be reached from outside")
must("test" in db.get("healthcheck", {}), "db has no health check")
must(
    any(v["type"] == "volume" and v["source"] in compose["volumes"] for v in db["volumes"]),
    "the database is in no named volume",
)
must(
    calsos["environment"]["PGPASSWORD"] == db["environment"]["POSTGRES_PASSWORD"] == PASSWORD,
    "the password is not the one of CALSOS_DB_PASSWORD on both sides",
)
grace = calsos["stop_grace_period"]
must(grace == "35s", f"stop_grace_period is {grace}; the service may take 30 seconds to end")

for fault in faults:
    print(f"compose.yaml: {fault}", file=sys.stderr)
if faults:
    sys.exit(1)
