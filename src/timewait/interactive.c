/* SPDX-License-Identifier: BSD-2-Clause */
#include "timewait/interactive.h"

#include <dirent.h>
#include <errno.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/console.h"
#include "base/fd.h"
#include "base/i18n.h"
#include "base/interrupt.h"
#include "base/list.h"
#include "base/text.h"
#include "report/wrap.h"
#include "scenario/library.h"
#include "scenario/vocabulary.h"
#include "timewait/interactive_bench.h"
#include "timewait/interactive_help.h"
#include "timewait/interactive_history.h"
#include "timewait/interactive_prompt.h"
#include "timewait/lab_table.h"

struct interactive {
	struct bench bench;
	struct prompt_hooks hooks;
	const char **sysctls; /* that this kernel has; ends in NULL */
	size_t sysctl_count, sysctl_room;
	bool is_leaving;
};

/* The order of `commands`. */
enum command {
	COMMAND_HELP,
	COMMAND_SHOW,
	COMMAND_SOCKETS,
	COMMAND_RESET,
	COMMAND_LOAD,
	COMMAND_SAVE,
	COMMAND_QUIT,
	COMMAND_EXIT
};

static const struct help_command commands[] = {
	[COMMAND_HELP] = {"help", "help [WORD]", N_("what there is; or what a word means")},
	[COMMAND_SHOW] = {"show", "show", N_("the whole diagram")},
	[COMMAND_SOCKETS] = {"sockets", "sockets",
		N_("the sockets of both hosts, and their timers")},
	[COMMAND_RESET] = {"reset", "reset", N_("two fresh hosts; nothing has happened yet")},
	[COMMAND_LOAD] = {"load", "load FILE|NAME", N_("carry out the lines of a scenario here")},
	[COMMAND_SAVE] = {"save", "save FILE", N_("write what was typed as a scenario")},
	[COMMAND_QUIT] = {"quit", "quit", N_("leave; so does Ctrl-D")},
	[COMMAND_EXIT] = {"exit", "exit", N_("the same as quit")},
	{0},
};

/* The connection that the prompt is about: the newest; a listener where there is none. */
static const struct connection *connection_at_hand(const struct timeline *timeline)
{
	const struct connection *found = NULL;

	for (size_t i = 0; i < timeline->connection_count; i++) {
		const struct connection *connection = &timeline->connections[i];

		if (!found || found->is_listener || !connection->is_listener)
			found = connection;
	}
	return found;
}

/* "server TIME_WAIT  client CLOSED > " */
static void append_states(struct text *out, const struct timeline *timeline)
{
	const struct connection *connection = connection_at_hand(timeline);

	for (enum host_id host = 0; host < HOST_COUNT; host++) {
		text_append(out, host_name(host));
		if (connection && !connection->is_listener &&
			strcmp(connection->name, SCENARIO_DEFAULT_NAME) != 0)
			text_printf(out, ".%s", connection->name);
		text_printf(out, " %s %s",
			tcp_state_name(connection ? connection->states[host] : TCP_STATE_CLOSED),
			host == HOST_SERVER ? " " : "> ");
	}
}

static void prompt_words(struct text *out, void *context)
{
	const struct interactive *interactive = context;

	append_states(out, &interactive->bench.lab.timeline);
}

static int idle(struct text *news, void *context)
{
	struct interactive *interactive = context;
	int wait_ms = bench_idle(&interactive->bench, news);

	/* Nobody reads the wire of a broken laboratory: it would wake us for ever. */
	interactive->hooks.wake_fd =
		interactive->bench.is_broken ? -1 : interactive->bench.lab.wire.fd;
	return wait_ms;
}

/* Files whose names begin so; folders with a slash behind them. */
static void offer_files(struct completion *completion, const char *line, size_t length)
{
	_cleanup_text_ struct text pattern = TEXT_INIT;
	glob_t found;

	text_append_bytes(&pattern, line + completion->start, length - completion->start);
	if (strpbrk(pattern.bytes, "*?[\\"))
		return;
	text_append(&pattern, "*");
	if (glob(pattern.bytes, GLOB_MARK, NULL, &found) != 0)
		return;
	for (size_t i = 0; i < found.gl_pathc; i++)
		completion_offer(completion, line, length, found.gl_pathv[i]);
	globfree(&found);
}

/* Every word of the language, for `help`. */
static void offer_vocabulary(struct completion *completion, const char *line, size_t length)
{
	for (const struct help_command *command = commands; command->word; command++)
		completion_offer(completion, line, length, command->word);
	for (int kind = 0; kind < VOCABULARY_COUNT; kind++) {
		size_t count;
		const struct vocabulary_word *words =
			vocabulary_words((enum vocabulary)kind, &count);

		for (size_t i = 0; i < count; i++)
			completion_offer(completion, line, length, words[i].word);
	}
}

/* Which command a line begins with; -1. *ret_rest is what stands behind it. */
static int command_of(const char *line, const char **ret_rest)
{
	size_t length;

	line += strspn(line, " \t");
	length = strcspn(line, " \t");
	*ret_rest = line + length + strspn(line + length, " \t");
	for (int i = 0; commands[i].word; i++) {
		if (strlen(commands[i].word) == length && !memcmp(line, commands[i].word, length))
			return i;
	}
	return -1;
}

static void complete_command(
	struct completion *completion, int command, const char *line, size_t length)
{
	if (command == COMMAND_HELP)
		offer_vocabulary(completion, line, length);
	for (size_t i = 0; command == COMMAND_LOAD && i < library_count; i++)
		completion_offer(completion, line, length, library_entries[i].name);
	if (command == COMMAND_LOAD || command == COMMAND_SAVE)
		offer_files(completion, line, length);
}

static void complete(struct completion *completion, const char *line, size_t length, void *context)
{
	struct interactive *interactive = context;
	const struct timeline *timeline = &interactive->bench.lab.timeline;
	const char **names = calloc(timeline->connection_count + 1, sizeof(*names));
	_cleanup_free_ char *copy = strndup(line, length);
	const char *rest;
	int command;

	if (!names || !copy)
		abort();
	for (size_t i = 0; i < timeline->connection_count; i++)
		names[i] = timeline->connections[i].name;
	completion_find(completion, line, length,
		&(struct completion_context){names, interactive->sysctls});
	free(names);
	command = command_of(copy, &rest);
	if (command >= 0 && rest > copy && strchr(" \t", rest[-1])) {
		complete_command(completion, command, line, length);
	} else if (completion->wants_file) {
		offer_files(completion, line, length);
	} else if (!strpbrk(copy + strspn(copy, " \t"), " \t")) {
		for (command = 0; commands[command].word; command++)
			completion_offer(completion, line, length, commands[command].word);
	}
}

/* Those that begin with these letters, of the calling host: ours have the same. */
static void find_sysctls(struct interactive *interactive)
{
	DIR *folder = opendir("/proc/sys/net/ipv4");
	struct dirent *entry;

	while (folder && (entry = readdir(folder))) {
		struct text name = TEXT_INIT;

		if (strncmp(entry->d_name, "tcp_", 4) != 0 &&
			strncmp(entry->d_name, "ip_local_", 9) != 0)
			continue;
		text_printf(&name, "net.ipv4.%s", entry->d_name);
		*list_grow(&interactive->sysctls, &interactive->sysctl_count,
			&interactive->sysctl_room) = text_steal(&name);
	}
	if (folder)
		closedir(folder);
	(void)list_grow(
		&interactive->sysctls, &interactive->sysctl_count, &interactive->sysctl_room);
}

static void free_sysctls(struct interactive *interactive)
{
	for (size_t i = 0; i < interactive->sysctl_count; i++)
		cleanup_free(&interactive->sysctls[i]);
	free(interactive->sysctls);
}

/* The mistake with a mark below the place, which stands on the line above. */
static void show_mistake(
	const struct interactive *interactive, const struct error *err, struct text *out)
{
	_cleanup_text_ struct text words = TEXT_INIT;
	size_t column = err->column > 0 ? (size_t)err->column - 1 : 0;

	append_states(&words, &interactive->bench.lab.timeline);
	column += text_columns(words.bytes);
	if (column < (size_t)console_columns(stdout)) {
		text_repeat(out, " ", column);
		text_printf(out, "^\n%s\n", err->text);
	} else {
		text_printf(out, _("column %d: %s\n"), err->column, err->text);
	}
}

static void obey(
	struct interactive *interactive, enum command command, char *rest, struct text *out)
{
	struct bench *bench = &interactive->bench;
	int columns = console_columns(stdout);
	bool wants_operand = command == COMMAND_LOAD || command == COMMAND_SAVE;

	if (wants_operand && !*rest) {
		text_printf(out, _("it reads: %s\n"), commands[command].synopsis);
		return;
	}
	switch (command) {
	case COMMAND_HELP:
		if (*rest)
			help_word(out, rest, commands, columns);
		else
			help_overview(out, commands, columns);
		break;
	case COMMAND_SHOW: growth_show_all(&bench->lab, out); break;
	case COMMAND_SOCKETS: lab_table_print(out, &bench->lab); break;
	case COMMAND_RESET:
		bench_reset(bench, out);
		interactive->hooks.wake_fd = bench->lab.wire.fd;
		break;
	case COMMAND_LOAD: bench_load(bench, rest, out); break;
	case COMMAND_SAVE: bench_save(bench, rest, out); break;
	case COMMAND_QUIT:
	case COMMAND_EXIT: interactive->is_leaving = true; break;
	}
}

static void take(struct interactive *interactive, const struct text *line)
{
	_cleanup_text_ struct text out = TEXT_INIT;
	struct error err;
	const char *found;
	int command = command_of(line->bytes, &found);

	if (command >= 0) {
		_cleanup_free_ char *rest = text_copy(found);
		size_t length;

		length = strlen(rest);
		while (length && strchr(" \t", rest[length - 1]))
			rest[--length] = '\0';
		obey(interactive, (enum command)command, rest, &out);
	} else if (!bench_take(&interactive->bench, line->bytes, line->length, &out, &err)) {
		show_mistake(interactive, &err, &out);
	}
	fputs(out.bytes, stdout);
	fflush(stdout);
}

static void greet(bool is_ipv6)
{
	printf(_("The laboratory of timewait: two hosts, a wire between them, and the TCP of this "
		 "kernel (%s)\n"),
		is_ipv6 ? "IPv6" : "IPv4");
	printf(_("Try 'server listen 13'. 'help' says what there is, Tab completes, Ctrl-D "
		 "leaves.\n\n"));
}

/* Ctrl-C: the line is gone; the second time on an empty one, how to leave. */
static void abandon_line(const struct text *line, bool *was_abandoned)
{
	printf("\n");
	if (!line->length && *was_abandoned)
		printf("%s\n", _("'quit' or Ctrl-D leaves"));
	*was_abandoned = true;
}

static int converse(struct interactive *interactive, struct prompt *prompt)
{
	_cleanup_text_ struct text line = TEXT_INIT;
	bool was_abandoned = false;

	while (!interactive->is_leaving) {
		int r = prompt_read(prompt, &line);

		if (r == 0) {
			printf("\n");
			break;
		}
		if (r > 0) {
			was_abandoned = false;
			take(interactive, &line);
		} else if (interrupt_forget()) {
			abandon_line(&line, &was_abandoned);
		}
		if (interrupt_requested() && !interrupt_forget()) {
			printf("\n");
			return EXIT_INTERRUPTED;
		}
	}
	return EXIT_OK;
}

int interactive_run(bool is_ipv6)
{
	struct interactive interactive = {0};
	_cleanup_free_ char *history = history_path();
	struct prompt *prompt;
	struct error err;
	int code;

	interrupt_watch_hangup();
	if (bench_open(&interactive.bench, is_ipv6, &err) < 0) {
		console_print(&err);
		console_note(_("'timewait doctor --self' says what works here"));
		return EXIT_UNAVAILABLE;
	}
	interactive.hooks = (struct prompt_hooks){
		prompt_words, idle, complete, &interactive, interactive.bench.lab.wire.fd};
	find_sysctls(&interactive);
	greet(is_ipv6);
	prompt = prompt_create(&interactive.hooks, history);
	code = converse(&interactive, prompt);
	prompt_destroy(prompt);
	bench_close(&interactive.bench);
	free_sysctls(&interactive);
	return code;
}
