/* SPDX-License-Identifier: BSD-2-Clause */
#include "timewait/list_options.h"

#include <stdlib.h>
#include <string.h>

#include "base/console.h"
#include "base/i18n.h"
#include "base/options.h"
#include "base/text.h"
#include "observe/diag.h"
#include "report/group_table.h"
#include "timewait/output.h"

static const struct option_spec options[] = {
	{'s', "state", "S[,S]...",
		N_("only sockets in these states, in netstat's or ss's spelling, or one of\n"
		   "ss's groups: all, connected, synchronized, bucket, big")},
	{'p', "port", "P[-P][,...]", N_("only these ports, on either side")},
	{'P', "peer", "CIDR[,...]", N_("only these peers: 192.0.2.0/24, 2001:db8::1")},
	{'N', "netns", "WHICH",
		N_("another network namespace: the PID of a process in it, a name that\n"
		   "'ip netns' lists, a path, or 'all'")},
	{'b', "by", "WHAT", N_("count sockets by state, process, peer, local or cgroup")},
	{'S', "sort", "KEY", N_("by state, local, peer, timer, recv_q, send_q or pid")},
	{'n', "limit", "N", N_("the first N lines alone")},
	{'j', "json", NULL, N_("one JSON object a line")},
	{0},
};

static const struct command_line command = {
	.command = "timewait list",
	.usage = N_("[OPTION]..."),
	.summary = N_("List the TCP sockets of this network namespace."),
	.options = options,
	.details = N_(
		"Listeners come first, then sockets that are bound but neither listen nor\n"
		"connect (BOUND: netstat and ss hide them, and they keep a port taken), then\n"
		"the connections. Timer says what the kernel will do next and when; \"timewait\"\n"
		"counts down the minute of TIME_WAIT. Such a socket belongs to no process any\n"
		"more. Root sees the owners of all others, a user those of their own."),
};

static const char *const key_names[] = {
	"state", "local", "peer", "timer", "recv_q", "send_q", "pid", NULL};

/* A port takes two conditions: it may be on either side. */
#define MOST_PORTS (FILTER_MOST_ALTERNATIVES / 2)

struct parsing {
	struct list_options *chosen;
	uint32_t states;
	struct filter_condition ports[FILTER_MOST_ALTERNATIVES];
	struct filter_condition peers[FILTER_MOST_ALTERNATIVES];
	size_t port_count, peer_count;
};

/* As ss(8) groups them. */
static const struct {
	const char *name;
	uint32_t states;
} state_groups[] = {
	{"all", DIAG_ALL_STATES},
	{"connected", DIAG_LIVE_STATES & ~DIAG_STATE(TCP_STATE_LISTEN)},
	{"synchronized", DIAG_LIVE_STATES &
				 ~(DIAG_STATE(TCP_STATE_LISTEN) | DIAG_STATE(TCP_STATE_SYN_SENT))},
	{"bucket", DIAG_STATE(TCP_STATE_TIME_WAIT) | DIAG_STATE(TCP_STATE_SYN_RECV)},
	{"big", DIAG_LIVE_STATES &
			~(DIAG_STATE(TCP_STATE_TIME_WAIT) | DIAG_STATE(TCP_STATE_SYN_RECV) |
				DIAG_STATE(TCP_STATE_NEW_SYN_RECV))},
};

static int complain(const char *option, const char *value, const char *why)
{
	_cleanup_text_ struct text safe = output_safe(value);

	console_error("%s '%s': %s", option, safe.bytes, why);
	return EXIT_USAGE;
}

/* A request and a full socket in SYN_RECV are one state to people, two to the kernel. */
static uint32_t states_of(const char *name)
{
	enum tcp_state state;

	for (size_t i = 0; i < sizeof(state_groups) / sizeof(*state_groups); i++) {
		if (!strcasecmp(name, state_groups[i].name))
			return state_groups[i].states;
	}
	if (tcp_state_parse(name, &state) < 0 || state == TCP_STATE_CLOSED)
		return 0;
	if (state == TCP_STATE_SYN_RECV)
		return DIAG_STATE(state) | DIAG_STATE(TCP_STATE_NEW_SYN_RECV);
	return DIAG_STATE(state);
}

static int take_state(struct parsing *parsing, const char *word)
{
	enum tcp_state state;
	uint32_t states = states_of(word);

	if (!states && tcp_state_parse(word, &state) == 0)
		return complain("--state", word,
			_("a closed socket is in no table (one that is bound, and neither listens "
			  "nor connects, is BOUND)"));
	if (!states)
		return complain("--state", word,
			_("no state of TCP (LISTEN SYN_SENT SYN_RECV ESTABLISHED FIN_WAIT1 "
			  "FIN_WAIT2 CLOSE_WAIT CLOSING LAST_ACK TIME_WAIT BOUND)"));
	parsing->states |= states;
	return OPTIONS_GO_ON;
}

static int take_port(struct parsing *parsing, const char *word)
{
	struct filter_condition *condition = &parsing->ports[parsing->port_count];
	_cleanup_text_ struct text first = TEXT_INIT;
	const char *dash = strchr(word, '-');
	uint64_t least, most;

	if (parsing->port_count / 2 >= MOST_PORTS)
		return complain("--port", word, _("too many ports (a range is one: 8000-8099)"));
	text_append_bytes(&first, word, dash ? (size_t)(dash - word) : strlen(word));
	if (text_to_number(first.bytes, 1, 65535, &least) < 0 ||
		text_to_number(dash ? dash + 1 : first.bytes, least, 65535, &most) < 0)
		return complain("--port", word,
			_("no port and no range of ports (numbers from 1 to 65535: 80, "
			  "8000-8099)"));
	condition[0] = (struct filter_condition){
		.side = FILTER_LOCAL,
		.least_port = (uint16_t)least,
		.most_port = (uint16_t)most,
	};
	condition[1] = condition[0];
	condition[1].side = FILTER_PEER;
	parsing->port_count += 2;
	return OPTIONS_GO_ON;
}

static int take_peer(struct parsing *parsing, const char *word)
{
	struct filter_condition *condition = &parsing->peers[parsing->peer_count];

	if (parsing->peer_count >= FILTER_MOST_ALTERNATIVES)
		return complain("--peer", word, _("too many peers (a prefix is one)"));
	*condition = (struct filter_condition){.side = FILTER_PEER};
	if (strchr(word, '%'))
		return complain("--peer", word,
			_("an interface cannot be asked for (leave out what begins with %)"));
	if (filter_parse_prefix(word, &condition->prefix, &condition->prefix_bits) < 0)
		return complain("--peer", word,
			_("no address and no prefix (192.0.2.7, 192.0.2.0/24, 2001:db8::/32)"));
	parsing->peer_count++;
	return OPTIONS_GO_ON;
}

/* Each of "a,b,c", one after the other. */
static int take_each(struct parsing *parsing, const char *words,
	int (*take_word)(struct parsing *parsing, const char *word))
{
	char *copy = text_copy(words);
	int r = OPTIONS_GO_ON;

	for (char *next = copy, *word; r == OPTIONS_GO_ON && (word = strsep(&next, ","));)
		r = take_word(parsing, word);
	free(copy);
	return r;
}

static int take_word(const char *option, const char *value, const char *const *words,
	bool *is_given, int *ret_index)
{
	int r = options_word(option, value, words, ret_index);

	*is_given = r == OPTIONS_GO_ON;
	return r;
}

static int take(void *context, int id, const char *value)
{
	struct parsing *parsing = context;
	struct list_options *chosen = parsing->chosen;
	int index = 0, r;

	switch (id) {
	case 's': return take_each(parsing, value, take_state);
	case 'p': return take_each(parsing, value, take_port);
	case 'P': return take_each(parsing, value, take_peer);
	case 'n': return options_number("--limit", value, 1, UINT32_MAX, &chosen->limit);
	case 'N': chosen->netns = value; break;
	case 'j': chosen->json = true; break;
	case 'b':
		r = take_word("--by", value, group_by_names, &chosen->is_grouped, &index);
		chosen->by = (enum group_by)index;
		return r;
	case 'S':
		r = take_word("--sort", value, key_names, &chosen->is_sorted, &index);
		chosen->key = (enum list_key)index;
		return r;
	}
	return OPTIONS_GO_ON;
}

/* One that has no peer has none in that network either, though the kernel would find 0.0.0.0 in 0.0.0.0/0. */
static void make_filter(struct parsing *parsing)
{
	struct list_options *chosen = parsing->chosen;

	chosen->states = parsing->states ? parsing->states : DIAG_ALL_STATES;
	if (parsing->port_count)
		filter_add(&chosen->filter, parsing->ports, parsing->port_count);
	if (parsing->peer_count) {
		filter_add(&chosen->filter, parsing->peers, parsing->peer_count);
		chosen->states &= ~(DIAG_STATE(TCP_STATE_LISTEN) | DIAG_STATE(TCP_STATE_BOUND));
	}
}

int list_options_parse(int argc, char **argv, struct list_options *ret_options)
{
	struct parsing parsing = {.chosen = ret_options};
	int r;

	*ret_options = (struct list_options){.limit = UINT64_MAX};
	r = options_parse_alone(&command, argc, argv, take, &parsing);
	if (r != OPTIONS_GO_ON)
		return r;
	if (ret_options->is_grouped && ret_options->is_sorted) {
		console_error(
			_("--sort: what is counted is sorted by its number (leave out --by, or "
			  "--sort)"));
		return EXIT_USAGE;
	}
	make_filter(&parsing);
	return OPTIONS_GO_ON;
}
