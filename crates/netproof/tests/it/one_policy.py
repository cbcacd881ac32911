"""One policy, generated for several vendors by aerleon; prints a JSON object: language -> text. For the tests only."""
import json
import sys

from aerleon import api
from aerleon.lib import naming

definitions = naming.Naming()
definitions.ParseDefinitionsObject(
    {
        "networks": {
            "CLIENTS": {"values": [{"address": "10.1.0.0/24"}]},
            "SERVERS": {"values": [{"address": "10.2.0.0/28"}, {"address": "10.2.5.9/32"}]},
            "BLOCKED": {"values": [{"address": "10.1.0.64/27"}]},
        },
        "services": {
            "WEB": [{"protocol": "tcp", "port": "80"}, {"protocol": "tcp", "port": "443"}],
            "DNS": [{"protocol": "udp", "port": "53"}],
            "HIGH": [{"protocol": "tcp", "port": "8000-8010"}],
        },
    },
    "",
)


def term(name, source, ports, protocol, action):
    return {
        "name": name,
        "source-address": source,
        "destination-address": "SERVERS",
        "protocol": protocol,
        "destination-port": ports,
        "action": action,
    }


TERMS = [
    term("deny-blocked", "BLOCKED", "HIGH", "tcp", "deny"),
    term("allow-web", "CLIENTS", "WEB HIGH", "tcp", "accept"),
    term("allow-dns", "CLIENTS", "DNS", "udp", "accept"),
    {"name": "default", "action": "deny"},
]
TARGETS = {
    "cisco": "FILTER extended",
    "ciscoasa": "FILTER",
    "nftables": "inet forward",
    "speedway": "FORWARD DROP",
    "paloalto": "from-zone lan to-zone dmz",
    "fortigate": "from-zone lan to-zone dmz inet",
}
out = {}
for target, options in TARGETS.items():
    policy = {"filename": "p", "filters": [{"header": {"targets": {target: options}}, "terms": [dict(t) for t in TERMS]}]}
    out[target] = list(api.Generate([policy], definitions).values())[0]
json.dump(out, sys.stdout)
