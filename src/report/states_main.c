/* SPDX-License-Identifier: BSD-2-Clause */

/* The tool behind scripts/states, never installed: writes docs/states.md and its pictures. */

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/console.h"
#include "base/interrupt.h"
#include "report/states_page.h"

static int save(const char *folder, const char *name, const struct text *contents)
{
	_cleanup_text_ struct text path = TEXT_INIT;
	bool has_failed;
	FILE *file;

	text_printf(&path, "%s/%s", folder, name);
	file = fopen(path.bytes, "we");
	has_failed =
		!file || fwrite(contents->bytes, 1, contents->length, file) != contents->length;
	if ((file && fclose(file) != 0) || has_failed) {
		console_error("cannot write %s: %s", path.bytes, strerror(errno));
		return EXIT_FAILED;
	}
	return EXIT_OK;
}

static int save_all(const char *folder, const struct coverage *coverage,
	const struct states_picture pictures[STATES_PAGE_COUNT])
{
	_cleanup_text_ struct text page = TEXT_INIT, path = TEXT_INIT;
	int code;

	text_printf(&path, "%s/states", folder);
	if (mkdir(path.bytes, 0777) < 0 && errno != EEXIST) {
		console_error("cannot create %s: %s", path.bytes, strerror(errno));
		return EXIT_FAILED;
	}
	states_page_print(&page, coverage, pictures);
	code = save(folder, "states.md", &page);
	for (size_t i = 0; i < STATES_PAGE_COUNT && code == EXIT_OK; i++) {
		text_clear(&path);
		states_picture_path(&pictures[i], &path);
		code = save(folder, path.bytes, &pictures[i].svg);
	}
	return code;
}

static bool is_whole(const struct coverage *coverage)
{
	size_t missing = coverage_missing(coverage);

	if (coverage->not_passed.length)
		console_note(
			"failed or skipped, so not told of: %s", coverage->not_passed.bytes + 2);
	if (missing)
		console_error(
			"%zu transitions are missing (see timewait scenarios --coverage)", missing);
	return missing == 0;
}

int main(int argc, char **argv)
{
	struct states_picture pictures[STATES_PAGE_COUNT];
	struct coverage coverage;
	struct error err = {0};
	int code;

	console_init("states");
	if (argc != 2) {
		console_error("usage: states FOLDER");
		return EXIT_USAGE;
	}
	interrupt_watch();
	if (coverage_run(&coverage, &(struct coverage_setting){0}, &err) < 0) {
		console_print(&err);
		return EXIT_UNAVAILABLE;
	}
	code = is_whole(&coverage) ? EXIT_OK : EXIT_FAILED;
	if (code == EXIT_OK && states_pictures_take(pictures, &err) < 0) {
		console_print(&err);
		code = EXIT_FAILED;
	} else if (code == EXIT_OK) {
		code = save_all(argv[1], &coverage, pictures);
		states_pictures_finish(pictures);
	}
	coverage_finish(&coverage);
	return code;
}
