// Activations that are linear in pieces.
#include "chapter.hpp"
#include "tables/activation_linear.hpp"
