/* SPDX-License-Identifier: BSD-2-Clause */
#include <errno.h>
#include <poll.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/interrupt.h"
#include "soak/hostile.h"

/*
 * A crowd of connections, each with the manners of its kind. What a visitor does next depends on time
 * alone, never on what the server does: so there is nothing to wait for but the oldest visitor's turn,
 * and all wait equally long, so they stand in one ring in the order of their turns.
 */

#define GARBAGE_BYTES 65536
#define SLOW_TURNS    5
#define SPARE_FDS     64

struct visitor {
	int fd;
	uint32_t turn;   /* how often it has been asked */
	uint64_t chance; /* decides what it does */
	int64_t due_ns;
};

enum move {
	MOVE_STAY,
	MOVE_LEAVE, /* close(): FIN, or RST where the line has not been read */
	MOVE_SLAM,  /* RST, by a linger time of 0 */
};

struct crowd {
	struct hostile_plan *plan;
	struct hostile_tally *tally;
	struct visitor *ring;
	uint32_t first, open; /* the oldest visitor, and how many there are */
	int64_t wait_ns;      /* between two turns of a visitor */
	uint8_t garbage[2 * GARBAGE_BYTES];
};

static void say(struct crowd *crowd, struct visitor *visitor, size_t length)
{
	const uint8_t *from = crowd->garbage + visitor->chance % GARBAGE_BYTES;
	ssize_t n = send(visitor->fd, from, length, MSG_DONTWAIT | MSG_NOSIGNAL);

	if (n > 0)
		crowd->tally->bytes += (uint64_t)n;
}

/* Connects, and never says anything. */
static enum move silent(struct crowd *crowd, struct visitor *visitor)
{
	(void)crowd;
	return visitor->turn == 0 ? MOVE_STAY : MOVE_LEAVE;
}

/* At once; after some bytes; or a moment later, when the server is in the midst of its answer. */
static enum move reset(struct crowd *crowd, struct visitor *visitor)
{
	if (visitor->turn == 0 && (visitor->chance & 1))
		say(crowd, visitor, 1 + (visitor->chance >> 8) % 512);
	if (visitor->turn == 0 && (visitor->chance & 2))
		return MOVE_STAY;
	return MOVE_SLAM;
}

/* Bytes that nobody asked for, then FIN, RST, or nothing for a while. */
static enum move garbage(struct crowd *crowd, struct visitor *visitor)
{
	if (visitor->turn == 0)
		say(crowd, visitor, 1 + (visitor->chance >> 8) % GARBAGE_BYTES);
	switch (visitor->chance % 5) {
	case 0: return MOVE_LEAVE;
	case 1: return MOVE_SLAM;
	case 2: shutdown(visitor->fd, SHUT_WR); break;
	case 3: return visitor->turn == 0 ? MOVE_STAY : MOVE_SLAM;
	default: break;
	}
	return visitor->turn == 0 ? MOVE_STAY : MOVE_LEAVE;
}

/* A byte now and then, so that it never looks idle. */
static enum move slow(struct crowd *crowd, struct visitor *visitor)
{
	say(crowd, visitor, 1);
	return visitor->turn < SLOW_TURNS ? MOVE_STAY : MOVE_LEAVE;
}

static enum move tcp_flood(struct crowd *crowd, struct visitor *visitor)
{
	(void)crowd;
	(void)visitor;
	return MOVE_LEAVE;
}

static enum move (*const manners[])(struct crowd *crowd, struct visitor *visitor) = {
	silent, reset, garbage, slow, tcp_flood};
const char *const crowd_kinds[] = {"silent", "reset", "garbage", "slow", "tcp_flood", NULL};

/* The part of the holding time between two turns; a tenth is enough to be in the midst of something. */
static const int turns_in_hold[] = {1, 10, 10, SLOW_TURNS, 1};

/* Half of those that were kept read what came, so that their close() is a FIN; the others' is RST. */
static void look(struct crowd *crowd, const struct visitor *visitor)
{
	int flags = MSG_DONTWAIT | (visitor->chance & 4 ? MSG_PEEK : 0);
	char line[128];
	ssize_t n = recv(visitor->fd, line, sizeof(line), flags);

	if (n > 0)
		crowd->tally->answered++;
	else if (n < 0 && errno != EAGAIN)
		crowd->tally->turned_away++;
}

static void part(struct crowd *crowd, struct visitor *visitor, enum move move)
{
	struct linger at_once = {.l_onoff = 1, .l_linger = 0};

	if (visitor->turn > 0)
		look(crowd, visitor);
	if (move == MOVE_SLAM)
		setsockopt(visitor->fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
	fd_close(&visitor->fd);
}

/* A socket on its way to the target, from the next source; a negative errno. */
static int set_out(const struct hostile_plan *plan, uint64_t number)
{
	struct sockaddr_in source = {.sin_family = AF_INET};
	int one = 1;
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	int code;

	if (fd < 0)
		return -errno;
	source.sin_addr.s_addr =
		htonl(plan->first_source + (uint32_t)(number % plan->source_count));
	/* The port is chosen by connect(), for the whole tuple: so none runs out. */
	setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &one, sizeof(one));
	if (bind(fd, (const struct sockaddr *)&source, sizeof(source)) == 0 &&
		(connect(fd, (const struct sockaddr *)&plan->target, sizeof(plan->target)) == 0 ||
			errno == EINPROGRESS))
		return fd;
	code = errno;
	fd_close(&fd);
	return -code;
}

static void admit(struct crowd *crowd, int kind, int64_t now_ns)
{
	struct hostile_plan *plan = crowd->plan;
	struct visitor visitor = {.chance = hostile_random(&plan->random)};
	enum move move;

	visitor.fd = set_out(plan, crowd->tally->begun + crowd->tally->failed);
	if (visitor.fd < 0) {
		hostile_failed(crowd->tally, -visitor.fd);
		return;
	}
	crowd->tally->begun++;
	move = manners[kind](crowd, &visitor);
	if (move != MOVE_STAY) {
		part(crowd, &visitor, move);
		return;
	}
	visitor.due_ns = now_ns + crowd->wait_ns;
	crowd->ring[(crowd->first + crowd->open++) % plan->at_once] = visitor;
}

/* The oldest visitor's turn: it goes, or stands behind all others again. */
static void attend(struct crowd *crowd, int kind, int64_t now_ns)
{
	struct visitor visitor = crowd->ring[crowd->first];
	enum move move;

	crowd->first = (crowd->first + 1) % crowd->plan->at_once;
	crowd->open--;
	visitor.turn++;
	move = manners[kind](crowd, &visitor);
	if (move != MOVE_STAY) {
		part(crowd, &visitor, move);
		return;
	}
	visitor.due_ns = now_ns + crowd->wait_ns;
	crowd->ring[(crowd->first + crowd->open++) % crowd->plan->at_once] = visitor;
}

static void mingle(struct crowd *crowd, int kind)
{
	const struct hostile_plan *plan = crowd->plan;
	const struct hostile_tally *tally = crowd->tally;

	while (!interrupt_requested()) {
		int64_t now_ns = clock_now_ns();
		uint64_t left = plan->count - tally->begun - tally->failed;

		if (now_ns >= plan->deadline_ns || (!left && !crowd->open))
			return;
		if (crowd->open && crowd->ring[crowd->first].due_ns <= now_ns)
			attend(crowd, kind, now_ns);
		else if (left && crowd->open < plan->at_once)
			admit(crowd, kind, now_ns);
		else
			poll(NULL, 0, clock_poll_ms(crowd->ring[crowd->first].due_ns));
	}
}

static int raise_files(uint32_t wanted, struct error *err)
{
	struct rlimit limit = {wanted + SPARE_FDS, wanted + SPARE_FDS};
	struct rlimit now;

	if (getrlimit(RLIMIT_NOFILE, &now) == 0 && now.rlim_max >= limit.rlim_max)
		limit.rlim_max = now.rlim_max;
	if (setrlimit(RLIMIT_NOFILE, &limit) < 0)
		return error_errno(err, errno, "cannot have %u files open at once (see --at-once)",
			wanted + SPARE_FDS);
	return 0;
}

int crowd_run(
	int kind, struct hostile_plan *plan, struct hostile_tally *ret_tally, struct error *err)
{
	_cleanup_free_ struct crowd *crowd = calloc(1, sizeof(*crowd));
	_cleanup_free_ struct visitor *ring = calloc(plan->at_once, sizeof(*ring));
	int r = raise_files(plan->at_once, err);

	*ret_tally = (struct hostile_tally){0};
	if (r < 0)
		return r;
	if (!crowd || !ring)
		return error_errno(err, ENOMEM, "no memory for a crowd of %u", plan->at_once);
	*crowd = (struct crowd){.plan = plan, .tally = ret_tally, .ring = ring};
	crowd->wait_ns = plan->hold_ns / turns_in_hold[kind];
	for (size_t i = 0; i < sizeof(crowd->garbage); i++)
		crowd->garbage[i] = (uint8_t)(hostile_random(&plan->random) >> 24);
	mingle(crowd, kind);
	for (; crowd->open; crowd->open--) {
		part(crowd, &ring[crowd->first], MOVE_SLAM);
		crowd->first = (crowd->first + 1) % plan->at_once;
	}
	return 0;
}
