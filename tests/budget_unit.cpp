// What budget.py measures times in: headers of other libraries, which do not change with tenon.
#include <algorithm>
#include <boost/hana.hpp>
#include <filesystem>
#include <functional>
#include <map>
#include <random>
#include <xsimd/xsimd.hpp>
#include <xtensor/xadapt.hpp>
#include <xtensor/xarray.hpp>
#include <xtensor/xfixed.hpp>
#include <xtensor/xmath.hpp>
#include <xtensor/xtensor.hpp>
#include <xtensor/xview.hpp>

int main() {}
