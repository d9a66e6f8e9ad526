#include "tui/term.h"

#include <curses.h>
#include <errno.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include "base/crypto.h"
#include "base/limits.h"
#include "base/mem.h"
#include "tui/crash.h"
#include "tui/keys.h"

/* More than terminals accept over OSC 52. */
#define MAX_COPY_BYTES (64 * KIB)

#define PASTE_BEGIN 0x7001 /* codes for define_key, beyond curses' own */
#define PASTE_END 0x7002

struct term {
	SCREEN *screen;
	WINDOW *input;	      /* a pad: reading refreshes any other window first */
	struct termios modes; /* as they were */
	struct cell *shown;   /* what the terminal has, row by row */
	int width;
	int height;
	bool has_color;
	bool is_away;
	bool is_pasting;
	bool mouse;
	enum term_theme theme;
	FILE *spill; /* what others wrote to stderr meanwhile */
	int stderr_copy;
};

static const char *const theme_names[THEME_COUNT] = {
	"default",
	"mono",
	"high-contrast",
	"blue-orange",
	"light",
};

const char *term_theme_name(enum term_theme theme)
{
	return theme_names[theme];
}

enum term_theme term_theme_by_name(const char *name)
{
	for (int i = 0; i < THEME_COUNT; i++) {
		if (str_ieq(theme_names[i], name)) {
			return (enum term_theme)i;
		}
	}
	return THEME_DEFAULT;
}

/* --- styles --- */

struct look {
	attr_t attributes;
	short color; /* -1: the terminal's own */
};

static const struct look plain_looks[STYLE_COUNT] = {
	[STYLE_NONE] = { A_NORMAL, -1 },
	[STYLE_OK] = { A_NORMAL, COLOR_GREEN },
	[STYLE_WARN] = { A_BOLD, COLOR_YELLOW },
	[STYLE_BAD] = { A_BOLD, COLOR_RED },
	[STYLE_DIM] = { A_DIM, -1 },
	[STYLE_TITLE] = { A_BOLD, -1 },
	[STYLE_KEY] = { A_BOLD, COLOR_CYAN },
	[STYLE_VALUE] = { A_BOLD, -1 },
	[STYLE_GRAPH] = { A_NORMAL, COLOR_GREEN },
	[STYLE_FIELD] = { A_UNDERLINE, -1 },
	[STYLE_PROMPT] = { A_BOLD, COLOR_MAGENTA },
	[STYLE_ACTIVE] = { A_BOLD | A_REVERSE, -1 },
};

static struct look look_of(const struct term *t, unsigned style)
{
	struct look look = plain_looks[style & ~(unsigned)STYLE_SELECTED];

	if (t->theme == THEME_HIGH_CONTRAST && look.attributes == A_DIM) {
		look.attributes = A_NORMAL;
	}
	if (t->theme == THEME_BLUE_ORANGE) {
		look.color = look.color == COLOR_GREEN ? COLOR_CYAN :
			     look.color == COLOR_RED   ? COLOR_YELLOW :
							 look.color;
	}
	if (t->theme == THEME_LIGHT) {
		look.color = look.color == COLOR_YELLOW ? COLOR_MAGENTA :
			     look.color == COLOR_CYAN || look.color == COLOR_GREEN ? COLOR_BLUE :
										     look.color;
		look.attributes &= ~A_DIM; /* grey on white */
	}
	if (!t->has_color || t->theme == THEME_MONO) {
		/* Bad is more than bold where colour cannot say so. */
		look.attributes |= look.color == COLOR_RED ? A_UNDERLINE : A_NORMAL;
		look.color = -1;
	}
	if (style & STYLE_SELECTED) {
		look.attributes = (look.attributes & ~A_DIM) | A_REVERSE;
		look.color = -1;
	}
	return look;
}

static void start_colors(struct term *t, bool no_color)
{
	const char *ask_none = getenv("NO_COLOR");

	t->has_color = !no_color && str_empty(ask_none) && has_colors();
	if (t->has_color) {
		start_color();
		use_default_colors();
		for (short i = 0; i < 8; i++) {
			init_pair((short)(i + 1), i, -1);
		}
	}
}

/* --- opening and closing --- */

static void add_capability(struct buf *out, const char *text)
{
	if (text && text != (char *)-1) {
		buf_adds(out, text);
	}
}

/* Mouse and bracketed paste off, colours, cursor, keypad and screen back. */
static void arm(const struct term *t)
{
	struct buf restore = BUF_INIT(512);

	buf_adds(&restore, "\033[?1000l\033[?1002l\033[?1003l\033[?1006l\033[?2004l");
	add_capability(&restore, tigetstr("sgr0"));
	add_capability(&restore, tigetstr("cnorm"));
	add_capability(&restore, tigetstr("rmkx"));
	add_capability(&restore, tigetstr("rmcup"));
	crash_arm(STDOUT_FILENO, buf_slice(&restore), &t->modes);
	buf_release(&restore);
}

static void bracketed_paste(bool on)
{
	putp(on ? "\033[?2004h" : "\033[?2004l");
	fflush(stdout);
}

/* The terminal's own type, then those that nearly all understand. */
static SCREEN *open_screen(struct err *err)
{
	const char *const types[] = { getenv("TERM"), "xterm-256color", "xterm", "vt100" };

	for (size_t i = 0; i < ARRAY_LEN(types); i++) {
		SCREEN *screen = str_empty(types[i]) ? NULL : newterm(types[i], stdout, stdin);

		if (screen) {
			return screen;
		}
	}
	err_setf(err, ERR_FAILED, "the terminal \"%s\" is not known here",
		 types[0] ? types[0] : "");
	err_hintf(err, "try: TERM=xterm llm-gateway, or: llm-gateway status --watch");
	return NULL;
}

static void set_modes(struct term *t)
{
	struct termios now;

	cbreak();
	noecho();
	nonl();
	raw(); /* Ctrl-c, Ctrl-z and Ctrl-s arrive as keys */
	if (tcgetattr(STDIN_FILENO, &now) == 0) {
		now.c_iflag &= (tcflag_t)~IXON;
		tcsetattr(STDIN_FILENO, TCSANOW, &now);
	}
	curs_set(0);
	t->input = newpad(1, 1);
	keypad(t->input, TRUE);
	nodelay(t->input, TRUE);
	define_key("\033[200~", PASTE_BEGIN);
	define_key("\033[201~", PASTE_END);
}

/* Until the end stderr goes into a file without a name. */
static void catch_stderr(struct term *t)
{
	fflush(stderr);
	t->spill = tmpfile();
	t->stderr_copy = t->spill ? dup(STDERR_FILENO) : -1;
	if (t->stderr_copy >= 0) {
		dup2(fileno(t->spill), STDERR_FILENO);
	}
}

static void release_stderr(struct term *t)
{
	char text[4096];
	size_t n;

	if (t->stderr_copy < 0) {
		return;
	}
	fflush(stderr);
	dup2(t->stderr_copy, STDERR_FILENO);
	close(t->stderr_copy);
	rewind(t->spill);
	while ((n = fread(text, 1, sizeof text, t->spill)) > 0) {
		fwrite(text, 1, n, stderr);
	}
	fclose(t->spill);
}

/* The size is the terminal's business, not that of exported variables. */
static void ask_size(struct term *t)
{
	struct winsize size = { 0 };

	if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) < 0 || !size.ws_row || !size.ws_col) {
		size = (struct winsize){ .ws_row = 24, .ws_col = 80 };
	}
	t->width = size.ws_col;
	t->height = size.ws_row;
	resizeterm(t->height, t->width);
	free(t->shown);
	t->shown = xcalloc((size_t)t->width * (size_t)t->height, sizeof *t->shown);
}

struct term *term_open(const struct term_options *options, struct err *err)
{
	struct term *t = xcalloc(1, sizeof *t);

	t->stderr_copy = -1;
	unsetenv("LINES");
	unsetenv("COLUMNS");
	set_escdelay(25);
	tcgetattr(STDIN_FILENO, &t->modes);
	t->screen = open_screen(err);
	if (!t->screen) {
		free(t);
		return NULL;
	}
	arm(t);
	catch_stderr(t);
	set_modes(t);
	start_colors(t, options->no_color);
	t->theme = options->theme;
	term_set_mouse(t, options->mouse);
	bracketed_paste(true);
	ask_size(t);
	return t;
}

void term_close(struct term *t)
{
	if (!t) {
		return;
	}
	if (!t->is_away) {
		term_leave(t);
	}
	tcsetattr(STDIN_FILENO, TCSANOW, &t->modes);
	crash_disarm();
	delwin(t->input);
	delscreen(t->screen);
	release_stderr(t);
	free(t->shown);
	free(t);
}

void term_leave(struct term *t)
{
	mousemask(0, NULL);
	bracketed_paste(false);
	curs_set(1);
	endwin();
	t->is_away = true;
}

void term_return(struct term *t)
{
	t->is_away = false;
	refresh();
	curs_set(0);
	term_set_mouse(t, t->mouse);
	bracketed_paste(true);
	ask_size(t);
	clearok(curscr, TRUE);
}

void term_size(const struct term *t, int *width, int *height)
{
	*width = t->width;
	*height = t->height;
}

void term_resized(struct term *t)
{
	ask_size(t);
	erase();
}

void term_redraw(struct term *t)
{
	clearok(curscr, TRUE);
	memset(t->shown, 0, (size_t)t->width * (size_t)t->height * sizeof *t->shown);
}

void term_set_mouse(struct term *t, bool on)
{
	t->mouse = on;
	mousemask(on ? BUTTON1_CLICKED | BUTTON1_PRESSED | BUTTON4_PRESSED | BUTTON5_PRESSED : 0,
		  NULL);
	mouseinterval(0);
}

void term_set_theme(struct term *t, enum term_theme theme)
{
	t->theme = theme;
	term_redraw(t);
}

bool term_has_color(const struct term *t)
{
	return t->has_color && t->theme != THEME_MONO;
}

/* --- drawing --- */

static void show_cell(const struct term *t, int x, int y, struct cell cell)
{
	struct look look = look_of(t, cell.style);
	wchar_t text[2] = { (wchar_t)cell.code, L'\0' };
	cchar_t ch;

	setcchar(&ch, text, look.attributes, (short)(look.color < 0 ? 0 : look.color + 1), NULL);
	mvadd_wch(y, x, &ch);
}

static bool cell_same(struct cell a, struct cell b)
{
	return a.code == b.code && a.style == b.style;
}

static void show_row(struct term *t, const struct canvas *c, int y)
{
	int width = c->width < t->width ? c->width : t->width;

	for (int x = 0; x < width; x++) {
		struct cell cell = c->cells[(size_t)y * (size_t)c->width + (size_t)x];
		struct cell *shown = &t->shown[(size_t)y * (size_t)t->width + (size_t)x];

		if (!cell_same(cell, *shown) && cell.code) {
			show_cell(t, x, y, cell);
		}
		*shown = cell;
	}
}

void term_show(struct term *t, const struct canvas *c)
{
	int height = c->height < t->height ? c->height : t->height;

	for (int y = 0; y < height; y++) {
		show_row(t, c, y);
	}
	move(c->cursor_y, c->cursor_x);
	curs_set(c->cursor_shown ? 1 : 0);
	wnoutrefresh(stdscr);
	doupdate();
}

/* --- input --- */

static int own_key(wint_t code)
{
	static const struct {
		wint_t code;
		int key;
	} map[] = {
		{ KEY_UP, KEY_CODE_UP },
		{ KEY_DOWN, KEY_CODE_DOWN },
		{ KEY_LEFT, KEY_CODE_LEFT },
		{ KEY_RIGHT, KEY_CODE_RIGHT },
		{ KEY_HOME, KEY_CODE_HOME },
		{ KEY_END, KEY_CODE_END },
		{ KEY_PPAGE, KEY_CODE_PGUP },
		{ KEY_NPAGE, KEY_CODE_PGDN },
		{ KEY_DC, KEY_CODE_DELETE },
		{ KEY_BTAB, KEY_CODE_SHIFT_TAB },
		{ KEY_BACKSPACE, KEY_CODE_BACKSPACE },
		{ KEY_ENTER, KEY_CODE_ENTER },
	};

	for (size_t i = 0; i < ARRAY_LEN(map); i++) {
		if (map[i].code == code) {
			return map[i].key;
		}
	}
	if (code >= (wint_t)KEY_F(1) && code <= (wint_t)KEY_F(12)) {
		return KEY_CODE_F1 + (int)(code - (wint_t)KEY_F(1));
	}
	return KEY_NOTHING;
}

static struct term_event mouse_event(void)
{
	struct term_event event = { .kind = TERM_KEY };
	MEVENT m;

	if (getmouse(&m) != OK) {
		return event;
	}
	event.x = m.x;
	event.y = m.y;
	if (m.bstate & (BUTTON4_PRESSED | BUTTON5_PRESSED)) {
		event.kind = TERM_WHEEL;
		event.key = m.bstate & BUTTON4_PRESSED ? -1 : 1;
	} else if (m.bstate & (BUTTON1_CLICKED | BUTTON1_PRESSED)) {
		event.kind = TERM_CLICK;
	}
	return event;
}

/* KEY_RESIZE says nothing: it only echoes what ask_size() told curses. */
static struct term_event special_event(struct term *t, wint_t code)
{
	struct term_event event = { .kind = TERM_KEY };

	if (code == PASTE_BEGIN || code == PASTE_END) {
		t->is_pasting = code == PASTE_BEGIN;
	} else if (code == KEY_MOUSE) {
		event = mouse_event();
	} else {
		event.key = own_key(code);
	}
	return event;
}

/* Swallows the rest of an escape sequence that nobody knows: its letters must
 * not act as keys. An Esc that stands alone is the key. */
static int finish_escape(struct term *t)
{
	wint_t code;
	int key = KEY_CODE_ESC;

	while (wget_wch(t->input, &code) != ERR) {
		key = KEY_NOTHING;
	}
	return key;
}

struct term_event term_read(struct term *t)
{
	struct term_event event = { .kind = TERM_KEY };
	wint_t code = 0;
	int what;

	errno = 0;
	what = wget_wch(t->input, &code);
	if (what == ERR) {
		event.kind = errno == EIO ? TERM_GONE : TERM_NONE;
		return event;
	}
	if (what == KEY_CODE_YES) {
		return special_event(t, code);
	}
	event.kind = t->is_pasting ? TERM_PASTE : TERM_KEY;
	event.key = code == '\n' ? KEY_CODE_ENTER : code == '\b' ? KEY_CODE_BACKSPACE : (int)code;
	if (event.key == KEY_CODE_ESC && !t->is_pasting) {
		event.key = finish_escape(t);
	}
	return event;
}

void term_copy(struct term *t, struct slice text)
{
	struct buf out = BUF_INIT(2 * MAX_COPY_BYTES);

	if (t->is_away || text.len > MAX_COPY_BYTES) {
		return;
	}
	buf_adds(&out, "\033]52;c;");
	crypto_base64(text, &out);
	buf_addc(&out, '\a');
	fwrite(buf_text(&out), 1, out.len, stdout);
	fflush(stdout);
	buf_release(&out);
}
