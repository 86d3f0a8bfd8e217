/* SPDX-License-Identifier: BSD-2-Clause */
#include "report/memory.h"

#include <stdlib.h>

FILE *memory_open(struct memory *memory)
{
	*memory = (struct memory){0};
	memory->stream = open_memstream(&memory->bytes, &memory->length);
	if (!memory->stream)
		abort();
	return memory->stream;
}

void memory_move(struct memory *memory, struct text *out)
{
	/* Where it did not grow as it had to, bytes are missing. */
	if (fclose(memory->stream) != 0)
		abort();
	text_append_bytes(out, memory->bytes, memory->length);
	free(memory->bytes);
}
