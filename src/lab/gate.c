/* SPDX-License-Identifier: BSD-2-Clause */
#include "lab/gate.h"

#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <netinet/in.h>
#include <poll.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include "base/fd.h"
#include "lab/process.h"

#if defined(__x86_64__)
#define NATIVE_ARCHITECTURE AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define NATIVE_ARCHITECTURE AUDIT_ARCH_AARCH64
#elif defined(__riscv) && __riscv_xlen == 64
#define NATIVE_ARCHITECTURE AUDIT_ARCH_RISCV64
#endif

/* The calls by which a program can move a connection; in the order of a connection's life. */
static const int gated[] = {
	__NR_listen,
	__NR_connect,
	__NR_accept,
	__NR_accept4,
	__NR_sendto,
	__NR_sendmsg,
	__NR_sendmmsg,
	__NR_write,
	__NR_writev,
	__NR_sendfile,
	__NR_splice,
	__NR_shutdown,
	__NR_close,
	__NR_close_range,
	__NR_dup3,
#ifdef __NR_dup2
	__NR_dup2,
#endif
	__NR_exit_group,
};

#define GATED_COUNT (sizeof(gated) / sizeof(*gated))

#define LOAD(field)                                                                                \
	(struct sock_filter) BPF_STMT(                                                             \
		BPF_LD | BPF_W | BPF_ABS, (uint32_t)(offsetof(struct seccomp_data, field)))
/* Little-endian: the low half of an argument comes first. */
#define LOAD_ARGUMENT(n)                                                                           \
	(struct sock_filter) BPF_STMT(BPF_LD | BPF_W | BPF_ABS,                                    \
		(uint32_t)(offsetof(struct seccomp_data, args) + 8 * (n)))
#define JUMP_EQUAL(value, yes, no)                                                                 \
	(struct sock_filter) BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)(value), (yes), (no))
#define RETURN(action) (struct sock_filter) BPF_STMT(BPF_RET | BPF_K, (action))

int gate_install(void)
{
#ifdef NATIVE_ARCHITECTURE
	struct sock_filter filter[GATED_COUNT + 16];
	struct sock_fprog program = {.filter = filter};
	unsigned short at = 0;
	long fd;

	filter[at++] = LOAD(arch);
	filter[at++] = JUMP_EQUAL(NATIVE_ARCHITECTURE, 1, 0);
	filter[at++] = RETURN(SECCOMP_RET_ALLOW);
	/* setsockopt() matters for one option alone: the one that turns FIN into RST. */
	filter[at++] = LOAD(nr);
	filter[at++] = JUMP_EQUAL(__NR_setsockopt, 0, 6);
	filter[at++] = LOAD_ARGUMENT(1);
	filter[at++] = JUMP_EQUAL(SOL_SOCKET, 0, 2);
	filter[at++] = LOAD_ARGUMENT(2);
	filter[at++] = JUMP_EQUAL(SO_LINGER, 1, 0);
	filter[at++] = RETURN(SECCOMP_RET_ALLOW);
	filter[at++] = RETURN(SECCOMP_RET_USER_NOTIF);
	for (size_t i = 0; i < GATED_COUNT; i++)
		filter[at++] = JUMP_EQUAL(gated[i], GATED_COUNT - i, 0);
	filter[at++] = RETURN(SECCOMP_RET_ALLOW);
	filter[at++] = RETURN(SECCOMP_RET_USER_NOTIF);
	program.len = at;
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		return -errno;
	fd = syscall(
		__NR_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_NEW_LISTENER, &program);
	return fd < 0 ? -errno : (int)fd;
#else
	return -ENOSYS;
#endif
}

int gate_receive(int gate_fd, struct gate_call *ret_call)
{
	struct pollfd waiting = {.fd = gate_fd, .events = POLLIN};
	/* A newer kernel may send more than our headers know of: it checks that all is zero. */
	union {
		struct seccomp_notif notification;
		char room[256];
	} got = {0};

	if (poll(&waiting, 1, 0) <= 0 || !(waiting.revents & POLLIN))
		return 0;
	while (ioctl(gate_fd, SECCOMP_IOCTL_NOTIF_RECV, &got) < 0) {
		if (errno == ENOENT) /* killed, or called away by a signal, since poll() */
			return 0;
		if (errno != EINTR)
			return -errno;
	}
	*ret_call = (struct gate_call){
		.id = got.notification.id,
		.pid = (pid_t)got.notification.pid,
		.number = got.notification.data.nr,
	};
	for (size_t i = 0; i < 6; i++)
		ret_call->arguments[i] = got.notification.data.args[i];
	return 1;
}

void gate_open(int gate_fd, const struct gate_call *call)
{
	union {
		struct seccomp_notif_resp response;
		char room[128];
	} answer = {.response = {.id = call->id, .flags = SECCOMP_USER_NOTIF_FLAG_CONTINUE}};

	while (ioctl(gate_fd, SECCOMP_IOCTL_NOTIF_SEND, &answer) < 0 && errno == EINTR)
		;
}

/* The calls whose first argument is no socket of interest. */
static int socket_argument(const struct gate_call *call)
{
	switch (call->number) {
	case __NR_exit_group:
	case __NR_close_range: return -1;
	case __NR_splice: return (int)call->arguments[2];
#ifdef __NR_dup2
	case __NR_dup2:
#endif
	case __NR_dup3: return (int)call->arguments[1]; /* the one that is closed by it */
	default: return (int)call->arguments[0];
	}
}

bool gate_inspect(const struct gate_call *call, struct gate_socket *ret_socket)
{
	_cleanup_fd_ int pidfd = -1;
	_cleanup_fd_ int copy = -1;
	int number = socket_argument(call);
	int protocol;
	socklen_t length = sizeof(protocol);

	if (number < 0)
		return false;
	pidfd = (int)syscall(__NR_pidfd_open, call->pid, 0);
	/* A thread that is not its process' first is none of its own; the descriptors are shared. */
	if (pidfd < 0)
		pidfd = (int)syscall(__NR_pidfd_open, process_of_thread(call->pid), 0);
	if (pidfd < 0)
		return false;
	copy = (int)syscall(__NR_pidfd_getfd, pidfd, number, 0);
	if (copy < 0)
		return false;
	if (getsockopt(copy, SOL_SOCKET, SO_PROTOCOL, &protocol, &length) < 0 ||
		protocol != IPPROTO_TCP)
		return false;
	length = sizeof(ret_socket->cookie);
	return getsockopt(copy, SOL_SOCKET, SO_COOKIE, &ret_socket->cookie, &length) == 0;
}

/* Reads the caller's memory; false where that is refused. */
static bool peek(const struct gate_call *call, uint64_t address, void *value, size_t size)
{
	struct iovec here = {value, size};
	struct iovec there = {(void *)(uintptr_t)address, size};

	return process_vm_readv(call->pid, &here, 1, &there, 1, 0) == (ssize_t)size;
}

static const char *describe_linger(const struct gate_call *call, char text[GATE_TEXT_BYTES])
{
	struct linger linger;

	if (!peek(call, call->arguments[3], &linger, sizeof(linger)))
		snprintf(text, GATE_TEXT_BYTES, "setsockopt(SO_LINGER)");
	else if (linger.l_onoff)
		snprintf(text, GATE_TEXT_BYTES, "SO_LINGER = %d s", linger.l_linger);
	else
		snprintf(text, GATE_TEXT_BYTES, "SO_LINGER off");
	return text;
}

static const char *describe_shutdown(const struct gate_call *call)
{
	switch (call->arguments[1]) {
	case SHUT_RD: return "shutdown(SHUT_RD)";
	case SHUT_WR: return "shutdown(SHUT_WR)";
	case SHUT_RDWR: return "shutdown(SHUT_RDWR)";
	default: return "shutdown()";
	}
}

const char *gate_describe(const struct gate_call *call, char text[GATE_TEXT_BYTES])
{
	const char *words = NULL;

	switch (call->number) {
	case __NR_listen: words = "listen()"; break;
	case __NR_connect: words = "connect()"; break;
	case __NR_accept:
	case __NR_accept4: words = "accept()"; break;
	case __NR_sendmsg:
	case __NR_sendmmsg:
	case __NR_writev:
	case __NR_splice: words = "send()"; break;
	case __NR_sendfile: words = "sendfile()"; break;
	case __NR_shutdown: words = describe_shutdown(call); break;
	case __NR_close: words = "close()"; break;
	case __NR_setsockopt: return describe_linger(call, text);
	case __NR_sendto:
	case __NR_write:
		snprintf(text, GATE_TEXT_BYTES, "send(%zu bytes)", (size_t)call->arguments[2]);
		return text;
	default: return NULL;
	}
	snprintf(text, GATE_TEXT_BYTES, "%s", words);
	return text;
}

bool gate_is_accept(const struct gate_call *call)
{
	return call->number == __NR_accept || call->number == __NR_accept4;
}
