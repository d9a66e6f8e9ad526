#include "tui/graph.h"

#include <math.h>

/* Heights of one cell, from nothing to full, by tier. */
static const uint32_t ascii_levels[] = { '_', '.', ':', '-', '=', '+', '*', '#', '%', '@' };
static const uint32_t block_levels[] = {
	'_', 0x2581, 0x2582, 0x2583, 0x2584, 0x2585, 0x2586, 0x2587, 0x2588,
};
static const uint32_t braille_levels[] = { 0x2840 + 0x80, 0x28e4, 0x28f6, 0x28ff };

/* `part` is 0 to 1; anything above nothing is visible. */
static uint32_t level(enum glyph_tier tier, double part)
{
	const uint32_t *levels = tier == GLYPH_ASCII ? ascii_levels :
				 tier == GLYPH_BLOCK ? block_levels :
						       braille_levels;
	int most = tier == GLYPH_ASCII ? 9 : tier == GLYPH_BLOCK ? 8 : 3;
	int n = (int)ceil(part * most);

	return levels[n < 0 ? 0 : n > most ? most : n];
}

void graph_line(struct pane p, int x, int y, const double *values, int count, double top)
{
	for (int i = 0; i < count; i++) {
		if (!isnan(values[i])) {
			bool is_zero = values[i] <= 0 || top <= 0;

			pane_put(p, x + i, y, is_zero ? STYLE_DIM : STYLE_GRAPH,
				 is_zero ? '_' : level(p.canvas->tier, values[i] / top));
		}
	}
}

static uint32_t part_of_column(enum glyph_tier tier, double part)
{
	if (tier == GLYPH_ASCII) {
		return part >= 0.75 ? '#' : part > 0.2 ? ':' : '.';
	}
	return level(tier, part);
}

static void draw_column(struct pane p, int x, double value, double lower, double top)
{
	double rows = top > 0 ? value / top * p.h : 0;
	double strong = isnan(lower) || top <= 0 ? rows : lower / top * p.h;

	if (isnan(value)) {
		return;
	}
	for (int row = 0; row < p.h; row++) {
		double part = rows - row;
		unsigned style = row < strong ? STYLE_GRAPH : STYLE_DIM;

		if (part > 0) {
			pane_put(p, x, p.h - 1 - row, style,
				 part_of_column(p.canvas->tier, part > 1 ? 1 : part));
		} else if (row == 0) {
			pane_put(p, x, p.h - 1, STYLE_DIM, '_');
		}
	}
}

void graph_columns(struct pane p, const double *values, const double *lower, int count,
		   double top)
{
	int skip = count > p.w ? count - p.w : 0;

	for (int i = skip; i < count; i++) {
		draw_column(p, p.w - count + i, values[i], lower ? lower[i] : (double)NAN, top);
	}
}

double graph_peak(const double *values, int count)
{
	double peak = 0;

	for (int i = 0; i < count; i++) {
		peak = fmax(peak, isnan(values[i]) ? 0 : values[i]);
	}
	return peak;
}

double graph_round(double value)
{
	double unit = 1;

	if (!(value > 0)) {
		return 1;
	}
	unit = pow(10, floor(log10(value)));
	return value <= unit	 ? unit :
	       value <= 2 * unit ? 2 * unit :
	       value <= 5 * unit ? 5 * unit :
				   10 * unit;
}
