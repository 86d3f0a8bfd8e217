/* SPDX-License-Identifier: BSD-2-Clause */

/* What the filter of system calls leaves: all that a server does, done in children under it. */

#include "confined.h"

#include <linux/filter.h>
#include <netinet/in.h>
#include <pthread.h>
#include <sched.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/sysinfo.h>
#include <sys/timerfd.h>
#include <syslog.h>

#include "daytime/datagram_batch.h"
#include "daytime/listen.h"
#include "daytime/zone.h"

#define LINE "Sun Jun  5 21:00:00 2022\r\n"

static char page[4096];

static void *nothing(void *context)
{
	free(malloc(100000));
	return context;
}

static void threads(const void *unused)
{
	pthread_t thread;

	(void)unused;
	confine(0);
	for (int i = 0; i < 5; i++) {
		void *result;

		must(!pthread_create(&thread, NULL, nothing, page));
		must(!pthread_join(thread, &result) && result == page);
	}
}

static void own_thread(const void *unused)
{
	cpu_set_t cpus;

	(void)unused;
	confine(0);
	must(!pthread_setname_np(pthread_self(), "worker"));
	must(!sched_getaffinity(0, sizeof(cpus), &cpus));
	must(!sched_setaffinity(0, sizeof(cpus), &cpus));
	must(get_nprocs() > 0);
	must(sched_getcpu() >= 0);
}

static void connections(const void *unused)
{
	struct sockaddr_in address = {
		.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	struct linger linger = {1, 0};
	struct epoll_event event = {.events = EPOLLIN};
	socklen_t length = sizeof(address);
	int listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
	int client = socket(AF_INET, SOCK_STREAM, 0);
	char bytes[64];
	int epoll, fd;

	(void)unused;
	must(!bind(listener, (struct sockaddr *)&address, length) && !listen(listener, 1));
	must(!getsockname(listener, (struct sockaddr *)&address, &length));
	must(!connect(client, (struct sockaddr *)&address, length));
	confine(0);
	epoll = epoll_create1(EPOLL_CLOEXEC);
	must(epoll >= 0 && !epoll_ctl(epoll, EPOLL_CTL_ADD, listener, &event));
	must(epoll_wait(epoll, &event, 1, 10000) == 1);
	fd = accept4(listener, (struct sockaddr *)&address, &length, SOCK_NONBLOCK | SOCK_CLOEXEC);
	must(fd >= 0);
	must(send(fd, LINE, strlen(LINE), MSG_MORE | MSG_NOSIGNAL) == (ssize_t)strlen(LINE));
	must(!shutdown(fd, SHUT_WR));
	must(recv(fd, bytes, sizeof(bytes), MSG_DONTWAIT) == -1 && errno == EAGAIN);
	must(!setsockopt(fd, SOL_SOCKET, SO_LINGER, &linger, sizeof(linger)));
	must(!close(fd));
	must(recv(client, bytes, sizeof(bytes), 0) == (ssize_t)strlen(LINE));
}

static void datagrams(const void *unused)
{
	struct sockaddr_in address = {
		.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	struct datagram_rules rules = {.own_port = 13};
	struct datagram_judgement judgement;
	struct datagram_outcome outcome;
	struct datagram_batch *batch;
	socklen_t length = sizeof(address);
	int fd = socket(AF_INET, SOCK_DGRAM, 0);
	int client = socket(AF_INET, SOCK_DGRAM, 0);

	(void)unused;
	must(!bind(fd, (struct sockaddr *)&address, length));
	must(!getsockname(fd, (struct sockaddr *)&address, &length));
	must(!listen_want_destination(fd, AF_INET));
	must(!connect(client, (struct sockaddr *)&address, length) && !send(client, "", 0, 0));
	confine(0);
	must(!datagram_batch_open(&batch));
	must(datagram_batch_receive(batch, fd) == 1);
	datagram_batch_judge(batch, &rules, 0, &judgement);
	datagram_batch_answer(batch, fd, LINE, strlen(LINE), &outcome);
	must(outcome.answered == 1);
	datagram_batch_close(batch);
}

/* One instruction: always the first socket. */
static void steering(const void *unused)
{
	struct sock_filter instruction = BPF_STMT(BPF_RET | BPF_K, 0);
	struct sock_fprog program = {1, &instruction};
	struct sockaddr_in address = {.sin_family = AF_INET};
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	int on = 1;

	(void)unused;
	must(!setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &on, sizeof(on)));
	must(!bind(fd, (struct sockaddr *)&address, sizeof(address)) && !listen(fd, 1));
	confine(0);
	must(!setsockopt(fd, SOL_SOCKET, SO_ATTACH_REUSEPORT_CBPF, &program, sizeof(program)));
}

static void time_zones(const void *unused)
{
	struct clock_quality quality;
	struct zone_plan plan;
	char bytes[64];
	FILE *file;

	(void)unused;
	setenv("TZ", "Asia/Seoul", 1);
	confine(0);
	format_reread_zone();
	zone_plan(0, &plan);
	must(!strcmp(plan.now.name, "KST"));
	unsetenv("TZ");
	format_reread_zone();
	zone_plan(0, &plan);
	format_clock_quality(&quality);
	file = fopen("/sys/devices/system/cpu/online", "re");
	must(file && fgets(bytes, sizeof(bytes), file) && !fclose(file));
}

static void clocks(const void *unused)
{
	struct itimerspec soon = {.it_value.tv_nsec = 1};
	struct timespec moment = {.tv_nsec = 1};
	uint64_t count;
	int fd;

	(void)unused;
	confine(0);
	/* As libc asks where there is no vDSO. */
	must(!syscall(SYS_clock_gettime, CLOCK_MONOTONIC, &moment));
	moment = (struct timespec){.tv_nsec = 1};
	must(!syscall(SYS_nanosleep, &moment, NULL));
	fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC);
	must(fd >= 0 && !timerfd_settime(fd, 0, &soon, NULL));
	must(read(fd, &count, sizeof(count)) == sizeof(count));
	fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	must(fd >= 0 && write(fd, &count, sizeof(count)) == sizeof(count));
}

static void signals(const void *unused)
{
	struct signalfd_siginfo info;
	sigset_t all;
	int fd;

	(void)unused;
	sigfillset(&all);
	confine(0);
	must(!sigprocmask(SIG_BLOCK, &all, NULL));
	fd = signalfd(-1, &all, SFD_CLOEXEC);
	must(fd >= 0 && !raise(SIGHUP));
	must(read(fd, &info, sizeof(info)) == sizeof(info) && info.ssi_signo == SIGHUP);
}

static void memory(const void *unused)
{
	char *bytes;

	(void)unused;
	confine(0);
	for (size_t size = 1; size < 64 << 20; size *= 2) {
		bytes = malloc(size);
		must(bytes && (bytes = realloc(bytes, size * 3)));
		memset(bytes, 1, size * 3);
		free(bytes);
	}
}

static void messages(const void *unused)
{
	char seed[8];

	(void)unused;
	confine(0);
	fprintf(stderr, "%s", "");
	isatty(STDERR_FILENO);
	must(getentropy(seed, sizeof(seed)) == 0);
	exit(0); /* with what libc and the sanitizers do at the end */
}

static void notify(const void *unused)
{
	struct msghdr message = {.msg_iov = &(struct iovec){page, 1}, .msg_iovlen = 1};
	int size = 8 << 20;
	int fd;

	(void)unused;
	confine(CONFINE_NOTIFIES);
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	must(fd >= 0 && !setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof(size)));
	setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, &size, sizeof(size));
	must(sendmsg(fd, &message, MSG_NOSIGNAL) < 0 && errno == ENOTCONN);
}

static void log_it(const void *unused)
{
	static const struct sockaddr_in nowhere = {.sin_family = AF_INET};
	int fd = socket(AF_UNIX, SOCK_DGRAM, 0);

	(void)unused;
	confine(CONFINE_LOGS);
	must(connect(fd, (const struct sockaddr *)&nowhere, sizeof(nowhere)) < 0 &&
		errno == EACCES);
	syslog(LOG_DEBUG, "test");
}

/* A point each. */
#define survival(name)                                                                             \
	static void alive_after_##name(void **state)                                               \
	{                                                                                          \
		(void)state;                                                                       \
		survives(name, NULL);                                                              \
	}

survival(threads) survival(own_thread) survival(connections) survival(datagrams) survival(steering)
	survival(time_zones) survival(clocks) survival(signals) survival(memory) survival(messages)
		survival(notify) survival(log_it)

			int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(alive_after_threads),
		cmocka_unit_test(alive_after_own_thread),
		cmocka_unit_test(alive_after_connections),
		cmocka_unit_test(alive_after_datagrams),
		cmocka_unit_test(alive_after_steering),
		cmocka_unit_test(alive_after_time_zones),
		cmocka_unit_test(alive_after_clocks),
		cmocka_unit_test(alive_after_signals),
		cmocka_unit_test(alive_after_memory),
		cmocka_unit_test(alive_after_messages),
		cmocka_unit_test(alive_after_notify),
		cmocka_unit_test(alive_after_log_it),
	};

	return cmocka_run_group_tests_name("daytime confine, allowed", tests, NULL, NULL);
}
