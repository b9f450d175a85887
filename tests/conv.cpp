#include "chapter.hpp"
#include "tables/conv.hpp"
