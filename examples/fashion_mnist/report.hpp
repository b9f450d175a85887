/// \file
/// What the classification of a test set was like.
#pragma once

#include <cstddef>
#include <cstdio>

#include "../confusion.hpp"
#include "dataset.hpp"

namespace fashion_mnist {

using Confusion = examples::Confusion<class_count>;

inline void print(const Confusion& confusion) {
  std::printf("%-10s %7s %10s %8s\n", "class", "images", "precision", "recall");
  for (std::size_t c = 0; c < class_count; ++c)
    std::printf("%-10s %7zu %8.1f %% %6.1f %%\n", class_names[c], confusion.count(c), 100 * confusion.precision(c),
                100 * confusion.recall(c));
}

}  // namespace fashion_mnist
