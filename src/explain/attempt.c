/* SPDX-License-Identifier: BSD-2-Clause */
#include "explain/attempt.h"

#include <errno.h>
#include <netinet/tcp.h>
#include <unistd.h>

#include "base/fd.h"

static int set(int fd, int level, int option, bool is_on)
{
	int value = is_on;

	return setsockopt(fd, level, option, &value, sizeof(value)) < 0 ? -errno : 0;
}

static int set_options(int fd, uint16_t family, unsigned int options)
{
	int r = set(fd, SOL_SOCKET, SO_REUSEADDR, options & BIND_REUSEADDR);

	if (r == 0)
		r = set(fd, SOL_SOCKET, SO_REUSEPORT, options & BIND_REUSEPORT);
	/* Without it, it is as the namespace has it (net.ipv6.bindv6only), as for the program. */
	if (r == 0 && family == AF_INET6 && options & BIND_V6ONLY)
		r = set(fd, IPPROTO_IPV6, IPV6_V6ONLY, true);
	return r;
}

static int bind_and_close(const struct endpoint *at, unsigned int options)
{
	_cleanup_fd_ int fd = socket(at->family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	struct sockaddr_storage address;
	socklen_t length = endpoint_to_sockaddr(at, &address);
	int r;

	if (fd < 0)
		return -errno;
	r = set_options(fd, at->family, options);
	if (r == 0 && bind(fd, (const struct sockaddr *)&address, length) < 0)
		r = -errno;
	return r;
}

/*
 * A port remembers the user and the address of the last SO_REUSEPORT that it let in, and lets the like in
 * unasked while anybody has it (sk_reuseport_match()): even what shall not, such as [::] after an [::] with
 * IPV6_V6ONLY. Any bind() without SO_REUSEPORT makes it forget, of an address that nobody has as well.
 */
static void make_port_forget(uint16_t port)
{
	static const struct endpoint nobodys[] = {
		{.family = AF_INET, .address = {127, 255, 255, 254}},
		{.family = AF_INET6, .address = {0x01, [15] = 1}}, /* 100::1, RFC 6666 */
	};

	for (size_t i = 0; i < sizeof(nobodys) / sizeof(*nobodys); i++) {
		_cleanup_fd_ int fd = socket(nobodys[i].family, SOCK_STREAM | SOCK_CLOEXEC, 0);
		bool is_ipv6 = nobodys[i].family == AF_INET6;
		struct endpoint at = nobodys[i];
		struct sockaddr_storage address;
		socklen_t length;

		at.port = port;
		length = endpoint_to_sockaddr(&at, &address);
		if (fd >= 0 && set_options(fd, at.family, BIND_REUSEADDR | BIND_V6ONLY) == 0 &&
			set(fd, is_ipv6 ? IPPROTO_IPV6 : IPPROTO_IP,
				is_ipv6 ? IPV6_FREEBIND : IP_FREEBIND, true) == 0 &&
			bind(fd, (const struct sockaddr *)&address, length) == 0)
			return;
	}
}

static int bind_and_forget(const struct endpoint *at, unsigned int options)
{
	int r = bind_and_close(at, options);

	if (r == 0 && options & BIND_REUSEPORT && at->port)
		make_port_forget(at->port);
	return r;
}

/* The effective user, and with it its capabilities: the kernel drops them on the way down. */
static int become(uid_t user)
{
	return seteuid(user) < 0 ? -errno : 0;
}

int attempt_may_be(uid_t user)
{
	uid_t own = geteuid();
	int r = user == own ? 0 : become(user);

	if (r == 0 && user != own)
		r = become(own);
	return r;
}

int attempt_bind(const struct endpoint *at, unsigned int options, uid_t user)
{
	uid_t own = geteuid();
	int r, back = 0;

	if (user == own)
		return bind_and_forget(at, options);
	r = become(user);
	if (r < 0)
		return r;
	r = bind_and_forget(at, options);
	back = become(own);
	return back < 0 ? back : r;
}

int attempt_connect(const struct endpoint *peer, struct endpoint *ret_local)
{
	_cleanup_fd_ int fd = socket(peer->family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	struct sockaddr_storage address;
	socklen_t length = endpoint_to_sockaddr(peer, &address);
	int r;

	if (fd < 0)
		return -errno;
	/* Without this no connect(): it would send a SYN. */
	r = set(fd, IPPROTO_TCP, TCP_REPAIR, true);
	if (r < 0)
		return r;
	if (connect(fd, (const struct sockaddr *)&address, length) < 0)
		return -errno;
	length = sizeof(address);
	if (getsockname(fd, (struct sockaddr *)&address, &length) < 0)
		return -errno;
	return endpoint_from_sockaddr((const struct sockaddr *)&address, ret_local);
}
