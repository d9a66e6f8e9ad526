/*
 * What a piece of the screen means. Screens know meanings only; tui/term.c
 * turns them into attributes and at most one of the terminal's own colours.
 */
#ifndef TUI_STYLE_H
#define TUI_STYLE_H

enum style {
	STYLE_NONE,
	STYLE_OK,
	STYLE_WARN,
	STYLE_BAD,
	STYLE_DIM,
	STYLE_TITLE,
	STYLE_KEY,
	STYLE_VALUE,
	STYLE_GRAPH,
	STYLE_FIELD,
	STYLE_PROMPT,
	STYLE_ACTIVE, /* the tab, the button that is chosen */
	STYLE_COUNT,
	STYLE_SELECTED = 0x40, /* added to any of them: the row under the cursor */
};

/* How much of Unicode the chrome may use. */
enum glyph_tier {
	GLYPH_ASCII,
	GLYPH_BLOCK, /* lines and block elements */
	GLYPH_BRAILLE,
};

#endif
