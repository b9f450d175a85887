// An AnyNet that is made of something that is neither a net nor a stream.
// g++: AnyNet is made of a net, net\(x\) and net\(x, y\), or of a stream, .*, of its own inputs and result; wanted and found.*Linear<3, 2>
// clang: Linear<3, 2>.*AnyNet is made of a net, net\(x\) and net\(x, y\), or of a stream, .*, of its own inputs and result; wanted and found
#include <tenon/tenon.hpp>

namespace nn = tenon::nn;
using tenon::Tensor;

int main() { tenon::AnyNet<Tensor<float, 1, 3>, Tensor<float, 1, 2>> any{nn::Linear<3, 2>{}}; }
