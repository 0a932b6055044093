// SPDX-License-Identifier: GPL-3.0-or-later
// Real buffers with bytes changed at random: whatever the records say, every line is made, and nothing is read that
// isn't there (the sanitizers' build looks).
#include <gtest/gtest.h>

#include <numeric>
#include <random>

#include "engine/factory.hpp"
#include "trace/kernel_trace.hpp"

namespace alicia::trace {
namespace {

class Damage : public testing::Test {
 protected:
  std::unique_ptr<target::Target> target = test::open_scenario("trace-6.1");
  Cancellation cancellation;
  std::mt19937 random{1};

  std::unique_ptr<Collection> damaged(const KernelTrace& trace, std::size_t id, std::uint32_t one_in) {
    auto loaded = trace.load(id, cancellation);
    EXPECT_TRUE(loaded);
    for (auto& block : loaded->ring.blocks) {
      for (std::byte& byte : block) {
        if (random() % one_in == 0) byte = static_cast<std::byte>(random());
      }
    }
    std::vector<LoadedBuffer> buffers;
    buffers.push_back(std::move(*loaded));
    auto records = Records::merge(std::move(buffers), cancellation);
    EXPECT_TRUE(records);
    return std::make_unique<Collection>(*target, trace.formats(), trace.commands(), std::move(*records));
  }
};

TEST_F(Damage, CostsRecordsAndNothingElse) {
  const auto trace = KernelTrace::open(*target, cancellation);
  ASSERT_TRUE(trace) << trace.error().message;
  ASSERT_GE((*trace)->buffers().size(), 5U);
  for (const std::uint32_t one_in : {2000U, 200U, 20U, 1U}) {
    for (std::size_t id = 0; id < (*trace)->buffers().size(); ++id) {
      const auto collection = damaged(**trace, id, one_in);
      const Records& records = collection->records();
      EXPECT_GT(records.size(), 0U);
      // A byte here and there may only change what an event tells.
      EXPECT_TRUE(one_in > 200 || !records.problems().empty()) << "buffer " << id << ", one byte in " << one_in;
      std::size_t bytes = 0;
      for (std::size_t index = 0; index < records.size(); ++index)
        bytes += collection->text().line(index).size();
      EXPECT_GT(bytes, 0U);
    }
  }
}

}  // namespace
}  // namespace alicia::trace
