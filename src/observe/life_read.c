/* SPDX-License-Identifier: BSD-2-Clause */

/* What is there when we come: runs the iterator over the sockets, in each network namespace that is wanted. */

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <errno.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/i18n.h"
#include "observe/life_private.h"
#include "observe/netns.h"

#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wcast-qual"
#pragma GCC diagnostic ignored "-Wsign-conversion"
#include "observe/life.skel.h"
#pragma GCC diagnostic pop

/* Runs it: it prints nothing, so one read() goes over all. */
static int run(struct bpf_program *program, const struct bpf_iter_attach_opts *options)
{
	char nothing[64];
	struct bpf_link *link = bpf_program__attach_iter(program, options);
	int fd = -1, r = link ? 0 : -errno;

	if (r == 0) {
		fd = bpf_iter_create(bpf_link__fd(link));
		r = fd < 0 ? -errno : 0;
	}
	while (r == 0) {
		ssize_t length = read(fd, nothing, sizeof(nothing));

		if (length == 0)
			break;
		if (length < 0 && errno != EINTR && errno != EAGAIN)
			r = -errno;
	}
	fd_close(&fd);
	bpf_link__destroy(link);
	return r;
}

/* The iterator sees the namespace that it is made in. */
static int read_here(struct life *life, struct error *err)
{
	int r = run(life->bpf->progs.read_sockets, NULL);

	return r < 0 ? error_errno(err, -r, _("cannot read the sockets by a BPF iterator")) : 0;
}

/* What is taken out while going over it makes the kernel lose its place: again, then, until there is nothing. */
#define PASSES_MOST 8

int life_look_again(struct life *life)
{
	union bpf_iter_link_info info = {
		.map.map_fd = (uint32_t)bpf_map__fd(life->bpf->maps.orphans)};
	LIBBPF_OPTS(
		bpf_iter_attach_opts, options, .link_info = &info, .link_info_len = sizeof(info));

	for (int i = 0; i < PASSES_MOST; i++) {
		uint32_t before = life->shared->converted;
		int r = run(life->bpf->progs.look_again, &options);

		if (r < 0)
			return r;
		if (life->shared->converted == before)
			break;
	}
	return 0;
}

static int read_everywhere(struct life *life, struct error *err)
{
	struct netns_list list = {0};
	int r = netns_list_read(&list, err);

	for (size_t i = 0; i < list.count && r == 0; i++) {
		int home = -1;

		/* Gone meanwhile, or not for us: its births are seen from now on. */
		if (netns_enter(&list.spaces[i], &home, NULL) < 0)
			continue;
		r = read_here(life, err);
		if (netns_leave(&home, r == 0 ? err : NULL) < 0 && r == 0)
			r = -EIO;
	}
	netns_list_finish(&list);
	return r;
}

int life_read_sockets(struct life *life, struct error *err)
{
	return life->options.netns ? read_here(life, err) : read_everywhere(life, err);
}
