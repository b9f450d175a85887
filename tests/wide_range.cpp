// Pointwise functions, terms of losses and softmax over the whole range of finite numbers, against long double: what
// overflows or loses its digits on the way to a finite result. Compiled a second time with -ffast-math.
#include <bit>
#include <boost/test/unit_test.hpp>
#include <cmath>
#include <cstdint>
#include <limits>
#include <tenon/core/activation.hpp>
#include <tenon/core/loss.hpp>
#include <tenon/cpu/micro/map.hpp>
#include <tenon/cpu/micro/softmax.hpp>
#include <vector>

namespace {

namespace loss = tenon::loss;
namespace micro = tenon::cpu::micro;
namespace pointwise = tenon::pointwise;
using tenon::index_t;
using Precise = long double;
using Curve = Precise (*)(Precise);

// By its bits: -ffast-math takes a comparison with NaN or infinity away.
template <class T>
bool is_finite(T x) {
  if constexpr (sizeof(T) == 4)
    return (std::bit_cast<std::uint32_t>(x) >> 23 & 0xff) != 0xff;
  else
    return (std::bit_cast<std::uint64_t>(x) >> 52 & 0x7ff) != 0x7ff;
}

template <class T>
constexpr double largest = static_cast<double>(std::numeric_limits<T>::max());

/// Zero, numbers of every magnitude, densely where functions bend, and about where exp() and its kin give up.
template <class T>
std::vector<T> numbers_of_all_sizes() {
  std::vector<T> numbers{T(0)};
  const auto insert = [&](double magnitude) {
    if (magnitude > largest<T>) return;
    for (const double sign : {1.0, -1.0}) numbers.push_back(static_cast<T>(sign * magnitude));
  };
  for (double x = 1.1 * static_cast<double>(std::numeric_limits<T>::min()); x < largest<T>;
       x *= x < 1e-8 || x > 1e4 ? 3.7 : 1.01)
    insert(x);
  for (const double x : {0.5,  1.0,   2.0,   3.0,   6.0,   20.0,  44.0,  44.25, 44.5, 88.0, 88.4,  88.7,  88.73,
                         89.0, 103.0, 104.0, 708.0, 709.7, 710.0, 745.0, 746.0, 1e30, 1e70, 1e154, 1e155, 1e200})
    insert(x);
  for (const double part : {1.0, 0.5, 0.25, 0.125}) insert(part * largest<T>);
  return numbers;
}

/// One failure with the first difference.
template <class T>
void compare(const char* what, const std::vector<T>& x, const std::vector<T>& got, const std::vector<Precise>& want,
             double relative, double absolute) {
  std::size_t differ = 0, first = 0;
  for (std::size_t i = x.size(); i-- > 0;) {
    if (std::abs(want[i]) > static_cast<Precise>(largest<T>)) continue;  // is infinite
    const Precise tolerance = relative * std::abs(want[i]) + absolute;
    if (is_finite(got[i]) && std::abs(static_cast<Precise>(got[i]) - want[i]) <= tolerance) continue;
    ++differ;
    first = i;
  }
  BOOST_TEST(differ == 0, what << (sizeof(T) == 4 ? " in float: " : " in double: ") << differ << " of " << x.size()
                               << " differ, first at " << x[first] << ": "
                               << (is_finite(got[first]) ? static_cast<double>(got[first]) : 0.0)
                               << (is_finite(got[first]) ? "" : " (not finite)") << ", wanted "
                               << static_cast<double>(want[first]));
}

/// `Function` and its gradient against `value` and `slope`; `relative`: small values keep their digits.
template <class T, class Function>
void check_function(Function, Curve value, Curve slope, bool relative) {
  const auto x = numbers_of_all_sizes<T>();
  std::vector<T> y(x.size()), above(x.size()), gradient(x.size());
  std::vector<Precise> want(x.size());
  const auto size = static_cast<index_t>(x.size());
  micro::map<T>(size, Function{}, y.data(), x.data());
  for (std::size_t i = 0; i < x.size(); ++i) want[i] = value(x[i]);
  const double vanishes = sizeof(T) == 4 ? 1e-36 : 1e-305;
  compare(Function::name.data(), x, y, want, 1e-5, relative ? vanishes : 1e-5);
  for (const double g : {1.0, -0.75, sizeof(T) == 4 ? 1e36 : 1e300}) {
    for (std::size_t i = 0; i < x.size(); ++i) {
      above[i] = static_cast<T>(g);
      want[i] = static_cast<Precise>(above[i]) * slope(x[i]);
    }
    const T* saved = Function::saves == pointwise::Saves::output ? y.data() : x.data();
    micro::map<T>(size, pointwise::GradientOf<Function>{}, gradient.data(), static_cast<const T*>(above.data()), saved);
    compare(Function::name.data(), x, gradient, want, 1e-4, 2e-5 * std::abs(g));
  }
}
template <class Function>
void check(Function function, Curve value, Curve slope, bool relative = false) {
  check_function<float>(function, value, slope, relative);
  check_function<double>(function, value, slope, relative);
}

Precise sigmoid(Precise x) { return 1 / (1 + std::exp(-x)); }
Precise log_of_sum(Precise x) { return std::log1p(std::exp(-std::abs(x))); }
Precise log_of_growth(Precise x) { return (x > 0 ? x : 0) + log_of_sum(x); }
Precise below(Precise x) { return std::erfc(-x * std::sqrt(0.5L)) / 2; }
Precise square(Precise x) { return x * x; }

BOOST_AUTO_TEST_CASE(piecewise_linear) {
  check(
      pointwise::Relu{}, [](Precise x) { return x > 0 ? x : 0; }, [](Precise x) { return Precise(x > 0); });
  check(
      pointwise::Softshrink<0.5>{}, [](Precise x) { return x > 0.5L    ? x - 0.5L
                                                           : x < -0.5L ? x + 0.5L
                                                                       : 0; },
      [](Precise x) { return Precise(std::abs(x) > 0.5L); });
  check(
      pointwise::Hardsigmoid{}, [](Precise x) { return x < -3  ? 0
                                                       : x > 3 ? 1
                                                               : (x + 3) / 6; },
      [](Precise x) { return std::abs(x) < 3 ? 1 / 6.0L : 0; });
  check(
      pointwise::Hardswish{}, [](Precise x) { return x < -3  ? 0
                                                     : x > 3 ? x
                                                             : x * (x + 3) / 6; },
      [](Precise x) { return x < -3  ? 0
                             : x > 3 ? 1
                                     : x / 3 + 0.5L; });
}

BOOST_AUTO_TEST_CASE(of_the_exponential) {
  check(pointwise::Sigmoid{}, sigmoid, [](Precise x) { return sigmoid(x) * sigmoid(-x); });
  check(
      pointwise::Tanh{}, [](Precise x) { return std::tanh(x); }, [](Precise x) { return 1 / square(std::cosh(x)); },
      true);
  check(
      pointwise::Tanhshrink{}, [](Precise x) { return x - std::tanh(x); },
      [](Precise x) { return square(std::tanh(x)); });
  check(
      pointwise::Elu<1.0>{}, [](Precise x) { return x > 0 ? x : std::expm1(x); },
      [](Precise x) { return x > 0 ? 1 : std::exp(x); }, true);
  // Of a large gradient and a large alpha the product is too large, but not that of both and exp(x).
  check(
      pointwise::Elu<1e5>{}, [](Precise x) { return x > 0 ? x : 1e5L * std::expm1(x); },
      [](Precise x) { return x > 0 ? 1 : 1e5L * std::exp(x); }, true);
  check(
      pointwise::LogSigmoid{}, [](Precise x) { return (x < 0 ? x : 0) - log_of_sum(x); },
      [](Precise x) { return sigmoid(-x); });
  check(
      pointwise::Softplus<1.0, 20.0>{}, [](Precise x) { return x > 20 ? x : (x > 0 ? x : 0) + log_of_sum(x); },
      [](Precise x) { return x > 20 ? 1 : sigmoid(x); });
  check(
      pointwise::Softplus<2.0, 1.0>{}, [](Precise x) { return x > 0.5L ? x : std::log1p(std::exp(2 * x)) / 2; },
      [](Precise x) { return x > 0.5L ? 1 : sigmoid(2 * x); });
  check(
      pointwise::Softsign{}, [](Precise x) { return x / (1 + std::abs(x)); },
      [](Precise x) { return 1 / square(1 + std::abs(x)); }, true);
  check(
      pointwise::Silu{}, [](Precise x) { return x * sigmoid(x); },
      [](Precise x) { return sigmoid(x) * (1 + x * sigmoid(-x)); });
  check(
      pointwise::Mish{}, [](Precise x) { return x * std::tanh(log_of_growth(x)); },
      [](Precise x) {
        const Precise t = std::tanh(log_of_growth(x));
        return t + x * (1 - square(t)) * sigmoid(x);
      });
  check(
      pointwise::Gelu{}, [](Precise x) { return x * below(x); },
      [](Precise x) { return below(x) + x * std::exp(-x * x / 2) * 0.39894228040143267793995L; });
}

/// The elements that `function` makes of `x`, as vectors make them.
template <class Function, class T>
std::vector<T> values(Function function, const std::vector<T>& x) {
  std::vector<T> y(x.size());
  micro::map<T>(static_cast<index_t>(x.size()), function, y.data(), x.data());
  return y;
}
template <class T>
std::vector<Precise> widened(const std::vector<T>& x) {
  return {x.begin(), x.end()};
}

BOOST_AUTO_TEST_CASE(known_values) {
  const std::vector<float> far{44.25f, -44.25f, 44.3f, 50.f, -88.8f, 1e3f, -1e30f, 3e38f};
  compare("tanh", far, values(pointwise::Tanh{}, far), {1, -1, 1, 1, -1, 1, -1, 1}, 0, 1e-7);
  std::vector<Precise> one_less = widened(far);
  for (Precise& x : one_less) x -= x > 0 ? 1 : -1;
  compare("tanhshrink", far, values(pointwise::Tanhshrink{}, far), one_less, 2e-7, 0);

  const std::vector<float> negative{-20, -30, -60, -85};
  compare("softplus", negative, values(pointwise::Softplus<1.0, 20.0>{}, negative),
          {2.0611536181902e-9L, 9.3576229688402e-14L, 8.7565107626965e-27L, 1.2160992992529e-37L}, 2e-6, 0);
  const std::vector<float> small{-1e-3f, -1e-5f, -1e-7f, -1e-12f, -1e-30f};
  compare("ELU", small, values(pointwise::Elu<1.0>{}, small),
          {-9.99500213e-4L, -9.99995e-6L, -9.99999950e-8L, -1e-12L, -1e-30L}, 3e-7, 0);

  const std::vector<double> huge{1e70, -1e70, 1.7e308, -1.7e308};
  compare("GELU", huge, values(pointwise::Gelu{}, huge), {1e70, 0, 1.7e308, 0}, 0, 0);
  const auto gelu_gradient = [](const auto& x) { return pointwise::Gelu{}.gradient(decltype(x * x)(1), x); };
  compare("the gradient of GELU", huge, values(gelu_gradient, huge), {1, 0, 1, 0}, 0, 0);
#if !defined(__FAST_MATH__)
  BOOST_TEST(std::signbit(values(pointwise::Gelu{}, huge)[1]));
#endif
}

/// The value and the gradients of `Term` against `value` and `slope`, of `x` and a target.
template <class T, class Term>
void check_term(const char* what, Term, const std::vector<T>& x, double target, Curve value, Curve slope) {
  const std::vector<T> targets(x.size(), static_cast<T>(target));
  std::vector<T> y(x.size()), gradient(x.size());
  std::vector<Precise> want(x.size()), want_gradient(x.size());
  const auto size = static_cast<index_t>(x.size());
  micro::map<T>(size, Term{}, y.data(), x.data(), targets.data());
  micro::map<T>(
      size, [](const auto& v, const auto& t) { return Term{}.template gradient<0>(v, t); }, gradient.data(), x.data(),
      targets.data());
  for (std::size_t i = 0; i < x.size(); ++i) {
    want[i] = value(x[i]);
    want_gradient[i] = slope(x[i]);
  }
  compare(what, x, y, want, 1e-5, 1e-5);
  compare(what, x, gradient, want_gradient, 1e-4, 2e-5);
}

template <class T>
void check_losses() {
  const auto all = numbers_of_all_sizes<T>();
  std::vector<T> probabilities{T(0), T(1), T(0.25), T(0.5)};
  for (const T x : all)
    if (x > 0 && x < 1) {
      probabilities.push_back(x);
      probabilities.push_back(1 - x);
    }
  check_term(
      "BCELoss, target 1", loss::BinaryCrossEntropy{}, probabilities, 1,
      [](Precise x) { return std::min<Precise>(100, -std::log(x)); },
      [](Precise x) { return (x - 1) / std::max<Precise>(1e-12L, (1 - x) * x); });
  check_term(
      "BCELoss, target 0", loss::BinaryCrossEntropy{}, probabilities, 0,
      [](Precise x) { return std::min<Precise>(100, -std::log1p(-x)); },
      [](Precise x) { return x / std::max<Precise>(1e-12L, (1 - x) * x); });
  check_term(
      "BCEWithLogitsLoss", loss::BinaryCrossEntropyOfLogits{}, all, 1,
      [](Precise x) { return (x < 0 ? -x : 0) + log_of_sum(x); }, [](Precise x) { return -sigmoid(-x); });
  check_term(
      "SoftMarginLoss", loss::SoftMargin{}, all, -1, [](Precise x) { return (x > 0 ? x : 0) + log_of_sum(x); },
      sigmoid);
  check_term(
      "KLDivLoss", loss::KullbackLeibler{}, all, 0.25, [](Precise x) { return (std::log(0.25L) - x) / 4; },
      [](Precise) { return -0.25L; });
  check_term(
      "KLDivLoss, target 0", loss::KullbackLeibler{}, all, 0, [](Precise) { return 0.0L; },
      [](Precise) { return 0.0L; });
  check_term(
      "SmoothL1Loss", loss::OfDifference<loss::SmoothAbsolute>{}, all, 0,
      [](Precise x) { return std::abs(x) < 1 ? x * x / 2 : std::abs(x) - 0.5L; },
      [](Precise x) { return x < -1  ? -1
                             : x > 1 ? 1
                                     : x; });
}
BOOST_AUTO_TEST_CASE(losses) {
  check_losses<float>();
  check_losses<double>();
}

/// Softmax and its logarithm along rows of `size` elements; `inner` > 1: along columns.
template <class T>
void check_softmax(index_t size, index_t inner, double from, double step) {
  std::vector<T> x(static_cast<std::size_t>(size * inner)), y(x.size()), logarithm(x.size());
  std::vector<Precise> want(x.size()), want_logarithm(x.size());
  for (std::size_t i = 0; i < x.size(); ++i) x[i] = static_cast<T>(from + step * static_cast<double>(i * 7 % x.size()));
  const micro::AxisView axis{1, size, inner};
  micro::softmax<false>(axis, pointwise::Identity{}, x.data(), y.data());
  micro::softmax<true>(axis, pointwise::Identity{}, x.data(), logarithm.data());
  for (index_t i = 0; i < inner; ++i) {
    const auto at = [&](index_t a) { return static_cast<std::size_t>(a * inner + i); };
    Precise maximum = x[at(0)], sum = 0;
    for (index_t a = 1; a < size; ++a) maximum = std::max<Precise>(maximum, x[at(a)]);
    for (index_t a = 0; a < size; ++a) sum += std::exp(x[at(a)] - maximum);
    for (index_t a = 0; a < size; ++a) {
      want[at(a)] = std::exp(x[at(a)] - maximum) / sum;
      const volatile Precise distance = x[at(a)] - maximum;  // -ffast-math must not add up the other two first
      want_logarithm[at(a)] = distance - std::log(sum);
    }
  }
  compare("softmax", x, y, want, 1e-5, 1e-6);
  compare("the logarithm of softmax", x, logarithm, want_logarithm, 1e-6, 1e-6);
}
BOOST_AUTO_TEST_CASE(softmax) {
  for (const auto& [size, inner] : {std::pair<index_t, index_t>{3, 1}, {37, 1}, {5, 11}})
    for (const double from : {0.0, -100.0, 1e4, -1e30, 1e38})
      for (const double step : {0.0, 0.01, 1.0, 100.0, 1e35}) {
        check_softmax<float>(size, inner, from, step);
        check_softmax<double>(size, inner, from, step);
      }
}

}  // namespace
