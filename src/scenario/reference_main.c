/* SPDX-License-Identifier: BSD-2-Clause */

/* The tool behind scripts/reference, never installed: prints the reference in one form. */

#include <stdio.h>
#include <string.h>

#include "base/console.h"
#include "scenario/reference.h"

int main(int argc, char **argv)
{
	_cleanup_text_ struct text text = TEXT_INIT;

	console_init("scenario-reference");
	if (argc == 2 && !strcmp(argv[1], "markdown")) {
		reference_markdown(&text);
	} else if (argc == 2 && !strcmp(argv[1], "scdoc")) {
		reference_scdoc(&text);
	} else {
		console_error("usage: scenario-reference markdown|scdoc");
		return EXIT_USAGE;
	}
	fputs(text.bytes, stdout);
	return console_flush();
}
