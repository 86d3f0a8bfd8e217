/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef DAYTIME_PRIVILEGE_H
#define DAYTIME_PRIVILEGE_H

#include "base/error.h"

/*
 * Gives up every privilege for good, once the sockets are bound: root becomes `user`
 * (NULL: nobody) with that user's group and no other, all capabilities go, and
 * no_new_privs is set. In a user namespace that does not map `nobody` there is nobody to
 * become: the capabilities go alone. Anyone but root stays who they are; a `user` other
 * than oneself is then an error.
 *
 * 0, or a negative errno with *err filled; what was already given up stays so, and the
 * caller ends.
 */
int privilege_drop(const char *user, struct error *err);

#endif
