#include "participant.hpp"

namespace bench {

std::vector<Peer> peers() {
  std::vector<Peer> all;
#ifdef BENCH_LIBTORCH
  all = libtorch_peers();
#endif
#ifdef BENCH_ONEDNN
  all.push_back(onednn_peer());
#endif
  return all;
}

}  // namespace bench
