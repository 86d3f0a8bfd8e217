/* SPDX-License-Identifier: BSD-2-Clause */
#include "timewait/top_terminal.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include <curses.h>
#include <term.h>

#include "base/console.h"
#include "base/i18n.h"
#include "report/top_view.h"
#include "timewait/output.h"

/* What curses calls so would shadow words of ours. */
#undef columns
#undef lines

static SCREEN *screen;

/* What a crash needs: it may call nothing that allocates or locks. */
static struct termios saved_termios;
static char farewell[256];
static size_t farewell_bytes;
static volatile sig_atomic_t is_open;

static attr_t looks[GRID_LOOKS];

static const char *capability(const char *name)
{
	/* tigetstr() takes a string that it does not change, and knows two ways to say no. */
	char copy[16];
	const char *value;

	strncpy(copy, name, sizeof(copy) - 1);
	copy[sizeof(copy) - 1] = '\0';
	value = tigetstr(copy);
	return value && value != (const char *)-1 ? value : NULL;
}

/* Can the terminal of TERM place its cursor? *ret_is_known: is there one of that name? */
static bool can_place_cursor(bool *ret_is_known)
{
	bool can = false;
	int status;

	*ret_is_known = setupterm(NULL, STDOUT_FILENO, &status) == OK;
	if (*ret_is_known) {
		can = capability("cup") && capability("clear");
		/* newterm() makes one of its own. */
		del_curterm(cur_term);
	}
	return can;
}

/* Is there a screen? -ENOTTY and why not, else. */
static int check_terminal(struct error *err)
{
	const char *term = getenv("TERM");
	_cleanup_text_ struct text safe = output_safe(term ? term : "");
	bool is_known;

	if (!isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO))
		return error_set(err, ENOTTY,
			_("no screen: standard input and output are not both a terminal (--batch "
			  "prints frames as text)"));
	if (!term || !*term)
		return error_set(err, ENOTTY,
			_("no screen: TERM does not say which terminal this is (--batch prints "
			  "frames as text)"));
	if (can_place_cursor(&is_known))
		return 0;
	if (is_known)
		return error_set(err, ENOTTY,
			_("no screen: the terminal '%s' of TERM cannot place its cursor (--batch "
			  "prints frames as text)"),
			safe.bytes);
	return error_set(err, ENOTTY,
		_("no screen: the terminal '%s' of TERM is not known here (--batch prints frames "
		  "as text)"),
		safe.bytes);
}

static void add_farewell(const char *name)
{
	const char *value = capability(name);
	size_t length = value ? strlen(value) : 0;

	/* Delays ("$<5>") are for terminals of old. */
	if (!length || strstr(value, "$<") || farewell_bytes + length > sizeof(farewell))
		return;
	memcpy(farewell + farewell_bytes, value, length);
	farewell_bytes += length;
}

static void crash(int signal_number)
{
	ssize_t written;

	if (is_open) {
		is_open = 0;
		written = write(STDOUT_FILENO, farewell, farewell_bytes);
		(void)written;
		tcsetattr(STDIN_FILENO, TCSANOW, &saved_termios);
	}
	/* SA_RESETHAND: this time it is the end, with a core where one is wanted. */
	raise(signal_number);
}

static void watch_crashes(void)
{
	static const int signals[] = {SIGSEGV, SIGBUS, SIGABRT, SIGFPE, SIGILL, SIGQUIT, SIGSYS};
	struct sigaction action = {.sa_handler = crash, .sa_flags = (int)SA_RESETHAND | SA_NODEFER};

	sigemptyset(&action.sa_mask);
	for (size_t i = 0; i < sizeof(signals) / sizeof(*signals); i++)
		sigaction(signals[i], &action, NULL);
}

/* The looks, in what the terminal has of colours and attributes. */
static void choose_looks(void)
{
	static const struct {
		short colour;
		attr_t with, without; /* attributes, with colours and without */
	} choices[GRID_LOOKS] = {
		[GRID_PLAIN] = {-1, A_NORMAL, A_NORMAL},
		[GRID_BOLD] = {-1, A_BOLD, A_BOLD},
		[GRID_DIM] = {-1, A_DIM, A_DIM},
		[GRID_TITLE] = {-1, A_REVERSE, A_REVERSE},
		[GRID_HEAD] = {COLOR_CYAN, A_UNDERLINE, A_UNDERLINE},
		[GRID_FOCUS] = {COLOR_CYAN, A_BOLD | A_REVERSE, A_BOLD | A_REVERSE},
		[GRID_GOOD] = {COLOR_GREEN, A_NORMAL, A_NORMAL},
		[GRID_WARN] = {COLOR_YELLOW, A_NORMAL, A_BOLD},
		[GRID_BAD] = {COLOR_RED, A_BOLD, A_REVERSE},
		[GRID_GRAPH] = {COLOR_CYAN, A_NORMAL, A_NORMAL},
	};
	bool has_colours = console_has_colour(stdout) && has_colors() && start_color() == OK;

	if (has_colours)
		use_default_colors();
	for (short i = 0; i < GRID_LOOKS; i++) {
		looks[i] = has_colours ? choices[i].with : choices[i].without;
		if (!has_colours || choices[i].colour < 0)
			continue;
		init_pair((short)(i + 1), choices[i].colour, -1);
		looks[i] |= COLOR_PAIR(i + 1);
	}
}

int terminal_open(struct error *err)
{
	static bool is_registered;
	int r = check_terminal(err);

	if (r < 0)
		return r;
	tcgetattr(STDIN_FILENO, &saved_termios);
	screen = newterm(NULL, stdout, stdin);
	if (!screen)
		return error_set(err, ENOTTY, _("no screen: ncurses refuses the terminal"));
	farewell_bytes = 0;
	for (const char *const *name =
			(const char *const[]){"sgr0", "cnorm", "rmkx", "rmcup", NULL};
		*name; name++)
		add_farewell(*name);
	is_open = 1;
	watch_crashes();
	if (!is_registered)
		atexit(terminal_close);
	is_registered = true;
	cbreak();
	noecho();
	keypad(stdscr, TRUE);
	nodelay(stdscr, TRUE);
	/* How long an Esc may be the beginning of another key. */
	set_escdelay(25);
	curs_set(0);
	choose_looks();
	return 0;
}

void terminal_close(void)
{
	if (!is_open)
		return;
	endwin();
	is_open = 0;
	delscreen(screen);
	screen = NULL;
}

void terminal_size(int *ret_rows, int *ret_columns)
{
	getmaxyx(stdscr, *ret_rows, *ret_columns);
}

/* Cells of one look, in one piece. */
static void show_row(const struct grid *grid, int row)
{
	const struct grid_cell *cells = &grid->cells[(size_t)row * (size_t)grid->columns];
	_cleanup_text_ struct text piece = TEXT_INIT;

	move(row, 0);
	for (int from = 0; from < grid->columns;) {
		int to = from;

		text_clear(&piece);
		for (; to < grid->columns && cells[to].look == cells[from].look; to++)
			text_append(&piece, cells[to].bytes);
		attrset(looks[cells[from].look]);
		addnstr(piece.bytes, (int)piece.length);
		from = to;
	}
}

void terminal_show(const struct grid *grid)
{
	attrset(A_NORMAL);
	erase();
	for (int row = 0; row < grid->rows; row++)
		show_row(grid, row);
	refresh();
}

static const struct {
	int theirs, ours;
} keys[] = {
	{KEY_UP, TOP_KEY_UP},
	{KEY_DOWN, TOP_KEY_DOWN},
	{KEY_PPAGE, TOP_KEY_PAGE_UP},
	{KEY_NPAGE, TOP_KEY_PAGE_DOWN},
	{KEY_HOME, TOP_KEY_HOME},
	{KEY_END, TOP_KEY_END},
	{KEY_LEFT, TOP_KEY_LEFT},
	{KEY_RIGHT, TOP_KEY_RIGHT},
	{KEY_BTAB, TOP_KEY_BACK_TAB},
	{KEY_BACKSPACE, TOP_KEY_BACKSPACE},
	{KEY_ENTER, TOP_KEY_ENTER},
	{KEY_RESIZE, TERMINAL_RESIZED},
};

int terminal_key(void)
{
	int key = getch();

	if (key == ERR)
		return TERMINAL_NO_KEY;
	for (size_t i = 0; i < sizeof(keys) / sizeof(*keys); i++) {
		if (keys[i].theirs == key)
			return keys[i].ours;
	}
	/* Other keys of curses would be taken for ours. */
	return key > 255 ? 0 : key;
}
