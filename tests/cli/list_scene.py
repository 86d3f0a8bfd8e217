# SPDX-License-Identifier: BSD-2-Clause
"""list_scene.py SEED COMMAND...: sockets in every state, then the commands while they are there.

In a network namespace of its own, as root there. One end of a veth pair is the host; behind the other one there
is nobody but us, who answer as much as the wanted state takes: over IPv4, IPv6, IPv4 inside of IPv6, and link-local."""
import os
import random
import select
import socket
import struct
import subprocess
import sys
import time

HERE, THERE = b"\x02\0\0\0\0\x01", b"\x02\0\0\0\0\x02"
FIN, SYN, ACK = 1, 2, 16
IPV6_V6ONLY = 26
STATES = ["LISTEN", "BOUND", "SYN_SENT", "SYN_RECV", "ESTABLISHED", "SENDING", "KEEPALIVE", "FIN_WAIT1",
          "FIN_WAIT2", "FIN_WAIT2_HELD", "CLOSING", "TIME_WAIT", "CLOSE_WAIT", "LAST_ACK"]
KINDS = {"ipv4": ("10.9.0.1", ["10.9.0.2", "10.9.0.254", "10.9.2.7", "10.9.128.3"]),
         "mapped": ("10.9.0.1", ["10.9.0.2", "10.9.1.3", "10.9.128.254"]),
         "ipv6": ("2001:db8::1", ["2001:db8::2", "2001:db8::ffff", "2001:db8:0:1::3"]),
         "link": ("fe80::1", ["fe80::2", "fe80::ff"])}
chance = random.Random(int(sys.argv[1]))
ports = iter(chance.sample(range(2000, 60000), 1000))
kept, neighbours = [], set()


def run(command):
    subprocess.run(command, shell=True, check=True)


def checksum(data):
    data += b"\0" * (len(data) % 2)
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xffff) + (total >> 16)
    return ~total & 0xffff


def say(source, target, source_port, target_port, sequence, acknowledged, flags):
    family = socket.AF_INET6 if ":" in source else socket.AF_INET
    ends = socket.inet_pton(family, source) + socket.inet_pton(family, target)
    segment = struct.pack("!HHIIBBHHH", source_port, target_port, sequence & 0xffffffff,
                          acknowledged & 0xffffffff, 0x50, flags, 5000, 0, 0)
    pseudo = ends + struct.pack("!II", len(segment), socket.IPPROTO_TCP)
    segment = segment[:16] + struct.pack("!H", checksum(pseudo + segment)) + segment[18:]
    if family == socket.AF_INET6:
        header = struct.pack("!IHBB", 6 << 28, len(segment), socket.IPPROTO_TCP, 64) + ends
        kind = 0x86dd
    else:
        header = struct.pack("!BBHHHBBH", 0x45, 0, 20 + len(segment), 0, 0, 64, socket.IPPROTO_TCP, 0) + ends
        header = header[:10] + struct.pack("!H", checksum(header)) + header[12:]
        kind = 0x800
    wire.send(HERE + THERE + struct.pack("!H", kind) + header + segment)


def hear(local_port, peer_port, flags):
    """Waits for the host's segment with these flags, and returns its sequence number."""
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        if not select.select([wire], [], [], 0.2)[0]:
            continue
        packet = wire.recv(4096)
        start = {0x800: 34, 0x86dd: 54}.get(struct.unpack("!H", packet[12:14])[0])
        if not start or len(packet) < start + 14:
            continue
        source, target, sequence, _, _, got = struct.unpack("!HHIIBB", packet[start:start + 14])
        if (source, target) == (local_port, peer_port) and got & flags == flags:
            return sequence
    raise SystemExit(f"nothing came from port {local_port}")


def make(state, kind):
    own, peers = KINDS[kind]
    peer, port, peer_port = chance.choice(peers), next(ports), chance.choice([80, 443, next(ports)])
    if peer not in neighbours:
        neighbours.add(peer)
        run(f"ip neigh replace {peer} dev host lladdr 02:00:00:00:00:02 nud permanent")
    family = socket.AF_INET if kind == "ipv4" else socket.AF_INET6
    end = socket.socket(family, socket.SOCK_STREAM)
    if kind != "ipv4":
        end.setsockopt(socket.IPPROTO_IPV6, IPV6_V6ONLY, kind != "mapped" and chance.random() < 0.5)
    prefix = "::ffff:" if kind == "mapped" else ""
    scope = (0, socket.if_nametoindex("host")) if kind == "link" else ()
    end.bind((prefix + own, port) + scope)
    kept.append(end)
    if state in ("LISTEN", "SYN_RECV"):
        end.listen(chance.choice([1, 5, 100]))
    if state == "SYN_RECV":
        say(peer, own, peer_port, port, 1000, 0, SYN)
        hear(port, peer_port, SYN | ACK)
    if state in ("LISTEN", "BOUND", "SYN_RECV"):
        return
    end.setblocking(False)
    end.connect_ex((prefix + peer, peer_port) + scope)
    connect(state, end, (peer, own, peer_port, port))


def connect(state, end, ends):
    port, peer_port = ends[3], ends[2]
    own = hear(port, peer_port, SYN) + 1
    if state == "SYN_SENT":
        return
    say(*ends, 5000, own, SYN | ACK)
    hear(port, peer_port, ACK)
    if state == "SENDING":
        end.send(b"x" * chance.randint(1, 900))
    elif state == "KEEPALIVE":
        end.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    elif state in ("CLOSE_WAIT", "LAST_ACK"):
        say(*ends, 5001, own, FIN | ACK)
        hear(port, peer_port, ACK)
        if state == "LAST_ACK":
            give_up(end, port, peer_port)
    elif state != "ESTABLISHED":
        close(state, end, ends, own)


def give_up(end, port, peer_port):
    kept.remove(end)
    end.close()
    hear(port, peer_port, FIN)


def close(state, end, ends, own):
    port, peer_port = ends[3], ends[2]
    if state == "FIN_WAIT2_HELD":
        end.shutdown(socket.SHUT_WR)
        hear(port, peer_port, FIN)
    else:
        give_up(end, port, peer_port)
    if state == "CLOSING":
        say(*ends, 5001, own, FIN | ACK)
    elif state != "FIN_WAIT1":
        say(*ends, 5001, own + 1, ACK)
    if state == "TIME_WAIT":
        say(*ends, 5001, own + 1, FIN | ACK)


for line in ("ip link set lo up",
             "ip link add host address 02:00:00:00:00:01 type veth peer name wire address 02:00:00:00:00:02",
             "sysctl -qw net.ipv6.conf.wire.disable_ipv6=1 net.ipv6.conf.host.accept_ra=0",
             "ip link set host up", "ip link set wire up", "ip address add 10.9.0.1/16 dev host",
             "ip -6 address add 2001:db8::1/32 dev host nodad", "ip -6 address add fe80::1/64 dev host nodad"):
    run(line)
wire = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))
wire.bind(("wire", 0))
for each in STATES:
    for way in KINDS:
        for _ in range(chance.randint(1, 2)):
            make(each, way)
for command in sys.argv[2:]:
    if os.system(command):
        raise SystemExit(1)
