/* SPDX-License-Identifier: BSD-2-Clause */
#include "daytime/steering.h"

#include <errno.h>
#include <linux/filter.h>
#include <linux/netlink.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/fd.h"

void steering_find_cpus(struct steering_cpus *ret_cpus)
{
	cpu_set_t ours;

	*ret_cpus = (struct steering_cpus){.count = 0};
	if (sched_getaffinity(0, sizeof(ours), &ours))
		CPU_ZERO(&ours);
	for (int cpu = 0; cpu < CPU_SETSIZE && ret_cpus->count < LISTEN_LANES_MAX; cpu++) {
		if (CPU_ISSET(cpu, &ours))
			ret_cpus->numbers[ret_cpus->count++] = cpu;
	}
	if (!ret_cpus->count)
		ret_cpus->count = 1;
}

int steering_count_lanes(void)
{
	long online = sysconf(_SC_NPROCESSORS_ONLN);

	if (online < 1)
		return 1;
	return online < LISTEN_LANES_MAX ? (int)online : LISTEN_LANES_MAX;
}

int steering_lane(int cpu, const struct steering_cpus *cpus, int lanes)
{
	/* With fewer lanes than that our CPUs could meet on one of them while others stay empty. */
	bool is_by_number = cpus->numbers[cpus->count - 1] < lanes;

	for (int i = 0; !is_by_number && i < cpus->count; i++) {
		if (cpus->numbers[i] == cpu)
			return i % lanes;
	}
	return cpu % lanes;
}

int steering_worker(int lane, const struct steering_cpus *cpus, int lanes, int workers)
{
	for (int i = 0; i < cpus->count; i++) {
		if (steering_lane(cpus->numbers[i], cpus, lanes) == lane)
			return i % workers;
	}
	return lane % workers;
}

/* Three instructions a CPU that is not where its number would put it, and three around. */
#define PROGRAM_LENGTH_MAX (2 * LISTEN_LANES_MAX + 3)

static void write_program(struct sock_fprog *program, const struct steering_cpus *cpus, int lanes)
{
	struct sock_filter *next = program->filter;

	*next++ = (struct sock_filter)BPF_STMT(
		BPF_LD | BPF_W | BPF_ABS, (uint32_t)(SKF_AD_OFF + SKF_AD_CPU));
	for (int i = 0; i < cpus->count; i++) {
		int cpu = cpus->numbers[i];
		int lane = steering_lane(cpu, cpus, lanes);

		if (lane == cpu % lanes)
			continue;
		*next++ = (struct sock_filter)BPF_JUMP(
			BPF_JMP | BPF_JEQ | BPF_K, (uint32_t)cpu, 0, 1);
		*next++ = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, (uint32_t)lane);
	}
	*next++ = (struct sock_filter)BPF_STMT(BPF_ALU | BPF_MOD | BPF_K, (uint32_t)lanes);
	*next++ = (struct sock_filter)BPF_STMT(BPF_RET | BPF_A, 0);
	program->len = (unsigned short)(next - program->filter);
}

int steering_attach(const struct listen_set *set, const struct steering_cpus *cpus, int lanes)
{
	struct sock_filter filter[PROGRAM_LENGTH_MAX];
	struct sock_fprog program = {.filter = filter};
	int result = 0;

	write_program(&program, cpus, lanes);
	for (size_t i = 0; i < set->count; i++) {
		/* One of a group tells all. */
		if (set->sockets[i].lane != 0 || set->sockets[i].fd < 0)
			continue;
		if (setsockopt(set->sockets[i].fd, SOL_SOCKET, SO_ATTACH_REUSEPORT_CBPF, &program,
			    sizeof(program)))
			result = -errno;
	}
	return result;
}

static void write_place(struct steering_place *place, const int *cpus, int count)
{
	uint64_t words[CPU_SETSIZE / 64] = {0};

	for (int i = 0; i < count; i++)
		words[cpus[i] / 64] |= UINT64_C(1) << cpus[i] % 64;
	for (size_t i = 0; i < CPU_SETSIZE / 64; i++)
		atomic_store_explicit(&place->words[i], words[i], memory_order_relaxed);
}

void steering_place_on(struct steering_place *place, int cpu)
{
	write_place(place, &cpu, 1);
}

void steering_place_anywhere(struct steering_place *place, const struct steering_cpus *cpus)
{
	write_place(place, cpus->numbers, cpus->count);
}

void steering_go(const struct steering_place *place)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	for (int cpu = 0; cpu < CPU_SETSIZE; cpu++) {
		uint64_t word = atomic_load_explicit(&place->words[cpu / 64], memory_order_relaxed);

		if (word >> cpu % 64 & 1)
			CPU_SET(cpu, &set);
	}
	if (CPU_COUNT(&set))
		sched_setaffinity(0, sizeof(set), &set);
}

void steering_be_patient(void)
{
	struct sched_param no_priority = {0};

	if (sched_getscheduler(0) == SCHED_OTHER)
		sched_setscheduler(0, SCHED_BATCH, &no_priority);
}

int steering_open_news(void)
{
	struct sockaddr_nl kernel = {.nl_family = AF_NETLINK, .nl_groups = 1};
	_cleanup_fd_ int fd =
		socket(AF_NETLINK, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC, NETLINK_KOBJECT_UEVENT);

	if (fd < 0)
		return -errno;
	if (bind(fd, (const struct sockaddr *)&kernel, sizeof(kernel)))
		return -errno;
	return fd_steal(&fd);
}

bool steering_read_news(int fd)
{
	/* "online@/devices/system/cpu/cpu1", then what else there is to say of it */
	static const char about[] = "@/devices/system/cpu/cpu";
	bool is_about_cpu = false;
	char message[2048];
	ssize_t n;

	while ((n = recv(fd, message, sizeof(message) - 1, MSG_DONTWAIT)) > 0) {
		message[n] = '\0';
		if (strstr(message, about))
			is_about_cpu = true;
	}
	return is_about_cpu || (n < 0 && errno == ENOBUFS); /* some may have been lost */
}
