#define FUZZ_FORMAT FORMAT_ANTHROPIC
#include "tests/fuzz/stream.h"
