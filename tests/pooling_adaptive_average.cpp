#include "chapter.hpp"
#include "tables/pooling_adaptive_average.hpp"
