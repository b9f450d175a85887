// The entry of every Boost.Test executable for the host.
#define BOOST_TEST_MODULE tenon
#include <boost/test/unit_test.hpp>
