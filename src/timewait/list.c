/* SPDX-License-Identifier: BSD-2-Clause */
#include "timewait/list.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/console.h"
#include "base/i18n.h"
#include "base/interrupt.h"
#include "base/options.h"
#include "observe/diag.h"
#include "observe/doubles.h"
#include "observe/motion.h"
#include "observe/netns.h"
#include "timewait/listing.h"

/* One namespace after the other goes through here. */
struct course {
	struct listing listing;
	struct doubles doubles;
	bool is_approximate;
	size_t refused; /* namespaces that we may not enter */
};

static int take(void *context, const struct diag_socket *socket)
{
	struct course *course = context;

	if (doubles_seen(&course->doubles, socket))
		return 0;
	return listing_take(&course->listing, socket);
}

/* Where it does not matter nothing is said: a short dump is over before anything can move. */
static void judge_motion(struct course *course, const struct motion *before)
{
	const struct listing *listing = &course->listing;
	struct motion after;

	if (course->doubles.dropped) {
		course->is_approximate = true;
	} else if (course->doubles.seen > LISTING_BATCH && listing->status == EXIT_OK) {
		motion_read(&after);
		course->is_approximate |= motion_differs(before, &after);
	}
}

/* The sockets of the namespace that this thread is in. Returns 0 or a negative errno. */
static int go_through(struct course *course, struct error *err)
{
	const struct list_options *options = course->listing.options;
	const struct diag_query query = {.states = options->states, .filter = &options->filter};
	struct motion before;
	struct diag diag;
	int r;

	/* No bit at all would mean every state to the kernel. */
	if (!options->states)
		return 0;
	r = diag_open(&diag, err);
	if (r < 0)
		return r;
	motion_read(&before);
	doubles_init(&course->doubles);
	r = diag_stream(&diag, &query, take, course, err);
	if (r == 0)
		judge_motion(course, &before);
	doubles_finish(&course->doubles);
	diag_close(&diag);
	return r < 0 ? r : 0;
}

static int go_through_namespace(struct course *course, const struct netns *netns, struct error *err)
{
	struct error way_back;
	int home, r;

	r = netns_enter(netns, &home, err);
	if (r < 0)
		return r;
	course->listing.netns = netns->number;
	r = go_through(course, err);
	if (netns_leave(&home, &way_back) < 0 && r == 0) {
		*err = way_back;
		return -way_back.code;
	}
	return r;
}

/* Each namespace takes a descriptor, and a host may have more of them than a process may usually open. */
static void allow_descriptors(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) < 0)
		return;
	limit.rlim_cur = limit.rlim_max;
	setrlimit(RLIMIT_NOFILE, &limit);
}

static int go_through_all(struct course *course, struct error *err)
{
	struct netns_list list = {0};
	int r;

	allow_descriptors();
	r = netns_list_read(&list, err);
	course->refused = list.unreadable;
	for (size_t i = 0; i < list.count && r == 0; i++) {
		if (course->listing.status != EXIT_OK)
			break;
		r = go_through_namespace(course, &list.spaces[i], err);
		if (r == -EPERM && list.spaces[i].fd >= 0) {
			course->refused++;
			r = 0;
		}
	}
	netns_list_finish(&list);
	return r;
}

static int go_through_one(struct course *course, const char *name, struct error *err)
{
	struct netns netns = {.fd = -1, .number = netns_number()};
	int r = name ? netns_open(name, &netns, err) : 0;

	if (r == 0)
		r = go_through_namespace(course, &netns, err);
	netns_close(&netns);
	return r;
}

static void note_unseen(const struct listing *listing)
{
	const struct owner_table *owners = &listing->owners;

	if (listing->owners_error < 0)
		console_note(_("/proc: %s: the processes are not shown"),
			strerror(-listing->owners_error));
	if (!listing->unowned || !owners->unreadable)
		return;
	if (geteuid())
		console_note(_("sockets whose process is not shown: %zu; processes that may not be "
			       "looked into: %zu (root sees them all)"),
			listing->unowned, owners->unreadable);
	else
		console_note(_("sockets whose process is not shown: %zu; processes that may not be "
			       "looked into: %zu"),
			listing->unowned, owners->unreadable);
}

static void note_the_rest(const struct course *course)
{
	note_unseen(&course->listing);
	if (course->refused && geteuid())
		console_note(
			_("network namespaces of other users are not shown (root sees them all)"));
	else if (course->refused)
		console_note(_("network namespaces that may not be entered are not shown"));
	if (course->is_approximate)
		console_note(_("sockets came and went meanwhile: this is approximate"));
}

static int list_sockets(const struct list_options *options)
{
	struct course course = {0};
	struct error err = {0};
	int status, r;

	listing_init(&course.listing, options);
	if (options->netns && !strcmp(options->netns, "all"))
		r = go_through_all(&course, &err);
	else
		r = go_through_one(&course, options->netns, &err);
	if (r < 0) {
		console_print(&err);
		status = options->netns ? EXIT_FAILED : EXIT_UNAVAILABLE;
	} else {
		status = listing_end(&course.listing);
		if (status == EXIT_OK)
			note_the_rest(&course);
	}
	listing_finish(&course.listing);
	return status;
}

int command_list(int argc, char **argv)
{
	struct list_options options;
	int r = list_options_parse(argc, argv, &options);

	if (r != OPTIONS_GO_ON)
		return r;
	interrupt_watch();
	return list_sockets(&options);
}
