"""Checks what compose.yaml comes to, from the JSON of `docker compose config`.

Whether the file is a compose file, Compose has said. Here is what must hold of this one: the
database is published nowhere, the proxy only on the loopback address, the password is the one that was
chosen, the services begin after there is a key that signs tokens, and believe none but the
proxy.

image-compose.py FILE PASSWORD
"""

import json
import sys

PASSWORD = sys.argv[2]

with open(sys.argv[1], encoding="utf-8") as file:
    compose = json.load(file)
services = compose["services"]
calsos, key, db, proxy = (services[name] for name in ("calsos", "key", "db", "proxy"))
faults = []


def must(holds, what):
    if not holds:
        faults.append(what)


ports = {port["target"]: port.get("host_ip") for port in proxy["ports"]}
must(ports == {8080: "127.0.0.1"}, f"the proxy publishes {ports}")
for name, service in services.items():
    must(name == "proxy" or "ports" not in service, f"{name} is published")
    must(service.get("user") not in ("root", "0"), f"{name} is root")
internal = {name for name, network in compose["networks"].items() if network.get("internal")}
must(set(db["networks"]) == {"database"} <= internal, "the database is reached from outside")
must(set(calsos["networks"]) == {"inside", "database"} <= internal, "calsos leads outside")
must(set(proxy["networks"]) == {"inside", "readers"}, "the proxy reaches the database")
must(calsos["deploy"]["replicas"] == 2, "there are not two services")
inside = compose["networks"]["inside"]["ipam"]["config"][0]["subnet"]
trusted = calsos["environment"]["CALSOS_TRUSTED_PROXIES"]
must(trusted == inside, f"calsos believes {trusted}, and the proxy is on {inside}")
must(
    proxy["read_only"] and proxy["cap_drop"] == ["ALL"], "the proxy may write or has capabilities"
)
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
must(set(key["networks"]) == {"database"}, "key can be reached from outside")
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
