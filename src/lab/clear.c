/* SPDX-License-Identifier: BSD-2-Clause */

/* How sockets end that nobody closes: SOCK_DESTROY, a crash, and the end of an experiment. */

#include "lab/lab.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/i18n.h"
#include "base/list.h"

/* Never waited out: what is destroyed is gone when the call returns. */
#define CLEAR_DEADLINE_NS (5 * NS_PER_S)

/* Where the holders of descriptors are gone or ours, listeners end with them. */
#define CONNECTION_STATES (DIAG_LIVE_STATES & ~DIAG_STATE(TCP_STATE_LISTEN))

int lab_destroy(struct lab *lab, enum host_id host, int connection, struct error *err)
{
	const struct diag_socket *socket =
		connection < 0 ? NULL : census_socket(&lab->census, host, connection);

	if (!socket)
		return error_set(err, ENOENT, _("there is no socket to destroy"));
	lab->touched |= CENSUS_LISTENERS(host);
	return diag_destroy(&lab->hosts[host].diag, socket, err);
}

struct found {
	struct diag_socket *sockets;
	size_t count, room;
};

static int list(void *context, const struct diag_socket *socket)
{
	struct found *found = context;

	*list_grow(&found->sockets, &found->count, &found->room) = *socket;
	return 0;
}

/* Destroys every socket of the host in one of the states; *ret_count how many there were. */
static int destroy_all(
	struct lab *lab, enum host_id host, uint32_t states, size_t *ret_count, struct error *err)
{
	struct found found = {0};
	int r = diag_dump(&lab->hosts[host].diag, states, list, &found, err);

	/* One that is gone by now is as good: requests go with their listener. */
	for (size_t i = 0; i < found.count && r == 0; i++)
		diag_destroy(&lab->hosts[host].diag, &found.sockets[i], NULL);
	*ret_count = found.count;
	free(found.sockets);
	return r;
}

/* Throws away what the hosts have sent and nobody has read. */
static void drain(struct lab *lab)
{
	enum host_id sender;
	int64_t sent_ns;

	fence_pass(&lab->fence, NULL);
	while (wire_receive(&lab->wire, lab->packet, &sender, &sent_ns) > 0)
		;
}

static void end_programs(struct lab *lab, int host)
{
	for (size_t i = 0; i < lab->program_count; i++) {
		if (host == HOST_COUNT || lab->programs[i]->host == (enum host_id)host)
			program_kill(lab->programs[i]);
	}
}

/* Sockets first, while the wire is mute, so that no close() has anything left to say. */
static int end_sockets(struct lab *lab, enum host_id host, uint32_t states, struct error *err)
{
	int64_t deadline_ns = clock_deadline_ns(CLEAR_DEADLINE_NS);
	size_t left;
	int r;

	do {
		r = destroy_all(lab, host, states, &left, err);
		for (size_t i = 0; i < lab->socket_count; i++) {
			if (lab->sockets[i]->host == host)
				lab_socket_finish(lab->sockets[i]);
		}
		drain(lab);
		if (r == 0 && left && clock_now_ns() > deadline_ns)
			r = error_set(
				err, EBUSY, _("a socket of %s does not end"), host_name(host));
	} while (r == 0 && left);
	return r;
}

int lab_crash(struct lab *lab, enum host_id host, struct error *err)
{
	int r;

	lab->wire.is_mute[host] = true;
	end_programs(lab, (int)host);
	r = end_sockets(lab, host, DIAG_LIVE_STATES, err);
	lab->wire.is_mute[host] = false;
	lab->touched = CENSUS_ALL;
	return r;
}

static void free_programs(struct lab *lab)
{
	for (size_t i = 0; i < lab->program_count; i++) {
		program_finish(lab->programs[i]);
		free(lab->programs[i]);
	}
	lab->program_count = 0;
}

static void free_sockets(struct lab *lab)
{
	for (size_t i = 0; i < lab->socket_count; i++) {
		lab_socket_finish(lab->sockets[i]);
		free(lab->sockets[i]);
	}
	lab->socket_count = 0;
}

/* Programs that made themselves daemons live on below the guardian: only a new one is rid of them. */
static int renew_guardian(struct lab *lab, struct error *err)
{
	if (!lab->program_count)
		return 0;
	free_programs(lab);
	guardian_stop(&lab->guardian);
	return guardian_start(&lab->guardian, program_obey, true, err);
}

int lab_reset(struct lab *lab, const char *title, struct error *err)
{
	int r = renew_guardian(lab, err);

	wire_clear(&lab->wire);
	for (int host = 0; host < HOST_COUNT && r == 0; host++)
		r = end_sockets(lab, (enum host_id)host, CONNECTION_STATES, err);
	/* The RST that one host's last socket sent may have met nobody, and been answered. */
	drain(lab);
	free_sockets(lab);
	if (r == 0)
		r = lab_restore_sysctls(lab, err);
	census_finish(&lab->census);
	timeline_finish(&lab->timeline);
	timeline_init(&lab->timeline, title);
	lab->flow_count = lab->unplaced_count = 0;
	/* Nothing is there, and that is known. */
	lab->touched = 0;
	lab->seen_ns[HOST_SERVER] = lab->seen_ns[HOST_CLIENT] = clock_now_ns();
	return r;
}

void lab_close(struct lab *lab)
{
	free_programs(lab);
	guardian_stop(&lab->guardian);
	/* An orphan would keep its host's namespace until it gives up: minutes. */
	for (int host = 0; host < HOST_COUNT && lab->wire.fd >= 0 && !lab->is_loopback; host++)
		end_sockets(lab, (enum host_id)host, CONNECTION_STATES, NULL);
	free_sockets(lab);
	free(lab->programs);
	free(lab->sockets);
	wire_close(&lab->wire);
	fence_close(&lab->fence);
	for (int host = 0; host < HOST_COUNT; host++) {
		sysctls_finish(&lab->sysctls[host]);
		host_close(&lab->hosts[host]);
	}
	sandbox_leave(&lab->sandbox);
	census_finish(&lab->census);
	timeline_finish(&lab->timeline);
	text_finish(&lab->names);
	free(lab->here);
	free(lab->flows);
	free(lab->unplaced);
	free(lab->packet);
	*lab = (struct lab)LAB_NONE;
}
