"""Puts packets through real netfilter rule sets. Run inside a fresh network namespace: unshare --net python3 FILE.

stdin:  [{"kind": "nft"|"iptables"|"ip6tables", "rules": text, "packets": [{...}]}]
stdout: [[null | {"out": name, "src": .., "dst": .., "proto": n, "sport": n, "dport": n}]]

Each link is a veth pair with both ends here: N0 is the router's side, N1 the wire. Frames leave for a next hop with
a made-up address, so nothing here answers them.
"""
import ipaddress, json, select, socket, struct, subprocess, sys, time

LINKS = {"a": ("10.0.1.1/24", "10.1.0.0/16", "fd00:1::1/64", "fd01::/16"),
         "b": ("10.0.2.1/24", "10.2.0.0/16", "fd00:2::1/64", "fd02::/16"),
         "c": ("10.0.3.1/24", "10.3.0.0/16", "fd00:3::1/64", "fd03::/16")}
HOP_MAC = bytes.fromhex("02aabbccdd01")


def run(*words, text=None, check=True):
    return subprocess.run(words, input=text, text=True, check=check, capture_output=True)


def setup():
    for key, value in [("net.ipv4.ip_forward", 1), ("net.ipv6.conf.all.forwarding", 1),
                       ("net.ipv4.conf.all.rp_filter", 0), ("net.ipv4.conf.default.rp_filter", 0),
                       ("net.ipv6.conf.default.accept_dad", 0)]:
        open("/proc/sys/" + key.replace(".", "/"), "w").write(str(value))
    run("ip", "link", "set", "lo", "up")
    for name, (v4, net4, v6, net6) in LINKS.items():
        run("ip", "link", "add", name + "0", "type", "veth", "peer", "name", name + "1")
        open(f"/proc/sys/net/ipv6/conf/{name}1/disable_ipv6", "w").write("1")
        for end in "01":
            run("ip", "link", "set", name + end, "up")
        run("ip", "addr", "add", v4, "dev", name + "0")
        run("ip", "-6", "addr", "add", v6, "dev", name + "0", "nodad")
        hop4 = v4.split("/")[0][:-1] + "254"
        hop6 = v6.split("::")[0] + "::fe"
        mac = ":".join("%02x" % b for b in HOP_MAC)
        run("ip", "neigh", "add", hop4, "lladdr", mac, "dev", name + "0", "nud", "permanent")
        run("ip", "-6", "neigh", "add", hop6, "lladdr", mac, "dev", name + "0", "nud", "permanent")
        run("ip", "route", "add", net4, "via", hop4, "dev", name + "0")
        run("ip", "-6", "route", "add", net6, "via", hop6, "dev", name + "0")


def checksum(data):
    if len(data) % 2:
        data += b"\0"
    total = sum(struct.unpack("!%dH" % (len(data) // 2), data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def frame(mac, number, p):
    src, dst = ipaddress.ip_address(p["src"]), ipaddress.ip_address(p["dst"])
    proto, mark = p["proto"], struct.pack("!I", number) + b"SEKISHO!"
    if proto == 6:
        head = struct.pack("!HHIIBBHHH", p["sport"], p["dport"], 1, 0, 80, p["flags"], 1024, 0, 0)
        at = 16
    elif proto == 17:
        head = struct.pack("!HHHH", p["sport"], p["dport"], 8 + len(mark), 0)
        at = 6
    else:
        head = struct.pack("!BBHHH", p["sport"], p["dport"], 0, number & 0xFFFF, 1)
        at = 2
    body = head + mark
    pseudo = src.packed + dst.packed + struct.pack("!II", len(body), proto)
    total = checksum(body if proto == 1 else pseudo + body)
    body = body[:at] + struct.pack("!H", total) + body[at + 2:]
    if src.version == 4:
        ip = struct.pack("!BBHHHBBH4s4s", 69, 0, 20 + len(body), 0, 0, 64, proto, 0, src.packed, dst.packed)
        ip = ip[:10] + struct.pack("!H", checksum(ip)) + ip[12:]
        kind = 0x0800
    else:
        ip = struct.pack("!IHBB16s16s", 6 << 28, len(body), proto, 64, src.packed, dst.packed)
        kind = 0x86DD
    return mac + HOP_MAC + struct.pack("!H", kind) + ip + body


def decode(data):
    kind = struct.unpack("!H", data[12:14])[0]
    if kind == 0x0800:
        size = (data[14] & 15) * 4
        proto, src, dst, at = data[23], data[26:30], data[30:34], 14 + size
    elif kind == 0x86DD:
        proto, src, dst, at = data[20], data[22:38], data[38:54], 54
    else:
        return None
    spot = data.find(b"SEKISHO!", at)
    if spot < 4 or proto not in (1, 6, 17, 58):
        return None
    number = struct.unpack("!I", data[spot - 4:spot])[0]
    if proto in (6, 17):
        sport, dport = struct.unpack("!HH", data[at:at + 4])
    else:
        # An ICMP error quotes the packet; only the packet itself counts.
        if spot != at + 12:
            return None
        sport, dport = data[at], data[at + 1]
    return number, {"src": str(ipaddress.ip_address(src)), "dst": str(ipaddress.ip_address(dst)),
                    "proto": proto, "sport": sport, "dport": dport}


def load(case):
    run("nft", "flush", "ruleset")
    if case["kind"] == "nft":
        run("nft", "-f", "-", text=case["rules"])
    else:
        run("ip6tables-restore" if case["kind"] == "ip6tables" else "iptables-restore", text=case["rules"])


def main():
    setup()
    socks, macs = {}, {}
    for name in LINKS:
        s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))
        s.setsockopt(socket.SOL_SOCKET, 33, 1 << 25)  # SO_RCVBUFFORCE
        s.bind((name + "1", 0))
        s.setblocking(False)
        socks[name] = s
        text = run("ip", "-o", "link", "show", "dev", name + "0").stdout.split("link/ether ")[1].split()[0]
        macs[name] = bytes.fromhex(text.replace(":", ""))
    out, number = [], 0
    for case in json.load(sys.stdin):
        load(case)
        seen, first = {}, number

        def drain(wait):
            end = time.time() + wait
            while True:
                ready, _, _ = select.select(list(socks.values()), [], [], max(0, end - time.time()))
                if not ready:
                    return
                for name, s in socks.items():
                    if s not in ready:
                        continue
                    while True:
                        try:
                            data, address = s.recvfrom(4096)
                        except BlockingIOError:
                            break
                        if address[2] == socket.PACKET_OUTGOING:
                            continue
                        found = decode(data)
                        if found:
                            seen[found[0]] = {"out": name + "0", **found[1]}

        for p in case["packets"]:
            socks[p["in"]].send(frame(macs[p["in"]], number, p))
            number += 1
            if number % 64 == 0:
                drain(0)
        drain(0.05)
        out.append([seen.get(n) for n in range(first, number)])
    json.dump(out, sys.stdout)


main()
