// What every test of the whole host library begins with, compiled once.
#include "../chapter.hpp"
