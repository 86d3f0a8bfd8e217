/* SPDX-License-Identifier: BSD-2-Clause */

/* Datagrams by the batch, over loopback. */

#include "unit.h"

#include <arpa/inet.h>
#include <errno.h>
#include <malloc.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "daytime/datagram_batch.h"
#include "daytime/listen.h"

#define LINE "Sun Jun  5 21:00:00 2022\r\n"

/* What the next calls of sendmmsg() do instead of sending all. */
static struct {
	int fails_at;  /* the answer, counted from 0, before which it stops; -1: none */
	int code;      /* why */
	int at, calls; /* answers that went, and calls that were made */
} sending = {.fails_at = -1};

/* In place of libc's, also where the module calls it. */
int sendmmsg(int fd, struct mmsghdr *messages, unsigned count, int flags)
{
	long sent;

	sending.calls++;
	if (sending.fails_at == sending.at) {
		sending.at++;
		if (sending.code == EACCES)
			sending.fails_at++; /* and the next as well */
		errno = sending.code;
		return -1;
	}
	if (sending.fails_at > sending.at && count > (unsigned)(sending.fails_at - sending.at))
		count = (unsigned)(sending.fails_at - sending.at);
	sent = syscall(SYS_sendmmsg, fd, messages, count, flags);
	if (sent > 0)
		sending.at += (int)sent;
	return (int)sent;
}

static void sending_fails(int at, int code)
{
	sending.fails_at = at;
	sending.code = code;
	sending.at = sending.calls = 0;
}

struct service {
	int fd;
	uint16_t port;
	struct datagram_batch *batch;
	struct datagram_rules rules;
	struct datagram_judgement judgement;
	struct datagram_outcome outcome;
};

static int bound(const char *address, struct sockaddr_in *ret_address)
{
	int fd = socket(AF_INET, SOCK_DGRAM, 0);
	socklen_t length = sizeof(*ret_address);

	*ret_address = (struct sockaddr_in){.sin_family = AF_INET};
	assert_int_equal(inet_pton(AF_INET, address, &ret_address->sin_addr), 1);
	assert_int_equal(bind(fd, (struct sockaddr *)ret_address, sizeof(*ret_address)), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)ret_address, &length), 0);
	return fd;
}

static int setup(void **state)
{
	static struct service service;
	struct sockaddr_in address;

	service = (struct service){.fd = bound("0.0.0.0", &address)};
	service.port = ntohs(address.sin_port);
	service.rules.own_port = service.port;
	assert_int_equal(listen_want_destination(service.fd, AF_INET), 0);
	assert_int_equal(datagram_batch_open(&service.batch), 0);
	sending_fails(-1, 0);
	*state = &service;
	return 0;
}

static int teardown(void **state)
{
	struct service *service = *state;

	fd_close(&service->fd);
	rate_close(service->rules.rate);
	datagram_batch_close(service->batch);
	return 0;
}

/* A client that asks at that address of the service's, and hears that address alone. */
static int client_of(const struct service *service, const char *address)
{
	struct sockaddr_in own;
	struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(service->port)};
	int fd = bound("127.0.0.1", &own);

	assert_int_equal(inet_pton(AF_INET, address, &to.sin_addr), 1);
	assert_int_equal(connect(fd, (struct sockaddr *)&to, sizeof(to)), 0);
	return fd;
}

static void ask(int client, const char *text)
{
	assert_int_equal(send(client, text, strlen(text), 0), (ssize_t)strlen(text));
}

/* How many whole answers lie there; over loopback they are there when the send returns. */
static int answers_at(int client)
{
	char bytes[256];
	ssize_t n;
	int count = 0;

	while ((n = recv(client, bytes, sizeof(bytes), MSG_DONTWAIT)) >= 0) {
		assert_int_equal(n, (ssize_t)strlen(LINE));
		assert_memory_equal(bytes, LINE, strlen(LINE));
		count++;
	}
	assert_int_equal(errno, EAGAIN);
	return count;
}

/* Returns how many came. */
static int serve(struct service *service)
{
	int count = datagram_batch_receive(service->batch, service->fd);

	if (count <= 0)
		return count;
	datagram_batch_judge(service->batch, &service->rules, 1000 * NS_PER_S, &service->judgement);
	datagram_batch_answer(service->batch, service->fd, LINE, strlen(LINE), &service->outcome);
	return count;
}

static void a_batch_is_no_more_than_so_many(void **state)
{
	struct service *service = *state;
	int client = client_of(service, "127.0.0.1");

	assert_int_equal(serve(service), -EAGAIN);
	for (int i = 0; i < DATAGRAM_BATCH + 6; i++)
		ask(client, "");
	assert_int_equal(serve(service), DATAGRAM_BATCH);
	assert_int_equal(service->outcome.answered, DATAGRAM_BATCH);
	assert_int_equal(sending.calls, 1); /* that is what batches are for */
	assert_int_equal(serve(service), 6);
	assert_int_equal(service->outcome.answered, 6);
	assert_int_equal(service->outcome.failed, 0);
	assert_int_equal(serve(service), -EAGAIN);
	assert_int_equal(answers_at(client), DATAGRAM_BATCH + 6);
	fd_close(&client);
}

/* One batch, several clients, at several addresses: to each its own, from where it asked. */
static void to_each_its_own(void **state)
{
	static const char *const addresses[] = {"127.0.0.1", "127.0.0.2", "127.0.0.3"};
	struct service *service = *state;
	int clients[9];

	for (int i = 0; i < 9; i++)
		clients[i] = client_of(service, addresses[i % 3]);
	for (int round = 0; round < 3; round++) { /* lengths and addresses are set anew */
		for (int i = 0; i < 9; i++)
			ask(clients[i], round == 1 ? "a somewhat longer question\n" : "");
		assert_int_equal(serve(service), 9);
		assert_int_equal(service->outcome.answered, 9);
		for (int i = 0; i < 9; i++)
			assert_int_equal(answers_at(clients[i]), 1);
	}
	for (int i = 0; i < 9; i++)
		fd_close(&clients[i]);
}

/* The kernel writes how much it filled in, and a socket that tells of no destination fills less. */
static void sockets_take_turns(void **state)
{
	struct service *service = *state;
	struct sockaddr_in address;
	struct service plain = {.fd = bound("127.0.0.1", &address), .batch = service->batch};
	int client = client_of(service, "127.0.0.2");
	int other;

	plain.port = ntohs(address.sin_port);
	other = client_of(&plain, "127.0.0.1");
	for (int round = 0; round < 3; round++) {
		ask(other, "");
		assert_int_equal(serve(&plain), 1);
		assert_int_equal(answers_at(other), 1);
		ask(client, "");
		assert_int_equal(serve(service), 1);
		assert_int_equal(answers_at(client), 1);
	}
	fd_close(&client);
	fd_close(&other);
	fd_close(&plain.fd);
}

static void who_is_not_answered_is_counted(void **state)
{
	struct service *service = *state;
	int client = client_of(service, "127.0.0.1");

	service->rules.least_bytes = 3;
	ask(client, "abc");
	ask(client, LINE);
	ask(client, "ab");
	ask(client, "abcd");
	ask(client, LINE);
	assert_int_equal(serve(service), 5);
	assert_int_equal(service->judgement.counts[DATAGRAM_ANSWER], 2);
	assert_int_equal(service->judgement.counts[DATAGRAM_IS_DAYTIME], 2);
	assert_int_equal(service->judgement.counts[DATAGRAM_TOO_SHORT], 1);
	assert_int_equal(service->judgement.reason, DATAGRAM_IS_DAYTIME);
	assert_string_equal(service->judgement.refused->bytes, LINE);
	assert_int_equal(service->outcome.answered, 2);
	assert_int_equal(answers_at(client), 2);
	ask(client, "abc");
	assert_int_equal(serve(service), 1);
	assert_null(service->judgement.refused);
	fd_close(&client);
}

/* Who is refused for another reason has not had an answer, so it costs no token. */
static void the_rate_is_kept(void **state)
{
	struct service *service = *state;
	struct prefix_key key;
	int client = client_of(service, "127.0.0.1");

	assert_int_equal(prefix_key_make(&key), 0);
	assert_int_equal(rate_open(&service->rules.rate, 1, 3), 0);
	service->rules.key = &key;
	for (int i = 0; i < 5; i++)
		ask(client, LINE);
	for (int i = 0; i < 5; i++)
		ask(client, "");
	assert_int_equal(serve(service), 10);
	assert_int_equal(service->judgement.counts[DATAGRAM_IS_DAYTIME], 5);
	assert_int_equal(service->judgement.counts[DATAGRAM_ANSWER], 3);
	assert_int_equal(service->judgement.counts[DATAGRAM_RATE], 2);
	assert_int_equal(answers_at(client), 3);
	fd_close(&client);
}

/* What stops the call at one answer must not cost the others theirs. */
static void a_bad_destination_costs_nobody_else(void **state)
{
	struct service *service = *state;
	int clients[8];

	for (int i = 0; i < 8; i++)
		clients[i] = client_of(service, "127.0.0.1");
	for (int bad = 0; bad < 8; bad++) {
		for (int i = 0; i < 8; i++)
			ask(clients[i], "");
		sending_fails(bad, EHOSTUNREACH);
		assert_int_equal(serve(service), 8);
		assert_int_equal(service->outcome.answered, 7);
		assert_int_equal(service->outcome.failed, 1);
		assert_int_equal(service->outcome.errors[0], EHOSTUNREACH);
		for (int i = 0; i < 8; i++)
			assert_int_equal(answers_at(clients[i]), i != bad);
	}
	for (int i = 0; i < 8; i++)
		ask(clients[i], "");
	sending_fails(3, EACCES); /* and all that follow */
	assert_int_equal(serve(service), 8);
	assert_int_equal(service->outcome.answered, 3);
	assert_int_equal(service->outcome.failed, 5);
	assert_int_equal(sending.calls, 6);
	for (int i = 0; i < 8; i++) {
		assert_int_equal(answers_at(clients[i]), i < 3);
		fd_close(&clients[i]);
	}
}

/* One call says that there is no room: as many calls more would say the same. */
static void a_full_socket(void **state)
{
	struct service *service = *state;
	int client = client_of(service, "127.0.0.1");

	for (int i = 0; i < 8; i++)
		ask(client, "");
	sending_fails(5, EAGAIN);
	assert_int_equal(serve(service), 8);
	assert_int_equal(service->outcome.answered, 5);
	assert_int_equal(service->outcome.failed, 3);
	for (int i = 0; i < 3; i++)
		assert_int_equal(service->outcome.errors[i], EAGAIN);
	assert_int_equal(sending.calls, 2);
	assert_int_equal(answers_at(client), 5);
	sending_fails(-1, 0);
	ask(client, "");
	assert_int_equal(serve(service), 1); /* and the next batch begins from the start */
	assert_int_equal(service->outcome.answered, 1);
	assert_int_equal(service->outcome.failed, 0);
	fd_close(&client);
}

/* A datagram longer than what is kept is judged by the length it had. */
static void long_ones(void **state)
{
	struct service *service = *state;
	int client = client_of(service, "127.0.0.1");
	char bytes[2000];

	memset(bytes, 'x', sizeof(bytes) - 1);
	bytes[sizeof(bytes) - 1] = '\0';
	service->rules.least_bytes = sizeof(bytes) - 1;
	ask(client, bytes);
	ask(client, bytes + 1);
	assert_int_equal(serve(service), 2);
	assert_int_equal(service->outcome.answered, 1);
	assert_int_equal(service->judgement.counts[DATAGRAM_TOO_SHORT], 1);
	assert_int_equal(service->judgement.refused->length, sizeof(bytes) - 2);
	assert_int_equal(strlen(service->judgement.refused->bytes), 127);
	fd_close(&client);
}

static void nothing_is_allocated(void **state)
{
	struct service *service = *state;
	int client = client_of(service, "127.0.0.1");
	struct mallinfo2 before = mallinfo2();
	struct mallinfo2 after;

	for (int i = 0; i < 1000; i++) {
		ask(client, i % 2 ? "" : LINE);
		assert_int_equal(serve(service), 1);
	}
	after = mallinfo2();
	assert_int_equal(after.uordblks, before.uordblks);
	assert_int_equal(after.hblkhd, before.hblkhd);
	fd_close(&client);
	datagram_batch_close(NULL);
}

#define batch_test(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		batch_test(a_batch_is_no_more_than_so_many),
		batch_test(to_each_its_own),
		batch_test(sockets_take_turns),
		batch_test(who_is_not_answered_is_counted),
		batch_test(the_rate_is_kept),
		batch_test(a_bad_destination_costs_nobody_else),
		batch_test(a_full_socket),
		batch_test(long_ones),
		batch_test(nothing_is_allocated),
	};

	return cmocka_run_group_tests_name("daytime datagram batch", tests, NULL, NULL);
}
