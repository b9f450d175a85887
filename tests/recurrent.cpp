#include "chapter.hpp"
#include "tables/recurrent.hpp"
