# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=bash
#
# What the kernel counts itself, without a dump.

# waiting: how many TIME_WAITs this namespace has.
waiting()
{
	awk '$1 == "TCP:" { for (i = 2; i < NF; i += 2) if ($i == "tw") print $(i + 1) }' /proc/net/sockstat
}
