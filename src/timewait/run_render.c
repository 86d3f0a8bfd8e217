/* SPDX-License-Identifier: BSD-2-Clause */
#include "timewait/run_render.h"

#include <string.h>

#include "report/diagram.h"
#include "report/diagram_svg.h"
#include "report/diagram_text.h"
#include "report/json.h"
#include "report/memory.h"
#include "report/pcap.h"
#include "timewait/output.h"
#include "timewait/run_show.h"

static void render_diagram(
	const struct run_show *show, const struct timeline *timeline, struct text *out)
{
	struct memory memory;
	struct diagram diagram;

	diagram_build(&diagram, timeline);
	diagram_text_print(&diagram, memory_open(&memory),
		(struct diagram_text_options){
			.columns = show->mode == RUN_TAP ? 0 : show->columns,
			.utf8 = show->mode == RUN_TAP || show->utf8,
			.colour = show->mode != RUN_TAP && show->has_colour,
		});
	diagram_finish(&diagram);
	memory_move(&memory, out);
}

static void render_svg(const struct timeline *timeline, struct text *out)
{
	struct memory memory;
	struct diagram diagram;

	diagram_build(&diagram, timeline);
	diagram_svg_print(&diagram, memory_open(&memory));
	diagram_finish(&diagram);
	memory_move(&memory, out);
}

static void render_json(
	const struct scenario *scenario, const struct timeline *timeline, struct text *out)
{
	struct memory memory;

	json_print_timeline(timeline, scenario->file, scenario->is_slow, memory_open(&memory));
	memory_move(&memory, out);
}

/* Where a picture or a capture goes. */
struct target {
	const char *path; /* as given */
	bool is_folder;
	const char *suffix; /* of the files in it */
};

/* "F", or "F/NAME.svg"; of a later run that failed "F-run57", "F/NAME-run57.svg". */
static void path_of(
	const struct target *target, const char *name, uint64_t run, struct text *ret_path)
{
	const char *dot = strrchr(target->path, '.');
	size_t length = strlen(target->path);
	size_t stem = dot && !strchr(dot, '/') ? (size_t)(dot - target->path) : length;

	text_append_bytes(ret_path, target->path, target->is_folder ? length : stem);
	if (target->is_folder)
		text_printf(ret_path, "/%s", name);
	if (run > 1)
		text_printf(ret_path, "-run%llu", (unsigned long long)run);
	text_append(ret_path, target->is_folder ? target->suffix : target->path + stem);
}

/* Into the file; or with the report to standard output, the first run alone. */
static int deliver(const struct target *target, const char *name, uint64_t run,
	const struct text *contents, struct text *out, struct error *err)
{
	_cleanup_text_ struct text file = TEXT_INIT;

	if (!run_is_stdout(target->path)) {
		path_of(target, name, run, &file);
		return output_save(contents, file.bytes, false, err);
	}
	if (run == 1)
		text_append_bytes(out, contents->bytes, contents->length);
	return 0;
}

static int render_files(const struct run_show *show, const struct timeline *timeline,
	const char *name, uint64_t run, struct text *out, struct error *err)
{
	const struct target svg = {show->svg_path, show->is_svg_folder, ".svg"};
	const struct target pcap = {show->pcap_path, show->is_pcap_folder, ".pcap"};
	_cleanup_text_ struct text picture = TEXT_INIT, capture = TEXT_INIT;
	int r = 0;

	if (svg.path) {
		render_svg(timeline, &picture);
		r = deliver(&svg, name, run, &picture, out, err);
	}
	if (pcap.path && r == 0) {
		pcap_append(timeline, &capture);
		r = deliver(&pcap, name, run, &capture, out, err);
	}
	return r;
}

int run_render(const struct suite_item *item, uint64_t run, const struct lab *lab,
	const struct run_result *result, struct text *out, void *context, struct error *err)
{
	const struct run_show *show = context;
	const struct timeline *timeline = &lab->timeline;
	bool has_failed = result->outcome == RUN_FAILED;
	size_t index = 0;

	while (&show->inputs->inputs[index].scenario != item->scenario)
		index++;
	if (show->mode == RUN_JSON)
		render_json(item->scenario, timeline, out);
	else if (!show->is_given_away && (show->mode == RUN_LADDER || has_failed))
		render_diagram(show, timeline, out);
	return render_files(show, timeline, show->inputs->inputs[index].name, run, out, err);
}
