/// \file
/// One chapter for a CUDA device; the build names it.
#include TENON_CHAPTER
