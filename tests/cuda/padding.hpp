#include "against_host.hpp"
// Behind what says how a line is checked.
#include "../tables/padding.hpp"
