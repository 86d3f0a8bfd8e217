# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=dash
#
# The programs on the guest's own loopback: server and client, list, and doctor.

# Before the modules: what is missing is named.
timewait doctor --self --json >/tmp/doctor 2>&1
check "doctor: names the modules that are missing" grep -q \
	'"name":"sock_diag","works":false.*modprobe tcp_diag' /tmp/doctor

for module in inet_diag tcp_diag veth; do
	check "module: $module" insmod "/modules/$module.ko"
done
check "loopback: is up" ip link set lo up

timewait doctor --self --json >/tmp/doctor 2>&1
for name in kernel sock_diag daytimed daytime user_namespaces network_namespaces pid_namespaces \
	mount_namespaces veth packet_sockets sysctl_writes laboratory seccomp_notify capture sock_destroy \
	tcp_child_ehash_entries btf bpf_rights tw_timer_handler; do
	check "doctor: $name works" grep "\"name\":\"$name\",\"works\":true" /tmp/doctor
done

daytimed --workers 2 13 >/tmp/daytimed 2>&1 &
server=$!
check "daytimed: listens" until_true listens 13
for address in 127.0.0.1 ::1; do
	check_output "daytime: reads TCP from $address" ' 20[0-9][0-9]$' daytime "$address" 13
	check_output "daytime: reads UDP from $address" ' 20[0-9][0-9]$' daytime --udp "$address" 13
done
check_output "daytimed: has become nobody" '^Uid:.65534' cat "/proc/$server/status"
check_output "daytimed: is confined" '^Seccomp:.2' cat "/proc/$server/status"
check_output "daytime: 1,000 connections without an error" '"answered":1000,"failed":0' \
	daytime --json -n 1000 -c 20 127.0.0.1 13
check_output "list: shows the server's TIME_WAIT" '127.0.0.1:13 .* TIME_WAIT  *timewait' timewait list
check_output "list: knows who listens" '0.0.0.0:13 .* LISTEN .*/daytimed' timewait list
check_output "list: JSON" '"state":"TIME_WAIT","local":"127.0.0.1","local_port":13' timewait list --json
# Each kernel has a mind of its own about which filter it takes.
/tests/test_stream >/tmp/tap 2>&1
tap unit-stream /tmp/tap $?
kill "$server"
check "daytimed: ends at SIGTERM" until_true has_ended "$server"
