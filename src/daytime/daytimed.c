/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/console.h"
#include "base/i18n.h"
#include "base/options.h"
#include "daytime/inetd.h"
#include "daytime/privilege.h"
#include "daytime/server.h"

#define DEFAULT_PORT            13
#define DEFAULT_MAX_CONNECTIONS 1000
#define DEFAULT_IDLE_S          30

static const struct option_spec specs[] = {
	{'t', "tcp", NULL, N_("serve TCP (without --tcp and --udp: both)")},
	{'u', "udp", NULL, N_("serve UDP")},
	{'4', "ipv4", NULL, N_("serve IPv4 (without -4 and -6: both)")},
	{'6', "ipv6", NULL, N_("serve IPv6")},
	{'b', "bind", "ADDR", N_("serve on this address of this host alone")},
	{'f', "format", "FORMAT", N_("ctime (default), rfc867, iso8601 or nist")},
	{'z', "utc", NULL, N_("tell UTC instead of local time")},
	{'c', "first-close", "WHO",
		N_("who ends a connection: server (default: at once),\n"
		   "client (wait for its FIN), reset (by RST)")},
	{'m', "max-connections", "N", N_("so many at once (1000); others wait")},
	{'i', "idle-timeout", "S", N_("end a connection after so long (30 s)")},
	{'M', "udp-min-request", "N", N_("leave datagrams of fewer bytes unanswered (0)")},
	{'U', "user", "NAME", N_("who to become when started as root (nobody)")},
	{'I', "inetd", NULL, N_("serve the socket on standard input")},
	{0},
};

static const struct command_line line = {
	.command = "daytimed",
	.usage = N_("[OPTION]... [PORT]"),
	.summary = N_("Tells the time of day over TCP and UDP (RFC 867), on port 13 or PORT."),
	.options = specs,
	.details =
		N_("SIGTERM and SIGINT end it once open connections are over, SIGHUP rereads the\n"
		   "time zone, SIGUSR1 prints statistics. The whole story: man daytimed"),
};

struct settings {
	struct server_options server;
	const char *user;
	bool is_inetd;
};

static void notice(const char *text)
{
	/* No console_note(): it allocates, and a server out of memory goes on serving. */
	fprintf(stderr, "%s: %s\n", console_program(), text);
}

static int take_limit(struct server_options *server, int id, const char *value)
{
	uint64_t number;
	int result;

	if (id == 'i')
		return options_seconds(
			"--idle-timeout", value, 0.001, 86400, &server->idle_timeout_ns);
	if (id == 'm') {
		result = options_number("--max-connections", value, 1, 100000, &number);
		if (result == OPTIONS_GO_ON)
			server->max_connections = (int)number;
		return result;
	}
	result = options_number("--udp-min-request", value, 0, 65507, &number);
	if (result == OPTIONS_GO_ON)
		server->udp_min_request = (size_t)number;
	return result;
}

static int take(void *context, int id, const char *value)
{
	struct settings *settings = context;
	struct server_options *server = &settings->server;
	int index;
	int result = OPTIONS_GO_ON;

	switch (id) {
	case 't': server->listen.wants_tcp = true; break;
	case 'u': server->listen.wants_udp = true; break;
	case '4': server->listen.wants_ipv4 = true; break;
	case '6': server->listen.wants_ipv6 = true; break;
	case 'b': server->listen.address = value; break;
	case 'z': server->is_utc = true; break;
	case 'U': settings->user = value; break;
	case 'I': settings->is_inetd = true; break;
	case 'f':
		result = options_word("--format", value, format_names, &index);
		if (result == OPTIONS_GO_ON)
			server->format = (enum format)index;
		break;
	case 'c':
		result = options_word("--first-close", value, closing_names, &index);
		if (result == OPTIONS_GO_ON)
			server->closing = (enum closing)index;
		break;
	default: result = take_limit(server, id, value);
	}
	return result;
}

static int take_operands(struct settings *settings, int argc, char **argv, int first)
{
	uint64_t port = DEFAULT_PORT;
	int result;

	if (argc - first > (settings->is_inetd ? 0 : 1))
		return options_unexpected(&line, argv[settings->is_inetd ? first : first + 1]);
	if (argc > first) {
		result = options_number("PORT", argv[first], 1, 65535, &port);
		if (result != OPTIONS_GO_ON)
			return result;
	}
	settings->server.listen.port = (uint16_t)port;
	if (!settings->server.listen.wants_tcp && !settings->server.listen.wants_udp)
		settings->server.listen.wants_tcp = settings->server.listen.wants_udp = true;
	return OPTIONS_GO_ON;
}

static int create(struct server **ret_server, const struct settings *settings, struct error *err)
{
	int fd;

	if (!settings->is_inetd)
		return server_create(ret_server, &settings->server, err);
	fd = inetd_take_socket();
	if (fd < 0)
		return error_errno(err, -fd, _("cannot take the socket on standard input"));
	return server_create_around(ret_server, &settings->server, fd, err);
}

static int serve(const struct settings *settings)
{
	struct server *server = NULL;
	struct error err;
	int result = create(&server, settings, &err);

	if (!result)
		result = privilege_drop(settings->user, &err);
	if (!result) {
		/* Programs wait for this very line: it is not translated. */
		if (!settings->is_inetd)
			fprintf(stderr, "listening on port %u...\n", settings->server.listen.port);
		result = server_run(server, &err);
	}
	server_destroy(server);
	if (!result)
		return EXIT_OK;
	console_print(&err);
	return EXIT_FAILED;
}

/* Before the options are read, for they may be wrong and the complaint must not reach a client. */
static bool mentions_inetd(int argc, char **argv)
{
	for (int i = 1; i < argc; i++) {
		if (!strcmp(argv[i], "-I") || !strncmp(argv[i], "--in", 4))
			return true;
	}
	return false;
}

int main(int argc, char **argv)
{
	struct settings settings = {
		.server =
			{
				.max_connections = DEFAULT_MAX_CONNECTIONS,
				.idle_timeout_ns = DEFAULT_IDLE_S * NS_PER_S,
				.notice = notice,
			},
	};
	int first;
	int result;

	console_init("daytimed");
	if (mentions_inetd(argc, argv))
		inetd_divert_messages();
	result = options_parse(&line, argc, argv, take, &settings, &first);
	if (result == OPTIONS_GO_ON)
		result = take_operands(&settings, argc, argv, first);
	return result == OPTIONS_GO_ON ? serve(&settings) : result;
}
