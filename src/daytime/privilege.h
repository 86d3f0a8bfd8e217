/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef DAYTIME_PRIVILEGE_H
#define DAYTIME_PRIVILEGE_H

#include "base/error.h"

/*
 * Gives up every privilege for good, once the sockets are bound: root becomes `user`
 * (NULL: nobody) with that user's group and no other, all capabilities go (root's also from
 * the bounding set), and no_new_privs is set. In a user namespace that does not map `nobody` there is nobody to
 * become: the capabilities go alone. Anyone but root stays who they are; a `user` other
 * than oneself is then an error.
 *
 * The kernel takes who was root and is no more out of the reach of that user's other
 * processes (PR_SET_DUMPABLE). No limits are set: RLIMIT_FSIZE would end a server whose
 * stderr is a file, RLIMIT_NPROC counts what others run as nobody, too, and both are no more
 * than what confine.h forbids.
 *
 * Capabilities belong to a thread: call it before there is a second one.
 *
 * 0, or a negative errno with *err filled; what was already given up stays so, and the
 * caller ends.
 */
int privilege_drop(const char *user, struct error *err);

#endif
