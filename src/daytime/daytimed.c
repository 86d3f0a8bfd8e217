/* SPDX-License-Identifier: BSD-2-Clause */
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/console.h"
#include "base/i18n.h"
#include "base/options.h"
#include "daytime/activation.h"
#include "daytime/confine.h"
#include "daytime/inetd.h"
#include "daytime/log.h"
#include "daytime/notify.h"
#include "daytime/privilege.h"
#include "daytime/rate.h"
#include "daytime/server.h"
#include "daytime/share.h"

#define DEFAULT_PORT            13
#define DEFAULT_MAX_CONNECTIONS 1000
#define DEFAULT_MAX_PER_SOURCE  100
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
	{'w', "workers", "N", N_("so many threads that answer (one for each CPU)")},
	{'m', "max-connections", "N", N_("so many at once (1000); others wait")},
	{'s', "max-per-source", "N",
		N_("so many of them from one IPv4 address or IPv6 /64 (100;\n"
		   "0: as many as they like)")},
	{'r', "rate", "N",
		N_("answers a second to one IPv4 address or IPv6 /64 (0: as\n"
		   "many as they like)")},
	{'i', "idle-timeout", "S", N_("end a connection after so long (30 s)")},
	{'M', "udp-min-request", "N", N_("leave datagrams of fewer bytes unanswered (0)")},
	{'U', "user", "NAME", N_("who to become when started as root (nobody)")},
	{'S', "stats", "[=text|json]",
		N_("print statistics on standard output, at the end and at\n"
		   "SIGUSR1")},
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

static int take_limit(struct server_options *server, int id, const char *value)
{
	static const struct {
		int id;
		const char *option;
		uint64_t least, most;
	} limits[] = {
		{'w', "--workers", 1, LISTEN_LANES_MAX},
		{'m', "--max-connections", 1, 100000},
		{'s', "--max-per-source", 0, SHARE_LIMIT_MAX},
		{'r', "--rate", 0, RATE_PER_SECOND_MAX},
		{'M', "--udp-min-request", 0, 65507},
	};
	uint64_t number;
	size_t i = 0;
	int result;

	while (limits[i].id != id)
		i++;
	result = options_number(limits[i].option, value, limits[i].least, limits[i].most, &number);
	if (result != OPTIONS_GO_ON)
		return result;
	switch (id) {
	case 'w': server->workers = (int)number; break;
	case 'm': server->max_connections = (int)number; break;
	case 's': server->max_per_source = (uint32_t)number; break;
	case 'r': server->rate = (uint32_t)number; break;
	default: server->udp_min_request = (size_t)number;
	}
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
	case 'S':
		server->is_reporting = true;
		index = STATISTICS_TEXT;
		if (value)
			result = options_word("--stats", value, statistics_form_names, &index);
		server->form = (enum statistics_form)index;
		break;
	case 'i':
		result = options_seconds(
			"--idle-timeout", value, 0.001, 86400, &server->idle_timeout_ns);
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

/* What a service manager has opened, if it has: else *ret_server stays NULL, and the result 0. */
static int create_activated(
	struct server **ret_server, struct server_options *options, struct error *err)
{
	struct activation activation;
	int result = activation_take(&activation, err);

	if (result)
		return result;
	if (activation.connection_fd >= 0) {
		options->listen.port = activation.connection_port;
		return server_create_around(ret_server, options, activation.connection_fd, err);
	}
	if (!activation.listeners.count)
		return 0;
	options->listen.port = activation.listeners.sockets[0].port;
	return server_create_with(ret_server, options, &activation.listeners, err);
}

static int create(struct server **ret_server, struct settings *settings, struct error *err)
{
	int result;
	int fd;

	if (!settings->is_inetd) {
		result = create_activated(ret_server, &settings->server, err);
		if (result || *ret_server)
			return result;
		return server_create(ret_server, &settings->server, err);
	}
	fd = inetd_take_socket();
	if (fd < 0)
		return error_errno(err, -fd, _("cannot take the socket on standard input"));
	return server_create_around(ret_server, &settings->server, fd, err);
}

/* Serving all the same is right where the kernel or a container forbids filters: one guard of several. */
static void confine(const struct settings *settings)
{
	struct error err;

	if (confine_install(settings->is_inetd ? CONFINE_LOGS : 0, &err))
		log_say(LOG_WARNING, err.text);
}

static int serve_until_told(
	struct server *server, const struct settings *settings, struct error *err)
{
	struct notify notify = NOTIFY_CLOSED;
	int result;

	if (notify_open(&notify, err))
		log_say(LOG_WARNING, err->text);
	result = privilege_drop(settings->user, err);
	if (!result) {
		confine(settings);
		result = server_start(server, err);
	}
	if (!result) {
		/* Programs wait for this very line: it is not translated. */
		if (!settings->is_inetd)
			fprintf(stderr, "listening on port %u...\n", settings->server.listen.port);
		result = server_run(server, &notify, err);
	}
	notify_close(&notify);
	return result;
}

static int serve(struct settings *settings)
{
	struct server *server = NULL;
	struct error err;
	int result = create(&server, settings, &err);

	if (!result)
		result = serve_until_told(server, settings, &err);
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
				.max_per_source = DEFAULT_MAX_PER_SOURCE,
				.idle_timeout_ns = DEFAULT_IDLE_S * NS_PER_S,
			},
	};
	int first;
	int result;

	console_init("daytimed");
	if (mentions_inetd(argc, argv))
		inetd_divert_messages();
	else
		log_init();
	result = options_parse(&line, argc, argv, take, &settings, &first);
	if (result == OPTIONS_GO_ON)
		result = take_operands(&settings, argc, argv, first);
	return result == OPTIONS_GO_ON ? serve(&settings) : result;
}
