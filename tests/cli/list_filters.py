# SPDX-License-Identifier: BSD-2-Clause
"""list_filters.py SEED ROUNDS: random filters of timewait list, against the same done by hand.

To be run among sockets that do not change. What is filtered must be those rows of the whole list that meet the
conditions, in the same order; --by must add up; --sort must have the same rows, and with --limit the first of them."""
import ipaddress
import json
import random
import subprocess
import sys

MOVING = ("timer", "timer_s", "recv_q", "send_q", "v")
SPELLINGS = {
    "ESTABLISHED": ["estab", "ESTABLISHED"], "SYN_SENT": ["syn-sent", "SYN_SENT"],
    "SYN_RECV": ["syn-recv", "SYN_RECV", "SYN-RECEIVED"], "FIN_WAIT1": ["fin-wait-1", "FIN_WAIT1"],
    "FIN_WAIT2": ["fin-wait-2", "FIN_WAIT2"], "TIME_WAIT": ["time-wait", "TIME_WAIT"],
    "CLOSE_WAIT": ["close-wait", "CLOSE_WAIT"], "LAST_ACK": ["last-ack", "LAST_ACK"], "CLOSING": ["closing"],
    "LISTEN": ["listen", "listening"], "BOUND": ["bound", "bound-inactive"]}
CONNECTED = set(SPELLINGS) - {"LISTEN", "BOUND"}
GROUPS = {"all": set(SPELLINGS), "connected": CONNECTED, "synchronized": CONNECTED - {"SYN_SENT"},
          "bucket": {"TIME_WAIT", "SYN_RECV"}, "big": CONNECTED | {"LISTEN"}}
GROUPS["big"] -= GROUPS["bucket"]
chance = random.Random(int(sys.argv[1]))


def listed(*arguments):
    done = subprocess.run(["timewait", "list", "--json", *arguments], capture_output=True, text=True)
    if done.returncode or done.stderr:
        raise SystemExit(f"{arguments}: status {done.returncode}, {done.stderr}")
    rows = [json.loads(line) for line in done.stdout.splitlines()]
    if any(("v" in row) != (number == 0) for number, row in enumerate(rows)):
        raise SystemExit(f"{arguments}: the version is not in the first line alone")
    return [{key: row[key] for key in row if key not in MOVING} for row in rows]


def of_state():
    words, states = [], set()
    for _ in range(chance.randint(1, 4)):
        name = chance.choice(list(GROUPS) if chance.random() < 0.2 else list(SPELLINGS))
        states |= GROUPS.get(name, {name})
        word = chance.choice(SPELLINGS.get(name, [name]))
        words.append("".join(chance.choice([letter.upper(), letter.lower()]) for letter in word))
    return ["--state", ",".join(words)], lambda row: row["state"] in states


def of_port():
    ranges = []
    for _ in range(chance.choice([1, 2, 5, 32])):
        row = chance.choice(ALL)
        least = chance.choice([80, row["local_port"], row.get("peer_port", 1), chance.randint(1, 65535)])
        ranges.append((least, min(65535, least + chance.choice([0, 0, 1, 500, 20000]))))
    words = ",".join(f"{least}-{most}" if least < most else str(least) for least, most in ranges)
    return ["--port", words], lambda row: any(
        least <= row["local_port"] <= most or least <= row.get("peer_port", 0) <= most for least, most in ranges)


def address_of(row):
    return ipaddress.ip_address(row["peer"].split("%")[0])


def is_in(address, network, bits):
    if address.version == 6 and network.version == 4:
        address = address.ipv4_mapped
    if not address or address.version != network.version:
        return False
    return int(address) >> (network.max_prefixlen - bits) == int(network) >> (network.max_prefixlen - bits)


def of_peer():
    words, networks = [], []
    for _ in range(chance.choice([1, 2, 3, 64])):
        address = address_of(chance.choice([row for row in ALL if "peer" in row]))
        if address.version == 6 and address.ipv4_mapped and chance.random() < 0.5:
            address = address.ipv4_mapped
        elif address.version == 4 and chance.random() < 0.5:
            address = ipaddress.ip_address(f"::ffff:{address}")
        widest = address.max_prefixlen
        bits = chance.choice([0, 1, widest - 8, widest - 1, widest, widest, chance.randint(0, widest)])
        # The bits of the host are left as they are.
        words.append(str(address) if bits == widest and chance.random() < 0.5 else f"{address}/{bits}")
        if address.version == 6 and address.ipv4_mapped and bits >= 96:
            address, bits = address.ipv4_mapped, bits - 96
        networks.append((address, bits))
    return ["--peer", ",".join(words)], lambda row: "peer" in row and any(
        is_in(address_of(row), address, bits) for address, bits in networks)


def check(what, got, expected):
    if got != expected:
        cookies = [{row.get("cookie") for row in rows} for rows in (got, expected)]
        raise SystemExit(f"{what}: too many: {[row for row in got if row.get('cookie') not in cookies[1]][:3]}, "
                         f"missing: {[row for row in expected if row.get('cookie') not in cookies[0]][:3]}")


def try_one():
    chosen = [make() for make in (of_state, of_port, of_peer) if chance.random() < 0.6]
    arguments = [word for words, _ in chance.sample(chosen, len(chosen)) for word in words]
    expected = [row for row in ALL if all(meets(row) for _, meets in chosen)]
    check(arguments, listed(*arguments), expected)
    by = chance.choice(["state", "process", "peer", "local", "cgroup"])
    groups = listed(*arguments, "--by", by)
    if sum(group.pop("count") for group in groups) != len(expected) or any(
            groups.count(group) > 1 for group in groups):
        raise SystemExit(f"{arguments} --by {by}: does not add up")
    key = chance.choice(["state", "local", "peer", "pid"])
    rows = listed(*arguments, "--sort", key)
    check(f"{arguments} --sort {key}", sorted(rows, key=str), sorted(expected, key=str))
    limit = chance.choice([1, 2, max(1, len(rows)), len(rows) + 1, chance.randint(1, 99), 4294967295])
    check(f"{arguments} --sort {key} --limit {limit}",
          listed("--limit", str(limit), *arguments, "--sort", key), rows[:limit])
    check(f"{arguments} --limit {limit}", listed(*arguments, "--limit", str(limit)), expected[:limit])
    return 0 < len(expected) < len(ALL)


ALL = listed()
middling = sum(try_one() for _ in range(int(sys.argv[2])))
print(f"{middling} filters took some sockets and not all")
if middling < int(sys.argv[2]) / 4:
    raise SystemExit("too many filters took all or none")
