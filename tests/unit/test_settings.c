/* SPDX-License-Identifier: BSD-2-Clause */
#include "unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "observe/settings.h"
#include "observe/settings_files.h"

static char root[] = "/tmp/test_settings.XXXXXX";

static const char *const names[] = {"tcp_tw_recycle", "somaxconn", NULL};

static void path_of(char path[256], const char *name)
{
	snprintf(path, 256, "%s%s", root, name);
}

static void put(const char *name, const char *text)
{
	char path[256];
	FILE *file;

	path_of(path, name);
	file = fopen(path, "w");
	assert_non_null(file);
	fputs(text, file);
	assert_int_equal(fclose(file), 0);
}

static int make_root(void **state)
{
	static const char *const folders[] = {"/etc", "/etc/sysctl.d", "/usr", "/usr/lib",
		"/usr/lib/sysctl.d", "/run", "/run/sysctl.d"};
	char path[256], other[256];

	(void)state;
	if (!mkdtemp(root))
		return -1;
	for (size_t i = 0; i < COUNT(folders); i++) {
		path_of(path, folders[i]);
		mkdir(path, 0755);
	}
	path_of(path, "/lib");
	if (symlink("usr/lib", path) < 0)
		return -1;
	path_of(path, "/etc/sysctl.d/99-sysctl.conf");
	if (symlink("../sysctl.conf", path) < 0)
		return -1;
	path_of(other, "/etc/sysctl.d/20-fifo.conf");
	return mkfifo(other, 0600);
}

static int remove_root(void **state)
{
	char command[300];

	(void)state;
	snprintf(command, sizeof(command), "rm -r '%s'", root);
	return system(command);
}

static void lines_are_found(void **state)
{
	struct settings_files files = {0};

	(void)state;
	put("/etc/sysctl.conf", "# net.ipv4.tcp_tw_recycle = 1\n; tcp_tw_recycle=1\n\n"
				"net.ipv4.tcp_tw_recycle = 1\n");
	put("/etc/sysctl.d/10-a.conf", "-net/core/somaxconn=\t128 \r\nnet.ipv4.tcp_tw_recycles=1\n"
				       "tcp_tw_recycle\n=\n");
	put("/etc/sysctl.d/README", "net.ipv4.tcp_tw_recycle = 1\n");
	put("/usr/lib/sysctl.d/50-b.conf", "net.ipv4.tcp_tw_recycle=0");
	settings_files_read(&files, root, names);
	assert_int_equal(files.count, 3);
	/* By name, and sysctl.conf last, under its own name; a folder that is a link adds nothing. */
	assert_string_equal(files.lines[0].path, "/etc/sysctl.d/10-a.conf");
	assert_string_equal(files.lines[0].name, "somaxconn");
	assert_string_equal(files.lines[0].value, "128");
	assert_string_equal(files.lines[1].path, "/usr/lib/sysctl.d/50-b.conf");
	assert_string_equal(files.lines[1].value, "0");
	assert_string_equal(files.lines[2].path, "/etc/sysctl.conf");
	assert_int_equal(files.lines[2].line, 4);
	assert_string_equal(files.lines[2].name, "tcp_tw_recycle");
	assert_string_equal(files.lines[2].value, "1");
	settings_files_finish(&files);
}

/* sysctl.d(5): of files of one name the first folder's is read, and a link to /dev/null hides the rest. */
static void files_hide_others_of_their_name(void **state)
{
	struct settings_files files = {0};
	char path[256];

	(void)state;
	put("/etc/sysctl.conf", "");
	put("/etc/sysctl.d/10-a.conf", "");
	put("/etc/sysctl.d/50-b.conf", "# nothing any more\n");
	put("/usr/lib/sysctl.d/50-b.conf", "net.ipv4.tcp_tw_recycle=1\n");
	put("/usr/lib/sysctl.d/60-c.conf", "net.ipv4.tcp_tw_recycle=1\n");
	put("/run/sysctl.d/70-d.conf", "net.ipv4.tcp_tw_recycle=7\n");
	put("/usr/lib/sysctl.d/70-d.conf", "net.ipv4.tcp_tw_recycle=1\n");
	path_of(path, "/run/sysctl.d/60-c.conf");
	assert_int_equal(symlink("/dev/null", path), 0);
	settings_files_read(&files, root, names);
	assert_int_equal(files.count, 1);
	assert_string_equal(files.lines[0].path, "/run/sysctl.d/70-d.conf");
	assert_string_equal(files.lines[0].value, "7");
	settings_files_finish(&files);
}

static void many_lines_are_too_many(void **state)
{
	struct settings_files files = {0};
	char text[SETTINGS_LINES_MAX * 2 * 20] = "";

	(void)state;
	for (int i = 0; i < SETTINGS_LINES_MAX + 9; i++)
		strcat(text, "a.somaxconn=1\n");
	put("/etc/sysctl.conf", text);
	settings_files_read(&files, root, names);
	assert_int_equal(files.count, SETTINGS_LINES_MAX);
	settings_files_finish(&files);
	settings_files_read(&files, "/nowhere", names);
	assert_int_equal(files.count, 0);
	settings_files_finish(&files);
}

static void ports_are_read(void **state)
{
	struct settings settings = {0};

	(void)state;
	settings_read_ports("1,5-7,65535,70000-80000\n", settings.reserved);
	assert_true(settings_reserves(&settings, 1));
	assert_false(settings_reserves(&settings, 4));
	assert_true(settings_reserves(&settings, 5));
	assert_true(settings_reserves(&settings, 7));
	assert_false(settings_reserves(&settings, 8));
	assert_true(settings_reserves(&settings, 65535));
	assert_false(settings_reserves(&settings, 70000));
	settings_read_ports("x-,-,9-8,99999999999999999999", settings.reserved);
	assert_false(settings_reserves(&settings, 9));
}

static void this_kernel_has_settings(void **state)
{
	struct settings settings;

	(void)state;
	settings_read(&settings);
	assert_true(settings.is_known[SETTING_FIN_TIMEOUT_S]);
	assert_false(settings.is_known[SETTING_TW_RECYCLE]);
	assert_true(settings.has_port_range);
	assert_string_equal(setting_name(SETTING_SOMAXCONN), "somaxconn");
	assert_string_equal(setting_full_name(SETTING_SOMAXCONN), "net.core.somaxconn");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lines_are_found),
		cmocka_unit_test(files_hide_others_of_their_name),
		cmocka_unit_test(many_lines_are_too_many),
		cmocka_unit_test(ports_are_read),
		cmocka_unit_test(this_kernel_has_settings),
	};

	return cmocka_run_group_tests(tests, make_root, remove_root);
}
