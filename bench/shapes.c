/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The shapes a daytime server may have, each as bare as can be, to learn what helps: docs/performance.md
 * tells of them, `bench/daytime.sh shapes` measures them. All keep the line for as long as the second
 * lasts. None is a server for use: what fails ends it, or is passed over.
 *
 *   shapes SHAPE PORT
 */
#include <errno.h>
#include <linux/filter.h>
#include <netinet/in.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define BACKLOG     1024
#define WORKERS_MAX 64
#define BATCH       64 /* datagrams a call, connections a readiness */

static int port;

static void checked(long result, const char *what)
{
	if (result < 0) {
		fprintf(stderr, "shapes: %s: %s\n", what, strerror(errno));
		exit(1);
	}
}

static int opened(int type, int option)
{
	struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
	int one = 1;
	int fd = socket(AF_INET, type, 0);

	checked(fd, "socket");
	checked(setsockopt(fd, SOL_SOCKET, option, &one, sizeof(one)), "setsockopt");
	checked(bind(fd, (struct sockaddr *)&address, sizeof(address)), "bind");
	if ((type & ~SOCK_NONBLOCK) == SOCK_STREAM)
		checked(listen(fd, BACKLOG), "listen");
	return fd;
}

/* The line of this second, and how long it is. */
static size_t line_now(const char **line)
{
	static char text[64];
	static time_t second = -1;
	static size_t length;
	time_t now = time(NULL);

	if (now != second) {
		length = (size_t)snprintf(text, sizeof(text), "%.24s\r\n", ctime(&now));
		second = now;
	}
	*line = text;
	return length;
}

/* What is done with a connection once it is accepted. */

static void write_close(int fd)
{
	const char *line;
	size_t length = line_now(&line);

	if (write(fd, line, length) < 0)
		perror("shapes: write");
	close(fd);
}

static void send_more(int fd)
{
	const char *line;
	size_t length = line_now(&line);

	if (send(fd, line, length, MSG_MORE | MSG_NOSIGNAL) < 0)
		perror("shapes: send");
}

static void more_close(int fd)
{
	send_more(fd);
	close(fd);
}

static void read_input(int fd)
{
	char input[512];

	while (recv(fd, input, sizeof(input), MSG_DONTWAIT) > 0)
		;
}

static void more_read_close(int fd)
{
	send_more(fd);
	read_input(fd);
	close(fd);
}

static void more_shutdown_read_close(int fd)
{
	send_more(fd);
	shutdown(fd, SHUT_WR);
	read_input(fd);
	close(fd);
}

/* How connections are taken. */

static void take_blocking(void (*serve)(int fd))
{
	int listener = opened(SOCK_STREAM, SO_REUSEADDR);

	for (;;) {
		int fd = accept(listener, NULL, NULL);

		if (fd >= 0)
			serve(fd);
	}
}

static void take_by_epoll(void (*serve)(int fd), int connections)
{
	struct epoll_event event = {.events = EPOLLIN};
	int listener = opened(SOCK_STREAM | SOCK_NONBLOCK, SO_REUSEADDR);
	int poll = epoll_create1(0);

	checked(poll, "epoll_create1");
	checked(epoll_ctl(poll, EPOLL_CTL_ADD, listener, &event), "epoll_ctl");
	while (epoll_wait(poll, &event, 1, -1) >= 0 || errno == EINTR) {
		for (int i = 0; i < connections; i++) {
			int fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK);

			if (fd < 0)
				break;
			serve(fd);
		}
	}
}

/* The connection goes to the listener of the CPU that the SYN came in on, where CPUs count from 0. */
static void steer(int listener, int workers)
{
	struct sock_filter code[] = {
		{BPF_LD | BPF_W | BPF_ABS, 0, 0, (uint32_t)(SKF_AD_OFF + SKF_AD_CPU)},
		{BPF_ALU | BPF_MOD | BPF_K, 0, 0, (uint32_t)workers},
		{BPF_RET | BPF_A, 0, 0, 0},
	};
	struct sock_fprog program = {.len = 3, .filter = code};

	checked(setsockopt(
			listener, SOL_SOCKET, SO_ATTACH_REUSEPORT_CBPF, &program, sizeof(program)),
		"SO_ATTACH_REUSEPORT_CBPF");
}

static void work(int listener, int cpu)
{
	cpu_set_t set;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	checked(sched_setaffinity(0, sizeof(set), &set), "sched_setaffinity");
	for (;;) {
		int fd = accept(listener, NULL, NULL);

		if (fd >= 0)
			more_close(fd);
	}
}

/* A listener and a process for each CPU, all listeners made before any works. */
static void take_with_workers(int is_steered)
{
	int listeners[WORKERS_MAX];
	int cpus[WORKERS_MAX];
	int workers = 0;
	cpu_set_t set;

	checked(sched_getaffinity(0, sizeof(set), &set), "sched_getaffinity");
	for (int cpu = 0; cpu < CPU_SETSIZE && workers < WORKERS_MAX; cpu++)
		if (CPU_ISSET(cpu, &set))
			cpus[workers++] = cpu;
	for (int i = 0; i < workers; i++)
		listeners[i] = opened(SOCK_STREAM, SO_REUSEPORT);
	if (is_steered)
		steer(listeners[0], workers);
	for (int i = 0; i < workers; i++) {
		pid_t pid = fork();

		checked(pid, "fork");
		if (pid == 0)
			work(listeners[i], cpus[i]);
	}
	while (wait(NULL) > 0)
		;
}

/* Datagrams. */

static void answer_each(void)
{
	int fd = opened(SOCK_DGRAM, SO_REUSEADDR);

	for (;;) {
		struct sockaddr_in peer;
		socklen_t size = sizeof(peer);
		char input[512];
		const char *line;

		if (recvfrom(fd, input, sizeof(input), 0, (struct sockaddr *)&peer, &size) < 0)
			continue;
		size_t length = line_now(&line);
		if (sendto(fd, line, length, 0, (struct sockaddr *)&peer, size) < 0)
			perror("shapes: sendto");
	}
}

static void answer_many(void)
{
	static struct sockaddr_in peers[BATCH];
	static char input[BATCH][512];
	struct mmsghdr messages[BATCH];
	struct iovec in[BATCH];
	int fd = opened(SOCK_DGRAM, SO_REUSEADDR);

	for (;;) {
		struct iovec out;
		const char *line;

		for (int i = 0; i < BATCH; i++) {
			in[i] = (struct iovec){input[i], sizeof(input[i])};
			messages[i].msg_hdr = (struct msghdr){.msg_name = &peers[i],
				.msg_namelen = sizeof(peers[i]),
				.msg_iov = &in[i],
				.msg_iovlen = 1};
		}
		int count = recvmmsg(fd, messages, BATCH, MSG_WAITFORONE, NULL);
		out.iov_len = line_now(&line);
		out.iov_base = (void *)(uintptr_t)line;
		for (int i = 0; i < count; i++)
			messages[i].msg_hdr.msg_iov = &out;
		if (count > 0 && sendmmsg(fd, messages, (unsigned)count, 0) < 0)
			perror("shapes: sendmmsg");
	}
}

int main(int argc, char **argv)
{
	const char *shape = argc == 3 ? argv[1] : "";

	port = argc == 3 ? atoi(argv[2]) : 0;
	if (strcmp(shape, "write") == 0)
		take_blocking(write_close);
	else if (strcmp(shape, "more") == 0)
		take_blocking(more_close);
	else if (strcmp(shape, "read") == 0)
		take_blocking(more_read_close);
	else if (strcmp(shape, "shutdown") == 0)
		take_blocking(more_shutdown_read_close);
	else if (strcmp(shape, "epoll-one") == 0)
		take_by_epoll(more_shutdown_read_close, 1);
	else if (strcmp(shape, "epoll-all") == 0)
		take_by_epoll(more_shutdown_read_close, BATCH);
	else if (strcmp(shape, "unsteered") == 0)
		take_with_workers(0);
	else if (strcmp(shape, "steered") == 0)
		take_with_workers(1);
	else if (strcmp(shape, "udp-each") == 0)
		answer_each();
	else if (strcmp(shape, "udp-many") == 0)
		answer_many();
	fputs("usage: shapes write|more|read|shutdown|epoll-one|epoll-all|unsteered|steered|"
	      "udp-each|udp-many PORT\n",
		stderr);
	return 2;
}
