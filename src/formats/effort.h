/* Effort levels and token budgets of thinking (C107). Pure functions. */
#ifndef FORMATS_EFFORT_H
#define FORMATS_EFFORT_H

#include "formats/hub.h"
#include "formats/model_traits.h"

int64_t effort_to_budget(enum hub_effort effort);
enum hub_effort effort_of_budget(int64_t budget);

/* The level that the request asks for in any spelling: effort as it is, a
 * budget by the table, off as NONE; UNSET for adaptive or nothing. */
enum hub_effort effort_wanted(const struct hub_thinking *thinking);

/* The nearest level the model knows: down to a known one, up to the lowest
 * (C110). NONE and UNSET stay. */
enum hub_effort effort_fit(enum hub_effort effort, const struct model_traits *traits);

#endif
