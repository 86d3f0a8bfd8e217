/* SPDX-License-Identifier: BSD-2-Clause */
#include "unit.h"

#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/fd.h"
#include "daytime/listen.h"
#include "daytime/steering.h"

static struct steering_cpus cpus_of(int count, const int *numbers)
{
	struct steering_cpus cpus = {.count = count};

	memcpy(cpus.numbers, numbers, (size_t)count * sizeof(*numbers));
	return cpus;
}

static void with_a_lane_for_each_cpu_it_is_its_own(void **state)
{
	struct steering_cpus cpus = cpus_of(2, (int[]){2, 5});

	(void)state;
	for (int cpu = 0; cpu < 8; cpu++)
		assert_int_equal(steering_lane(cpu, &cpus, 8), cpu);
	assert_int_equal(steering_lane(9, &cpus, 8), 1); /* came later */
	/* The workers: ours on ours, the lanes of others in turn, so that none is forgotten. */
	assert_int_equal(steering_worker(2, &cpus, 8, 2), 0);
	assert_int_equal(steering_worker(5, &cpus, 8, 2), 1);
	assert_int_equal(steering_worker(0, &cpus, 8, 2), 0);
	assert_int_equal(steering_worker(7, &cpus, 8, 2), 1);
}

/* 2 and 4 are both even: by number they would meet on lane 0. */
static void with_fewer_lanes_ours_share_them_out(void **state)
{
	struct steering_cpus cpus = cpus_of(2, (int[]){2, 4});

	(void)state;
	assert_int_equal(steering_lane(2, &cpus, 2), 0);
	assert_int_equal(steering_lane(4, &cpus, 2), 1);
	assert_int_equal(steering_lane(3, &cpus, 2), 1);
	assert_int_equal(steering_worker(0, &cpus, 2, 2), 0);
	assert_int_equal(steering_worker(1, &cpus, 2, 2), 1);
	assert_int_equal(steering_worker(1, &cpus, 2, 1), 0);
}

static void there_is_always_a_cpu(void **state)
{
	struct steering_cpus cpus;

	(void)state;
	steering_find_cpus(&cpus);
	assert_in_range(cpus.count, 1, LISTEN_LANES_MAX);
	assert_in_range(steering_count_lanes(), 1, LISTEN_LANES_MAX);
}

/*
 * A group over real sockets.
 */

#define LANES 4

static void open_group(struct listen_set *set, uint16_t *ret_port)
{
	struct listen_options options = {.address = "127.0.0.1", .wants_tcp = true, .lanes = LANES};
	struct sockaddr_in address = {
		.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t length = sizeof(address);
	int held = socket(AF_INET, SOCK_STREAM, 0);
	int on = 1;
	struct error err;

	/* Port 0 would give each lane another: so one that is free. */
	setsockopt(held, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	assert_int_equal(bind(held, (struct sockaddr *)&address, sizeof(address)), 0);
	getsockname(held, (struct sockaddr *)&address, &length);
	options.port = *ret_port = ntohs(address.sin_port);
	close(held);
	assert_int_equal(listen_open(set, &options, &err), 0);
	assert_int_equal(set->count, LANES);
}

static int connect_from_here(uint16_t port)
{
	struct sockaddr_in address = {.sin_family = AF_INET,
		.sin_port = htons(port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	assert_int_equal(connect(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	return fd;
}

/* On a loopback the SYN comes in on the CPU that sends it. */
static void a_connection_goes_to_the_lane_of_its_cpu(void **state)
{
	struct steering_place place = {0};
	struct listen_set set;
	struct steering_cpus cpus;
	uint16_t port;

	(void)state;
	steering_find_cpus(&cpus);
	open_group(&set, &port);
	assert_int_equal(steering_attach(&set, &cpus, LANES), 0);
	for (int i = 0; i < cpus.count; i++) {
		int lane = steering_lane(cpus.numbers[i], &cpus, LANES);

		steering_place_on(&place, cpus.numbers[i]);
		steering_go(&place);
		for (int round = 0; round < 10; round++) {
			int client = connect_from_here(port);
			struct pollfd there = {.fd = set.sockets[lane].fd, .events = POLLIN};
			_cleanup_fd_ int server = -1;

			assert_int_equal(poll(&there, 1, 5000), 1);
			server = accept(set.sockets[lane].fd, NULL, NULL);
			assert_true(server >= 0);
			close(client);
		}
	}
	steering_place_anywhere(&place, &cpus);
	steering_go(&place);
	listen_close(&set);
}

/* Of the same user, with SO_REUSEPORT and all: it is taken nevertheless. */
static void a_second_server_does_not_join_the_group(void **state)
{
	struct listen_set set, second;
	struct listen_options options = {.address = "127.0.0.1", .wants_tcp = true, .lanes = LANES};
	struct error err;

	(void)state;
	open_group(&set, &options.port);
	assert_int_equal(listen_open(&second, &options, &err), -EADDRINUSE);
	assert_int_equal(second.count, 0);
	listen_close(&set);
	assert_int_equal(listen_open(&second, &options, &err), 0);
	listen_close(&second);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(with_a_lane_for_each_cpu_it_is_its_own),
		cmocka_unit_test(with_fewer_lanes_ours_share_them_out),
		cmocka_unit_test(there_is_always_a_cpu),
		cmocka_unit_test(a_connection_goes_to_the_lane_of_its_cpu),
		cmocka_unit_test(a_second_server_does_not_join_the_group),
	};

	return cmocka_run_group_tests_name("daytime steering", tests, NULL, NULL);
}
