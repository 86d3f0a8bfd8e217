/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The floor of a server that takes connections one by one: accept and close, nothing sent. What is
 * measured above it is what telling the time costs; below it nobody in this shape can be.
 *
 *   floor PORT
 */
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define BACKLOG 1024

int main(int argc, char **argv)
{
	struct sockaddr_in address = {.sin_family = AF_INET};
	int one = 1;
	int listener = socket(AF_INET, SOCK_STREAM, 0);

	if (argc != 2) {
		fputs("usage: floor PORT\n", stderr);
		return 2;
	}
	address.sin_port = htons((uint16_t)atoi(argv[1]));
	if (listener < 0 || setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one)) < 0 ||
		bind(listener, (struct sockaddr *)&address, sizeof(address)) < 0 ||
		listen(listener, BACKLOG) < 0) {
		fprintf(stderr, "floor: port %s: %s\n", argv[1], strerror(errno));
		return 1;
	}
	for (;;) {
		int fd = accept(listener, NULL, NULL);

		if (fd >= 0)
			close(fd);
	}
}
