/* A value that fits a JSON Schema: the demo's tool arguments and answers. */
#ifndef DEMO_VALUE_H
#define DEMO_VALUE_H

#include "base/buf.h"

/* Appends JSON with the required members of the schema and the plainest value
 * for each. Anything odd in the schema gives {}. */
void demo_value_write(struct slice schema, struct buf *out);

#endif
