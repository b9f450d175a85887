#include "chapter.hpp"
#include "tables/normalization3d.hpp"
