// The parts of the example that read files and add up results: above all, what damaged files do.
#include <zlib.h>

#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <initializer_list>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "../examples/fashion_mnist/dataset.hpp"
#include "../examples/fashion_mnist/report.hpp"
#include "../examples/timing.hpp"

namespace {

namespace fs = std::filesystem;
using namespace fashion_mnist;
using examples::quantile;
using Bytes = std::vector<std::uint8_t>;

/// An empty directory for the files of one test case.
struct Directory {
  fs::path path = fs::temp_directory_path() / ("tenon-idx-" + std::to_string(std::random_device()()));
  Directory() { fs::create_directory(path); }
  ~Directory() { fs::remove_all(path); }

  void write(const std::string& name, const Bytes& bytes) const {
    const gzFile file = gzopen((path / name).c_str(), "wb1");
    BOOST_REQUIRE_EQUAL(gzwrite(file, bytes.data(), static_cast<unsigned>(bytes.size())), bytes.size());
    BOOST_REQUIRE_EQUAL(gzclose(file), Z_OK);
  }
};

/// A header of `magic` and `extents`, and `size` elements that are 0, 1, 2, …
Bytes idx(std::uint32_t magic, std::initializer_list<std::uint32_t> extents, std::size_t size) {
  Bytes bytes;
  const auto append = [&](std::uint32_t number) {
    for (int shift = 24; shift >= 0; shift -= 8) bytes.push_back(static_cast<std::uint8_t>(number >> shift));
  };
  append(magic);
  for (const std::uint32_t extent : extents) append(extent);
  for (std::size_t i = 0; i < size; ++i) bytes.push_back(static_cast<std::uint8_t>(i));
  return bytes;
}

constexpr std::uint32_t image_magic = 0x803, label_magic = 0x801;
constexpr char image_file[] = "t10k-images-idx3-ubyte.gz", label_file[] = "t10k-labels-idx1-ubyte.gz";

/// Whether reading the data set in `directory` fails with a message that has all of `parts`.
void check_error(const Directory& directory, std::initializer_list<std::string_view> parts) {
  BOOST_CHECK_EXCEPTION(read_dataset(directory.path, "t10k"), tenon::Error, [&](const tenon::Error& error) {
    BOOST_TEST_MESSAGE(error.what());
    return std::all_of(parts.begin(), parts.end(), [&](std::string_view part) {
      return std::string_view(error.what()).find(part) != std::string_view::npos;
    });
  });
}

BOOST_AUTO_TEST_CASE(a_whole_dataset) {
  const Directory directory;
  directory.write(image_file, idx(image_magic, {3, 28, 28}, 3 * 784));
  directory.write(label_file, idx(label_magic, {3}, 3));
  const Dataset dataset = read_dataset(directory.path, "t10k");
  BOOST_TEST(dataset.size() == 3u);
  BOOST_TEST(dataset.labels == (Bytes{0, 1, 2}), boost::test_tools::per_element());
  BOOST_TEST(dataset.image(2).size() == 784u);
  BOOST_TEST(dataset.image(2)[5] == (2 * 784 + 5) % 256);
}

BOOST_AUTO_TEST_CASE(a_missing_file) {
  const Directory directory;
  check_error(directory, {image_file, "No such file"});
  directory.write(image_file, idx(image_magic, {3, 28, 28}, 3 * 784));
  check_error(directory, {label_file, "No such file"});
}

BOOST_AUTO_TEST_CASE(another_kind_of_file) {
  const Directory directory;
  directory.write(image_file, idx(label_magic, {3}, 3 * 784));
  check_error(directory, {image_file, "magic", "2051", "2049"});
  directory.write(image_file, {0, 0, 8});
  check_error(directory, {image_file, "header", "16", "3"});
  directory.write(image_file, {});
  check_error(directory, {image_file, "header", "16", "0"});
}

BOOST_AUTO_TEST_CASE(other_extents) {
  const Directory directory;
  directory.write(image_file, idx(image_magic, {3, 28, 32}, 3 * 28 * 32));
  check_error(directory, {image_file, "axis 2", "28", "32"});
  directory.write(image_file, idx(image_magic, {0, 28, 28}, 0));
  check_error(directory, {image_file, "at least one", "found 0"});
}

BOOST_AUTO_TEST_CASE(too_few_and_too_many_elements) {
  const Directory directory;
  directory.write(image_file, idx(image_magic, {3, 28, 28}, 3 * 784 - 1));
  check_error(directory, {image_file, "2352", "2351"});
  directory.write(image_file, idx(image_magic, {3, 28, 28}, 3 * 784 + 1));
  check_error(directory, {image_file, "2352", "2353"});
  directory.write(image_file, idx(image_magic, {0xffffffff, 28, 28}, 784));
  check_error(directory, {image_file, "3367254359280", "784"});
}

BOOST_AUTO_TEST_CASE(labels_that_do_not_fit) {
  const Directory directory;
  directory.write(image_file, idx(image_magic, {3, 28, 28}, 3 * 784));
  directory.write(label_file, idx(label_magic, {2}, 2));
  check_error(directory, {label_file, "3", "2", image_file});
  directory.write(image_file, idx(image_magic, {11, 28, 28}, 11 * 784));
  directory.write(label_file, idx(label_magic, {11}, 11));
  check_error(directory, {label_file, "below 10", "10"});
}

BOOST_AUTO_TEST_CASE(a_damaged_gzip_stream) {
  const Directory directory;
  directory.write(image_file, idx(image_magic, {3, 28, 28}, 3 * 784));
  Bytes file(fs::file_size(directory.path / image_file));
  std::ifstream(directory.path / image_file, std::ios::binary)
      .read(reinterpret_cast<char*>(file.data()), static_cast<std::streamsize>(file.size()));
  const auto rewrite = [&](const Bytes& bytes) {
    std::ofstream(directory.path / image_file, std::ios::binary)
        .write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
  };

  for (std::size_t size = 1; size < file.size(); ++size) {  // wherever the file was cut off
    rewrite(Bytes(file.begin(), file.begin() + static_cast<std::ptrdiff_t>(size)));
    check_error(directory, {image_file, "wanted"});
  }
  Bytes flipped = file;
  flipped[flipped.size() - 6] ^= 1;  // in the checksum
  rewrite(flipped);
  check_error(directory, {image_file, "data"});
}

BOOST_AUTO_TEST_CASE(precision_and_recall) {
  Confusion confusion;
  for (int i = 0; i < 6; ++i) confusion.add(3, 3);
  for (int i = 0; i < 2; ++i) confusion.add(3, 4);
  confusion.add(4, 3);
  confusion.add(4, 4);
  BOOST_TEST(confusion.count(3) == 8u);
  BOOST_TEST(confusion.accuracy() == 7. / 10);
  BOOST_TEST(confusion.precision(3) == 6. / 7);
  BOOST_TEST(confusion.recall(3) == 6. / 8);
  BOOST_TEST(confusion.precision(4) == 1. / 3);
  BOOST_TEST(confusion.recall(4) == 1. / 2);
  BOOST_TEST(std::isnan(confusion.precision(0)));
}

BOOST_AUTO_TEST_CASE(quantiles) {
  BOOST_TEST(quantile({7}, 0.5) == 7);
  BOOST_TEST(quantile({4, 1, 3, 2}, 0.5) == 2);
  BOOST_TEST(quantile({4, 1, 3, 2}, 0) == 1);
  BOOST_TEST(quantile({4, 1, 3, 2}, 0.99) == 4);
}

}  // namespace
