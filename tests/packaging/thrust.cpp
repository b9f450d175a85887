// Compiled beside it for tenon::cuda, whose headers come with those of the host.
#if !__has_include(<tenon/cuda/cuda.hpp>) || !__has_include(<tenon/tenon.hpp>)
#error "headers are missing"
#endif
