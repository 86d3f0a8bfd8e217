#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""
Holds `timewait why` against the kernel. Situations are made at random, but from a seed: sockets in many states, of
several users, with and without the options that matter; then a question. What is predicted is done: bind() and
listen(), and what is said to help, each remedy that "works at once". States, owners and options of the sockets in the
way are held against what was made here. No packet may be sent.

    why_oracle.py [--seed N] [--count N] [--only NUMBER] [--verbose] [bind]...

Makes a network namespace for itself. Prints TAP; a point that fails prints its situation, and how to repeat it.
"""

import argparse
import ctypes
import errno
import json
import os
import random
import shlex
import signal
import socket
import struct
import subprocess
import sys
import time

PATIENCE_S = 15
CLONE_NEWNET, CLONE_NEWUSER = 0x40000000, 0x10000000
IP_FREEBIND, IPV6_FREEBIND = 15, 78
TCP_STATES = {1: "ESTABLISHED", 2: "SYN_SENT", 3: "SYN_RECV", 4: "FIN_WAIT1", 5: "FIN_WAIT2", 6: "TIME_WAIT",
              8: "CLOSE_WAIT", 9: "LAST_ACK", 10: "LISTEN", 11: "CLOSING"}
DEVICE = "far"
OTHER_USERS = [1000, 65534]


class Wrong(Exception):
    """What timewait says is not so."""


def claim(is_so, what):
    if not is_so:
        raise Wrong(what)


def name_of(number):
    return errno.errorcode[number] if number else ""


# --- the namespace ---

def enter_namespace():
    libc = ctypes.CDLL(None, use_errno=True)
    uid, gid = os.getuid(), os.getgid()
    if uid == 0 and libc.unshare(CLONE_NEWNET) == 0:
        return True
    if libc.unshare(CLONE_NEWUSER | CLONE_NEWNET) != 0:
        print("1..0 # SKIP network namespaces are refused here")
        sys.exit(0)
    for name, line in (("setgroups", "deny"), ("uid_map", f"0 {uid} 1"), ("gid_map", f"0 {gid} 1")):
        with open(f"/proc/self/{name}", "w", encoding="ascii") as file:
            file.write(line)
    return False


def sysctl(name, value):
    with open("/proc/sys/net/" + name.replace(".", "/"), "w", encoding="ascii") as file:
        file.write(str(value))


def has_sysctl(name):
    return os.path.exists("/proc/sys/net/" + name.replace(".", "/"))


def furnish():
    sysctl("ipv6.conf.default.router_solicitations", 0)
    for line in ("link set lo up", f"link add {DEVICE} type veth peer name near",
                 f"address add 192.0.2.1/24 dev {DEVICE}", f"address add 192.0.2.2/24 dev {DEVICE}",
                 f"address add 2001:db8::1/64 dev {DEVICE} nodad", f"link set {DEVICE} addrgenmode none up",
                 "link set near addrgenmode none up", f"address add fe80::1/64 dev {DEVICE} nodad"):
        subprocess.run(["ip", *line.split()], check=True)


def packets_sent():
    with open("/proc/net/snmp", encoding="ascii") as file:
        lines = [line.split() for line in file]
    with open("/proc/net/snmp6", encoding="ascii") as file:
        sent = [line.split()[1] for line in file if line.startswith("Ip6OutRequests")]
    for names, values in zip(lines[::2], lines[1::2]):
        for name, value in zip(names, values):
            if names[0] + name in ("Tcp:OutSegs", "Tcp:OutRsts", "Udp:OutDatagrams", "Ip:OutRequests"):
                sent.append(value)
    return sent


# --- sockets ---

def family_of(address):
    return socket.AF_INET6 if ":" in address else socket.AF_INET


def sockaddr(address, port):
    if family_of(address) == socket.AF_INET:
        return (address, port)
    host, _, device = address.partition("%")
    return (host, port, 0, socket.if_nametoindex(device) if device else 0)


def shown(address, port):
    return f"[{address}]:{port}" if ":" in address else f"{address}:{port}"


LEVELS = {"SO_REUSEADDR": (socket.SOL_SOCKET, socket.SO_REUSEADDR),
          "SO_REUSEPORT": (socket.SOL_SOCKET, socket.SO_REUSEPORT),
          "IPV6_V6ONLY": (socket.IPPROTO_IPV6, socket.IPV6_V6ONLY),
          "IP_FREEBIND": (socket.IPPROTO_IP, IP_FREEBIND),
          "IPV6_FREEBIND": (socket.IPPROTO_IPV6, IPV6_FREEBIND)}
FLAGS = {"SO_REUSEADDR": "--reuseaddr", "SO_REUSEPORT": "--reuseport", "IPV6_V6ONLY": "--v6only"}


def make_socket(family, options, device=None):
    made = socket.socket(family, socket.SOCK_STREAM)
    for option in options:
        made.setsockopt(*LEVELS[option], 1)
    if device:
        made.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, device.encode() + b"\0")
    return made


class As:
    """Effectively another user, and back."""

    def __init__(self, user):
        self.user = user

    def __enter__(self):
        if self.user:
            os.seteuid(self.user)

    def __exit__(self, *_):
        if self.user:
            os.seteuid(0)


def try_bind(address, port, options, user=0, then_listen=True):
    """What bind(), and then listen(), say: two names, "" for success."""
    with As(user), make_socket(family_of(address), options) as made:
        try:
            made.bind(sockaddr(address, port))
        except OSError as error:
            return name_of(error.errno), None
        listened = ""
        try:
            if then_listen:
                made.listen(5)
        except OSError as error:
            listened = name_of(error.errno)
        made.close()
        if "SO_REUSEPORT" in options and port:
            make_port_forget(port)
        return "", listened


def make_port_forget(port):
    """The kernel lets a second SO_REUSEPORT in unasked, until somebody without it comes (sk_reuseport_match())."""
    for family, address, freebind in ((socket.AF_INET, "127.255.255.254", ["IP_FREEBIND"]),
                                      (socket.AF_INET6, "100::1", ["IPV6_FREEBIND", "IPV6_V6ONLY"])):
        with make_socket(family, ["SO_REUSEADDR", *freebind]) as made:
            try:
                made.bind((address, port))
                return
            except OSError:
                pass


def states_of_port(port):
    """The states of the sockets with that local port, as /proc/net/tcp has them: no BOUND ones."""
    states = []
    for name in ("tcp", "tcp6"):
        with open(f"/proc/net/{name}", encoding="ascii") as file:
            for line in list(file)[1:]:
                fields = line.split()
                if int(fields[1].rsplit(":", 1)[1], 16) == port:
                    states.append(TCP_STATES.get(int(fields[3], 16), "?"))
    return states


def until(what, is_so):
    deadline = time.monotonic() + PATIENCE_S
    while not is_so():
        if time.monotonic() > deadline:
            raise RuntimeError(f"waited in vain for {what}")
        time.sleep(0.002)


# --- who has a port: each a process of its own ---

class Occupant:
    """A process with one socket at the port, in some state; its peers are ours. `errno` where bind() refused."""

    def __init__(self, spec, port, serve):
        self.spec, self.port, self.peers, self.error = spec, port, [], ""
        self.made = True
        mine, its = socket.socketpair()
        self.pipe = mine
        mine.settimeout(2 * PATIENCE_S)
        self.pid = os.fork()
        if self.pid == 0:
            its_fd = os.dup2(its.fileno(), 3)
            os.closerange(4, 4096)
            self._live(socket.socket(fileno=its_fd), serve)
            os._exit(0)
        its.close()
        self._be_peer()

    def _tell(self, pipe, word):
        pipe.send(word.encode() + b"\n")

    def _live(self, pipe, serve):
        spec = self.spec
        try:
            signal.signal(signal.SIGINT, signal.SIG_DFL)
            if spec["uid"]:
                # Whose the socket is is told when it is made; low ports are bound by root.
                os.seteuid(spec["uid"])
            made = make_socket(family_of(spec["address"]), spec["options"], spec["device"])
            os.seteuid(0)
            made.settimeout(PATIENCE_S)
            made.bind(sockaddr(spec["address"], self.port))
            if spec["uid"]:
                os.seteuid(spec["uid"])
            keep = [made] + self._act(made, pipe, serve)
            self._tell(pipe, "done")
            pipe.recv(1)
            del keep
        except OSError as error:
            self._tell(pipe, name_of(error.errno) or str(error))

    def _act(self, made, pipe, serve):
        state = self.spec["state"]
        if state == "BOUND":
            return []
        if state == "OUTGOING":
            made.connect(sockaddr(serve[0], serve[1]))
            return []
        if state == "SYN_SENT":
            made.setblocking(False)
            made.connect_ex(sockaddr(serve[0], serve[1]))
            return []
        made.listen(5)
        if state == "LISTEN":
            return []
        self._tell(pipe, "ready")
        if state == "UNACCEPTED":
            pipe.recv(1)
            return []
        end, _ = made.accept()
        made.close()
        pipe.recv(1)
        if state == "FIN_WAIT1":
            end.setblocking(False)
            try:
                while True:
                    end.send(bytes(65536))
            except BlockingIOError:
                pass
        if state == "SHUTDOWN":
            end.shutdown(socket.SHUT_WR)
        if state in ("FIN_WAIT1", "FIN_WAIT2", "TIME_WAIT"):
            end.close()
            return []
        return [end]

    def _hear(self):
        word = b""
        while not word.endswith(b"\n"):
            more = self.pipe.recv(1)
            if not more:
                raise RuntimeError(f"the process of {self.spec} has died")
            word += more
        return word.decode().strip()

    def _be_peer(self):
        spec, state = self.spec, self.spec["state"]
        word = self._hear()
        if word == "ready":
            host = spec["host"]
            peer = socket.socket(family_of(host), socket.SOCK_STREAM)
            peer.settimeout(PATIENCE_S)
            if state == "FIN_WAIT1":
                peer.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            try:
                peer.connect(sockaddr(host, self.port))
                self.peers.append(peer)
            except OSError as error:
                word = "peer " + name_of(error.errno)
            if word == "ready":
                self.pipe.send(b"x")
                word = self._hear()
        if word != "done":
            self.made, self.error = False, word
            self.close()
            return
        if state == "CLOSE_WAIT":
            self.peers.pop().close()
        if state == "TIME_WAIT":
            while self.peers[0].recv(100):
                pass
            self.peers.pop().close()
        wanted = {"CLOSE_WAIT": "CLOSE_WAIT", "TIME_WAIT": "TIME_WAIT", "FIN_WAIT1": "FIN_WAIT1",
                  "FIN_WAIT2": "FIN_WAIT2", "SHUTDOWN": "FIN_WAIT2"}.get(state)
        if wanted:
            until(f"{wanted} at {self.port}", lambda: wanted in states_of_port(self.port))
        if state in ("TIME_WAIT", "FIN_WAIT1", "FIN_WAIT2"):
            self.end()

    def end(self):
        """The process ends; what it leaves behind stays."""
        if self.pid:
            os.kill(self.pid, signal.SIGKILL)
            os.waitpid(self.pid, 0)
            self.pid = 0

    def close(self):
        self.end()
        self.pipe.close()
        for peer in self.peers:
            peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            peer.close()
        self.peers = []

    def states(self):
        """As `why` names them; UNACCEPTED has two."""
        state = self.spec["state"]
        return {"OUTGOING": ["ESTABLISHED"], "UNACCEPTED": ["LISTEN", "ESTABLISHED"],
                "SHUTDOWN": ["FIN_WAIT2"]}.get(state, [state])


# --- timewait ---

def ask(arguments, as_user=0, watch_packets=True, retry=3):
    command = ["timewait", "why", "--json", *arguments]
    before = packets_sent()
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                          user=as_user or None, group=as_user or None,
                          extra_groups=[] if as_user else None) as process:
        out, complaint = process.communicate(timeout=60)
    if watch_packets and packets_sent() != before:
        # What the situation itself still had to send may come at any time, but not every time.
        claim(retry > 0, "it sends packets")
        return ask(arguments, as_user, True, retry - 1)
    lines = [json.loads(line) for line in out.splitlines()]
    claim(lines and not complaint, f"exit status {process.returncode}: {complaint}")
    said = {**lines[0], "attempts": [], "sockets": [], "remedies": {}, "notes": [], "budget": None, "route": None}
    for line in lines[1:]:
        kind = line["type"]
        if kind == "remedy":
            said["remedies"].setdefault(line["name"], line)
        elif kind in ("budget", "route"):
            said[kind] = line
        else:
            said[kind + "s"].append(line)
    said.setdefault("errno", "")
    said["status"] = process.returncode
    claim(process.returncode == (0 if not said["errno"] else 1), "the exit status is not that of the verdict")
    return said


# --- bind ---

HOSTS = {"0.0.0.0": "127.0.0.1", "::": "::1", "::ffff:127.0.0.1": "127.0.0.1", "::ffff:0.0.0.0": "127.0.0.1"}
OWN = ["0.0.0.0", "0.0.0.0", "127.0.0.1", "127.0.0.2", "192.0.2.1", "::", "::", "::1", "2001:db8::1",
       "::ffff:127.0.0.1", "::ffff:0.0.0.0", f"fe80::1%{DEVICE}"]
ODD = ["198.51.100.7", "2001:db8::99", "fe80::1", "::ffff:198.51.100.7", "192.0.2.255", "224.0.0.1", "ff02::1"]
STATES = ["LISTEN", "LISTEN", "BOUND", "BOUND", "OUTGOING", "SYN_SENT", "UNACCEPTED", "ESTABLISHED", "CLOSE_WAIT",
          "SHUTDOWN", "FIN_WAIT1", "FIN_WAIT2", "TIME_WAIT", "TIME_WAIT"]


RANKS = {"UNACCEPTED": 1, "LISTEN": 2, "BOUND": 2, "OUTGOING": 2, "SYN_SENT": 2}


def some_options(chance, family):
    options = [name for name in ("SO_REUSEADDR", "SO_REUSEPORT") if chance.random() < 0.45]
    if family == socket.AF_INET6 and chance.random() < 0.3:
        options.append("IPV6_V6ONLY")
    return options


def some_occupant(chance, users):
    address = chance.choice(OWN)
    options = some_options(chance, family_of(address))
    if address.startswith("::ffff"):
        options = [option for option in options if option != "IPV6_V6ONLY"]
    host = HOSTS.get(address, address)
    if address == "::" and "IPV6_V6ONLY" not in options and chance.random() < 0.5:
        host = "127.0.0.1"
    device = None
    if chance.random() < 0.1:
        device = DEVICE if host.startswith(("192", "2001", "fe80")) else "lo"
    return {"state": chance.choice(STATES), "address": address, "options": options, "host": host, "device": device,
            "uid": chance.choice([0] * 3 + users)}


def bind_situation(chance, users):
    address = chance.choice(OWN * 3 + ODD)
    family = family_of(address)
    port = chance.choice(["fresh"] * 12 + [0, "low"])
    return {"occupants": [some_occupant(chance, users) for _ in range(chance.choice([0, 1, 1, 1, 2, 2, 3]))],
            "address": address, "options": some_options(chance, family), "user": chance.choice([0] * 3 + users),
            "port": port, "as_user": chance.choice([0] * 4 + users[:1]),
            "sysctls": {"ipv4.ip_nonlocal_bind": int(chance.random() < 0.05),
                        "ipv6.ip_nonlocal_bind": int(chance.random() < 0.05),
                        "ipv6.bindv6only": int(chance.random() < 0.1)}}


class Bind:
    """One situation of bind(), and all that is to be held against it."""

    def __init__(self, situation, number, peers):
        self.situation, self.peers = situation, peers
        self.address, self.options = situation["address"], situation["options"]
        self.port = {"fresh": 10000 + number, "low": 100 + number % 700}.get(situation["port"], situation["port"])
        self.occupants, self.number = [], number
        # Asked as an ordinary user, it is that user's program.
        self.as_user = situation["as_user"]
        self.user = self.as_user or situation["user"]

    def occupy(self, port, specs):
        made = []
        # Those whose connection comes through a listener need it for themselves.
        for spec in sorted(specs, key=lambda spec: RANKS.get(spec["state"], 0)):
            if spec["state"] == "UNACCEPTED" and any(o.spec["state"] == "UNACCEPTED" for o in made):
                continue
            peer = self.peers[family_of(spec["host"])]
            if spec["state"] == "SYN_SENT":
                if not spec["host"].startswith(("192", "2001")):
                    continue
                peer = ("192.0.2.9" if family_of(spec["host"]) == socket.AF_INET else "2001:db8::9", 9)
            elif spec["state"] == "OUTGOING":
                peer = (spec["host"], 9)
                if family_of(spec["address"]) != family_of(peer[0]):
                    peer = ("::ffff:" + peer[0], 9)
            occupant = Occupant(spec, port, peer)
            if occupant.made:
                made.append(occupant)
        return made

    def is_quiet(self):
        return not any(o.spec["state"] in ("SYN_SENT", "FIN_WAIT1") for o in self.occupants)

    def question(self, *more):
        user = ["--user", str(self.user)] if self.user and not self.as_user else []
        return ["bind", shown(self.address, self.port), *[FLAGS[o] for o in self.options], *user, *more]

    def bind(self, options=None, user=None):
        return try_bind(self.address, self.port, self.options if options is None else options,
                        self.user if user is None else user)

    def blocks_alone(self, occupant):
        """Is that one alone enough to refuse? Made anew at another port, where nobody else is."""
        port = 14000 + 4 * self.number + self.occupants.index(occupant)
        twins = self.occupy(port, [occupant.spec])
        try:
            return try_bind(self.address, port, self.options, self.user)[0] == "EADDRINUSE"
        finally:
            for twin in twins:
                twin.close()

    def run(self):
        for name, value in self.situation["sysctls"].items():
            sysctl(name, value)
        self.occupants = self.occupy(self.port, self.situation["occupants"]) if self.port else []
        if self.port:
            make_port_forget(self.port)
        try:
            said = ask(self.question(), self.as_user, self.is_quiet())
            self.said = said
            self.check_verdict(said)
            self.check_sockets(said)
            self.check_remedies(said)
        finally:
            for occupant in self.occupants:
                occupant.close()
            for name in self.situation["sysctls"]:
                sysctl(name, 0)
        return said

    def check_verdict(self, said):
        bound, listened = self.bind()
        claim(said["errno"] == bound, f"bind() gives '{bound}'")
        claim(not listened, f"bind() works, but listen() gives '{listened}'")
        for attempt in said["attempts"]:
            got = self.bind(attempt["options"])[0]
            claim(attempt.get("errno", "") == got, f"with {attempt['options']} bind() gives '{got}'")

    def find(self, said, occupant, state):
        held = occupant.pid and not (occupant.spec["state"] == "UNACCEPTED" and state == "ESTABLISHED")
        plain = occupant.spec["address"].partition("%")[0]
        for entry in said["sockets"]:
            local = entry["local"].partition("%")[0]
            if entry["state"] != state or entry["local_port"] != self.port:
                continue
            if held and not self.as_user and entry.get("pid") != occupant.pid:
                continue
            if held and entry.get("uid") != occupant.spec["uid"] or not held and "pid" in entry:
                continue
            if local in (plain, occupant.spec["host"], "::ffff:" + occupant.spec["host"]):
                return entry
        return None

    def check_sockets(self, said):
        blocking = 0
        for occupant in self.occupants:
            alone = said["errno"] == "EADDRINUSE" and self.blocks_alone(occupant)
            for state in occupant.states():
                entry = self.find(said, occupant, state)
                if not entry:
                    claim(not alone or state != occupant.states()[0], f"{occupant.spec} is not named")
                    continue
                self.check_options(entry, occupant)
                if state == occupant.states()[0]:
                    claim(entry["blocks"] or not alone, f"{occupant.spec} is in the way, and is not said to be")
                    if said["errno"] != "EACCES" and {"reuseaddr", "reuseport"} <= entry.keys() and \
                            entry["count"] == 1:
                        claim(alone or not entry["blocks"], f"{occupant.spec} is not in the way, but said to be")
                blocking += entry["blocks"]
        claim(not blocking or said["errno"], "it works, but something is in the way")
        claim(blocking or said["errno"] != "EADDRINUSE" or not self.port, "nothing is in the way")
        count = sum(entry["count"] for entry in said["sockets"])
        claim(count <= sum(len(o.states()) for o in self.occupants), "more sockets than there are")

    def check_options(self, entry, occupant):
        for key, option in (("reuseaddr", "SO_REUSEADDR"), ("reuseport", "SO_REUSEPORT")):
            truth = option in occupant.spec["options"]
            claim(entry["count"] > 1 or entry.get(key, truth) == truth, f"{key} of {occupant.spec} is {truth}")
            claim(key in entry or not entry.get("pid") or self.as_user, f"{key} of {occupant.spec} is known to root")

    def check_remedies(self, said):
        claim(said["errno"] or not said["remedies"], "it works, and has remedies")
        if said["errno"] == "EADDRINUSE" and self.port:
            self.check_option_remedies(said["remedies"])
        for name, remedy in said["remedies"].items():
            check = getattr(self, "do_" + name, None)
            if check and (remedy["works_now"] or name == "same_user" and
                          len(said["sockets"]) == 1 and "reuseport" in said["sockets"][0]):
                check(remedy)

    def check_option_remedies(self, remedies):
        fixed = [option for option in self.options if option == "IPV6_V6ONLY"]
        works = {name: self.bind(fixed + options) == ("", "") for name, options in (
            ("set_reuseaddr", ["SO_REUSEADDR"]), ("set_reuseport", ["SO_REUSEPORT"]),
            ("set_both", ["SO_REUSEADDR", "SO_REUSEPORT"]))}
        works["set_both"] &= not works["set_reuseaddr"] and not works["set_reuseport"]
        works["set_v6only"] = ":" in self.address and not fixed and self.bind(self.options + ["IPV6_V6ONLY"])[0] == ""
        for name, helps in works.items():
            claim(helps == (name in remedies), f"{name} {'helps' if helps else 'does not help'}")

    def do_own_address(self, remedy):
        own = remedy.get("detail", "").replace("this host has ", "").replace(", ...", "")
        for address in own.split(", ") if own else []:
            got = try_bind(address, self.port, self.options, self.user)[0]
            claim(got not in ("EADDRNOTAVAIL", "EINVAL"), f"bind() to own address {address} gives '{got}'")

    def do_freebind(self, _):
        option = "IPV6_FREEBIND" if family_of(self.address) == socket.AF_INET6 else "IP_FREEBIND"
        got = self.bind(self.options + [option])[0]
        claim(got in ("", "EADDRINUSE", "EACCES"), f"with {option} bind() gives '{got}'")

    def do_same_user(self, remedy):
        uid = int(remedy["detail"].split()[-1])
        got = self.bind(user=uid)[0]
        claim(not got, f"bind() of user {uid} gives '{got}'")

    def do_unprivileged_ports(self, remedy):
        words = shlex.split(remedy["detail"])
        subprocess.run(words, check=True, stdout=subprocess.DEVNULL)
        got = self.bind()[0]
        sysctl("ipv4.ip_unprivileged_port_start", 1024)
        claim(not got, f"with {words} bind() gives '{got}'")

    def do_end_process(self, remedy):
        pid = int(remedy["detail"].partition("/")[0])
        ended = [o for o in self.occupants if o.pid == pid]
        claim(ended, f"{remedy['detail']} is none of ours")
        for occupant in ended:
            occupant.end()
        until("the end to be noticed", lambda: self.bind()[0] == "" or "LISTEN" not in states_of_port(self.port))
        got = self.bind()[0]
        claim(not got, f"without {remedy['detail']} bind() gives '{got}'")

    def do_destroy(self, remedy):
        words = shlex.split(remedy["detail"])
        subprocess.run(words, check=True, stdout=subprocess.DEVNULL)
        got = self.bind()[0]
        claim(not got, f"after {words} bind() gives '{got}'")


def main(situations, count):
    """Each kind of situation is a function that makes one up, and a class that plays it."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--count", type=int, default=count)
    parser.add_argument("--only", type=int)
    parser.add_argument("--verbose", action="store_true")
    parser.add_argument("kinds", nargs="*")
    chosen = parser.parse_args()
    sys.stdout.reconfigure(line_buffering=True)
    is_root = enter_namespace()
    furnish()
    os.environ["PATH"] = os.environ.get("BUILD", "build") + ":" + os.environ["PATH"] + ":/usr/sbin:/sbin"
    users = OTHER_USERS if is_root else []
    listeners = []
    for host in ("0.0.0.0", "::"):
        made = make_socket(family_of(host), ["SO_REUSEADDR"] + (["IPV6_V6ONLY"] if ":" in host else []))
        made.bind((host, 9))
        made.listen(4096)
        listeners.append(made)
    peers = {socket.AF_INET: ("127.0.0.1", 9), socket.AF_INET6: ("::1", 9)}
    kinds = chosen.kinds or list(situations)
    number = failed = 0
    for kind in kinds:
        wrong = []
        for index in range(chosen.count):
            chance = random.Random(f"{kind} {chosen.seed} {index}")
            situation = situations[kind][0](chance, users)
            if chosen.only is not None and index != chosen.only:
                continue
            case = situations[kind][1](situation, index, peers)
            try:
                said = case.run()
            except (Wrong, OSError, RuntimeError, subprocess.SubprocessError) as error:
                said = getattr(case, "said", None)
                wrong.append(f"{index}: {type(error).__name__}: {error}")
                print(f"# {kind} {index}: {error}\n#   situation: {situation}\n#   said: {json.dumps(said)}\n"
                      f"#   again: {os.path.basename(sys.argv[0])} --seed {chosen.seed} --count {index + 1} "
                      f"--only {index} {kind}")
            if chosen.verbose:
                print(json.dumps({"situation": situation, "said": said}, indent=1))
        number += 1
        failed += bool(wrong)
        print(f"{'not ' if wrong else ''}ok {number} - {kind}: {chosen.count} situations")
    print(f"1..{number}")
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main({"bind": (bind_situation, Bind)}, 300)
