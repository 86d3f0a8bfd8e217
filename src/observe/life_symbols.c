/* SPDX-License-Identifier: BSD-2-Clause */
#include "observe/life_symbols.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/fd.h"
#include "base/i18n.h"

/*
 * A restart and an expiry cancel the timer, too. Several names for one thing: compilers inline one into the other, and kernels
 * rename. Whichever frame is the innermost in the stack decides, see find_who_cancelled() in life.bpf.c.
 */
static const struct meaning {
	const char *function;
	uint8_t meaning;
} meanings[] = {
	{"__inet6_check_established", LIFE_REUSED_BY_CONNECT},
	{"__inet_check_established", LIFE_REUSED_BY_CONNECT},
	{"__inet_hash_connect", LIFE_REUSED_BY_CONNECT},
	{"__mod_timer", LIFE_MEANS_RESTART},
	{"__run_timer_base", LIFE_MEANS_EXPIRY},
	{"__run_timers", LIFE_MEANS_EXPIRY},
	{"expire_timers", LIFE_MEANS_EXPIRY},
	{"inet_twsk_purge", LIFE_NAMESPACE_GONE},
	{"mod_timer", LIFE_MEANS_RESTART},
	{"mod_timer_pending", LIFE_MEANS_RESTART},
	{"tcp_abort", LIFE_SOCK_DESTROY},
	{"tcp_timewait_state_process", LIFE_KILLED_BY_RST},
	{"tcp_twsk_purge", LIFE_NAMESPACE_GONE},
	/* data_after_close, where the minisocket is in FIN_WAIT2 */
	{"tcp_v4_rcv", LIFE_REOPENED_BY_SYN},
	{"tcp_v6_rcv", LIFE_REOPENED_BY_SYN},
};

#define HANDLER "tw_timer_handler"

struct reading {
	struct life_symbols symbols;
	size_t count;      /* of ranges */
	size_t open_count; /* the last so many have no end yet: it is the next symbol that lies behind */
	bool has_handler, has_wait;
};

/* What gcc splits off (".cold", ".part.0") or changes (".isra.0") belongs to the function. */
static bool is_named(const char *symbol, size_t length, const char *function)
{
	size_t whole = strlen(function);

	return length >= whole && !memcmp(symbol, function, whole) &&
	       (length == whole || symbol[whole] == '.');
}

static void end_ranges(struct reading *reading, uint64_t address)
{
	size_t first = reading->count - reading->open_count;

	if (!reading->open_count || address <= reading->symbols.ranges[first].start)
		return;
	for (size_t i = first; i < reading->count; i++)
		reading->symbols.ranges[i].length = address - reading->symbols.ranges[i].start;
	reading->open_count = 0;
}

static void take_symbol(struct reading *reading, uint64_t address, const char *name, size_t length)
{
	if (length == strlen(HANDLER) && !memcmp(name, HANDLER, length)) {
		reading->has_handler = true;
		reading->symbols.tw_timer_handler = address;
		return;
	}
	/* All of ours begin with one of these: most symbols are done with. */
	if (!strchr("_eimt", name[0]) || reading->count == LIFE_RANGES_MAX)
		return;
	for (size_t i = 0; i < sizeof(meanings) / sizeof(*meanings); i++) {
		if (!is_named(name, length, meanings[i].function))
			continue;
		reading->symbols.ranges[reading->count++] =
			(struct life_range){.start = address, .meaning = meanings[i].meaning};
		reading->open_count++;
		reading->has_wait |= meanings[i].meaning == LIFE_KILLED_BY_RST;
		return;
	}
}

/* "ffffffff82035b40 T tcp_v4_rcv", "ffffffffc0001000 t name\t[module]". */
static void take_line(struct reading *reading, const char *line)
{
	uint64_t address = 0;
	const char *at = line;

	for (; *at && *at != ' '; at++) {
		int digit = *at >= 'a' ? *at - 'a' + 10 : *at - '0';

		address = address << 4 | (uint64_t)(digit & 15);
	}
	if (at[0] != ' ' || !at[1] || at[2] != ' ')
		return;
	end_ranges(reading, address);
	/* Text, global or local. */
	if ((at[1] | 0x20) == 't' || (at[1] | 0x20) == 'w')
		take_symbol(reading, address, at + 3, strcspn(at + 3, "\t\n"));
}

static int judge(const struct reading *reading, struct error *err)
{
	char restrict_text[16] = "";

	if (!reading->has_handler || !reading->has_wait)
		return error_set(err, EOPNOTSUPP,
			_("this kernel has no function %s: it cannot be told when a TIME_WAIT "
			  "ends"),
			reading->has_handler ? "tcp_timewait_state_process" : HANDLER);
	if (reading->symbols.tw_timer_handler)
		return 0;
	fd_read_file("/proc/sys/kernel/kptr_restrict", restrict_text, sizeof(restrict_text));
	if (restrict_text[0] == '2')
		return error_set(err, EACCES,
			_("/proc/kallsyms hides the kernel's addresses, and without that of %s "
			  "nothing could be seen: kernel.kptr_restrict is 2 (sysctl "
			  "kernel.kptr_restrict=1)"),
			HANDLER);
	return error_set(err, EACCES,
		_("/proc/kallsyms hides the kernel's addresses, and without that of %s nothing "
		  "could be seen: CAP_SYSLOG is missing (run it as root)"),
		HANDLER);
}

int life_symbols_read(struct life_symbols *ret_symbols, const char *path, struct error *err)
{
	struct reading reading = {0};
	char line[1024];
	FILE *file = fopen(path, "re");
	int r;

	if (!file)
		return error_errno(err, errno, _("cannot read %s"), path);
	while (fgets(line, sizeof(line), file))
		take_line(&reading, line);
	fclose(file);
	r = judge(&reading, err);
	if (r == 0)
		*ret_symbols = reading.symbols;
	return r;
}
