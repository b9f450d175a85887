// What every chapter of the Thrust backend begins with, compiled once for each system.
#include "../cuda/against_host.hpp"
