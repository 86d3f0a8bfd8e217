/* SPDX-License-Identifier: BSD-2-Clause */
#include "unit.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "observe/owner.h"

static uint32_t inode_of(int fd)
{
	struct stat status;

	assert_int_equal(fstat(fd, &status), 0);
	return (uint32_t)status.st_ino;
}

static int open_socket(void)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	assert_true(fd >= 0);
	return fd;
}

/* A child that holds what we hold, until it is let go. It writes a byte when it is as it is to be. */
static pid_t hold_by(void (*be)(int ready, const char *comm), const char *comm)
{
	int ready[2];
	char byte;
	pid_t pid;

	assert_int_equal(pipe2(ready, O_CLOEXEC), 0);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		be(ready[1], comm);
		_exit(1);
	}
	close(ready[1]);
	assert_int_equal(read(ready[0], &byte, 1), 1);
	close(ready[0]);
	return pid;
}

static void be_called(int ready, const char *comm)
{
	prctl(PR_SET_NAME, comm);
	if (write(ready, "", 1) == 1)
		pause();
}

static pid_t hold(const char *comm)
{
	return hold_by(be_called, comm);
}

static void let_go(pid_t pid)
{
	assert_int_equal(kill(pid, SIGKILL), 0);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
}

/* What /proc/self/cgroup says of version 2, read another way; "" where there is none. */
static void own_cgroup(char path[4096])
{
	FILE *pipe = popen("sed -n 's/^0:://p' /proc/self/cgroup", "re");

	assert_non_null(pipe);
	path[0] = '\0';
	if (fgets(path, 4096, pipe))
		path[strcspn(path, "\n")] = '\0';
	pclose(pipe);
}

static void finds_our_own_socket(void **state)
{
	_cleanup_fd_ int fd = open_socket();
	struct owner_table table;
	const struct owner *owner;
	char comm[16], cgroup[4096];

	(void)state;
	prctl(PR_GET_NAME, comm);
	own_cgroup(cgroup);
	assert_int_equal(owner_table_read(&table), 0);
	owner = owner_table_find(&table, inode_of(fd));
	assert_non_null(owner);
	assert_int_equal(owner->inode, inode_of(fd));
	assert_int_equal(owner->pid, getpid());
	assert_int_equal(owner->fd, fd);
	assert_string_equal(owner->comm, comm);
	if (cgroup[0])
		assert_string_equal(owner->cgroup, cgroup);
	else
		assert_null(owner->cgroup);
	owner_table_finish(&table);
	assert_null(owner_table_find(&table, inode_of(fd)));
}

static void tells_all_who_share_a_socket(void **state)
{
	_cleanup_fd_ int fd = open_socket();
	struct owner_table table;
	const struct owner *owner;
	pid_t one = hold("first"), two = hold("second");
	pid_t pids[] = {getpid(), one, two};
	size_t count = 0;

	(void)state;
	assert_int_equal(owner_table_read(&table), 0);
	owner = owner_table_find(&table, inode_of(fd));
	assert_non_null(owner);
	for (; owner + count < table.owners + table.count; count++) {
		if (owner[count].inode != inode_of(fd))
			break;
		assert_true(count < COUNT(pids));
		assert_true(count == 0 || owner[count - 1].pid < owner[count].pid);
		if (owner[count].pid == one)
			assert_string_equal(owner[count].comm, "first");
		if (owner[count].pid == two)
			assert_string_equal(owner[count].comm, "second");
	}
	assert_int_equal(count, COUNT(pids));
	owner_table_finish(&table);
	let_go(one);
	let_go(two);
}

/* A name is what its process likes: parentheses, blanks, and no end of line gets lost. */
static void reads_names_as_they_are(void **state)
{
	static const char name[] = "a) R\n1 (b\033[2J\n";
	_cleanup_fd_ int fd = open_socket();
	struct owner_table table;
	const struct owner *owner;
	pid_t holder = hold(name);
	bool found = false;

	(void)state;
	assert_int_equal(owner_table_read(&table), 0);
	owner = owner_table_find(&table, inode_of(fd));
	for (; owner < table.owners + table.count && owner->inode == inode_of(fd); owner++) {
		if (owner->pid != holder)
			continue;
		found = true;
		assert_string_equal(owner->comm, name);
	}
	assert_true(found);
	owner_table_finish(&table);
	let_go(holder);
}

static void *outlive(void *ready)
{
	if (write(*(int *)ready, "", 1) == 1)
		pause();
	return NULL;
}

/* The first thread ends and leaves another one behind. */
static void be_outlived(int ready, const char *comm)
{
	static int fd;
	pthread_t thread;

	(void)comm;
	fd = ready;
	if (pthread_create(&thread, NULL, outlive, &fd) == 0)
		syscall(SYS_exit, 0);
}

/* What it had is gone with it. */
static void await_end_of_first_thread(pid_t pid, int fd)
{
	int64_t deadline = clock_deadline_ns(10 * NS_PER_S);
	char path[64], target[64];

	snprintf(path, sizeof(path), "/proc/%d/fd/%d", (int)pid, fd);
	while (readlink(path, target, sizeof(target)) >= 0)
		assert_true(clock_now_ns() < deadline);
}

static void finds_what_outlives_the_first_thread(void **state)
{
	int fd = open_socket();
	uint32_t inode = inode_of(fd);
	pid_t holder = hold_by(be_outlived, NULL);
	struct owner_table table;
	const struct owner *owner;

	(void)state;
	close(fd);
	await_end_of_first_thread(holder, fd);
	assert_int_equal(owner_table_read(&table), 0);
	owner = owner_table_find(&table, inode);
	assert_non_null(owner);
	assert_int_equal(owner->pid, holder);
	assert_int_equal(owner->fd, fd);
	/* Once, however many threads have it. */
	if (owner + 1 < table.owners + table.count)
		assert_int_not_equal(owner[1].inode, inode);
	owner_table_finish(&table);
	let_go(holder);
}

static void knows_nobody_for_what_is_gone(void **state)
{
	int fd = open_socket();
	uint32_t inode = inode_of(fd);
	struct owner_table table;

	(void)state;
	close(fd);
	assert_int_equal(owner_table_read(&table), 0);
	assert_null(owner_table_find(&table, inode));
	assert_null(owner_table_find(&table, 0));
	assert_null(owner_table_find(&table, UINT32_MAX));
	/* Sorted, whatever /proc's order was. */
	for (size_t i = 1; i < table.count; i++)
		assert_true(table.owners[i - 1].inode <= table.owners[i].inode);
	owner_table_finish(&table);
}

/* In a child that has become an ordinary user: another user's process is counted, not shown. */
static int look_as_stranger(uint32_t inode)
{
	struct owner_table table;
	int verdict;

	if (setresuid(65534, 65534, 65534) < 0)
		return 2;
	if (owner_table_read(&table) < 0)
		return 3;
	verdict = table.unreadable == 0 || owner_table_find(&table, inode) ? 1 : 0;
	owner_table_finish(&table);
	return verdict;
}

static void counts_what_it_may_not_see(void **state)
{
	uint32_t inode;
	int status, fd;
	pid_t pid;

	(void)state;
	if (geteuid()) {
		print_message("only root can become somebody else\n");
		skip();
	}
	fd = open_socket();
	inode = inode_of(fd);
	pid = fork();
	if (pid == 0) {
		close(fd);
		_exit(look_as_stranger(inode));
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	close(fd);
	assert_int_equal(status, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(finds_our_own_socket),
		cmocka_unit_test(tells_all_who_share_a_socket),
		cmocka_unit_test(reads_names_as_they_are),
		cmocka_unit_test(finds_what_outlives_the_first_thread),
		cmocka_unit_test(knows_nobody_for_what_is_gone),
		cmocka_unit_test(counts_what_it_may_not_see),
	};

	alarm(60);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
