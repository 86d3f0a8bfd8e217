/* SPDX-License-Identifier: BSD-2-Clause */
#ifndef BASE_FD_H
#define BASE_FD_H

/* Descriptors own themselves: they start at -1, and close when they go out of scope. */

#include <stdlib.h>
#include <unistd.h>

/* Closes *fd if it is open, sets it to -1, and leaves errno alone. */
void fd_close(int *fd);

/* Hands the descriptor on: the variable forgets it, the caller owns it. */
static inline int fd_steal(int *fd)
{
	int taken = *fd;

	*fd = -1;
	return taken;
}

/* Reads a whole small file (of /proc, say) into a NUL-terminated buffer and returns the
 * length, or a negative errno. What does not fit is left out. */
ssize_t fd_read_file(const char *path, char *buffer, size_t size);

/* Writes the string to an existing file, in one write(2). 0 or a negative errno. */
int fd_write_file(const char *path, const char *text);

static inline void cleanup_free(void *pointer)
{
	free(*(void **)pointer);
}

#define _cleanup_fd_   __attribute__((cleanup(fd_close)))
#define _cleanup_free_ __attribute__((cleanup(cleanup_free)))

#endif
