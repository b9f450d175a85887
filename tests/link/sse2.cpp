// Compiled with -msse2 only.
#define ANSWER answer_sse2
#include "answer.hpp"
