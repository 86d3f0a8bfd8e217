/* SPDX-License-Identifier: BSD-2-Clause */
#include "report/page.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/fd.h"
#include "base/list.h"
#include "tcp/state.h"

#define ALIAS_SEPARATOR ", "
#define RUN             "timewait run "
#define ERRNO_MAX       4095 /* of the kernel's include/linux/err.h */

static const char *const kind_names[PAGE_KIND_COUNT] = {
	[PAGE_STATE] = "state",
	[PAGE_ERRNO] = "errno",
	[PAGE_SYSCTL] = "sysctl",
	[PAGE_OPTION] = "option",
	[PAGE_TOPIC] = "topic",
};

const char *page_kind_name(enum page_kind kind)
{
	return kind_names[kind];
}

/* Where a sysctl's name is written with its place. */
static const char *const places[] = {
	"/proc/sys/net/ipv4/",
	"/proc/sys/net/core/",
	"net.ipv4.",
	"net.core.",
	"net/ipv4/",
	"net/core/",
};

static const char *skip_place(const char *what)
{
	for (size_t i = 0; i < sizeof(places) / sizeof(*places); i++) {
		if (!strncasecmp(what, places[i], strlen(places[i])))
			return what + strlen(places[i]);
	}
	return what;
}

/* Letters and digits alone, in lower case: "TIME-WAIT" is "timewait". The caller frees. */
static char *letters_of(const char *what, size_t length)
{
	char *letters = malloc(length + 1);
	size_t used = 0;

	if (!letters)
		abort();
	for (size_t i = 0; i < length; i++) {
		if (isalnum((unsigned char)what[i]))
			letters[used++] = (char)tolower((unsigned char)what[i]);
	}
	letters[used] = '\0';
	return letters;
}

/* The next of a page's names: its own, then each alias. False after the last. */
static bool next_name(
	const struct page *page, const char **at, const char **ret_name, size_t *ret_length)
{
	if (!*at) {
		*ret_name = page->name;
		*ret_length = strlen(page->name);
		*at = page->aliases;
		return true;
	}
	if (!**at)
		return false;
	*ret_name = *at;
	*ret_length = strcspn(*at, ",");
	*at += *ret_length;
	*at += strspn(*at, ALIAS_SEPARATOR);
	return true;
}

static const struct page *find_letters(const char *letters)
{
	for (size_t i = 0; i < page_count; i++) {
		const char *at = NULL, *name;
		size_t length;

		while (next_name(&pages[i], &at, &name, &length)) {
			_cleanup_free_ char *own = letters_of(name, length);

			if (!strcmp(own, letters))
				return &pages[i];
		}
	}
	return NULL;
}

static const struct page *find_word(const char *word)
{
	_cleanup_free_ char *letters = letters_of(word, strlen(word));

	return *letters ? find_letters(letters) : NULL;
}

/* A setting and an option may differ in case alone: ip_local_port_range, IP_LOCAL_PORT_RANGE. */
static const struct page *find_exactly(const char *name)
{
	for (size_t i = 0; i < page_count; i++) {
		if (!strcmp(pages[i].name, name))
			return &pages[i];
	}
	return NULL;
}

const struct page *page_find(const char *what)
{
	const struct page *page = find_exactly(what);
	char name[ERROR_NAME_BYTES];
	enum tcp_state state;
	uint64_t number;

	if (!page)
		page = find_word(skip_place(what));
	if (page)
		return page;
	if (tcp_state_parse(what, &state) == 0)
		return find_word(tcp_state_name(state));
	if (text_to_number(what, 1, ERRNO_MAX, &number) == 0)
		return find_word(error_name((int)number, name));
	return NULL;
}

const struct page *page_nearest(const char *what)
{
	_cleanup_free_ char *letters = letters_of(skip_place(what), strlen(skip_place(what)));
	const struct page **owners = NULL, *page = NULL;
	size_t count = 0, room = 0, names_count = 0, names_room = 0;
	const char *nearest;
	char **names = NULL;

	for (size_t i = 0; i < page_count; i++) {
		const char *at = NULL, *name;
		size_t length;

		while (next_name(&pages[i], &at, &name, &length)) {
			*list_grow(&owners, &count, &room) = &pages[i];
			*list_grow(&names, &names_count, &names_room) = letters_of(name, length);
		}
	}
	(void)list_grow(&names, &names_count, &names_room); /* NULL ends it */
	nearest = text_nearest(letters, (const char *const *)names);
	for (size_t i = 0; i < count && nearest; i++) {
		if (names[i] == nearest)
			page = owners[i];
	}
	for (size_t i = 0; i < count; i++)
		free(names[i]);
	free(names);
	free(owners);
	return page;
}

void page_scenarios(const struct page *page,
	bool (*each)(void *context, const char *name, size_t length), void *context)
{
	const char *at = page->body;

	while ((at = strstr(at, RUN))) {
		size_t length;

		at += strlen(RUN);
		while (*at == '-') { /* an option: "timewait run --slow NAME" */
			at += strcspn(at, " `\n");
			at += strspn(at, " ");
		}
		length = strspn(at, "abcdefghijklmnopqrstuvwxyz0123456789-");
		if (length && !each(context, at, length))
			return;
	}
}
