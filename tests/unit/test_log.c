/* SPDX-License-Identifier: BSD-2-Clause */
#include "unit.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/console.h"
#include "daytime/log.h"

static char said[4096];

static void talk(void)
{
	struct error err = {.text = "cannot listen"};
	char endless[2000];

	memset(endless, 'e', sizeof(endless) - 1);
	endless[sizeof(endless) - 1] = '\0';
	log_init();
	log_say(LOG_WARNING, "look\nat me");
	log_say(LOG_INFO, "100 %s done");
	console_note("note %d", 1);
	console_print(&err);
	log_say(LOG_NOTICE, endless);
}

/* In a child, for where messages go is for the whole process. JOURNAL_STREAM is that of stderr plus `off`. */
static void hear(bool has_stream, int off)
{
	int ends[2];
	size_t length = 0;
	ssize_t n;

	assert_return_code(pipe(ends), errno);
	if (!fork()) {
		struct stat status;
		char stream[64];

		dup2(ends[1], STDERR_FILENO);
		fstat(STDERR_FILENO, &status);
		snprintf(stream, sizeof(stream), "%llu:%llu", (unsigned long long)status.st_dev,
			(unsigned long long)status.st_ino + (unsigned)off);
		unsetenv("JOURNAL_STREAM");
		if (has_stream)
			setenv("JOURNAL_STREAM", off < 0 ? "8:x" : stream, 1);
		console_init("daytimed");
		talk();
		_exit(0);
	}
	close(ends[1]);
	while ((n = read(ends[0], said + length, sizeof(said) - 1 - length)) > 0)
		length += (size_t)n;
	said[length] = '\0';
	close(ends[0]);
	wait(NULL);
}

static void assert_begins(const char *beginning)
{
	if (strncmp(said, beginning, strlen(beginning)) != 0)
		fail_msg("%s", said);
	assert_in_range(strlen(said), 900, 1200); /* the endless one was cut */
	assert_int_equal(said[strlen(said) - 1], '\n');
}

static void names_the_program_on_stderr(void **state)
{
	static const char expected[] = "daytimed: look\n"
				       "daytimed: 100 %s done\n"
				       "daytimed: note 1\n"
				       "daytimed: cannot listen\n"
				       "daytimed: eee";

	(void)state;
	hear(false, 0);
	assert_begins(expected);
	hear(true, 1); /* the journal of somebody else */
	assert_begins(expected);
	hear(true, -1); /* no numbers */
	assert_begins(expected);
}

static void names_the_level_to_the_journal(void **state)
{
	(void)state;
	hear(true, 0);
	assert_begins("<4>look\n"
		      "<6>100 %s done\n"
		      "<5>note 1\n"
		      "<3>cannot listen\n"
		      "<5>eee");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_the_program_on_stderr),
		cmocka_unit_test(names_the_level_to_the_journal),
	};

	return cmocka_run_group_tests_name("log", tests, NULL, NULL);
}
