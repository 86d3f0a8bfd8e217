/* SPDX-License-Identifier: BSD-2-Clause */
#include "observe/life_check.h"

#include <errno.h>
#include <linux/capability.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "base/i18n.h"
#include "base/text.h"
#include "observe/life.h"

#define OLDEST_MAJOR 6
#define OLDEST_MINOR 1
#define BTF_PATH     "/sys/kernel/btf/vmlinux"

static int check_kernel(struct error *err)
{
	int major = 0, minor = 0;
	struct utsname name;

	if (uname(&name) < 0)
		return error_errno(err, errno, "uname");
	if (sscanf(name.release, "%d.%d", &major, &minor) == 2 &&
		(major < OLDEST_MAJOR || (major == OLDEST_MAJOR && minor < OLDEST_MINOR)))
		return error_set(err, EOPNOTSUPP,
			_("Linux %s is too old to watch TIME_WAIT live and die (%d.%d or later "
			  "can)"),
			name.release, OLDEST_MAJOR, OLDEST_MINOR);
	if (access(BTF_PATH, R_OK) < 0)
		return error_set(err, EOPNOTSUPP,
			_("%s: %s: this kernel does not describe its types "
			  "(CONFIG_DEBUG_INFO_BTF=y)"),
			BTF_PATH, strerror(errno));
	return 0;
}

static uint64_t effective_capabilities(void)
{
	struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct data[2] = {{0}};

	if (syscall(SYS_capget, &header, data) < 0)
		return 0;
	return data[0].effective | (uint64_t)data[1].effective << 32;
}

static bool has(uint64_t capabilities, int capability)
{
	return capabilities >> capability & 1;
}

/* CAP_SYSLOG is asked for only where the kernel would hide addresses without it: kallsyms themselves tell. */
static int check_capabilities(bool has_addresses, struct error *err)
{
	uint64_t mine = effective_capabilities();
	bool may_all = has(mine, CAP_SYS_ADMIN);
	_cleanup_text_ struct text missing = TEXT_INIT;

	if (!may_all && !has(mine, CAP_BPF))
		text_append(&missing, " CAP_BPF");
	if (!may_all && !has(mine, CAP_PERFMON))
		text_append(&missing, " CAP_PERFMON");
	if (!has_addresses && !has(mine, CAP_SYSLOG))
		text_append(&missing, " CAP_SYSLOG");
	if (!missing.length || (missing.length == strlen(" CAP_SYSLOG") && missing.bytes[5] == 'S'))
		return 0;
	return error_set(err, EPERM,
		_("BPF programs cannot be loaded: missing capabilities:%s (run it as root)"),
		missing.bytes);
}

int life_check_all(struct life_symbols *ret_symbols, struct error *err)
{
	struct error hidden = {0};
	int addresses, r = check_kernel(err);

	if (r < 0)
		return r;
	addresses = life_symbols_read(ret_symbols, "/proc/kallsyms", &hidden);
	if (addresses < 0 && addresses != -EACCES) {
		if (err)
			*err = hidden;
		return addresses;
	}
	r = check_capabilities(addresses == 0, err);
	if (r < 0)
		return r;
	if (addresses < 0 && err)
		*err = hidden;
	return addresses;
}

int life_check(struct error *err)
{
	struct life_symbols symbols;

	return life_check_all(&symbols, err);
}
