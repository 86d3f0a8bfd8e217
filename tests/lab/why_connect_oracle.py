#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""
Holds `timewait why connect` against the kernel, as why_oracle.py does `why bind`. Each situation has a few ports of its
own, in ip_local_port_range and ip_local_reserved_ports, some of them taken: by sockets to the wanted destination and to
others, in many states, whose port bind() chose or connect(). Then connect() is predicted, and done, until no port is
left; what each port was said to be is held against what was made here; and what is said to help at once is done, and
must.

    why_connect_oracle.py [--seed N] [--count N] [--only NUMBER] [--verbose] [connect|from]...
"""

import errno
import select
import shlex
import socket
import struct
import subprocess
import sys

sys.dont_write_bytecode = True  # into the sources
import why_oracle
from why_oracle import (DEVICE, FLAGS, PATIENCE_S, ask, claim, family_of, has_sysctl, make_socket, name_of, shown,
                        sockaddr, states_of_port, sysctl, until)

IP_BIND_ADDRESS_NO_PORT = 24
RESET = struct.pack("ii", 1, 0)

OWN = ["127.0.0.1", "127.0.0.1", "127.0.0.2", "192.0.2.1", "192.0.2.1", "192.0.2.2", "::1", "2001:db8::1",
       f"fe80::1%{DEVICE}", "::ffff:127.0.0.1", "::ffff:192.0.2.1", "0.0.0.0", "::", "::ffff:0.0.0.0"]
# Neighbours that are not there: the SYN waits for an answer.
SILENT = ["192.0.2.9", "2001:db8::9", "::ffff:192.0.2.9"]
NOWHERE = ["198.51.100.7", "2001:db8:1::7", "::ffff:198.51.100.7", "192.0.2.255", "255.255.255.255", "224.0.0.1",
           "ff02::1", f"ff02::1%{DEVICE}", "fe80::9", "203.0.113.1", "203.0.113.2", "203.0.113.3", "2001:db8:2::1",
           "2001:db8:3::1", "2001:db8:4::1", "240.0.0.1", "::ffff:203.0.113.1", "::ffff:224.0.0.1", "0.0.0.1"]
ROUTES = ["unreachable 203.0.113.1", "prohibit 203.0.113.2", "blackhole 203.0.113.3", "unreachable 2001:db8:2::1",
          "prohibit 2001:db8:3::1", "blackhole 2001:db8:4::1"]
MEANT = {"0.0.0.0": "127.0.0.1", "::": "::1", "::ffff:0.0.0.0": "::ffff:127.0.0.1"}

STATES = ["ESTABLISHED", "ESTABLISHED", "TIME_WAIT", "TIME_WAIT", "TIME_WAIT", "FIN_WAIT2", "ORPHANED", "CLOSE_WAIT",
          "BOUND", "LISTEN"]
# Who chose the port: connect(), bind(), or connect() after a bind() with IP_BIND_ADDRESS_NO_PORT.
WAYS = ["connect", "connect", "connect", "no_port", "bind", "bind_reuse"]
WHERE = ["wanted", "wanted", "wanted", "other_port", "other_source"]
YOUNG_MS, OLD_MS = 30000, 1


def some_occupants(chance, size):
    specs = []
    for _ in range(chance.choice([0, 1, 2, size, size, size])):
        offset = len(specs) if len(specs) < size and chance.random() < 0.8 else chance.randrange(size)
        specs.append({"offset": offset, "state": chance.choice(STATES), "way": chance.choice(WAYS),
                      "where": chance.choice(WHERE), "timestamps": int(chance.random() < 0.85),
                      "mapped": chance.random() < 0.2})
    return specs


def connect_situation(chance, users):
    size = chance.choice([1, 2, 2, 3, 4, 4, 5, 6, 7])
    uniform = chance.choice([None, None, *STATES])
    occupants = some_occupants(chance, size)
    for spec in occupants:
        spec["state"] = uniform or spec["state"]
    kind = chance.choice([OWN] * 8 + [SILENT, NOWHERE])
    return {"peer": chance.choice(kind), "is_silent": kind is SILENT, "is_nowhere": kind is NOWHERE,
            "listens": chance.choice(["peer"] * 8 + ["any", "six_only", "device", "lo", None]),
            "size": size, "reserved": [n for n in range(size) if chance.random() < 0.08], "occupants": occupants,
            "as_user": chance.choice([0] * 5 + users[:1]), "reuse": chance.choice([0, 1, 1, 2, 2]),
            "timestamps": int(chance.random() < 0.85), "delay": chance.choice([OLD_MS, OLD_MS, YOUNG_MS]),
            "from": None, "options": []}


def is_loopback(address):
    return unmapped(address).startswith(("127.", "::1"))


def may_talk(address, peer):
    """Without a scope that does not fit, and without [::1] or 127.0.0.1 leaving for elsewhere."""
    if peer == "fe80::9" or any((text in address) != (text in peer) for text in ("::ffff", "fe80", ":")):
        return False
    return peer in ("0.0.0.0", "::ffff:0.0.0.0") or is_loopback(address) == is_loopback(MEANT.get(peer, peer))


def from_situation(chance, users):
    situation = connect_situation(chance, users)
    own = [address for address in OWN[:11] if may_talk(address, situation["peer"])]
    address = chance.choice(["source"] * 5 + ["wildcard"] * 2 + own + ["198.51.100.9" if ":" not in situation["peer"]
                                                                    else "2001:db8:9::9"])
    offset = chance.choice([None, None, *range(situation["size"]), 0])
    situation["from"] = [address, offset]
    situation["options"] = [name for name in ("SO_REUSEADDR", "SO_REUSEPORT") if chance.random() < 0.4]
    if situation["occupants"] and chance.random() < 0.4:
        # The very same again.
        same = chance.choice(situation["occupants"])
        same["way"], same["where"] = "bind_reuse", "wanted"
        situation["from"], situation["options"] = ["source", same["offset"]], ["SO_REUSEADDR"]
    return situation


def unmapped(address):
    return address[7:] if address.startswith("::ffff:") else address


def source_of(peer):
    """Whom connect() would pose as; None where it has no way."""
    with socket.socket(family_of(peer), socket.SOCK_DGRAM) as made:
        try:
            made.connect(sockaddr(peer, 9))
        except OSError:
            return None
        name = made.getsockname()
        return f"{name[0]}%{DEVICE}" if name[0].startswith("fe80") and "%" not in name[0] else name[0]


class Occupant:
    """A socket that has a port of the range, in some state."""

    def __init__(self, case, spec, port):
        self.spec, self.port, self.kept = spec, port, []
        self.case, self.made = case, True
        peer = case.meant if spec["where"] != "other_port" else case.other
        self.peer_port = case.port if spec["where"] != "other_port" else case.other_port
        if spec["mapped"] and family_of(peer) == socket.AF_INET:
            peer = "::ffff:" + peer
        self.state = spec["state"]
        if case.situation["is_silent"] and spec["where"] != "other_port":
            self.state = self.state if self.state in ("BOUND", "LISTEN") else "SYN_SENT"
        sysctl("ipv4.ip_local_port_range", f"{port} {port}")
        sysctl("ipv4.tcp_timestamps", spec["timestamps"])
        try:
            self._make(peer)
        except OSError:
            self.made = False
            self.close()

    def _source(self, peer):
        if self.spec["where"] == "other_source" and unmapped(peer).startswith("127."):
            return peer.replace(unmapped(peer), "127.0.0.7")
        if self.spec["where"] == "other_source" and unmapped(peer).startswith("192."):
            return peer.replace(unmapped(peer), "192.0.2.1" if "192.0.2.2" in peer else "192.0.2.2")
        return source_of(peer)

    def _make(self, peer):
        spec, way = self.spec, self.spec["way"]
        source = self._source(peer)
        self.source, self.peer = source, peer
        made = make_socket(family_of(peer), ["SO_REUSEADDR"] if way == "bind_reuse" else [])
        made.settimeout(PATIENCE_S)
        self.kept.append(made)
        if self.state in ("BOUND", "LISTEN") or way.startswith("bind"):
            made.bind(sockaddr(source, self.port))
        elif way == "no_port" or spec["where"] == "other_source":
            made.setsockopt(socket.IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, 1)
            made.bind(sockaddr(source, 0))
        if self.state == "BOUND":
            return
        if self.state == "LISTEN":
            made.listen(5)
            return
        if self.state == "SYN_SENT":
            made.setblocking(False)
            code = made.connect_ex(sockaddr(peer, self.peer_port))
            if code != errno.EINPROGRESS:
                raise OSError(code, "another has it already")
            return
        self._be_connection(made, peer)

    def _be_connection(self, made, peer):
        """Through a listener of its own: the wanted one's may be none."""
        with make_socket(family_of(peer), ["SO_REUSEADDR", "SO_REUSEPORT"]) as listener:
            listener.settimeout(PATIENCE_S)
            listener.bind(sockaddr(peer, self.peer_port))
            listener.listen(5)
            made.connect(sockaddr(peer, self.peer_port))
            server, _ = listener.accept()
        self.kept.append(server)
        server.setsockopt(socket.IPPROTO_TCP, socket.TCP_QUICKACK, 1)
        made.setsockopt(socket.IPPROTO_TCP, socket.TCP_QUICKACK, 1)
        if self.state == "CLOSE_WAIT":
            server.shutdown(socket.SHUT_WR)
            self._until("CLOSE_WAIT")
        elif self.state == "FIN_WAIT2":
            made.shutdown(socket.SHUT_WR)
            self._until("FIN_WAIT2")
        elif self.state == "ORPHANED":
            made.close()
            self._until("FIN_WAIT2")
        elif self.state == "TIME_WAIT":
            made.close()
            while server.recv(100):
                pass
            server.close()
            self._until("TIME_WAIT")

    def _until(self, state):
        until(f"{state} at {self.port}", lambda: state in states_of_port(self.port))

    def close(self):
        for made in self.kept:
            if made.fileno() >= 0:
                if self.state != "LISTEN":
                    made.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
                made.close()
        self.kept = []

    def is_given(self):
        """Did bind() choose the port?"""
        return self.spec["way"].startswith("bind") or self.state in ("BOUND", "LISTEN")

    def is_towards(self, source, peer, port):
        return (self.peer_port, unmapped(self.peer), unmapped(self.source)) == (port, unmapped(peer), unmapped(source))


class Connect:
    """One situation of connect(), and all that is to be held against it."""

    def __init__(self, situation, number, _):
        self.situation = situation
        self.number = number = number + 500 * bool(situation["from"])
        self.peer = situation["peer"]
        self.meant = MEANT.get(self.peer, self.peer)
        self.port, self.other_port = 10000 + number, 12000 + number
        # Silent ones have connections to others: to us.
        self.other = {"192.0.2.9": "192.0.2.1", "2001:db8::9": "2001:db8::1",
                      "::ffff:192.0.2.9": "::ffff:192.0.2.1"}.get(self.meant, self.meant)
        self.low = 20000 + 8 * number
        self.high = self.low + situation["size"] - 1
        self.reserved = [self.low + n for n in situation["reserved"]]
        self.source = None if situation["is_nowhere"] else source_of(self.peer)
        if situation["from"] and self.source and situation["from"][0] in OWN:
            self.source = situation["from"][0]
            # To nowhere in particular IPv4 goes to itself, IPv6 to [::1].
            self.meant = self.source if self.peer in MEANT and self.peer != "::" else self.meant
        self.occupants, self.listener, self.more = [], None, []
        self.as_user = situation["as_user"]

    # --- the scene ---

    def listen(self, how, port):
        address = {"any": "::", "six_only": "::"}.get(how, self.meant)
        options = ["SO_REUSEADDR"] + (["IPV6_V6ONLY"] if how == "six_only" else [])
        made = make_socket(family_of(address), options, {"device": DEVICE, "lo": "lo"}.get(how))
        made.bind(sockaddr(address, port))
        made.listen(100)
        return made

    def set_ports(self):
        sysctl("ipv4.ip_local_port_range", f"{self.low} {self.high}")
        sysctl("ipv4.ip_local_reserved_ports", ",".join(map(str, self.reserved)) or "\n")

    def set_rules(self):
        self.set_ports()
        if not has_sysctl("ipv4.tcp_tw_reuse_delay"):
            # Older kernels go by a clock of seconds: nothing to foretell by the millisecond.
            self.situation["reuse"] = 0
        for name, key in (("tcp_tw_reuse", "reuse"), ("tcp_timestamps", "timestamps"),
                          ("tcp_tw_reuse_delay", "delay")):
            if has_sysctl("ipv4." + name):
                sysctl("ipv4." + name, self.situation[key])

    def furnish(self):
        sysctl("ipv4.ip_local_reserved_ports", "\n")
        sysctl("ipv4.tcp_tw_reuse", 0)
        if self.source:
            for spec in self.situation["occupants"]:
                occupant = Occupant(self, spec, self.low + spec["offset"])
                if occupant.made:
                    self.occupants.append(occupant)
        how = self.situation["listens"]
        if how and self.source and not self.situation["is_silent"]:
            try:
                self.listener = self.listen(how, self.port)
            except OSError as error:
                # Not every address is to be had on every device.
                claim(how in ("device", "lo"), f"listen: {error}")
        self.set_rules()

    def clear(self):
        sysctl("ipv4.ip_local_reserved_ports", "\n")
        sysctl("ipv4.ip_local_port_range", "32768 60999")
        for made in [*self.occupants, *self.more, *([self.listener] if self.listener else [])]:
            made.close()

    # --- connect() ---

    def from_address(self):
        address, offset = self.situation["from"]
        if address == "source":
            address = self.source or ("::1" if ":" in self.peer else "127.0.0.1")
        elif address == "wildcard":
            address = "::" if ":" in self.peer else "0.0.0.0"
        return address, 0 if offset is None else self.low + offset

    def connect(self, port=None, options=None, no_port=False):
        """The name of the errno, and the socket of a connection that is there, or is waited for."""
        made = make_socket(family_of(self.peer), self.situation["options"] if options is None else options)
        made.setblocking(False)
        try:
            if no_port:
                made.setsockopt(socket.IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, 1)
            if self.situation["from"]:
                made.bind(sockaddr(*self.from_address()))
            code = made.connect_ex(sockaddr(self.peer, port or self.port))
        except OSError as error:
            code = error.errno
        name = name_of(code)
        if name == "EINPROGRESS":
            name = ""
            if not self.situation["is_silent"]:
                poll = select.poll()
                poll.register(made, select.POLLOUT)
                claim(poll.poll(1000 * PATIENCE_S), "connect() hangs")
                name = name_of(made.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR))
        if not name:
            made.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
            return "", made
        made.close()
        return name, None

    def connect_once(self, *arguments, **more):
        name, made = self.connect(*arguments, **more)
        if made:
            made.close()
        return name

    # --- what is held against what ---

    def question(self):
        words = ["connect", shown(self.peer, self.port), *[FLAGS[option] for option in self.situation["options"]]]
        if self.situation["from"]:
            address, port = self.from_address()
            words += ["--from", shown(address, port) if port else address]
        return words

    def run(self):
        try:
            self.furnish()
            said = self.said = ask(self.question(), self.as_user)
            if said["budget"]:
                self.check_budget(said["budget"])
            if self.check_verdict(said):
                self.check_remedies(said)
        finally:
            self.clear()
        return said

    def uses(self):
        """What each port is, by those that are there."""
        uses = {}
        order = ["free", "shared", "reusable", "waiting", "connected", "held"]
        for occupant in self.occupants:
            use = "connected"
            if occupant.state in ("BOUND", "LISTEN"):
                use = "held"
            elif not occupant.is_towards(self.source, self.meant, self.port):
                use = "shared"
            elif occupant.state == "TIME_WAIT":
                use = "reusable" if self.is_reuse_on() and self.situation["delay"] == OLD_MS and \
                    self.situation["timestamps"] else "waiting"
            uses[occupant.port] = max(uses.get(occupant.port, "free"), use, key=order.index)
        return {port: uses.get(port, "free") for port in range(self.low, self.high + 1) if port not in self.reserved}

    def is_reuse_on(self):
        return self.situation["reuse"] == 1 or self.situation["reuse"] == 2 and \
            unmapped(self.meant).startswith(("127.", "::1"))

    def check_budget(self, budget):
        uses = list(self.uses().values())
        size = self.situation["size"]
        claim((budget["low"], budget["high"], budget["range"]) == (self.low, self.high, size), "the range")
        claim(budget["reserved"] == len(self.reserved), f"{self.reserved} are reserved")
        for use in ("held", "connected", "waiting", "reusable", "shared"):
            claim(budget[use] == uses.count(use), f"{uses.count(use)} are {use}: {self.uses()}")
        # Of three, the last is never come to.
        lost = size == 3 and self.uses().get(self.high) == "free"
        # The first or the last of more.
        ends = [use for port, use in self.uses().items() if port == self.high or port == self.low and size > 3]
        usable = len(uses) - uses.count("held") - (size % 2 and size > 1 and any(use != "held" for use in ends))
        claim(budget["usable"] == usable, f"{usable} are usable: {self.uses()}")
        claim(budget["free"] == uses.count("free") - lost, f"{uses.count('free')} are free: {self.uses()}")

    def check_verdict(self, said):
        name, made = self.connect()
        claim(not said["sure"] or name == said["errno"], f"connect() gives '{name}'")
        claim(said["sure"] or self.may_be_unsure(said), "it could be sure")
        if made and self.situation["from"]:
            made.close()
        elif made:
            self.use_up(said["budget"], made)
        return bool(name)

    def use_up(self, budget, made):
        """Connections are made until there are no more."""
        while made:
            self.more.append(made)
            name, made = self.connect()
        claim(name == "EADDRNOTAVAIL", f"in the end connect() gives '{name}'")
        uses, size = self.uses(), self.situation["size"]
        to_be_had = [port for port, use in uses.items() if use == "free" or
                     use in ("shared", "reusable", "waiting") and self.may_be_had(port, use)]
        # An odd range leaves out its first or its last port; of three, the last.
        ends = [port for port in to_be_had if size % 2 and size > 1 and port in (self.low, self.high)]
        least, most = len(to_be_had) - bool(ends), len(to_be_had) - (size == 3 and self.high in ends)
        claim(least <= len(self.more) <= most, f"{len(self.more)} connections were to be had, of {to_be_had}")
        if all(use in ("free", "connected", "held") for use in uses.values()):
            claim(budget["free"] - bool(ends) <= len(self.more) <= budget["free"],
                  f"{len(self.more)} were free")

    def may_be_had(self, port, use):
        """What no socket tells: who chose the port, and whether timestamps were used."""
        here = [occupant for occupant in self.occupants if occupant.port == port]
        waits = [o for o in here if o.state == "TIME_WAIT" and o.is_towards(self.source, self.meant, self.port)]
        return not any(o.is_given() for o in here) and all(o.spec["timestamps"] for o in waits) and \
            (use != "waiting" or self.is_reuse_on() and self.situation["delay"] == OLD_MS)

    def may_be_unsure(self, said):
        budget = said["budget"]
        if self.situation["from"]:
            return True
        return budget["reusable"] or self.situation["size"] % 2 or self.as_user and budget["shared"] or \
            budget["reuse"] == "no_timestamps" and budget["waiting"]

    def check_remedies(self, said):
        claim(said["errno"] or not said["remedies"], "it works, and has remedies")
        last = ["fix_leak", "tw_reuse", "end_process", "destroy"]
        for name in sorted(said["remedies"], key=lambda name: last.index(name) if name in last else -1):
            check = getattr(self, "do_" + name, None)
            if name.startswith("set_") and any(o.port == self.from_address()[1] and not o.spec["timestamps"]
                                               for o in self.occupants):
                continue  # whether connect() takes the last connection over is not told
            if check and said["remedies"][name]["works_now"]:
                got = check(said["remedies"][name])
                ok = ["", "ECONNREFUSED" if not self.is_heard() else ""]
                claim(got in ok, f"after {name} connect() gives '{got}'")

    def is_heard(self):
        how = self.situation["listens"]
        return how in ("peer", "any") or how == "six_only" and ":" in unmapped(self.meant)

    def do_tw_reuse(self, remedy):
        """Helps where timestamps were used and connect() chose the port, which no socket tells."""
        if any(use == "waiting" and not any(o.is_given() for o in self.occupants if o.port == port) and
               all(o.spec["timestamps"] for o in self.occupants if o.port == port)
               for port, use in self.uses().items()):
            return self.do_command(remedy) if has_sysctl("ipv4.tcp_tw_reuse_delay") else ""
        return ""

    def do_command(self, remedy):
        if "detail" not in remedy:
            return ""
        subprocess.run(shlex.split(remedy["detail"]), check=True, stdout=subprocess.DEVNULL)
        got = self.connect_once()
        self.set_rules()
        return got

    do_even_range = do_widen_range = do_destroy = do_command

    def do_more_destinations(self, _):
        with make_socket(family_of(self.meant), []) as listener:
            if not self.situation["is_silent"]:
                listener.bind(sockaddr(self.meant, 14000 + self.number))
                listener.listen(5)
            return self.connect_once(14000 + self.number)

    def do_unreserve(self, _):
        reserved, self.reserved = self.reserved, []
        self.set_ports()
        got = self.connect_once()
        self.reserved = reserved
        self.set_ports()
        return got

    def do_start_listener(self, _):
        if self.listener:
            self.listener.close()
        with self.listen("peer", self.port):
            return self.connect_once()

    def do_bind_address_no_port(self, _):
        return self.connect_once(no_port=True)

    def do_set_reuseaddr(self, _):
        return self.connect_once(options=["SO_REUSEADDR"])

    def do_set_reuseport(self, _):
        return self.connect_once(options=["SO_REUSEPORT"])

    def do_set_both(self, _):
        return self.connect_once(options=["SO_REUSEADDR", "SO_REUSEPORT"])

    def do_fix_leak(self, _):
        for occupant in self.occupants:
            if occupant.state == "CLOSE_WAIT":
                occupant.close()
        return self.connect_once()


def furnish_routes():
    original()
    for route in ROUTES:
        subprocess.run(["ip", "route", "add", *route.split()], check=True)
    for address in SILENT[:2]:
        # Else what waits for them is told after a while that they are not there.
        subprocess.run(["ip", "neigh", "add", address, "lladdr", "02:00:00:00:00:09", "dev", DEVICE], check=True)


if __name__ == "__main__":
    original, why_oracle.furnish = why_oracle.furnish, furnish_routes
    why_oracle.main({"connect": (connect_situation, Connect), "from": (from_situation, Connect)}, 200)
