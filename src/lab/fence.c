/* SPDX-License-Identifier: BSD-2-Clause */
#include "lab/fence.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/i18n.h"
#include "lab/sandbox.h"

/* "Local experimental": no kernel knows what to do with it (IEEE 802). */
#define FRAME_PROTOCOL ETH_P_802_EX1

/* The first in which "softirq: Let ksoftirqd do its job" is undone. */
#define UNDONE_MAJOR 6
#define UNDONE_MINOR 5

/* Never waited out but on a machine that has nearly stopped. */
#define PASS_DEADLINE_NS (10 * NS_PER_S)

bool fence_is_needed_on(const char *release, bool is_realtime)
{
	int major, minor;

	if (is_realtime || sscanf(release, "%d.%d", &major, &minor) != 2)
		return true;
	return major < UNDONE_MAJOR || (major == UNDONE_MAJOR && minor < UNDONE_MINOR);
}

bool fence_is_needed(void)
{
	struct utsname name;
	char realtime[8];

	if (uname(&name) < 0)
		return true;
	return fence_is_needed_on(name.release,
		fd_read_file("/sys/kernel/realtime", realtime, sizeof(realtime)) > 0 &&
			realtime[0] == '1');
}

/* The processes of a crew have numbers that follow each other, so they spread. */
static int bind_to_processor(struct fence *fence)
{
	cpu_set_t one;
	int nth;

	if (sched_getaffinity(0, sizeof(fence->processors), &fence->processors) < 0)
		return -errno;
	nth = (int)getpid() % CPU_COUNT(&fence->processors);
	CPU_ZERO(&one);
	for (int processor = 0; processor < CPU_SETSIZE; processor++) {
		if (CPU_ISSET(processor, &fence->processors) && nth-- == 0)
			CPU_SET(processor, &one);
	}
	return sched_setaffinity(0, sizeof(one), &one) < 0 ? -errno : 0;
}

/* Receives the frames alone, as they arrive, where the calling thread is. */
static int open_end(int *ret_fd)
{
	*ret_fd =
		socket(AF_PACKET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, htons(FRAME_PROTOCOL));
	return *ret_fd < 0 ? -errno : 0;
}

int fence_open(struct fence *fence, int device, int far_netns_fd, struct error *err)
{
	_cleanup_fd_ int here = open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC);
	struct fence opened = FENCE_NONE;
	int back, r;

	opened.device = device;
	*fence = (struct fence)FENCE_NONE;
	opened.near_fd = socket(AF_PACKET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	r = here < 0 || opened.near_fd < 0 ? -errno : 0;
	if (r == 0 && far_netns_fd >= 0)
		r = sandbox_switch(far_netns_fd, NULL);
	if (r == 0)
		r = open_end(&opened.far_fd);
	back = here >= 0 && far_netns_fd >= 0 ? sandbox_switch(here, NULL) : 0;
	if (r == 0)
		r = back;
	if (r == 0)
		r = bind_to_processor(&opened);
	if (r < 0) {
		fd_close(&opened.near_fd);
		fd_close(&opened.far_fd);
		return error_errno(err, -r, _("cannot make a fence for the packets"));
	}
	*fence = opened;
	return 0;
}

void fence_close(struct fence *fence)
{
	if (fence->near_fd >= 0)
		sched_setaffinity(0, sizeof(fence->processors), &fence->processors);
	fd_close(&fence->near_fd);
	fd_close(&fence->far_fd);
}

/* Has the frame of this number arrived? A frame of before, which nobody waited for any more, has not. */
static bool has_arrived(const struct fence *fence)
{
	unsigned char number;
	ssize_t n;

	while ((n = recv(fence->far_fd, &number, sizeof(number), 0)) >= 0 || errno == EINTR) {
		if (n > 0 && number == fence->number)
			return true;
	}
	return false;
}

int fence_pass(struct fence *fence, struct error *err)
{
	struct sockaddr_ll to = {
		.sll_family = AF_PACKET,
		.sll_protocol = htons(FRAME_PROTOCOL),
		.sll_ifindex = fence->device,
		.sll_halen = ETH_ALEN,
	};
	struct pollfd arrival = {.fd = fence->far_fd, .events = POLLIN};
	int64_t deadline_ns;

	if (fence->near_fd < 0)
		return 0;
	fence->number++;
	memset(to.sll_addr, 0xff, ETH_ALEN);
	while (sendto(fence->near_fd, &fence->number, sizeof(fence->number), 0,
		       (struct sockaddr *)&to, sizeof(to)) < 0) {
		if (errno != EINTR)
			return error_errno(err, errno, _("cannot put up a fence"));
	}
	if (has_arrived(fence))
		return 0;
	deadline_ns = clock_deadline_ns(PASS_DEADLINE_NS);
	while (clock_now_ns() < deadline_ns) {
		poll(&arrival, 1, clock_poll_ms(deadline_ns));
		if (has_arrived(fence))
			return 0;
	}
	return error_set(err, ETIMEDOUT,
		_("the kernel does not get round to the packets (it has nearly stopped)"));
}
