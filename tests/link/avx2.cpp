// Compiled with -mavx2 -mfma.
#define ANSWER answer_avx2
#include "answer.hpp"
