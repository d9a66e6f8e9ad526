#define FUZZ_FORMAT FORMAT_GEMINI
#include "tests/fuzz/request.h"
