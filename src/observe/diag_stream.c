/* SPDX-License-Identifier: BSD-2-Clause */
#include <errno.h>
#include <linux/capability.h>
#include <linux/inet_diag.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/i18n.h"
#include "observe/diag_message.h"

/*
 * The kernel writes its next reply within our recv(), and most of a dump's time is its: so one thread does
 * nothing but receive. Replies lie in slots, dozens in each, so that the threads rarely have to wake each other,
 * which costs more than what is lost where both slots are larger than the second level's cache.
 */
#define SLOT_BYTES ((size_t)1048576)
#define SLOTS      2

/* Some ten rows. */
#define PREFETCH_BYTES 1024

struct slot {
	char *bytes;
	size_t length;
	bool is_last;
};

/* What is asked for next. */
enum phase { PHASE_BOTH, PHASE_IPV4, PHASE_IPV6 };

struct stream {
	struct diag *diag;
	const struct diag_query *query;
	enum phase phase;
	bool has_begun; /* a reply to this phase's request has come */
	struct slot slots[SLOTS];
	int result; /* what receiving ended with; to be read once the last slot is there */
	struct error error;

	pthread_mutex_t lock;
	pthread_cond_t changed;
	size_t filled, emptied; /* slots so far */
	bool is_abandoned;      /* nobody reads any more */
};

static int ask(struct stream *stream)
{
	size_t room = 256 + FILTER_BYTES;
	_cleanup_free_ struct nlmsghdr *request = calloc(1, room);
	const void *program = NULL;
	size_t length = 0;

	if (!request)
		abort();
	if (stream->phase == PHASE_BOTH)
		diag_put_legacy_request(request, stream->query->states);
	else
		diag_put_family_request(request, stream->phase == PHASE_IPV4 ? AF_INET : AF_INET6,
			stream->query->states);
	if (stream->query->filter)
		program = filter_program(stream->query->filter, &length);
	if (length)
		mnl_attr_put(request, INET_DIAG_REQ_BYTECODE, length, program);
	stream->has_begun = false;
	return netlink_dump_begin(
		&stream->diag->netlink, request, _("cannot list the TCP sockets"), &stream->error);
}

static int ask_next(struct stream *stream, enum phase phase)
{
	int r;

	stream->phase = phase;
	r = ask(stream);
	return r < 0 ? r : 1;
}

/* One reply behind what the slot has: 1 when there is more to come, 0 after the last, or a negative errno. */
static int receive(struct stream *stream, struct slot *slot)
{
	struct netlink *netlink = &stream->diag->netlink;
	char *bytes = slot->bytes + slot->length;
	ssize_t length = netlink_dump_receive(netlink, bytes);
	int more;

	if (length < 0)
		return error_errno(
			&stream->error, (int)-length, "%s", _("cannot list the TCP sockets"));
	more = netlink_dump_goes_on(
		netlink, bytes, (size_t)length, _("cannot list the TCP sockets"), &stream->error);
	if (more < 0 && stream->phase == PHASE_BOTH && !stream->has_begun) {
		stream->diag->has_no_legacy = true;
		return ask_next(stream, PHASE_IPV4);
	}
	if (more < 0)
		return more;
	stream->has_begun = true;
	slot->length += (size_t)length;
	if (!more && stream->phase == PHASE_IPV4)
		return ask_next(stream, PHASE_IPV6);
	return more;
}

static void fill(struct stream *stream, struct slot *slot)
{
	int more = 1;

	slot->length = 0;
	while (more > 0 && slot->length + NETLINK_REPLY_BYTES <= SLOT_BYTES)
		more = receive(stream, slot);
	slot->is_last = more <= 0;
	stream->result = more < 0 ? more : 0;
}

/* Returns 0, or what `each` said to end it. */
static int deliver(
	const struct slot *slot, const struct diag_query *query, diag_each *each, void *context)
{
	const struct nlmsghdr *message;
	struct diag_socket socket;

	netlink_each(message, slot->bytes, slot->length)
	{
		int r;

		/* The other thread's processor has just written it: fetch what comes next in time. */
		__builtin_prefetch((const char *)message + PREFETCH_BYTES);
		__builtin_prefetch((const char *)message + PREFETCH_BYTES + 64);
		if (!diag_read_message(message, query->states, &socket))
			continue;
		r = each(context, &socket);
		if (r)
			return r;
	}
	return 0;
}

/*
 * Needs no privilege at all; and for who has CAP_NET_ADMIN the kernel adds the mark of each socket, which
 * nobody reads here, and which is a tenth of its work. Of this thread alone.
 */
static void drop_privileges(void)
{
	struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
	const struct __user_cap_data_struct none[_LINUX_CAPABILITY_U32S_3] = {{0}};

	syscall(SYS_capset, &header, none);
}

static void *receive_all(void *context)
{
	struct stream *stream = context;
	bool goes_on = true;

	drop_privileges();
	while (goes_on) {
		struct slot *slot = &stream->slots[stream->filled % SLOTS];

		pthread_mutex_lock(&stream->lock);
		while (stream->filled - stream->emptied == SLOTS && !stream->is_abandoned)
			pthread_cond_wait(&stream->changed, &stream->lock);
		goes_on = !stream->is_abandoned;
		pthread_mutex_unlock(&stream->lock);
		if (!goes_on)
			break;
		fill(stream, slot);
		goes_on = !slot->is_last;
		pthread_mutex_lock(&stream->lock);
		stream->filled++;
		pthread_cond_signal(&stream->changed);
		pthread_mutex_unlock(&stream->lock);
	}
	return NULL;
}

/* The caller's signals are the caller's. 0 or an errno, as pthread_create(). */
static int start(struct stream *stream, pthread_t *ret_thread)
{
	sigset_t all, before;
	int code;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	code = pthread_create(ret_thread, NULL, receive_all, stream);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return code;
}

static struct slot *await_slot(struct stream *stream)
{
	pthread_mutex_lock(&stream->lock);
	while (stream->filled == stream->emptied)
		pthread_cond_wait(&stream->changed, &stream->lock);
	pthread_mutex_unlock(&stream->lock);
	return &stream->slots[stream->emptied % SLOTS];
}

static void give_back(struct stream *stream, bool is_abandoned)
{
	pthread_mutex_lock(&stream->lock);
	stream->emptied++;
	stream->is_abandoned = is_abandoned;
	pthread_cond_signal(&stream->changed);
	pthread_mutex_unlock(&stream->lock);
}

/* The first slot has been filled by the caller's own thread: few dumps need more. */
static int run(struct stream *stream, diag_each *each, void *context)
{
	pthread_t thread;
	bool has_thread = false, is_last;
	int r;

	fill(stream, &stream->slots[0]);
	stream->filled = 1;
	if (!stream->slots[0].is_last)
		has_thread = start(stream, &thread) == 0;
	do {
		struct slot *slot;

		if (!has_thread && stream->filled == stream->emptied) {
			fill(stream, &stream->slots[stream->filled % SLOTS]);
			stream->filled++;
		}
		slot = await_slot(stream);
		is_last = slot->is_last;
		r = deliver(slot, stream->query, each, context);
		give_back(stream, r != 0);
	} while (!is_last && !r);
	if (has_thread)
		pthread_join(thread, NULL);
	return r;
}

int diag_stream(struct diag *diag, const struct diag_query *query, diag_each *each, void *context,
	struct error *err)
{
	_cleanup_free_ char *bytes = malloc(SLOTS * SLOT_BYTES);
	struct stream stream = {
		.diag = diag,
		.query = query,
		.phase = diag->has_no_legacy ? PHASE_IPV4 : PHASE_BOTH,
		.lock = PTHREAD_MUTEX_INITIALIZER,
		.changed = PTHREAD_COND_INITIALIZER,
	};
	int r;

	if (!bytes)
		abort();
	for (size_t i = 0; i < SLOTS; i++)
		stream.slots[i].bytes = bytes + i * SLOT_BYTES;
	r = ask(&stream);
	if (r == 0)
		r = run(&stream, each, context);
	if (r == 0 && stream.result < 0)
		r = stream.result;
	else if (r < 0 && !stream.error.code)
		return error_errno(err, -r, "%s", _("cannot list the TCP sockets"));
	if (r < 0 && err)
		*err = stream.error;
	return r;
}
