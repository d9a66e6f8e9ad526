#define FUZZ_FORMAT FORMAT_GEMINI
#include "tests/fuzz/stream.h"
