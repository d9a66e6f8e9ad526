#define FUZZ_FORMAT FORMAT_CHAT
#include "tests/fuzz/request.h"
