/* SPDX-License-Identifier: BSD-2-Clause */
#include "timewait/watch_output.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/console.h"
#include "base/interrupt.h"

/* Written in pieces of this size under load, and whenever there is a pause. */
#define BUFFER_BYTES  (512 << 10)
#define LAST_WRITE_MS 1000

void watch_output_look_at_clock(struct watch_output *output)
{
	output->as_json.real_ns = output->as_text.real_ns = clock_real_ns() - clock_now_ns();
}

void watch_output_open(struct watch_output *output, bool json, bool has_netns)
{
	*output = (struct watch_output){.json = json, .line = TEXT_INIT};
	output->buffer = malloc(BUFFER_BYTES);
	if (!output->buffer)
		abort();
	cgroup_cache_open(&output->cgroups);
	output->as_json.cgroups = output->as_text.cgroups = &output->cgroups;
	output->as_text.has_netns = has_netns;
	output->as_text.has_colour = console_has_colour(stdout);
	output->as_text.utf8 = console_has_utf8();
	watch_output_look_at_clock(output);
}

void watch_output_close(struct watch_output *output)
{
	cgroup_cache_close(&output->cgroups);
	text_finish(&output->line);
	free(output->buffer);
	output->buffer = NULL;
}

/* After Ctrl-C no reader may hold us up for long. */
static bool is_read(void)
{
	struct pollfd ready = {.fd = STDOUT_FILENO, .events = POLLOUT};

	return poll(&ready, 1, LAST_WRITE_MS) > 0;
}

/* Somebody may have made our output non-blocking. */
static void await_room(void)
{
	struct pollfd ready = {.fd = STDOUT_FILENO, .events = POLLOUT};

	poll(&ready, 1, -1);
}

/* Each line is an event: none is lost without being counted. */
static void give_up(struct watch_output *output, size_t written)
{
	output->has_given_up = true;
	for (size_t i = written; i < output->length; i++)
		output->unwritten += output->buffer[i] == '\n';
}

int watch_output_flush(struct watch_output *output)
{
	size_t written = 0;

	while (written < output->length && !output->failure) {
		size_t left = output->length - written;
		ssize_t r;

		if (interrupt_requested()) {
			if (!is_read()) {
				give_up(output, written);
				break;
			}
			/* What poll() has promised room for. */
			left = left > PIPE_BUF ? PIPE_BUF : left;
		}
		r = write(STDOUT_FILENO, output->buffer + written, left);
		if (r >= 0)
			written += (size_t)r;
		else if (errno == EAGAIN)
			await_room();
		else if (errno != EINTR)
			output->failure = errno;
	}
	output->length = 0;
	return -output->failure;
}

static void append_line(struct watch_output *output)
{
	memcpy(output->buffer + output->length, output->line.bytes, output->line.length);
	output->length += output->line.length;
}

void watch_output_header(struct watch_output *output)
{
	if (output->json)
		return;
	life_text_put_header(&output->as_text, &output->line);
	append_line(output);
}

int watch_output_put(void *context, const struct life_event *event)
{
	struct watch_output *output = context;
	char *at = output->buffer + output->length;

	if (output->has_given_up) {
		output->unwritten++;
		return 0;
	}
	if (output->json) {
		output->length += (size_t)(life_json_put(&output->as_json, at, event) - at);
	} else {
		text_clear(&output->line);
		life_text_put(&output->as_text, &output->line, event);
		append_line(output);
	}
	return output->length > BUFFER_BYTES - LIFE_JSON_BYTES ? watch_output_flush(output) : 0;
}

void watch_output_look_at_reader(struct watch_output *output)
{
	struct pollfd reader = {.fd = STDOUT_FILENO};

	if (!output->failure && poll(&reader, 1, 0) > 0 && reader.revents & POLLERR)
		output->failure = EPIPE;
}
