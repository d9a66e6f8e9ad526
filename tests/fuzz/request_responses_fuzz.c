#define FUZZ_FORMAT FORMAT_RESPONSES
#include "tests/fuzz/request.h"
