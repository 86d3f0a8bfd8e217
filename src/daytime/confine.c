/* SPDX-License-Identifier: BSD-2-Clause */
#include "daytime/confine.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <seccomp.h>
#include <stddef.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/i18n.h"

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define IS_SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define IS_SANITIZED 1
#endif
#endif
#ifndef IS_SANITIZED
#define IS_SANITIZED 0
#endif

const bool confine_is_relaxed = IS_SANITIZED;

#define COUNT(array) (sizeof(array) / sizeof(*(array)))

/* A call on these conditions, all of which must hold; {0} ends them. */
#define CONDITIONS_MAX 3
struct rule {
	int call;
	unsigned count;
	struct scmp_arg_cmp conditions[CONDITIONS_MAX];
};

/*
 * Without conditions. A call that an architecture lacks has no number there, and its rule is
 * left out by libseccomp.
 */
static const int calls[] = {
	/* A connection, a datagram; first what comes most often. */
	SCMP_SYS(epoll_wait),
	SCMP_SYS(epoll_pwait),
	SCMP_SYS(accept4),
	SCMP_SYS(sendto),
	SCMP_SYS(shutdown),
	SCMP_SYS(recvfrom),
	SCMP_SYS(close),
	SCMP_SYS(recvmmsg),
	SCMP_SYS(recvmmsg_time64),
	SCMP_SYS(sendmmsg),
	SCMP_SYS(recvmsg),
	SCMP_SYS(sendmsg),
	SCMP_SYS(accept),
	SCMP_SYS(epoll_ctl),
	SCMP_SYS(getsockopt),
	SCMP_SYS(getsockname),
	SCMP_SYS(getpeername),

	/* Waiting. */
	SCMP_SYS(epoll_create1),
	SCMP_SYS(eventfd2),
	SCMP_SYS(pipe2),
	SCMP_SYS(signalfd4),
	SCMP_SYS(timerfd_create),
	SCMP_SYS(timerfd_settime),
	SCMP_SYS(timerfd_settime64),
	SCMP_SYS(timerfd_gettime),
	SCMP_SYS(timerfd_gettime64),
	SCMP_SYS(poll),
	SCMP_SYS(ppoll),
	SCMP_SYS(ppoll_time64),
	SCMP_SYS(nanosleep),
	SCMP_SYS(clock_nanosleep),
	SCMP_SYS(clock_nanosleep_time64),
	SCMP_SYS(restart_syscall),

	/* Clocks; without CAP_SYS_TIME none of these sets one. */
	SCMP_SYS(clock_gettime),
	SCMP_SYS(clock_gettime64),
	SCMP_SYS(clock_getres),
	SCMP_SYS(gettimeofday),
	SCMP_SYS(time),
	SCMP_SYS(adjtimex),
	SCMP_SYS(clock_adjtime),
	SCMP_SYS(clock_adjtime64),

	/* Open files. */
	SCMP_SYS(read),
	SCMP_SYS(write),
	SCMP_SYS(writev),
	SCMP_SYS(lseek),
	SCMP_SYS(_llseek),
	SCMP_SYS(fstat),
	SCMP_SYS(fstat64),
	SCMP_SYS(stat),
	SCMP_SYS(newfstatat),
	SCMP_SYS(fstatat64),
	SCMP_SYS(statx),

	/* Memory and threads. */
	SCMP_SYS(brk),
	SCMP_SYS(munmap),
	SCMP_SYS(mremap),
	SCMP_SYS(madvise),
	SCMP_SYS(futex),
	SCMP_SYS(futex_time64),
	SCMP_SYS(set_robust_list),
	SCMP_SYS(rseq),
	SCMP_SYS(sched_yield),
	SCMP_SYS(sched_getaffinity),
	SCMP_SYS(getcpu),
	SCMP_SYS(getpid),
	SCMP_SYS(gettid),
	SCMP_SYS(getrandom),

	/* Signals and the end. */
	SCMP_SYS(rt_sigaction),
	SCMP_SYS(rt_sigprocmask),
	SCMP_SYS(rt_sigreturn),
	SCMP_SYS(sigreturn),
	SCMP_SYS(rt_sigpending),
	SCMP_SYS(rt_sigtimedwait),
	SCMP_SYS(exit),
	SCMP_SYS(exit_group),
};

#define EQUAL(argument, value)                                                                     \
	{                                                                                          \
		(argument), SCMP_CMP_EQ, (value), 0                                                \
	}
#define MASKED(argument, mask, value)                                                              \
	{                                                                                          \
		(argument), SCMP_CMP_MASKED_EQ, (mask), (value)                                    \
	}

#ifdef __s390__
#define CLONE_FLAGS 1 /* which argument they are */
#else
#define CLONE_FLAGS 0
#endif

#define THREAD_FLAGS (CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD)
/* Whatever makes anything but a thread of this process, in these same namespaces. */
#define FORBIDDEN_FLAGS                                                                            \
	(CLONE_PTRACE | CLONE_VFORK | CLONE_PARENT | CLONE_UNTRACED | CLONE_NEWNS |                \
		CLONE_NEWCGROUP | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWUSER | CLONE_NEWPID |     \
		CLONE_NEWNET)

/* Whatever may change a file or make one. O_TMPFILE has O_DIRECTORY in it, which may be. */
#define WRITING_FLAGS (O_ACCMODE | O_CREAT | O_TRUNC | (O_TMPFILE & ~O_DIRECTORY))

static const struct rule rules[] = {
	{SCMP_SYS(openat), 1, {MASKED(2, WRITING_FLAGS, O_RDONLY)}},
	{SCMP_SYS(mmap), 1, {MASKED(2, PROT_EXEC, 0)}},
	{SCMP_SYS(mmap2), 1, {MASKED(2, PROT_EXEC, 0)}},
	{SCMP_SYS(mprotect), 1, {MASKED(2, PROT_EXEC, 0)}},
	{SCMP_SYS(clone), 1, {MASKED(CLONE_FLAGS, THREAD_FLAGS | FORBIDDEN_FLAGS, THREAD_FLAGS)}},
	{SCMP_SYS(sched_setaffinity), 1, {EQUAL(0, 0)}},      /* of the calling thread */
	{SCMP_SYS(prlimit64), 2, {EQUAL(0, 0), EQUAL(2, 0)}}, /* getrlimit() */
	{SCMP_SYS(setsockopt), 2, {EQUAL(1, SOL_SOCKET), EQUAL(2, SO_LINGER)}},
	{SCMP_SYS(setsockopt), 2, {EQUAL(1, SOL_SOCKET), EQUAL(2, SO_ATTACH_REUSEPORT_CBPF)}},
	{SCMP_SYS(fcntl), 1, {EQUAL(1, F_GETFD)}},
	{SCMP_SYS(fcntl), 1, {EQUAL(1, F_SETFD)}},
	{SCMP_SYS(fcntl), 1, {EQUAL(1, F_GETFL)}},
	{SCMP_SYS(fcntl), 1, {EQUAL(1, F_SETFL)}},
	{SCMP_SYS(fcntl), 1, {EQUAL(1, F_DUPFD_CLOEXEC)}},
	{SCMP_SYS(ioctl), 1, {EQUAL(1, TCGETS)}}, /* isatty() */
	{SCMP_SYS(prctl), 1, {EQUAL(0, PR_SET_NAME)}},
};

/* sd_notify() makes a socket, widens its buffer and sends; it does not connect. */
static const struct rule notifying_rules[] = {
	{SCMP_SYS(socket), 2,
		{EQUAL(0, AF_UNIX),
			MASKED(1, (scmp_datum_t) ~(SOCK_CLOEXEC | SOCK_NONBLOCK), SOCK_DGRAM)}},
	{SCMP_SYS(setsockopt), 2, {EQUAL(1, SOL_SOCKET), EQUAL(2, SO_SNDBUF)}},
	{SCMP_SYS(setsockopt), 2, {EQUAL(1, SOL_SOCKET), EQUAL(2, SO_SNDBUFFORCE)}},
};

/* What the runtimes of the sanitizers call besides, LeakSanitizer to look at every thread. */
static const int sanitizer_calls[] = {
	SCMP_SYS(clone),
	SCMP_SYS(ptrace),
	SCMP_SYS(wait4),
	SCMP_SYS(prctl),
	SCMP_SYS(sigaltstack),
	SCMP_SYS(getppid),
	SCMP_SYS(getdents),
	SCMP_SYS(getdents64),
	SCMP_SYS(readlink),
	SCMP_SYS(readlinkat),
	SCMP_SYS(uname),
	SCMP_SYS(sysinfo),
	SCMP_SYS(getrusage),
	SCMP_SYS(pipe),
	SCMP_SYS(prlimit64),
	SCMP_SYS(open),
};

static int allow_calls(scmp_filter_ctx filter, const int *numbers, size_t count)
{
	int result = 0;

	for (size_t i = 0; !result && i < count; i++)
		result = seccomp_rule_add(filter, SCMP_ACT_ALLOW, numbers[i], 0);
	return result;
}

static int allow_rules(scmp_filter_ctx filter, const struct rule *all, size_t count)
{
	int result = 0;

	for (size_t i = 0; !result && i < count; i++)
		result = seccomp_rule_add_array(
			filter, SCMP_ACT_ALLOW, all[i].call, all[i].count, all[i].conditions);
	return result;
}

static int set_attributes(scmp_filter_ctx filter)
{
	static const struct {
		enum scmp_filter_attr attribute;
		uint32_t value;
	} attributes[] = {
		{SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS}, /* int 0x80 */
		{SCMP_FLTATR_CTL_TSYNC, 1},
		/* A binary tree: fewer comparisons for the calls that the bitmap does not know. */
		{SCMP_FLTATR_CTL_OPTIMIZE, 2},
		/* Before Linux 5.16 a filter also switched a mitigation on that makes everything
		 * slower (of Speculative Store Bypass), for processes that run the code of
		 * others. This one does not. */
		{SCMP_FLTATR_CTL_SSB, 1},
		{SCMP_FLTATR_API_SYSRAWRC, 1}, /* the kernel's own errno */
	};
	int result = 0;

	for (size_t i = 0; !result && i < COUNT(attributes); i++)
		result = seccomp_attr_set(filter, attributes[i].attribute, attributes[i].value);
	return result;
}

static int fill(scmp_filter_ctx filter, unsigned needs)
{
	int result = allow_calls(filter, calls, COUNT(calls));

	if (!result)
		result = allow_rules(filter, rules, COUNT(rules));
	/* Flags behind a pointer cannot be looked at: libc then makes its threads by clone(). */
	if (!result)
		result = seccomp_rule_add(filter, SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(clone3), 0);
	if (!result)
		result = seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(tgkill), 1,
			SCMP_A0(SCMP_CMP_EQ, (scmp_datum_t)getpid(), 0)); /* abort() */
	if (!result && (needs & CONFINE_NOTIFIES))
		result = allow_rules(filter, notifying_rules, COUNT(notifying_rules));
	if (!result && (needs & CONFINE_LOGS))
		result = allow_rules(filter, notifying_rules, 1);
	if (!result && (needs & CONFINE_LOGS))
		result = seccomp_rule_add(filter, SCMP_ACT_ERRNO(EACCES), SCMP_SYS(connect), 0);
	if (!result && confine_is_relaxed)
		result = allow_calls(filter, sanitizer_calls, COUNT(sanitizer_calls));
	return result;
}

static int cannot_confine(int code, struct error *err)
{
	const char *why = "";

	switch (code) {
	case ENOSYS:
	case EINVAL:
	case EOPNOTSUPP:
		why = _(" (this kernel has no seccomp filters, or is older than 4.14)");
		break;
	case EPERM:
	case EACCES: why = _(" (a container or a filter above forbids seccomp)"); break;
	case ESRCH: why = _(" (a thread has a filter of its own)"); break;
	default: break;
	}
	return error_set(
		err, code, _("cannot confine the system calls: %s%s"), strerror(code), why);
}

int confine_install(unsigned needs, struct error *err)
{
	scmp_filter_ctx filter = seccomp_init(SCMP_ACT_KILL_PROCESS);
	int result;

	if (!filter)
		return cannot_confine(ENOMEM, err);
	result = set_attributes(filter);
	if (!result)
		result = fill(filter, needs);
	if (!result)
		result = seccomp_load(filter);
	seccomp_release(filter);
	return result ? cannot_confine(-result, err) : 0;
}
