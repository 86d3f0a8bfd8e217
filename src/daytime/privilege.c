/* SPDX-License-Identifier: BSD-2-Clause */
#include "daytime/privilege.h"

#include <cap-ng.h>
#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdbool.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/i18n.h"

#define NOBODY_ID 65534 /* what the kernel itself calls nobody, should passwd not */

/* Leaves the numbers as they are where there is no user called nobody. */
static int look_up(const char *user, uid_t *ret_uid, gid_t *ret_gid, struct error *err)
{
	struct passwd *entry;

	errno = 0;
	entry = getpwnam(user ? user : "nobody");
	if (!entry && user)
		return error_set(err, ENOENT,
			_("cannot become '%s': no such user (see 'getent passwd')"), user);
	if (entry) {
		*ret_uid = entry->pw_uid;
		*ret_gid = entry->pw_gid;
	}
	return 0;
}

/* A user namespace made without privilege forbids setgroups() for ever. */
static bool are_groups_fixed(void)
{
	char verdict[16];

	return fd_read_file("/proc/self/setgroups", verdict, sizeof(verdict)) > 0 &&
	       !strncmp(verdict, "deny", 4);
}

static int become(uid_t uid, gid_t gid)
{
	/* EINVAL from the first call tells that the namespace has no such user. */
	if (setresgid(gid, gid, gid))
		return -errno;
	if (setgroups(0, NULL) && !(errno == EPERM && are_groups_fixed()))
		return -errno;
	if (setresuid(uid, uid, uid))
		return -errno;
	return 0;
}

static int change_user(const char *user, struct error *err)
{
	uid_t uid = NOBODY_ID;
	gid_t gid = NOBODY_ID;
	int result;

	if (!user && geteuid() != 0)
		return 0;
	result = look_up(user, &uid, &gid, err);
	if (result)
		return result;
	if (geteuid() != 0) {
		if (uid == geteuid())
			return 0;
		return error_set(err, EPERM,
			_("cannot become '%s': only root can (leave --user out)"), user);
	}
	result = become(uid, gid);
	if (result == -EINVAL && !user)
		return 0;
	if (result == -EINVAL)
		return error_set(err, EINVAL,
			_("cannot become '%s': this user namespace does not map that user (leave "
			  "--user out)"),
			user);
	if (result)
		return error_errno(err, -result,
			_("cannot become '%s' (root without that right may say --user root)"),
			user ? user : "nobody");
	return 0;
}

/*
 * What any program could ever be given. Only CAP_SETPCAP, which goes with root, can shrink it; for
 * whoever lacks it no_new_privs alone has to do. Numbers beyond the kernel's last are refused.
 */
static void empty_bounding_set(void)
{
	for (unsigned long capability = 0; capability < 64; capability++)
		prctl(PR_CAPBSET_DROP, capability, 0, 0, 0);
}

int privilege_drop(const char *user, struct error *err)
{
	int result;

	empty_bounding_set();
	result = change_user(user, err);
	if (result)
		return result;
	/* What is not inheritable is not ambient either (capabilities(7)). */
	capng_clear(CAPNG_SELECT_CAPS);
	if (capng_apply(CAPNG_SELECT_CAPS))
		return error_set(err, EPERM, _("cannot give up the capabilities: refused"));
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
		return error_errno(err, errno, _("cannot set no_new_privs"));
	return 0;
}
