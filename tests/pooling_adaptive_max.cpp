#include "chapter.hpp"
#include "tables/pooling_adaptive_max.hpp"
