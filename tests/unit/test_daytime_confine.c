/* SPDX-License-Identifier: BSD-2-Clause */

/*
 * What the filter of system calls forbids: each call, in a child of its own, must kill it by
 * SIGSYS. They get arguments that do no harm, should the filter let them pass.
 */

#include "confined.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <pthread.h>
#include <sched.h>
#include <seccomp.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>

struct forbidden {
	const char *name;
	bool is_sanitizers; /* its runtime needs that call */
	long number;
	long arguments[6];
};

#define CALL(name, ...)                                                                            \
	{                                                                                          \
#name, false, SYS_##name,                                                          \
		{                                                                                  \
			__VA_ARGS__                                                                \
		}                                                                                  \
	}
#define NOWHERE (long)"/nonexistent/file"

static const char *const no_strings[] = {NULL};
static const struct sockaddr_in nobody = {.sin_family = AF_INET};
static char page[4096 * 2];

static const struct forbidden forbidden[] = {
	/* Programs and processes. */
	CALL(execve, NOWHERE, (long)no_strings, (long)no_strings),
	CALL(execveat, AT_FDCWD, NOWHERE, (long)no_strings, (long)no_strings),
	{"fork by clone", true, SYS_clone, {SIGCHLD}},
	{"clone of memory", true, SYS_clone, {CLONE_VM | CLONE_FS | CLONE_FILES | SIGCHLD}},
	{"thread in a new namespace", true, SYS_clone,
		{CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD | CLONE_NEWUSER}},
	{"ptrace", true, SYS_ptrace, {0}},
	CALL(process_vm_readv, 1),
	CALL(process_vm_writev, 1),
	CALL(kill, 1, 0),
	CALL(tkill, 1, 0),
	{"tgkill of another", false, SYS_tgkill, {1, 1, 0}},
	CALL(rt_sigqueueinfo, 1, 0),
	CALL(pidfd_open, 1),
	CALL(pidfd_getfd, -1),
	CALL(pidfd_send_signal, -1),
	CALL(kcmp, 1, 1),
	CALL(setpriority, 0, 1, 0),
	CALL(sched_setscheduler, 0, SCHED_OTHER, 0),
	{"affinity of another", false, SYS_sched_setaffinity, {1, 0, 0}},
	{"limits that change", true, SYS_prlimit64, {0, RLIMIT_NOFILE, (long)page}},
	{"limits of another", true, SYS_prlimit64, {1, RLIMIT_NOFILE, 0}},
	CALL(setsid),
	CALL(unshare, 0),
	CALL(setns, -1),
	CALL(chroot, NOWHERE),
	CALL(pivot_root, NOWHERE, NOWHERE),
	CALL(personality, -1),
	CALL(seccomp, -1),
	{"prctl(PR_SET_DUMPABLE)", true, SYS_prctl, {PR_SET_DUMPABLE, 1}},
	{"prctl(PR_SET_SECCOMP)", true, SYS_prctl, {PR_SET_SECCOMP, 0}},

	/* Who one is. */
	CALL(setuid, 0),
	CALL(setgid, 0),
	CALL(setresuid, -1, -1, -1),
	CALL(setresgid, -1, -1, -1),
	CALL(setgroups, -1),
	CALL(capset),

	/* The network. */
	CALL(socket, AF_INET, SOCK_STREAM),
	{"socket(AF_INET, SOCK_DGRAM)", false, SYS_socket, {AF_INET, SOCK_DGRAM}},
	{"socket(AF_UNIX)", false, SYS_socket, {AF_UNIX, SOCK_DGRAM}},
	{"socket(AF_NETLINK)", false, SYS_socket, {AF_NETLINK, SOCK_RAW}},
	{"socket(AF_PACKET)", false, SYS_socket, {AF_PACKET, SOCK_RAW}},
	CALL(socketpair, AF_UNIX, SOCK_STREAM),
	CALL(connect, -1, (long)&nobody, sizeof(nobody)),
	CALL(bind, -1, (long)&nobody, sizeof(nobody)),
	CALL(listen, -1),
	{"setsockopt(SO_MARK)", false, SYS_setsockopt, {-1, SOL_SOCKET, SO_MARK}},
	{"setsockopt(SO_BINDTODEVICE)", false, SYS_setsockopt, {-1, SOL_SOCKET, SO_BINDTODEVICE}},
	{"setsockopt(IPPROTO_IP)", false, SYS_setsockopt, {-1, IPPROTO_IP, SO_LINGER}},

	/* Files. */
	{"open to write", false, SYS_openat, {AT_FDCWD, NOWHERE, O_WRONLY}},
	{"open to read and write", false, SYS_openat, {AT_FDCWD, NOWHERE, O_RDWR}},
	{"open to create", false, SYS_openat, {AT_FDCWD, NOWHERE, O_RDONLY | O_CREAT}},
	{"open to truncate", false, SYS_openat, {AT_FDCWD, NOWHERE, O_RDONLY | O_TRUNC}},
	{"open of a nameless file", false, SYS_openat, {AT_FDCWD, NOWHERE, O_TMPFILE}},
	CALL(openat2, AT_FDCWD, NOWHERE),
	CALL(unlinkat, AT_FDCWD, NOWHERE),
	CALL(renameat2, AT_FDCWD, NOWHERE, AT_FDCWD, NOWHERE),
	CALL(linkat, AT_FDCWD, NOWHERE, AT_FDCWD, NOWHERE),
	CALL(symlinkat, NOWHERE, AT_FDCWD, NOWHERE),
	CALL(mkdirat, AT_FDCWD, NOWHERE),
	CALL(mknodat, AT_FDCWD, NOWHERE),
	CALL(fchmodat, AT_FDCWD, NOWHERE),
	CALL(fchownat, AT_FDCWD, NOWHERE),
	CALL(truncate, NOWHERE),
	CALL(ftruncate, -1),
	CALL(mount, 0, 0, 0),
	CALL(umount2, NOWHERE),
	CALL(open_by_handle_at, -1),
	CALL(name_to_handle_at, -1),
	CALL(memfd_create, 0),
	{"ioctl(TIOCSTI)", false, SYS_ioctl, {-1, 0x5412}},
	{"ioctl(FIOASYNC)", false, SYS_ioctl, {-1, 0x5452}},
	{"fcntl(F_SETOWN)", false, SYS_fcntl, {-1, F_SETOWN, 1}},

	/* Memory. */
	{"mmap(PROT_EXEC)", false, SYS_mmap,
		{0, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1}},
	{"mprotect(PROT_EXEC)", false, SYS_mprotect, {0, 4096, PROT_READ | PROT_EXEC}},
	CALL(pkey_mprotect, 0, 0, PROT_EXEC),
	CALL(shmat, -1),

	/* The kernel. */
	CALL(bpf, -1),
	CALL(userfaultfd, -1),
	CALL(io_uring_setup, 0),
	CALL(io_uring_enter, -1),
	CALL(perf_event_open, 0),
	CALL(keyctl, -1),
	CALL(add_key, 0),
	CALL(request_key, 0),
	CALL(init_module, 0),
	CALL(finit_module, -1),
	CALL(kexec_load, 0, 17),
	CALL(reboot, 0),
	CALL(sethostname, 0, -1),
	CALL(clock_settime, -1),
	CALL(settimeofday, 0),
	CALL(syslog, -1),
	CALL(quotactl, -1),
	CALL(swapon, 0),
	CALL(acct, NOWHERE),
	CALL(splice, -1),
	CALL(vmsplice, -1),
	CALL(sendfile, -1),
#ifdef SYS_fork
	CALL(fork),
	{"open", true, SYS_open, {NOWHERE}},
	CALL(unlink, NOWHERE),
	CALL(iopl, 0),
	CALL(ioperm, 0, 0, 0),
	CALL(modify_ldt, -1),
#endif
#ifdef __x86_64__
	{"getpid by x32", false, SYS_getpid | 0x40000000, {0}},
#endif
};

static void call_it(const void *context)
{
	const struct forbidden *call = context;
	const long *a = call->arguments;

	confine(0);
	/* A child that it should not have made must not go on with the tests. */
	syscall(call->number, a[0], a[1], a[2], a[3], a[4], a[5]);
	_exit(0);
}

static void what_is_forbidden_kills(void **state)
{
	int passed = 0;

	(void)state;
	for (size_t i = 0; i < COUNT(forbidden); i++) {
		int status;

		if (confine_is_relaxed && forbidden[i].is_sanitizers)
			continue;
		status = status_of(call_it, &forbidden[i]);
		if (!is_killed(status)) {
			print_error("%s: status 0x%x\n", forbidden[i].name, (unsigned)status);
			passed++;
		}
	}
	assert_int_equal(passed, 0);
}

static void call_it_freely(const void *context)
{
	const struct forbidden *call = context;
	const long *a = call->arguments;

	syscall(call->number, a[0], a[1], a[2], a[3], a[4], a[5]);
	_exit(0);
}

/* It is the filter that kills, and nothing about these calls themselves. */
static void without_the_filter_they_do_not(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(forbidden); i++) {
		/* What shares the memory would run on the same stack. */
		if (forbidden[i].number == SYS_clone && forbidden[i].arguments[0] & CLONE_VM)
			continue;
		if (is_killed(status_of(call_it_freely, &forbidden[i])))
			fail_msg("%s", forbidden[i].name);
	}
}

static void bind_later(const void *needs)
{
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	confine(*(const unsigned *)needs);
	bind(fd, (const struct sockaddr *)&nobody, sizeof(nobody));
}

static void open_inet(const void *needs)
{
	confine(*(const unsigned *)needs);
	socket(AF_INET, SOCK_DGRAM, 0);
}

static void open_local_stream(const void *needs)
{
	confine(*(const unsigned *)needs);
	socket(AF_UNIX, SOCK_STREAM, 0);
}

static void connect_later(const void *needs)
{
	int fd = socket(AF_INET, SOCK_DGRAM, 0);

	confine(*(const unsigned *)needs);
	connect(fd, (const struct sockaddr *)&nobody, sizeof(nobody));
}

/* Whatever else a server needs, these stay forbidden. */
static void needs_open_no_more_than_they_say(void **state)
{
	static const unsigned all[] = {
		0, CONFINE_NOTIFIES, CONFINE_LOGS, CONFINE_NOTIFIES | CONFINE_LOGS};

	(void)state;
	for (size_t i = 0; i < COUNT(all); i++) {
		assert_true(is_killed(status_of(bind_later, &all[i])));
		assert_true(is_killed(status_of(open_inet, &all[i])));
		assert_true(is_killed(status_of(open_local_stream, &all[i])));
		assert_int_equal(
			is_killed(status_of(connect_later, &all[i])), !(all[i] & CONFINE_LOGS));
	}
}

static void give_up(const void *unused)
{
	(void)unused;
	confine(0);
	abort();
}

/* A failed assertion shall be seen as what it is. */
static void abort_is_no_sigsys(void **state)
{
	int status = status_of(give_up, NULL);

	(void)state;
	assert_true(WIFSIGNALED(status));
	assert_int_equal(WTERMSIG(status), SIGABRT);
}

/* Threads that were there before, and filters of others. */

static void *wait_and_leave(void *context)
{
	pthread_barrier_wait(context);
	syscall(SYS_setuid, getuid());
	return NULL;
}

static void a_thread_from_before(const void *unused)
{
	pthread_barrier_t confined;
	pthread_t thread;

	(void)unused;
	must(!pthread_barrier_init(&confined, NULL, 2));
	must(!pthread_create(&thread, NULL, wait_and_leave, &confined));
	confine(0);
	pthread_barrier_wait(&confined);
	pthread_join(thread, NULL);
}

static void every_thread_is_confined(void **state)
{
	(void)state;
	assert_true(is_killed(status_of(a_thread_from_before, NULL)));
}

/* As a container may: seccomp() itself, or all that is asked of it, is refused. */
static void where_it_is_forbidden(const void *code)
{
	scmp_filter_ctx outer = seccomp_init(SCMP_ACT_ALLOW);
	struct error err = {0};
	int result;

	must(outer);
	must(!seccomp_rule_add(
		outer, SCMP_ACT_ERRNO((unsigned)*(const int *)code), SCMP_SYS(seccomp), 0));
	must(!seccomp_rule_add(outer, SCMP_ACT_ERRNO((unsigned)*(const int *)code), SCMP_SYS(prctl),
		1, SCMP_A0(SCMP_CMP_EQ, PR_SET_SECCOMP, 0)));
	must(!seccomp_load(outer));
	seccomp_release(outer);
	result = confine_install(0, &err);
	must(result < 0 && err.code == -result && strstr(err.text, "cannot confine"));
	must(socket(AF_INET, SOCK_DGRAM, 0) >= 0);
}

static void it_says_why_not(void **state)
{
	static const int codes[] = {EPERM, ENOSYS, EACCES};

	(void)state;
	for (size_t i = 0; i < COUNT(codes); i++)
		survives(where_it_is_forbidden, &codes[i]);
}

/* A second filter of the same kind, as the laboratory's gate is one more: both hold. */
static void twice(const void *unused)
{
	scmp_filter_ctx outer = seccomp_init(SCMP_ACT_ALLOW);

	(void)unused;
	must(outer && !seccomp_rule_add(outer, SCMP_ACT_ERRNO(EXDEV), SCMP_SYS(shutdown), 0));
	must(!seccomp_load(outer));
	seccomp_release(outer);
	confine(0);
	must(shutdown(-1, SHUT_WR) < 0 && errno == EXDEV);
}

static void twice_and_forbidden(const void *unused)
{
	twice(unused);
	syscall(SYS_setuid, getuid());
}

static void filters_live_together(void **state)
{
	(void)state;
	survives(twice, NULL);
	assert_true(is_killed(status_of(twice_and_forbidden, NULL)));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_forbidden_kills),
		cmocka_unit_test(without_the_filter_they_do_not),
		cmocka_unit_test(needs_open_no_more_than_they_say),
		cmocka_unit_test(abort_is_no_sigsys),
		cmocka_unit_test(every_thread_is_confined),
		cmocka_unit_test(it_says_why_not),
		cmocka_unit_test(filters_live_together),
	};

	return cmocka_run_group_tests_name("daytime confine", tests, NULL, NULL);
}
