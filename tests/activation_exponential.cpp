// Activations made of the exponential function.
#include "chapter.hpp"
#include "tables/activation_exponential.hpp"
