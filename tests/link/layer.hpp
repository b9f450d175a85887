// What the two translation units of the link test export: the same layer, each compiled for its own instruction set.
#pragma once

#include <cstddef>

struct Answer {
  const char* instruction_set;  // the namespace the layer's code lives in
  std::size_t lanes;            // of the vectors the kernel ran on
  float y[8];
};

Answer answer_sse2();
Answer answer_avx2();
