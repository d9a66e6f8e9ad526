/* Which keys each action has now: the table's own, or those of tui.keys. */
#ifndef TUI_KEYMAP_H
#define TUI_KEYMAP_H

#define ACTION_KEYS 3
#define MAX_ACTIONS 96 /* the table has fewer; a test checks */

struct keymap {
	int keys[MAX_ACTIONS][ACTION_KEYS];
};

#endif
