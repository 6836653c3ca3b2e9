"""Checks what compose.yaml comes to, from the JSON of `docker compose config`.

Whether the file is a compose file, Compose has said. Here is what must hold of this one: the
database is published nowhere, the service only on the loopback address, and the password is
the one that was chosen.

image-compose.py FILE PASSWORD
"""

import json
import sys

PASSWORD = sys.argv[2]

with open(sys.argv[1], encoding="utf-8") as file:
    compose = json.load(file)
calsos, db = compose["services"]["calsos"], compose["services"]["db"]
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
must(calsos["depends_on"]["db"]["condition"] == "service_healthy", "calsos does not wait for db")
must("test" in db.get("healthcheck", {}), "db has no health check")
must(
    any(v["type"] == "volume" and v["source"] in compose["volumes"] for v in db["volumes"]),
    "the database is in no named volume",
)
must(
    calsos["environment"]["PGPASSWORD"] == db["environment"]["POSTGRES_PASSWORD"] == PASSWORD,
    "the password is not the one of CALSOS_DB_PASSWORD on both sides",
)
must(calsos["read_only"] and calsos["cap_drop"] == ["ALL"], "calsos may write or has capabilities")
grace = calsos["stop_grace_period"]
must(grace == "35s", f"stop_grace_period is {grace}; the service may take 30 seconds to end")

for fault in faults:
    print(f"compose.yaml: {fault}", file=sys.stderr)
if faults:
    sys.exit(1)
