/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The classic daytime server, as textbooks write it: one process, one loop, blocking calls, the C
 * library's ctime() for every client. `make bench` measures the others against it. It does nothing
 * clever, on purpose, and looks no better after its errors than its kind does.
 *
 *   classic [-u] PORT      (-u: UDP)
 */
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define BACKLOG 1024

static int open_socket(int type, const char *port)
{
	struct sockaddr_in address = {
		.sin_family = AF_INET,
		.sin_port = htons((uint16_t)atoi(port)),
		.sin_addr.s_addr = htonl(INADDR_ANY),
	};
	int one = 1;
	int fd = socket(AF_INET, type, 0);

	if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one)) < 0 ||
		bind(fd, (struct sockaddr *)&address, sizeof(address)) < 0 ||
		(type == SOCK_STREAM && listen(fd, BACKLOG) < 0)) {
		fprintf(stderr, "classic: port %s: %s\n", port, strerror(errno));
		exit(1);
	}
	return fd;
}

static size_t say_time(char *line, size_t size)
{
	time_t now = time(NULL);

	return (size_t)snprintf(line, size, "%.24s\r\n", ctime(&now));
}

static void serve_stream(int listener)
{
	char line[64];

	for (;;) {
		int fd = accept(listener, NULL, NULL);

		if (fd < 0)
			continue;
		if (write(fd, line, say_time(line, sizeof(line))) < 0)
			perror("classic: write");
		close(fd);
	}
}

static void serve_datagrams(int fd)
{
	char line[64];

	for (;;) {
		struct sockaddr_storage peer;
		socklen_t length = sizeof(peer);

		if (recvfrom(fd, line, sizeof(line), 0, (struct sockaddr *)&peer, &length) < 0)
			continue;
		if (sendto(fd, line, say_time(line, sizeof(line)), 0, (struct sockaddr *)&peer,
			    length) < 0)
			perror("classic: sendto");
	}
}

int main(int argc, char **argv)
{
	if (argc == 3 && strcmp(argv[1], "-u") == 0)
		serve_datagrams(open_socket(SOCK_DGRAM, argv[2]));
	if (argc == 2)
		serve_stream(open_socket(SOCK_STREAM, argv[1]));
	fputs("usage: classic [-u] PORT\n", stderr);
	return 2;
}
