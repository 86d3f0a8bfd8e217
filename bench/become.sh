#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause
#
# Becomes one of the servers: become.sh SERVER PROTOCOL CPUS (bench/servers.bash has what that is).
set -euo pipefail
# shellcheck source=servers.bash
source "$(dirname "${BASH_SOURCE[0]}")/servers.bash"
become "$@"
