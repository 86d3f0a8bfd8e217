/* SPDX-License-Identifier: BSD-2-Clause */
#include "lab/guardian.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/i18n.h"
#include "base/list.h"

#define ORDER_BYTES_MAX   (128 * 1024)
#define BIRTH_DEADLINE_NS (20 * NS_PER_S)

/* What comes back: a new process' first word, or how one ended. */
struct message {
	bool is_birth;
	struct guardian_report report; /* at birth the number alone */
};

/* Room for the descriptors of an order, or for the credentials of a birth. */
union control {
	char bytes[CMSG_SPACE(GUARDIAN_FDS_MAX * sizeof(int)) + CMSG_SPACE(sizeof(struct ucred))];
	struct cmsghdr aligned;
};

static size_t take_fds(struct msghdr *header, int fds[GUARDIAN_FDS_MAX])
{
	size_t count = 0;

	for (struct cmsghdr *c = CMSG_FIRSTHDR(header); c; c = CMSG_NXTHDR(header, c)) {
		if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS)
			continue;
		count = (c->cmsg_len - CMSG_LEN(0)) / sizeof(int);
		memcpy(fds, CMSG_DATA(c), count * sizeof(int));
	}
	return count;
}

/* Forks once for the order that waits. False when the laboratory is gone. */
static bool obey_next(int socket, guardian_obey *obey)
{
	static char order[ORDER_BYTES_MAX];
	int fds[GUARDIAN_FDS_MAX];
	union control control;
	struct iovec data = {order, sizeof(order)};
	struct msghdr header = {
		.msg_iov = &data,
		.msg_iovlen = 1,
		.msg_control = &control,
		.msg_controllen = sizeof(control),
	};
	ssize_t length = recvmsg(socket, &header, MSG_CMSG_CLOEXEC);
	size_t fd_count;

	if (length <= 0)
		return length < 0 && (errno == EINTR || errno == EAGAIN);
	fd_count = take_fds(&header, fds);
	if (fork() == 0) {
		struct message birth = {.is_birth = true, .report.number = getpid()};

		prctl(PR_SET_PDEATHSIG, SIGKILL);
		send(socket, &birth, sizeof(birth), MSG_NOSIGNAL);
		obey(order, (size_t)length, fds, fd_count);
		_exit(127);
	}
	for (size_t i = 0; i < fd_count; i++)
		close(fds[i]);
	return true;
}

static void report_deaths(int socket)
{
	struct message death = {0};

	while ((death.report.number = waitpid(-1, &death.report.status, WNOHANG)) > 0)
		send(socket, &death, sizeof(death), MSG_NOSIGNAL);
}

/* Holds nothing of the laboratory's, neither its namespaces nor its output, but the socket. */
static int let_go_of_all_but(int socket)
{
	int null_fd = open("/dev/null", O_RDWR);

	for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
		dup2(null_fd, fd);
	if (socket != 3)
		dup3(socket, 3, O_CLOEXEC);
	syscall(__NR_close_range, 4, ~0U, 0);
	return 3;
}

static _Noreturn void guard(int socket, guardian_obey *obey)
{
	struct pollfd waiting[2];
	sigset_t child;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	prctl(PR_SET_NAME, "guardian");
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	setsid(); /* out of the way of Ctrl-C and of signals to our process group */
	sigemptyset(&child);
	sigaddset(&child, SIGCHLD);
	sigprocmask(SIG_SETMASK, &child, NULL);
	socket = let_go_of_all_but(socket);
	waiting[0] = (struct pollfd){.fd = socket, .events = POLLIN};
	waiting[1] = (struct pollfd){
		.fd = signalfd(-1, &child, SFD_CLOEXEC | SFD_NONBLOCK), .events = POLLIN};
	while (true) {
		struct signalfd_siginfo info;

		if (poll(waiting, 2, -1) < 0 && errno != EINTR)
			_exit(1);
		while (read(waiting[1].fd, &info, sizeof(info)) > 0)
			;
		report_deaths(socket);
		if (waiting[0].revents && !obey_next(socket, obey))
			_exit(0);
	}
}

int guardian_start(
	struct guardian *guardian, guardian_obey *obey, bool has_namespace, struct error *err)
{
	int ends[2];
	int yes = 1;
	long pid;

	*guardian = (struct guardian)GUARDIAN_NONE;
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) < 0)
		return error_errno(err, errno, "socketpair");
	/* The kernel tells who sent a birth, with the pid that it has for us. */
	setsockopt(ends[0], SOL_SOCKET, SO_PASSCRED, &yes, sizeof(yes));
	pid = syscall(__NR_clone, (has_namespace ? CLONE_NEWPID : 0) | SIGCHLD, 0, 0, 0, 0);
	if (pid == 0)
		guard(ends[1], obey);
	close(ends[1]);
	if (pid < 0) {
		int code = errno;

		close(ends[0]);
		return error_errno(err, code, _("cannot create a PID namespace"));
	}
	guardian->pid = (pid_t)pid;
	guardian->socket = ends[0];
	return 0;
}

void guardian_stop(struct guardian *guardian)
{
	fd_close(&guardian->socket);
	if (guardian->pid > 0) {
		kill(guardian->pid, SIGKILL);
		while (waitpid(guardian->pid, NULL, 0) < 0 && errno == EINTR)
			;
	}
	free(guardian->reports);
	*guardian = (struct guardian)GUARDIAN_NONE;
}

static int send_order(struct guardian *guardian, const char *order, size_t length, const int *fds,
	size_t fd_count)
{
	union control control = {0};
	struct iovec data = {(void *)(uintptr_t)order, length};
	struct msghdr header = {
		.msg_iov = &data,
		.msg_iovlen = 1,
		.msg_control = &control,
		.msg_controllen = CMSG_SPACE(fd_count * sizeof(int)),
	};
	struct cmsghdr *rights = CMSG_FIRSTHDR(&header);

	if (length > ORDER_BYTES_MAX)
		return -E2BIG;
	rights->cmsg_level = SOL_SOCKET;
	rights->cmsg_type = SCM_RIGHTS;
	rights->cmsg_len = CMSG_LEN(fd_count * sizeof(int));
	memcpy(CMSG_DATA(rights), fds, fd_count * sizeof(int));
	while (sendmsg(guardian->socket, &header, MSG_NOSIGNAL) < 0) {
		if (errno != EINTR)
			return -errno;
	}
	return 0;
}

/* Takes one message, if one is there; *ret_pid is its sender's. 1, 0 or a negative errno. */
static int take_message(struct guardian *guardian, struct message *message, pid_t *ret_pid)
{
	union control control;
	struct iovec data = {message, sizeof(*message)};
	struct msghdr header = {
		.msg_iov = &data,
		.msg_iovlen = 1,
		.msg_control = &control,
		.msg_controllen = sizeof(control),
	};
	ssize_t n = recvmsg(guardian->socket, &header, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
	struct cmsghdr *c;

	if (n < 0)
		return errno == EAGAIN || errno == EINTR ? 0 : -errno;
	if (n != sizeof(*message))
		return -ECONNRESET;
	*ret_pid = 0;
	for (c = CMSG_FIRSTHDR(&header); c; c = CMSG_NXTHDR(&header, c)) {
		struct ucred sender;

		if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_CREDENTIALS)
			continue;
		memcpy(&sender, CMSG_DATA(c), sizeof(sender));
		*ret_pid = sender.pid;
	}
	if (!message->is_birth)
		*list_grow(&guardian->reports, &guardian->report_count, &guardian->report_room) =
			message->report;
	return 1;
}

int guardian_order(struct guardian *guardian, const char *order, size_t length, const int *fds,
	size_t fd_count, pid_t *ret_pid, pid_t *ret_number, struct error *err)
{
	int64_t deadline_ns = clock_deadline_ns(BIRTH_DEADLINE_NS);
	int r = send_order(guardian, order, length, fds, fd_count);

	while (r == 0) {
		struct pollfd waiting = {.fd = guardian->socket, .events = POLLIN};
		struct message message;
		pid_t sender;

		if (poll(&waiting, 1, clock_poll_ms(deadline_ns)) == 0) {
			r = -ETIMEDOUT;
			break;
		}
		r = take_message(guardian, &message, &sender);
		if (r > 0 && message.is_birth) {
			*ret_pid = sender;
			*ret_number = message.report.number;
			return 0;
		}
		r = r < 0 ? r : 0;
	}
	return error_errno(err, -r, _("cannot start a process"));
}

bool guardian_has_ended(struct guardian *guardian, pid_t number, int *ret_status)
{
	struct message message;
	pid_t sender;

	while (guardian->socket >= 0 && take_message(guardian, &message, &sender) > 0)
		;
	for (size_t i = 0; i < guardian->report_count; i++) {
		if (guardian->reports[i].number != number)
			continue;
		*ret_status = guardian->reports[i].status;
		return true;
	}
	return false;
}
