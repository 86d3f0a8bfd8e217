/* SPDX-License-Identifier: BSD-2-Clause */
#include "lab/program.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/close_range.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/i18n.h"
#include "lab/gate.h"
#include "lab/process.h"

/* Never waited out but when something is wrong: generous, for a machine under load. */
#define START_DEADLINE_NS (20 * NS_PER_S)

/*
 * What the starting process and we tell each other. Memory, because behind the gate write() would
 * wait for us while we wait for it.
 */
struct start {
	_Atomic bool is_ready;
	_Atomic int gate; /* whether to put one up: once it is, somebody must be there to open it */
	_Atomic int gate_fd; /* in its descriptor table; -1 without a gate, 0 not yet */
	_Atomic bool may_go; /* its gate is in our hands */
	_Atomic int failed;  /* errno of what it failed with */
	char what[80];
};

enum { GATE_UNDECIDED, GATE_WANTED, GATE_UNWANTED };

/* The descriptors that come with an order, and their number without a network namespace. */
enum { FD_OUTPUT, FD_ALIVE, FD_START, FD_NETNS, FD_COUNT };

static _Noreturn void give_up(struct start *start, const char *what)
{
	int code = errno;

	snprintf(start->what, sizeof(start->what), "%s", what);
	atomic_store(&start->failed, code ? code : EIO);
	atomic_store(&start->is_ready, true); /* nobody needs to wait any longer */
	/* exit() would wait at the gate for somebody who waits for us */
	raise(SIGKILL);
	_exit(127);
}

static bool is_below(const char *path, const char *folder)
{
	return !strncmp(path, folder, strlen(folder));
}

/*
 * A folder to mount on: there on every system, and needed by nobody inside. One that the program,
 * the scenario or the working directory lies below is not taken: it would be hidden.
 */
static const char *choose_folder(const char *scenario)
{
	static const char *const folders[] = {"/mnt", "/media", "/srv", "/opt"};
	char here[4096] = "", self[4096] = "";

	if (!getcwd(here, sizeof(here)))
		here[0] = '\0';
	if (readlink("/proc/self/exe", self, sizeof(self) - 1) < 0)
		self[0] = '\0';
	for (size_t i = 0; i < sizeof(folders) / sizeof(*folders); i++) {
		if (!is_below(here, folders[i]) && !is_below(self, folders[i]) &&
			!is_below(scenario, folders[i]) && !access(folders[i], F_OK))
			return folders[i];
	}
	return NULL;
}

static void mount_memory(struct start *start, const char *folder)
{
	if (mount("tmpfs", folder, "tmpfs", MS_NOSUID | MS_NODEV, "mode=755,size=64m") < 0)
		give_up(start, "tmpfs");
	if (chdir(folder) < 0)
		give_up(start, "chdir");
}

static void write_file(struct start *start, const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0644);

	if (fd < 0 || write(fd, text, strlen(text)) < 0 || fchmod(fd, 0644) < 0)
		give_up(start, path);
	close(fd);
}

/* A minimal system has no /etc/hosts to mount on: lay a film of memory over /etc. */
static void overlay_hosts(struct start *start, const char *folder, const char *hosts)
{
	char options[128];

	mkdir("upper", 0755);
	mkdir("work", 0755);
	snprintf(options, sizeof(options), "lowerdir=/etc,upperdir=%s/upper,workdir=%s/work",
		folder, folder);
	if (mount("overlay", "/etc", "overlay", 0, options) < 0)
		give_up(start, "/etc/hosts (there is none: create an empty one)");
	write_file(start, "/etc/hosts", hosts);
	mount_memory(start, folder); /* and hide what the film is made of */
}

/* An empty folder and an /etc/hosts of its own, in memory: nothing to clean up, ever. */
static void furnish(struct start *start, const char *hosts, const char *here)
{
	const char *folder = choose_folder(here);

	if (!folder) {
		errno = ENOENT;
		give_up(start, "no folder to mount on");
	}
	if (unshare(CLONE_NEWNS) < 0)
		give_up(start, "mount namespace");
	if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0)
		give_up(start, "private mounts");
	mount_memory(start, folder);
	if (access("/etc/hosts", F_OK) < 0) {
		overlay_hosts(start, folder, hosts);
		return;
	}
	write_file(start, "hosts", hosts);
	if (mount("hosts", "/etc/hosts", NULL, MS_BIND, NULL) < 0)
		give_up(start, "/etc/hosts");
	unlink("hosts");
}

/* Our own programs, wherever we were started from, then the caller's, then the system's. */
static void set_path(void)
{
	_cleanup_text_ struct text path = TEXT_INIT;
	const char *old = getenv("PATH");
	char self[4096];
	ssize_t length = readlink("/proc/self/exe", self, sizeof(self) - 1);
	char *slash;

	if (length > 0) {
		self[length] = '\0';
		slash = strrchr(self, '/');
		if (slash)
			*slash = '\0';
		text_printf(&path, "%s:%s/../sbin:", self, self);
	}
	text_printf(&path, "%s:/usr/sbin:/sbin:/usr/bin:/bin", old ? old : "/usr/local/bin");
	setenv("PATH", path.bytes, 1);
}

static void reset_signals(void)
{
	sigset_t none;

	sigemptyset(&none);
	for (int number = 1; number < NSIG; number++)
		signal(number, SIG_DFL);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

/* Yields the processor until the other side has stored a value; false at the deadline. */
#define AWAIT_VALUE(variable, deadline_ns)                                                         \
	({                                                                                         \
		while (!atomic_load(variable) && clock_now_ns() < (deadline_ns))                   \
			usleep(20);                                                                \
		atomic_load(variable);                                                             \
	})

/* The last steps before exec: from gate_install() on, only calls that pass the gate freely. */
static _Noreturn void become(struct start *start, const char *const *argv)
{
	int64_t deadline_ns = clock_deadline_ns(START_DEADLINE_NS);
	int gate_fd = -1;

	atomic_store(&start->is_ready, true);
	if (AWAIT_VALUE(&start->gate, deadline_ns) == GATE_WANTED)
		gate_fd = gate_install();
	atomic_store(&start->gate_fd, gate_fd < 0 ? -1 : gate_fd);
	if (!AWAIT_VALUE(&start->may_go, deadline_ns)) {
		errno = ETIMEDOUT;
		give_up(start, "gate");
	}
	execvp(argv[0], (char **)(uintptr_t)argv);
	give_up(start, "exec");
}

/* The order is the text of /etc/hosts, $HERE, then argv, each with its NUL. */
static const char **read_order(
	const char *order, size_t length, const char **ret_hosts, const char **ret_here)
{
	const char **argv = calloc(length + 1, sizeof(*argv));
	const char *at = order + strlen(order) + 1;
	size_t count = 0;

	*ret_hosts = order;
	*ret_here = at;
	at += strlen(at) + 1;
	for (; argv && at < order + length; at += strlen(at) + 1)
		argv[count++] = at;
	return argv;
}

void program_obey(const char *order, size_t length, const int *fds, size_t fd_count)
{
	int null_fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
	const char *hosts, *here;
	const char **argv = read_order(order, length, &hosts, &here);
	struct start *start =
		mmap(NULL, sizeof(*start), PROT_READ | PROT_WRITE, MAP_SHARED, fds[FD_START], 0);

	if (start == MAP_FAILED || !argv)
		_exit(127);
	setsid(); /* Ctrl-C is for the laboratory, which then ends its programs in order */
	reset_signals();
	if (*here)
		setenv("HERE", here, 1);
	set_path(); /* while the way to our image is the way from our root: before new mounts */
	if (dup2(null_fd, STDIN_FILENO) < 0 || dup2(fds[FD_OUTPUT], STDOUT_FILENO) < 0 ||
		dup2(fds[FD_OUTPUT], STDERR_FILENO) < 0)
		give_up(start, "dup2");
	if (fd_count > FD_NETNS && setns(fds[FD_NETNS], CLONE_NEWNET) < 0)
		give_up(start, "network namespace");
	if (*hosts)
		furnish(start, hosts, here);
	if (syscall(__NR_close_range, 3, ~0U, CLOSE_RANGE_CLOEXEC) < 0)
		give_up(start, "close_range");
	become(start, argv);
}

/* May we have a descriptor of the process'? A policy (Yama, a seccomp profile) can refuse it. */
static bool may_fetch(int pidfd)
{
	_cleanup_fd_ int copy = (int)syscall(__NR_pidfd_getfd, pidfd, STDIN_FILENO, 0);

	return copy >= 0;
}

/*
 * Has the starting process put up its gate, and takes it out of there. -1 where there is to be
 * none: the program runs freely then.
 */
static int fetch_gate(struct start *start, int pidfd, int64_t deadline_ns)
{
	int number;

	if (!AWAIT_VALUE(&start->is_ready, deadline_ns) || atomic_load(&start->failed))
		return -1;
	atomic_store(&start->gate, may_fetch(pidfd) ? GATE_WANTED : GATE_UNWANTED);
	number = AWAIT_VALUE(&start->gate_fd, deadline_ns);
	return number > 0 ? (int)syscall(__NR_pidfd_getfd, pidfd, number, 0) : -1;
}

/* The pipe's end is close-on-exec: when it is gone, so is our image. */
static int await_exec(struct start *start, int exec_fd, int64_t deadline_ns)
{
	struct pollfd waiting = {.fd = exec_fd};

	while (poll(&waiting, 1, clock_poll_ms(deadline_ns)) < 0 && errno == EINTR)
		;
	if (atomic_load(&start->failed))
		return -atomic_load(&start->failed);
	return waiting.revents ? 0 : -ETIMEDOUT;
}

static int explain_failure(const struct start *start, const char *name, int r, struct error *err)
{
	if (!strcmp(start->what, "exec") && r == -ENOENT)
		return error_set(err, ENOENT, _("cannot run %s: no such program in PATH"), name);
	if (start->what[0] && strcmp(start->what, "exec"))
		return error_set(
			err, -r, _("cannot run %s: %s: %s"), name, start->what, strerror(-r));
	return error_errno(err, -r, _("cannot run %s"), name);
}

static void set_name(struct program *program, const char *path)
{
	const char *slash = strrchr(path, '/');

	snprintf(program->name, sizeof(program->name), "%s", slash ? slash + 1 : path);
}

static void append_word(struct text *order, const char *word)
{
	text_append_bytes(order, word, strlen(word) + 1);
}

static void write_order(
	struct text *order, const struct program_setting *setting, const char *const *argv)
{
	append_word(order, setting->hosts ? setting->hosts : "");
	append_word(order, setting->here ? setting->here : "");
	for (; *argv; argv++)
		append_word(order, *argv);
}

/* Orders the program and sees it through to its exec. */
static int start_program(struct program *program, const struct program_setting *setting,
	const char *const *argv, struct start *start, int fds[FD_COUNT], int exec_fd,
	struct error *err)
{
	_cleanup_text_ struct text order = TEXT_INIT;
	int64_t deadline_ns = clock_deadline_ns(START_DEADLINE_NS);
	int r;

	write_order(&order, setting, argv);
	fds[FD_NETNS] = setting->netns_fd;
	r = guardian_order(setting->guardian, order.bytes, order.length, fds,
		setting->netns_fd >= 0 ? FD_COUNT : FD_NETNS, &program->pid, &program->number, err);
	fd_close(&fds[FD_OUTPUT]);
	fd_close(&fds[FD_ALIVE]);
	if (r < 0)
		return r;
	program->pidfd = (int)syscall(__NR_pidfd_open, program->pid, 0);
	program->gate_fd = fetch_gate(start, program->pidfd, deadline_ns);
	atomic_store(&start->may_go, true);
	r = await_exec(start, exec_fd, deadline_ns);
	return r < 0 ? explain_failure(start, program->name, r, err) : 0;
}

/* Memory that another process can be given, as a file without a name. */
static struct start *share_start(int *ret_fd)
{
	int fd = memfd_create("start", MFD_CLOEXEC);
	struct start *start = MAP_FAILED;

	if (fd >= 0 && ftruncate(fd, sizeof(*start)) == 0)
		start = mmap(NULL, sizeof(*start), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	*ret_fd = fd;
	return start == MAP_FAILED ? NULL : start;
}

int program_start(struct program *program, const struct program_setting *setting,
	const char *const *argv, struct error *err)
{
	int output[2] = {-1, -1}, alive[2] = {-1, -1};
	int fds[FD_COUNT] = {-1, -1, -1, -1};
	struct start *start = share_start(&fds[FD_START]);
	int r = 0;

	*program = (struct program){
		.host = setting->host,
		.guardian = setting->guardian,
		.pidfd = -1,
		.gate_fd = -1,
		.output_fd = -1,
		.output = TEXT_INIT,
	};
	set_name(program, argv[0]);
	if (!start || pipe2(output, O_CLOEXEC) < 0 || pipe2(alive, O_CLOEXEC) < 0)
		r = error_errno(err, errno, _("cannot run %s"), program->name);
	fds[FD_OUTPUT] = output[1];
	fds[FD_ALIVE] = alive[1];
	program->output_fd = output[0];
	if (r == 0) {
		fcntl(output[0], F_SETFL, O_NONBLOCK); /* our end alone: the program's blocks */
		r = start_program(program, setting, argv, start, fds, alive[0], err);
	}
	fd_close(&fds[FD_START]);
	fd_close(&fds[FD_OUTPUT]);
	fd_close(&fds[FD_ALIVE]);
	fd_close(&alive[0]);
	if (start)
		munmap(start, sizeof(*start));
	if (r < 0)
		program_finish(program);
	return r;
}

int program_signal(const struct program *program, int signal)
{
	return syscall(__NR_pidfd_send_signal, program->pidfd, signal, NULL, 0) < 0 ? -errno : 0;
}

void program_kill(struct program *program)
{
	struct pollfd dying = {.fd = program->pidfd, .events = POLLIN};

	if (program->pidfd < 0 || program_has_ended(program))
		return;
	program_signal(program, SIGKILL);
	while (poll(&dying, 1, -1) < 0 && errno == EINTR)
		;
}

void program_finish(struct program *program)
{
	/* First the process, then its gate: what waits there would be told ENOSYS and run on. */
	program_kill(program);
	fd_close(&program->pidfd);
	fd_close(&program->gate_fd);
	fd_close(&program->output_fd);
	text_finish(&program->output);
}

void program_read_output(struct program *program)
{
	char buffer[4096];
	ssize_t n;

	if (program->output_fd < 0)
		return;
	while ((n = read(program->output_fd, buffer, sizeof(buffer))) > 0 ||
		(n < 0 && errno == EINTR)) {
		if (n > 0 && program->output.length + (size_t)n <= PROGRAM_OUTPUT_BYTES)
			text_append_bytes(&program->output, buffer, (size_t)n);
	}
	if (n == 0)
		fd_close(&program->output_fd);
}

bool program_has_ended(struct program *program)
{
	if (!program->has_ended && program->pid > 0)
		program->has_ended =
			guardian_has_ended(program->guardian, program->number, &program->status);
	return program->has_ended;
}

bool program_is_moving(const struct program *program)
{
	return program->pid > 0 && !program->has_ended && !program->is_restless &&
	       process_is_moving(program->pid);
}
