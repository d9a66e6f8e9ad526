/*
 * What a model can and cannot take, known by its name: the rules of
 * conversion.md that speak of a "model entry". Names are an open set; an
 * unknown name gets the traits of the vendor's newest line, which refuse
 * least. A date suffix, a vendor prefix ("anthropic/", "models/") and the
 * suffix "[1m]" do not matter.
 */
#ifndef FORMATS_MODEL_TRAITS_H
#define FORMATS_MODEL_TRAITS_H

#include "formats/hub.h"

enum thinking_style {
	STYLE_NONE,                     /* cannot think */
	STYLE_BUDGET,                   /* tokens: Claude up to 4.5, Gemini 2.5 */
	STYLE_LEVEL,                    /* named levels: adaptive Claude, Gemini 3, OpenAI */
};

struct model_traits {
	enum thinking_style thinking;
	int64_t max_output;             /* tokens; 0: unknown (C103, C104) */
	int64_t budget_min;             /* STYLE_BUDGET (C109, C111) */
	int64_t budget_max;
	enum hub_effort effort_min;     /* lowest level beside none */
	enum hub_effort effort_max;
	bool has_xhigh;                 /* the level below max exists */
	bool has_effort;                /* A: output_config.effort is understood */
	bool can_disable;               /* thinking can be switched off (C108, C110, C111) */
	bool between_tools;             /* A: lowest setting where it cannot (C108) */
	bool sampling;                  /* temperature, top_p, top_k are accepted */
	bool one_sampling;              /* A: not temperature and top_p together (C101) */
	bool stop;                      /* C106: reasoning models of OpenAI have none */
	bool prefill;                   /* C43 */
	bool mid_system;                /* C41 */
	bool no_forced;                 /* C52: tool_choice cannot be forced */
	bool no_forced_with_thinking;
	bool structured;                /* C97: native structured output */
	bool is_level_gemini;           /* Gemini 3 and later (C61, C88, C94) */
	bool penalties;                 /* C102 */
};

/* Traits of `model` on an upstream that speaks `format`. */
void model_traits_find(enum format_id format, struct slice model, struct model_traits *out);

#endif
