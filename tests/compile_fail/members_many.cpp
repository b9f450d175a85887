// More members than BOOST_HANA_DEFINE_STRUCT takes.
// g++: User: BOOST_HANA_DEFINE_STRUCT names 39 members at most: group members in modules of their own
// clang: User: BOOST_HANA_DEFINE_STRUCT names 39 members at most: group members in modules of their own
#include <tenon/tenon.hpp>

namespace nn = tenon::nn;
using tenon::Tensor;
using Layer = nn::Linear<6, 3>;

struct User : nn::Module<User> {
  BOOST_HANA_DEFINE_STRUCT(User, (Layer, fc1), (Layer, fc2), (Layer, fc3), (Layer, fc4), (Layer, fc5), (Layer, fc6),
                           (Layer, fc7), (Layer, fc8), (Layer, fc9), (Layer, fc10), (Layer, fc11), (Layer, fc12),
                           (Layer, fc13), (Layer, fc14), (Layer, fc15), (Layer, fc16), (Layer, fc17),
                           (Layer, fc18), (Layer, fc19), (Layer, fc20), (Layer, fc21), (Layer, fc22),
                           (Layer, fc23), (Layer, fc24), (Layer, fc25), (Layer, fc26), (Layer, fc27),
                           (Layer, fc28), (Layer, fc29), (Layer, fc30), (Layer, fc31), (Layer, fc32),
                           (Layer, fc33), (Layer, fc34), (Layer, fc35), (Layer, fc36), (Layer, fc37),
                           (Layer, fc38), (Layer, fc39), (Layer, fc40));
  auto forward(const auto& x) const { return nn::functional::relu(fc1(x)) + fc40(x); }
};

int main() {
  User model;
  const auto y = model(Tensor<float, 4, 6>());
  (void)model.state_dict();
}
