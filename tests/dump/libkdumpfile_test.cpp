// SPDX-License-Identifier: GPL-3.0-or-later
// libkdumpfile as the oracle, read in sequence: 0.5.1 crashes on random reads of a filtered dump.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <libkdumpfile/kdumpfile.h>
#include <unistd.h>

#include "dump/pages.hpp"

namespace alicia::dump {
namespace {

class Oracle {
 public:
  explicit Oracle(const std::filesystem::path& path)
      : descriptor_(::open(path.c_str(), O_RDONLY)), context_(::kdump_new(), ::kdump_free) {
    if (::kdump_open_fd(context_.get(), descriptor_) != KDUMP_OK) {
      throw std::runtime_error(::kdump_get_err(context_.get()));
    }
  }
  Oracle(const Oracle&) = delete;
  Oracle& operator=(const Oracle&) = delete;
  ~Oracle() {
    context_.reset();
    ::close(descriptor_);
  }

  kdump_status read(std::uint64_t address, std::span<std::byte> out) const {
    std::size_t size = out.size();
    return ::kdump_read(context_.get(), KDUMP_MACHPHYSADDR, address, out.data(), &size);
  }

 private:
  int descriptor_;
  std::unique_ptr<kdump_ctx_t, void (*)(kdump_ctx_t*)> context_;
};

class Libkdumpfile : public testing::TestWithParam<std::tuple<std::string, std::string>> {};

INSTANTIATE_TEST_SUITE_P(Dumps, Libkdumpfile,
                         testing::Combine(testing::Values("sysrq-6.1", "sysrq-6.12"),
                                          testing::Values("dump.kdump", "dump.lzo")),
                         [](const auto& entry) { return "n" + std::to_string(entry.index); });

TEST_P(Libkdumpfile, AgreesOnEveryPageFrame) {
  const auto& [name, file] = GetParam();
  const auto path = test::scenario(name) / file;
  const auto dump = test::open_or_throw({path});
  const Oracle oracle{path};
  std::vector<std::byte> bytes(dump->info().page_size);
  std::uint64_t equal = 0;
  for (std::uint64_t frame = 0; frame < dump->info().max_page_frame; ++frame) {
    const auto page = dump->page(PageFrame{frame});
    const kdump_status status = oracle.read(frame * bytes.size(), bytes);
    ASSERT_EQ(page.has_value(), status == KDUMP_OK) << "frame " << frame << " status " << status;
    if (!page) continue;
    ASSERT_EQ(std::memcmp(page->bytes.get(), bytes.data(), bytes.size()), 0) << "frame " << frame;
    ++equal;
  }
  EXPECT_GT(equal, 20'000U);
}

}  // namespace
}  // namespace alicia::dump
