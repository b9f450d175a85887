/// \file
/// One chapter on a system without CUDA; the build names both.
#include TENON_CHAPTER
